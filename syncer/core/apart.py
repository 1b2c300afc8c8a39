"""Split a golden record in two: each side gets the values that it would have had apart. Pure.

What a record would hold apart is what people put there: its value before our first write, or what was typed
since. A side's golden values are those that came from it; what came from the other side is chosen anew among
its own records by the mapping's rules. Opt-outs stay on both sides.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from conflicts.candidate import Candidate
from conflicts.consent import most_restrictive, rank
from mappings.model import BadValue, Slot
from syncer.core.deeds import Line, Reversal, Rules, Written
from syncer.core.forms import shows_sent
from syncer.core.lens import Lens, Unresolved
from syncer.core.merge import merge
from syncer.core.merging import Merging
from syncer.core.observe import Offer, read
from syncer.core.reversal_fields import raises, settle, slot_state, why_left
from syncer.model import (
    ABSENT,
    Golden,
    Link,
    LinkKey,
    LogEntry,
    Mark,
    Observation,
    Unit,
    Value,
    as_text,
)

UNLINKED = "the records of the other side were taken out"
Own = Mapping[LinkKey, Mapping[str, Value]]  # record -> slot -> what people put there


def own_values(link: Link, writes: Iterable[Written], slots: Mapping[str, Slot]) -> dict[str, Value]:
    """What people put into a record, by slot, without edits that were undone. A slot that only we ever filled
    is missing. `writes`: all that was sent for its golden records, oldest first."""
    mine = (
        write
        for write in writes  # a create without a record is perhaps this one: nobody answered
        if write.app == link.app
        and (write.record == link.id or (write.record is None and write.kind == "create"))
    )
    written = folded_writes(mine, slots)
    own = {
        name: before
        for name, (before, _) in written.items()
        if name in slots and not isinstance(before, Mark)
    }
    ours = {name: after for name, (_, after) in written.items()}
    for name, value in link.seen.items():
        if name in slots and not _is_ours(ours, name, slots, value):
            own[name] = value
    return {name: link.undone.get(name, value) for name, value in own.items()}


def folded_writes(
    writes: Iterable[Written], slots: Mapping[str, Slot]
) -> dict[str, tuple[Value | Mark, Value]]:
    """All writes to a record as one: slot -> (what people last put there, or ABSENT; what we wrote last).
    Also of slots that the mapping has no more: they may come back."""
    folded: dict[str, tuple[Value | Mark, Value]] = {}
    for write in writes:
        if write.outcome not in ("applied", "unknown"):
            continue
        for name, (before, after) in write.slots.items():
            own, ours = folded.get(name, (ABSENT, ABSENT))
            known = {} if isinstance(ours, Mark) else {name: ours}
            if not isinstance(before, Mark) and not _is_ours(known, name, slots, before):
                own = before
            folded[name] = own, after
    return folded


def _is_ours(ours: Mapping[str, Value], name: str, slots: Mapping[str, Slot], value: Value) -> bool:
    if name not in ours:
        return False
    return shows_sent(slots[name], value, ours[name]) if name in slots else value == ours[name]


@dataclass(slots=True)
class Split:
    """The golden record as it stays, and the new one that leaves it; `log`: conflicts that were held."""

    stays: Reversal
    leaves: Reversal
    log: list[LogEntry]


def split(
    looked: Reversal, leaving: Collection[LinkKey], name: str, own: Own, rules: Rules, lens: Lens
) -> Split:
    """Two golden records out of one that was just looked at. `name`: the id of the one that leaves."""
    whole = looked.unit
    stays, leaves = (
        Reversal(
            Unit(golden, [k for k in whole.links if (k.key in leaving) == apart]),
            looked_at=[k for k in looked.looked_at if (k in leaving) == apart],
            waiting=[o for o in looked.waiting if (o.key in leaving) == apart],
            news=looked.news,
            moved=looked.moved,
            away=looked.away,
            back=looked.back,
        )
        for golden, apart in ((whole.golden.copy(), False), (Golden(name), True))
    )
    log: list[LogEntry] = []
    for side in (stays, leaves):
        _give_values(side, whole.golden, own, rules, lens, log)
        _choose_written(side.unit.links)
        golden = side.unit.golden
        golden.deleted = golden.deleted and any(link.state == "gone" for link in side.unit.links)
        for link in side.unit.links:
            link.golden = golden.id
            if link.state == "live":
                _give_back(side, link, own.get(link.key, {}), rules, lens)
    return Split(stays, leaves, log)


# -- golden values ----------------------------------------------------------------------------------------


def _give_values(
    side: Reversal, whole: Golden, own: Own, rules: Rules, lens: Lens, log: list[LogEntry]
) -> None:
    """The golden values of a side, and what that changes."""
    golden, links = side.unit.golden, side.unit.links
    mine = {link.key for link in links}
    kept = {f for f, p in whole.provenance.items() if (p.app, p.record) in mine and f in whole.value}
    if not kept and not any(value for key in mine for value in own.get(key, {}).values()):
        kept = set(whole.value)  # only we ever filled these records: they keep what they hold
    consent = lens.mapping.consent
    values = {f: whole.value[f] for f in kept if f != consent}
    sources = {f: whole.provenance[f] for f in values if f in whole.provenance}
    apart = Golden(golden.id, values, sources)
    _merge_own(apart, links, own, rules.run, lens, whole.value.keys() - values.keys())
    for field in whole.value:
        apart.value.setdefault(field, None)
    if consent in whole.value:
        _part_consent(apart, whole, consent, mine, own, lens)
    golden.held = _part_held(Merging(apart, links, lens, rules.run, log), whole)
    _note_changes(side, apart, whole, lens)


def _merge_own(
    apart: Golden, links: Sequence[Link], own: Own, run: str, lens: Lens, fields: Collection[str]
) -> None:
    """Fields that came from the other side: as if these records met for the first time."""
    fresh = []
    for link in links:
        seen_at = link.observed_at
        if seen_at is not None and link.state == "live":
            shown = Observation(*link.key, dict(own.get(link.key, {})), seen_at, link.stamp)
            fresh.append((Link(*link.key, apart.id, primary=link.primary), shown))
    reading = read(fresh, apart, lens)
    ours = {link.key for link in links if link.ours}
    offers = {
        f: offered if lens.mapping.fields[f].type.is_set else _dated(offered, ours)
        for f, offered in reading.offers.items()
        if f in fields
    }
    merge(Merging(apart, [link for link, _ in fresh], lens, run, []), offers)


def _dated(offered: Sequence[Offer], ours: Collection[LinkKey]) -> list[Offer]:
    """Where our own write moved a record's stamp last, nobody knows when people put there what it holds: no
    match for a value whose time is known."""
    return [o for o in offered if o.link.key not in ours] or list(offered)


def _part_held(m: Merging, whole: Golden) -> dict[str, list[Candidate]]:
    """The conflicts that a side still has: what the other side's records hold is none of its business. Where
    one value is left it is taken, unless another record of this side stands for golden; where none is,
    golden stands."""
    mine, still = {link.key for link in m.links}, dict[str, list[Candidate]]()
    for name, candidates in whole.held.items():
        known = m.lens.mapping.fields.get(name)
        left = [c for c in candidates if (c.app, c.record) in mine]
        if known is None and m.golden.id == whole.id:
            still[name] = list(candidates)  # the mapping lost it: the next run closes that
        if known is None or (not left and m.golden.id != whole.id):
            continue
        newest = max(left, key=lambda c: (c.time, c.app, c.record), default=None)
        source, values = whole.provenance.get(name), [c.value for c in left]
        if source is not None and (source.app, source.record) in mine - {(c.app, c.record) for c in left}:
            values.append(whole.value[name])
        if newest is not None and not all(known.type.same(value, newest.value) for value in values):
            still[name] = left
            m.note("conflict", known, left, known.rule.word, UNLINKED, status="held")
            continue
        if newest is not None and (newest.value is not None or newest.kind == "edit"):
            m.take(known, newest, "edit" if newest.kind == "edit" else "first")
        m.note("conflict", known, left, "unlinked", UNLINKED, winner=newest)
    return still


def _part_consent(
    apart: Golden, whole: Golden, name: str, mine: Collection[LinkKey], own: Own, lens: Lens
) -> None:
    """An opt-out stays on both sides. A consent that the other side gave is not theirs to keep."""
    now, source = as_text(whole.value[name]), whole.provenance.get(name)
    states = [
        slot_state(slot, own[key][slot.name])
        for key in mine
        if (slot := lens.slot_of(key[0], name)) is not None and slot.name in own.get(key, {})
    ]
    theirs = source is None or (source.app, source.record) in mine
    apart.value[name] = now if theirs or rank(now) > rank("subscribed") else most_restrictive(states)
    if source is not None:
        apart.provenance[name] = source


def _note_changes(side: Reversal, apart: Golden, whole: Golden, lens: Lens) -> None:
    """Take the new values over; what is another one than before is journaled and told."""
    golden = side.unit.golden
    for field, value in apart.value.items():
        known, before = lens.mapping.fields.get(field), golden.value.get(field, ABSENT)
        source, golden.value[field] = golden.provenance.get(field), value
        if field in apart.provenance:
            golden.provenance[field] = apart.provenance[field]
        else:  # a blank that nobody here chose stands against nothing, should the two be linked again
            golden.provenance.pop(field, None)
        if isinstance(before, Mark) and value is None:
            continue
        if not isinstance(before, Mark) and (known.type.same(before, value) if known else before == value):
            continue  # also of a field that the mapping has no more, the journal tells what it is
        if source is not None:
            side.was[field] = source
        side.changed[field] = (before, value)
        if known is not None and not known.type.same(whole.value.get(field), value):
            side.lines.append(Line("golden", golden.id, None, None, field, whole.value.get(field), value))


# -- records ----------------------------------------------------------------------------------------------


def _choose_written(links: Sequence[Link]) -> None:
    """Of the records of an app on one side one is written."""
    for app in {link.app for link in links}:
        mine = [k for k in links if k.app == app]
        if not any(k.primary for k in mine):
            first = next((k for k in mine if k.state == "live"), mine[0])
            first.primary = True


def _give_back(side: Reversal, link: Link, own: Mapping[str, Value], rules: Rules, lens: Lens) -> None:
    """What each slot of a record is to hold: its own value where it is the side's, else the side's."""
    link.version = lens.mapping.version
    for slot in lens.mapping.apps[link.app].slots.values():
        name, key = slot.name, link.key
        if name not in link.seen:
            continue
        back = _target(side, link, slot, own, lens)
        now = link.seen[name]
        if isinstance(back, Mark) or back == now or slot.same(back, now):
            if isinstance(back, Mark) and _is_unfounded(side.unit.golden, slot, now, lens):
                why = "the record was made with the consent of the other side: look at it there"
                side.lines.append(Line("left", link.golden, *key, name, now, None, why))
            if name not in link.pending:
                settle(side, link, slot, now, True, lens)
            continue
        why = why_left(side, link, key, slot, name, rules)
        if not why and _would_raise(slot, now, back, lens):
            why = "consent is never raised"
        side.lines.append(Line("left" if why else "restore", link.golden, *key, name, now, back, why))
        if not why:
            side.touched.add((key, name))
        if name not in link.pending:
            settle(side, link, slot, now if why else back, True, lens)


def _is_unfounded(golden: Golden, slot: Slot, now: Value, lens: Lens) -> bool:
    """Whether a record that we made shows a consent that nobody on its side gave."""
    name = lens.mapping.consent
    return name in slot.fields and golden.value.get(name) is None and slot_state(slot, now) is not None


def _would_raise(slot: Slot, now: Value, back: Value, lens: Lens) -> bool:
    return lens.mapping.consent in slot.fields and raises(slot_state(slot, now), slot_state(slot, back))


def _target(side: Reversal, link: Link, slot: Slot, own: Mapping[str, Value], lens: Lens) -> Value | Mark:
    """The record's own value where that is what its side holds; ABSENT where nothing can be told, or where a
    conflict is held: a person decides."""
    golden, seen = side.unit.golden.value, link.seen[slot.name]
    if any(f in side.unit.golden.held for f in slot.fields):
        return ABSENT
    mine = own.get(slot.name, ABSENT)
    if lens.mapping.consent in slot.fields:
        given = as_text(golden.get(slot.fields[0]))
        if rank(given) > rank("subscribed"):
            return ABSENT
        return seen if given is not None and slot_state(slot, seen) == given else mine
    if slot.name in link.parted:
        return link.parted[slot.name]
    try:
        if not isinstance(mine, Mark) and lens.mapping.fields[slot.fields[0]].type.is_set:
            mine = slot.project(slot.split(mine, {}), seen)
        wanted = lens.project(slot, golden, seen)
    except (Unresolved, BadValue):
        return mine
    if not isinstance(mine, Mark) and (slot.same(wanted, mine) or not slot.flows_out):
        return mine
    return wanted if link.primary and slot.flows_out else mine
