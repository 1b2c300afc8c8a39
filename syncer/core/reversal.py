"""The way back from one run, for one golden record. Pure.

What the run wrote is put back where the app still holds it; golden goes back to what it was; what the run
created is to be archived. An app that holds another value is left alone and parted (`Link.parted`); what a
person changed since is left alone and told. Consent is never raised. What is put back is not sent from here:
the state says what each app is to hold, and `syncer.core.plan` plans it as any other write.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from conflicts.consent import rank
from mappings.model import BadValue, Slot
from syncer.core.consent import read_consent, state_of
from syncer.core.lens import Lens, Unresolved
from syncer.core.observe import outcome_of, read
from syncer.model import (
    ABSENT,
    DISAGREES,
    Link,
    LinkKey,
    Mark,
    Observation,
    Provenance,
    Unit,
    Value,
)

Act = Literal["restore", "archive", "create", "golden", "parted", "left"]


@dataclass(frozen=True, slots=True)
class Written:
    """One write of a run, as the history keeps it; `slots`: slot -> (before, after)."""

    run: str
    app: str
    record: str | None
    kind: Literal["create", "update", "archive"]
    outcome: str
    slots: Mapping[str, tuple[Value | Mark, Value]]


@dataclass(frozen=True, slots=True)
class Deed:
    """What a run did to one golden record: golden fields (before, after, former source), and its writes.
    `later`: all writes to this golden record in any run, oldest first; `founded`: the run made it."""

    run: str
    golden: Mapping[str, tuple[Value | Mark, Value, Provenance | None]]
    writes: Sequence[Written]
    later: Sequence[Written]
    founded: bool = False


@dataclass(frozen=True, slots=True)
class Rules:
    """What an undo may do.

    run         the undo's own id; only: a golden field, or None for all
    archives    app -> how archiving ends there; irreversible: archive even where nothing comes back
    unreadable  app -> why it could not be looked at
    used        record -> what hangs on it, in words
    """

    run: str
    only: str | None = None
    irreversible: bool = False
    archives: Mapping[str, str] = field(default_factory=dict)
    unreadable: Mapping[str, str] = field(default_factory=dict)
    used: Mapping[LinkKey, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that is done, or left alone and why. `field` is the app's own, for `golden` the mapping's."""

    act: Act
    who: str
    app: str | None
    record: str | None
    field: str | None = None
    now: Value = None
    back: Value = None
    why: str = ""


@dataclass(slots=True)
class Reversal:
    """The golden record as it is to be, with its links, and what there is to tell.

    dropped    links that make room for a new record; creates: apps in which one is made again
    looked_at  records that had an observation; waiting: what of it is still to be merged
    touched    (record, slot) to be put back, (record, None) to be archived
    changed    golden field -> (before, after) of this undo; was: where the value before had come from
    news       (record, slot) that a person changed since; moved: records that somebody touched since
    """

    unit: Unit
    lines: list[Line] = field(default_factory=list)
    dropped: list[LinkKey] = field(default_factory=list)
    looked_at: list[LinkKey] = field(default_factory=list)
    waiting: list[Observation] = field(default_factory=list)
    touched: set[tuple[LinkKey, str | None]] = field(default_factory=set)
    creates: set[str] = field(default_factory=set)
    changed: dict[str, tuple[Value | Mark, Value]] = field(default_factory=dict)
    was: dict[str, Provenance] = field(default_factory=dict)
    news: set[tuple[LinkKey, str]] = field(default_factory=set)
    moved: set[LinkKey] = field(default_factory=set)


def reverse(unit: Unit, deed: Deed, rules: Rules, lens: Lens) -> Reversal:
    """The state after undoing a deed, and what there is to tell about it. `unit` is not changed."""
    links = [link.copy() for link in unit.links]
    r = Reversal(Unit(unit.golden.copy(), links))
    _look(r, unit, lens)
    by_key = {link.key: link for link in links}
    targets: dict[tuple[LinkKey, str], Value] = {}
    for (key, name), (before, after) in _sent(deed).items():
        target = _target(r, by_key.get(key), key, name, before, after, rules, lens)
        if not isinstance(target, Mark):
            targets[key, name] = target
    _golden_back(r, deed, rules, lens)
    _part(r, targets, lens)
    if rules.only is None:
        _remove_created(r, by_key, deed, rules, lens)
        _make_again(r, deed)
    return r


# -- what there is now ------------------------------------------------------------------------------------


