"""`syncer apply`: do a plan that was kept in a file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from syncer.cli.codes import Code, leave, worst
from syncer.cli.output import say
from syncer.cli.session import CONFIG, AsJson, ConfigFile, chosen, running
from syncer.cli.sync import run_all


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

        for name, items in plans:
            (wanted,) = chosen(runner.config, [name])
            if not items:
                say(f"{name}: the plan is empty.")
                continue
            only = Selection(only=frozenset(i.golden for i in items))
            codes += run_all(runner, [wanted], Options(approved=items, selection=only), None, as_json, config)
    raise leave(worst(codes))
