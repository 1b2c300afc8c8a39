"""Turn down part of a plan: what `sync --reject` makes of a decision. Pure.

Each refused change becomes a held conflict, in which golden stands and the app's value is the candidate; a
refused create is barred in that app; a refused archive leaves the record alone. Consent is never refused.
A value that is worked out of others is no question: it follows them, and is not sent as it was refused.
What came from an app that is to be brought back is overruled instead: golden is written over it there, and
what was deleted there is made again.
"""

from __future__ import annotations

from collections.abc import Collection

from conflicts.candidate import Candidate
from syncer.core.forms import shows
from syncer.core.lens import Lens, Unresolved
from syncer.core.merge import look_up_derived
from syncer.core.merging import Merging, changes
from syncer.core.plan import Abilities, Planning, plan
from syncer.model import Decision, Item, Link, LinkKey, LogEntry, Provenance, Refusal, Unit


def refuse(
    decision: Decision,
    unit: Unit,
    refused: Collection[str],
    lens: Lens,
    abilities: Abilities,
    run: str,
    bring_back: str | None = None,
) -> Decision:
    """The decision without the refused items (named by `Item.identity`). `unit` is what was decided about."""
    turned_down = [item for item in decision.items if item.identity in refused]
    dropped = _come_back(decision, unit, abilities, bring_back) if bring_back else []
    if not turned_down and not dropped:
        return decision
    golden = decision.unit.golden
    golden.deleted = golden.deleted and not dropped and not any(i.kind == "archive" for i in turned_down)
    overruled = _overrule(decision, unit, turned_down, lens, run, bring_back) if bring_back else set[str]()
    for item in turned_down:
        if item.kind == "create":
            golden.barred[item.app] = f"refused in {run}"
        elif item.kind == "update":
            _hold_fields(decision, unit, item, lens, overruled)
    _follow_again(decision, unit, lens, run)
    for item in turned_down:
        _stop_following(decision, item, lens, run)
    items: list[Item] = []
    notes: list[tuple[str, str]] = []
    plan(Planning(golden, lens, abilities, items, decision.log, notes), decision.unit.links, unit.creating)
    changed, _ = changes(unit.golden, golden)
    return Decision(
        decision.unit,
        items,
        decision.log,
        changed,
        decision.waiting,
        notes if dropped else decision.notes,
        decision.was,
        bool(overruled or dropped),
        dropped,
    )


def _come_back(decision: Decision, unit: Unit, abilities: Abilities, app: str) -> list[LinkKey]:
    """Give up the links whose record was just deleted in this app, so that it is made again there; those that
    were given up. Where another record of it is there, or nothing can be made, the link stays gone."""
    mine = [link for link in decision.unit.links if link.app == app]
    before = {link.key: link.state for link in unit.links}
    gone = [k for k in mine if k.state == "gone" and before[k.key] != "gone"]
    merged = any((o := unit.observations.get(k.key)) is not None and o.state == "merged" for k in gone)
    if app not in abilities.creates or len(gone) < len(mine) or merged:
        return []
    decision.unit.links = [link for link in decision.unit.links if link.app != app]
    decision.unit.golden.barred.pop(app, None)
    return [link.key for link in gone]


def _overrule(
    decision: Decision, unit: Unit, refused: Collection[Item], lens: Lens, run: str, app: str
) -> set[str]:
    """Golden goes back where it came from this app, or on to what was edited elsewhere at the same time; the
    plan then writes it over what the app holds. Returns the fields. One that was never set before becomes
    blank."""
    golden, overruled = decision.unit.golden, set[str]()
    names = {f for i in refused for n in i.slots for f in lens.mapping.apps[i.app].slots[n].fields}
    for field in sorted(names - {lens.mapping.consent}):
        source = golden.provenance.get(field)
        if field not in decision.changed or source is None or source.app != app:
            continue
        if lens.mapping.fields[field].follows:
            continue
        candidate = Candidate(golden.value[field], source.app, source.record, source.time)
        _restore(decision, unit, field)
        if field not in golden.value:
            golden.value[field], golden.provenance[field] = None, source
        overruled.add(field)
        _let_others_stand(decision, field, app, lens, run)
        winner, note = golden.value[field], "brought back"
        decision.log.append(
            LogEntry("overruled", golden.id, field, (candidate,), "reject", winner, None, "decided", note)
        )
    return overruled


