"""The rolling verification: each sync is compared in full from time to time, where the budgets allow it."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from typing import Any, Final

from syncer.running.runner import Runner
from syncer.store import budget
from syncer.usecases.verified import keep
from syncer.usecases.verifying import Verified, Verifying
from syncer.wiring.connections import account_key

LONG: Final = 3600.0  # seconds; limits over shorter windows are kept by waiting
SPARE: Final = 0.5  # a full comparison waits while more than this share of a long limit is used


def affordable(states: Iterable[Mapping[str, Any]]) -> bool:
    """Whether enough is left of the limits that last long. Pure."""
    return all(s["used"] <= SPARE * s["limit"] for s in states if s["window"] >= LONG)


def can_afford(runner: Runner, name: str) -> bool:
    keys = [account_key(runner.config.apps[app]) for app in runner.config.syncs[name].apps]
    with runner.db.reading():
        states = [budget.states(runner.db, key, time.time()) for key in keys]
    return affordable(state for classes in states for state in classes.values())


def verify(runner: Runner, name: str) -> Verified:
    """Compare one sync in full, and remember what it came to. Raises `Busy`, `AppError`."""
    found = Verifying(runner.wiring.sync(name), runner.db, runner.ports).run()
    keep(runner.db, runner.ports.now(), name, found, found.drift)
    return found
