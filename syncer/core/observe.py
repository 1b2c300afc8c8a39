"""Read an observation against the shadows: what did a person change in this app? Pure.

The only place that compares with `seen`. It moves `seen` to what was observed, settles unconfirmed writes,
and takes the app's agreement away from every field that changed; what that means is for the merge to say.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from conflicts.candidate import Candidate, TimeKind
from mappings.model import BadValue, ObjectMapping, Slot
from syncer.core.lens import Lens, Unresolved
from syncer.model import ABSENT, DISAGREES, Golden, Link, LogEntry, Mark, Observation, Pending, Value


@dataclass(slots=True)
class Offer:
    """A candidate with where it came from. `before` is the golden form that the app held (None: unknown),
    `rival` whether the app had not agreed with golden when it was edited."""

    candidate: Candidate
    link: Link
    slot: Slot
    before: Value
    rival: bool


@dataclass(slots=True)
class Reading:
    """What observations of one golden record say: offers by field, consent states, and rows for the log."""

    offers: dict[str, list[Offer]]
    log: list[LogEntry]
    waiting: list[Observation]
    consent: list[ConsentReading]


@dataclass(slots=True)
class ConsentReading:
    """A consent slot: the states it showed since the last run, the newest last, and what it held before."""

    link: Link
    slot: Slot
    states: list[str]
    before: str | None
    settled: bool
    changed: bool
    time: datetime
    stamp: datetime | None


def read(observations: Iterable[tuple[Link, Observation]], golden: Golden, lens: Lens) -> Reading:
    """Read all waiting observations of a golden record against its links (changed in place)."""
    reading = Reading({}, [], [], [])
    for link, obs in observations:
        slots = lens.mapping.apps[link.app].slots
        late: dict[str, Value] = {}
        for name, value in obs.values.items():
            slot = slots.get(name)
            if slot is None:
                continue
            try:
                _read_slot(link, slot, value, obs, golden, lens, reading)
            except Unresolved:
                late[name] = value
            except BadValue as error:
                reading.log.append(_unreadable(link, slot, obs, str(error)))
        if late:
            reading.waiting.append(Observation(obs.app, obs.id, late, obs.read_at, obs.stamp, obs.stamps))
        link.ours = link.ours and obs.stamp == link.stamp
        link.stamp = obs.stamp
        link.observed_at = obs.read_at
    return reading


def _read_slot(
    link: Link, slot: Slot, value: Value, obs: Observation, golden: Golden, lens: Lens, reading: Reading
) -> None:
    name = slot.name
    pending = link.pending.get(name)
    if pending is not None and obs.read_at <= pending.sent_at:
        return
    known = name in link.seen
    if lens.mapping.consent in slot.fields:
        _read_consent(link, slot, value, obs, lens, reading)
        return
    if pending is None and known and slot.same(value, link.seen[name]):
        link.seen[name] = value
        return
    outcome = _settle(slot, value, pending) if pending is not None else None
    if outcome is not None and pending is not None:
        _close_pending(link, slot, value, obs, pending, outcome, golden, reading)
        if outcome != "edit":
            return
    known = name in link.seen
    old = _known_parts(link, slot, golden)
    before = link.seen.get(name)
    parts = lens.split(slot, value, old)
    former = lens.split(slot, before, old) if known else {}
    link.seen[name] = value
    for field, part in parts.items():
        if not known and part is None:
            continue  # at first contact a blank is no candidate
        if known and len(parts) > 1 and lens.mapping.fields[field].type.same(part, former.get(field)):
            continue
        _offer(
            link, slot, field, part, former.get(field) if known else None, known, obs, golden, lens, reading
        )


def _offer(
    link: Link,
    slot: Slot,
    field: str,
    part: Value,
    before: Value,
    known: bool,
    obs: Observation,
    golden: Golden,
    lens: Lens,
    reading: Reading,
) -> None:
    agreed = link.agreed.get(field, ABSENT)
    current = golden.value.get(field, ABSENT)
    rival = current is not ABSENT and not _agrees(agreed, current, lens.mapping, field)
    kind: Literal["edit", "first", "join"] = "edit" if known else ("first" if current is ABSENT else "join")
    time, time_kind = date_of(link, slot.name, obs, known)
    candidate = Candidate(part, link.app, link.id, time, kind, time_kind)
    reading.offers.setdefault(field, []).append(Offer(candidate, link, slot, before, rival))
    link.agreed[field] = DISAGREES


def _agrees(agreed: Value | Mark, current: Value | Mark, mapping: ObjectMapping, field: str) -> bool:
    if isinstance(agreed, Mark) or isinstance(current, Mark):
        return False
    return mapping.fields[field].type.same(agreed, current)


def _settle(slot: Slot, value: Value, pending: Pending) -> Literal["landed", "not_landed", "edit"]:
    """What became of an unconfirmed write, by the one value that can tell."""
    if slot.same(value, pending.sent) or slot.same(value, slot.coerced(pending.sent)):
        return "landed"
    if not isinstance(pending.before, Mark) and slot.same(value, pending.before):
        return "not_landed"
    return "edit"


def _close_pending(
    link: Link,
    slot: Slot,
    value: Value,
    obs: Observation,
    pending: Pending,
    outcome: str,
    golden: Golden,
    reading: Reading,
) -> None:
    del link.pending[slot.name]
    if outcome == "landed":
        link.seen[slot.name] = value
        link.agreed.update(pending.parts)
    elif outcome == "not_landed":
        link.seen[slot.name] = value
        if obs.stamp is not None and obs.stamp >= pending.sent_at:
            reading.log.append(_typed_again(link, slot, obs, golden, pending))
    else:
        # Somebody edited the record that our create made: what we sent is what they edited.
        link.seen.setdefault(slot.name, pending.sent)


def _read_consent(
    link: Link, slot: Slot, value: Value, obs: Observation, lens: Lens, reading: Reading
) -> None:
    """Consent is read apart: every state since the last run counts, and a raise of ours that is read back
    lowered is an opt-out, whoever lowered it."""
    field = slot.fields[0]
    pending = link.pending.pop(slot.name, None)
    known = slot.name in link.seen
    held = link.seen.get(slot.name)
    landed = pending is not None and _settle(slot, value, pending) == "landed"
    changed = not known or not slot.same(value, held)
    if pending is not None and (
        landed or (_settle(slot, value, pending) == "not_landed" and not pending.raises)
    ):
        changed = False
    states = [s for v in (*obs.consent, value) if isinstance(s := slot.split(v, {}).get(field), str)]
    before = slot.split(held, {}).get(field) if known else None
    if not changed:
        # What came and went between two reads still counts when it was more restrictive.
        states = [s for v in obs.consent if isinstance(s := slot.split(v, {}).get(field), str)]
    link.seen[slot.name] = value
    if landed and pending is not None:
        link.agreed.update(pending.parts)
    elif changed:
        link.agreed[field] = DISAGREES
    if states:
        time, _ = date_of(link, slot.name, obs, known)
        stamp = obs.stamps.get(slot.name)
        held_before = before if isinstance(before, str) else None
        reading.consent.append(
            ConsentReading(link, slot, states, held_before, pending is None, changed, time, stamp)
        )


def date_of(link: Link, slot: str, obs: Observation, known: bool) -> tuple[datetime, TimeKind]:
    """When a change was made, as well as the app lets us know: never before the previous observation, never
    after this one. Where our own write moved the record's stamp last, that stamp says nothing."""
    own = obs.stamps.get(slot)
    kind: TimeKind
    if own is not None:
        time, kind = own, "field"
    elif link.ours and obs.stamp == link.stamp and link.observed_at is not None:
        time, kind = link.observed_at, "previous"
    elif obs.stamp is not None:
        time, kind = obs.stamp, "record"
    else:
        time, kind = obs.read_at, "observed"
    if known and link.observed_at is not None and time < link.observed_at:
        time = link.observed_at
    return min(time, obs.read_at), kind


