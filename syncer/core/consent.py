"""Consent: read apart from all other fields, merged by its own lattice, and lowered even while a run is held.

Every state that was seen since the last run counts, also one that a later observation replaced. Pure.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from conflicts import consent as lattice
from conflicts.candidate import Candidate
from conflicts.consent import OptIn, OptOut, rank
from mappings.model import Slot
from syncer.core.lens import Lens, state_of
from syncer.core.merging import Merging
from syncer.core.observe import date_of, end_undo, note_rewrite, outcome_of, to_read_anew
from syncer.model import DISAGREES, Link, LinkKey, Mark, Observation, Pending, Provenance, StubConsent

LOWEST, RAISED = "most restrictive", "authority"  # the rules by which a state is golden
SEVERAL = ", of several"  # behind the rule where several records chose it


@dataclass(slots=True)
class ConsentReading:
    """What a consent slot showed since the last run: its states, when it changed, and what it shows now, as
    an opt-in, should it be one. `held`: a state that it is known to show, and may have been given again."""

    link: Link
    states: list[str]
    time: datetime
    opted: OptIn | None
    held: str | None = None


def read_consent(
    observations: Iterable[tuple[Link, Observation]], lens: Lens, restored: bool = False
) -> list[ConsentReading]:
    """Read the consent slots of all waiting observations (links are changed in place). `restored`: what was
    known is of an older state."""
    found = []
    for link, obs in observations:
        slot = lens.slot_of(link.app, lens.mapping.consent or "")
        if slot is not None and slot.name in obs.values:
            reading = _read(link, slot, obs, restored)
            if reading is not None:
                found.append(reading)
    return found


def _read(link: Link, slot: Slot, obs: Observation, restored: bool) -> ConsentReading | None:
    """One slot. A raise of ours that is read back lowered is an opt-out, whoever lowered it."""
    name, value = slot.name, obs.values[slot.name]
    pending = link.pending.get(name)
    if pending is not None and obs.read_at <= pending.sent_at:
        return _read_too_early(link, slot, obs, pending)
    known, held = name in link.seen, link.seen.get(name)
    if pending is None and not obs.consent and to_read_anew(link, slot, value):
        known = False
    changed = not known or not all(slot.same(v, held) for v in (*obs.consent, value))
    if pending is not None:
        del link.pending[name]
        outcome = outcome_of(slot, value, pending)
        changed = bool(obs.consent) or outcome == "edit" or (outcome == "not_landed" and pending.raises)
        if outcome == "landed":
            link.agreed.update(pending.parts)
        elif outcome == "not_landed":
            note_rewrite(link, slot, pending.sent)
    time, kind = date_of(link, name, obs, known)
    stamp, latest = obs.stamps.get(name), time if kind == "record" else None
    # An opt-out is dated as late as it can be, and an opt-in as early, so that none passes for later because
    # a clock is wrong, the app's or ours, or because a stamp is coarse.
    said = stamp or obs.stamp
    if kind == "previous":
        time = obs.read_at
    elif said is not None:
        time = max(time, said, min(said + lattice.MARGIN, obs.read_at))
    stamp = min(stamp, obs.read_at) if stamp is not None else None
    if not known and link.observed_at is not None:
        stamp = None  # first looked at in a record that we know: perhaps its app gave it, when we made it
    link.seen[name] = value
    if changed:
        link.agreed[slot.fields[0]] = DISAGREES
        end_undo(link, name)
    states = [state for v in (*obs.consent, value) if changed and (state := state_of(slot, v)) is not None]
    if not states:
        return ConsentReading(link, [], time, None, state_of(slot, value)) if restored else None
    now, before = state_of(slot, value), state_of(slot, held)
    opted = None
    if now is not None:
        opted = OptIn(link.app, now, before, pending is None, stamp, link.observed_at, latest)
    return ConsentReading(link, states, time, opted)


def _read_too_early(link: Link, slot: Slot, obs: Observation, pending: Pending) -> ConsentReading | None:
    """Read before we wrote, or so the clock says: it tells nothing about the write, but an opt-out that goes
    further than what was sent, and did not stand there before, is one all the same."""
    before = None if isinstance(pending.before, Mark) else pending.before
    shown = [v for v in (*obs.consent, obs.values[slot.name]) if not slot.same(v, before)]
    told = [state for v in shown if (state := state_of(slot, v)) is not None]
    sent = max(rank(state_of(slot, pending.sent)), rank("pending"))
    states = [state for state in told if rank(state) > sent]
    return ConsentReading(link, states, obs.read_at, None) if states else None


def merge_consent(m: Merging, readings: Sequence[ConsentReading], stubs: Sequence[StubConsent]) -> None:
    """Golden consent: the most restrictive of all that was seen; raised only as the lattice allows."""
    name = m.lens.mapping.consent
    if name is None or not (readings or stubs):
        return
    field = m.lens.mapping.fields[name]
    source, value = m.golden.provenance.get(name), m.golden.value.get(name)
    golden = value if isinstance(value, str) else None
    for r in readings:
        if rank(r.held) > rank(golden):
            r.states = [str(r.held)]  # an opt-in was read before it, in a run in which its app was away
    stubs = [s for s in stubs if not _is_lifted(s, readings, field.rule.apps)]
    opt_ins = [r.opted for r in readings if r.opted and rank(r.opted.state) < rank(golden)]
    seen = [s for r in readings for s in r.states] + [s.state for s in stubs]
    since = _since(golden, source, readings) if source and golden else None
    state = lattice.decide(since, seen, opt_ins, field.rule.apps)
    candidates = [
        Candidate(s, r.link.app, r.link.id, r.time) for r in readings for s in dict.fromkeys(r.states)
    ]
    candidates += [Candidate(s.state, s.app, s.record, s.time, "join") for s in stubs]
    holders = sorted((c for c in candidates if c.value == state), key=lambda c: (c.time, c.app, c.record))
    rivals = {c.value for c in candidates} | ({golden} if golden else set())
    rule = RAISED if since is not None and rank(state) < rank(golden) else LOWEST
    if len(rivals) > 1 and (readings or state != golden):
        m.note("consent", field, candidates, rule, winner=holders[-1] if holders else None)
    # What a record showed before it was linked is dated by when it was read: it hides no later choice.
    news = holders if state != golden else [c for c in holders if source is not None and _is_later(c, source)]
    if news:
        chose = {(c.app, c.record) for c in holders}
        again = state == golden or len(chose) > 1 or _held_elsewhere(m, golden, str(state), chose)
        m.take(field, news[-1], rule + SEVERAL if again else rule)
    elif since is not None and source is not None and state == golden and since.since > source.time:
        rule = RAISED if source.rule.startswith(RAISED) else LOWEST
        m.golden.provenance[name] = replace(source, time=since.since, rule=rule + SEVERAL)  # for later runs


def _since(golden: str, source: Provenance, readings: Sequence[ConsentReading]) -> OptOut:
    """Golden consent, as late as it can have been chosen: by a state of before a backup was put back, an app
    may have been opted out of once more."""
    again = [r.time for r in readings if rank(r.held) >= rank(golden)]
    several = bool(again) or source.rule.endswith(SEVERAL)
    return OptOut(golden, max([source.time, *again]), source.app, several)


def _is_lifted(stub: StubConsent, readings: Sequence[ConsentReading], authorities: Sequence[str]) -> bool:
    """Whether a record that is linked just now has lifted itself what it had shown before."""
    out = lattice.OptOut(stub.state, stub.time, stub.app)
    return any(
        r.opted is not None
        and r.link.key == (stub.app, stub.record)
        and lattice.may_raise(out, replace(r.opted, held_before=stub.state), authorities)
        for r in readings
    )


def _held_elsewhere(m: Merging, golden: str | None, state: str, chose: Collection[LinkKey]) -> bool:
    """Whether consent is lowered to what another record had held all along, though golden was less: that it
    holds the state tells nothing about which came first."""
    slots = [(k, m.lens.slot_of(k.app, m.lens.mapping.consent or "")) for k in m.links if k.key not in chose]
    held = [rank(state_of(slot, k.seen[slot.name])) for k, slot in slots if slot and slot.name in k.seen]
    return golden is not None and any(known >= rank(state) > rank(golden) for known in held)


def _is_later(c: Candidate, source: Provenance) -> bool:
    """Whether the same state was chosen once more: then only what is later still can lift it."""
    return c.kind == "edit" and c.time > source.time
