"""Take an app's answer to a write into the shadows. Pure.

Only fields that were sent move `seen`; anything else in the answer is an ordinary observation. Without a
usable answer the write is unconfirmed, and the next observation of the record tells.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from conflicts.consent import rank
from connectors.contract import Result
from mappings.model import BadValue, ObjectMapping, Slot
from syncer.core.forms import elements, shows_sent
from syncer.core.lens import state_of
from syncer.core.observe import note_rewrite
from syncer.model import (
    ABSENT,
    BLANK,
    DISAGREES,
    Golden,
    Item,
    Link,
    Mark,
    Observation,
    Pending,
    Refusal,
    State,
    Value,
    sent_form,
)


@dataclass(slots=True)
class Settled:
    """What one answer means.

    link      the link as it now stands (a new one after a create), or None
    golden    the golden record, where it has to remember a refused create, or that a deletion was refused
    again     what is left to send without the fields that the app refused
    extra     what the answer shows besides, as an observation
    in_flight the write may still have happened: it stays in the outbox
    finished  nothing more is due in this record, as far as the answer tells
    """

    link: Link | None = None
    golden: Golden | None = None
    again: Item | None = None
    extra: Observation | None = None
    in_flight: bool = False
    finished: bool = False


@dataclass(frozen=True, slots=True)
class Sent:
    """A write that was answered: what was sent, when, when the answer came, and under which mapping."""

    item: Item
    sent_at: datetime
    answered_at: datetime
    mapping: ObjectMapping


def settle(sent: Sent, result: Result, golden: Golden, link: Link | None) -> Settled:
    """The consequences of one result for one item. `link` is None for a create."""
    item = sent.item
    if result.outcome == "rejected" and (rest := _without(sent, result)) is not None:
        after = None if link is None else _write_into(link, sent, result, golden)
        return Settled(link=after, again=rest)
    if item.kind == "create" or link is None:
        return _settle_create(sent, result, golden)
    if item.kind == "archive":
        after = link.copy()
        if result.outcome == "applied":
            after.state, after.doomed = "gone", ""
        stays = None
        if result.outcome == "rejected":  # it stays, and is kept in step again: that is due now
            after.doomed, stays = "", replace(golden, deleted=False)
        extra = _extra(after, sent, result)
        return Settled(link=after, golden=stays, extra=extra, finished=result.outcome == "applied")
    after = _write_into(link, sent, result, golden)
    extra = _extra(after, sent, result)
    return Settled(link=after, extra=extra, finished=_is_finished(after, sent, result, golden))


def _is_finished(link: Link, sent: Sent, result: Result, golden: Golden) -> bool:
    """A write that the app called applied, but whose answer shows the old value, is still due; so is what a
    create had to leave out."""
    slots = sent.mapping.apps[link.app].slots
    names = link.seen if sent.item.kind == "create" else sent.item.slots
    return result.outcome == "rejected" or (
        result.outcome == "applied"
        and all(
            name in link.pending or link.agreed.get(f, DISAGREES) == golden.value[f]
            for name in names
            for f in (slots[name].fields if name in slots else ())
            if f in golden.value
        )
    )


def _settle_create(sent: Sent, result: Result, golden: Golden) -> Settled:
    item, mapping = sent.item, sent.mapping
    if result.outcome == "applied" and result.id is not None:
        link = _write_into(
            Link(item.app, result.id, golden.id, version=mapping.version), sent, result, golden
        )
        if result.record is not None:
            # A record that our create has just made holds nobody's edits: what else it shows are defaults.
            shown = {n: v for n, v in result.record.values.items() if n in mapping.apps[item.app].slots}
            link.seen = {**shown, **link.seen}
            link.observed_at = sent.answered_at
        _doubt_consent(link, sent)
        return Settled(link=link, finished=_is_finished(link, sent, result, golden))
    if result.outcome in ("unknown", "applied"):
        return Settled(in_flight=True)
    if result.outcome == "rejected" or (result.outcome == "existed" and result.id is None):
        golden = golden.copy()
        values = {name: after for name, (_, after) in item.slots.items()}
        golden.refused[item.app] = Refusal(sent_form(values), result.reason, mapping.version)
        return Settled(golden=golden, finished=True)
    return Settled()


def adopt(sent: Sent, record: str, golden: Golden) -> Link:
    """The link to a record that an unanswered create of ours has made: all that was sent is unconfirmed."""
    link = Link(sent.item.app, record, golden.id, version=sent.mapping.version)
    link = _write_into(link, sent, Result("", "unknown"), golden)
    for pending in link.pending.values():
        pending.parts = {}  # golden may have moved since: agreement is for the next comparison to note
    _doubt_consent(link, sent)
    return link


def join(sent: Sent, record: str, golden: Golden) -> Link:
    """The link to a record that holds the key of an unanswered create of ours, and that nobody links: it may
    be anybody's, or what became of that create."""
    link = Link(sent.item.app, record, golden.id)
    _doubt_consent(link, sent)
    return link


def _doubt_consent(link: Link, sent: Sent) -> None:
    """What a record that we have made shows of consent, we or its app gave it: it is nobody's opt-in."""
    slot = sent.mapping.consent_slot(link.app)
    if slot is not None and slot.name not in link.seen and slot.name not in link.pending:
        _, value = sent.item.slots.get(slot.name, (ABSENT, None))
        link.pending[slot.name] = Pending(ABSENT, value, {}, sent.sent_at)


