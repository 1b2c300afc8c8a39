"""Merge what the apps offer into the golden record, field by field, three-way. Pure.

A field that no app changed keeps its value. One that a single app changed, or several to the same value,
takes it. Where they differ the field's rule chooses or holds it; every candidate is logged. Golden itself is
a rival of an edit made in an app that had not yet agreed with it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from conflicts import consent as lattice
from conflicts.candidate import Candidate
from conflicts.rules import merge_sets, rule_for
from mappings.model import BadValue, Field
from syncer.core.lens import Lens, Unresolved, direction
from syncer.core.observe import ConsentReading, Offer
from syncer.model import Golden, Link, LogEntry, LogKind, Provenance, StubConsent, Value


@dataclass(slots=True)
class Merging:
    """A golden record being merged: its links after reading, and what is logged on the way."""

    golden: Golden
    links: Sequence[Link]
    lens: Lens
    run: str
    log: list[LogEntry]


def merge(m: Merging, offers: Mapping[str, list[Offer]]) -> None:
    """Settle every field that was offered a value; golden is changed in place."""
    for field in m.lens.mapping.fields.values():
        if field.derived is not None or field.rule.kind == "consent":
            continue
        if field.name in offers or field.name in m.golden.held:
            _merge_field(m, field, offers.get(field.name, []), offers)
    _look_up_derived(m)


def _merge_field(
    m: Merging, field: Field, offered: Sequence[Offer], offers: Mapping[str, list[Offer]]
) -> None:
    wanted = [o for o in offered if _is_candidate(m, field, o)]
    if field.name in m.golden.held:
        _continue_held(m, field, wanted)
        return
    if not wanted:
        return
    if field.type.is_set and field.rule.kind == "union":
        _merge_set(m, field, wanted)
        return
    candidates = [o.candidate for o in wanted]
    if any(o.rival for o in wanted):
        candidates += _golden_rival(m, field, wanted)
    distinct = candidates[:1]
    if not all(field.type.same(c.value, candidates[0].value) for c in candidates[1:]) or _lone_edit(wanted):
        distinct = _reduce(m, field, candidates, offers)
    if len(distinct) == 1:
        _take(m, field, distinct[0], "first" if distinct[0].kind != "edit" else "edit")
        return
    _choose(m, field, distinct)


def _lone_edit(wanted: Sequence[Offer]) -> bool:
    return len(wanted) == 1 and wanted[0].candidate.kind == "edit" and wanted[0].before is not None


def _is_candidate(m: Merging, field: Field, offer: Offer) -> bool:
    """Whether an offered value may become golden; what is overruled on the way is logged."""
    c = offer.candidate
    current = m.golden.value
    if c.kind == "edit" and field.name in current and _shows_golden(m, offer):
        return False
    if direction(field, c.app) == "to":
        if c.value is not None and field.name in current:
            _log(m, "overruled" if c.kind == "edit" else "join", field, [c], "direction", "written only")
        elif c.kind == "edit" and field.name in current:
            _log(m, "overruled", field, [c], "direction", "written only")
        return False
    if c.value is None and (c.kind != "edit" or field.blank == "keep"):
        if c.kind == "edit" and field.name in current:
            _log(m, "overruled", field, [c], "blank: keep", "a blank does not travel")
        return False
    if c.kind == "join" and field.on_join == "keep":
        return _joins_fuller(m, field, offer)
    return True


def _joins_fuller(m: Merging, field: Field, offer: Offer) -> bool:
    """At a join golden stands, unless what was found is the same value in a fuller form."""
    c = offer.candidate
    current = m.golden.value[field.name]
    if field.type.same(c.value, current) or _shows_golden(m, offer):
        return False
    source = m.golden.provenance.get(field.name)
    link = next((k for k in m.links if source and k.key == (source.app, source.record)), None)
    if current is not None and link is not None and _narrower(m, link, field, c.value, {}):
        _log(m, "narrower", field, [c], "fuller form", "the fuller form of the same value is taken")
        return True
    _log(m, "join", field, [c], "on_join: keep", "the golden value stands")
    return False


def _shows_golden(m: Merging, offer: Offer) -> bool:
    """Whether the app now shows golden in its own form: then nothing was changed, or it was changed back."""
    return _shows(m, offer.link, offer.slot.name, m.golden.value)


def _shows(m: Merging, link: Link, slot_name: str, golden: Mapping[str, Value]) -> bool:
    slot = m.lens.mapping.apps[link.app].slots[slot_name]
    seen = link.seen.get(slot_name)
    try:
        return slot.same(m.lens.project(slot, golden, seen), seen)
    except Unresolved:
        return False


def _golden_rival(m: Merging, field: Field, wanted: Sequence[Offer]) -> list[Candidate]:
    """Golden as a candidate, where an editing app had not agreed with it and it came from another record."""
    source = m.golden.provenance.get(field.name)
    if source is None or all(
        (o.link.app, o.link.id) == (source.app, source.record) for o in wanted if o.rival
    ):
        return []
    value = m.golden.value.get(field.name)
    return [Candidate(value, source.app, source.record, source.time, "golden", "golden")]


def _reduce(
    m: Merging, field: Field, candidates: Sequence[Candidate], offers: Mapping[str, list[Offer]]
) -> list[Candidate]:
    """Drop candidates that are a narrower form of another one (shortened, lower-cased, unsplit), and of what
    another app still shows: they are the same value, of which the fuller form counts."""
    links = {k.key: k for k in m.links}
    parts = {k: _parts_of(m, link) for k, link in links.items()}
    kept: list[Candidate] = []
    for c in candidates:
        link = links.get((c.app, c.record))
        if c.kind == "golden" or link is None:
            kept.append(c)
            continue
        fuller = next(
            (
                (key, values[field.name])
                for key, values in parts.items()
                if key != link.key
                and values.get(field.name) is not None
                and not field.type.same(values[field.name], c.value)
                and _narrower(m, link, field, values[field.name], values)
            ),
            None,
        )
        if fuller is None:
            kept.append(c)
            continue
        (app, record), value = fuller
        if c.kind == "edit" and not any(
            (o.candidate.app, o.candidate.record) == (app, record) for o in offers.get(field.name, ())
        ):
            kept.append(replace(c, value=value))
        elif _is_mutual(m, field, c, links.get((app, record)), parts[link.key]) and len(str(c.value)) >= len(
            str(value)
        ):
            kept.append(c)
        _log(m, "narrower", field, [c], "fuller form", f"the fuller form in {app} counts")
    distinct: list[Candidate] = []
    for c in kept:
        if not any(field.type.same(c.value, d.value) for d in distinct):
            distinct.append(c)
    return distinct or list(candidates[:1])


def _is_mutual(
    m: Merging, field: Field, c: Candidate, other: Link | None, parts: Mapping[str, Value]
) -> bool:
    return other is not None and _narrower(m, other, field, c.value, parts)


def _narrower(m: Merging, link: Link, field: Field, value: Value, parts: Mapping[str, Value]) -> bool:
    """Whether what this app shows of the field is `value` (with `parts` beside it) in the app's own form."""
    for slot in m.lens.mapping.apps[link.app].slots.values():
        if field.name in slot.fields and slot.name in link.seen:
            return _shows(m, link, slot.name, {**m.golden.value, **parts, field.name: value})
    return False