def _look(r: Reversal, unit: Unit, lens: Lens) -> None:
    """Take in what the apps show, as far as it is no news; what is stays to be merged by the next run."""
    golden = r.unit.golden
    for link in r.unit.links:
        obs = unit.observations.get(link.key)
        if obs is None:
            continue
        r.looked_at.append(link.key)
        if obs.state != "found":
            r.waiting.append(obs)
            r.moved.add(link.key)
            continue
        slots = lens.mapping.apps[link.app].slots
        news = {n: v for n, v in obs.values.items() if n in slots and _is_news(link, slots[n], v, obs)}
        if _has_moved(link, obs):
            r.moved.add(link.key)
        r.news |= {(link.key, name) for name in news}
        known = {n: v for n, v in obs.values.items() if n not in news}
        before = link.stamp, link.ours, link.observed_at
        calm = replace(obs, values=known, consent=())
        read([(link, calm)], golden, lens)
        read_consent([(link, calm)], lens)
        if news or link.key in r.moved:
            link.stamp, link.ours, link.observed_at = before
        if news:
            r.waiting.append(replace(obs, values=news))


def _has_moved(link: Link, obs: Observation) -> bool:
    """Whether somebody touched the record, perhaps in fields that are not mapped: its stamp is later than our
    last write, and than our last look (one write of ours may move it more than once)."""
    if link.pending or link.stamp is None or obs.stamp is None:
        return False
    return obs.stamp > max(link.stamp, link.observed_at or link.stamp)


def _is_news(link: Link, slot: Slot, value: Value, obs: Observation) -> bool:
    """Whether a person changed this since we last knew it: to be merged, and never taken for ours."""
    pending = link.pending.get(slot.name)
    if pending is not None:
        return obs.read_at <= pending.sent_at or outcome_of(slot, value, pending) == "edit"
    if slot.name not in link.seen:
        return value != slot.default and _says_something(slot, value)
    return not slot.same(value, link.seen[slot.name])


def _says_something(slot: Slot, value: Value) -> bool:
    """Whether a value that we never knew holds anything of what is mapped."""
    try:
        return any(part not in (None, "", []) for part in slot.split(value, {}).values())
    except BadValue:
        return True


def _sent(deed: Deed) -> dict[tuple[LinkKey, str], tuple[Value | Mark, Value]]:
    """What the run wrote into existing records: before its first write, after its last."""
    sent: dict[tuple[LinkKey, str], tuple[Value | Mark, Value]] = {}
    for write in deed.writes:
        if write.kind == "update" and write.record and write.outcome in ("applied", "unknown"):
            for name, (before, after) in write.slots.items():
                key = (write.app, write.record), name
                sent[key] = (sent[key][0] if key in sent else before, after)
    return sent


# -- fields -----------------------------------------------------------------------------------------------


def _target(
    r: Reversal,
    link: Link | None,
    key: LinkKey,
    name: str,
    before: Value | Mark,
    after: Value,
    rules: Rules,
    lens: Lens,
) -> Value | Mark:
    """What a slot is to hold again; ABSENT where it is left alone (told), or is there already."""
    slot = lens.mapping.apps[key[0]].slots.get(name) if key[0] in lens.mapping.apps else None
    if slot is not None and rules.only is not None and rules.only not in slot.fields:
        return ABSENT
    now = link.seen.get(name) if link is not None else None
    why = _why_left(r, link, key, slot, name, rules)
    if why or link is None or slot is None or isinstance(before, Mark):
        r.lines.append(Line("left", r.unit.golden.id, *key, name, now, _plain(before), why))
        return ABSENT
    back = _before(slot, before, now, rules, lens)
    if slot.same(now, back):
        return ABSENT if now == back else back
    if not (slot.same(now, after) or slot.same(now, slot.coerced(after))):
        why = "it holds another value than this run wrote"
    elif lens.mapping.consent in slot.fields and _raises(_state(slot, now), _state(slot, back)):
        why = "consent is never raised by an undo"
    if why:
        r.lines.append(Line("left", r.unit.golden.id, *key, name, now, back, why))
        return ABSENT
    r.lines.append(Line("restore", r.unit.golden.id, *key, name, now, back))
    r.touched.add((key, name))
    return back


def _why_left(
    r: Reversal, link: Link | None, key: LinkKey, slot: Slot | None, name: str, rules: Rules
) -> str:
    """Why nothing can be put back here, whatever the values are."""
    if slot is None:
        return "the mapping has no such field any more"
    if key[0] in rules.unreadable:
        return rules.unreadable[key[0]]
    if link is None or link.state == "gone":
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
        if not fields[name].type.same(now, after):
            why = "it was changed since"
        elif name in golden.held:
            why = "a conflict about it is held"
        elif name == lens.mapping.consent and _raises(_text(now), _text(before)):
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


def _part(r: Reversal, targets: Mapping[tuple[LinkKey, str], Value], lens: Lens) -> None:
    """Say for every record what it is to hold: golden, or a value of its own that is left in peace."""
    for link in r.unit.links:
        for slot in lens.mapping.apps[link.app].slots.values() if link.state == "live" else ():
            key = link.key, slot.name
            if slot.name not in link.seen or slot.name in link.pending:
                continue
            if key in targets or not r.changed.keys().isdisjoint(slot.fields):
                _settle(r, link, slot, targets.get(key), key in targets, lens)


