"""Going back, field by field: before-images in the apps, and the golden values before. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

from conflicts.consent import rank
from mappings.model import BadValue, Slot
from syncer.core.deeds import Act, Deed, Line, Reversal, Rules
from syncer.core.forms import shows_sent
from syncer.core.lens import Lens, Unresolved, state_of
from syncer.model import ABSENT, DISAGREES, Golden, Link, LinkKey, Mark, Value, as_text


@dataclass(slots=True)
class Ours:
    """What a run wrote into one slot of a record: the value before its first write, and after its last.
    `last`: by which run it was written last, and what an app applied last: what looks like ours may have been
    typed since."""

    run: str
    key: LinkKey
    name: str
    before: Value | Mark
    after: Value
    last: tuple[str, Value]


def put_fields_back(r: Reversal, deed: Deed, rules: Rules, lens: Lens) -> None:
    """Before-images where an app still holds what the run wrote, and golden as it was."""
    by_key = {link.key: link for link in r.unit.links}
    targets: dict[tuple[LinkKey, str], Value] = {}
    for ours in _written(deed):
        target = _target(r, by_key.get(ours.key), ours, rules, lens)
        if not isinstance(target, Mark):
            targets[ours.key, ours.name] = target
    _golden_back(r, deed, rules, lens)
    _tell_joined(r, deed, rules, lens)
    _part(r, targets, lens)


def _written(deed: Deed) -> Collection[Ours]:
    """What the run wrote into existing records."""
    found: dict[tuple[LinkKey, str], Ours] = {}
    for write in deed.later:
        if write.kind != "update" or not write.record or write.outcome not in ("applied", "unknown"):
            continue
        for name, (before, after) in write.slots.items():
            key = write.app, write.record
            if write.run == deed.run:
                mine = Ours(deed.run, key, name, before, after, (write.run, after))
                found.setdefault((key, name), mine).after = after
            if (key, name) in found:
                ours = found[key, name]
                sure = write.run == deed.run or write.outcome == "applied"
                ours.last = write.run, after if sure else ours.last[1]
    return found.values()


def _target(r: Reversal, link: Link | None, ours: Ours, rules: Rules, lens: Lens) -> Value | Mark:
    """What a slot is to hold again; ABSENT where it is left alone (told), or is there already."""
    key, name = ours.key, ours.name
    slot = lens.mapping.apps[key[0]].slots.get(name) if key[0] in lens.mapping.apps else None
    if slot is not None and rules.only is not None and rules.only not in slot.fields:
        return ABSENT
    now = link.seen.get(name) if link is not None else None
    why = why_left(r, link, key, slot, name, rules)
    if why or link is None or slot is None or isinstance(ours.before, Mark):
        shown = next((o.values[name] for o in r.waiting if o.key == key and name in o.values), now)
        r.lines.append(Line("left", r.unit.golden.id, *key, name, shown, _plain(ours.before), why))
        return ABSENT
    back = _before(slot, ours.before, now, rules, lens)
    if slot.same(now, back):
        return ABSENT if now == back else back
    later, last = ours.last
    if not (shows_sent(slot, now, ours.after) and shows_sent(slot, now, last)):
        why = "it holds another value than this run wrote"
    elif later != ours.run and any(_is_later(r.unit.golden, f, ours.run) for f in slot.fields):
        why = "a later run wrote it again"
    elif lens.mapping.consent in slot.fields and raises(slot_state(slot, now), slot_state(slot, back)):
        why = "consent is never raised by an undo"
    if why:
        r.lines.append(Line("left", r.unit.golden.id, *key, name, now, back, why))
        return ABSENT
    r.lines.append(Line("restore", r.unit.golden.id, *key, name, now, back))
    r.touched.add((key, name))
    return back


def why_left(r: Reversal, link: Link | None, key: LinkKey, slot: Slot | None, name: str, rules: Rules) -> str:
    """Why nothing can be put back here, whatever the values are."""
    if slot is None:
        return "the mapping has no such field any more"
    if key[0] in rules.unreadable:
        return rules.unreadable[key[0]]
    if key in rules.elsewhere:
        return f"the record belongs to golden record {rules.elsewhere[key]} by now"
    if link is None or link.state == "gone" or key in r.away:
        return "the record is not there any more"
    if (key, name) in r.news:
        return "it was changed there since"
    if name in link.pending:
        return "the app has not shown yet whether it took what was sent"
    if not slot.writable:
        return "the app does not let anybody write it"
    return ""


def _before(slot: Slot, before: Value, now: Value, rules: Rules, lens: Lens) -> Value:
    """The before-image, beside what the slot holds besides: other tags, other parts of a name."""
    name = slot.fields[0]
    try:
        if lens.mapping.fields[name].type.is_set:
            return slot.project(slot.split(before, {}), now)
        if rules.only is not None and len(slot.fields) > 1:
            parts = slot.split(now, {})
            return slot.project({**parts, rules.only: slot.split(before, parts).get(rules.only)}, now)
    except BadValue:
        return before
    return before


def _golden_back(r: Reversal, deed: Deed, rules: Rules, lens: Lens) -> None:
    """Golden goes back where it is still what the run made of it: to blank where it was never set. A golden
    record that the run itself made keeps its values, beside which every app has its own again."""
    golden, fields = r.unit.golden, lens.mapping.fields
    for name, (former, after, source) in deed.golden.items():
        if rules.only not in (None, name) or name not in fields or deed.founded:
            continue
        before, now = _plain(former), golden.value.get(name)
        if fields[name].type.same(now, before):
            continue
        why = ""
        if _is_later(golden, name, deed.run) or not fields[name].type.same(now, after):
            why = "it was changed since"
        elif name in golden.held:
            why = "a conflict about it is held"
        elif name == lens.mapping.consent and raises(as_text(now), as_text(before)):
            why = "consent is never raised by an undo"
        act: Act = "left" if why else "golden"
        r.lines.append(Line(act, golden.id, None, None, name, now, before, why))
        if why:
            continue
        r.changed[name] = (now, before)
        if name in golden.provenance:
            current = r.was[name] = golden.provenance[name]
            golden.provenance[name] = replace(source or current, rule="undo", run=rules.run)
        golden.value[name] = before


def _is_later(golden: Golden, field: str, run: str) -> bool:
    """Whether a golden value was chosen after this run, though it may be the same. An undo chooses none."""
    source = golden.provenance.get(field)
    return source is not None and source.run > run and source.rule != "undo"


def _tell_joined(r: Reversal, deed: Deed, rules: Rules, lens: Lens) -> None:
    """The values of two that are one by now are not told apart any more."""
    golden, why = r.unit.golden, "two golden records were joined since: their value stays"
    for name, (before, after, _) in deed.joined.items():
        known, now = lens.mapping.fields.get(name), golden.value.get(name)
        if known is None or rules.only not in (None, name) or deed.founded:
            continue
        if known.type.same(now, after) and not known.type.same(now, _plain(before)):
            r.lines.append(Line("left", golden.id, None, None, name, now, _plain(before), why))


def _part(r: Reversal, targets: Mapping[tuple[LinkKey, str], Value], lens: Lens) -> None:
    """Say for every record what it is to hold: golden, or a value of its own that is left in peace."""
    for link in r.unit.links:
        for slot in lens.mapping.apps[link.app].slots.values():  # also of one that is gone, and may come back
            key = link.key, slot.name
            if slot.name not in link.seen or slot.name in link.pending:
                continue
            if key in targets or not r.changed.keys().isdisjoint(slot.fields):
                settle(r, link, slot, targets.get(key), key in targets, lens)


def settle(r: Reversal, link: Link, slot: Slot, back: Value, restored: bool, lens: Lens) -> None:
    """Say what a slot is to hold: `back` where something is to be put back, else what it shows."""
    golden, name = r.unit.golden, slot.name
    seen = link.seen[name]
    target = back if restored else seen
    fields = {f: golden.value[f] for f in slot.fields if f in golden.value}
    try:  # beside what it shows now, as the plan will have it
        wanted: Value | Mark = lens.project(slot, golden.value, seen)
    except Unresolved:
        wanted = ABSENT
    link.rewrites.pop(name, None)
    same = not isinstance(wanted, Mark) and (wanted == target or slot.same(wanted, target))
    if same:
        link.undone.pop(name, None)
    elif not restored and not isinstance(wanted, Mark):
        link.undone[name] = wanted
    if target != seen and (not link.primary or any(f in golden.held for f in slot.fields)):
        same = False  # the plan of golden leaves such alone: it is put back as a value of its own
    if same and (target in (wanted, seen) or not restored):
        link.parted.pop(name, None)
        in_step = target == seen or slot.same(target, seen)
        link.agreed.update(fields if in_step else dict.fromkeys(fields, DISAGREES))
    elif slot.flows_out and slot.writable:
        link.parted[name] = target
        link.agreed.update(fields)
        if not restored and not same and link.state == "live" and link.key not in r.away:
            why = "it holds a value of its own"
            r.lines.append(Line("parted", golden.id, link.app, link.id, name, seen, None, why))


def slot_state(slot: Slot, value: Value) -> str | None:
    """The consent in an app's value; None where it says nothing."""
    try:
        return state_of(slot, value)
    except BadValue:
        return None


def raises(now: str | None, back: str | None) -> bool:
    """Whether going back would give more consent. Nothing gives more than subscribed, not even unknown."""
    return rank(back) < rank(now) and now != "subscribed"


def _plain(value: Value | Mark) -> Value:
    return None if isinstance(value, Mark) else value
