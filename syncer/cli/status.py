"""`syncer status`: how things stand, and what waits for a person."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from syncer.cli import gone_told
from syncer.cli.output import STATUS_WORDS, give, table, tell
from syncer.cli.session import CONFIG, AsJson, ConfigFile, SyncNames, chosen, hint, looking
from syncer.words import counted

SHOWN = 10
LONG = 300  # letters of a reason; `syncer show` tells all of it
WORDS = {"failed": "it failed: ", "partial": "left over: ", "interrupted": ""}


def status(names: SyncNames = None, as_json: AsJson = False, config: ConfigFile = CONFIG) -> None:
    """Show how each sync stands: the last run, what is held, doubtful matches, refused values."""
    with looking(config) as (known, history):
        from datetime import UTC, datetime

        from syncer.usecases import overview

        now = datetime.now(UTC)
        found = [overview.for_person(known, history, name, now) for name in chosen(known, names)]
        service = overview.service(history, now)
    if as_json:
        give(found)
        return
    for number, one in enumerate(found):
        if number:
            tell()
        show(one, config)
    if service:
        tell()
        tell(
            f"The service was last heard of at {_at(service['at'])}, and runs since {_at(service['since'])}."
        )
        if service["problem"]:
            tell(
                f"It works by the config of before, since the edited one cannot be used: {service['problem']}"
            )


def show(one: dict[str, Any], config: Path) -> None:
    last = one["last_run"]
    state = STATUS_WORDS.get(last["status"], last["status"]) if last else "never run"
    state = "paused" if one["paused"] else state
    tell(f"{one['sync']}: {state}, {counted(one['golden'], 'golden record', 'golden records')}")
    if last:
        tell(f"last run {last['run']} at {_at(last['started'])}, {last['written']} written")
        _why(last, config)
    if last and last["status"] not in ("done", "partial"):
        tell(f"last success: {_at(one['last_success']) if one['last_success'] else 'never'}")
    if one["next_run"]:
        tell(f"next run at {_at(one['next_run'])}")
    _verified(one, config)
    rows = [
        (
            app,
            said["linked"],
            _read(said),
            _lag(said["lag"]),
            said["account"] or "not asked yet",
            "paused" if said["paused"] else "",
        )
        for app, said in one["apps"].items()
    ]
    table(("app", "linked", "read", "lag", "account", ""), rows)
    _budgets(one["apps"])
    gone_told.in_status(one, config)
    for what, words in (
        ("undecided", ("record waits to be decided about", "records wait to be decided about")),
        (
            "unwritten",
            ("golden record has writes that are not done", "golden records have writes that are not done"),
        ),
        ("in_flight", ("write is in flight", "writes are in flight")),
    ):
        if one[what]:
            tell(counted(one[what], *words))
    if one["held"]:
        number = one["held"]["items"]
        tell(
            f"held: {counted(number, 'change', 'changes')}, because {one['held']['reason']}"
            if number
            else f"held: {one['held']['reason']}"
        )
        released = one["held"]["undone"] or one["held"]["account"]
        for answer in ("--approve",) if released else ("--approve", "--reject"):
            tell("  " + hint(f"sync {one['sync']} {answer} {one['held']['run']}", config))
    if one["held_conflicts"]:
        waiting = counted(one["held_conflicts"], "conflict waits", "conflicts wait")
        tell(f"{waiting} for you: {hint('conflicts list --held', config)}")
    _some(
        "Doubtful matches, for review",
        ("record", "resembles", "score", "why"),
        [
            (f"{r['app']}:{r['record']}", f"{r['other_app']}:{r['other_record']}", r["score"], r["reason"])
            for r in one["reviews"]
        ],
    )
    _some(
        "Values and creates that an app refused",
        ("record", "field", "why"),
        [(f"{r['app']}:{r['record']}", r["field"], r["reason"]) for r in one["refused"]],
    )


def _why(last: dict[str, Any], config: Path) -> None:
    """Why the last run did not end well, in its own words."""
    status, reason, run = last["status"], last["reason"], last["run"]
    if not reason or status not in WORDS:
        return
    tell(f"{WORDS[status]}{reason if len(reason) <= LONG else reason[: LONG - 3] + '...'}")
    if status != "interrupted":
        tell(f"  all of it: {hint(f'show {run}', config)}")


def _read(app: dict[str, Any]) -> str:
    if not app["complete"]:
        return "not to the end yet"
    return _at(app["read"]) if app["read"] else ""


def _at(time: str) -> str:
    return f"{time[:19].replace('T', ' ')} UTC"


def _lag(seconds: float | None) -> str:
    """How old what we know is, as people say it."""
    if seconds is None:
        return ""
    for length, unit in ((86_400, "d"), (3600, "h"), (60, "min")):
        if seconds >= 2 * length:
            return f"{seconds / length:.0f} {unit}"
    return f"{seconds:.0f} s"


def _verified(one: dict[str, Any], config: Path) -> None:
    """What the last full comparison found."""
    found = one["verified"]
    if found is None:
        return
    drift = sum(found["drift"].values())
    cure = hint(f"verify {one['sync']} --repair", config)
    values = counted(drift, "value had drifted", "values had drifted")
    told = f"{values}: {cure}" if drift else "nothing had drifted"
    unread = f"; not read to the end: {', '.join(found['errors'])}" if found["errors"] else ""
    tell(f"compared in full at {_at(found['at'])}: {told}{unread}")


def _budgets(apps: dict[str, Any]) -> None:
    """How often the apps were called, where a limit is kept."""
    rows = [
        (
            app,
            name,
            f"{rate['used']} of {rate['limit']} in {rate['window']:g} s" if rate["limit"] else "not known",
            rate["left"],
            rate["today"],
            rate["forecast"] if rate["forecast"] is not None else "",
            f"{rate['pause']:.0f} s" if rate["pause"] else "",
        )
        for app, said in apps.items()
        for name, rate in said["budget"].items()
    ]
    if rows:
        table(("app", "calls", "now", "left", "today", "by midnight UTC", "pause"), rows)


def _some(title: str, columns: tuple[str, ...], rows: list[tuple[Any, ...]]) -> None:
    if rows:
        tell()
        table(columns, rows[:SHOWN], f"{title}: {len(rows)}")
        if len(rows) > SHOWN:
            tell(f"... and {len(rows) - SHOWN} more; --json lists all.")
