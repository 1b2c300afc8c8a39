"""How things stand: what `syncer status`, the metrics and the alerts are made of. Reads the state alone."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import orjson

from syncer.config.files import Config
from syncer.store import budget, turns
from syncer.store.conflicts import Conflicts
from syncer.store.history import History
from syncer.store.ledger import HeldPlan, Ledger
from syncer.store.records import Records
from syncer.usecases import runs, verified
from syncer.usecases.gone import gone_in
from syncer.wiring.connections import account_key

LAST_RUN = ("run", "started", "status", "written", "reason")
DAY = 86_400.0
EARLY = 0.05  # of a day; before, what was used says little of what will be


def for_person(config: Config, history: History, name: str, now: datetime) -> dict[str, Any]:
    """The documented keys of `status --json`, for one sync: also what takes a look at golden records, which
    is not done for every scrape. Call inside a reading."""
    found = of_sync(config, history, name, now)
    for app, number in gone_in(history.db, name, found["apps"]).items():
        found["apps"][app]["gone"] = number
    return found


def of_sync(config: Config, history: History, name: str, now: datetime) -> dict[str, Any]:
    """How one sync stands. Call inside a reading."""
    ledger, linked = Ledger(history.db, name), Records(history.db, name).linked_counts()
    latest, held = history.runs(1, name), ledger.held()
    last = next(iter(runs.told(history, latest, now)), None)
    accounts = latest[0]["report"].get("accounts") if latest else None
    return {
        "sync": name,
        "object": config.syncs[name].object,
        "paused": history.paused(name),
        "golden": history.people(name),
        "last_run": {key: last[key] for key in LAST_RUN} if last is not None else None,
        "last_success": history.last_success(name),
        "next_run": service(history, now).get("next", {}).get(f"sync:{name}"),
        "held": _held(ledger, held) if held else _other_account(last, accounts),
        "apps": {app: _app(config, history, ledger, app, linked, now) for app in config.syncs[name].apps},
        "verified": verified.last(history, name),
        "held_conflicts": Conflicts(history.db).held(name),
        "reviews": history.reviews(name),
        "refused": history.refused(name),
        **history.waiting(name),
    }


def service(history: History, now: datetime) -> dict[str, Any]:
    """What the service last said of itself: `since`, `at`, `next` (job -> time), `listen`, `problem`; empty
    where none runs. Call inside a reading."""
    kept = history.fact("service")
    if kept is None or not turns.service_lives(history.db, now, lambda holder: True):
        return {}
    return dict(orjson.loads(kept))


def _held(ledger: Ledger, held: HeldPlan) -> dict[str, Any]:
    undone = ledger.kind_of(held.run) == "undo"
    told = {"run": held.run, "reason": held.reason, "items": len(held.items)}
    return {**told, "undone": undone, "account": False}


def _other_account(last: Mapping[str, Any] | None, accounts: object) -> dict[str, Any] | None:
    """A run that was held before it had a plan: behind the name of an app there is another account."""
    if last is None or last["status"] != "held" or not accounts:
        return None
    return {"run": last["run"], "reason": last["reason"], "items": 0, "undone": False, "account": True}


def _app(
    config: Config, history: History, ledger: Ledger, app: str, linked: Mapping[str, int], now: datetime
) -> dict[str, Any]:
    reader = ledger.reader(app)
    read = reader["pulled_at"]
    return {
        "account": reader["account"],
        "linked": linked.get(app, 0),
        "read": read,
        "lag": max(0.0, round((now - datetime.fromisoformat(read)).total_seconds(), 1)) if read else None,
        "complete": reader["complete_at"] is not None,
        "paused": bool(reader["paused"]),
        "budget": {
            rate: {**state, **_ahead(state, now)}
            for rate, state in budget.states(
                history.db, account_key(config.apps[app]), now.timestamp()
            ).items()
        },
    }


def _ahead(state: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    """What is left of a limit now, and the calls of this day if it goes on like this (None: too early)."""
    passed = now.timestamp() % DAY / DAY
    forecast = round(state["today"] / passed) if passed >= EARLY else None
    return {"left": max(0, state["limit"] - state["used"]), "forecast": forecast}
