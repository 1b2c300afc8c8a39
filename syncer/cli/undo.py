"""`syncer undo`: go back from what a run did."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from syncer.cli.called import in_lines
from syncer.cli.codes import Code, leave
from syncer.cli.confirm import Plan, Yes, agreed
from syncer.cli.meant import Meant
from syncer.cli.names import names_of
from syncer.cli.output import and_more, give, say, table, tell
from syncer.cli.reporting import value
from syncer.cli.session import CONFIG, AsJson, ConfigFile, given, hint, running
from syncer.words import counted

if TYPE_CHECKING:
    from syncer.core.deeds import Line
    from syncer.running.runner import Runner
    from syncer.usecases.undoing import Undoing, Undone, Wanted

_WORDS = {
    "restore": "put back",
    "archive": "archive",
    "create": "make again",
    "golden": "golden value",
    "parted": "leave (parted)",
    "left": "leave",
}
_DONE = ("restore", "archive", "create", "golden")


def undo(
    run: Annotated[str, typer.Argument(metavar="RUN", help="The id of a run.", show_default=False)],
    record: Annotated[
        list[str] | None,
        typer.Option(
            metavar="WHO", help="Only this person or company; may be given again. @FILE or -: a line each."
        ),
    ] = None,
    field: Annotated[
        str | None, typer.Option(metavar="F", help="Only this field of the mapping.", show_default=False)
    ] = None,
    plan: Plan = False,
    yes: Yes = False,
    irreversible: Annotated[
        bool, typer.Option("--irreversible", help="Archive also where an app brings nothing back.")
    ] = False,
    limit: Annotated[int, typer.Option(help="How many lines to show; 0: all.", min=0)] = 20,
    as_json: AsJson = False,
    config: ConfigFile = CONFIG,
) -> None:
    """Put back what a run wrote, and archive what it created. Shows the way back first."""
    from syncer.running.exporting import Exporting

    with running(config) as runner:
        undoing, wanted = _asked(runner, run, record, field, irreversible)
        shown = undoing.show(wanted)
        if not as_json:
            _show(runner, undoing.sync.name, shown, run, limit)
        if plan or not _agreed(shown, yes, as_json):
            if as_json:
                give(_as_object(run, undoing.sync.name, shown))
            elif shown.lines and not yes:
                again = given("undo", run, record=record, field=field, irreversible=irreversible, yes=True)
                tell(f"\nNothing was done. To do it: {hint(again, config)}")
            return
        done = undoing.do(wanted)
        Exporting(runner.config, runner.db, runner.ports, undoing.sync.name).run()
    if as_json:
        give(_as_object(run, undoing.sync.name, done))
    else:
        _done(done, undoing.sync.name, config)
    troubled = done.report is not None and (done.report.leftovers or done.report.status != "done")
    raise leave(Code.LEFTOVERS if troubled else Code.DONE)


def _asked(
    runner: Runner, run: str, record: list[str] | None, field: str | None, irreversible: bool
) -> tuple[Undoing, Wanted]:
    """What is to be undone, or the end of the command."""
    from mappings.spelling import nearest
    from syncer.store.history import History
    from syncer.store.records import Records
    from syncer.usecases.undoing import Undoing, Wanted

    with runner.db.reading():
        history = History(runner.db)
        found = history.run(run)
        names = [found["sync"]] if found else list(runner.config.syncs)
        reaches = max((at for name in names if (at := history.fact(f"reaches:{name}"))), default=None)
    if found is None or found["sync"] not in runner.config.syncs:
        older = f" Undo reaches back to {reaches[:10]}: older runs are not kept." if reaches else ""
        say(f"There is no run {run}. syncer runs lists them.{older}")
        raise leave(Code.USAGE)
    if reaches is not None and found["started"] < reaches:
        say(f"Run {run} is older than what is kept of the history: undo reaches back to {reaches[:10]}.")
        raise leave(Code.USAGE)
    if found["kind"] in ("link", "unlink", "merge"):
        say(f"Run {run} is no sync: {found['report'].get('reason', '')}.")
        raise leave(Code.USAGE)
    sync = runner.wiring.sync(found["sync"])
    if field is not None and field not in sync.mapping.fields:
        near = nearest(field, sync.mapping.fields, "Fields: {}.")
        raise typer.BadParameter(f"the mapping of {sync.name} has no field '{field}'. {near}")
    goldens = None
    if record:
        meant = Meant([name for who in record for name in names_of(who)], runner, [sync])
        meant.told()
        with runner.db.reading():
            records = Records(runner.db, sync.name)
            goldens = frozenset(
                g for _, keys in meant.keys for app, id in keys for g in records.golden_of(app, [id]).values()
            )
    return Undoing(sync, runner.db, runner.ports), Wanted(run, goldens, field, irreversible)


def _agreed(shown: Undone, yes: bool, as_json: bool) -> bool:
    """Whether to go on: there is something to do, and somebody said yes."""
    if not any(line.act in _DONE for line in shown.lines):
        return False
    return agreed(yes, as_json)


def _as_object(run: str, sync: str, undone: Undone) -> dict[str, Any]:
    """The documented keys of `undo --json`."""
    report = undone.report
    return {
        "sync": sync,
        "undone": run,
        "run": undone.run if report else None,
        "status": report.status if report else "planned",
        "written": report.written if report else 0,
        "held": undone.held,
        "restored": [_line(x) for x in undone.lines if x.act == "restore"],
        "archived": [_because(x) for x in undone.lines if x.act == "archive"],
        "created": [_line(x) for x in undone.lines if x.act == "create"],
        "golden": [
            {"who": x.who, "field": x.field, "before": x.now, "after": x.back}
            for x in undone.lines
            if x.act == "golden"
        ],
        "parted": [_line(x) for x in undone.lines if x.act == "parted"],
        "left": [_because(x) for x in undone.lines if x.act == "left"],
        "reaches_back_to": undone.reaches,
    }


def _line(x: Line) -> dict[str, Any]:
    return {
        "app": x.app,
        "record": x.record,
        "who": x.who,
        "field": x.field,
        "before": x.now,
        "after": x.back,
    }


def _because(x: Line) -> dict[str, Any]:
    return {**_line(x), "because": x.why or None}


def _show(runner: Runner, sync: str, undone: Undone, run: str, limit: int) -> None:
    counts: Counter[str] = Counter(line.act for line in undone.lines)
    if not undone.lines:
        tell(f"Run {run} changed nothing that could be undone.")
        return
    told = [f"{counts[act]} to {words}" for act, words in _WORDS.items() if counts[act]]
    tell(f"Undoing run {run}: {', '.join(told)}.")
    if undone.reaches:
        tell(f"The history reaches back to {undone.reaches[:10]}.")
    order = list(_WORDS)
    lines = sorted(undone.lines, key=lambda x: order.index(x.act))
    shown = lines if limit == 0 else _fair(lines, limit)
    by_name = in_lines(runner.config, runner.db, sync, shown)
    rows = [(_WORDS[x.act], _where(x), x.field or "", *_now_and_then(x), x.why) for x in by_name]
    tell()
    table(("what", "record", "field", "now", "then", "why"), rows)
    if len(shown) < len(lines):
        left = sum(x.act not in _DONE for x in lines) - sum(x.act not in _DONE for x in shown)
        tell(and_more(f"{len(lines) - len(shown)} lines", left))


def _fair(lines: Sequence[Line], limit: int) -> list[Line]:
    """Some of each kind, in order."""
    turns: Counter[str] = Counter()
    ranked = []
    for place, line in enumerate(lines):
        turns[line.act] += 1
        ranked.append((turns[line.act], place))
    chosen = sorted(place for _, place in sorted(ranked)[:limit])
    return [lines[place] for place in chosen]


def _where(x: Line) -> str:
    if x.app is None:
        return x.who
    return f"{x.app}:{x.record}" if x.record else f"{x.app}, for {x.who}"


def _now_and_then(x: Line) -> tuple[str, str]:
    """Of a field its values, of a whole record what becomes of it."""
    if x.field is None:
        return {"archive": ("there", "archived"), "create": ("gone", "a new record")}.get(x.act, ("", ""))
    return value(x.now), value(x.back) if x.act in ("restore", "golden") else ""


def _done(undone: Undone, sync: str, config: Path) -> None:
    from syncer.report import of_app

    report = undone.report
    assert report is not None  # noqa: S101
    tell(f"\nDone: {report.written} written, as run {undone.run}.")
    if report.leftovers:
        left = counted(report.leftovers, "record", "records")
        tell(f"{left} could not be written; the same command tries again.")
    for app, row in report.apps.items():
        if row.error:
            why = of_app(app, row.error).rstrip(".")
            tell(f"{why}. Once that is over, the same command undoes the rest.")
    if undone.held:
        tell(f"{sync} is held now: runs read, and write nothing but opt-outs. To release it:")
        tell("  " + hint(f"sync {sync} --approve {undone.run}", config))
    tell(f"To take the undo back: {hint(f'undo {undone.run}', config)}")
