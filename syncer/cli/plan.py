"""`syncer plan`: what a run would do."""

from __future__ import annotations

import errno
import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from syncer.cli.called import in_items
from syncer.cli.codes import Code, explain, leave, worst
from syncer.cli.output import and_more, give, say, table, tell
from syncer.cli.session import CONFIG, AsJson, ConfigFile, SyncNames, chosen, given, hint, running
from syncer.cli.sync import Pilot, Record, not_found, run_one
from syncer.words import counted

if TYPE_CHECKING:
    from syncer.model import Item
    from syncer.running.runner import Outcome, Runner
    from syncer.sync import Sync as Ready
    from syncer.usecases.planfile import Kept


def plan(
    names: SyncNames = None,
    pilot: Pilot = None,
    record: Record = None,
    limit: Annotated[int, typer.Option(help="How many records to show; 0: all.", min=0)] = 20,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FILE", help="Keep the plan, for syncer apply FILE.")
    ] = None,
    as_json: AsJson = False,
    config: ConfigFile = CONFIG,
) -> None:
    """Show what a run would do, and why. Nothing is written to any app."""
    if out is not None:
        check_out(out)
    codes: list[Code] = []
    kept: list[Kept] = []
    with running(config) as runner:
        from syncer.engine import Options
        from syncer.report import of_app
        from syncer.selecting import Selection
        from syncer.usecases.planfile import Kept

        options = Options(kind="plan", dry_run=True, selection=Selection(pilot=pilot))
        for name in chosen(runner.config, names):
            try:
                outcome = run_one(runner, name, options, record)
            except Exception as error:
                code, told = explain(error)
                codes.append(code)
                say(of_app(name, told))
                continue
            if outcome is None:
                continue
            if outcome.plan is None:
                say(of_app(name, outcome.report.reason))
                codes.append(Code.FAILED)
                continue
            ready = runner.wiring.sync(name)
            codes.append(Code.FAILED if outcome.report.status == "failed" else Code.DONE)
            kept.append(Kept(name, ready.mapping.version, tuple(outcome.plan.decided.items)))
            minutes = pace(runner, ready)
            if as_json:
                give(as_object(ready, outcome, minutes))
            else:
                again = given("sync", ready.name, pilot=pilot, record=record)
                show(runner, ready, outcome, minutes, limit, hint(again, config))
    if record is not None and not codes:
        raise leave(not_found(record))
    if out is not None:
        keep(out, kept, config)
        say(f"Kept in {out}. To do exactly this: {hint(f'apply {out}', config)}")
    raise leave(worst(codes))


def check_out(out: Path) -> None:
    """Planning may take long: that it cannot be kept is said before. Raises `OSError`."""
    from syncer.usecases.planfile import may_replace

    place = out if out.exists() else out.parent
    why = errno.EISDIR if out.is_dir() else errno.ENOENT if not place.exists() else errno.EACCES
    if out.is_dir() or not os.access(place, os.W_OK):
        raise OSError(why, os.strerror(why), str(out))
    if out.is_file() and not may_replace(out):
        say(f"Nothing was planned: {out} is there already, and holds no plan. Name another file.")
        raise leave(Code.USAGE)


def keep(out: Path, kept: list[Kept], config: Path) -> None:
    """Write the plan's file, and remember where it is: it holds customer data."""
    from syncer.store.history import PLAN_FILE, History
    from syncer.usecases.planfile import write

    write(out, kept)
    with running(config) as runner, runner.db.transaction():
        History(runner.db).keep_fact(f"{PLAN_FILE}{out.absolute()}", "kept")


def pace(runner: Runner, ready: Ready) -> dict[str, float]:
    """App -> the least minutes that a call takes by the app's published limits."""
    from syncer.usecases.checking import seconds_a_call

    return {app: seconds_a_call(runner.wiring, app) / 60 for app in ready.apps}


