"""Addresses that move from one person to the next between two runs."""

from __future__ import annotations

from pathlib import Path

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
