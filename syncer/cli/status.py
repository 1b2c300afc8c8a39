"""`syncer status`: how things stand, and what waits for a person."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from syncer.cli.output import give, table, tell
from syncer.cli.session import CONFIG, AsJson, ConfigFile, SyncNames, chosen, hint, looking

if TYPE_CHECKING:
    from syncer.config import Config
    from syncer.store.history import History

SHOWN = 10


def status(names: SyncNames = None, as_json: AsJson = False, config: ConfigFile = CONFIG) -> None:
    """Show how each sync stands: the last run, what is held, doubtful matches, refused values."""
    with looking(config) as (known, history):
        found = [as_object(known, history, name) for name in chosen(known, names)]
    if as_json:
        give(found)
        return
    for number, one in enumerate(found):
        if number:
            tell()
        show(one, config)


def as_object(config: Config, history: History, name: str) -> dict[str, Any]:
    """The documented keys of `status --json`, for one sync."""
    import time

    from syncer.store import budget
    from syncer.store.conflicts import Conflicts
    from syncer.store.ledger import Ledger
    from syncer.store.records import Records
    from syncer.wire import account_key

    ledger, linked = Ledger(history.db, name), Records(history.db, name).linked_counts()
    runs, held = history.runs(1, name), ledger.held()
    apps = {}
    for app in config.syncs[name].apps:
        reader = ledger.reader(app)
        apps[app] = {
            "account": reader["account"],
            "linked": linked.get(app, 0),
            "read": reader["pulled_at"],
            "complete": reader["complete_at"] is not None,
            "paused": bool(reader["paused"]),
            "budget": budget.states(history.db, account_key(config.apps[app]), time.time()),
        }
    last = {key: runs[0][key] for key in ("run", "started", "status", "written")} if runs else None
    return {
        "sync": name,
        "object": config.syncs[name].object,
        "paused": history.fact(f"paused:{name}") is not None,
        "golden": history.people(name),
        "last_run": last,
        "held": {"run": held[0], "reason": held[1], "items": len(held[2])} if held else None,
        "apps": apps,
        "held_conflicts": Conflicts(history.db).held(name),
        "reviews": history.reviews(name),
        "refused": history.refused(name),
        **history.waiting(name),
    }


def show(one: dict[str, Any], config: Path) -> None:
    last = one["last_run"]
    state = "paused" if one["paused"] else last["status"] if last else "never run"
    tell(f"{one['sync']}: {state}, {one['golden']} golden records")
    if last:
        when = last["started"][:19].replace("T", " ")
        tell(f"last run {last['run']} at {when} UTC, {last['written']} written")
    rows = [
        (
            app,
            said["linked"],
            _read(said),
            said["account"] or "not asked yet",
            "paused" if said["paused"] else "",
        )
        for app, said in one["apps"].items()
    ]
    table(("app", "linked", "read", "account", ""), rows)
    _budgets(one["apps"])
    for what, words in (
        ("undecided", "records wait to be decided about"),
        ("unwritten", "golden records have writes that are not done"),
        ("in_flight", "writes are in flight"),
    ):
        if one[what]:
            tell(f"{one[what]} {words}")
    if one["held"]:
        number = one["held"]["items"]
        tell(
            f"held: {number} changes, because {one['held']['reason']}"
            if number
            else f"held: {one['held']['reason']}"
        )
        for answer in ("--approve", "--reject") if number else ("--approve",):
            tell("  " + hint(f"sync {one['sync']} {answer} {one['held']['run']}", config))
    if one["held_conflicts"]:
        tell(f"{one['held_conflicts']} conflicts wait for you: {hint('conflicts list --held', config)}")
    _some(
        "Doubtful matches, for review",
        ("record", "resembles", "score", "why"),
        [
            (f"{r['app']}:{r['record']}", f"{r['other_app']}:{r['other_record']}", r["score"], r["reason"])
            for r in one["reviews"]
        ],
    )
    _some(
        "Values that an app refused",
        ("record", "field", "why"),
        [(f"{r['app']}:{r['record']}", r["field"], r["reason"]) for r in one["refused"]],
    )


def _read(app: dict[str, Any]) -> str:
    if not app["complete"]:
        return "not to the end yet"
    return str(app["read"] or "")[:19].replace("T", " ")


def _budgets(apps: dict[str, Any]) -> None:
    """How often the apps were called, where a limit is kept."""
    rows = [
        (
            app,
            name,
            f"{rate['used']} of {rate['limit']} in {rate['window']:g} s",
            rate["today"],
            f"{rate['pause']:.0f} s" if rate["pause"] else "",
        )
        for app, said in apps.items()
        for name, rate in said["budget"].items()
    ]
    if rows:
        table(("app", "calls", "now", "today", "pause"), rows)


def _some(title: str, columns: tuple[str, ...], rows: list[tuple[Any, ...]]) -> None:
    if rows:
        tell()
        table(columns, rows[:SHOWN], f"{title}: {len(rows)}")
        if len(rows) > SHOWN:
            tell(f"... and {len(rows) - SHOWN} more; --json lists all.")
