"""An app that loses the group of a tag: who was in it keeps the tag, and the tag alone stops there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from connectors.contract import FieldSpec, Result, Write
from syncer.engine import Engine
from syncer.engine import Options as RunOptions
from syncer.reading.looking import look_at_each
from syncer.report import Report
from syncer.store.lease import hold
from syncer.sync import Sync
from tests.engine.world import CRM, DESK, MAIL, MAPPING, World

MARA = {"email": "mara@x.test", "first": "Mara", "last": "Lind", "tags": ["partner", "vip"]}
OMID = {"email": "omid@x.test", "first": "Omid", "last": "Rad", "tags": ["vip"]}


@pytest.fixture(params=["scan", "changes"])
def world(request: pytest.FixtureRequest, tmp_path: Path) -> World:
    """Two people in three apps; in one of these, tags are groups."""
    groups = FieldSpec("groups", "multi", groups=True)
    mail = replace(MAIL, fields=(*MAIL.fields, groups), feed=request.param)
    text = MAPPING.replace("{crm: tags, desk: tags}", "{crm: tags, mail: groups, desk: tags}")
    text = text.replace("[vip, partner]", "[vip, partner, new]")
    text = "\n".join(line for line in text.splitlines() if "consent" not in line)
    text = text.replace(
        "  desk: {object: contacts}", "  mail: {object: contacts}\n  desk: {object: contacts}"
    )
    made = World(tmp_path, {"crm": CRM, "mail": mail, "desk": DESK}, text)
    for person in (MARA, OMID):
        made.apps["crm"].user_create(person)
    made.settle()
    return made


def tags(world: World, app: str) -> dict[str, set[str]]:
    field = "groups" if app == "mail" else "tags"
    return {str(r["email"]): {*(r.get(field) or ())} for r in world.apps[app].records.values()}  # type: ignore[misc]


def of(world: World, app: str, email: str) -> str:
    return next(id for id, values in world.apps[app].records.items() if values["email"] == email)


def run_with(world: World, sync: Sync, **options: Any) -> Report:
    world.clock.sleep(120)
    return Engine(sync, world.db, world.ports()).run(RunOptions(**options))


def told(report: Report) -> list[tuple[str, str, str, int]]:
    return [(one["app"], one["field"], one["tag"], one["records"]) for one in report.stopped]


EVERYWHERE = {"mara@x.test": {"partner", "vip"}, "omid@x.test": {"vip"}}
LOST = [("mail", "groups", "vip", 2)]
LOSSES = {
    "deleted": lambda world: world.apps["mail"].drop_group("groups", "vip"),
    "renamed": lambda world: world.apps["mail"].rename_group("groups", "vip", "VIP customers"),
}


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("remembered", [True, False], ids=["while it is read", "between two looks"])
def test_a_lost_group_takes_the_tag_from_nobody(world: World, loss: str, remembered: bool) -> None:
    known = world.sync()
    LOSSES[loss](world)
    report = run_with(world, known if remembered else world.sync())
    assert told(report) == LOST
    assert (report.status, report.written) == ("partial", 0)
    report = world.run()
    assert (told(report), report.written) == (LOST, 0)
    assert tags(world, "crm") == tags(world, "desk") == EVERYWHERE
    assert "vip" not in world.apps["mail"].fields["groups"].options


def test_what_single_records_showed_before_a_run_counts_in_it(world: World) -> None:
    """The run itself goes by the description of before, which has the group."""
    known, key = world.sync(), ("mail", of(world, "mail", "mara@x.test"))
    world.apps["mail"].drop_group("groups", "vip")
    ports = world.ports()
    with hold(world.db, known.name, ports.holder, ports.now, ports.alive):
        look_at_each(Engine(known, world.db, ports).intakes, [key], ports)
    report = run_with(world, known, read=False)
    assert (told(report), report.written) == (LOST, 0)
    assert (told(world.run()), tags(world, "crm")) == (LOST, EVERYWHERE)
    assert "vip" not in world.apps["mail"].fields["groups"].options


def test_the_answer_to_a_write_takes_no_tag_from_anybody(world: World) -> None:
    """The group goes between the look and the write, and the answer shows the record without it."""
    mail, write = world.connectors["mail"], world.connectors["mail"].write

    def dropped_first(object: str, writes: Sequence[Write]) -> list[Result]:
        if "vip" in world.apps["mail"].fields["groups"].options:
            world.apps["mail"].drop_group("groups", "vip")
        return write(object, writes)

    mail.write = dropped_first  # type: ignore[method-assign]
    for email in EVERYWHERE:
        world.apps["crm"].user_edit(of(world, "crm", email), {"first": "Another"})
    world.run()
    assert (told(world.run()), tags(world, "crm")) == (LOST, EVERYWHERE)


def test_a_group_that_syncer_made_itself_a_moment_ago_can_be_lost(world: World) -> None:
    """The description of the app is older than the group."""
    known = world.sync()
    world.apps["crm"].user_edit(of(world, "crm", "omid@x.test"), {"tags": ["new", "vip"]})
    run_with(world, known)
    assert "new" in tags(world, "mail")["omid@x.test"]
    world.apps["mail"].drop_group("groups", "new")
    report = run_with(world, known)
    assert told(report) == [("mail", "groups", "new", 1)]
    assert tags(world, "crm")["omid@x.test"] == {"new", "vip"}


@pytest.mark.parametrize("remembered", [True, False], ids=["while it is read", "between two looks"])
def test_the_other_tags_go_on_both_ways(world: World, remembered: bool) -> None:
    known = world.sync()
    mail = world.apps["mail"]
    mail.drop_group("groups", "vip")
    mail.user_edit(of(world, "mail", "mara@x.test"), {"groups": ["new"]})  # partner was taken away
    world.apps["crm"].user_edit(of(world, "crm", "omid@x.test"), {"tags": ["partner", "vip"]})
    run_with(world, known if remembered else world.sync())
    world.run()
    assert tags(world, "crm") == {"mara@x.test": {"new", "vip"}, "omid@x.test": {"partner", "vip"}}
    assert tags(world, "desk") == tags(world, "crm")
    assert tags(world, "mail") == {"mara@x.test": {"new"}, "omid@x.test": {"partner"}}
    assert "vip" not in mail.fields["groups"].options


def test_whoever_gets_the_tag_meanwhile_does_not_bring_the_group_back(world: World) -> None:
    world.apps["mail"].drop_group("groups", "vip")
    world.run()
    world.apps["crm"].user_create({**OMID, "email": "noor@x.test", "first": "Noor", "phone": "+62811234567"})
    world.apps["desk"].user_edit(of(world, "desk", "mara@x.test"), {"tags": ["partner"]})
    world.settle()
    assert told(world.run()) == LOST
    assert tags(world, "mail") == {"mara@x.test": {"partner"}, "omid@x.test": set(), "noor@x.test": set()}
    assert tags(world, "crm")["mara@x.test"] == {"partner"}
    assert "vip" not in world.apps["mail"].fields["groups"].options


def test_a_group_that_is_there_again_gets_who_has_the_tag(world: World) -> None:
    mail = world.apps["mail"]
    mail.drop_group("groups", "vip")
    world.run()
    world.apps["desk"].user_edit(of(world, "desk", "omid@x.test"), {"tags": []})
    world.run()
    mail.fields["groups"] = replace(mail.fields["groups"], options=("partner", "vip"))
    mail.user_edit(of(world, "mail", "omid@x.test"), {"phone": "+62811234567"})
    report = world.run()
    assert (told(report), report.status) == ([], "done")
    world.settle()
    expected = {"mara@x.test": {"partner", "vip"}, "omid@x.test": set()}
    assert [tags(world, app) for app in world.apps] == [expected] * 3


def test_a_group_that_has_its_name_back_holds_who_was_in_it(world: World) -> None:
    mail = world.apps["mail"]
    mail.rename_group("groups", "vip", "VIP customers")
    world.run()
    mail.rename_group("groups", "VIP customers", "vip")
    assert (told(world.run()), world.run().written) == ([], 0)
    assert [tags(world, app) for app in world.apps] == [EVERYWHERE] * 3
    mail.user_edit(of(world, "mail", "omid@x.test"), {"groups": None})
    world.settle()
    assert tags(world, "crm")["omid@x.test"] == set()  # by now that is a removal like any other


def test_who_was_put_into_the_group_when_it_is_there_again_gets_the_tag(world: World) -> None:
    mail = world.apps["mail"]
    world.apps["crm"].user_edit(of(world, "crm", "omid@x.test"), {"tags": []})
    world.settle()
    mail.drop_group("groups", "vip")
    world.run()
    mail.user_edit(of(world, "mail", "omid@x.test"), {"groups": ["vip"]})
    world.settle()
    assert [tags(world, app) for app in world.apps] == [EVERYWHERE] * 3


def test_a_lost_group_is_told_no_more_once_nobody_has_the_tag(world: World) -> None:
    world.apps["mail"].drop_group("groups", "vip")
    world.run()
    for email in EVERYWHERE:
        world.apps["crm"].user_edit(of(world, "crm", email), {"tags": None})
    assert told(world.run()) == []
    assert world.run().status == "done"
    world.apps["crm"].user_edit(of(world, "crm", "omid@x.test"), {"tags": ["vip"]})
    world.settle()
    assert tags(world, "mail")["omid@x.test"] == {"vip"}  # a new beginning: the first write makes the group


def test_a_word_that_the_mapping_names_no_more_is_not_missed(world: World) -> None:
    world.apps["mail"].drop_group("groups", "vip")
    world.run()
    world.text = world.text.replace("[vip, partner, new]", "[partner, new]")
    assert told(world.settle()) == []
    assert tags(world, "crm") == EVERYWHERE


def test_who_leaves_a_group_that_stays_has_the_tag_no_more(world: World) -> None:
    world.apps["mail"].user_edit(of(world, "mail", "mara@x.test"), {"groups": ["partner"]})
    assert told(world.run()) == []
    assert tags(world, "crm") == tags(world, "desk") == {**EVERYWHERE, "mara@x.test": {"partner"}}
