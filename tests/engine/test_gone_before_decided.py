"""A record that a run read and could not decide about, and that is gone before the next one."""

from __future__ import annotations

from pathlib import Path

import pytest

from syncer.deciding.owners import Owners
from syncer.engine import Engine
from syncer.model import Golden, Link, StubConsent, Unit
from tests.engine.test_found_by_simulation import ALL, one
from tests.engine.world import START, World


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


def test_the_opt_out_of_a_record_that_is_linked_just_now_is_told(tmp_path: Path) -> None:
    """What it had shown while nobody linked it; of one that was linked, the link tells."""
    world = World(tmp_path, ALL)
    new, known = Link("desk", "1", "g"), Link("mail", "2", "g", seen={"status": "active"})
    unit = Unit(Golden("g"), [new, known])
    stubs = {
        key: StubConsent(state, *key, START)
        for key, state in {("desk", "1"): "unsubscribed", ("mail", "2"): "bounced"}.items()
    }
    Owners(world.sync(), [unit], {"g": set()}, {}).attach_stubs(stubs)
    assert unit.stubs == (stubs["desk", "1"],)
    Owners(world.sync(), [unit], {"g": set()}, {}).attach_stubs(
        {("desk", "1"): StubConsent("subscribed", "desk", "1", START)}
    )
    assert unit.stubs == (), "a yes of former times says nothing"
    world.db.close()
