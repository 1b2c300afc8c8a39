"""Merge what the apps offer into the golden record, field by field, three-way. Pure.

A field that no app changed keeps its value. One that a single app changed, or several to the same value,
takes it. Where they differ the field's rule chooses or holds it; every candidate is logged. Golden itself is
a rival of an edit made in an app that had not yet agreed with it; so is an edit that says what golden says.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from conflicts.candidate import Candidate
from conflicts.own import RuleFailed, own_rule
from conflicts.rules import Rule, merge_sets, rule_for, source
from mappings.model import Field, Slot
from syncer.core.forms import elements, fullest, held_parts, is_narrower, says_nothing, shows, whole
from syncer.core.lens import Unresolved, direction
from syncer.core.merging import Merging
from syncer.core.observe import Offer
from syncer.model import Link, LogKind, Value


def merge(m: Merging, offers: Mapping[str, list[Offer]]) -> None:
    """Settle every field that was offered a value; golden is changed in place."""
    if offers or m.golden.held:
        for name, field in m.lens.in_order:
            if name in m.golden.held:
                _continue_held(m, field, offers.get(name, ()))
            elif name in offers:
                echoes = _echoes(m, field, offers[name])
                _merge_field(m, field, offers[name])
                _name_overtaken(m, field, echoes)
    look_up_derived(m)


def _merge_field(m: Merging, field: Field, offered: Sequence[Offer]) -> None:
    wanted = [o for o in offered if _is_candidate(m, field, o)]
    if not wanted:
        return
    if field.type.is_set and field.rule.kind == "union":
        _merge_set(m, field, wanted)
        return
    candidates = (
        [o.candidate for o in wanted] + _confirmed(m, field, offered) + _golden_rival(m, field, wanted)
    )
    first = candidates[0]
    if first.kind == "first" and all(field.type.same(c.value, first.value) for c in candidates[1:]):
        candidates = candidates[:1]
    else:
        candidates = fullest(m, field, candidates)
    unseen = m.golden_candidate(field) if all(o.parted for o in wanted) else None
    winner: Candidate | None = candidates[0]
    if len(candidates) > 1:
        winner = _choose(m, field, candidates)
    elif candidates[0].kind != "golden":
        m.take(field, candidates[0], "edit" if candidates[0].kind == "edit" else "first")
    if unseen is not None and not field.type.same(unseen.value, m.golden.value[field.name]):
        note = "replaced by an edit where an undo had left another value"
        m.note("overruled", field, [unseen], "undo", note, winner=winner)


def _confirmed(m: Merging, field: Field, offered: Sequence[Offer]) -> list[Candidate]:
    """What golden says, typed in an app that showed something else: somebody stands for it against the
    others. It is golden's value, since the app may hold it in a narrower form."""
    if field.name not in m.golden.value:
        return []
    return [
        replace(o.candidate, value=m.golden.value[field.name])
        for o in offered
        if o.candidate.kind == "edit"
        and (o.rival or o.parted)
        and direction(field, o.link.app) != "to"
        and (o.candidate.value is not None or field.blank != "keep")
        and shows(m.lens, o.link, o.slot, m.golden.value)
    ]


def _echoes(m: Merging, field: Field, offered: Sequence[Offer]) -> list[Candidate]:
    """Values at a join that say what golden says: they pass for agreement."""
    if field.name not in m.golden.value or field.type.is_set:
        return []
    return [
        o.candidate
        for o in offered
        if o.candidate.kind == "join" and shows(m.lens, o.link, o.slot, m.golden.value)
    ]


def _name_overtaken(m: Merging, field: Field, echoes: Sequence[Candidate]) -> None:
    """What golden said until an edit was read beside it may have been typed by somebody: it is named."""
    value = m.golden.value.get(field.name)
    overtaken = [c for c in echoes if not field.type.same(c.value, value)]
    if overtaken and field.name not in m.golden.held:
        m.note("join", field, overtaken, field.rule.word, "replaced in the run in which it was first read")


def _is_candidate(m: Merging, field: Field, offer: Offer) -> bool:
    """Whether an offered value may become golden; what is overruled on the way is logged."""
    c, known = offer.candidate, field.name in m.golden.value
    if known and shows(m.lens, offer.link, offer.slot, m.golden.value):
        return False  # nothing was changed, or it was changed back
    if direction(field, c.app) == "to":
        if c.value is not None or c.kind == "edit":
            m.note("overruled" if c.kind == "edit" else "join", field, [c], "direction", "written only")
        return False
    if (c.kind != "edit" or field.blank == "keep") and says_nothing(
        field, offer.slot, c.value, offer.link.seen.get(offer.slot.name)
    ):
        if c.kind == "edit":
            m.note("overruled", field, [c], "blank: keep", "a blank does not travel")
        return False
    if c.kind == "join" and field.rule.kind == "only":
        return _gives(m, field, c)
    stands = field.on_join == "keep" and not m.deserted
    if c.kind == "join" and stands and field.rule.kind != "union":
        return _joins_fuller(m, field, offer)
    return True


