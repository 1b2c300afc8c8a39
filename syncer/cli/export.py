"""`syncer export`: all that is known of a person or company, to hand it over."""

from __future__ import annotations

import csv
import io
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import orjson
import typer

from syncer.cli.codes import Code, leave
from syncer.cli.explain import Who, as_object, syncs, unlinked_object
from syncer.cli.meant import Meant
from syncer.cli.names import names_of
from syncer.cli.output import say, tell
from syncer.cli.session import CONFIG, AsJson, ConfigFile, running
from syncer.usecases.handed import opened, safe

if TYPE_CHECKING:
    from syncer.usecases.timeline import Event

COLUMNS = ("sync", "who", "what", "time", "run", "app", "record", "field", "value", "before", "because")


def export(
    who: Who,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FILE", help="Write to a file that only you can read.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace a file that is there.")] = False,
    as_json: AsJson = False,
    config: ConfigFile = CONFIG,
) -> None:
    """Write all that is known of a person or company: as CSV, or with --json as JSON."""
    from syncer.store.joins import Joins
    from syncer.usecases.explaining import Explainer
    from syncer.usecases.timeline import timeline

    if out is not None and out.is_file() and not force:
        say(f"Nothing was written: {out} is there already. --force replaces it.")
        raise leave(Code.USAGE)
    known: list[dict[str, Any]] = []
    with running(config) as runner:
        meant = Meant(names_of(who), runner, list(syncs(runner, None)))
        for sync, keys in meant.keys:
            people, loose = Explainer(sync, runner.db).records_of(keys)
            with runner.db.reading():
                into = Joins(runner.db, sync.name).followed()
            events: dict[str, list[Event]] = defaultdict(list)
            for event in timeline(sync, runner.db, keys):
                events[into.get(event.who, event.who)].append(event)
            for one in people:
                mine = sorted(events[one.golden], key=lambda e: e.order)
                known.append({**as_object(one), "history": [e.as_json() for e in mine]})
            known += [{**unlinked_object(one), "history": []} for one in loose]
        meant.told()
    text = orjson.dumps(known, default=str).decode() + "\n" if as_json else as_csv(known)
    if out is None:
        tell(text.removesuffix("\n"))
        raise leave(meant.code)
    with opened(out) as file:
        file.write(text)
    say(f"Written to {out}.")
    raise leave(meant.code)


def as_csv(known: list[dict[str, Any]]) -> str:
    """One row for each golden value, each value in an app, and each event; safe to open in a spreadsheet."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    for one in known:
        writer.writerows([safe(cell) for cell in row] for row in _rows(one))
    return text.getvalue()


def _rows(one: dict[str, Any]) -> Iterator[tuple[Any, ...]]:
    head = one["sync"], one["who"]
    for record in one["records"]:
        yield (*head, f"record ({record['state']})", None, None, record["app"], record["record"], *[None] * 4)
    for told in one["fields"]:
        source = told["time"], told["run"], told["app"], told["record"], told["field"]
        yield (*head, "golden value", *source, told["value"], None, told["because"])
        for place in told["apps"]:
            where = place["app"], place["record"], place["field"]
            yield (*head, "held by app", None, None, *where, place["value"], None, place["because"])
    for event in one["history"]:
        when = event["time"], event["run"], event["app"], event["record"], event["field"]
        yield (*head, event["what"], *when, event["after"], event["before"], event["because"])
