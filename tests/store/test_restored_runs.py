"""The runs after a backup was put back: nothing is lost, doubled or opted in again, in either database."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from connectors.contract import AppError, Page
from syncer.engine import Engine, Options
from syncer.store.copies import backup, restore
from syncer.store.inspection import problems
from syncer.store.vault import Vault
from tests.engine.test_found_by_simulation import once
from tests.engine.test_pausing import pause
from tests.engine.test_promises import people
from tests.engine.world import CRM, DESK, MAIL, World
from tests.states import ENGINES, kept_in
from tests.store.first_version import dump
from tests.store.test_copies import always


def lived(world: World) -> None:
    """What people do after the backup: edits, clearings, an opt-out, a new person, a record archived."""
    crm, mail, desk = (world.apps[name] for name in ("crm", "mail", "desk"))
    at = {n: {v["email"]: i for i, v in a.records.items()} for n, a in world.apps.items()}
    crm.user_edit(at["crm"]["mara@x.test"], {"title": "Chief Technology Officer", "phone": None})
    desk.user_edit(at["desk"]["budi@x.test"], {"name": "Budi Hartono"})
    mail.user_edit(at["mail"]["mara@x.test"], {"status": "out"})
    crm.user_create({"email": "nina@x.test", "first": "Nina", "last": "Alvarez-Montgomery"})
    desk.user_create({"email": "omar@x.test", "name": "Omar Said", "consent": "subscribed"})
    crm.user_edit(at["crm"]["hojat@x.test"], {"email": "hojat@new.test"})
    desk.user_archive(at["desk"]["sara@x.test"])


@pytest.mark.parametrize("engine", ENGINES)
def test_a_restored_state_catches_up_without_loss_duplicate_or_raised_consent(
    tmp_path: Path, engine: str
) -> None:
    with kept_in(engine):
        world = World(tmp_path)
        people(world)
        world.settle()
        backup(world.db, tmp_path / "b.db", world.clock())
        lived(world)
        world.settle()
        before, logs = world.contents(), {n: len(a.log) for n, a in world.apps.items()}
        entries = world.rows("SELECT seq, run, field FROM conflict ORDER BY seq")
        restore(world.db, tmp_path / "b.db", world.clock(), always)
        first = world.run()
        assert first.status == "done", first.reason
        world.settle()
        assert world.contents() == before
        for name, app in world.apps.items():
            done = [e for e in app.log[logs[name] :] if e.who == "sync"]
            assert [e.action for e in done if e.action != "edit"] == [], name
        assert problems(world.db, Vault()) == []
        again = world.rows("SELECT seq, run, field FROM conflict ORDER BY seq")
        assert again[: len(entries)] == entries  # what was decided meanwhile stays in the log
        world.apps["crm"].user_create({"email": "late@x.test", "first": "Late", "last": "Comer"})
        assert world.run().status == "done"  # it has caught up: creates are asked for no more
        world.db.close()


@pytest.mark.parametrize("away", [(), ("mail",), ("desk", "crm"), ("crm",)], ids=" ".join)
def test_an_opt_out_that_a_restored_state_knew_already_is_lifted_by_no_opt_in_before_it(
    tmp_path: Path, away: tuple[str, ...]
) -> None:
    """The desk's record is again just what it was when the backup was made; nothing but its stamp tells.
    `away`: apps that are read in the second run only."""
    world = World(tmp_path)
    mail, desk = world.apps["mail"], world.apps["desk"]
    desk.user_create({"email": "mara@x.test", "name": "Mara Lind", "consent": "unsubscribed"})
    mail.user_create({"email": "mara@x.test", "first": "Mara", "last": "Lind", "status": "out"})
    world.settle()
    backup(world.db, tmp_path / "b.db", world.clock())
    mail.user_edit(next(iter(mail.records)), {"status": "active"})
    world.settle()
    assert world.only("desk")["consent"] == "subscribed"
    desk.user_edit(next(iter(desk.records)), {"consent": "unsubscribed"})
    restore(world.db, tmp_path / "b.db", world.clock(), always)
    for paused in (True, False):
        for app in away:
            pause(world, app, paused)
        world.run()
    world.settle()
    assert (world.only("desk")["consent"], world.only("mail")["status"]) == ("unsubscribed", "out")
    world.db.close()


@pytest.mark.parametrize("engine", ENGINES)
def test_creates_of_a_restored_state_wait_for_a_person(tmp_path: Path, engine: str) -> None:
    """Two records without any key: once linked, after the restore two strangers. They are not doubled."""
    with kept_in(engine):
        world = World(tmp_path)
        people(world)
        world.settle()
        backup(world.db, tmp_path / "b.db", world.clock())
        world.apps["desk"].user_create({"name": "No Address", "title": "Guest"})
        world.settle()
        before = world.contents()
        assert any("Guest" in row for row in before["crm"])
        restore(world.db, tmp_path / "b.db", world.clock(), always)
        report = world.run()
        assert (report.status, report.written) == ("held", 0)
        assert "the state is from a backup of 2030-01-01" in report.reason
        assert world.run(reject=report.held_run).written == 0
        assert world.settle().status == "done"
        assert world.contents() == before
        world.db.close()


def test_a_list_that_lags_is_not_believed_after_a_state_was_put_back(tmp_path: Path) -> None:
    """It still shows the opt-in over which we have just written, in the first reading since."""
    world = World(tmp_path, {"crm": CRM, "mail": replace(MAIL, lists_lag=True, lag=90.0), "desk": DESK})
    world.apps["crm"].user_create({"email": "mara@x.test", "first": "Mara", "optout": "true"})
    world.apps["mail"].user_create({"email": "mara@x.test", "first": "Mara", "status": "active"})
    world.clock.sleep(600)
    Engine(world.sync(), world.db, world.ports()).run(Options())
    assert world.only("mail")["status"] == "out"
    backup(world.db, tmp_path / "b.db", world.clock())
    restore(world.db, tmp_path / "b.db", world.clock(), always)
    Engine(world.sync(), world.db, world.ports()).run(Options())
    assert (world.only("mail")["status"], world.only("desk")["consent"]) == ("out", "unsubscribed")
    world.db.close()


def test_creates_that_were_due_when_the_backup_was_made_wait_too(tmp_path: Path) -> None:
    """They were sent since, and the app shows an empty list."""
    world = World(tmp_path, {"crm": CRM, "mail": MAIL, "desk": replace(DESK, unique=(), needs=())})
    desk = world.apps["desk"]
    desk.user_create({"email": "sara@x.test", "name": "Sara Karimi"})
    world.settle()
    world.apps["crm"].user_create({"email": "mara@x.test", "first": "Mara", "last": "Lind"})

    def fail() -> None:
        raise AppError("desk: not now")

    once(desk, "pull", fail)
    world.run()
    backup(world.db, tmp_path / "b.db", world.clock())
    world.settle()
    restore(world.db, tmp_path / "b.db", world.clock(), always)
    world.connectors["desk"].pull = lambda *_: iter([Page([], None, last=True)])  # type: ignore[method-assign]
    assert world.run().status == "held"
    assert len(desk.records) == 2
    world.db.close()


@pytest.mark.parametrize(("source", "target"), [("sqlite", "postgresql"), ("postgresql", "sqlite")])
def test_a_backup_carries_a_state_from_one_database_to_the_other(
    tmp_path: Path, source: str, target: str
) -> None:
    with kept_in(source):
        world = World(tmp_path)
        people(world)
        world.settle()
        backup(world.db, tmp_path / "b.db", world.clock())
        rows = dump(world.db)
        world.db.close()
    with kept_in(target):
        world.reopen()
        restore(world.db, tmp_path / "b.db", world.clock(), always)
        moved = dump(world.db)
        for table in ("golden", "link", "match_key", "conflict", "written", "journal", "run"):
            assert sorted(map(str, moved.get(table, ()))) == sorted(map(str, rows.get(table, ()))), table
        before = world.contents()
        assert world.run().status == "done"
        assert world.run().written == 0
        assert world.contents() == before
        world.apps["crm"].user_edit(next(iter(world.apps["crm"].records)), {"title": "Moved"})
        assert world.settle().status == "done"
        world.db.close()
