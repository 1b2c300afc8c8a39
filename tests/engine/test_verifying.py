"""Drift that no ordinary run would see, and its repair."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from syncer.engine import Engine
from syncer.model import LinkKey
from syncer.options import Options
from syncer.reading.looking import look_at_each
from syncer.report import PAUSED
from syncer.store.erasure import Erasure
from syncer.store.lease import Busy, hold
from syncer.store.ledger import Ledger
from syncer.usecases.verifying import Verifying
from tests.engine.world import World

MARA = {"email": "mara@x.test", "first": "Mara", "last": "Lind", "title": "CEO"}


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    world = World(tmp_path)
    world.apps["crm"].user_create(MARA)
    world.settle()
    yield world
    world.db.close()


def verify(world: World) -> Verifying:
    return Verifying(world.sync(), world.db, world.ports())


def kinds(world: World) -> list[tuple[str, str | None, str]]:
    found = verify(world).run()
    return sorted((f.app, f.field, f.kind) for f in found.drift + found.apart)


def repair(world: World) -> tuple[LinkKey, ...]:
    verifying = verify(world)
    return run_repair(world, verifying.prepare_repair(verifying.run().drift))


def run_repair(world: World, options: Options) -> tuple[LinkKey, ...]:
    engine = Engine(world.sync(), world.db, world.ports())
    look_at_each(engine.intakes, options.ask, engine.ports)
    engine.run(options)
    return options.selection.records


def test_a_value_that_changed_without_a_trace_is_found_and_brought_back(world: World) -> None:
    """As after a backup of the app was played back, with the state none the wiser."""
    desk = world.apps["desk"]
    (id,) = desk.records
    row = desk.rows[id]
    (link,) = world.rows("SELECT body FROM link WHERE app = 'desk'")
    with world.db.transaction():
        body = str(link[0]).replace('"title":"CEO"', '"title":"Intern"', 1)
        world.db.run("UPDATE link SET body = :body WHERE app = 'desk'", body=body)
    desk.rows[id].values["title"] = "Intern"  # type: ignore[index]
    assert row.values["title"] == "Intern"
    assert world.run().written == 0
    assert kinds(world) == [("desk", "title", "due")]
    assert repair(world) == (("desk", id),)
    assert world.only("desk")["title"] == "CEO"
    assert kinds(world) == []


def test_a_record_that_is_gone_and_one_that_is_new(world: World) -> None:
    (id,) = world.apps["desk"].records
    world.apps["desk"].user_delete(id)
    world.apps["crm"].user_create({"email": "bo@x.test", "first": "Bo", "last": "Berg"})
    assert kinds(world) == [("crm", None, "unlinked"), ("desk", None, "missing")]
    assert set(repair(world)) >= {("desk", id)}
    assert world.settle().written == 0
    assert kinds(world) == []


def test_what_a_repair_could_not_do_is_left(world: World) -> None:
    """An edit is merged, a new record is linked, one that is gone is followed: then nothing is left of it."""
    (crm,), (desk,) = world.apps["crm"].records, world.apps["desk"].records
    world.apps["crm"].user_edit(crm, {"title": "Chair"})
    new = world.apps["crm"].user_create({"email": "bo@x.test", "first": "Bo", "last": "Berg"})
    verifying = verify(world)
    drift = verifying.run().drift
    assert {(f.record, f.kind) for f in verifying.left(drift)} == {(crm, "due"), (new, "unlinked")}
    run_repair(world, verifying.prepare_repair(drift))
    assert verifying.left(drift) == []
    world.apps["desk"].user_delete(desk)
    drift = verifying.run().drift
    assert [f.kind for f in drift] == ["missing"]
    run_repair(world, verifying.prepare_repair(drift))
    assert verifying.left(drift) == []


def test_who_was_forgotten_before_the_repair_is_no_mistake(world: World) -> None:
    """By another command, or by a run of the service, between the comparison and the repair."""
    (id,) = world.apps["desk"].records
    world.apps["desk"].rows[id].values["title"] = "Intern"
    verifying, erasure = verify(world), Erasure(world.db, "contacts")
    drift = verifying.run().drift
    assert [(f.field, f.kind) for f in drift] == [("title", "due")]
    with world.db.transaction():
        erasure.wipe(erasure.scope([("desk", id)]))
    assert verifying.prepare_repair(drift).ask == (("desk", id),)
    assert world.rows("SELECT id FROM golden") == []


def test_a_repair_is_not_prepared_while_somebody_writes(world: World) -> None:
    """What it notes would be lost under what the run keeps of the same records."""
    other = hold(world.db, "contacts", "host:7:x:y", world.clock, lambda _: True)
    with other, pytest.raises(Busy, match="process 7"):
        replace(verify(world), ports=replace(world.ports(), alive=lambda _: True)).prepare_repair([])


def test_a_record_that_an_app_still_lacks_after_a_repair_is_left(world: World) -> None:
    world.apps["desk"].user_create({"email": "bo@x.test", "name": "Bo Berg", "consent": "subscribed"})
    verifying = verify(world)
    with world.away("mail"):
        world.run()
        drift = verifying.run().drift
        run_repair(world, verifying.prepare_repair(drift))
        assert [(f.app, f.kind) for f in verifying.left(drift)] == [("mail", "missing")]
    run_repair(world, verifying.prepare_repair(drift))
    assert verifying.left(drift) == []


def test_a_held_conflict_is_told_apart(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.text = world.text.replace("rule: {prefer: [crm]}", "rule: manual")
    world.apps["crm"].user_create(MARA)
    world.apps["desk"].user_create({"email": "mara@x.test", "name": "Mara Lind", "title": "Boss"})
    world.settle()
    assert kinds(world) == [("crm", "title", "held"), ("desk", "title", "held")]
    world.db.close()


def test_a_record_that_an_app_should_have_and_never_got(world: World) -> None:
    """The mailing tool was away when its record was to be made; it takes only who is subscribed."""

    world.apps["desk"].user_create({"email": "bo@x.test", "name": "Bo Berg", "consent": "subscribed"})
    with world.away("mail"):
        world.run()
    (found,) = [f for f in verify(world).run().drift if f.kind == "missing"]
    assert (found.app, found.record, found.field) == ("mail", None, None)
    assert found.words == "the app should have a record of this, and never got one"
    repair(world)
    assert len(world.apps["mail"].records) == 1
    assert kinds(world) == []


def test_a_create_in_flight_to_a_paused_app_is_nobody_s_drift(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its answer never came, and nobody reads that app just now."""

    def cut_off(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(world.connectors["mail"], "write", cut_off)
    world.apps["desk"].user_create({"email": "bo@x.test", "name": "Bo Berg", "consent": "subscribed"})
    with pytest.raises(KeyboardInterrupt):
        world.run()
    assert ("mail",) in world.rows("SELECT app FROM outbox WHERE kind = 'create'")
    with world.db.transaction():
        Ledger(world.db, "contacts").save_reader("mail", paused=True)
    found = verify(world).run()
    assert [f for f in found.drift if f.app == "mail"] == []
    assert found.apps["mail"].error == PAUSED


def test_who_was_entered_meanwhile_is_not_made_again(world: World) -> None:
    world.apps["crm"].user_create({"email": "bo@x.test", "first": "Bo", "last": "Berg"})
    with world.away("desk"):
        world.run()
    world.apps["desk"].traits = replace(world.apps["desk"].traits, unique=())
    verifying = verify(world)
    drift = verifying.run().drift
    made = world.apps["desk"].user_create({"email": "bo@x.test", "name": "Bo Berg"})
    run_repair(world, verifying.prepare_repair(drift))
    assert [id for id, row in world.apps["desk"].records.items() if row["email"] == "bo@x.test"] == [made]


def test_a_record_that_was_refused_or_is_not_wanted_is_no_drift(world: World) -> None:
    mail = world.apps["mail"]
    (golden,) = [row[0] for row in world.rows("SELECT id FROM golden")]
    with world.db.transaction():
        records = Engine(world.sync(), world.db, world.ports()).records
        unit = records.units([str(golden)])[str(golden)]
        unit.golden.value["consent"] = "subscribed"
        unit.golden.barred["mail"] = "refused in 1"
        records.save_goldens([(unit.golden, False)])
    assert not mail.records
    assert [k for k in kinds(world) if k[0] == "mail"] == []
