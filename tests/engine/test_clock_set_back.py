"""The clock was set back between two runs, or another computer's is behind: what comes later is later."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from syncer.ports import Ports, new_run_id
from syncer.usecases.undoing import Undoing, Wanted
from tests.engine.tied import ANNA, OTHER, held, the, unlink
from tests.engine.world import World


class Behind(World):
    """Run ids as they are outside of tests: by the clock, which is `behind` that of the apps."""

    behind: timedelta = timedelta(0)

    def ports(self) -> Ports:
        return replace(super().ports(), now=lambda: self.clock() - self.behind, run_id=new_run_id)


@pytest.fixture(params=[0, 3600], ids=["clock right", "an hour behind"])
def world(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Behind]:
    """Anna is in all apps, and in step; then the clock is set back, and her title changes in the CRM."""
    world = Behind(tmp_path)
    world.apps["crm"].user_create(ANNA)
    world.apps["desk"].user_create(OTHER)
    world.settle()
    world.behind = timedelta(seconds=request.param)
    (id,) = world.apps["crm"].records
    world.apps["crm"].user_edit(id, {"title": "CTO"})
    world.run()
    assert held(world, "desk", "title") == ("CTO",)
    yield world
    world.db.close()


def test_run_ids_sort_in_the_order_in_which_runs_began(world: Behind) -> None:
    (latest,) = world.rows("SELECT run FROM written ORDER BY seq DESC LIMIT 1")
    assert latest == world.rows("SELECT MAX(id) FROM run")[0]


def test_an_undo_takes_back_what_its_run_made_golden(world: Behind) -> None:
    """With the least id it would pass for the run that made the golden record, which keeps its values."""
    ((run,),) = world.rows("SELECT run FROM written ORDER BY seq DESC LIMIT 1")
    undone = Undoing(world.sync(), world.db, world.ports()).do(Wanted(str(run)))
    assert ("golden", "title", "CTO", "CEO") in [(x.act, x.field, x.now, x.back) for x in undone.lines]
    assert held(world, "desk", "title") == ("CEO",)


def test_who_is_unlinked_gets_back_what_was_there_before_our_first_write(world: Behind) -> None:
    unlink(world, the(world, "desk"))
    assert held(world, "desk", "title") == ("Clerk",)
