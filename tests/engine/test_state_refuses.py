"""The state takes no more: the disk is full, or it is read-only. A run stops and says so, nothing was sent
that is not recorded, and with room again everything ends as if nothing had happened."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from connectors.contract import Result, Write
from syncer.store.database import Database, StateError
from tests.engine.test_promises import people
from tests.engine.world import CRM, DESK, MAIL, World
from tests.states import state_url


class Watched:
    """A world whose apps look up every write they get in the outbox, as another process sees it."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        traits = {"crm": CRM, "mail": MAIL, "desk": DESK}
        self.world = World(folder, {name: replace(t, batch=5) for name, t in traits.items()})
        self.other = Database(state_url(folder))
        self.sent: list[str] = []
        self.unrecorded: list[str] = []
        for connector in self.world.connectors.values():
            connector.write = self._watching(connector.write)  # type: ignore[method-assign]

    def _watching(self, write: Any) -> Any:
        def watched(object: str, writes: Sequence[Write]) -> Sequence[Result]:
            with self.other.reading():
                marked = {row[0] for row in self.other.rows("SELECT ref FROM outbox")}
            self.sent += [w.ref for w in writes]
            self.unrecorded += [w.ref for w in writes if w.ref not in marked]
            answers: Sequence[Result] = write(object, writes)
            return answers

        return watched

    def close(self) -> None:
        self.world.db.close()
        self.other.close()


def town(world: World) -> None:
    """Enough to fill some pages, and to be written in some batches."""
    people(world)
    for n in range(40):
        world.apps["crm"].user_create({"email": f"p{n}@y.test", "first": "Person", "last": f"No{n:02d}"})


def pages(db: Database, most: int | None = None) -> int:
    """How many pages the file has; at most so many from here on."""
    if most is not None:
        db._connection.exec_driver_sql(f"PRAGMA max_page_count = {most}")
    count = int(db._connection.exec_driver_sql("PRAGMA page_count").scalar_one())
    db._connection.rollback()
    return count


@pytest.mark.parametrize("tries", [3, pytest.param(1000, marks=pytest.mark.slow)])
def test_a_full_disk_stops_a_run_before_it_sends_what_it_cannot_record(
    tmp_path: Path, state: str, tries: int
) -> None:
    if state != "sqlite":
        pytest.skip("the disk of a PostgreSQL server cannot be filled here")
    calm = Watched(tmp_path / "calm")
    empty = pages(calm.world.db)
    town(calm.world)
    calm.world.settle()
    full, expected = pages(calm.world.db), calm.world.contents()
    calm.close()
    stopped_after: set[int] = set()
    for most in range(empty, full, max(1, (full - empty) // tries)):
        watched = Watched(tmp_path / str(most))
        town(watched.world)
        pages(watched.world.db, most)
        with pytest.raises(
            StateError, match=r"disk is full.*make room\. Nothing was sent that is not recorded"
        ):
            watched.world.settle()
        assert watched.unrecorded == []
        stopped_after.add(len(watched.sent))
        pages(watched.world.db, 1_000_000)
        watched.world.settle()
        assert watched.world.contents() == expected, f"a file of {most} pages"
        watched.close()
    assert len(stopped_after) > 1, "it has to stop at several stages to tell anything"


def test_a_state_that_becomes_read_only_stops_a_run_before_anything_is_sent(
    tmp_path: Path, state: str
) -> None:
    watched = Watched(tmp_path / "w")
    world = watched.world
    people(world)
    world.settle()
    world.apps["crm"].user_edit(next(iter(world.apps["crm"].records)), {"title": "Head"})
    calls, sent = {n: len(a.log) for n, a in world.apps.items()}, len(watched.sent)
    if state == "sqlite":
        world.db._connection.exec_driver_sql("PRAGMA query_only = ON")
    else:
        name = world.db.url.database
        world.db._connection.exec_driver_sql(
            f'ALTER DATABASE "{name}" SET default_transaction_read_only = on'
        )
        world.db._connection.commit()
        world.db.close()
        world.reopen()
    with pytest.raises(StateError, match=r"(?i)read-?only.*Nothing was sent that is not recorded"):
        world.run()
    assert len(watched.sent) == sent
    assert {n: len(a.log) for n, a in world.apps.items()} == calls
    with world.db.reading():  # what is known can still be looked at
        assert world.db.rows("SELECT COUNT(*) FROM golden") == [(4,)]
    watched.close()
