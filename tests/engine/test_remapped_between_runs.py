"""A mapping that was changed since the last run, and single people who are looked at under it meanwhile."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from syncer.core.brakes import Limit
from syncer.selecting import Selection
from syncer.store.ledger import Ledger
from syncer.store.records import Records
from syncer.wiring.remapped import follow, lost_consent
from tests.engine.world import MAPPING, World

MARA = {"email": "mara@x.test", "first": "Mara", "last": "Lind", "title": "CEO"}
TITLE = "title: {type: text, in: {crm: title, mail: title, desk: title}, rule: {prefer: [crm]}}"


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """One person, in step in three apps."""
    made = World(tmp_path)
    made.apps["crm"].user_create(MARA)
    made.apps["mail"].user_create({"email": "mara@x.test", "status": "active"})
    made.settle()
    yield made
    made.db.close()


def change(world: World, old: str, new: str) -> None:
    assert old in world.text
    world.text = world.text.replace(old, new)


def edit(world: World, app: str, **values: str) -> None:
    (id,) = world.apps[app].records
    world.apps[app].user_edit(id, values)


def test_a_field_in_place_of_another_is_filled_though_both_were_blank(tmp_path: Path) -> None:
    """The same values in the same order, of other fields: that is news."""
    world = World(tmp_path, text=MAPPING.replace(", desk: title", ""))
    world.apps["crm"].user_create(MARA)
    world.settle()
    change(world, "mail: phone, desk: phone", "mail: phone")
    change(world, "mail: title", "mail: title, desk: title")
    world.run(approve=world.run().run)
    assert world.only("desk")["title"] == "CEO"
    world.db.close()


def test_who_was_synced_alone_under_a_mapping_that_went_back_is_not_left_behind(world: World) -> None:
    narrow = TITLE
    for app in ("mail", "desk"):
        narrow = narrow.replace(f"{app}: title", f"{app}: {{field: title, direction: from}}")
    edit(world, "crm", title="Chair")
    change(world, TITLE, narrow)
    (golden,) = world.rows("SELECT id FROM golden")[0]
    world.run(selection=Selection(only=frozenset({str(golden)})))
    assert world.only("mail")["title"] == "CEO"
    change(world, narrow, TITLE)
    world.settle()
    assert world.only("mail")["title"] == "Chair"


def test_who_comes_back_within_the_filter_is_read_as_the_mapping_reads_by_then(tmp_path: Path) -> None:
    world = World(tmp_path)
    change(world, "crm: {object: contacts}", "crm: {object: contacts, only: \"phone != '+62811234567'\"}")
    world.apps["crm"].user_create({**MARA, "title": "VIP-CEO", "phone": "+62811234560"})
    world.settle()
    edit(world, "crm", phone="+62811234567")
    world.settle()
    change(world, "in: {crm: title", "in: {crm: {field: title, transform: [{prefix: 'VIP-'}]}")
    world.settle()
    edit(world, "crm", phone="+62811234568")
    world.settle()
    assert world.only("crm")["title"] == "VIP-CEO"
    world.db.close()


@pytest.mark.parametrize("looked", [{"dry_run": True}, {}], ids=["planned", "held"])
def test_a_field_that_was_away_in_a_plan_alone_has_cost_no_edit(
    tmp_path: Path, looked: dict[str, bool]
) -> None:
    world = World(tmp_path, limits={"updates": Limit(0.0, 0)} if not looked else {})
    world.apps["crm"].user_create(MARA)
    world.settle()
    edit(world, "crm", title="Chair", phone="+62811234567")
    change(world, "crm: title, ", "")
    world.text = world.text.replace("rule: {prefer: [crm]}", "rule: newest")
    report = world.run(**looked)
    assert report.written == 0
    world.text, world.limits = MAPPING, {}
    world.run()
    world.settle()
    assert [world.only(app)["title"] for app in ("crm", "desk")] == ["Chair"] * 2
    world.db.close()


def test_consent_that_was_planned_under_alone_may_be_left_out_again(tmp_path: Path) -> None:
    consent = next(line for line in MAPPING.splitlines(True) if line.startswith("  consent:"))
    without = MAPPING.replace(consent, "").replace(", create_when: \"consent == 'subscribed'\"", "")
    world = World(tmp_path, text=without)
    world.apps["crm"].user_create(MARA)
    world.settle()
    world.text = MAPPING
    with world.db.transaction():
        follow(Ledger(world.db, "contacts"), world.sync())
    world.run(dry_run=True)
    world.text = without
    with world.db.reading():
        assert lost_consent(Records(world.db, "contacts"), world.sync().mapping) == ""
    assert world.run().status == "done"
    world.db.close()
