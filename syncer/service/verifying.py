"""The rolling verification: each sync is compared in full from time to time, where the budgets allow it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final

from syncer.core.drift import Finding
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


def verify(runner: Runner, name: str, bring: Callable[[], object]) -> tuple[Verified, int]:
    """Compare one sync in full, and remember what it came to. `bring` is called where something differs: a
    run, which brings what was only edited since the last one. Returns also how much is left after it.
    Raises `Busy`, `AppError`."""
    verifying = Verifying(runner.wiring.sync(name), runner.db, runner.ports)
    found = verifying.run()
    drift: Sequence[Finding] = found.drift
    if drift:
        bring()
        drift = verifying.left(drift)
    keep(runner.db, runner.ports.now(), name, found, drift)
    return found, len(drift)
