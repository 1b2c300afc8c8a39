"""An app that loses a field: what is missing is never taken for blank, and the field stops there alone."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from connectors.contract import FieldSpec, Record
from connectors.memory import connector as memory
from mappings.load import fit, read
from mappings.model import ObjectMapping
from syncer.engine import Engine
from syncer.engine import Options as RunOptions
from syncer.report import Report
from syncer.store.history import History
from syncer.sync import App, Sync
from syncer.wiring.stopping import fitted
from tests.engine.world import World

MARA = {"email": "mara@x.test", "first": "Mara", "last": "Lind", "title": "CEO"}


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    """Three apps in step; the apps show a field that they do not have as a blank."""
    plain = memory._record

    def with_blanks(app: object, row: object, fields: tuple[str, ...]) -> Record:
        record = plain(app, row, fields)  # type: ignore[arg-type]
        record.values = {name: record.values.get(name) for name in fields}
        return record

    monkeypatch.setattr(memory, "_record", with_blanks)
    made = World(tmp_path)
    made.apps["crm"].user_create(MARA)
    made.settle()
    return made


def run_with(world: World, sync: Sync) -> Report:
    world.clock.sleep(120)
    return Engine(sync, world.db, world.ports()).run(RunOptions())


def loses(world: World, app: str, name: str) -> None:
    """The field goes away, and something else changes in the record."""
    del world.apps[app].fields[name]
    for row in world.apps[app].rows.values():
        row.values.pop(name, None)
    (id,) = world.apps[app].records
    world.apps[app].user_edit(id, {"phone": "+62811234567"})


def test_a_field_that_vanishes_between_two_looks_clears_nothing(world: World) -> None:
    remembered = world.sync()
    loses(world, "crm", "title")
    report = run_with(world, remembered)
    assert report.stopped[0]["field"] == "title"
    assert report.stopped[0]["examples"]
    assert report.status == "partial"
    assert world.only("desk")["title"] == "CEO"
    world.db.close()


def test_a_field_that_a_person_clears_is_cleared_everywhere(world: World) -> None:
    (id,) = world.apps["crm"].records
    world.apps["crm"].user_edit(id, {"title": ""})
    assert run_with(world, world.sync()).stopped == []
    assert not world.only("desk").get("title")
    world.db.close()


def test_a_lost_field_stops_there_and_comes_back_without_clearing_anything(world: World) -> None:
    loses(world, "crm", "title")
    shapes = {name: c.describe(world.traits[name].object).fields for name, c in world.connectors.items()}
    with world.db.reading():
        known = fitted(History(world.db), "contacts", world.apps)
    whole = world_sync(world, fit(read(world.path / "mapping.yaml"), shapes, known))
    (id,) = world.apps["desk"].records
    world.apps["desk"].user_edit(id, {"title": "Chair"})
    report = run_with(world, whole)
    assert [(s["app"], s["field"], s["records"]) for s in report.stopped] == [("crm", "title", 1)]
    assert world.only("desk")["title"] == "Chair"
    world.apps["crm"].add_fields([FieldSpec("title")])
    report = world.settle()
    assert report.stopped == []
    assert [world.only(app)["title"] for app in ("crm", "desk")] == ["Chair"] * 2
    world.db.close()


def world_sync(world: World, mapping: ObjectMapping) -> Sync:
    apps = {
        name: App(name, world.traits[name].object, c, c.describe(world.traits[name].object))
        for name, c in world.connectors.items()
    }
    return Sync("contacts", mapping, apps)


def test_what_is_read_before_a_write_is_believed_no_sooner_than_what_is_read(world: World) -> None:
    """The description is a day old, and the write itself shows that the field is blank."""
    crm = world.apps["crm"]
    crm.traits = replace(crm.traits, lag=90.0)
    remembered = world.sync()
    del crm.fields["title"]  # nobody touches the record itself
    for row in crm.rows.values():
        row.values.pop("title", None)
    desk = world.apps["desk"]
    desk.user_edit(next(iter(desk.records)), {"phone": "+62811234567"})
    for _ in range(3):
        run_with(world, remembered)
    assert world.only("desk")["title"] == "CEO"
    assert world.only("crm")["phone"] == "+62811234567"
