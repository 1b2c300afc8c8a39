"""`syncer mapping backtest`: what the past would have come to under a changed mapping."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from syncer.cli.called import in_rows
from syncer.cli.output import and_more, give, table, tell
from syncer.cli.reporting import value
from syncer.cli.session import CONFIG, AsJson, ConfigFile, running

if TYPE_CHECKING:
    from mappings.draft import Draft
    from syncer.running.runner import Runner
    from syncer.usecases.mapping_backtest import Backtest, Difference


def backtest(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The changed mapping.")],
    limit: Annotated[int, typer.Option(min=0, help="How many differences to show; 0: all.")] = 20,
    as_json: AsJson = False,
    config: ConfigFile = CONFIG,
) -> None:
    """Tell what past runs and conflicts would have come to under a changed mapping. Nothing is written."""
    with running(config) as runner:
        from mappings.load import read
        from syncer.usecases.mapping_backtest import backtest as look

        draft = read(file)
        name = _sync_of(runner, draft)
        ready = runner.wiring.sync(name)
        found = look(runner.db, name, draft.object, ready.mapping, _bound(runner, draft))
        cut = found.differences[: limit or None]
        told = [] if as_json else _by_name(runner, name, cut)
    if as_json:
        give(as_object(found))
    else:
        show(found, told)


def _sync_of(runner: Runner, draft: Draft) -> str:
    from mappings.spelling import nearest

    keepers = runner.config.keepers
    if draft.object not in keepers:
        raise typer.BadParameter(
            f"no sync keeps the object '{draft.object}'. {nearest(draft.object, keepers, 'There are: {}.')}"
        )
    return keepers[draft.object]


def _bound(runner: Runner, draft: Draft) -> Any:
    from mappings.load import bind

    shapes = {
        app: runner.wiring.connector(app).describe(object).fields
        for app, object in draft.objects.items()
        if app in runner.config.apps
    }
    return bind(draft, shapes)


def as_object(found: Backtest) -> dict[str, Any]:
    """The documented keys of `mapping backtest --json`."""
    return {
        "sync": found.sync,
        "since": found.since or None,
        "looked_at": {"changes": found.changes, "conflicts": found.conflicts, "golden": found.golden},
        "new_fields": list(found.new_fields),
        "gone_fields": list(found.gone_fields),
        "fields": found.by_field(),
        "records": found.records(),
        "differences": [
            {
                "kind": one.kind,
                "time": one.time or None,
                "run": one.run or None,
                "who": one.who,
                "field": one.field,
                "app": one.app or None,
                "was": one.was,
                "now": one.now,
                "because": one.because,
            }
            for one in found.differences
        ],
    }


def show(found: Backtest, told: Sequence[Difference]) -> None:
    back = f"back to {found.since}" if found.since else "with no past yet"
    looked = f"{found.changes} changes, {found.conflicts} conflicts and {found.golden} golden records"
    tell(f"{found.sync}: {looked} looked at, {back}.")
    for word, names in (("New fields", found.new_fields), ("Fields that are gone", found.gone_fields)):
        if names:
            tell(f"{word}: {', '.join(names)}. Of these the past says nothing.")
    if not found.differences:
        tell("Nothing comes out differently.")
        return
    rows = [
        (field, kinds.get("change", 0), kinds.get("conflict", 0), kinds.get("shown", 0))
        for field, kinds in found.by_field().items()
    ]
    table(
        ("field", "changes", "conflicts", "shown now"),
        rows,
        f"Differently, in {len(found.records())} records:",
    )
    tell()
    table(
        ("what", "when", "who", "field", "was", "would be", "because"),
        [(d.kind, d.time[:10], d.who, d.field, value(d.was), value(d.now), d.because) for d in told],
    )
    if len(found.differences) > len(told):
        tell(and_more(str(len(found.differences) - len(told))))


def _by_name(runner: Runner, sync: str, found: Sequence[Difference]) -> list[Difference]:
    from syncer.usecases.referents import Spot

    return in_rows(runner.config, runner.db, found, lambda d: Spot(sync, d.field), "was", "now")
