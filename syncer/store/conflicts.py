"""The conflict table: what was chosen and why, entry by entry, in the order of `seq`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from typing import Any

from conflicts.log import Entry
from syncer.store import codec
from syncer.store.database import Database

_PORTION = 2_000
HELD = "held"
_ENTRY = (
    "SELECT seq, at, run, space, golden, field, kind, rule, winner, winner_app, status, body FROM conflict"
)


@dataclass(frozen=True, slots=True)
class Sought:
    """Which entries are meant; what is None or empty is not asked. `app` is one of the candidates'; `before`
    and `since` say when the choice was logged."""

    sync: str | None = None
    kinds: tuple[str, ...] = ()
    status: str | None = None
    run: str | None = None
    field: str | None = None
    rule: str | None = None
    app: str | None = None
    before: datetime | None = None
    since: datetime | None = None

    def condition(self) -> tuple[str, dict[str, Any]]:
        """As SQL with its values; the app is not in it: it stands inside the body."""
        same = {"space": self.sync, "run": self.run, "field": self.field, "rule": self.rule}
        if self.status != HELD:
            same["status"] = self.status
        values: dict[str, Any] = {name: value for name, value in same.items() if value is not None}
        said = [f"{name} = :{name}" for name in values]
        if self.status == HELD:  # as a literal: those few have an index of their own
            said.append(f"status = '{HELD}'")
        more = (
            ("kind IN :kinds", "kinds", list(self.kinds) or None),
            ("at < :before", "before", codec.iso(self.before) if self.before else None),
            ("at >= :since", "since", codec.iso(self.since) if self.since else None),
        )
        for sql, name, value in more:
            if value is not None:
                said.append(sql)
                values[name] = value
        return " AND ".join(said) or "1 = 1", values


@dataclass(frozen=True, slots=True)
class Conflicts:
    """Queries on the entries of all syncs; `objects`: sync -> what it keeps. Call inside a transaction or a
    reading."""

    db: Database
    objects: Mapping[str, str] = field(default_factory=dict)

    def newest(self, most: int, sought: Sought) -> list[Entry]:
        """The newest of these entries, newest first."""
        found: list[Entry] = []
        for entry in self._backwards(sought, most if sought.app is None else _PORTION):
            found.append(entry)
            if len(found) == most:
                break
        return found

    def after(self, seq: int, sought: Sought) -> list[Entry]:
        """These entries beyond `seq`, oldest first, at most a portion; none where there are no more."""
        return list(islice(self.each_after(seq, sought), _PORTION))

    def each_after(self, seq: int, sought: Sought) -> Iterator[Entry]:
        """All these entries beyond `seq`, oldest first, read a portion at a time."""
        condition, values = sought.condition()
        sql = f"{_ENTRY} WHERE {condition} AND seq > :beyond ORDER BY seq LIMIT :portion"
        while rows := self.db.rows(sql, beyond=seq, portion=_PORTION, **values):
            seq = rows[-1][0]
            yield from (e for row in rows if _has(e := self._entry(row), sought.app))

    def entry(self, seq: int) -> Entry | None:
        row = self.db.one(f"{_ENTRY} WHERE seq = :seq", seq=seq)
        return self._entry(row) if row else None

    def of_golden(self, sync: str, golden: str) -> list[Entry]:
        """All choices that were logged for a golden record, oldest first."""
        return self.of_goldens(sync, [golden])

    def of_goldens(self, sync: str, goldens: Sequence[str]) -> list[Entry]:
        """The same of several, as many as a statement may name."""
        sql = f"{_ENTRY} WHERE space = :space AND golden IN :goldens ORDER BY seq"
        return [self._entry(row) for row in self.db.rows(sql, space=sync, goldens=goldens)]

    def open_one(self, sync: str, golden: str, field: str) -> Entry | None:
        """The entry under which a field waits for a person, if it does."""
        sql = f"{_ENTRY} WHERE space = :space AND golden = :golden AND field = :field AND status = 'held'"
        row = self.db.one(f"{sql} ORDER BY seq DESC", space=sync, golden=golden, field=field)
        return self._entry(row) if row else None

    def last(self, sync: str | None = None) -> int:
        """The number of the latest entry; 0 where there is none."""
        found = self.newest(1, Sought(sync))
        return found[0].seq if found else 0

    def held(self, sync: str) -> int:
        """How many wait for a person."""
        sql = "SELECT COUNT(*) FROM conflict WHERE space = :space AND status = 'held'"
        row = self.db.one(sql, space=sync)
        return int(row[0]) if row else 0

    def held_fields(self, sync: str) -> set[str]:
        """The fields in which something waits for a person."""
        sql = "SELECT DISTINCT field FROM conflict WHERE space = :space AND status = 'held'"
        return {str(row[0]) for row in self.db.rows(sql, space=sync)}

    def close_fields(self, sync: str, fields: Sequence[str]) -> set[str]:
        """Close what waits for a person in these fields; the golden records concerned."""
        where = "space = :space AND status = 'held' AND field IN :fields"
        rows = self.db.rows(f"SELECT golden FROM conflict WHERE {where}", space=sync, fields=fields)  # noqa: S608
        found = {str(row[0]) for row in rows}
        self.db.run(f"UPDATE conflict SET status = 'settled' WHERE {where}", space=sync, fields=fields)  # noqa: S608
        return found

    def rename_field(self, sync: str, was: str, now: str) -> None:
        """What waits for a person in a field goes by its present name; what is decided is history."""
        sql = "UPDATE conflict SET field = :now WHERE space = :space AND status = 'held' AND field = :was"
        self.db.run(sql, space=sync, was=was, now=now)

    def forget(self, sync: str, before: datetime) -> int:
        """Drop entries that are older; those that wait for a person stay."""
        sql = "DELETE FROM conflict WHERE space = :space AND at < :before AND status <> 'held'"
        return self.db.run(sql, space=sync, before=codec.iso(before))

    def _backwards(self, sought: Sought, portion: int) -> Iterator[Entry]:
        condition, values = sought.condition()
        sql = f"{_ENTRY} WHERE {condition} AND seq < :below ORDER BY seq DESC LIMIT :portion"
        below = 2**62
        while rows := self.db.rows(sql, below=below, portion=portion, **values):
            below = rows[-1][0]
            yield from (e for row in rows if _has(e := self._entry(row), sought.app))

    def _entry(self, row: Any) -> Entry:
        body = codec.loads(row[11])
        return Entry(
            seq=row[0],
            time=datetime.fromisoformat(row[1]),
            run=row[2],
            sync=row[3],
            object=self.objects.get(row[3], ""),
            who=row[4],
            field=row[5],
            kind=row[6],
            candidates=[codec.candidate(c) for c in body["candidates"]],
            rule=row[7],
            winner=codec.loads(row[8]) if row[8] is not None else None,
            winner_app=row[9],
            status=row[10],
            note=body["note"],
        )


def _has(entry: Entry, app: str | None) -> bool:
    return app is None or any(c.app == app for c in entry.candidates)
