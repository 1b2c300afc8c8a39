"""Read an observation against the shadows: what did a person change in this app? Pure.

The only place that compares with `seen` (consent has its own, `syncer.core.consent`). It moves `seen` to what
was observed, settles unconfirmed writes, and takes the app's agreement away from every field that changed;
what that means is for the merge to say.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from conflicts.candidate import Candidate, TimeKind
from mappings.model import BadValue, Slot
from syncer.core.addresses import ask_again
from syncer.core.forms import elements, held_parts, says_nothing, shows, shows_sent
from syncer.core.lens import Lens, Unresolved
from syncer.model import BLANK, DISAGREES, Golden, Link, LinkKey, LogEntry, Mark, Observation, Pending, Value

MARGIN = timedelta(minutes=1)  # clocks differ, and stamps may be coarse


@dataclass(slots=True)
class Offer:
    """A candidate with where it came from. `before` is the golden form that the app held (None: blank or
    unknown), `rival` whether the app had not agreed with golden when it was edited, `parted` whether an undo
    had left it with a value of its own."""

    candidate: Candidate
    link: Link
    slot: Slot
    before: Value
    rival: bool
    parted: bool


@dataclass(slots=True)
class Reading:
    """What observations of one golden record say: offers by field, rows for the log, and what has to wait
    for the target of a reference."""

    golden: Golden
    lens: Lens
    offers: dict[str, list[Offer]]
    log: list[LogEntry]
    waiting: list[Observation]


def read(observations: Iterable[tuple[Link, Observation]], golden: Golden, lens: Lens) -> Reading:
    """Read all waiting observations of a golden record against its links (changed in place)."""
    reading = Reading(golden, lens, {}, [], [])
    shown = [(link, obs) for link, obs in observations if obs.state != "glimpsed"]
    late: dict[LinkKey, dict[str, Value]] = {}
    for link, obs in shown:
        link.touched = link.touched or link.moved_to(obs.stamp)
    for link, slot, value, obs in _in_turn(shown, lens):
        try:
            _read_slot(reading, link, slot, value, obs)
        except Unresolved:
            late.setdefault(link.key, {})[slot.name] = value
    for link, obs in shown:  # what is only glimpsed is dated by when the rest of it was last looked at
        if link.key in late:
            rest = late[link.key]
            reading.waiting.append(Observation(obs.app, obs.id, rest, obs.read_at, obs.stamp, obs.stamps))
        if link.state != "live":  # of what takes no part only the consent was looked at
            continue
        link.ours = link.ours and obs.stamp == link.stamp
        link.stamp = obs.stamp
        link.observed_at = obs.read_at
    return reading


def _in_turn(
    shown: Sequence[tuple[Link, Observation]], lens: Lens
) -> Iterator[tuple[Link, Slot, Value, Observation]]:
    """What the slots show, consent aside. Those that hold several fields in one come last: by then others may
    have told where each field begins."""
    whole = []
    for link, obs in shown:
        slots = lens.mapping.apps[link.app].slots
        for name, value in obs.values.items():
            slot = slots.get(name)
            if slot is None or lens.mapping.consent in slot.fields:
                continue
            if len(slot.fields) > 1:
                whole.append((link, slot, value, obs))
            else:
                yield link, slot, value, obs
    yield from whole


def _read_slot(reading: Reading, link: Link, slot: Slot, value: Value, obs: Observation) -> None:
    name, seen = slot.name, link.seen
    pending = link.pending.get(name)
    if pending is None and link.inherits and value in BLANK:
        seen.pop(name, None)  # a blank that is found at first contact clears nothing
    if name in link.emptied:
        link.emptied -= {name}
        if pending is None and value in BLANK:
            seen[name] = value
            return
    anew = pending is None and to_read_anew(link, slot, value)
    if pending is None:
        if not anew and name in seen and (value == seen[name] or slot.same(value, seen[name])):
            seen[name] = value
            return
    elif obs.read_at <= pending.sent_at:
        return  # read before we wrote: it tells nothing about the write
    else:
        outcome = outcome_of(slot, value, pending)
        _close(reading, link, slot, pending, outcome, obs)
        if outcome != "edit":
            seen[name] = value
            if name not in link.anew:
                return
        anew = to_read_anew(link, slot, value)
    if anew and name in link.parted:
        return
    known = name in seen and not anew
    if name not in seen:  # what was agreed on before the field left the mapping, or the app, says nothing
        for field in slot.fields:
            link.agreed.pop(field, None)
    if not known and value is not None and value == slot.default:
        seen[name] = value
        return  # filled in by the app itself: nobody's value
    former = _former(reading, link, slot) if known else {}
    try:
        parts = reading.lens.split(slot, value, former or reading.golden.value)
    except BadValue as error:
        _set_aside(reading, link, slot, obs, str(error))
        return
    seen[name] = value
    ask_again(reading.lens, link, slot, value)
    parted = name in link.parted
    if not anew:
        end_undo(link, name)
    if len(parts) > 1 and shows(reading.lens, link, slot, reading.golden.value):
        for field, part in parts.items() if known else ():
            said, same = reading.golden.value.get(field, part), reading.lens.mapping.fields[field].type.same
            if not same(said, former.get(field)):  # somebody stands for it, perhaps against others
                _offer(reading, link, slot, field, said, former, known, obs, parted)
        link.agreed.update(dict.fromkeys(parts, DISAGREES))  # until it is compared with what golden becomes
        return  # the whole is what golden says, wherever the parts begin
    if len(parts) > 1 and not known:
        parts = _as_others_have_it(reading, link, slot) or parts
    for field, part in parts.items():
        if known:
            same = reading.lens.mapping.fields[field].type.same
            if len(parts) > 1 and same(part, former.get(field)):
                if pending is not None and not same(part, pending.parts.get(field, part)):
                    reading.log.append(_typed_again(reading, link, slot.name, field, part, obs))
                continue
        elif says_nothing(reading.lens.mapping.fields[field], slot, part, value):
            continue  # a blank found at first contact is no candidate
        _offer(reading, link, slot, field, part, former, known, obs, parted)


def _as_others_have_it(reading: Reading, link: Link, slot: Slot) -> dict[str, Value]:
    """The parts of a whole that was never seen before, as another record has just shown them one by one; {}
    where none shows the same whole. It tells better than any rule where a family name begins."""
    told: dict[LinkKey, dict[str, Value]] = {}
    for field in slot.fields:
        for offer in reading.offers.get(field, ()):
            told.setdefault(offer.link.key, dict.fromkeys(slot.fields))[field] = offer.candidate.value
    return next((parts for parts in told.values() if shows(reading.lens, link, slot, parts)), {})


def to_read_anew(link: Link, slot: Slot, value: Value) -> bool:
    """Whether the mapping reads this slot in another way since it was seen, and nobody has edited it: then it
    is read as if for the first time, once."""
    if slot.name not in link.anew:
        return False
    link.anew -= {slot.name}
    seen = link.seen.get(slot.name)
    return slot.name in link.seen and (value == seen or slot.same(value, seen))


def end_undo(link: Link, slot: str) -> None:
    """A person's edit ends what an undo left behind: it counts again, and a record that was to go stays."""
    link.parted.pop(slot, None)
    link.undone.pop(slot, None)
    link.doomed = ""


