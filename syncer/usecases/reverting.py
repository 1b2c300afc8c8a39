"""What `undo`, `link` and `unlink` share: ask the apps about the records at stake, keep what was decided, and
have the ordinary plan find what is to be sent."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

from connectors.contract import AppError, Attaching, Fetched
from syncer.core.deeds import Line, Reversal, Written
from syncer.core.lens import Lens
from syncer.core.plan import Planning, plan
from syncer.core.standing import standing
from syncer.deciding import refs
from syncer.deciding.abilities import abilities_of, creating_in, waiting_for_review
from syncer.deciding.owners import owners_of
from syncer.engine import Engine, Run
from syncer.model import Item, LinkKey
from syncer.ports import Ports, Task
from syncer.reading.intake import Intake
from syncer.reading.looking import look_at
from syncer.store import codec
from syncer.store.database import chunks
from syncer.store.joins import Joins
from syncer.store.keys import by_app
from syncer.store.shadows import note_decided
from syncer.store.stories import Stories
from syncer.sync import App

NO_PART = "the app is not part of the sync"
ALIKE = "a record there may be the same person: decide that first (syncer review)"


@dataclass(slots=True)
class Sending:
    """What is to be told and sent. `unsent`: golden ids with writes that have nothing to do with it."""

    lines: list[Line] = field(default_factory=list)
    items: list[Item] = field(default_factory=list)
    unsent: list[str] = field(default_factory=list)


def paused(app: str) -> str:
    return f"the app is paused: syncer resume {app}"


def ask(engine: Engine, run: Run, ports: Ports, keys: Iterable[LinkKey]) -> dict[str, str]:
    """Settle what is in flight, and ask for these records. Returns the apps that cannot be asked, and why."""
    engine.recover(run)
    return ask_settled(engine, run, ports, keys)


def ask_settled(engine: Engine, run: Run, ports: Ports, keys: Iterable[LinkKey]) -> dict[str, str]:
    """The same, where nothing is in flight any more."""
    run.readable = engine.unpaused()
    ids = by_app(dict.fromkeys(keys))
    unreadable = {
        app: paused(app) if app in engine.sync.apps else NO_PART for app in ids if app not in run.readable
    }
    tasks = {
        app: _asking(engine.intakes[app], wanted, ports) for app, wanted in ids.items() if app in run.readable
    }
    errors: dict[str, str] = ports.workers.drive(tasks)
    unreadable |= {app: f"the app could not be asked: {e}" for app, e in errors.items() if e}
    run.readable -= unreadable.keys()
    return unreadable


def attached(engine: Engine, ports: Ports, keys: Iterable[LinkKey]) -> dict[LinkKey, str]:
    """What hangs on these records, in words, in apps whose connector can tell."""
    ids = by_app(keys)
    tasks = {app: _attached(engine.sync.apps[app], wanted) for app, wanted in sorted(ids.items())}
    found: dict[str, Mapping[str, str]] = ports.workers.drive(tasks)
    return {(app, id): what for app, told in found.items() for id, what in told.items()}


def _attached(app: App, ids: Sequence[str]) -> Task[Mapping[str, str]]:
    connector = app.connector
    if not isinstance(connector, Attaching):
        return {}
    try:
        found: Mapping[str, str] = yield partial(connector.attached, app.object, ids)
    except AppError as error:
        found = dict.fromkeys(ids, f"perhaps something that could not be asked for: {error}")
    return found


def merged_since(engine: Engine, ports: Ports, keys: Iterable[LinkKey]) -> dict[LinkKey, str]:
    """Of these records those that their app merged into others: the id that lives on, which is asked for."""
    tasks = {app: _merged(engine.intakes[app], ids, ports) for app, ids in by_app(keys).items()}
    found: dict[str, Mapping[str, str]] = ports.workers.drive(tasks)
    return {(app, id): into for app, told in found.items() for id, into in told.items()}


def _merged(intake: Intake, ids: Sequence[str], ports: Ports) -> Task[Mapping[str, str]]:
    fields, into, asked = intake.sync.fields(intake.app.name), dict[str, str](), list(ids)
    try:
        while asked:  # merges may chain
            answers: list[Fetched] = []
            for some in chunks(asked, intake.app.spec.fetch_batch):
                answers += yield partial(intake.app.connector.fetch, intake.app.object, some, fields)
            into |= {a.id: a.into for a in answers if a.state == "merged" and a.into}
            asked = sorted(set(into.values()) - into.keys() - {a.id for a in answers})
        ends = {id: _end(id, into) for id in ids if id in into}
        yield from look_at(intake, sorted(set(ends.values())), ports.now)
    except AppError:
        return {}
    return ends


def _end(id: str, into: Mapping[str, str]) -> str:
    for _ in into:
        id = into.get(id, id)
    return id


def writes_to(engine: Engine, goldens: Iterable[str]) -> dict[str, list[Written]]:
    """What was ever written to golden records, and to those that became part of them, oldest first. Call
    inside a transaction."""
    db, space = engine.db, engine.sync.name
    former = {id: id for id in goldens}
    found: dict[str, list[Written]] = {id: [] for id in former}
    into = Joins(db, space).followed()
    former |= {gone: id for gone, id in into.items() if id in former}
    for id, rows in Stories(db, space).writes_of(former).items():
        found[former[id]] += [Written.from_row(row) for row in rows]
    return {id: sorted(writes, key=lambda w: w.run) for id, writes in found.items()}


def keep(engine: Engine, reversals: Sequence[Reversal], id: str) -> None:
    """The new state, and what of the observations is still to be merged. Call inside a transaction."""
    records, ledger = engine.records, engine.ledger
    records.drop_links(key for r in reversals for key in r.dropped)
    records.drop_observations(key for r in reversals for key in r.looked_at)
    records.save_observations(o for r in reversals for o in r.waiting if o.key not in r.dropped)
    note_decided(ledger, engine.sync)
    if engine.is_remapped():  # the next run is to plan them as it plans all
        records.touch([engine.sync.name], [r.unit.golden.id for r in reversals])
    ledger.journal(
        id,
        (
            (r.unit.golden.id, codec.journal_body(r.changed, r.unit.golden.provenance, r.was))
            for r in reversals
            if r.changed
        ),
    )


def plan_reversals(
    engine: Engine,
    reversals: Sequence[Reversal],
    lens: Lens,
    sending: Sending,
    doubted: Mapping[LinkKey, Collection[str]],
) -> None:
    """Have the ordinary plan find what is to be sent; all else that is due waits on, and so do those that
    point here. `doubted`: record -> apps in which one that may be the same person is under review."""
    records, ledger = engine.records, engine.ledger
    creating = creating_in(ledger)
    units = [r.unit for r in reversals]
    abilities = owners_of(engine.sync, records, units).with_taken(abilities_of(engine.sync, ledger))
    due = []
    for r in reversals:
        planning = Planning(r.unit.golden, lens, abilities, [], [], [])
        unsure = waiting_for_review(r.unit.links, doubted)
        planning.notes.extend((app, ALIKE) for app in sorted(unsure))
        plan(planning, r.unit.links, creating.get(r.unit.golden.id, frozenset()) | unsure)
        mine = [item for i in planning.items if (item := _narrowed(i, r)) is not None]
        for item in mine:
            item.values = r.unit.golden.value
        sending.items += mine
        sending.lines += _as_planned(r, mine, lens) + _made_again(r, mine, planning.notes)
        due.append((r.unit.golden, bool(planning.items)))
        if mine != planning.items:
            sending.unsent.append(r.unit.golden.id)
    records.save_goldens(due)
    records.save_links((k for u in units for k in u.links), engine.sync.slot_names())
    refs.save(engine.sync, records, ((r.unit.golden, engine.sync.mapping.fields) for r in reversals))
    records.touch(engine.sync.dependents, [r.unit.golden.id for r in reversals])


def _asking(intake: Intake, ids: Sequence[str], ports: Ports) -> Task[str]:
    """Look at records; the error in words where the app cannot be asked."""
    asked = 0
    try:
        for some in chunks(ids, intake.app.spec.fetch_batch):
            yield from look_at(intake, some, ports.now)
            asked += len(some)
            if len(ids) > len(some):
                ports.progress("asking", intake.app.name, asked)
    except AppError as error:
        return str(error)
    return ""


def _narrowed(item: Item, r: Reversal) -> Item | None:
    """The part of a planned item that belongs to the undo."""
    key: LinkKey = (item.app, item.record or "")
    if item.kind == "create":
        return item if item.app in r.creates else None
    if item.kind == "archive":
        return item if (key, None) in r.touched else None
    slots = {name: change for name, change in item.slots.items() if (key, name) in r.touched}
    return replace(item, slots=slots) if slots else None


def _as_planned(r: Reversal, items: Sequence[Item], lens: Lens) -> list[Line]:
    """What there is to tell, where nothing is told to be put back that is not sent."""
    sent = {(item.app, item.record, name) for item in items for name in item.slots}
    links = {link.key: link for link in r.unit.links}
    lines = []
    for line in r.lines:
        if line.act == "restore" and (line.app, line.record, line.field) not in sent:
            link = links[line.app or "", line.record or ""]
            slot = lens.mapping.apps[link.app].slots[line.field or ""]
            line = replace(line, act="left", why=standing(lens, r.unit.golden, link, slot).words)
        lines.append(line)
    return lines


def _made_again(r: Reversal, items: Sequence[Item], notes: Sequence[tuple[str, str]]) -> list[Line]:
    """What is created once more, or why it is not."""
    made, said = {item.app for item in items if item.kind == "create"}, dict(notes)
    lines = []
    for app in sorted(r.creates):
        why = "" if app in made else said.get(app, "the app is not ready for new records")
        lines.append(Line("create" if app in made else "left", r.unit.golden.id, app, None, why=why))
    return lines
