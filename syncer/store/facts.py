"""Facts (rows of `meta`) whose names begin alike. By a range of names, not by LIKE: in that `_` and `%` of a
sync's or an app's name are wildcards, and SQLite takes no notice of case."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from syncer.store.database import Database


def begins(front: str) -> dict[str, str]:
    """The values of `name >= :front AND name < :behind`: of names that begin with `front` (not blank)."""
    return {"front": front, "behind": front[:-1] + chr(ord(front[-1]) + 1)}


def facts(db: Database, front: str) -> dict[str, str]:
    """What comes in a name after `front` -> the value, in the order of names. Call inside a transaction or a
    reading."""
    sql = "SELECT name, value FROM meta WHERE name >= :front AND name < :behind ORDER BY name"
    rows = db.rows(sql, **begins(front))
    return {row[0].removeprefix(front): str(row[1]) for row in rows}