def _former(reading: Reading, link: Link, slot: Slot) -> dict[str, Value]:
    """What the app held before, in golden form; nothing where the target of a reference is gone."""
    try:
        return held_parts(reading.lens, link, slot, reading.golden)
    except Unresolved:
        return {}


def _offer(
    reading: Reading,
    link: Link,
    slot: Slot,
    field: str,
    part: Value,
    former: Mapping[str, Value],
    known: bool,
    obs: Observation,
    parted: bool,
) -> None:
    golden = reading.golden.value
    kind: Literal["edit", "first", "join"] = "edit" if known else "join" if field in golden else "first"
    time, time_kind = date_of(link, slot.name, obs, known)
    candidate = Candidate(part, link.app, link.id, time, kind, time_kind)
    rival = field in golden and not agrees(reading.lens, link, field, golden)
    offer = Offer(candidate, link, slot, former.get(field), rival, parted)
    reading.offers.setdefault(field, []).append(offer)
    link.agreed[field] = DISAGREES


def agrees(lens: Lens, link: Link, field: str, golden: Mapping[str, Value]) -> bool:
    """Whether the app was last brought to the golden value of this field, or agreed with it."""
    agreed = link.agreed.get(field, DISAGREES)
    if isinstance(agreed, Mark):
        return False
    current = golden[field]
    return agreed == current or lens.mapping.fields[field].type.same(agreed, current)