def _known_parts(link: Link, slot: Slot, golden: Golden) -> dict[str, Value]:
    parts: dict[str, Value] = {}
    for field in slot.fields:
        agreed = link.agreed.get(field, ABSENT)
        if not isinstance(agreed, Mark):
            parts[field] = agreed
        elif field in golden.value:
            parts[field] = golden.value[field]
    return parts


def _typed_again(link: Link, slot: Slot, obs: Observation, golden: Golden, pending: Pending) -> LogEntry:
    """The value before our write is back with a newer stamp: perhaps it was typed again. Name it."""
    time, kind = date_of(link, slot.name, obs, True)
    value = pending.before if not isinstance(pending.before, Mark) else None
    field = slot.fields[0]
    return LogEntry(
        "aba",
        golden.id,
        field,
        (Candidate(value, link.app, link.id, time, "edit", kind),),
        "resend",
        golden.value.get(field),
        None,
        note="shown again after our write; it is written over once more",
    )


def _unreadable(link: Link, slot: Slot, obs: Observation, reason: str) -> LogEntry:
    return LogEntry(
        "bad_value",
        link.golden,
        slot.fields[0],
        (Candidate(obs.values[slot.name], link.app, link.id, obs.read_at, "edit", "observed"),),
        "none",
        None,
        None,
        note=reason,
    )
