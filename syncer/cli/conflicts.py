"""`syncer conflicts`: where apps disagreed, and who won."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

import typer

from conflicts.log import as_json as entry_json
from conflicts.log import as_text, shown
from syncer.cli.codes import Code, leave
from syncer.cli.output import give, say, table, tell
from syncer.cli.session import CONFIG, AsJson, ConfigFile, chosen, hint, looking

if TYPE_CHECKING:
    from conflicts.log import Entry

USUAL = ("conflict", "first_merge", "frozen")

app = typer.Typer(
    help="List or show conflicts: what each app held, the rule, the winner.", no_args_is_help=True
)


@app.command("list")
def list_(
    name: Annotated[str | None, typer.Argument(metavar="SYNC", help="Only of this sync.")] = None,
    held: Annotated[bool, typer.Option("--held", help="Only those that wait for a person.")] = False,
    run: Annotated[str | None, typer.Option(metavar="RUN", help="Only those of this run.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="Every choice that was logged.")] = False,
    limit: Annotated[int, typer.Option(help="How many.", min=1)] = 20,
    as_json: AsJson = False,
    config: ConfigFile = CONFIG,
) -> None:
    """List the latest conflicts, newest first."""
    with looking(config) as (known, history):
        if name is not None:
            chosen(known, [name])
        kinds = () if everything else USUAL
        found = [
            replace(entry, object=known.syncs[entry.sync].object if entry.sync in known.syncs else "")
            for entry in history.entries(limit, name, kinds, "held" if held else "", run)
        ]
    if as_json:
        give([entry_json(entry) for entry in found])
    elif found:
        table(
            ("#", "sync", "who", "field", "candidates", "rule", "winner", "status"), [_row(e) for e in found]
        )
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
    with looking(config) as (known, history):
        found = history.entry(number)
    if found is None:
        say(f"There is no conflict {number}. syncer conflicts list shows them.")
        raise leave(Code.USAGE)
    said = known.syncs.get(found.sync)
    found = replace(found, object=said.object if said else "")
    if as_json:
        give(entry_json(found))
    else:
        tell(as_text(found).rstrip())


def _row(entry: Entry) -> tuple[object, ...]:
    candidates = " | ".join(f"{c.app}: {shown(c.value)}" for c in entry.candidates)
    winner = "" if entry.status == "held" else shown(entry.winner)
    return entry.seq, entry.sync, entry.who, entry.field, candidates, entry.rule, winner, entry.status
