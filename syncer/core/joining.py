"""Make one golden record out of two: field by field, by the mapping's rules. Pure.

Nothing is written from here: each link still agrees with what it agreed with, so that the next plan finds
which apps do not hold the joint value.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from conflicts.candidate import Candidate
from conflicts.consent import rank
from conflicts.own import RuleFailed
from conflicts.rules import merge_sets
from mappings.model import Field
from syncer.core.forms import elements, shows
from syncer.core.lens import Lens
from syncer.core.merge import rule_of
from syncer.core.merging import Merging, changes
from syncer.model import Golden, Link, LinkKey, LogEntry, Mark, Observation, Provenance, Unit, Value, as_text

JOINED = "two golden records were joined"
LIVES_ON = "the record that lives on"


@dataclass(slots=True)
class Joined:
    """The golden record that goes on, with the links of both. `changed` and `was` as in a decision."""

    unit: Unit
    log: list[LogEntry] = field(default_factory=list)
    changed: dict[str, tuple[Value | Mark, Value]] = field(default_factory=dict)
    was: Mapping[str, Provenance] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Side:
    """The golden record whose record lives on in the app, with its records as they were. `gone`: the one that
    went into it; None where no app merged anything. `observations`: what is yet to be merged of either."""

    golden: Golden
    links: Sequence[Link]
    gone: LinkKey | None
    observations: Mapping[LinkKey, Observation]

    def chose(self, lens: Lens, field: str, rival: Candidate) -> bool:
        """Whether it is this side's value that is seen in the app of the merge, so that whoever merged chose
        it over the rival: not where that was typed after the app last changed the record."""
        slot = lens.slot_of(self.gone[0], field) if self.gone is not None else None
        if slot is None:
            return False
        there = [k for k in self.links if k.app == slot.app and k.state == "live"]
        stamps = [s for k in there for s in (k.stamp, self._shown(k.key)) if s is not None]
        if stamps and rival.time > max(stamps):
            return False
        return any(slot.name in k.seen and shows(lens, k, slot, self.golden.value) for k in there)

    def _shown(self, key: LinkKey) -> datetime | None:
        return self.observations[key].stamp if key in self.observations else None


def join(into: Unit, other: Unit, lens: Lens, run: str, gone: LinkKey | None = None) -> Joined:
    """One golden record with the records of both. The units are not changed. `gone`: the record that an app
    merged into another, where that is why."""
    golden, theirs = into.golden.copy(), other.golden
    mine, added = [link.copy() for link in into.links], [link.copy() for link in other.links]
    first, second = (added, mine) if any(link.key == gone for link in mine) else (mine, added)
    seen = {**into.observations, **other.observations}
    lives = _Side(theirs if first is added else into.golden, [k for k in first if k.key != gone], gone, seen)
    for link in added:
        link.golden = golden.id
    links = [*mine, *added]
    joined = Joined(Unit(golden, links, seen, due=True))
    merging = Merging(golden, links, lens, run, joined.log)
    for name, known in lens.mapping.fields.items():
        if name in theirs.held or name in golden.held:
            _hold(merging, known, theirs)
        elif name in theirs.value:
            _join_field(merging, known, theirs, lives)
    _choose_written([*first, *second], golden, lens, gone)
    there = {link.app for link in links}
    golden.barred = {a: why for a, why in {**theirs.barred, **golden.barred}.items() if a not in there}
    golden.refused = {a: r for a, r in golden.refused.items() if a not in there}
    golden.deleted = golden.deleted and theirs.deleted
    joined.changed, joined.was = changes(into.golden, golden)
    return joined


def _choose_written(links: Sequence[Link], golden: Golden, lens: Lens, gone: LinkKey | None) -> None:
    """Of several records of an app the one that holds the golden address is written, since an app may take it
    once only; else the first. `links`: first those of whoever lives on."""
    fits = {
        k.key: (k.state == "live" and k.key != gone, *_key_slots_shown(k, golden, lens), k.primary)
        for k in links
    }
    for app in {link.app for link in links}:
        mine = [link for link in links if link.app == app]
        written = max(mine, key=lambda link: fits[link.key])
        for link in mine:
            link.primary = link is written


def _key_slots_shown(link: Link, golden: Golden, lens: Lens) -> list[bool]:
    """Of each exact key that lives in the app, whether the record holds the golden value of it."""
    slots = [slot for key in lens.mapping.match.exact if (slot := lens.slot_of(link.app, key)) is not None]
    return [slot.name in link.seen and shows(lens, link, slot, golden.value) for slot in slots]


def _hold(m: Merging, known: Field, theirs: Golden) -> None:
    """What waits for a person in either goes on waiting, as one question."""
    name, golden = known.name, m.golden
    held = {(c.app, c.record): c for c in (*golden.held.get(name, ()), *theirs.held.get(name, ()))}
    if name not in golden.value and name in theirs.value:
        _take(golden, theirs, name)
    elif (c := _candidate(theirs, name)) is not None and not known.type.same(c.value, golden.value[name]):
        held.setdefault((c.app, c.record), c)
    golden.held[name] = [held[key] for key in sorted(held)]
    m.note("conflict", known, golden.held[name], known.rule.word, JOINED, status="held")


def _join_field(m: Merging, known: Field, theirs: Golden, lives: _Side) -> None:
    name, golden = known.name, m.golden
    value = theirs.value[name]
    if name not in golden.value:
        _take(golden, theirs, name)
        return
    mine = golden.value[name]
    if known.type.same(mine, value):
        return
    if name == m.lens.mapping.consent:
        if rank(as_text(value)) > rank(as_text(mine)):
            _take(golden, theirs, name)
        return
    candidates = [c for g in (golden, theirs) if (c := _candidate(g, name)) is not None]
    if known.type.is_set and known.rule.kind == "union":
        golden.value[name] = merge_sets(elements(mine), [(None, elements(value))])[0] or None
    elif mine is None or value is None or len(candidates) < 2:
        if mine is None and value is not None and name not in golden.provenance:
            _take(golden, theirs, name)
        elif (their := _candidate(theirs, name)) is not None:
            m.note("join", known, [their], "on_join: keep", "the golden value stands")
    else:
        _choose(m, known, candidates, theirs, lives)


def _choose(m: Merging, known: Field, candidates: list[Candidate], theirs: Golden, lives: _Side) -> None:
    """Both hold a value: the field's rule decides, or holds it for a person. Who merged two records in an app
    saw which values live on: those of the one that went are no rivals of theirs, wherever they came from."""
    why, rule = JOINED, known.rule.word
    winner: Candidate | None
    left = [c for c in candidates if (c.app, c.record) != lives.gone]
    ours, rival = reversed(candidates) if lives.golden is theirs else candidates
    if lives.chose(m.lens, known.name, rival):
        left = [ours]
    try:
        if len(left) == 1 and known.rule.kind != "manual":
            winner, rule = left[0], LIVES_ON
        else:
            winner = rule_of(m, known)(candidates, m.lens.mapping.order)
    except RuleFailed as error:
        winner, why = None, f"{JOINED}; {error}"
    if winner is None:
        m.golden.held[known.name] = candidates
        m.note("conflict", known, candidates, known.rule.word, why, status="held")
        return
    if winner is candidates[1]:
        _take(m.golden, theirs, known.name)
    m.note("join", known, candidates, rule, JOINED, winner=winner)


def _take(golden: Golden, theirs: Golden, name: str) -> None:
    golden.value[name] = theirs.value[name]
    if name in theirs.provenance:
        golden.provenance[name] = theirs.provenance[name]


def _candidate(golden: Golden, name: str) -> Candidate | None:
    source = golden.provenance.get(name)
    if source is None:
        return None
    return Candidate(golden.value[name], source.app, source.record, source.time, "join", "golden")