def _parts_of(m: Merging, link: Link) -> dict[str, Value]:
    """All golden-form values that an app shows now."""
    found: dict[str, Value] = {}
    for slot in m.lens.mapping.apps[link.app].slots.values():
        if slot.name in link.seen and len(slot.fields) >= 1:
            try:
                found.update(m.lens.split(slot, link.seen[slot.name], m.golden.value))
            except (Unresolved, BadValue):
                continue
    return found


def _choose(m: Merging, field: Field, candidates: list[Candidate]) -> None:
    """The rule decides between values that differ, or holds the field for a person."""
    kind: LogKind = "conflict" if any(c.kind in ("edit", "golden") for c in candidates) else "first_merge"
    winner = rule_for(field.rule.kind, field.rule.apps)(candidates, m.lens.mapping.order)
    if winner is None:
        m.golden.held[field.name] = [c for c in candidates if c.kind != "golden"]
        _log(m, kind, field, candidates, field.rule.kind, "", status="held")
        return
    if winner.kind != "golden":
        _take(m, field, winner, field.rule.kind)
    _log(m, kind, field, candidates, field.rule.kind, "", winner=winner)


def _continue_held(m: Merging, field: Field, wanted: Sequence[Offer]) -> None:
    """While a conflict is held, edits become its candidates. It closes when all apps hold the same value."""
    held = {(c.app, c.record): c for c in m.golden.held[field.name]}
    held.update({(o.candidate.app, o.candidate.record): o.candidate for o in wanted})
    candidates = sorted(held.values(), key=lambda c: (c.app, c.record))
    shown = [p[field.name] for k in m.links if k.state == "live" and field.name in (p := _parts_of(m, k))]
    if shown and all(field.type.same(v, shown[0]) for v in shown):
        del m.golden.held[field.name]
        now = max(candidates, key=lambda c: c.time)
        _take(m, field, replace(now, value=shown[0]), "agreed by all")
        _log(m, "conflict", field, candidates, "agreed by all", "all apps hold the same value", winner=now)
    elif wanted:
        m.golden.held[field.name] = candidates
        _log(m, "conflict", field, candidates, field.rule.kind, "a further edit", status="held")


