"""`syncer conflicts`: where apps disagreed, and who won."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from conflicts.log import as_json as entry_json
from conflicts.log import as_text, shown
from syncer.cli.called import in_entries
from syncer.cli.codes import existing
from syncer.cli.output import and_more, asked_for, cut_at, give, say, table, tell
from syncer.cli.session import CONFIG, AsJson, ConfigFile, chosen, hint, looking, need_app

if TYPE_CHECKING:
    from conflicts.log import Entry
    from syncer.config.files import Config
    from syncer.store.conflicts import Sought

USUAL = ("conflict", "first_merge", "frozen")

Name = Annotated[str | None, typer.Argument(metavar="SYNC", help="Only of this sync.")]
OfApp = Annotated[
    str | None, typer.Option("--app", metavar="APP", help="Only those in which this app had a say.")
]
OfField = Annotated[
    str | None, typer.Option("--field", metavar="FIELD", help="Only of this field of the mapping.")
]
ByRule = Annotated[str | None, typer.Option("--rule", metavar="RULE", help="Only those of this rule.")]
Older = Annotated[
    str | None,
    typer.Option("--older", "--age", metavar="SPAN", help="Only those older than this, such as 2d."),
]
Newer = Annotated[
    str | None, typer.Option("--newer", metavar="SPAN", help="Only those newer than this, such as 12h.")
]
Everything = Annotated[bool, typer.Option("--all", help="Every choice that was logged.")]

app = typer.Typer(
    help="List, show, settle or watch conflicts: what each app held, the rule, the winner.",
    no_args_is_help=True,
)


@app.command("list")
def list_(
    name: Name = None,
    held: Annotated[bool, typer.Option("--held", help="Only those that wait for a person.")] = False,
    run: Annotated[str | None, typer.Option(metavar="RUN", help="Only those of this run.")] = None,
    of_app: OfApp = None,
    field: OfField = None,
    rule: ByRule = None,
    older: Older = None,
    newer: Newer = None,
    everything: Everything = False,
    limit: Annotated[int, typer.Option(help="How many; 0: all.", min=0)] = 20,
    as_json: AsJson = False,
    config: ConfigFile = CONFIG,
) -> None:
    """List the latest conflicts, newest first."""
    from syncer.store.conflicts import Conflicts

    with looking(config) as (known, history):
        kinds = () if everything or held else USUAL
        wanted = asked(known, name, of_app, field, rule, older, newer)
        wanted = replace(wanted, status="held" if held else None, kinds=kinds, run=run)
        latest = Conflicts(history.db, known.objects).newest(asked_for(limit), wanted)
        found, cut = cut_at(limit, latest)
        told = [] if as_json else in_entries(known, history.db, found)
    if as_json:
        give([entry_json(entry) for entry in found])
        if cut:
            say(and_more())
    elif told:
        show_all(told)
        if cut:
            tell(and_more())
        tell(f"\n{hint('conflicts show NUMBER', config)} tells one of them in full.")
    else:
        tell("No conflict waits for you." if held else "There is no conflict.")


@app.command("show")
def show(
    number: Annotated[int, typer.Argument(metavar="NUMBER", help="Its number in the list.")],
    as_json: AsJson = False,
    config: ConfigFile = CONFIG,
) -> None:
    """Show one conflict in full: candidates, their times, the rule, the winner."""
    from syncer.store.conflicts import Conflicts

    with looking(config) as (known, history):
        entry = Conflicts(history.db, known.objects).entry(number)
        found = existing(entry, f"There is no conflict {number}. syncer conflicts list shows them.")
        (told,) = in_entries(known, history.db, [found])
    if as_json:
        give(entry_json(found))
        return
    tell(as_text(told).rstrip())
    if found.status == "held":
        tell(f"\nTo settle it: {hint(f'conflicts resolve {number} --take APP', config)}")


@app.command("watch")
def watch(
    name: Name = None,
    of_app: OfApp = None,
    field: OfField = None,
    rule: ByRule = None,
    everything: Everything = False,
    every: Annotated[int, typer.Option(metavar="SECONDS", help="How often to look.", min=1)] = 2,
    as_json: AsJson = False,
    config: ConfigFile = CONFIG,
) -> None:
    """Show conflicts as they are logged, until interrupted (Ctrl-C)."""
    kinds = () if everything else USUAL
    with looking(config) as (known, _):
        wanted = replace(asked(known, name, of_app, field, rule), kinds=kinds)
    say("Waiting for conflicts. Ctrl-C ends it.")
    for entry in _news(config, wanted, every, as_json):
        give(entry_json(entry)) if as_json else tell(as_text(entry))


def asked(
    known: Config,
    name: str | None,
    of_app: str | None,
    field: str | None,
    rule: str | None,
    older: str | None = None,
    newer: str | None = None,
) -> Sought:
    """The filters of a command; names that the config does not know end it."""
    from mappings.spelling import nearest
    from syncer.store.conflicts import Sought

    syncs = chosen(known, [name] if name is not None else None)
    if of_app is not None:
        need_app(known, of_app)
    fields = {f for sync in syncs for f in known.syncs[sync].draft.fields}
    if field is not None and field not in fields:
        raise typer.BadParameter(f"no mapping has a field '{field}'. {nearest(field, fields, 'Fields: {}.')}")
    return Sought(name, field=field, rule=rule, app=of_app, before=_ago(older), since=_ago(newer))


def show_all(found: Sequence[Entry]) -> None:
    """A line for each."""
    table(("#", "sync", "who", "field", "candidates", "rule", "winner", "status"), [_row(e) for e in found])


def _row(entry: Entry) -> tuple[object, ...]:
    candidates = " | ".join(f"{c.app}: {shown(c.value)}" for c in entry.candidates)
    winner = "" if entry.status == "held" else shown(entry.winner)
    return entry.seq, entry.sync, entry.who, entry.field, candidates, entry.rule, winner, entry.status


def _ago(text: str | None) -> datetime | None:
    """The moment so long ago."""
    from syncer.config.types import span

    if text is None:
        return None
    length: timedelta | None = span(text)
    if length is None:
        raise typer.BadParameter(
            f"'{text}' is not a span of time: write a number and s, m, h or d, such as 2d"
        )
    return datetime.now(UTC) - length


def _news(config: Path, wanted: Sought, every: int, as_json: bool) -> Iterator[Entry]:
    """Entries that are logged from now on, for ever, as they are to be told."""
    from syncer.store.conflicts import Conflicts

    seen: int | None = None
    while True:
        with looking(config) as (known, history):
            table = Conflicts(history.db, known.objects)
            last = table.last()
            found = table.after(seen, wanted) if seen is not None else []
            told = found if as_json else in_entries(known, history.db, found)
        yield from told
        seen = found[-1].seq if found else last
        if not found:  # a commit may log more than is read at once
            time.sleep(every)
