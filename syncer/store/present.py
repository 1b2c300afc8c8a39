"""What a state that is put back takes over from the one in its place, since it is about now: who is left
alone, which secrets the apps take, where plans lie in files, which calls were made, what people were told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlmodel import SQLModel

from syncer.store.database import Database
from syncer.store.facts import facts
from syncer.store.history import ALERTS, PAUSED, PLAN_FILE, TRACES
from syncer.store.ledger import Ledger
from syncer.store.tables import HookCallRow, Meta, RateRow, TokenRow
from syncer.store.vault import PREFIX

FRONTS: Final = (PAUSED, PREFIX, PLAN_FILE, ALERTS, TRACES)
TABLES: Final[Sequence[type[SQLModel]]] = (RateRow, TokenRow, HookCallRow)


@dataclass(frozen=True, slots=True)
class Present:
    """`paused`: (sync, app) -> whether it is, of all that this state knows."""

    facts: Mapping[str, str]
    rows: Mapping[type[SQLModel], list[dict[str, Any]]]
    paused: Mapping[tuple[str, str], bool]


def of(db: Database) -> Present:
    """Of the state as it is now. Call inside a transaction."""
    paused = db.rows("SELECT space, app, paused FROM reader ORDER BY space, app")
    return Present(
        {front + name: value for front in FRONTS for name, value in facts(db, front).items()},
        {model: [row for some in db.each(model) for row in some] for model in TABLES},
        {(space, app): bool(is_paused) for space, app, is_paused in paused},
    )


def put_back(db: Database, present: Present) -> None:
    """Into what was put in its place. What only that knows of stays: a new state knows nothing yet."""
    known = sorted({PAUSED + space for space, _ in present.paused})
    db.run("DELETE FROM meta WHERE name IN :known", known=known)
    db.upsert(Meta, [{"name": name, "value": value} for name, value in present.facts.items()])
    for model, rows in present.rows.items():
        db.upsert(model, rows)
    for (space, app), is_paused in present.paused.items():
        ledger = Ledger(db, space)
        if bool(ledger.reader(app)["paused"]) != is_paused:
            ledger.save_reader(app, paused=is_paused)
