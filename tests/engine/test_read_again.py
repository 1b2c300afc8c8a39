"""A listing vouches for no record that it left out, nor does what an earlier run read: the record is read
again before it is written over."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from connectors.contract import AppError, Page, Unavailable
from connectors.memory import Gone
from connectors.memory.index import Row
from syncer.engine import Engine
from syncer.model import Item
from syncer.reading.looking import look_at
from syncer.store.records import Records
from tests.engine.test_found_by_simulation import ALL, mara, once, one
from tests.engine.world import DESK, World


@pytest.mark.parametrize("back", [0, 110], ids=["clock right", "clock set back between the runs"])
def test_a_record_that_this_run_could_not_ask_about_is_not_written_over_unread(
    tmp_path: Path, back: int
) -> None:
    """The listing leaves it out, asking about it fails, and by the clock the last run was a moment ago."""
    world = World(tmp_path, ALL)
    mara(world, "crm", "mail")
    world.settle()
    mail, connector = world.apps["mail"], world.connectors["mail"]
    mail.user_edit(one(world, "mail"), {"title": "Boss"})
    world.apps["crm"].user_edit(one(world, "crm"), {"title": "CTO"})
    world.clock.at -= timedelta(seconds=back)

    def fail() -> None:
        raise AppError("mail: not now")

    pull = connector.pull
    connector.pull = lambda *_: iter([Page([], None, last=True)])  # type: ignore[method-assign, assignment]
    once(mail, "fetch", fail)
    world.run()
    connector.pull = pull  # type: ignore[method-assign]
    world.settle()
    assert world.only("mail")["title"] == "CTO"
    assert "Boss" in str(world.rows("SELECT body FROM conflict WHERE field = 'title'"))
    world.db.close()


def test_a_stale_record_that_cannot_be_looked_at_is_not_written_over_in_the_same_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = World(tmp_path)
    mara(world)
    world.settle()
    desk, id = world.apps["desk"], one(world, "desk")
    world.apps["crm"].user_edit(one(world, "crm"), {"title": "Founder"})

    def moved(*_: object) -> Row:
        monkeypatch.undo()
        desk.user_edit(id, {"title": "Chair"})
        raise Gone("it was changed meanwhile")

    def away(call: str) -> None:
        if call == "fetch":
            raise Unavailable("desk: no answer")

    monkeypatch.setattr(desk, "edit", moved)
    desk.before_call = away
    engine = Engine(world.sync(), world.db, world.ports())
    with engine.session("sync") as run:
        run.readable, run.began = engine.unpaused(), run.began - timedelta(hours=1)  # it has just read it
        with world.db.reading():
            (golden,) = Records(world.db, "contacts").golden_of("desk", [id]).values()
        item = Item("update", "desk", golden, id, {"title": (None, "Founder")}, values={"title": "Founder"})
        engine.act(run, [item])
        desk.before_call = None
        engine.act(run, [item])
    assert world.only("desk")["title"] == "Chair"
    assert run.report.apps["desk"].error == "desk: no answer"
    world.db.close()


def test_a_list_that_is_behind_does_not_replace_what_a_record_showed_when_asked(
    tmp_path: Path,
) -> None:
    """Also before anything is linked, when a list that lags is believed."""
    world = World(tmp_path, {**ALL, "desk": replace(DESK, lag=300.0, lists_lag=True)})
    mara(world, "crm")
    id = world.apps["desk"].user_create({"email": "mara@x.test", "name": "Mara Lind", "title": "Clerk"})
    world.clock.sleep(400)
    world.apps["desk"].user_edit(id, {"title": "Chair"})
    engine = Engine(world.sync(), world.db, world.ports())
    engine.ports.workers.drive({"desk": look_at(engine.intakes["desk"], [id], world.clock)})
    world.run()
    assert world.only("crm")["title"] == "Chair"
    world.db.close()
