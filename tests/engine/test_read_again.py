"""A listing vouches for no record that it left out, nor does what an earlier run read: the record is read
again before it is written over."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from connectors.contract import AppError, Page
from tests.engine.test_found_by_simulation import ALL, mara, once, one
from tests.engine.world import World


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
