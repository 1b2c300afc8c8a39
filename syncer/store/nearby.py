"""Linked records that share a key with new ones: by which, and what they are recognised by."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from syncer.model import LinkKey
from syncer.store.database import Database

PORTION = 60  # keys looked up at once
CROWD = 40  # holders of a key that are looked at: what more of them share says little
_HOLDERS = (
    "SELECT app, id FROM (SELECT k.app, k.id FROM match_key k JOIN link l"
    " ON l.space = k.space AND l.app = k.app AND l.id = k.id WHERE k.space = :space"
    " AND k.kind = :kind{n} AND k.key BETWEEN :low{n} AND :high{n}"
    " ORDER BY k.key, k.app, k.id LIMIT :most) AS p{n}"
)
_KNOWN = (
    "SELECT k.app, k.id, l.golden, l.state, o.state, k.kind, k.key FROM ({holders}) AS n"
    " JOIN link l ON l.space = :space AND l.app = n.app AND l.id = n.id"
    " JOIN match_key k ON k.space = :space AND k.app = n.app AND k.id = n.id"
    " LEFT JOIN observation o ON o.space = :space AND o.app = n.app AND o.id = n.id"
)


@dataclass(frozen=True, slots=True)
class Known:
    """A linked record: (kind, key) rows of the index. `away`: not there any more, as far as was read."""

    golden: str
    away: bool
    keys: list[tuple[str, str]] = field(default_factory=list)


def known_near(
    db: Database, space: str, wanted: Collection[tuple[str, str]], beginning: Collection[tuple[str, str]]
) -> dict[LinkKey, Known]:
    """Linked records that hold one of these (kind, key), or one that begins so; of what a crowd holds, some.
    Call inside a transaction or a reading."""
    ranges = [(kind, key, key) for kind, key in sorted(wanted)]
    ranges += [(kind, key, f"{key}\uffff") for kind, key in sorted(beginning)]
    found: dict[LinkKey, Known] = {}
    for at in range(0, len(ranges), PORTION):
        there = set(found)
        for app, id, golden, state, seen, kind, key in _rows(db, space, ranges[at : at + PORTION]):
            if (app, id) in there:
                continue
            if (app, id) not in found:
                away = seen in ("archived", "deleted", "merged") or (state == "gone" and seen is None)
                found[app, id] = Known(golden, away)
            found[app, id].keys.append((kind, key))
    return found


def _rows(db: Database, space: str, ranges: Sequence[tuple[str, str, str]]) -> list[Sequence[str]]:
    holders = " UNION ".join(_HOLDERS.format(n=n) for n in range(len(ranges)))
    values = {
        f"{name}{n}": value
        for n, parts in enumerate(ranges)
        for name, value in zip(("kind", "low", "high"), parts, strict=True)
    }
    return db.rows(_KNOWN.format(holders=holders), space=space, most=CROWD, **values)
