"""The journal is bounded by age; what is needed for ever is folded, not lost."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from syncer.model import ABSENT, Item
from syncer.running.retaining import Retaining
from syncer.store.ledger import Ledger
from syncer.store.stories import Stories
from syncer.usecases.explaining import Explainer
from tests.engine.tied import ANNA, OTHER, held, the, unlink
from tests.engine.world import World

YEAR = timedelta(days=400)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """Two people taken for one, edited for a while; then a year and more went by."""
    world = World(tmp_path)
    world.apps["crm"].user_create(ANNA)
    world.apps["desk"].user_create(OTHER)
    world.settle()
    for title in ("Chair", "Head", "Founder"):
        world.apps["crm"].user_edit(the(world, "crm").split(":")[1], {"title": title})
        world.settle()
    world.apps["desk"].user_edit(the(world, "desk").split(":")[1], {"phone": "+6281255556666"})
    world.settle()
    world.apps["crm"].user_edit(the(world, "crm").split(":")[1], {"phone": "+6281200001111"})
    world.settle()
    world.clock.sleep(timedelta(days=420).total_seconds())
    yield world
    world.db.close()


def retain(world: World) -> None:
    world.run()
    Retaining(world.sync(), world.db, world.ports(), YEAR).run()


def count(world: World, table: str) -> int:
    return int(str(world.rows(f"SELECT COUNT(*) FROM {table}")[0][0]))


def test_what_is_old_is_folded_to_a_row_a_record(world: World) -> None:
    runs = count(world, "run")
    retain(world)
    assert count(world, "written") == len(world.apps)
    assert count(world, "journal") == 1
    assert count(world, "run") < runs
    retain(world)
    assert count(world, "written") == len(world.apps)


def test_where_values_came_from_and_who_founded_is_kept(world: World) -> None:
    def told() -> object:
        (person,), _ = Explainer(world.sync(), world.db).who("anna@x.test")
        return [(f.field, f.value, f.source, f.because) for f in person.fields]

    before = told()
    ((golden,),) = world.rows("SELECT id FROM golden")
    with world.db.reading():
        founder = Stories(world.db, "contacts").founded_by(str(golden))
    retain(world)
    assert told() == before
    with world.db.reading():
        assert Stories(world.db, "contacts").founded_by(str(golden)) == founder


def test_before_images_live_as_long_as_the_link(world: World) -> None:
    retain(world)
    unlink(world, the(world, "desk"))
    assert held(world, "desk", "title", "phone") == ("Clerk", "+6281255556666")
    assert held(world, "crm", "title", "phone") == ("Founder", "+6281200001111")


def test_before_images_of_a_field_that_its_app_lacks_for_a_while_stay_too(world: World) -> None:
    whole = world.text
    world.text = whole.replace("desk: title", "").replace("mail: title, }", "mail: title}")
    assert world.text != whole
    assert "title" not in world.sync().slots("desk")
    Retaining(world.sync(), world.db, world.ports(), YEAR).run()
    world.text = whole
    unlink(world, the(world, "desk"))
    assert held(world, "desk", "title", "phone") == ("Clerk", "+6281255556666")


def test_what_is_young_stays(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.apps["crm"].user_create(ANNA)
    world.settle()
    before = count(world, "journal"), count(world, "written"), count(world, "run")
    Retaining(world.sync(), world.db, world.ports(), YEAR).run()
    assert (count(world, "journal"), count(world, "written"), count(world, "run")) == before
    world.db.close()


def test_a_record_that_a_create_met_there_was_not_made_by_us(tmp_path: Path) -> None:
    world = World(tmp_path)
    ledger, now = Ledger(world.db, "contacts"), world.clock()
    met = Item("create", "crm", "g", None, {"title": (ABSENT, "CEO")})
    with world.db.transaction():
        for number, row in enumerate(
            [
                (met, "7", "existed", ""),
                (Item("update", "crm", "g", "7", {"title": ("Boss", "CEO")}), "7", "applied", ""),
            ]
        ):
            ledger.begin_run(f"run-{number}", "sync", now)
            ledger.outbox.record(f"run-{number}", [row])
    world.clock.sleep(2 * YEAR.total_seconds())
    Retaining(world.sync(), world.db, world.ports(), YEAR).run()
    assert count(world, "written") == 1
    with world.db.reading():
        assert not ledger.outbox.made("crm", ["g"])
    world.db.close()
