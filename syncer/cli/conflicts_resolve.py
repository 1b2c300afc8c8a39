"""`syncer conflicts resolve`: settle held conflicts, one or many."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from syncer.cli.codes import Code, leave, worst
from syncer.cli.confirm import Yes
from syncer.cli.conflicts import ByRule, Newer, OfApp, OfField, Older, asked
from syncer.cli.conflicts_always import settle_always
from syncer.cli.conflicts_told import numbered, report, waiting
from syncer.cli.output import say
from syncer.cli.session import CONFIG, AsJson, ConfigFile, need_app, running

if TYPE_CHECKING:
    from conflicts.log import Entry
    from syncer.running.runner import Runner
    from syncer.usecases.settling import Wish

Numbers = Annotated[
    list[int] | None, typer.Argument(metavar="NUMBER", help="Their numbers in the list, or use filters.")
]


def resolve(
    numbers: Numbers = None,
    take: Annotated[str | None, typer.Option(metavar="APP", help="What this app holds counts.")] = None,
    value: Annotated[
        str | None,
        typer.Option(
            metavar="VALUE",
            help="This value counts; for a company, its domain, golden id, or app:id.",
        ),
    ] = None,
    keep: Annotated[bool, typer.Option("--keep", help="The golden value stands.")] = False,
    name: Annotated[str | None, typer.Option("--sync", metavar="SYNC", help="Only of this sync.")] = None,
    of_app: OfApp = None,
    field: OfField = None,
    rule: ByRule = None,
    older: Older = None,
    newer: Newer = None,
    always: Annotated[
        bool, typer.Option("--always", help="With --take: prefer this app from now on, in the mapping too.")
    ] = False,
    yes: Yes = False,
    as_json: AsJson = False,
    config: ConfigFile = CONFIG,
) -> None:
    """Settle conflicts that wait: by the value of an app, a value of your own, or the golden value."""
    from syncer.usecases.settling import Wish

    if sum((take is not None, value is not None, keep)) != 1:
        raise typer.BadParameter("say how: one of --take APP, --value VALUE and --keep")
    if always and take is None:
        raise typer.BadParameter("--always goes with --take: a rule prefers an app, it holds no value")
    filters = (name, of_app, field, rule, older, newer)
    if bool(numbers) == any(f is not None for f in filters):
        raise typer.BadParameter("say which: numbers of the list, or filters such as --field")
    with running(config) as runner:
        if take is not None:
            need_app(runner.config, take)
        sought = asked(runner.config, *filters)
        wanted = numbered(runner, numbers) if numbers else waiting(runner, sought)
        wishes = [(entry, Wish(take, value, keep)) for entry in wanted]
        if not wishes:
            say("No conflict waits for you.")
        if always:
            codes = settle_always(runner, wishes, yes, as_json, config)
        else:
            codes = settle(runner, wishes, as_json, config)
    raise leave(worst(codes))


def settle(runner: Runner, wishes: Sequence[tuple[Entry, Wish]], as_json: bool, config: Path) -> list[Code]:
    """One run for each sync."""
    from syncer.usecases.settling import Settling, by_sync

    codes = []
    for name, some in by_sync(wishes).items():
        settling = Settling(runner, runner.wiring.sync(name))
        settling.prepare(some)
        outcome = settling.run()
        codes.append(report(settling, outcome.report if outcome else None, as_json, config))
    return codes
