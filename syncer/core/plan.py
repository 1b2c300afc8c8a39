"""Compare every app with golden: note where it agrees, and plan a write where it does not. Pure.

A write is due where golden differs from what the app last agreed with and the app's value, as far as we know
it, differs from golden in the app's own form. Nothing is written to a value that was never read, that is on
its way, held for a person, refused, or frozen.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from conflicts.candidate import Candidate
from conflicts.consent import rank
from mappings.model import AppMap, ExpressionFailed, Slot
from syncer.core.lens import Lens, Unresolved, direction
from syncer.model import ABSENT, DISAGREES, Golden, Item, Link, LogEntry, Mark, Value, sent_form

FREEZE_AFTER = 3


@dataclass(frozen=True, slots=True)
class Abilities:
    """What the engine knows of the apps when it plans: plain facts, gathered at the rim.

    creates      apps in which records may be created: writable, and read completely at least once
    archives     apps that can archive
    needs        app -> groups of slots, of which a create must fill one each
    unique       app -> its unique slots
    taken        (app, slot, folded value) -> (record that owns this unique value, its golden id or "")
    consent_new  app -> the consent that a record has which is created without one
    """

    creates: Collection[str] = ()
    archives: Collection[str] = ()
    needs: Mapping[str, tuple[tuple[str, ...], ...]] = field(default_factory=dict)
    unique: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    taken: Mapping[tuple[str, str, str], tuple[str, str]] = field(default_factory=dict)
    consent_new: Mapping[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Planning:
    """One golden record being planned. `notes` say what was not done in an app, and why."""

    golden: Golden
    lens: Lens
    abilities: Abilities
    items: list[Item]
    log: list[LogEntry]
    notes: list[tuple[str, str]]


def plan(p: Planning, links: Sequence[Link], creating: Collection[str] = ()) -> None:
    """Settle agreement on all live links (in place) and add the items that are due. `creating`: apps in which
    a create is still unanswered."""
    present = {k.app for k in links} | set(creating)
    for link in links:
        if link.state == "live":
            _compare(p, link)
    if not any(k.state == "live" for k in links):
        return
    for app, app_map in p.lens.mapping.apps.items():
        if app in p.abilities.creates and app not in present and app not in p.golden.barred:
            _plan_create(p, app_map)


def _compare(p: Planning, link: Link) -> None:
    """One app's record against golden."""
    moved = link.version != p.lens.mapping.version
    link.version = p.lens.mapping.version
    slots: dict[str, tuple[Value | Mark, Value]] = {}
    raises: list[str] = []
    for slot in p.lens.mapping.apps[link.app].slots.values():
        after = _due(p, link, slot, moved)
        if isinstance(after, Mark):
            continue
        before = link.seen[slot.name]
        slots[slot.name] = (before, after)
        if p.lens.mapping.consent in slot.fields and _raises(slot, before, after):
            raises.append(slot.name)
    if slots:
        p.items.append(Item("update", link.app, p.golden.id, link.id, slots, tuple(raises)))


def _due(p: Planning, link: Link, slot: Slot, moved: bool) -> Value | Mark:
    """The value to write into this slot, ABSENT where none is due. Agreement is noted on the way."""
    golden = p.golden.value
    if slot.name not in link.seen or slot.name in link.pending:
        return ABSENT
    fields = [f for f in slot.fields if f in golden]
    if not fields or any(f in p.golden.held for f in slot.fields):
        return ABSENT
    if not moved and all(_agrees(p, link, f) for f in fields):
        return ABSENT
    seen = link.seen[slot.name]
    try:
        after = p.lens.project(slot, golden, seen)
    except Unresolved:
        return ABSENT
    if slot.same(after, seen):
        link.agreed.update({f: golden[f] for f in fields})
        link.refused.pop(slot.name, None)
        return ABSENT
    if moved:
        link.agreed.update(dict.fromkeys(fields, DISAGREES))
    if not link.primary or not slot.writable or not _flows_to(p, link.app, fields):
        return ABSENT
    return ABSENT if _stopped(p, link, slot, after) else after


def _agrees(p: Planning, link: Link, name: str) -> bool:
    agreed = link.agreed.get(name, DISAGREES)
    if isinstance(agreed, Mark):
        return False
    current = p.golden.value[name]
    return agreed == current or p.lens.mapping.fields[name].type.same(agreed, current)


