"""Take a person out of the state: rows, journal, failures, saved plans, conflicts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from syncer.matching.outcome import golden_id
from syncer.model import Item, LinkKey
from syncer.store import codec
from syncer.store.database import Database
from syncer.store.joins import Joins
from syncer.store.keys import by_app
from syncer.store.records import Records

_OF_GOLDEN = {
    "golden": "DELETE FROM golden WHERE space = :space AND id IN :goldens",
    "link": "DELETE FROM link WHERE space = :space AND golden IN :goldens",
    "journal": "DELETE FROM journal WHERE space = :space AND golden IN :goldens",
    "writes": "DELETE FROM written WHERE space = :space AND golden IN :goldens",
    "outbox": "DELETE FROM outbox WHERE space = :space AND golden IN :goldens",
    "reference": "DELETE FROM reference WHERE space = :space AND golden IN :goldens",
    "touch": "DELETE FROM touch WHERE space = :space AND target IN :goldens",
}
_OF_RECORD = {
    "observation": "DELETE FROM observation WHERE space = :space AND app = :app AND id = :id",
    "match_key": "DELETE FROM match_key WHERE space = :space AND app = :app AND id = :id",
    "stub": "DELETE FROM stub WHERE space = :space AND app = :app AND id = :id",
    "review": "DELETE FROM review WHERE space = :space AND"
    " ((app = :app AND id = :id) OR (other_app = :app AND other_id = :id))",
    "decision": "DELETE FROM match_decision WHERE space = :space AND"
    " ((app = :app AND id = :id) OR (other_app = :app AND other_id = :id))",
    "writes": "DELETE FROM written WHERE space = :space AND app = :app AND record = :id",
}


@dataclass(frozen=True, slots=True)
class Scope:
    """All that belongs to some people.

    records  their records -> their golden record; None: no golden record has it yet
    goldens  their golden records under all ids, former ones too, and those that plans would make of records
             without one
    """

    records: Mapping[LinkKey, str | None]
    goldens: Collection[str]


@dataclass(frozen=True, slots=True)
class Erasure:
    """Removes what one space knows of a person. Call inside a transaction."""

    db: Database
    space: str

    def scope(self, keys: Collection[LinkKey]) -> Scope:
        """What belongs to the people behind these records: all records of each."""
        records, joins = Records(self.db, self.space), Joins(self.db, self.space)
        own = {g for app, ids in by_app(keys).items() for g in records.golden_of(app, ids).values()}
        found: dict[LinkKey, str | None] = dict.fromkeys(keys)
        found |= {key: golden for golden, theirs in records.keys_of(own).items() for key in theirs}
        to_be = [golden_id(self.space, key) for key, golden in found.items() if golden is None]
        ids = {id for golden in own for id in joins.aliases(golden)}
        return Scope(found, ids | ({*to_be} - joins.used(to_be)))

    def addresses(self, keys: Sequence[LinkKey]) -> set[str]:
        """The folded addresses of these records."""
        found: set[str] = set()
        for app, id in keys:
            sql = "SELECT key FROM match_key WHERE space = :space AND app = :app AND id = :id"
            rows = self.db.rows(f"{sql} AND key LIKE '%@%'", space=self.space, app=app, id=id)
            found.update(row[0] for row in rows)
        return found

    def known(self) -> dict[LinkKey, str | None]:
        """Every record that is linked or waits to be -> its golden record."""
        waiting = self.db.rows("SELECT app, id FROM observation WHERE space = :space", space=self.space)
        linked = self.db.rows("SELECT app, id, golden FROM link WHERE space = :space", space=self.space)
        return {(row[0], row[1]): None for row in waiting} | {(row[0], row[1]): row[2] for row in linked}

    def wipe(self, scope: Scope) -> Counter[str]:
        """Remove what belongs to people. Returns how many rows of each kind went."""
        gone: Counter[str] = Counter()
        for what, sql in _OF_GOLDEN.items():
            gone[what] += self.db.run(sql, space=self.space, goldens=sorted(scope.goldens))
        for app, id in scope.records:
            for what, sql in _OF_RECORD.items():
                gone[what] += self.db.run(sql, space=self.space, app=app, id=id)
        for golden in scope.goldens:
            names = [f"{front}:{self.space}:{golden}" for front in ("alias", "joined")]
            self.db.run("DELETE FROM meta WHERE name IN :names", names=names)
        gone["conflict"] = self._redact_conflicts(scope)
        gone["plan"] = self._redact_plans(scope)
        return gone

    def _redact_conflicts(self, scope: Scope) -> int:
        """The rows keep their numbers, which the log's files go by; what they say is gone."""
        sql = (
            "UPDATE conflict SET golden = 'erased', winner = NULL, body = :body,"
            " status = CASE status WHEN 'held' THEN 'settled' ELSE status END WHERE space = :space AND"
        )
        values = {"space": self.space, "body": codec.dumps({"candidates": [], "note": "erased"})}
        number = self.db.run(f"{sql} golden IN :some", some=sorted(scope.goldens), **values)
        return number + self.db.run(f"{sql} seq IN :some", some=self._naming(scope.records), **values)

    def _naming(self, keys: Iterable[LinkKey]) -> list[int]:
        """The conflicts with a candidate from one of these records."""
        found = set[int]()
        for app, id in keys:
            # Not LIKE: an id may hold its wildcards, and SQLite has it ignore case.
            sql = "SELECT seq, body FROM conflict WHERE space = :space AND body <> REPLACE(body, :named, '')"
            named = f",{codec.dumps([app, id])[1:-1]},"
            for seq, body in self.db.rows(sql, space=self.space, named=named):
                offered = map(codec.candidate, codec.loads(body)["candidates"])
                if any((c.app, c.record) == (app, id) for c in offered):
                    found.add(seq)
        return sorted(found)

    def _redact_plans(self, scope: Scope) -> int:
        """Plans that are held, or were answered. One that has nothing else in it is moot."""
        number = 0
        for run, status, text in self.db.rows(
            "SELECT run, status, items FROM held WHERE space = :space ORDER BY run", space=self.space
        ):
            items = [codec.item(body) for body in codec.loads(text)]
            kept = without(items, scope)
            if len(kept) == len(items):
                continue
            number += len(items) - len(kept)
            self.db.run(
                "UPDATE held SET items = :items, status = :status WHERE space = :space AND run = :run",
                space=self.space,
                run=run,
                items=codec.dumps([codec.item_body(item) for item in kept]),
                status=status if kept or status != "held" else "moot",
            )
        return number


def without(items: Sequence[Item], scope: Scope) -> list[Item]:
    """The items of a plan that hold nothing of these people. A record that a plan would link has lent its
    values to all items of that golden record."""
    goldens = {*scope.goldens, *(i.golden for i in items if (i.app, i.record) in scope.records)}
    return [item for item in items if item.golden not in goldens]
