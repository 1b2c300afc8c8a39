"""A paused app: what waits for it is left over, and nothing else is."""

from __future__ import annotations

from pathlib import Path

from syncer.store.ledger import Ledger
from tests.engine.world import World


def test_a_run_beside_a_paused_app_is_partial_only_while_something_waits_for_it(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.apps["crm"].user_create({"email": "mara@x.test", "first": "Mara", "last": "Lind", "title": "CEO"})
    world.settle()
    pause(world, "desk", True)
    assert world.run().status == "done"
    (id,) = world.apps["crm"].records
    world.apps["crm"].user_edit(id, {"title": "Chair"})
    report = world.run()
    assert (report.status, report.leftovers) == ("partial", 1)
    assert world.only("desk")["title"] == "CEO"
    assert world.run().status == "partial"
    pause(world, "desk", False)
    assert world.run().status == "done"
    assert world.only("desk")["title"] == "Chair"
    world.db.close()


def pause(world: World, app: str, paused: bool) -> None:
    with world.db.transaction():
        Ledger(world.db, "contacts").save_reader(app, paused=paused)
