"""Addresses that move from one person to the next between two runs."""

from __future__ import annotations

from pathlib import Path

from syncer.usecases.failures import failures
from tests.engine.world import World


def test_a_chain_of_moved_addresses_arrives_whatever_the_order(tmp_path: Path) -> None:
    """An app refuses an address that another record still has, and what it refused is not sent again."""
    world = World(tmp_path)
    crm, desk = world.apps["crm"], world.apps["desk"]
    people = [crm.user_create({"email": f"p{n}@x.test", "first": f"P{n}", "last": "Lind"}) for n in range(5)]
    world.settle()
    crm.user_edit(people[0], {"email": "new@x.test"})
    for n in range(1, 5):
        crm.user_edit(people[n], {"email": f"p{n - 1}@x.test"})
    assert world.run().status == "done"
    world.settle()
    assert {v["email"]: v["name"] for v in desk.records.values()} == {
        v["email"]: f"{v['first']} Lind" for v in crm.records.values()
    }
    world.db.close()


def moved(path: Path, *to: int) -> World:
    """The n-th person gets the address of the `to[n]`-th in the CRM, and the helpdesk refuses all of them."""
    world = World(path)
    crm = world.apps["crm"]
    people = [
        crm.user_create({"email": f"p{n}@x.test", "first": f"P{n}", "last": "Lind"}) for n in range(len(to))
    ]
    world.settle()
    for n, one in enumerate(people):
        crm.user_edit(one, {"email": f"between{n}@x.test"})
    for n, one in enumerate(people):
        crm.user_edit(one, {"email": f"p{to[n]}@x.test"})
    world.run()
    return world


def test_two_who_exchange_their_addresses_wait_for_each_other_and_are_named(tmp_path: Path) -> None:
    world = moved(tmp_path, 1, 0)
    desk = world.apps["desk"]
    one, other = failures(world.sync(), world.db)
    assert {one.record, other.record} == set(desk.records)
    for failure, in_the_way in ((one, other.record), (other, one.record)):
        assert failure.cure.startswith(f"desk:{in_the_way} still has this value")
        assert "wait for each other" in failure.cure
        assert "Exchange the two in desk by hand" in failure.cure
        assert "@" not in failure.cure
    wanted = {str(f.record): f.value for f in (one, other)}
    for id in wanted:
        desk.user_edit(id, {"email": f"between-{id}@x.test"})
    for id, value in wanted.items():
        desk.user_edit(id, {"email": value})
    assert (world.run().written, failures(world.sync(), world.db)) == (0, [])
    world.db.close()


def test_of_three_who_wait_for_each_other_all_are_named(tmp_path: Path) -> None:
    world = moved(tmp_path, 1, 2, 0)
    found = failures(world.sync(), world.db)
    assert len(found) == 3
    for failure in found:
        assert "by hand" in failure.cure
        assert all(f"desk:{one.record}" in failure.cure for one in found)
    world.db.close()


def test_who_waits_for_one_that_does_not_move_is_told_which(tmp_path: Path) -> None:
    """The first is to get what the second has, whose own new address is not sent yet."""
    world = moved(tmp_path, 1, 0)
    crm, desk = world.apps["crm"], world.apps["desk"]
    second = next(id for id, v in crm.records.items() if v["email"] == "p0@x.test")
    crm.user_edit(second, {"email": "new@x.test"})
    with world.away("desk"):
        world.run()
    holder = next(id for id, v in desk.records.items() if v["email"] == "p1@x.test")
    (failure,) = [f for f in failures(world.sync(), world.db) if f.record != holder]
    assert failure.cure.startswith(f"desk:{holder} still has this value")
    assert "retry" in failure.cure
    world.db.close()


def test_a_value_that_belongs_to_somebody_else_is_to_be_corrected(tmp_path: Path) -> None:
    """The one who has it is to keep it."""
    world = World(tmp_path)
    world.text = world.text.replace("crm: {object: contacts}", "crm: {object: contacts, creates: false}")
    bo = world.apps["crm"].user_create({"email": "b@x.test", "first": "Bo", "last": "Berg"})
    world.apps["desk"].user_create({"email": "c@x.test", "name": "Cy Diaz"})
    world.settle()
    world.apps["crm"].user_edit(bo, {"email": "c@x.test"})
    world.run()
    (failure,) = failures(world.sync(), world.db)
    assert failure.cure.startswith("Correct the value in any app")
    world.db.close()
