"""What people decided about pairs of records, and the weights that records are matched by."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from hashlib import blake2b
from typing import TYPE_CHECKING, Literal

from syncer.forgotten import ERASED
from syncer.model import LinkKey
from syncer.store import codec
from syncer.store.database import Database, chunks
from syncer.store.tables import MatchDecisionRow, Meta, ReviewRow

if TYPE_CHECKING:
    from syncer.matching.weights import Weights

Verdict = Literal["together", "never"]
Pair = tuple[LinkKey, LinkKey]


Learnt = tuple[int, "Weights"]  # from how many records, and the weights
_kept: dict[str, tuple[str, Learnt]] = {}  # by space: the mark of the text, and what it says


@lru_cache(maxsize=4)  # large as the vocabulary of all names, and the same for months
def _learnt(text: str) -> Learnt:
    from syncer.matching.weights import from_json

    body = codec.loads(text)
    return body["records"], from_json(body["weights"])


@dataclass(frozen=True, slots=True)
class Decisions:
    """Queries on the decisions of one space. Call inside a transaction or a reading."""

    db: Database
    space: str

    def pairs(self) -> tuple[list[Pair], list[Pair]]:
        """Those that are one person, and those that never are."""
        rows = self.db.rows(
            "SELECT app, id, other_app, other_id, verdict FROM match_decision WHERE space = :space"
            " ORDER BY app, id, other_app, other_id",
            space=self.space,
        )
        found: dict[str, list[Pair]] = {"together": [], "never": []}
        for row in rows:
            found[row[4]].append(((row[0], row[1]), (row[2], row[3])))
        return found["together"], found["never"]

    def decide(self, one: LinkKey, other: LinkKey, verdict: Verdict, at: datetime) -> None:
        """Remember a decision; an earlier one about this pair is replaced."""
        a, b = sorted((one, other))
        row = {"space": self.space, "app": a[0], "id": a[1], "other_app": b[0], "other_id": b[1]}
        self.db.upsert(MatchDecisionRow, [{**row, "verdict": verdict, "at": codec.iso(at)}])

    def forget(self, one: LinkKey, other: LinkKey) -> bool:
        """Whether there was a decision to take back."""
        a, b = sorted((one, other))
        sql = (
            "DELETE FROM match_decision WHERE space = :space AND app = :app AND id = :id"
            " AND other_app = :other_app AND other_id = :other_id"
        )
        return self.db.run(sql, space=self.space, app=a[0], id=a[1], other_app=b[0], other_id=b[1]) > 0

    def close(self, record: LinkKey, verdict: Verdict) -> None:
        """A person answered the review of this record."""
        status = "accepted" if verdict == "together" else "rejected"
        sql = "UPDATE review SET status = :status WHERE space = :space AND app = :app AND id = :id"
        self.db.run(sql, space=self.space, app=record[0], id=record[1], status=status)

    def drop_answered(self, record: LinkKey) -> None:
        """So that its question may be asked anew."""
        sql = "DELETE FROM review WHERE space = :space AND app = :app AND id = :id AND status <> 'open'"
        self.db.run(sql, space=self.space, app=record[0], id=record[1])

    def welcome(self, app: str, ids: Sequence[str]) -> set[str]:
        """Records of forgotten people that a person let in again."""
        return {id for id, status in self.resembling_erased(app, ids).items() if status == "accepted"}

    def ask_about_erased(self, app: str, days: Mapping[str, str]) -> None:
        """Records (id -> day) with the address or id of somebody who was forgotten wait for a person."""
        known = self.resembling_erased(app, list(days))
        row = {
            "space": self.space,
            "app": app,
            "other_app": ERASED,
            "run": "",
            "score": 1.0,
            "status": "open",
        }
        self.db.upsert(
            ReviewRow,
            [
                {**row, "id": id, "other_id": day, "reason": f"erased on {day}"}
                for id, day in days.items()
                if id not in known
            ],
        )

    def resembling_erased(self, app: str, ids: Sequence[str]) -> dict[str, str]:
        """Record -> status of its review, of those that resemble somebody forgotten."""
        sql = (
            "SELECT id, status FROM review WHERE space = :space AND app = :app AND other_app = :erased"
            " AND id IN :ids"
        )
        rows = [
            row
            for some in chunks(ids)
            for row in self.db.rows(sql, space=self.space, app=app, ids=some, erased=ERASED)
        ]
        return {row[0]: row[1] for row in rows}

    def weights(self, records: int) -> Weights | None:
        """The weights in force; None where none were learnt, or from fewer records than there are now."""
        known = self._learnt()
        return None if known is None or known[0] < records else known[1]

    def replace_weights(self, weights: Weights) -> None:
        """Of those in force, which were learnt from as many records."""
        known = self._learnt()
        self.save_weights(weights, known[0] if known else 0)

    def save_weights(self, weights: Weights, records: int) -> None:
        from syncer.matching.weights import as_json

        text = codec.dumps({"records": records, "weights": as_json(weights)})
        mark = blake2b(text.encode(), digest_size=16).hexdigest()
        rows = {f"weights:{self.space}": text, f"weights-mark:{self.space}": mark}
        self.db.upsert(Meta, [{"name": name, "value": value} for name, value in rows.items()])

    def _learnt(self) -> Learnt | None:
        """The text is megabytes: while its mark is the same it is not even fetched."""
        mark, known = self._meta("weights-mark"), _kept.get(self.space)
        if known and known[0] == mark:
            return known[1]
        text = self._meta("weights")
        found = None if text is None else _learnt(text)
        if mark and found:
            _kept[self.space] = mark, found
        return found

    def _meta(self, name: str) -> str | None:
        row = self.db.one("SELECT value FROM meta WHERE name = :name", name=f"{name}:{self.space}")
        return str(row[0]) if row else None