def _gives(m: Merging, field: Field, c: Candidate) -> bool:
    """The one app that gives a field is believed at a join, too, unless another record of it, which is still
    there, gave golden."""
    golden = m.golden_candidate(field)
    if golden is None:
        return True
    others = {link.id for link in m.links if link.app == c.app and link.state == "live"} - {c.record}
    if golden.app == c.app and golden.record in others and field.on_join == "keep" and not m.deserted:
        m.note("join", field, [c], "on_join: keep", "the golden value stands")
        return False
    m.note("join", field, [golden], "only", "the app that gives this field says otherwise", winner=c)
    return True


def _joins_fuller(m: Merging, field: Field, offer: Offer) -> bool:
    """At a join golden stands, unless what was found is the same value in a fuller form."""
    c, golden = offer.candidate, m.golden_candidate(field)
    if golden is not None and is_narrower(m, field, golden, c):
        return True
    m.note("join", field, [c], "on_join: keep", "the golden value stands")
    return False


def _golden_rival(m: Merging, field: Field, wanted: Sequence[Offer]) -> list[Candidate]:
    """Golden as a candidate, where an editing app had not agreed with it and it came from another record."""
    golden = m.golden_candidate(field)
    if golden is None or not any(o.rival and o.link.key != (golden.app, golden.record) for o in wanted):
        return []
    return [golden]


def _choose(m: Merging, field: Field, candidates: list[Candidate]) -> Candidate | None:
    """The rule decides between values that differ, or holds the field for a person. Returns the winner."""
    kinds = {c.kind for c in candidates}
    kind: LogKind = "conflict" if "edit" in kinds else "join" if "join" in kinds else "first_merge"
    why = ""
    try:
        winner = rule_of(m, field)(candidates, m.lens.mapping.order)
    except RuleFailed as error:
        winner, why = None, str(error)
    if winner is None:
        m.golden.held[field.name] = [c for c in candidates if c.kind != "golden"]
        m.note(kind, field, candidates, field.rule.word, why, status="held")
        return None
    if winner.kind != "golden":
        m.take(field, winner, field.rule.word)
    m.note(kind, field, candidates, field.rule.word, winner=winner)
    return winner


def rule_of(m: Merging, field: Field) -> Rule:
    """The rule of a field, for the golden record as it stands."""
    if field.rule.own:
        return own_rule(field.rule.own)
    if field.sources:
        return source(field.sources, m.golden.value)
    return rule_for(field.rule.kind, field.rule.apps)


def _continue_held(m: Merging, field: Field, offered: Sequence[Offer]) -> None:
    """While a conflict is held, edits become its candidates. It closes when all apps hold the same value."""
    offered = [o for o in offered if direction(field, o.link.app) != "to" or o.candidate.kind == "edit"]
    held = {(c.app, c.record): c for c in m.golden.held[field.name]}
    held.update({o.link.key: o.candidate for o in offered})
    candidates = [held[key] for key in sorted(held)]
    agreed = _held_by_all(m, field, candidates)
    if agreed is not None:
        del m.golden.held[field.name]
        m.take(field, agreed, "agreed by all")
        note = "all apps hold the same value"
        m.note("conflict", field, candidates, "agreed by all", note, winner=agreed)
    elif offered:
        m.golden.held[field.name] = candidates
        m.note("conflict", field, candidates, field.rule.word, "a further edit", status="held")


def _held_by_all(m: Merging, field: Field, candidates: Sequence[Candidate]) -> Candidate | None:
    """The value that every app shows in its own form, if there is one; dated by who came to it last."""
    places = [
        (link, slot)
        for link in m.links
        if link.state == "live" and (slot := m.lens.slot_of(link.app, field.name)) is not None
    ]
    if any(slot.name not in link.seen or slot.name in link.pending for link, slot in places):
        return None
    try:
        values = [held_parts(m.lens, link, slot, m.golden).get(field.name) for link, slot in places]
    except Unresolved:
        return None
    last = max(candidates, key=lambda c: (c.time, c.app, c.record))
    for (link, _), value in sorted(zip(places, values, strict=True), key=_by_size):
        if all(shows(m.lens, other, slot, whole(m, other, field, value)) for other, slot in places):
            holder = next((c for c in candidates if field.type.same(c.value, value)), None)
            return holder or replace(last, value=value, app=link.app, record=link.id)
    return None


def _by_size(held: tuple[tuple[Link, Slot], Value]) -> tuple[int, str]:
    return -len(str(held[1])), str(held[1])


def _merge_set(m: Merging, field: Field, wanted: Sequence[Offer]) -> None:
    before = m.golden.value.get(field.name)
    edits = [
        (elements(o.before) if o.candidate.kind == "edit" else None, elements(o.candidate.value))
        for o in wanted
    ]
    merged, against = merge_sets(elements(before), edits)
    candidates = [o.candidate for o in wanted]
    if against:
        m.note("conflict", field, candidates, "union", "added in one app, taken away in another")
    if field.name not in m.golden.value or not field.type.same(merged or None, before):
        newest = max(candidates, key=lambda c: (c.time, c.app, c.record))
        m.take(field, replace(newest, value=merged or None), "union")


def look_up_derived(m: Merging) -> None:
    """Follow the references: what an app gets as a text changes with its target."""
    for name, value in m.lens.derived(m.golden.value).items():
        field = m.lens.mapping.fields[name]
        if name not in m.golden.value or not field.type.same(value, m.golden.value[name]):
            m.golden.value[name] = value
            reference = field.derived[0] if field.derived else name
            if reference in m.golden.provenance:
                m.golden.provenance[name] = m.golden.provenance[reference]
