"""Compare every app with golden: note where it agrees, and plan a write where it does not. Pure.

A write is due where golden differs from what the app last agreed with and the app's value, as far as we know
it, differs from golden in the app's own form. Nothing is written to a value that was never read, that is on
its way, held for a person, refused, or frozen.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from conflicts.candidate import Candidate
from conflicts.consent import rank
from mappings.model import AppMap, BadValue, ExpressionFailed, Slot
from syncer.core.addresses import ask_again
from syncer.core.forms import shows
from syncer.core.lens import Lens, Unresolved, state_of
from syncer.core.observe import agrees
from syncer.core.parted import end_parted, given_way
from syncer.model import (
    ABSENT,
    DISAGREES,
    FREEZE_AFTER,
    Golden,
    Item,
    Link,
    LogEntry,
    Mark,
    Refusal,
    Value,
    fold_key,
    sent_form,
)


@dataclass(frozen=True, slots=True)
class Abilities:
    """What the engine knows of the apps when it plans: plain facts, gathered at the rim.

    creates      apps in which records may be created: writable, and read completely at least once
    archives     apps that can archive
    needs        app -> groups of slots, of which a create must fill one each
    unique       app -> its unique slots
    taken        (app, slot, folded value) -> (record that owns this value there, its golden id or "")
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
    version = p.lens.mapping.version
    live = [k for k in links if k.state == "live"]
    for link in live:
        moved, link.version = link.version != version, version
        if link.doomed:
            p.items.append(Item("archive", link.app, p.golden.id, link.id, {}))
            continue
        if p.golden.deleted and link.app in p.abilities.archives:
            p.items.append(_leaving(p, link))
            continue
        item = compare(p, link, p.lens.in_turn[link.app], moved)
        if item is not None:
            p.items.append(item)
    p.golden.revived = p.golden.revived and not live
    if (live or p.golden.revived) and not p.golden.deleted:
        present = {k.app for k in links} | set(creating)
        for app, app_map in p.lens.mapping.apps.items():
            if app in p.abilities.creates and app not in present and app not in p.golden.barred:
                _plan_create(p, app_map)


def _leaving(p: Planning, link: Link) -> Item:
    """A record that is to be archived, since its person was deleted elsewhere. What lowers consent goes
    first: the app may put archives off for long."""
    slot = p.lens.slot_of(link.app, p.lens.mapping.consent or "")
    lowered = compare(p, link, [slot]) if slot is not None else None
    if lowered is not None and not lowered.raises:
        return lowered
    return Item("archive", link.app, p.golden.id, link.id, {})


def compare(p: Planning, link: Link, slots: Iterable[Slot], moved: bool = False) -> Item | None:
    """What is due in these slots of one record, consent last among them. `moved`: the mapping has changed
    since they were last compared."""
    due: dict[str, tuple[Value | Mark, Value]] = {}
    raises: list[str] = []
    for slot in slots:
        after = _due(p, link, slot, moved)
        if isinstance(after, Mark):
            continue
        before = due[slot.name] = (link.seen[slot.name], after)
        ask_again(p.lens, link, slot, after)
        if p.lens.mapping.consent in slot.fields and _state_rank(slot, after) < _state_rank(slot, before[0]):
            raises.append(slot.name)
    return Item("update", link.app, p.golden.id, link.id, due, tuple(raises)) if due else None


def _due(p: Planning, link: Link, slot: Slot, moved: bool) -> Value | Mark:
    """The value to write into this slot, ABSENT where none is due. Agreement is noted on the way."""
    golden, name = p.golden.value, slot.name
    if name not in link.seen or name in link.pending:
        return ABSENT
    if name in link.emptied and not p.lens.stands(slot, link.seen[name]):
        link.seen[name], link.emptied = None, link.emptied - {name}  # due once its target is back
    if name in link.anew and p.lens.mapping.consent not in slot.fields:
        return ABSENT
    fields = [f for f in slot.fields if f in golden]
    if not fields:
        return ABSENT
    parted = name in link.parted
    if parted:
        if all(agrees(p.lens, link, f, golden) for f in fields):
            return _due_parted(p, link, slot)
        if link.primary or shows(p.lens, link, slot, golden):  # else nothing is written over it
            end_parted(p.lens, golden, link, slot)
    if p.golden.held and any(f in p.golden.held for f in slot.fields):
        return ABSENT
    odd = len(fields) < len(slot.fields) and any(link.agreed.get(f) is DISAGREES for f in slot.fields)
    if not (moved or odd or slot.reference) and all(agrees(p.lens, link, f, golden) for f in fields):
        return ABSENT
    seen = link.seen[name]
    try:
        after = p.lens.project(slot, golden, seen)
    except Unresolved:
        if slot.reference:  # its target is gone: once that is back, what was refused for it may be taken
            link.refused.pop(name, None)
        return ABSENT
    if after == seen or slot.same(after, seen) or shows_consent(p.lens, p.golden, slot, after, seen):
        for f in fields:
            link.agreed[f] = golden[f]
        link.refused.pop(name, None)
        return ABSENT
    if moved:
        link.agreed.update(dict.fromkeys(fields, DISAGREES))
    # Nobody is mailed through another record of an app after an opt-out.
    lowers = p.lens.mapping.consent in slot.fields and _state_rank(slot, after) > _state_rank(slot, seen)
    if not ((link.primary or lowers) and slot.writable and slot.flows_out):
        return ABSENT
    if _stopped(p, link, slot, after):
        return ABSENT
    if parted:
        p.log += given_way(p.lens, p.golden, link, slot)
    return after


