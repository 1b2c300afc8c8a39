"""Fields that are worked out of others, and placeholders of ours, through the whole engine."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.engine.world import World

MARA = {"email": "mara@x.test", "first": "Mara", "last": "Lind", "title": "CEO"}


def test_a_worked_out_value_is_written_follows_its_sources_and_is_never_read(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.text = world.text.replace("mail: title, desk: title}", "mail: title}")
    world.text += "  badge: {value: \"last_name + ', ' + first_name\", in: {desk: title}}\n"
    world.apps["crm"].user_create(MARA)
    world.settle()
    assert world.only("desk")["title"] == "Lind, Mara"
    (id,) = world.apps["crm"].records
    world.apps["crm"].user_edit(id, {"last": "Berg"})
    world.settle()
    assert world.only("desk")["title"] == "Berg, Mara"
    (id,) = world.apps["desk"].records
    world.apps["desk"].user_edit(id, {"title": "typed over"})
    world.settle()
    assert world.only("desk")["title"] == "Berg, Mara"
    assert world.run().written == 0
    world.db.close()


@pytest.mark.slow
def test_a_value_under_a_condition_comes_when_it_holds_and_goes_when_it_does_not(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.text = world.text.replace("mail: title, desk: title}", "mail: title}")
    world.text += "  badge: {value: \"last_name == 'Lind' ? title : null\", in: {desk: title}}\n"
    world.apps["crm"].user_create(MARA)
    world.settle()
    assert world.only("desk")["title"] == "CEO"
    (id,) = world.apps["crm"].records
    for last, shown in (("Berg", None), ("Lind", "CEO")):
        world.apps["crm"].user_edit(id, {"last": last})
        world.settle()
        assert (world.only("desk").get("title") or None) == shown
    world.db.close()


def test_a_placeholder_of_ours_is_no_value(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.text = world.text.replace("desk: title}", 'desk: {field: title, transform: [{default: "n/a"}]}}')
    world.apps["crm"].user_create(MARA)
    world.settle()
    (id,) = world.apps["crm"].records
    world.apps["crm"].user_edit(id, {"title": ""})
    world.settle()
    assert world.only("desk")["title"] == "n/a"
    assert not world.only("crm").get("title")
    assert world.run().written == 0
    world.db.close()
