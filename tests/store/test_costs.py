"""What a look at the state costs follows what is asked for, not what is known: counted in the steps of
SQLite's machine, which are the same in each run."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from conflicts.candidate import Candidate
from syncer.model import Golden, Item, Link, LogEntry, Observation, Refusal
from syncer.store.conflicts import Conflicts, Sought
from syncer.store.database import Database
from syncer.store.history import History
from syncer.store.joins import Joins
from syncer.store.ledger import Ledger
from syncer.store.nearby import known_near
from syncer.store.records import Records

NOW = datetime(2030, 1, 1, tzinfo=UTC)
APPS = ("crm", "desk", "mail")
FEW, MANY = 200, 4_000
RUN = "20300101T000000000-0000000"


def state(people: int) -> Database:
    """So many people in three apps, all of whom were merged from values that differ. Of ten of them something
    waits; one value and one create were refused."""
    db = Database("sqlite://")
    with db.transaction():
        records, ledger = Records(db, "contacts"), Ledger(db, "contacts")
        goldens = [Golden(f"g{n:06d}", {"email": f"p{n}@a.example"}) for n in range(people)]
        goldens[7].refused["mail"] = Refusal("{}", "no", "1")
        records.save_goldens((golden, n < 10) for n, golden in enumerate(goldens))
        links = [Link(a, g.id[1:], g.id, rewrites={"t": ("x", 1)}) for g in goldens for a in APPS]
        links[11].refused["title"] = Refusal("x", "no", "1")
        records.save_links(links, dict.fromkeys(APPS, ()))
        keys = [(kind, f"{kind}{k.id}", k.app, k.id) for k in links for kind in ("email", "who", "sound")]
        records.keys.save([], keys)
        records.save_observations(Observation(k.app, k.id, {}, NOW) for k in links[:20])
        records.save_observations(Observation("crm", f"new{n}", {}, NOW) for n in range(10))
        records.keys.save([], [("email", f"email{n:06d}", "crm", f"new{n}") for n in range(10)])
        ledger.begin_run(RUN, "sync", NOW)
        chosen = (Candidate("x", "crm", "1", NOW, "first", "record"),)
        log = [LogEntry("first_merge", g.id, "title", chosen, "newest", "x", "crm") for g in goldens]
        ledger.log(RUN, NOW, log)
        ledger.journal(RUN, [(g.id, {"changed": {}}) for g in goldens])
        written = [Item("update", "crm", g.id, g.id[1:], {}) for g in goldens]
        ledger.outbox.record(RUN, [(item, item.record, "applied", "") for item in written])
    return db


Look = Callable[[Database], Any]
LOOKS: dict[str, Look] = {
    "what is to be decided": lambda db: Records(db, "contacts").touched(),
    "what has no link": lambda db: Records(db, "contacts").unlinked(),
    "what was merged in an app": lambda db: Joins(db, "contacts").merged(),
    "who holds the key of another": lambda db: Joins(db, "contacts").rivals("crm", ["000003"], ["email"]),
    "who shares a key": lambda db: Records(db, "contacts").keys.sharing(["email"], [("crm", "000003")]),
    "who holds a key": lambda db: Records(db, "contacts").keys.holders("email", ["email000003"]),
    "who resembles a new record": lambda db: known_near(
        db, "contacts", {("email", "email000003")}, {("who", "who000003")}
    ),
    "unanswered writes": lambda db: Records(db, "contacts").open_links("crm"),
    "what fails": lambda db: (Records(db, "contacts").failing_links(), History(db).refused("contacts")),
    "refused creates": lambda db: Records(db, "contacts").failing_goldens(),
    "how many conflicts wait": lambda db: Conflicts(db).held("contacts"),
    "the conflicts that wait": lambda db: Conflicts(db).newest(20, Sought("contacts", status="held")),
    "the latest conflict": lambda db: Conflicts(db).last("contacts"),
    "the conflicts after one": lambda db: Conflicts(db).after(
        Conflicts(db).last("contacts") - 5, Sought("contacts")
    ),
    "some of what a run changed": lambda db: History(db).changes(RUN, 20),
    "some of what a run sent": lambda db: History(db).writes(RUN, 20),
}


@pytest.fixture(scope="module")
def states() -> tuple[Database, Database]:
    return state(FEW), state(MANY)


def steps(db: Database, look: Look) -> int:
    """How many steps of SQLite's machine a look takes."""
    taken = [0]

    def count() -> None:
        taken[0] += 1

    connection = db._connection.connection.driver_connection
    assert connection is not None
    connection.set_progress_handler(count, 1)
    with db.reading():
        look(db)
    connection.set_progress_handler(None, 1)
    return taken[0]


@pytest.mark.parametrize("look", LOOKS.values(), ids=LOOKS)
def test_a_look_costs_what_it_asks_for(states: tuple[Database, Database], look: Look) -> None:
    few, many = (steps(db, look) for db in states)
    assert many <= few * 1.5 + 100
