"""An opt-out of an address counts for whoever has it, also where no app keeps addresses unique."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from tests.engine.world import CRM, DESK, MAIL, World

SHARED = {name: replace(traits, unique=()) for name, traits in (("crm", CRM), ("mail", MAIL))}
OTHERS_SAY_NOTHING = {"email": "mara@x.test", "first": "Mara", "last": "Lind"}


def test_an_archived_record_that_nobody_links_still_speaks_for_its_address(tmp_path: Path) -> None:
    listed = replace(DESK, unique=(), lists_archived=True)
    world = World(tmp_path, {**SHARED, "desk": listed})
    bounced = {"email": "mara@x.test", "name": "Mara Lind", "consent": "bounced"}
    world.apps["desk"].user_archive(world.apps["desk"].user_create(bounced))
    world.apps["crm"].user_create(OTHERS_SAY_NOTHING)
    world.apps["mail"].user_create({**OTHERS_SAY_NOTHING, "status": "active"})
    world.settle()
    assert world.only("mail")["status"] == "out"
    assert world.only("crm")["optout"] == "true"
    world.db.close()


def test_an_opt_out_reaches_every_record_of_a_person_in_an_app(tmp_path: Path) -> None:
    """Two people, each with a subscriber, are merged in the CRM: both subscribers are theirs."""
    world = World(tmp_path)
    mara = {"email": "mara@x.test", "first": "Mara", "last": "Lind"}
    addresses = ("mara@x.test", "m@home.test")
    kept, other = (world.apps["crm"].user_create({**mara, "email": email}) for email in addresses)
    for email in addresses:
        world.apps["mail"].user_create({**mara, "email": email, "status": "active"})
    world.settle()
    world.apps["crm"].user_merge(other, kept)
    world.settle()
    assert [held["status"] for held in world.apps["mail"].records.values()] == ["active"] * 2
    world.apps["crm"].user_edit(kept, {"optout": "true"})
    world.settle()
    assert [held["status"] for held in world.apps["mail"].records.values()] == ["out"] * 2
    world.db.close()
