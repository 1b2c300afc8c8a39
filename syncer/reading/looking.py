"""Ask an app for single records, and take in what it shows."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import datetime
from functools import partial

from connectors.contract import AppError, Fetched, ObjectSpec, Record, Result
from syncer.model import BLANK, Link, LinkKey, Value
from syncer.ports import Ports, Task
from syncer.reading.intake import Intake
from syncer.reading.lost_groups import keep_lost, missing
from syncer.reading.lost_targets import Emptied, leave_out_lost, references
from syncer.store.database import chunks
from syncer.store.groups import grouped
from syncer.store.keys import by_app

UNTOLD = "the app has no such record now, and does not say what became of it"


def look_at(
    intake: Intake,
    ids: Sequence[str],
    now: Callable[[], datetime],
    listed: Mapping[str, Value] | None = None,
) -> Task[int]:
    """Ask for single records and take what they show as observations. Returns how many are there. `listed`:
    consent that a list which lags has just shown, where it is news: it counts beside what is there now."""
    found = 0
    for some in chunks(ids, intake.app.spec.fetch_batch):
        read_at = now()
        answers = yield from ask(intake, some, read_at)
        with intake.records.db.transaction():
            intake.save_fetched(answers, read_at, listed)
        found += sum(a.state == "found" for a in answers)
    return found


def ask(intake: Intake, ids: Sequence[str], read_at: datetime) -> Task[list[Fetched]]:
    """What an app says of single records, with blanks that may be believed. Call outside a transaction; to
    take it in is for the caller."""
    fields, shown = intake.sync.fields(intake.app.name), list[Record]()
    answers: list[Fetched] = []
    with intake.keeping_opt_outs(shown, read_at):
        for some in chunks(ids, intake.app.spec.fetch_batch):
            got: Sequence[Fetched] = yield partial(
                intake.app.connector.fetch, intake.app.object, some, fields
            )
            answers += got
            shown += [a.record for a in got if a.record is not None]
        yield from believe(intake, shown, read_at)
    return answers


def look_at_each(intakes: Mapping[str, Intake], keys: Iterable[LinkKey], ports: Ports) -> None:
    """The same in several apps. Call while nobody else works in the space."""
    tasks = {app: look_at(intakes[app], ids, ports.now) for app, ids in by_app(keys).items()}
    ports.workers.drive(tasks)


def believe(intake: Intake, page: Sequence[Record], read_at: datetime) -> Task[None]:
    """Before blanks are believed where something was known, the app is asked whether it still has what they
    pointed to, and whether it still has the fields; the same before a word of a set is believed to be taken
    away that the app has a group for: this once a run, and only then."""
    pointing, mapped = references(intake), intake.sync.slots(intake.app.name)
    slots, groups = pointing if intake.sure else mapped, grouped(mapped, intake.app.spec)
    asked = [record for record in page if groups or any(_is_blank(record, name) for name in slots)]
    with intake.records.db.reading():
        links = intake.records.links(intake.app.name, [record.id for record in asked])
    known = [(record, links[record.id]) for record in asked if record.id in links]
    emptied, unshown = _emptied(known, slots), missing(known, groups)
    yield from leave_out_lost(intake, emptied, pointing, read_at)
    doubtful = unshown or any(name in record.values for record, name, _ in emptied)
    if not intake.sure and doubtful:
        spec: ObjectSpec = yield partial(intake.app.connector.describe, intake.app.object)
        with intake.records.db.transaction():
            intake.check_fields(spec)
    if unshown:
        with intake.records.db.transaction():
            keep_lost(intake, unshown)


def _emptied(known: Iterable[tuple[Record, Link]], slots: Collection[str]) -> list[Emptied]:
    """Where linked records show a blank in these slots: somebody may have cleared it, or the app may have
    lost it."""
    return [
        (record, name, link.seen[name])
        for record, link in known
        for name in slots
        if _is_blank(record, name) and link.seen.get(name) not in BLANK
    ]


def _is_blank(record: Record, name: str) -> bool:
    return name in record.values and record.values[name] in BLANK


def look_again(intake: Intake, ids: Sequence[str], now: Callable[[], datetime]) -> Task[str]:
    """Like `look_at`, after writing: the error in words, or an empty text. What was not seen is seen by the
    next run."""
    try:
        yield from look_at(intake, ids, now)
    except AppError as error:
        return str(error)
    return ""


def settle_stale(
    intake: Intake, ids: Mapping[str, str], met: set[str], now: Callable[[], datetime]
) -> Task[list[Result]]:
    """Look at records that an app called stale, `ids` by the name of the write: each moved, or is gone. Where
    the app tells neither, and for the second time in a run (`met`), the write is turned down: else every run
    would try it again. Returns those results."""
    began = now()
    yield from look_at(intake, list(ids.values()), now)
    with intake.records.db.reading():
        waiting = intake.records.waiting(intake.app.name, list(ids.values()))
    untold = {ref: id for ref, id in ids.items() if id not in waiting or waiting[id].read_at < began}
    again = [Result(ref, "rejected", id, reason=UNTOLD) for ref, id in untold.items() if id in met]
    met.update(untold.values())
    return again
