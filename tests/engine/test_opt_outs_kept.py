"""An opt-out that was shown counts: also where a call failed after it and the rest is to be read again, and
where the record is gone before anybody decided about it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from connectors.contract import Unavailable
from connectors.memory import Traits
from syncer.core.brakes import Limit
from syncer.engine import Engine
from syncer.engine import Options as RunOptions
from tests.engine.world import CRM, DESK, MAIL, World

OUT, IN = {"consent": "unsubscribed"}, {"consent": "subscribed"}
LAGGING = replace(DESK, lists_lag=True)


def in_step(path: Path, desk: Traits) -> World:
    """Mara and Sara in two apps that hold the same of them."""
    world = World(path, {"crm": CRM, "mail": MAIL, "desk": desk})
    for first, last in (("Mara", "Lind"), ("Sara", "Karimi")):
        person = {"email": f"{first.lower()}@x.test", "phone": f"+62811234{len(last)}00"}
        world.apps["crm"].user_create({**person, "first": first, "last": last})
    world.settle()
    return world


def named(world: World, app: str, mail: str) -> str:
    """The record with this address."""
    return next(id for id, values in world.apps[app].records.items() if values["email"] == mail)


def opts_out_where_a_blank_is_to_be_asked_about(world: World) -> str:
    world.apps["desk"].user_edit(named(world, "desk", "mara@x.test"), {**OUT, "phone": None})
    return "describe"


def opts_out_in_an_unconfirmed_record_with_a_new_blank(world: World) -> str:
    world.apps["crm"].user_edit(named(world, "crm", "mara@x.test"), {"title": "CTO"})
    world.run()  # desk answers without the record: it is asked for first in the next run
    return opts_out_where_a_blank_is_to_be_asked_about(world)


def opts_out_beside_a_record_that_was_archived(world: World) -> str:
    world.apps["desk"].user_archive(named(world, "desk", "sara@x.test"))
    world.apps["desk"].user_edit(named(world, "desk", "mara@x.test"), OUT)
    return "fetch"


def opts_out_in_a_list_that_lags(world: World) -> str:
    world.apps["desk"].user_edit(named(world, "desk", "mara@x.test"), OUT)
    return "fetch"


def opts_out_in_a_new_record(world: World) -> str:
    world.apps["desk"].user_edit(named(world, "desk", "sara@x.test"), {"phone": None})
    world.apps["crm"].user_create({"email": "tom@x.test", "first": "Tom", "last": "Bell"})
    world.apps["desk"].user_create({"email": "tom@x.test", "name": "Tom Bell", **OUT})
    return "describe"


def run_in_which_desk_fails(world: World, call: str, *before: Callable[[], None]) -> None:
    """One run in which this call of desk fails; what happens at earlier ones is given."""
    world.clock.sleep(120)
    engine, acts = Engine(world.sync(), world.db, world.ports()), [*before]

    def fail(name: str) -> None:
        if name == call and not acts:
            raise Unavailable("desk: the connection broke")
        if name == call:
            acts.pop(0)()

    world.apps["desk"].before_call = fail
    report = engine.run(RunOptions())
    world.apps["desk"].before_call = None
    assert report.apps["desk"].error


@pytest.mark.parametrize(
    ("happens", "desk", "who"),
    [
        (opts_out_where_a_blank_is_to_be_asked_about, DESK, "mara"),
        (opts_out_in_an_unconfirmed_record_with_a_new_blank, DESK, "mara"),
        (opts_out_beside_a_record_that_was_archived, replace(DESK, lists_archived=True), "mara"),
        (opts_out_in_a_list_that_lags, LAGGING, "mara"),
        (opts_out_in_a_new_record, DESK, "tom"),
    ],
)
def test_an_opt_out_is_kept_where_the_rest_of_an_answer_is_to_be_read_again(
    tmp_path: Path, happens: Callable[[World], str], desk: Traits, who: str
) -> None:
    world = in_step(tmp_path, desk)
    run_in_which_desk_fails(world, happens(world))
    assert world.apps["crm"].records[named(world, "crm", f"{who}@x.test")]["optout"] == "true"
    world.settle()
    phones = {values["email"]: values.get("phone") for values in world.apps["crm"].records.values()}
    cleared = {values["email"]: values.get("phone") for values in world.apps["desk"].records.values()}
    assert phones.items() >= cleared.items()  # what was not taken in then has been read since
    world.db.close()


def test_an_opt_out_is_kept_where_reading_again_before_a_write_breaks_off(tmp_path: Path) -> None:
    world = in_step(tmp_path, DESK)
    desk, crm, connector = world.apps["desk"], world.apps["crm"], world.connectors["desk"]
    describe = connector.describe
    connector.describe = lambda object: replace(describe(object), fetch_batch=1)  # type: ignore[method-assign]
    for id in crm.records:
        crm.user_edit(id, {"title": "CTO"})

    def all_say(state: str) -> None:
        for id in desk.records:
            desk.user_edit(id, {"consent": state})

    # What was read of desk is old by the time of the writes: its records are asked for again.
    world.apps["mail"].before_call = lambda call: world.clock.sleep(90) if call == "pull" else None
    run_in_which_desk_fails(world, "fetch", lambda: all_say("unsubscribed"))
    all_say("subscribed")
    world.settle()
    assert sorted(str(values["optout"]) for values in crm.records.values()) == ["None", "true"]
    world.db.close()


class Killed(BaseException):
    """The process is gone."""


def archived(world: World, mara: str) -> str:
    world.apps["desk"].user_archive(mara)
    return "mara@x.test"


def deleted(world: World, mara: str) -> str:
    world.apps["desk"].user_delete(mara)
    return "mara@x.test"


def merged(world: World, mara: str) -> str:
    desk = world.apps["desk"]
    desk.user_merge(mara, desk.user_create({"email": "lind@x.test", "name": "Mara Lind", **IN}))
    return "lind@x.test"


def merged_with_known(world: World, mara: str) -> str:
    world.apps["desk"].user_merge(mara, named(world, "desk", "sara@x.test"))
    return "sara@x.test"


@pytest.mark.parametrize("goes", [archived, deleted, merged, merged_with_known])
def test_an_opt_out_is_kept_that_a_killed_run_had_read_of_a_record_that_is_gone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, goes: Callable[[World, str], str]
) -> None:
    world = in_step(tmp_path, replace(DESK, feed="scan"))
    mara = named(world, "desk", "mara@x.test")
    world.apps["desk"].user_edit(mara, OUT)

    def killed(*_: object) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(Engine, "_decide", killed)
        with pytest.raises(Killed):
            world.run()
    world.apps["desk"].user_edit(mara, IN)
    mail = goes(world, mara)
    world.settle()
    assert world.apps["crm"].records[named(world, "crm", mail)]["optout"] == "true"
    assert all(values["status"] != "active" for values in world.apps["mail"].records.values())
    world.db.close()


def test_an_opt_in_that_a_held_run_has_written_over_counts_no_more(tmp_path: Path) -> None:
    """It was read before our write, and then the record was gone before it could be read again."""
    world = in_step(tmp_path, DESK)
    mail = world.apps["mail"]
    mail.user_create({"email": "mara@x.test", "first": "Mara", "last": "Lind", "status": "active"})
    world.settle()
    mara = {app: named(world, app, "mara@x.test") for app in world.apps}
    world.limits = {"updates": Limit(0.0, 0)}
    mail.user_edit(mara["mail"], {"status": "active", "phone": "+6281155550000"})
    world.apps["desk"].user_edit(mara["desk"], OUT)
    held = world.run()
    assert (held.status, mail.records[mara["mail"]]["status"]) == ("held", "out")
    mail.user_delete(mara["mail"])
    for _ in range(2):
        world.run(approve=world.run().held_run)
    assert world.apps["desk"].records[mara["desk"]]["consent"] == "unsubscribed"
    assert world.apps["crm"].records[mara["crm"]]["optout"] == "true"
    world.db.close()