def cost(ready: Ready, items: list[Item], minutes: dict[str, float]) -> dict[str, dict[str, float]]:
    """App -> calls and minutes that doing this will cost: batches, and reading again before a change."""
    found = {}
    for app, kinds in counts(ready, items).items():
        spec = ready.apps[app].spec
        calls = sum(-(-number // spec.batch) for number in kinds.values())
        calls += -(-(kinds["update"] + kinds["archive"]) // spec.fetch_batch)
        found[app] = {"calls": calls, "minutes": round(calls * minutes[app], 1)}
    return found


def as_object(ready: Ready, outcome: Outcome, minutes: dict[str, float]) -> dict[str, Any]:
    """The documented keys of `plan --json`."""
    assert outcome.plan is not None  # noqa: S101
    items = outcome.plan.decided.items
    return {
        "sync": outcome.report.sync,
        "held": outcome.plan.held or None,
        "apps": counts(ready, items),
        "cost": cost(ready, items, minutes),
        "conflicts": outcome.report.conflicts,
        "reviews": outcome.report.reviews,
        "items": [
            {
                "kind": item.kind,
                "app": item.app,
                "record": item.record,
                "who": item.golden,
                "changes": [
                    {"field": field, "before": before, "after": after, "rule": rule}
                    for field, before, after, rule in changes(ready, item)
                ],
            }
            for item in items
        ],
        "errors": {app: row.error for app, row in outcome.report.apps.items() if row.error},
    }


def counts(ready: Ready, items: list[Item]) -> dict[str, dict[str, int]]:
    found = Counter((item.app, item.kind) for item in items)
    return {app: {kind: found[app, kind] for kind in ("create", "update", "archive")} for app in ready.apps}


def changes(ready: Ready, item: Item) -> list[tuple[str, Any, Any, str]]:
    """(app field, before, after, rule of the golden field behind it)."""
    from syncer.model import Mark

    slots = ready.slots(item.app)
    rows = []
    for name, (before, after) in item.slots.items():
        fields = slots[name].fields if name in slots else ()
        rule = ", ".join(dict.fromkeys(ready.mapping.fields[f].rule.word for f in fields))
        rows.append((name, None if isinstance(before, Mark) else before, after, rule))
    return rows


def show(
    runner: Runner, ready: Ready, outcome: Outcome, minutes: dict[str, float], limit: int, to_do: str
) -> None:
    from syncer.report import of_app

    assert outcome.plan is not None  # noqa: S101
    items, report = outcome.plan.decided.items, outcome.report
    costs = cost(ready, items, minutes)
    rows = [
        (app, report.apps[app].read, *kinds.values(), costs[app]["calls"], costs[app]["minutes"])
        for app, kinds in counts(ready, items).items()
    ]
    columns = ("app", "read", "create", "update", "archive", "calls", "minutes")
    table(columns, rows, f"{ready.name}: what a run would do")
    for app, row in report.apps.items():
        if row.error:
            tell(of_app(app, row.error))
    logged = counted(report.conflicts, "conflict", "conflicts")
    doubtful = counted(report.reviews, "new doubtful match", "new doubtful matches")
    tell(f"{logged} would be logged, {doubtful}.")
    if outcome.plan.held:
        tell(f"It would be held: {outcome.plan.held}.")
    shown = items if limit == 0 else items[:limit]
    if shown:
        tell()
        told = in_items(runner.config, runner.db, ready.name, shown)
        table(("what", "record", "field", "before", "after", "rule"), list(_lines(ready, told)))
    if len(items) > len(shown):
        tell(and_more(f"{len(items) - len(shown)} records"))
    if not items:
        tell("Nothing is to be written.")
    else:
        tell(f"\nTo do it: {to_do}")


def _lines(ready: Ready, items: list[Item]) -> Iterator[tuple[str, ...]]:
    """A line for each changed field; its record stands in the first alone. An archive has none."""
    from syncer.cli.reporting import value

    for item in items:
        what = (f"{item.kind} {item.app}", item.record or "(new)")
        rows = [(field, value(old), value(new), rule) for field, old, new, rule in changes(ready, item)]
        for row in rows or [("", "", "", "")]:
            yield (*what, *row)
            what = ("", "")
