"""Failures: what an app refused for good, or keeps changing back; the reason in words, and the cure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Literal

from conflicts.consent import rank
from connectors.contract import FieldSpec
from mappings.types.base import text_of
from syncer.model import FREEZE_AFTER, Golden, Link, LinkKey, Value
from syncer.ports import Ports
from syncer.report import PAUSED, Report
from syncer.store.database import Database
from syncer.store.history import History
from syncer.store.joins import Joins
from syncer.store.lease import hold
from syncer.store.ledger import Ledger
from syncer.store.records import Records
from syncer.sync import Sync
from syncer.usecases.in_the_way import InTheWay, in_the_way, what_to_do

Kind = Literal["refused", "create", "frozen"]


@dataclass(frozen=True, slots=True)
class Failure:
    """`kind`: a refused value, a refused create, or a field that was changed back again and again. `field` is
    the app's own, None for a create. `id` stays the same as long as the failure lasts."""

    id: str
    sync: str
    kind: Kind
    app: str
    record: str | None
    who: str
    field: str | None
    value: Value
    reason: str
    cure: str


def failures(sync: Sync, db: Database) -> list[Failure]:
    """All failures of a sync, by app and record."""
    records = Records(db, sync.name)
    with db.reading():
        links, goldens = records.failing_links(), records.failing_goldens()
        known = in_the_way(sync, records, links)
    found = [f for link in links for f in _of_link(sync, link, known)]
    found += [f for golden in goldens for f in _of_golden(sync, golden)]
    return sorted(found, key=lambda f: (f.app, f.record or "", f.field or "", f.who))


def _of_link(sync: Sync, link: Link, known: InTheWay) -> Iterator[Failure]:
    fields = sync.apps[link.app].spec.fields if link.app in sync.apps else {}
    for name, refusal in link.refused.items():
        place = link.app, link.id, name
        cure = what_to_do(place, known) if place in known else _cure(fields.get(name), link, name)
        said = (link.app, link.id, link.golden, name, refusal.value, refusal.reason, cure)
        yield Failure(_id(sync, link.app, link.id, name), sync.name, "refused", *said)
    for name, (value, times) in link.rewrites.items():
        if times > FREEZE_AFTER:
            reason = f"it was written {FREEZE_AFTER} times, and changed back each time"
            said = (link.app, link.id, link.golden, name, value, reason, _thaw(link.app, name))
            yield Failure(_id(sync, link.app, link.id, name), sync.name, "frozen", *said)


def _of_golden(sync: Sync, golden: Golden) -> Iterator[Failure]:
    for app, refusal in golden.refused.items():
        cure = (
            "Correct the values in an app that has the record: the next run tries again. Or make the record"
            f" in {app} by hand with the same address: it is recognised and linked."
        )
        id = _id(sync, app, golden.id, "")
        said = (app, None, golden.id, None, refusal.value, refusal.reason, cure)
        yield Failure(id, sync.name, "create", *said)


def _id(sync: Sync, *parts: str) -> str:
    return "f" + blake2b("\x1f".join((sync.name, *parts)).encode(), digest_size=4).hexdigest()


def _cure(spec: FieldSpec | None, link: Link, field: str) -> str:
    """What to do about a refused value, by what the app says of the field."""
    app = link.app
    if spec is None:
        return (
            f"{app} does not list the field {field} any more: make it there, or take it out of the mapping."
        )
    if spec.writable != "yes":
        return f"{app} lets no program change {field}: change it by hand, or map it with direction: from."
    if spec.kind == "consent":
        return cure_of_consent(spec, app, link.seen.get(field), link.refused[field].value)
    if spec.options:
        allowed = ", ".join(spec.options[:8]) + (", ..." if len(spec.options) > 8 else "")
        return (
            f"{app} allows only: {allowed}. Add an option there, or translate under values: in the mapping."
        )
    if spec.max_length is not None:
        return f"{app} keeps at most {spec.max_length} characters in {field}: shorten the value in any app."
    return f"Correct the value in any app, or change how {field} is mapped: then it is sent by itself."


def cure_of_consent(spec: FieldSpec, app: str, seen: Value, wanted: Value) -> str:
    """An opt-in is the person's own affair. What is stricter than the app shows has to get there."""
    here, there = (spec.consent.get(text_of(value) or "") for value in (wanted, seen))
    if rank(here) > rank(there):
        shown = there or text_of(seen) or "no answer"
        return (
            f"{app} still shows {shown}, which allows more than {here}. Mend what the reason tells, or"
            " change it there by hand."
        )
    return f"In {app} only the person can lift this. It is as it should be; nothing is to be done."


def _thaw(app: str, field: str) -> str:
    return (
        f"Something in {app} sets {field} again: a workflow, or another sync. Switch that off, or let the"
        " mapping only read the field there (direction: from); then retry."
    )


def retry(sync: Sync, db: Database, ports: Ports, again: Sequence[Failure]) -> list[LinkKey]:
    """Forget these failures, so that the next run sends the values again. Returns records by which their
    golden records can be chosen. Raises `Busy`."""
    records = Records(db, sync.name)
    wanted = {f.id for f in again}
    with hold(db, sync.name, ports.holder, ports.now, ports.alive), db.transaction():
        whose = _whose(records, again)
        units = records.units(sorted({*whose.values()}))
        for unit in units.values():
            for link in unit.links:
                for name in {*link.refused, *link.rewrites}:
                    if _id(sync, link.app, link.id, name) in wanted:
                        link.refused.pop(name, None)
                        link.rewrites.pop(name, None)
            for app in [a for a in unit.golden.refused if _id(sync, a, unit.golden.id, "") in wanted]:
                del unit.golden.refused[app]
        records.save_links((k for u in units.values() for k in u.links), sync.slot_names())
        records.save_goldens((u.golden, True) for u in units.values())
    return _one_each(units[who].links for who in whose.values() if who in units)


def _whose(records: Records, again: Sequence[Failure]) -> dict[str, str]:
    """The golden record that each failure (by id) belongs to by now: others may have linked or unlinked it
    since it was listed. Call inside a transaction or a reading."""
    linked = records.goldens_of((f.app, f.record) for f in again if f.record is not None)
    into = Joins(records.db, records.space).survivors(f.who for f in again)
    return {f.id: linked.get((f.app, f.record or ""), into[f.who]) for f in again}


def waiting(sync: Sync, db: Database, again: Sequence[Failure], ran: Report) -> dict[str, str]:
    """Those of these failures whose value this run did not send, so that it is still due: id -> why ("": not
    known)."""
    with db.reading():
        sent = {(w["app"], w["who"]) for w in History(db).writes(ran.run) if w["outcome"] == "applied"}
        whose = _whose(Records(db, sync.name), again)
        units = Records(db, sync.name).units(sorted({*whose.values()}))
        ledger = Ledger(db, sync.name)
        why = {app: PAUSED if ledger.reader(app)["paused"] else row.error for app, row in ran.apps.items()}
    due = {id for id, unit in units.items() if unit.due}
    waits = [f for f in again if whose[f.id] in due and (f.app, whose[f.id]) not in sent]
    return {f.id: why.get(f.app, "") for f in waits}


def _one_each(links: Iterable[Sequence[Link]]) -> list[LinkKey]:
    return list(dict.fromkeys(some[0].key for some in links if some))
