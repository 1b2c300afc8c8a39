"""`syncer runs` and `syncer show`: what was done."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from syncer.cli.called import in_run
from syncer.cli.output import STATUS_WORDS, and_more, asked_for, cut_at, facts, give, say, table, tell
from syncer.cli.session import CONFIG, AsJson, ConfigFile, chosen, looking, need_run
from syncer.words import counted

KEYS = ("run", "sync", "started", "status", "written")


def runs(
    name: Annotated[str | None, typer.Argument(metavar="SYNC", help="Only of this sync.")] = None,
    limit: Annotated[int, typer.Option(help="How many; 0: all.", min=0)] = 20,
    as_json: AsJson = False,
    config: ConfigFile = CONFIG,
) -> None:
    """List the latest runs, newest first."""
    with looking(config) as (known, history):
        if name is not None:
            chosen(known, [name])
        from syncer.usecases.runs import told

        latest, cut = cut_at(limit, history.runs(asked_for(limit), name))
        found = told(history, latest, datetime.now(UTC))
    if as_json:
        give([{key: run[key] for key in KEYS} for run in found])
        if cut:
            say(and_more())
    elif found:
        rows = [
            (run["run"], run["sync"], run["kind"], _minute(run["started"]), _status(run), run["written"])
            for run in found
        ]
        table(("run", "sync", "kind", "started (UTC)", "status", "written"), rows)
        if cut:
            tell(and_more())
        for run in found:
            if run["status"] == "interrupted" and run["ended"] is None:
                tell(f"{run['run']}: {run['reason']}.")
    else:
        tell("There was no run yet.")


def show(
    run: Annotated[str, typer.Argument(metavar="RUN", help="The id of a run.")],
    limit: Annotated[int, typer.Option(help="How many lines to show of each table; 0: all.", min=0)] = 20,
    as_json: AsJson = False,
    config: ConfigFile = CONFIG,
) -> None:
    """Show what one run did: numbers, changed values, writes."""
    with looking(config) as (known, history):
        from syncer.store.history import ALL
        from syncer.usecases import runs as usecase

        found = need_run(history, run)
        (found,) = usecase.told(history, [found], datetime.now(UTC))
        most = limit if limit and not as_json else ALL
        changed, writes = history.changes(run, most), history.writes(run, most)
        numbers = history.changed(run), history.sent(run)
        waiting = usecase.waiting(known, history, found)
        if not as_json:
            changed, writes, waiting = in_run(known, history.db, found["sync"], changed, writes, waiting)
    if as_json:
        give({**_as_object(found, changed, writes), "held": waiting})
    else:
        _show(found)
        _what(changed, writes, numbers, limit)
        _waiting(found, waiting, limit, config)


def _as_object(
    run: dict[str, Any], changed: list[tuple[str, dict[str, Any]]], writes: list[dict[str, Any]]
) -> dict[str, Any]:
    report = run["report"]
    return {
        **{key: run[key] for key in KEYS},
        "kind": run["kind"],
        "ended": run["ended"],
        **{key: report.get(key) for key in ("seconds", "apps", "conflicts", "reviews")},
        "reason": run["reason"],
        "errors": report.get("errors"),
        "changed": [
            {"who": who, "field": field, **_change(change)}
            for who, fields in changed
            for field, change in fields.items()
        ],
        "writes": [
            {
                **{key: write[key] for key in ("app", "record", "who", "kind", "outcome", "reason")},
                "changes": [
                    {"field": name, "before": said[0] if len(said) > 1 else None, "after": said[-1]}
                    for name, said in write["slots"].items()
                ],
            }
            for write in writes
        ],
    }


def _change(said: list[Any]) -> dict[str, Any]:
    names = ("before", "after", "app", "record", "time", "rule")
    return dict(zip(names, said, strict=False))


def _show(run: dict[str, Any]) -> None:
    from syncer.report import of_app

    report = run["report"]
    told = {"run": run["run"], "sync": run["sync"], "kind": run["kind"], "status": _status(run)}
    told |= {"started": _minute(run["started"]), "written": run["written"]}
    told |= {"reason": run["reason"]} if run["reason"] else {}
    facts(told)
    if apps := report.get("apps"):
        columns = list(next(iter(apps.values())))
        tell()
        table(("app", *columns), [(app, *row.values()) for app, row in apps.items()])
    if run["status"] not in ("failed", "partial"):  # else they are the reason
        for app, error in (report.get("errors") or {}).items():
            tell(of_app(app, error))


def _what(
    changed: list[tuple[str, dict[str, Any]]],
    writes: list[dict[str, Any]],
    numbers: tuple[int, int],
    limit: int,
) -> None:
    """What a run changed and sent. `numbers`: the golden records and the writes, of which these may be the
    first."""
    from syncer.cli.reporting import value

    lines = [
        (who, field, value(c[0]), value(c[1]), *_origin(c)) for who, f in changed for field, c in f.items()
    ]
    title = f"What changed, in {counted(numbers[0], 'golden record', 'golden records')}"
    _part(title, ("who", "field", "before", "after", "from", "rule"), lines, limit, len(changed) < numbers[0])
    sent = [
        (f"{w['kind']} {w['app']}", w["record"] or "", name, value(said[-1]), w["outcome"], w["reason"])
        for w in writes
        for name, said in (w["slots"] or {"": [None]}).items()
    ]
    title = f"What was sent, in {counted(numbers[1], 'write', 'writes')}"
    columns = ("what", "record", "field", "value", "answer", "reason")
    _part(title, columns, sent, limit, len(writes) < numbers[1])


def _waiting(run: dict[str, Any], items: list[dict[str, Any]] | None, limit: int, config: Path) -> None:
    """The plan that waits under this run's id, and how to answer it."""
    from syncer.cli.reporting import answers, value

    if items is None and run["report"].get("held_run"):
        tell("\nIts plan does not wait for an answer any more.")
    if not items:
        return
    lines = []
    for item in items if limit == 0 else items[:limit]:
        what = (f"{item['kind']} {item['app']}", item["record"] or "(new)", item["name"] or item["who"])
        for change in item["changes"] or [{"field": "", "before": None, "after": None}]:
            lines.append((*what, change["field"], value(change["before"]), value(change["after"])))
            what = ("", "", "")
    tell()
    columns = ("what", "record", "who", "field", "before", "after")
    table(columns, lines, f"What waits for your answer: {counted(len(items), 'change', 'changes')}")
    if limit and len(items) > limit:
        tell(and_more(f"{len(items) - limit} changes"))
    tell()
    answers(run["sync"], run["run"], config)


def _status(run: dict[str, Any]) -> str:
    return STATUS_WORDS.get(run["status"], str(run["status"]))


def _origin(change: list[Any]) -> tuple[str, str]:
    return (change[2], change[5]) if len(change) > 5 else ("", "")


def _part(title: str, columns: tuple[str, ...], rows: list[tuple[Any, ...]], limit: int, more: bool) -> None:
    if rows:
        tell()
        table(columns, rows if limit == 0 else rows[:limit], title)
        if more or len(rows) > limit > 0:
            tell(and_more())


def _minute(time: str) -> str:
    return time[:19].replace("T", " ")
