"""Failures that come to an end, on memory apps whose limits can be lifted."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from connectors.contract import Result, Write
from syncer.usecases.failures import failures, retry
from tests.engine.world import MAPPING, World


def test_a_retried_value_is_sent_once_the_app_takes_it(tmp_path: Path) -> None:
    world = World(tmp_path)
    desk = world.apps["desk"]
    world.apps["crm"].user_create({"email": "mara@x.test", "first": "Mara", "last": "Lind"})
    world.settle()
    title = desk.fields["title"]
    desk.fields["title"] = replace(title, max_length=5)
    (id,) = world.apps["crm"].records
    world.apps["crm"].user_edit(id, {"title": "Chairwoman"})
    world.run()
    sync = world.sync()
    (failure,) = failures(sync, world.db)
    assert (failure.app, failure.field, failure.value) == ("desk", "title", "Chairwoman")
    assert "keeps at most 5 characters" in failure.cure
    assert world.run().written == 0
    desk.fields["title"] = title
    retry(sync, world.db, world.ports(), [failure])
    assert world.run().written == 1
    assert failures(sync, world.db) == []
    assert world.only("desk")["title"] == "Chairwoman"
    world.db.close()


def test_a_field_that_is_changed_back_is_frozen_and_thawed_by_a_retry(tmp_path: Path) -> None:
    written_only = MAPPING.replace("desk: title}", "desk: {field: title, direction: to}}")
    world = World(tmp_path, text=written_only)
    world.apps["crm"].user_create({"email": "mara@x.test", "first": "Mara", "last": "Lind", "title": "CEO"})
    world.settle()
    (id,) = world.apps["desk"].records
    for _ in range(8):
        world.apps["desk"].user_edit(id, {"title": "Robot"})
        world.run()
        if failures(world.sync(), world.db):
            break
    (failure,) = failures(world.sync(), world.db)
    assert (failure.kind, failure.app, failure.field) == ("frozen", "desk", "title")
    assert "workflow" in failure.cure
    assert world.run().written == 0
    retry(world.sync(), world.db, world.ports(), [failure])
    assert world.run().written == 1
    assert world.only("desk")["title"] == "CEO"
    world.db.close()


def test_who_could_not_be_created_beside_the_holder_of_an_address_is_once_it_is_free(tmp_path: Path) -> None:
    """The desk takes chairs only. Bo, who is one, has Anna's address there when she becomes one as well."""
    text = MAPPING.replace(
        "desk: {object: contacts}", "desk: {object: contacts, create_when: \"title == 'Chair'\"}"
    )
    world = World(tmp_path, text=text)
    crm, desk = world.apps["crm"], world.apps["desk"]
    anna = crm.user_create({"email": "anna@x.test", "first": "Anna", "last": "Lind"})
    crm.user_create({"email": "bo@x.test", "first": "Bo", "last": "Frost", "title": "Chair"})
    world.settle()
    (bo,) = desk.records
    desk.user_edit(bo, {"email": "anna@x.test"})
    world.settle()
    crm.user_edit(anna, {"title": "Chair"})
    world.settle()
    assert len(desk.records) == 1
    desk.user_edit(bo, {"email": "bo@x.test"})
    world.settle()
    assert sorted(str(v["email"]) for v in desk.records.values()) == ["anna@x.test", "bo@x.test"]
    world.db.close()


def test_a_field_that_was_refused_of_a_write_is_told_apart_from_what_was_written(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.apps["crm"].user_create({"email": "mara@x.test", "first": "Mara", "last": "Lind", "title": "CEO"})
    world.settle()
    plain = world.connectors["desk"].write

    def refusing(object: str, writes: Sequence[Write]) -> Sequence[Result]:
        taken = [replace(w, values={n: v for n, v in w.values.items() if n != "phone"}) for w in writes]
        return [replace(r, fields={"phone": "no such number"}) for r in plain(object, taken)]

    world.connectors["desk"].write = refusing  # type: ignore[method-assign]
    (id,) = world.apps["crm"].records
    world.apps["crm"].user_edit(id, {"title": "Chair", "phone": "+6281234567890"})
    run = world.run().run
    sql = "SELECT outcome, body FROM written WHERE run = :run AND app = 'desk' ORDER BY seq"
    rows = [(outcome, json.loads(str(body))) for outcome, body in world.rows(sql, run=run)]
    assert [(outcome, list(body["slots"]), body["reason"]) for outcome, body in rows] == [
        ("applied", ["title"], ""),
        ("rejected", ["phone"], "no such number"),
    ]
    world.db.close()
