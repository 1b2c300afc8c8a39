"""A record that a run read and could not decide about, and that is gone before the next one."""

from __future__ import annotations

from pathlib import Path

import pytest

from syncer.engine import Engine
from tests.engine.test_found_by_simulation import ALL, one
from tests.engine.world import World


@pytest.mark.parametrize(
    ("before", "consent"),
    [({}, "subscribed"), ({"consent": "unsubscribed"}, "unsubscribed")],
    ids=["it said nothing of consent", "its opt-out counts for the address"],
)
def test_the_record_that_has_its_address_now_stands_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, before: dict[str, str], consent: str
) -> None:
    world = World(tmp_path, ALL)
    desk = world.apps["desk"]
    desk.user_create({"email": "mara@x.test", "name": "Mara Lind", **before})
    with monkeypatch.context() as dying:
        dying.setattr(Engine, "_decide", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            world.run()
    desk.user_delete(one(world, "desk"))
    desk.user_create({"email": "mara@x.test", "name": "Omid Karimi", "consent": "subscribed"})
    world.settle()
    assert world.rows("SELECT COUNT(*) FROM golden") == [(1,)]
    assert world.only("desk") == {**world.only("desk"), "name": "Omid Karimi", "consent": consent}
    world.db.close()