def _write_into(link: Link, sent: Sent, result: Result, golden: Golden) -> Link:
    """The link after its slots were answered."""
    link = link.copy()
    shown = result.record.values if result.record is not None else {}
    for name, (before, value) in sent.item.slots.items():
        slot = sent.mapping.apps[link.app].slots.get(name)
        if slot is None:
            continue  # it left the mapping, or the app, while the write was on its way
        if result.outcome == "rejected" or name in result.fields:
            if not result.fields or name in result.fields:
                reason = result.fields.get(name) or result.reason
                link.refused[name] = Refusal(value, reason, sent.mapping.version_of(slot))
            continue
        if result.outcome not in ("applied", "unknown"):
            continue
        link.emptied -= {name}
        if result.outcome == "applied":
            _count_rewrite(link, slot, value)
        parts = {f: golden.value[f] for f in slot.fields if f in golden.value}
        if result.outcome == "applied" and name in shown and not _is_edit(sent, slot, shown[name]):
            _confirm(link, slot, before, value, shown[name], parts)
        else:
            link.pending[name] = Pending(before, value, parts, sent.sent_at, name in sent.item.raises)
    if result.record is not None and result.record.stamp is not None:
        link.stamp, link.ours = result.record.stamp, True
    return link


def _is_opt_out(sent: Sent, slot: Slot, value: Value, shown: Value) -> bool:
    """Whether the answer shows less consent than we sent: then it is for the next observation to say so."""
    if sent.mapping.consent not in slot.fields:
        return False
    return rank(state_of(slot, shown)) > rank(state_of(slot, value))


def _is_edit(sent: Sent, slot: Slot, shown: Value) -> bool:
    """Whether the answer shows in a slot what the app cannot have made of what we sent: an opt-out that goes
    further, or in a set what somebody gave since we read it. It is for the next observation to say so."""
    before, value = sent.item.slots[slot.name]
    return _is_opt_out(sent, slot, value, shown) or _was_given(sent, slot, before, value, shown)


def _was_given(sent: Sent, slot: Slot, before: Value | Mark, value: Value, shown: Value) -> bool:
    """Whether a set holds what it neither held before nor was sent. Where it lacks something that we gave it,
    that may be the app's own form of it."""
    if isinstance(before, Mark) or not sent.mapping.fields[slot.fields[0]].type.is_set:
        return False
    try:
        parts = [slot.split(v, {}).get(slot.fields[0]) for v in (before, value, shown)]
    except BadValue:
        return False
    had, got, has = (set(elements(part)) for part in parts)
    return got - had <= has and not has <= had | got


def _confirm(
    link: Link, slot: Slot, before: Value | Mark, sent: Value, shown: Value, parts: Mapping[str, Value]
) -> None:
    """The answer shows the field: it is what the app made of our value, unless nothing was done at all."""
    was = None if isinstance(before, Mark) else before
    if not shows_sent(slot, shown, sent) and slot.same(shown, was):
        note_rewrite(link, slot, sent)
        return
    link.seen[slot.name] = shown
    link.agreed.update(parts)
    link.pending.pop(slot.name, None)
    link.refused.pop(slot.name, None)


def _count_rewrite(link: Link, slot: Slot, sent: Value) -> None:
    """Count a write over a value that came back, so that an endless exchange of two values is noticed. An
    ordinary write is not counted."""
    value, times = link.rewrites.get(slot.name, (None, 0))
    again = times > 0 and slot.same(value, sent)
    if again or any(link.agreed.get(f) is DISAGREES for f in slot.fields):
        link.rewrites[slot.name] = (sent, times + 1 if again else 1)


def _extra(link: Link, sent: Sent, result: Result) -> Observation | None:
    """Fields in the answer that were not sent and are not what we knew. Blanks are left to the next reading,
    which asks whether the app has lost the field, or what it pointed to, before it believes them."""
    if result.record is None or result.outcome != "applied":
        return None
    slots = sent.mapping.apps[link.app].slots
    news = {
        name: value
        for name, value in result.record.values.items()
        if name in slots
        and (name not in link.seen or not slots[name].same(value, link.seen[name]))
        and (
            _is_edit(sent, slots[name], value)
            if name in sent.item.slots
            else name not in link.pending and value not in BLANK
        )
    }
    if not news:
        return None
    state: State = "archived" if sent.item.kind == "archive" else "found"
    return Observation(
        link.app, link.id, news, sent.answered_at, result.record.stamp, result.record.stamps, state
    )


def _without(sent: Sent, result: Result) -> Item | None:
    """The item without the fields that were refused; None where the app named none, or nothing is left. A
    record is never created without its consent: it might pass for subscribed."""
    item, slots = sent.item, sent.mapping.apps[sent.item.app].slots
    rest = {name: change for name, change in item.slots.items() if name not in result.fields}
    if not result.fields or not rest or len(rest) == len(item.slots):
        return None
    left_out = [f for name in result.fields if name in slots for f in slots[name].fields]
    if item.kind == "create" and sent.mapping.consent in left_out:
        return None
    return Item(item.kind, item.app, item.golden, item.record, rest, item.raises)
