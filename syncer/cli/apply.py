"""`syncer apply`: do a plan that was kept in a file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from syncer.cli.codes import Code, explain, leave, worst
from syncer.cli.output import say
from syncer.cli.session import CONFIG, AsJson, ConfigFile, chosen, hint, running
from syncer.cli.sync import run_all

if TYPE_CHECKING:
    from syncer.running.runner import Runner
    from syncer.usecases.planfile import Kept


def apply(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="What syncer plan --out FILE has kept.")],
    as_json: AsJson = False,
    config: ConfigFile = CONFIG,
) -> None:
    """Do what a kept plan says, as far as it still holds; what does not is listed, and planned anew."""
    from syncer.usecases.planfile import NotAPlan, read

    try:
        plans = read(file)
    except NotAPlan as error:
        say(str(error))
        raise leave(Code.USAGE) from None
    codes: list[Code] = []
    with running(config) as runner:
        from syncer.engine import Options
        from syncer.selecting import Selection

        for kept in plans:
            (name,) = chosen(runner.config, [kept.sync])
            if not kept.items:
                say(f"{name}: the plan is empty.")
                continue
            if (code := _fits(runner, kept, file, config)) is not Code.DONE:
                codes.append(code)
                continue
            only = Selection(only=frozenset(i.golden for i in kept.items))
            options = Options(approved=kept.items, selection=only)
            codes += run_all(runner, [name], options, None, as_json, config)
    raise leave(worst(codes))


def _fits(runner: Runner, kept: Kept, file: Path, config: Path) -> Code:
    """Whether the mapping is the one under which the plan was made; told where it is not."""
    try:
        version = runner.wiring.sync(kept.sync).mapping.version
    except Exception as error:
        code, told = explain(error)
        say(f"{kept.sync}: {told}")
        return code
    if version == kept.mapping:
        return Code.DONE
    again = hint(f"plan {kept.sync} --out {file}", config)
    say(
        f"{kept.sync}: the mapping was changed since {file} was made, so this is not what would be done now;"
        f" nothing was done. Plan again: {again}"
    )
    return Code.USAGE
