"""The webhook calls that were taken: a print of each, and when (seconds since 1970), for as long as one could
be sent again."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from syncer.store.database import Database
from syncer.store.tables import HookCallRow


@dataclass(frozen=True, slots=True)
class HookCalls:
    """Call inside a transaction or a reading."""

    db: Database

    def since(self, at: float) -> list[tuple[str, float]]:
        """(print, when), oldest first."""
        rows = self.db.rows("SELECT print, at FROM hook_call WHERE at >= :at ORDER BY at, print", at=at)
        return [(str(row[0]), float(row[1])) for row in rows]

    def keep(self, calls: Iterable[tuple[str, float]], oldest: float) -> None:
        """Add these; what is older than `oldest` is forgotten."""
        self.db.upsert(HookCallRow, [{"print": print, "at": at} for print, at in calls])
        self.db.run("DELETE FROM hook_call WHERE at < :oldest", oldest=oldest)
