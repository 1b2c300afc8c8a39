"""Settle held conflicts by a person's answers: what `syncer conflicts resolve` makes of a decision. Pure.

An answer counts for the candidates that the person saw. Where one of them has moved since, the conflict stays
open, under a new number. What is settled is planned like any other change.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Literal

from conflicts.candidate import Candidate
from syncer.core.forms import shows
from syncer.core.lens import Lens
from syncer.core.merge import look_up_derived
from syncer.core.merging import Merging, changes
from syncer.core.parted import end_parted
from syncer.core.plan import Abilities, Planning, plan
from syncer.model import DISAGREES, Decision, Item, LinkKey, Unit

RULE = "resolved"


@dataclass(frozen=True, slots=True)
class Answer:
    """What a person chose: a value with the record that holds it, a value of their own (of no app), or None
    to keep the golden one. `candidates`: those that they saw."""

    candidates: tuple[Candidate, ...]
    chosen: Candidate | None


Fate = Literal["settled", "reopened", "agreed"]


def resolve(
    decision: Decision,
    unit: Unit,
    answers: Mapping[str, Answer],
    lens: Lens,
    abilities: Abilities,
    run: str,
) -> tuple[Decision, dict[str, Fate]]:
    """The decision with these answers (by field), and what became of each: `reopened` where a candidate
    moved, `agreed` where the apps came to hold one value by themselves. `unit` is what was decided about."""
    golden, links = decision.unit.golden, decision.unit.links
    merging = Merging(golden, links, lens, run, decision.log)
    fates = {name: _fate(decision, unit, name, answer) for name, answer in answers.items()}
    for name, fate in fates.items():
        if fate == "settled":
            _settle(merging, name, answers[name])
        elif fate == "reopened":
            _reopen(merging, name)
    if "settled" not in fates.values():
        return decision, fates
    look_up_derived(merging)
    items: list[Item] = []
    notes: list[tuple[str, str]] = []
    plan(Planning(golden, lens, abilities, items, decision.log, notes), links, unit.creating)
    changed, was = changes(unit.golden, golden)
    return replace(decision, items=items, changed=changed, was=was, notes=notes), fates


def _fate(decision: Decision, unit: Unit, field: str, answer: Answer) -> Fate:
    now = decision.unit.golden.held.get(field)
    if now is None:
        return "agreed"
    left = _live(unit) - _live(decision.unit)
    gone = any((c.app, c.record) in left for c in answer.candidates)
    return "reopened" if gone or _seen(now) != _seen(answer.candidates) else "settled"


def _live(unit: Unit) -> set[LinkKey]:
    return {link.key for link in unit.links if link.state == "live"}


def _seen(candidates: Iterable[Candidate]) -> set[tuple[str, str, str]]:
    """What a person has before them. Golden is logged as a rival, and is none while a conflict is held."""
    return {(c.app, c.record, repr(c.value)) for c in candidates if c.kind != "golden"}


def _reopen(m: Merging, field: str) -> None:
    """A number of its own, unless the merge has just logged a further edit."""
    if not any(e.field == field and e.status == "held" for e in m.log):
        said = m.lens.mapping.fields[field]
        note = "a candidate moved before it was settled"
        m.note("conflict", said, m.golden.held[field], said.rule.word, note, status="held")


def _settle(m: Merging, field: str, answer: Answer) -> None:
    said, candidates = m.lens.mapping.fields[field], m.golden.held.pop(field)
    # What the merge has just asked once more is answered with it.
    m.log[:] = [e for e in m.log if e.field != field or e.status != "held"]
    if answer.chosen is not None:
        golden = m.golden_candidate(said)
        if golden is not None and not any(said.type.same(c.value, golden.value) for c in candidates):
            candidates.append(golden)  # it gives way, too
        m.take(said, answer.chosen, RULE)
    for link in m.links:
        slot = m.lens.slot_of(link.app, field)
        if slot is not None and slot.name in link.seen:
            end_parted(m.lens, m.golden.value, link, slot)
            if not shows(m.lens, link, slot, m.golden.value):
                link.agreed[field] = DISAGREES
    note = "kept as it was" if answer.chosen is None else "" if answer.chosen.app else "typed by a person"
    m.note("conflict", said, candidates, RULE, note)
