"""`syncer mapping`: check mapping files, and see what a change would mean before it counts."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from syncer.cli import mapping_backtest, mapping_live
from syncer.cli.codes import Code, leave
from syncer.cli.output import give, say, tell
from syncer.cli.session import CONFIG, AsJson, ConfigFile, hint

if TYPE_CHECKING:
    from syncer.usecases.mapping_check import Findings

app = typer.Typer(help="Check a mapping, and see what a change of it would mean.", no_args_is_help=True)
app.command("suggest")(mapping_live.suggest)
app.command("try")(mapping_live.try_)
app.command("backtest")(mapping_backtest.backtest)


@app.command("check")
def check(
    file: Annotated[
        Path | None, typer.Argument(metavar="FILE", help="A mapping, or a config; else all of the config.")
    ] = None,
    live: Annotated[bool, typer.Option("--live", help="Compare with the fields that the apps have.")] = False,
    as_json: AsJson = False,
    config: ConfigFile = CONFIG,
) -> None:
    """Tell every mistake at once: file, line, column, and what was probably meant."""
    from syncer.usecases.mapping_check import look

    found = look(config, file, live)
    if as_json:
        give(as_object(found))
    else:
        show(found, file or config, config)
    if any(not p.minor for p in found.problems):
        raise leave(Code.USAGE)
    if found.unreachable:
        raise leave(Code.FAILED)


def as_object(found: Findings) -> dict[str, Any]:
    """The documented keys of `mapping check --json`."""
    return {
        "ok": found.ok,
        "live": found.live,
        "problems": [
            {
                "file": p.file,
                "line": p.line,
                "column": p.column,
                "where": p.where,
                "what": p.what,
                "cure": p.cure,
                "severity": "warning" if p.minor else "error",
            }
            for p in found.problems
        ],
        "unreachable": found.unreachable,
    }


def show(found: Findings, what: Path, config: Path) -> None:
    from mappings.excerpt import lines_of, told

    lines = lines_of(found.files)
    for problem in found.problems:
        tell(("warning: " if problem.minor else "") + told(problem, lines) + "\n")
    for app_, reason in found.unreachable.items():
        say(f"{app_} could not be asked: {reason}")
    if found.problems:
        tell(f"{_counted(found)} in {', '.join(sorted(found.files))}.")
    elif not found.unreachable:
        tell(f"{what}: no mistakes.")
        if not found.live:
            tell(f"To compare it with the apps' fields: {hint('mapping check --live', config)}")
        tell(
            f"To compare it with what syncer knows, too, such as of an app left out: {hint('check', config)}"
        )


def _counted(found: Findings) -> str:
    mistakes = sum(not p.minor for p in found.problems)
    warnings = len(found.problems) - mistakes
    parts = ((mistakes, "mistake"), (warnings, "warning"))
    return " and ".join(f"{n} {word}{'s' if n > 1 else ''}" for n, word in parts if n)
