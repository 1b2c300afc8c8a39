"""Between the model and the JSON text in the tables: short keys, nothing lost.

DISAGREES and ABSENT never meet JSON: disagreeing fields are listed by name, an absent `before` is left out.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from hashlib import blake2b
from typing import Any

import orjson

from conflicts.candidate import Candidate
from syncer.model import (
    ABSENT,
    DISAGREES,
    Golden,
    Item,
    Link,
    Mark,
    Observation,
    Pending,
    Provenance,
    Refusal,
    Value,
)

_OPTIONS = orjson.OPT_UTC_Z


def dumps(value: Any) -> str:
    """JSON text; datetimes as ISO 8601 in UTC."""
    return orjson.dumps(value, option=_OPTIONS).decode()


def loads(text: str) -> Any:
    return orjson.loads(text)


def when(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def iso(time: datetime) -> str:
    """Sortable text of fixed width."""
    return f"{time.isoformat(timespec='microseconds')[:26]}Z"


def quiet_hash(values: Mapping[str, Value], slots: tuple[str, ...]) -> str | None:
    """What an observation must hash to in order to be no news; None where a slot is unknown. With the names:
    where the mapping puts one slot in place of another, the same values are news."""
    try:
        shown = [values[name] for name in slots]
    except KeyError:
        return None
    return blake2b(orjson.dumps([slots, shown]), digest_size=12).hexdigest()


def link_body(link: Link) -> str:
    agreed = link.agreed
    disagrees = [name for name, value in agreed.items() if value is DISAGREES]
    if disagrees:
        agreed = {name: value for name, value in agreed.items() if value is not DISAGREES}
    body: dict[str, Any] = {"s": link.seen, "a": agreed, "t": link.observed_at, "m": link.stamp}
    if disagrees:
        body["d"] = disagrees
    if link.ours:
        body["o"] = True
    if link.pending:
        body["p"] = {name: _pending(p) for name, p in link.pending.items()}
    if link.refused:
        body["r"] = {name: [r.value, r.reason, r.version] for name, r in link.refused.items()}
    if link.rewrites:
        body["w"] = link.rewrites
    if link.parted:
        body["x"] = link.parted
    if link.doomed:
        body["z"] = link.doomed
    if link.touched:
        body["e"] = True
    if link.anew:
        body["n"] = sorted(link.anew)
    if link.undone:
        body["u"] = link.undone
    if link.emptied:
        body["k"] = sorted(link.emptied)
    return dumps(body)


def _pending(p: Pending) -> dict[str, Any]:
    body: dict[str, Any] = {"s": p.sent, "g": p.parts, "t": p.sent_at}
    if not isinstance(p.before, Mark):
        body["b"] = p.before
    if p.raises:
        body["r"] = True
    return body


def link(app: str, id: str, golden: str, state: Any, primary: bool, version: str, text: str) -> Link:
    body = loads(text)
    agreed: dict[str, Any] = body["a"]
    for name in body.get("d", ()):
        agreed[name] = DISAGREES
    pending = {
        name: Pending(p.get("b", ABSENT), p["s"], p["g"], datetime.fromisoformat(p["t"]), p.get("r", False))
        for name, p in body.get("p", {}).items()
    }
    return Link(
        app,
        id,
        golden,
        state,
        primary,
        body["s"],
        agreed,
        pending,
        {name: Refusal(*r) for name, r in body.get("r", {}).items()},
        {name: (w[0], w[1]) for name, w in body.get("w", {}).items()},
        when(body["t"]),
        when(body["m"]),
        body.get("o", False),
        version,
        body.get("x", {}),
        body.get("z", ""),
        body.get("e", False),
        frozenset(body.get("n", ())),
        body.get("u", {}),
        frozenset(body.get("k", ())),
    )


def candidate_body(c: Candidate) -> list[Any]:
    return [c.value, c.app, c.record, c.time, c.kind, c.time_kind]


def candidate(body: list[Any]) -> Candidate:
    return Candidate(body[0], body[1], body[2], datetime.fromisoformat(body[3]), body[4], body[5])


def golden_body(golden: Golden) -> str:
    body: dict[str, Any] = {
        "v": golden.value,
        "p": {f: [p.app, p.record, p.time, p.rule, p.run] for f, p in golden.provenance.items()},
    }
    if golden.held:
        body["h"] = {f: [candidate_body(c) for c in cs] for f, cs in golden.held.items()}
    if golden.barred:
        body["b"] = golden.barred
    if golden.refused:
        body["r"] = {app: [r.value, r.reason, r.version] for app, r in golden.refused.items()}
    if golden.deleted:
        body["d"] = True
    if golden.revived:
        body["l"] = True
    return dumps(body)


def golden(id: str, text: str) -> Golden:
    body = loads(text)
    return Golden(
        id,
        body["v"],
        {f: _provenance(p) for f, p in body["p"].items()},
        {f: [candidate(c) for c in cs] for f, cs in body.get("h", {}).items()},
        body.get("b", {}),
        {app: Refusal(*r) for app, r in body.get("r", {}).items()},
        body.get("d", False),
        body.get("l", False),
    )


Change = tuple[Value | Mark, Value, Provenance | None]  # before (ABSENT: never set), after, former source


def journal_body(
    changed: Mapping[str, tuple[Value | Mark, Value]],
    sources: Mapping[str, Provenance],
    was: Mapping[str, Provenance],
) -> dict[str, Any]:
    """What changed in a golden record: `changed` (field -> [before, after, app, record, time, rule], as the
    new value came), `was` (the former source), `new` (fields that were never set before)."""
    body: dict[str, Any] = {"changed": {}}
    for name, (before, after) in changed.items():
        p = sources.get(name)
        origin = [p.app, p.record, p.time, p.rule] if p else []
        body["changed"][name] = [None if isinstance(before, Mark) else before, after, *origin]
    if was:
        body["was"] = {f: [p.app, p.record, p.time, p.rule, p.run] for f, p in was.items()}
    if new := [name for name, (before, _) in changed.items() if isinstance(before, Mark)]:
        body["new"] = new
    return body


def joined_journal(first: Mapping[str, Any], then: Mapping[str, Any]) -> dict[str, Any]:
    """Two journal bodies of one golden record in one run: from before the first to after the second."""
    changed = dict(first["changed"])
    for name, (before, *rest) in then["changed"].items():
        changed[name] = [changed[name][0] if name in changed else before, *rest]
    new = {*first.get("new", ()), *(n for n in then.get("new", ()) if n not in first["changed"])}
    return {"changed": changed, "was": {**then.get("was", {}), **first.get("was", {})}, "new": sorted(new)}


def journal_under(body: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    """A journal body with fields under other names: field -> its former one. Where a run let the former one
    go and learned the present one, it is one change."""
    changed, was, new = dict(body["changed"]), dict(body.get("was", {})), set(body.get("new", ()))
    for now, former in names.items():
        if former not in changed:
            continue
        before, *rest = changed.pop(former)
        learned = changed.get(now, (None, None))
        changed[now] = [before, *(rest if learned[1] is None else learned[1:])]
        if former in was:
            was[now] = was.pop(former)
        new = {*new - {former, now}, *({now} if former in new else ())}
    return {"changed": changed, "was": was, "new": sorted(new)}


def changes(body: Mapping[str, Any]) -> dict[str, Change]:
    """The changes in a journal body."""
    new, was = body.get("new", ()), body.get("was", {})
    return {
        name: (ABSENT if name in new else said[0], said[1], _provenance(was[name]) if name in was else None)
        for name, said in body["changed"].items()
    }


def _provenance(p: list[Any]) -> Provenance:
    return Provenance(p[0], p[1], datetime.fromisoformat(p[2]), p[3], p[4])


def observation_body(obs: Observation) -> str:
    body: dict[str, Any] = {"v": obs.values, "t": obs.read_at}
    if obs.stamp is not None:
        body["m"] = obs.stamp
    if obs.stamps:
        body["f"] = dict(obs.stamps)
    if obs.consent:
        body["c"] = obs.consent
    if obs.keys:
        body["k"] = obs.keys
    if obs.into:
        body["i"] = obs.into
    return dumps(body)


def observation(app: str, id: str, state: Any, text: str) -> Observation:
    body = loads(text)
    return Observation(
        app,
        id,
        body["v"],
        datetime.fromisoformat(body["t"]),
        when(body.get("m")),
        {name: datetime.fromisoformat(t) for name, t in body.get("f", {}).items()},
        state,
        tuple(body.get("c", ())),
        {name: tuple(values) for name, values in body.get("k", {}).items()},
        body.get("i", ""),
    )


def item_body(item: Item) -> dict[str, Any]:
    """An item as JSON: slots as [before, after], or [after] in a create."""
    body: dict[str, Any] = {
        "kind": item.kind,
        "app": item.app,
        "golden": item.golden,
        "record": item.record,
        "slots": slots_body(item),
        "raises": list(item.raises),
    }
    if item.again:
        body["again"] = True
    return body


def slots_body(item: Item) -> dict[str, list[Value]]:
    """The slots of an item alone."""
    return {n: [a] if isinstance(b, Mark) else [b, a] for n, (b, a) in item.slots.items()}


def item(body: Mapping[str, Any]) -> Item:
    slots = {n: (ABSENT, v[0]) if len(v) == 1 else (v[0], v[1]) for n, v in body["slots"].items()}
    raises, again = tuple(body.get("raises", ())), body.get("again", False)
    return Item(body["kind"], body["app"], body["golden"], body["record"], slots, raises, again=again)
