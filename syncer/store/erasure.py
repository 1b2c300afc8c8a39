"""Take a person out of the state: rows, journal, failures, saved plans, conflicts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from syncer.model import LinkKey
from syncer.store import codec
from syncer.store.database import Database

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
class Erasure:
    """Removes what one space knows of a person. Call inside a transaction."""

    db: Database
    space: str

    def addresses(self, keys: Sequence[LinkKey]) -> set[str]:
        """The folded addresses of these records."""
        found: set[str] = set()
        for app, id in keys:
            sql = "SELECT key FROM match_key WHERE space = :space AND app = :app AND id = :id"
            rows = self.db.rows(f"{sql} AND key LIKE '%@%'", space=self.space, app=app, id=id)
            found.update(row[0] for row in rows)
        return found

    def linked(self) -> list[tuple[str, str, str]]:
        """(app, record, golden id) of every link."""
        sql = "SELECT app, id, golden FROM link WHERE space = :space ORDER BY app, id"
        return [(row[0], row[1], row[2]) for row in self.db.rows(sql, space=self.space)]

    def wipe(self, goldens: Collection[str], keys: Collection[LinkKey]) -> Counter[str]:
        """Remove golden records (`goldens` holds former ids, too), and records with or without one. Returns
        how many rows of each kind went."""
        gone: Counter[str] = Counter()
        for what, sql in _OF_GOLDEN.items():
            gone[what] += self.db.run(sql, space=self.space, goldens=sorted(goldens))
        for app, id in keys:
            for what, sql in _OF_RECORD.items():
                gone[what] += self.db.run(sql, space=self.space, app=app, id=id)
        for golden in goldens:
            names = [f"{front}:{self.space}:{golden}" for front in ("alias", "joined")]
            self.db.run("DELETE FROM meta WHERE name IN :names", names=names)
        gone["conflict"] = self._redact_conflicts(goldens, keys)
        gone["plan"] = self._redact_plans(goldens)
        return gone

    def _redact_conflicts(self, goldens: Collection[str], keys: Collection[LinkKey]) -> int:
        """The rows keep their numbers, which the log's files go by; what they say is gone."""
        sql = (
            "UPDATE conflict SET golden = 'erased', winner = NULL, body = :body,"
            " status = CASE status WHEN 'held' THEN 'settled' ELSE status END WHERE space = :space AND"
        )
        body = codec.dumps({"candidates": [], "note": "erased"})
        number = self.db.run(f"{sql} golden IN :some", space=self.space, body=body, some=sorted(goldens))
        for key in keys:
            named = f"%,{codec.dumps(list(key))[1:-1]},%"
            number += self.db.run(f"{sql} body LIKE :named", space=self.space, body=body, named=named)
        return number

    def _redact_plans(self, goldens: Collection[str]) -> int:
        """Plans that are held, or were answered. One that has nothing else in it is moot."""
        number = 0
        for run, status, text in self.db.rows(
            "SELECT run, status, items FROM held WHERE space = :space ORDER BY run", space=self.space
        ):
            items = codec.loads(text)
            kept = [item for item in items if item["golden"] not in goldens]
            if len(kept) == len(items):
                continue
            number += len(items) - len(kept)
            self.db.run(
                "UPDATE held SET items = :items, status = :status WHERE space = :space AND run = :run",
                space=self.space,
                run=run,
                items=codec.dumps(kept),
                status=status if kept or status != "held" else "moot",
            )
        return number