def _due_parted(p: Planning, link: Link, slot: Slot) -> Value | Mark:
    """What an undo still has to put back here; golden has not moved since. Where that is golden after all,
    nothing is parted once it is there."""
    target, seen = link.parted[slot.name], link.seen[slot.name]
    if target != seen and not slot.same(target, seen):
        return ABSENT if not slot.writable or _stopped(p, link, slot, target) else target
    if shows(p.lens, link, slot, p.golden.value):
        del link.parted[slot.name]
    return ABSENT


def shows_consent(lens: Lens, golden: Golden, slot: Slot, after: Value, seen: Value) -> bool:
    """Whether the app shows golden consent as closely as it can: at least what we could write there, and no
    more than golden. Its own word for a bounce is not written over with a mere opt-out."""
    name = lens.mapping.consent
    if name is None or name not in slot.fields:
        return False
    shown = _state_rank(slot, seen)
    return max(0, _state_rank(slot, after)) <= shown <= rank(str(golden.value[name]))


def _state_rank(slot: Slot, value: Value) -> int:
    return rank(state_of(slot, value))


def _stopped(p: Planning, link: Link, slot: Slot, after: Value) -> bool:
    """A value that the app refused for good, or that keeps being changed back, is not sent again; one that
    cannot be read is left to a person."""
    if not is_readable(p.lens, link, slot):
        return True
    if refusal_of(p.lens, link, slot, after) is not None:
        return True
    link.refused.pop(slot.name, None)
    value, times = link.rewrites.get(slot.name, (None, 0))
    if times < FREEZE_AFTER or not slot.same(value, after):
        return False
    if times == FREEZE_AFTER:
        link.rewrites[slot.name] = (value, times + 1)
        p.log.append(_frozen(p, link, slot))
    return True


def refusal_of(lens: Lens, link: Link, slot: Slot, value: Value) -> Refusal | None:
    """What the app said when it refused this very value, as long as the mapping says the same of the slot."""
    refusal = link.refused.get(slot.name)
    if refusal is None or not lens.mapping.is_of(refusal.version, slot):
        return None
    return refusal if slot.same(refusal.value, value) else None


def is_readable(lens: Lens, link: Link, slot: Slot) -> bool:
    """Whether the app's value can be read; one that waits for the target of a reference can."""
    try:
        lens.split(slot, link.seen[slot.name], {})
    except Unresolved:
        return True
    except BadValue:
        return False
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
    if not slot.flows_out:
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
    for name, value in values.items():
        owner = p.abilities.taken.get((app.app, name, fold_key(str(value)))) if value else None
        if owner is not None and owner[1] != p.golden.id:
            return f"its {name} belongs to record {owner[0]} there, {_owned_by(owner[1])}"
    return _consent_obstacle(p, app, values)


def _owned_by(golden: str) -> str:
    if golden:
        return f"which is golden record {golden}"
    return "which takes no part: outside the filter, archived, or not matched yet"


def _consent_obstacle(p: Planning, app: AppMap, values: Mapping[str, Value]) -> str:
    """A create must not give more consent than golden has."""
    name, default = p.lens.mapping.consent, p.abilities.consent_new.get(app.app)
    if name is None or default is None:
        return ""
    state = p.golden.value.get(name)
    if state is None:
        return "nothing is known of the person's consent, and a new record there would count as consent"
    slot = p.lens.mapping.consent_slot(app.app)
    given = state_of(slot, values.get(slot.name)) if slot else None
    if rank(given or default) < rank(str(state)):
        return f"the app cannot take a new record that is {state}"
    return ""
