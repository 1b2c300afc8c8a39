"""`syncer check`: is everything ready, and how long will it take?"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from syncer.cli import stopped_told
from syncer.cli.codes import Code, leave, worst
from syncer.cli.output import give, say, table, tell
from syncer.cli.session import CONFIG, AsJson, ConfigFile, hint, running
from syncer.words import counted

if TYPE_CHECKING:
    from mappings.load import Lacking
    from syncer.running.runner import Runner
    from syncer.usecases.checking import Checked


def check(
    create_fields: Annotated[
        bool, typer.Option("--create-fields", help="Make the mapped fields that an app lacks.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask before making fields.")] = False,
    records: Annotated[
        int | None, typer.Option(metavar="N", min=1, help="Estimate for so many records an app.")
    ] = None,
    as_json: AsJson = False,
    config: ConfigFile = CONFIG,
) -> None:
    """Check config, mappings, secrets, apps and fields; estimate calls and minutes."""
    with running(config) as runner:
        from syncer.usecases.checking import look

        found = look(runner.config, runner.db, runner.wiring, records)
        if create_fields and found.lacking and _agreed(found.lacking, yes):
            _create(runner, found.lacking)
            runner.wiring.close()
            found = look(runner.config, runner.db, runner.wiring, records)
    if as_json:
        give(as_object(found))
    else:
        show(found, config, asked=create_fields)
    problems = Code.USAGE if found.problems else Code.DONE
    unreachable = Code.FAILED if any(app.error for app in found.apps) else Code.DONE
    lost = Code.LEFTOVERS if found.lost else Code.DONE
    raise leave(worst([problems, unreachable, lost]))


def as_object(found: Checked) -> dict[str, Any]:
    """The documented keys of `check --json`."""
    return {
        "ok": not (found.problems or found.lost or any(app.error for app in found.apps)),
        "apps": {
            app.name: {"reachable": not app.error, "account": app.account, "error": app.error or None}
            for app in found.apps
        },
        "problems": found.problems,
        "lacking": [
            {"app": f.app, "object": f.object, "field": f.name, "kind": f.kind} for f in found.lacking
        ],
        "lost": found.lost,
        "estimates": [
            {
                "sync": e.sync,
                "app": e.app,
                "records": e.records,
                "assumed": e.assumed,
                "first_calls": e.first_calls,
                "first_minutes": round(e.first_minutes, 1),
                "poll_calls": e.poll_calls,
                "poll_minutes": round(e.poll_minutes, 1),
            }
            for e in found.estimates
        ],
    }


def show(found: Checked, config: Path, asked: bool = False) -> None:
    """`asked`: that missing fields are made."""
    tell(f"config and mappings: {config} can be read")
    table(
        ("app", "account", "state"),
        [(app.name, app.account or "", app.error or "reachable") for app in found.apps],
    )
    for problem in found.problems:
        tell(problem)
    if found.lacking:
        cure = hint("check --create-fields" + (" --yes" if asked else ""), config)
        missing = counted(len(found.lacking), "mapped field is", "mapped fields are")
        tell(f"{missing} missing. To have them made: {cure}")
    elif not found.problems and any(not app.error for app in found.apps):
        unasked = any(app.error for app in found.apps)
        tell(f"All mapped fields are there{', in the apps that could be asked' if unasked else ''}.")
    for unmet in found.unmet:
        tell(unmet)
    if found.lost:
        stopped_told.groups(found.lost)
    if found.estimates:
        tell()
        table(
            ("sync", "app", "records", "first sync", "", "poll", ""),
            [
                (
                    e.sync,
                    e.app,
                    f"{e.records:,}{' (assumed)' if e.assumed else ''}",
                    _calls(e.first_calls),
                    _minutes(e.first_minutes),
                    _calls(e.poll_calls),
                    _minutes(e.poll_minutes),
                )
                for e in found.estimates
            ],
            "At most, by the limits that the apps publish:",
        )
        if any(e.assumed for e in found.estimates):
            tell(f"Nothing was read yet; {hint('check --records N', config)} estimates for another number.")


def _calls(number: int) -> str:
    return "1 call" if number == 1 else f"{number:,} calls"


def _minutes(minutes: float) -> str:
    return "under a minute" if minutes < 1 else f"{minutes:,.0f} min"


def _agreed(lacking: tuple[Lacking, ...], yes: bool) -> bool:
    say("These fields are mapped and missing:")
    for field in lacking:
        options = f" with the options {', '.join(field.options)}" if field.options else ""
        say(f"  {field.app}: {field.name} in {field.object} ({field.kind}{options})")
    if yes:
        return True
    if not sys.stdin.isatty():
        say("Nothing was made: say --yes to have them made.")
        return False
    return typer.confirm("Make them?", err=True)


def _create(runner: Runner, lacking: tuple[Lacking, ...]) -> None:
    from syncer.usecases.checking import create

    for made in create(runner.wiring, lacking):
        if made.fields:
            say(f"made {counted(len(made.fields), 'field', 'fields')} in {made.app}")
        for name, why in made.refused.items():
            say(f"not made in {made.app}: {name}: {why}")
        if made.stopped:
            say(f"made {'no more' if made.fields else 'none'} in {made.app}: {made.stopped}")
