"""Match keys of one space: by which a record may be found again, and who holds the same."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from syncer.model import LinkKey
from syncer.store.database import Database, chunks
from syncer.store.tables import KeyRow

Key = tuple[str, str, str, str]  # (kind, key, app, record id)


@dataclass(frozen=True, slots=True)
class Keys:
    """Queries on the keys of one space. Call inside a transaction or a reading."""

    db: Database
    space: str

    def save(self, records: Iterable[LinkKey], keys: Iterable[Key]) -> None:
        """Replace the keys of these records."""
        self.drop(records)
        self.db.upsert(
            KeyRow,
            [
                {"space": self.space, "kind": kind, "key": key, "app": app, "id": id}
                for kind, key, app, id in keys
            ],
        )

    def drop(self, records: Iterable[LinkKey]) -> None:
        sql = "DELETE FROM match_key WHERE space = :space AND app = :app AND id IN :ids"
        for app, ids in by_app(records).items():
            for some in chunks(ids):
                self.db.run(sql, space=self.space, app=app, ids=some)

    def by_record(self, records: Iterable[LinkKey]) -> dict[LinkKey, list[tuple[str, str]]]:
        """(kind, key) rows of these records, in any order; records without any are there too."""
        found: dict[LinkKey, list[tuple[str, str]]] = {key: [] for key in records}
        for app, ids in by_app(found).items():
            for some in chunks(ids):
                sql = "SELECT id, kind, key FROM match_key WHERE space = :space AND app = :app AND id IN :ids"
                for row in self.db.rows(sql, space=self.space, app=app, ids=some):
                    found[app, row[0]].append((row[1], row[2]))
        return found

    def ids(self, app: str) -> list[str]:
        """All records of an app that have a key, in order."""
        sql = "SELECT DISTINCT id FROM match_key WHERE space = :space AND app = :app ORDER BY id"
        return [str(row[0]) for row in self.db.rows(sql, space=self.space, app=app)]

    def of(self, app: str, ids: Sequence[str]) -> list[tuple[str, str | None, str, str]]:
        """(record id, golden id, kind, key) of known records, in any order."""
        found = []
        for some in chunks(ids):
            found += [
                (row[0], row[1], row[2], row[3])
                for row in self.db.rows(
                    "SELECT k.id, l.golden, k.kind, k.key FROM match_key k LEFT JOIN link l"
                    " ON l.space = k.space AND l.app = k.app AND l.id = k.id"
                    " WHERE k.space = :space AND k.app = :app AND k.id IN :ids",
                    space=self.space,
                    app=app,
                    ids=some,
                )
            ]
        return found

    def holders(self, kind: str, keys: Collection[str]) -> list[tuple[str, str, str, str | None, str | None]]:
        """(key, app, record id, golden id or None, link state or None) of all records that hold one of these
        keys."""
        found = []
        for some in chunks(sorted(keys)):
            found += [
                (row[0], row[1], row[2], row[3], row[4])
                for row in self.db.rows(
                    "SELECT k.key, k.app, k.id, l.golden, l.state FROM match_key k LEFT JOIN link l"
                    " ON l.space = k.space AND l.app = k.app AND l.id = k.id"
                    " WHERE k.space = :space AND k.kind = :kind AND k.key IN :keys"
                    " ORDER BY k.key, k.app, k.id",
                    space=self.space,
                    kind=kind,
                    keys=some,
                )
            ]
        return found

    def sharing(self, kinds: Sequence[str], records: Iterable[LinkKey]) -> list[tuple[LinkKey, LinkKey]]:
        """(one of these, a record of another app that holds the same key of one of these kinds), in order."""
        found = []
        for app, ids in by_app(records).items():
            for some in chunks(sorted(ids)):
                rows = self.db.rows(
                    "SELECT DISTINCT a.id, b.app, b.id FROM match_key a JOIN match_key b ON b.space = a.space"
                    " AND b.kind = a.kind AND b.key = a.key AND b.app <> a.app"
                    " WHERE a.space = :space AND a.app = :app AND a.id IN :ids AND a.kind IN :kinds"
                    " ORDER BY a.id, b.app, b.id",
                    space=self.space,
                    app=app,
                    ids=some,
                    kinds=list(kinds),
                )
                found += [((app, row[0]), (row[1], row[2])) for row in rows]
        return found


def by_app(records: Iterable[LinkKey]) -> dict[str, list[str]]:
    """Record ids of each app."""
    found: dict[str, list[str]] = {}
    for app, id in records:
        found.setdefault(app, []).append(id)
    return found
