"""Errors of ours in who is who, that random histories found, each told once more as a story."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from connectors.contract import AppError
from connectors.memory import Traits
from syncer.deciding.abilities import doubted_in
from syncer.store.ledger import Ledger
from syncer.store.records import Records
from tests.engine.test_found_by_simulation import ALL, once
from tests.engine.world import DESK, MAIL, World

BY_ADDRESS = """
object: contact
apps:
  crm: {object: contacts}
  mail: {object: contacts}
  desk: {object: contacts}
match: {exact: [email], fuzzy: false}
rule: newest
fields:
  email: {type: email, in: {crm: email, mail: email, desk: email}}
  title: {type: text, in: {crm: title, mail: title, desk: title}}
"""


def by_address(path: Path, traits: Mapping[str, Traits]) -> World:
    return World(path, {**ALL, **traits}, text=BY_ADDRESS)


def test_every_record_that_holds_an_address_of_somebody_is_asked_about(tmp_path: Path) -> None:
    keyless = {"desk": replace(DESK, unique=(), needs=()), "mail": replace(MAIL, unique=())}
    world = by_address(tmp_path, keyless)
    for app in world.apps.values():
        app.user_create({"email": "mara@x.test"})
    world.settle()
    for name in ("mail", "desk"):
        world.apps[name].user_create({"email": "mara@x.test", "title": "CTO"})
    world.settle()
    assert [len(app.records) for app in world.apps.values()] == [1, 2, 2]
    assert world.rows("SELECT app FROM review WHERE status = 'open' ORDER BY app") == [("desk",), ("mail",)]
    world.db.close()


def test_a_create_without_an_answer_is_found_also_when_the_address_was_changed_since(tmp_path: Path) -> None:
    world = by_address(tmp_path, {"desk": replace(DESK, needs=())})
    crm, mail = world.apps["crm"], world.apps["mail"]
    id = crm.user_create({"email": "mara@x.test"})

    def lose_the_answer() -> None:
        crm.user_edit(id, {"email": "mara.lind@x.test"})
        raise AppError("mail: the connection broke")

    once(mail, "write", lose_the_answer, after=True)
    world.run()
    (made,) = mail.records
    mail.user_edit(made, {"title": "CTO"})
    world.settle()
    assert [len(app.records) for app in world.apps.values()] == [1, 1, 1]
    assert crm.records[id]["title"] == "CTO"
    world.db.close()


def test_a_doubt_about_a_record_that_waits_itself_holds_for_what_that_one_waits_for(tmp_path: Path) -> None:
    world = by_address(tmp_path, {})
    crm, mail, desk = ("crm", "1"), ("mail", "1"), ("desk", "1")
    with world.db.transaction():
        ledger = Ledger(world.db, "contacts")
        ledger.save_reviews("run", [(*desk, *mail, 0.6, "alike"), (*mail, *crm, 0.6, "alike")])
        doubted = doubted_in(world.sync(), Records(world.db, "contacts"), ledger)
    assert doubted == {mail: {"desk"}, crm: {"desk", "mail"}}
    world.db.close()


def test_nobody_is_created_beside_a_record_of_their_address_that_waits_as_somebody_else(
    tmp_path: Path,
) -> None:
    world = by_address(tmp_path, {})
    crm, mail, desk = ("crm", "1"), ("mail", "1"), ("desk", "1")
    with world.db.transaction():
        records, ledger = Records(world.db, "contacts"), Ledger(world.db, "contacts")
        records.keys.save([], [("email", "am@x.test", *crm), ("email", "am@x.test", *desk)])
        ledger.save_reviews("run", [(*desk, *mail, 0.6, "alike")])
        assert doubted_in(world.sync(), records, ledger) == {mail: {"desk"}, crm: {"desk"}}
    world.db.close()


def test_a_question_goes_with_the_record_that_it_is_about(tmp_path: Path) -> None:
    """It waits for a person and has no link: only a whole listing without it tells that it is gone."""
    world = by_address(tmp_path, {"mail": replace(MAIL, unique=(), feed="scan")})
    for app in world.apps.values():
        app.user_create({"email": "mara@x.test"})
    world.settle()
    second = world.apps["mail"].user_create({"email": "mara@x.test", "title": "CTO"})
    world.settle()
    assert world.rows("SELECT id FROM review WHERE status = 'open'") == [(second,)]
    world.apps["mail"].user_delete(second)
    world.settle()
    assert world.rows("SELECT id FROM review WHERE status = 'open'") == []
    assert world.rows("SELECT id FROM observation") == []
    world.db.close()