def _flows_to(p: Planning, app: str, fields: Sequence[str]) -> bool:
    return any(direction(p.lens.mapping.fields[f], app) != "from" for f in fields)


def _stopped(p: Planning, link: Link, slot: Slot, after: Value) -> bool:
    """A value that the app refused for good, or that keeps being changed back, is not sent again."""
    refusal = link.refused.get(slot.name)
    if refusal is not None:
        if refusal.version == p.lens.mapping.version and slot.same(refusal.value, after):
            return True
        del link.refused[slot.name]
    value, times = link.rewrites.get(slot.name, (None, 0))
    if times < FREEZE_AFTER or not slot.same(value, after):
        return False
    if times == FREEZE_AFTER:
        link.rewrites[slot.name] = (value, times + 1)
        p.log.append(_frozen(p, link, slot))
    return True


def _frozen(p: Planning, link: Link, slot: Slot) -> LogEntry:
    name = slot.fields[0]
    source = p.golden.provenance.get(name)
    now = source.time if source else link.observed_at
    shown = (Candidate(link.seen[slot.name], link.app, link.id, now),) if now else ()
    return LogEntry(
        "frozen",
        p.golden.id,
        name,
        shown,
        "freeze",
        p.golden.value.get(name),
        source.app if source else None,
        note=f"written {FREEZE_AFTER} times and changed back each time; left alone until the value changes",
    )


def _raises(slot: Slot, before: Value, after: Value) -> bool:
    """Whether a write lifts the consent that the app shows."""
    name = slot.fields[0]
    old, new = slot.split(before, {}).get(name), slot.split(after, {}).get(name)
    return rank(str(new)) < rank(str(old))


def _plan_create(p: Planning, app: AppMap) -> None:
    golden = p.golden.value
    try:
        if app.create_when is not None and not app.create_when(golden):
            p.notes.append((app.app, "create_when does not hold"))
            return
    except ExpressionFailed:
        p.notes.append((app.app, "create_when could not be evaluated"))
        return
    slots = {
        slot.name: (ABSENT, value) for slot in app.slots.values() if (value := _initial(p, slot)) is not None
    }
    values = {name: after for name, (_, after) in slots.items()}
    obstacle = _obstacle(p, app, values)
    if obstacle:
        p.notes.append((app.app, obstacle))
    else:
        p.items.append(Item("create", app.app, p.golden.id, None, dict(slots)))


def _initial(p: Planning, slot: Slot) -> Value:
    """What a new record gets in this slot; None for nothing."""
    fields = [f for f in slot.fields if f in p.golden.value]
    if not slot.on_create or not fields or any(f in p.golden.held for f in slot.fields):
        return None
    if not _flows_to(p, slot.app, fields):
        return None
    try:
        return p.lens.project(slot, p.golden.value, None)
    except Unresolved:
        return None


def _obstacle(p: Planning, app: AppMap, values: Mapping[str, Value]) -> str:
    """Why this record cannot be created in the app; empty where it can."""
    refusal = p.golden.refused.get(app.app)
    if (
        refusal is not None
        and refusal.version == p.lens.mapping.version
        and refusal.value == sent_form(values)
    ):
        return f"the app refused it: {refusal.reason}"
    for group in p.abilities.needs.get(app.app, ()):
        if not any(values.get(name) for name in group):
            return f"the app asks for {' or '.join(group)}"
    for name in p.abilities.unique.get(app.app, ()):
        value = values.get(name)
        owner = p.abilities.taken.get((app.app, name, str(value).casefold())) if value else None
        if owner is not None and owner[1] != p.golden.id:
            return f"its {name} belongs to record {owner[0]} there, which is another or not linked"
    return _consent_obstacle(p, app, values)


def _consent_obstacle(p: Planning, app: AppMap, values: Mapping[str, Value]) -> str:
    """A create must not give more consent than golden has."""
    name, default = p.lens.mapping.consent, p.abilities.consent_new.get(app.app)
    if name is None or default is None:
        return ""
    state = p.golden.value.get(name)
    if state is None:
        return "nothing is known of the person's consent, and a new record there would count as consent"
    slot = next((s for s in app.slots.values() if name in s.fields), None)
    given = slot.split(values.get(slot.name), {}).get(name) if slot else None
    if rank(str(given or default)) < rank(str(state)):
        return f"the app cannot take a new record that is {state}"
    return ""