def outcome_of(slot: Slot, value: Value, pending: Pending) -> Literal["landed", "not_landed", "edit"]:
    """What became of an unconfirmed write, by the one value that can tell."""
    if shows_sent(slot, value, pending.sent):
        return "landed"
    before = None if isinstance(pending.before, Mark) else pending.before
    if slot.same(value, before):
        return "not_landed"  # in a new record: the app left the field out
    return "edit"


def _close(
    reading: Reading, link: Link, slot: Slot, pending: Pending, outcome: str, obs: Observation
) -> None:
    del link.pending[slot.name]
    if outcome == "landed":
        link.agreed.update(pending.parts)
        return
    if outcome == "edit":
        # Somebody edited the record that our create made: what we sent is what they edited. Of a set, what
        # the app may have left out must not pass for taken away.
        if not reading.lens.mapping.fields[slot.fields[0]].type.is_set:
            link.seen.setdefault(slot.name, pending.sent)
        elif slot.name in link.seen:
            link.seen[slot.name] = _before_edit(pending, obs.values[slot.name], link.seen[slot.name])
        return
    note_rewrite(link, slot, pending.sent)
    if _was_touched(link, pending, obs):
        before = pending.before if not isinstance(pending.before, Mark) else None
        reading.log.append(_typed_again(reading, link, slot.name, slot.fields[0], before, obs))


def _before_edit(pending: Pending, now: Value, seen: Value) -> Value:
    """What a set held before somebody edited it while a write of ours was on its way: what that gave or took
    is nobody's edit, whether it landed or not."""
    if any(isinstance(value, str) for value in (seen, pending.sent, now)):
        return seen
    before, sent, shown = (elements(value) for value in (seen, pending.sent, now))
    return [v for v in dict.fromkeys([*before, *sent]) if (v in before and v in sent) or v in shown]


def _was_touched(link: Link, pending: Pending, obs: Observation) -> bool:
    """Whether somebody may have touched the record since we wrote: its stamp is not older than the write, or
    has moved since it was read last, whatever the app's clock says."""
    if obs.stamp is None or obs.stamp >= pending.sent_at - MARGIN:
        return True
    return link.stamp is not None and obs.stamp > link.stamp


def note_rewrite(link: Link, slot: Slot, sent: Value) -> None:
    """A write without effect: from now on, sending the same value again is counted."""
    value, times = link.rewrites.get(slot.name, (None, 0))
    if not times or not slot.same(value, sent):
        link.rewrites[slot.name] = (sent, 1)


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


def _typed_again(
    reading: Reading, link: Link, slot: str, field: str, value: Value, obs: Observation
) -> LogEntry:
    """What stood there before our write is back with a newer stamp, or beside something new: perhaps it was
    typed again. Name it."""
    time, kind = date_of(link, slot, obs, True)
    return LogEntry(
        "aba",
        link.golden,
        field,
        (Candidate(value, link.app, link.id, time, "edit", kind),),
        "resend",
        reading.golden.value.get(field),
        None,
        note="shown again after our write; it is written over once more",
    )


def _set_aside(reading: Reading, link: Link, slot: Slot, obs: Observation, reason: str) -> None:
    """A value that cannot be read is no candidate and is left alone; it is logged once."""
    value = obs.values[slot.name]
    link.seen[slot.name] = value
    end_undo(link, slot.name)
    link.agreed.update(dict.fromkeys(slot.fields, DISAGREES))
    candidate = Candidate(value, link.app, link.id, obs.read_at, "edit", "observed")
    reading.log.append(
        LogEntry("bad_value", link.golden, slot.fields[0], (candidate,), "none", None, None, note=reason)
    )
