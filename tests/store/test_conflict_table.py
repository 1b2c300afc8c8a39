"""The conflict table: which entries a question finds, and what becomes of old ones."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from conflicts.candidate import Candidate
from syncer.model import LogEntry
from syncer.store.conflicts import Conflicts, Sought
from syncer.store.database import Database
from syncer.store.erasure import Erasure, Scope
from syncer.store.ledger import Ledger

NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)


def entry(field: str, app: str, rule: str = "newest", held: bool = False) -> LogEntry:
    said = Candidate("x", app, "1", NOON), Candidate("y", "desk", "2", NOON)
    return LogEntry("conflict", f"g-{app}", field, said, rule, "x", app, "held" if held else "decided")


@pytest.fixture
def full(db: Database) -> Database:
    """Three entries, a day apart; the first waits for a person."""
    entries = entry("phone", "crm", "manual", held=True), entry("title", "mail"), entry("phone", "mail")
    with db.transaction():
        for day, one in enumerate(entries):
            Ledger(db, "contacts").log(f"r{day}", NOON + timedelta(days=day), [one])
    return db


@pytest.mark.parametrize(
    ("name", "sought", "expected"),
    [
        ("all, the newest first", Sought(), [3, 2, 1]),
        ("of a sync", Sought(sync="companies"), []),
        ("those that wait", Sought(status="held"), [1]),
        ("of an app that had a say", Sought(app="mail"), [3, 2]),
        ("of a field", Sought(field="phone"), [3, 1]),
        ("of a rule", Sought(rule="manual"), [1]),
        ("older than a moment", Sought(before=NOON + timedelta(days=1)), [1]),
        ("since a moment", Sought(since=NOON + timedelta(days=1)), [3, 2]),
        ("of a kind", Sought(kinds=("join", "conflict")), [3, 2, 1]),
        ("all of that at once", Sought("contacts", field="phone", app="mail", run="r2"), [3]),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_entries_are_found(full: Database, name: str, sought: Sought, expected: list[int]) -> None:
    with full.reading():
        table = Conflicts(full, {"contacts": "contact"})
        assert [e.seq for e in table.newest(10, sought)] == expected, name
        assert [e.seq for e in table.after(0, sought)] == expected[::-1], name


def test_none_of_many_is_left_out(full: Database) -> None:
    """More than are read at once, of which those that are meant come last."""
    with full.transaction():
        ledger = Ledger(full, "contacts")
        ledger.log("r3", NOON, [entry("phone", "mail")] * 4_500)
        ledger.log("r3", NOON, [entry("title", "billing")])
    with full.reading():
        table = Conflicts(full)
        assert len(list(table.each_after(0, Sought()))) == 3 + 4_500 + 1
        assert [e.field for e in table.each_after(0, Sought(app="billing"))] == ["title"]
        assert [e.field for e in table.after(0, Sought(app="billing"))] == ["title"]
        assert [e.seq for e in table.after(3, Sought())] == list(range(4, 2_004))


def test_what_is_old_goes_and_what_waits_stays(full: Database) -> None:
    with full.transaction():
        assert Conflicts(full).forget("contacts", NOON + timedelta(days=2)) == 1
    with full.reading():
        assert [e.seq for e in Conflicts(full).newest(10, Sought())] == [3, 1]


@pytest.mark.parametrize("id", ["cus_1a", "50%", 'a"b\\c'])
def test_a_forgotten_record_takes_what_it_said_with_it_and_nothing_of_another(db: Database, id: str) -> None:
    """Wildcards of the database, capitals and quotes in an id mean themselves, and values are no records."""
    another = id.upper().replace("_", "X").replace("%", "7").replace("\\", "")
    mine, others = (Candidate("a", "crm", id, NOON), Candidate("a", "crm", another, NOON))
    tagged = Candidate(["vip", "crm", id, "x"], "desk", "1", NOON)
    said = [
        LogEntry("conflict", "g", c.app, [c], "manual", None, None, "held") for c in (mine, others, tagged)
    ]
    with db.transaction():
        Ledger(db, "contacts").log("r1", NOON, said)
        assert Erasure(db, "contacts").wipe(Scope({("crm", id): None}, ()))["conflict"] == 1
    with db.reading():
        found = Conflicts(db, {"contacts": "contact"}).newest(10, Sought())
    told = {e.seq: e.candidates[0].record for e in found if e.candidates}
    assert told == {2: another, 3: "1"}