def _merge_set(m: Merging, field: Field, wanted: Sequence[Offer]) -> None:
    before = m.golden.value.get(field.name)
    edits = [
        (_as_set(o.before) if o.candidate.kind == "edit" else None, _as_set(o.candidate.value))
        for o in wanted
    ]
    merged, against = merge_sets(_as_set(before), edits)
    newest = max(wanted, key=lambda o: (o.candidate.time, o.candidate.app)).candidate
    if against:
        _log(
            m, "conflict", field, [o.candidate for o in wanted], "union", "added in one app, taken in another"
        )
    if field.name not in m.golden.value or not field.type.same(merged or None, before):
        _take(m, field, replace(newest, value=merged or None), "union")


def _as_set(value: Value) -> list[str]:
    return [str(v) for v in value] if isinstance(value, list) else []


def merge_consent(m: Merging, readings: Sequence[ConsentReading], stubs: Sequence[StubConsent]) -> None:
    """Golden consent: the most restrictive of all that was seen; raised only as the lattice allows."""
    name = m.lens.mapping.consent
    if name is None or not (readings or stubs):
        return
    field = m.lens.mapping.fields[name]
    source = m.golden.provenance.get(name)
    golden = m.golden.value.get(name)
    golden = golden if isinstance(golden, str) else None
    opt_ins = [
        lattice.OptIn(r.link.app, r.states[-1], r.before, r.settled, r.stamp)
        for r in readings
        if r.changed and lattice.rank(r.states[-1]) < lattice.rank(golden)
    ]
    seen = [s for r in readings for s in r.states] + [s.state for s in stubs]
    state = lattice.decide(
        golden,
        source.time if source else None,
        source.app if source else None,
        seen,
        opt_ins,
        field.rule.apps,
    )
    candidates = [Candidate(r.states[-1], r.link.app, r.link.id, r.time) for r in readings]
    candidates += [Candidate(s.state, s.app, s.record, s.time, "join") for s in stubs]
    if len({str(c.value) for c in candidates} | ({golden} if golden and golden != state else set())) > 1:
        holder = next((c for c in candidates if c.value == state), candidates[0])
        _log(m, "consent", field, candidates, "most restrictive", "", winner=replace(holder, value=state))
    if state is not None and state != golden:
        _take(m, field, _consent_source(readings, candidates, state), "most restrictive")


def _consent_source(
    readings: Sequence[ConsentReading], candidates: Sequence[Candidate], state: str
) -> Candidate:
    for reading in readings:
        if state in reading.states:
            return Candidate(state, reading.link.app, reading.link.id, reading.time)
    return next(c for c in candidates if c.value == state)


def _look_up_derived(m: Merging) -> None:
    for name, value in m.lens.derived(m.golden.value).items():
        field = m.lens.mapping.fields[name]
        if name not in m.golden.value or not field.type.same(value, m.golden.value[name]):
            m.golden.value[name] = value
            reference = field.derived[0] if field.derived else name
            if reference in m.golden.provenance:
                m.golden.provenance[name] = m.golden.provenance[reference]


def _take(m: Merging, field: Field, c: Candidate, rule: str) -> None:
    m.golden.value[field.name] = c.value
    m.golden.provenance[field.name] = Provenance(c.app, c.record, c.time, rule, m.run)


def _log(
    m: Merging,
    kind: LogKind,
    field: Field,
    candidates: Sequence[Candidate],
    rule: str,
    note: str,
    winner: Candidate | None = None,
    status: str = "decided",
) -> None:
    value = winner.value if winner else m.golden.value.get(field.name)
    source = m.golden.provenance.get(field.name)
    app = winner.app if winner else (source.app if source and status == "decided" else None)
    m.log.append(
        LogEntry(
            kind,
            m.golden.id,
            field.name,
            tuple(candidates),
            rule,
            value if status == "decided" else None,
            app,
            "held" if status == "held" else "decided",
            note,
        )
    )
