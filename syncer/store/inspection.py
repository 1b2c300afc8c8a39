"""Is a state sound? What the database says of itself, and what must hold between the tables."""

from __future__ import annotations

from typing import Any

from syncer.store import codec
from syncer.store.database import Database, chunks
from syncer.store.errors import StateError
from syncer.store.records import Records
from syncer.store.vault import Secrets, Vault

SHOWN = 5
_COUNTS = {
    "golden": "SELECT COUNT(*) FROM golden",
    "links": "SELECT COUNT(*) FROM link",
    "undecided": "SELECT COUNT(*) FROM observation",
    "in_flight": "SELECT COUNT(*) FROM outbox",
    "runs": "SELECT COUNT(*) FROM run",
    "conflicts": "SELECT COUNT(*) FROM conflict",
    "secrets": "SELECT COUNT(*) FROM meta WHERE name LIKE 'secret:%'",
}
# What no run ever leaves behind: the words, and a query that counts it.
_NEVER = {
    "links lead to golden records that are not there": (
        "SELECT COUNT(*) FROM link l LEFT JOIN golden g ON g.space = l.space AND g.id = l.golden"
        " WHERE g.id IS NULL"
    ),
    "golden records have two main records in one app": (
        "SELECT COUNT(*) FROM (SELECT 1 FROM link WHERE main AND state = 'live'"
        " GROUP BY space, golden, app HAVING COUNT(*) > 1) AS doubled"
    ),
    "writes in flight are of golden records that are not there": (
        "SELECT COUNT(*) FROM outbox o LEFT JOIN golden g ON g.space = o.space AND g.id = o.golden"
        " WHERE g.id IS NULL"
    ),
}


def counts(db: Database) -> dict[str, int]:
    """How much is in the state. Call inside a reading."""
    found: dict[str, Any] = {name: db.one(sql) for name, sql in _COUNTS.items()}
    return {name: int(row[0]) for name, row in found.items()}


def problems(db: Database, vault: Vault) -> list[str]:
    """Everything that is wrong, in words; nothing where the state is sound. Reads the whole state."""
    found = damage(db)
    if found:
        return found  # nothing that a damaged file says can be relied on
    with db.reading():
        for words, sql in _NEVER.items():
            row = db.one(sql)
            if row is not None and row[0]:
                found.append(f"{row[0]} {words}")
        found += _unreadable(db)
        found += _closed(db, vault)
    return found


def damage(db: Database) -> list[str]:
    """What the database itself finds wrong with its file. A server looks after its own files."""
    if not db.is_sqlite:
        return []
    try:
        with db.reading():
            rows = [str(row[0]) for row in db.rows(f"PRAGMA integrity_check({SHOWN})")]
    except StateError as error:
        return [str(error)]
    return [] if rows == ["ok"] else [f"the file is damaged: {'; '.join(rows)}"]


def _unreadable(db: Database) -> list[str]:
    """Rows whose content is not what this version writes."""
    found = []
    for (space,) in db.rows("SELECT DISTINCT space FROM golden ORDER BY space"):
        records = Records(db, space)
        for some in chunks(records.all_golden()):
            found += _failing(records, some)
    for ref, body in db.rows("SELECT ref, body FROM outbox ORDER BY ref"):
        try:
            codec.item(codec.loads(body))
        except (ValueError, KeyError, TypeError):
            found.append(f"the write in flight {ref} cannot be read")
    return found[:SHOWN] + ([f"and {len(found) - SHOWN} more of this kind"] if len(found) > SHOWN else [])


def _failing(records: Records, ids: list[str]) -> list[str]:
    try:
        records.units(ids)
    except (ValueError, KeyError, TypeError):
        if len(ids) == 1:
            return [f"the golden record {ids[0]} of {records.space}, or one of its links, cannot be read"]
        middle = len(ids) // 2
        return _failing(records, ids[:middle]) + _failing(records, ids[middle:])
    return []


def _closed(db: Database, vault: Vault) -> list[str]:
    found = []
    for name, kept in Secrets(db, vault).kept().items():
        try:
            vault.open(kept)
        except StateError as error:
            found.append(f"{name}: {error}")
    return found