def _settle(r: Reversal, link: Link, slot: Slot, back: Value, restored: bool, lens: Lens) -> None:
    golden, name = r.unit.golden, slot.name
    seen = link.seen[name]
    target = back if restored else seen
    fields = {f: golden.value[f] for f in slot.fields if f in golden.value}
    try:
        wanted: Value | Mark = lens.project(slot, golden.value, target)
    except Unresolved:
        wanted = ABSENT
    link.rewrites.pop(name, None)
    same = not isinstance(wanted, Mark) and (wanted == target or slot.same(wanted, target))
    if same and (target in (wanted, seen) or not restored):
        link.parted.pop(name, None)
        in_step = target == seen or slot.same(target, seen)
        link.agreed.update(fields if in_step else dict.fromkeys(fields, DISAGREES))
    elif slot.flows_out and slot.writable:
        link.parted[name] = target
        link.agreed.update(fields)
        if not restored and not same:
            why = "it holds a value of its own"
            r.lines.append(Line("parted", golden.id, link.app, link.id, name, seen, None, why))


# -- records ----------------------------------------------------------------------------------------------


def _remove_created(r: Reversal, links: Mapping[LinkKey, Link], deed: Deed, rules: Rules, lens: Lens) -> None:
    """What the run created is to be archived, unless somebody has used it since."""
    golden = r.unit.golden
    for write in deed.writes:
        if write.kind != "create" or write.record is None or write.outcome != "applied":
            continue
        link = links.get((write.app, write.record))
        if link is None or link.state == "gone":
            continue
        why = _why_kept(r, link, deed, rules, lens)
        r.lines.append(Line("left" if why else "archive", golden.id, link.app, link.id, why=why))
        if not why:
            link.doomed = rules.run
            link.parted.clear()
            golden.barred[link.app] = f"undone in run {rules.run}"
            r.touched.add((link.key, None))


def _why_kept(r: Reversal, link: Link, deed: Deed, rules: Rules, lens: Lens) -> str:
    ends = rules.archives.get(link.app, "none")
    sources = r.unit.golden.provenance.values()
    if link.app in rules.unreadable:
        return rules.unreadable[link.app]
    if any(key == link.key for key, _ in r.news) or link.key in r.moved:
        return "somebody has changed the record since it was created"
    if any((p.app, p.record) == link.key and p.rule != "undo" for p in sources) or _differs(link, deed, lens):
        return "somebody has edited the record since it was created"
    if link.key in rules.used:
        return f"it has {rules.used[link.key]}"
    if link.pending:
        return "the app has not shown yet whether it took what was sent"
    if ends == "none":
        return "the app cannot archive records: remove it there by hand"
    if ends == "final" and not rules.irreversible:
        return "the app cannot bring an archived record back: --irreversible archives it all the same"
    return ""


def _differs(link: Link, deed: Deed, lens: Lens) -> bool:
    """Whether the record holds something else than we last wrote into it."""
    slots, ours = lens.mapping.apps[link.app].slots, dict[str, Value]()
    for write in deed.later:
        if (write.app, write.record) == link.key and write.outcome in ("applied", "unknown"):
            ours.update({name: after for name, (_, after) in write.slots.items() if name in slots})
    return any(
        name in link.seen
        and not slots[name].same(link.seen[name], after)
        and not slots[name].same(link.seen[name], slots[name].coerced(after))
        for name, after in ours.items()
    )


def _make_again(r: Reversal, deed: Deed) -> None:
    """What the run archived is made again: an archived record itself does not come back by an API."""
    for write in _archived(deed):
        links = {link.key: link for link in r.unit.links}
        link = links.get((write.app, write.record or ""))
        if link is not None and link.state == "gone":
            r.unit.links.remove(link)
            r.dropped.append(link.key)
            r.unit.golden.barred.pop(link.app, None)
            r.creates.add(link.app)


def _archived(deed: Deed) -> Iterator[Written]:
    return (w for w in deed.writes if w.kind == "archive" and w.outcome == "applied")


def _state(slot: Slot, value: Value) -> str | None:
    try:
        return state_of(slot, value)
    except BadValue:
        return None


def _raises(now: str | None, back: str | None) -> bool:
    """Whether going back would give more consent. Nothing gives more than subscribed, not even unknown."""
    return rank(back) < rank(now) and now != "subscribed"


def _text(value: Value) -> str | None:
    return value if isinstance(value, str) else None


def _plain(value: Value | Mark) -> Value:
    return None if isinstance(value, Mark) else value