def _let_others_stand(decision: Decision, field: str, app: str, lens: Lens, run: str) -> None:
    """What other apps had against the overruled edit is not overruled with it: one value counts as if it had
    been the only one, several wait for a person. What the log said of it was never so."""
    golden, same = decision.unit.golden, lens.mapping.fields[field].type.same
    mine = [e for e in decision.log if e.field == field and e.winner_app == app and e.status == "decided"]
    others = [c for e in mine for c in e.candidates if c.app != app and c.kind != "golden"]
    if not others or lens.mapping.fields[field].rule.kind == "only":
        return
    decision.log[:] = [e for e in decision.log if e not in mine]
    if all(same(c.value, others[0].value) for c in others):
        last = max(others, key=lambda c: (c.time, c.app, c.record))
        golden.value[field] = last.value
        golden.provenance[field] = Provenance(last.app, last.record, last.time, "edit", run)
        return
    golden.held[field] = others
    rule = lens.mapping.fields[field].rule.word
    entry = LogEntry(
        "conflict", golden.id, field, tuple(others), rule, None, None, "held", "the rest was refused"
    )
    decision.log.append(entry)


def _hold_fields(decision: Decision, unit: Unit, item: Item, lens: Lens, overruled: Collection[str]) -> None:
    """Golden goes back to what it was; the value that was to be spread waits for a person."""
    golden = decision.unit.golden
    slots = lens.mapping.apps[item.app].slots
    for name in item.slots:
        for field in slots[name].fields:
            if field == lens.mapping.consent or field not in golden.value or field in golden.held:
                continue
            if field in overruled or lens.mapping.fields[field].follows:
                continue
            source = golden.provenance.get(field)
            if field in decision.changed and source is not None:
                value = golden.value[field]
                candidate = Candidate(value, source.app, source.record, source.time)
                _restore(decision, unit, field)
            else:
                link = _link_of(decision, item)
                if link.observed_at is None:
                    continue
                try:
                    value = lens.split(slots[name], link.seen[name], golden.value).get(field)
                except Unresolved:  # what the app points to is nobody here
                    continue
                if lens.mapping.fields[field].type.same(value, golden.value[field]):
                    continue  # the other part of the text that was refused: nothing was to become of it
                candidate = Candidate(value, link.app, link.id, link.observed_at, "join", "observed")
            golden.held[field] = [candidate]
            decision.log.append(
                LogEntry("conflict", golden.id, field, (candidate,), "reject", None, None, "held", "refused")
            )


def _follow_again(decision: Decision, unit: Unit, lens: Lens, run: str) -> None:
    """What is worked out comes of the values that stand now; of none, where the first one was refused."""
    for field in decision.changed:
        if lens.mapping.fields[field].follows:
            _restore(decision, unit, field)
    look_up_derived(Merging(decision.unit.golden, decision.unit.links, lens, run, decision.log))


def _stop_following(decision: Decision, item: Item, lens: Lens, run: str) -> None:
    """What is worked out is not sent again until it comes to another value."""
    slots, fields = lens.mapping.apps[item.app].slots, lens.mapping.fields
    for name, (_, after) in item.slots.items() if item.kind == "update" else ():
        link, slot = _link_of(decision, item), slots[name]
        follows = all(fields[f].follows for f in slot.fields)
        if follows and not shows(lens, link, slot, decision.unit.golden.value):
            version = lens.mapping.version_of(slot)
            link.refused[name] = Refusal(after, f"turned down by --reject in {run}", version)


def _link_of(decision: Decision, item: Item) -> Link:
    return next(k for k in decision.unit.links if k.id == item.record and k.app == item.app)


def _restore(decision: Decision, unit: Unit, field: str) -> None:
    golden, before = decision.unit.golden, unit.golden
    if field in before.value:
        golden.value[field] = before.value[field]
    else:
        del golden.value[field]
    if field in before.provenance:
        golden.provenance[field] = before.provenance[field]
    else:
        golden.provenance.pop(field, None)
