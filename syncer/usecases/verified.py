"""What the last full comparison of a sync came to, kept for those who ask how it stands: status, metrics and
alerts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import orjson

from syncer.core.drift import Finding
from syncer.store import codec
from syncer.store.database import Database
from syncer.store.history import History
from syncer.usecases.verifying import Verified


def last(history: History, name: str) -> dict[str, Any] | None:
    """`at`, `run`, and by app `drift` and `errors`. Call inside a reading."""
    kept = history.fact(f"verified:{name}")
    return None if kept is None else dict(orjson.loads(kept))


def keep(db: Database, now: datetime, name: str, found: Verified, drift: Sequence[Finding]) -> None:
    """`drift`: what there is of it by now. Of an app that was not read to the end nothing less is known than
    before."""
    by_app = Counter(f.app for f in drift)
    with db.transaction():
        before = (last(History(db), name) or {}).get("drift", {})
        kept = {
            "at": codec.iso(now),
            "run": found.run,
            "drift": {
                app: max(by_app[app], before.get(app, 0)) if checked.error else by_app[app]
                for app, checked in found.apps.items()
            },
            "errors": {app: checked.error for app, checked in found.apps.items() if checked.error},
        }
        History(db).keep_fact(f"verified:{name}", orjson.dumps(kept).decode())
