"""Records that left an app's filter: what becomes of them there is no longer their person's, and nothing is
written into them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from connectors.contract import FieldSpec
from connectors.memory import Traits
from syncer.core.brakes import Limit
from syncer.usecases.undoing import Undoing, Wanted
from tests.engine.tied import unlink
from tests.engine.world import World

MAPPING = """
object: contact
apps:
  crm: {object: contacts}
  desk: {object: contacts, only: "score > 5"}
match: {exact: [email], fuzzy: false}
on_delete: archive
fields:
  email: {type: email, in: {crm: email, desk: email}}
  name: {type: text, in: {crm: name, desk: name}}
"""
CONSENT = "  consent: {type: consent, authority: [crm], in: {crm: consent, desk: consent}}\n"
STATES = ("subscribed", "unsubscribed")
FIELDS = (
    FieldSpec("email"),
    FieldSpec("name"),
    FieldSpec("score", "integer"),
    FieldSpec("consent", kind="choice", options=STATES),
)
TRAITS = {
    app: Traits(fields=FIELDS, unique=("email",), account=app, lists_archived=True) for app in ("crm", "desk")
}
ANN = {"email": "ann@x.test", "name": "Ann"}


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """Ann, whose record in the helpdesk has left the filter."""
    world = World(tmp_path, traits=TRAITS, text=MAPPING)
    world.apps["crm"].user_create(ANN)
    id = world.apps["desk"].user_create({**ANN, "score": 9})
    world.settle()
    world.apps["desk"].user_edit(id, {"score": 1})
    world.settle()
    assert state(world) == "out"
    yield world
    world.db.close()


def state(world: World) -> object:
    return world.rows("SELECT state FROM link WHERE app = 'desk'")[0][0]


def test_who_left_the_filter_is_not_deleted_with_that_record(world: World) -> None:
    (id,) = world.apps["desk"].records
    world.apps["desk"].user_archive(id)
    world.settle()
    assert state(world) == "gone"
    assert [record["name"] for record in world.apps["crm"].records.values()] == ["Ann"]


def test_who_left_a_filter_stays_out_where_it_cannot_be_evaluated(world: World) -> None:
    (id,) = world.apps["desk"].records
    world.apps["desk"].user_edit(id, {"score": None, "name": "Private"})
    world.settle()
    assert state(world) == "out"
    assert [record["name"] for record in world.apps["crm"].records.values()] == ["Ann"]


@pytest.fixture
def leaving(tmp_path: Path) -> Iterator[World]:
    """Ann, in step, in a helpdesk whose lists show a change two and a half minutes late."""
    world = World(tmp_path, traits={**TRAITS, "desk": replace(TRAITS["desk"], lag=150.0, archive="final")})
    world.text = MAPPING.replace("archive", "delete") + CONSENT
    world.apps["crm"].user_create({**ANN, "consent": "subscribed"})
    world.apps["desk"].user_create({**ANN, "score": 9, "consent": "subscribed"})
    world.settle()
    world.clock.sleep(600)
    world.settle()
    yield world
    world.db.close()


def changed(world: World) -> list[object]:
    """What the sync did to records of the helpdesk."""
    return [e.action for e in world.apps["desk"].log if e.who == "sync"]


def leave(world: World) -> None:
    (id,) = world.apps["desk"].records
    world.apps["desk"].user_edit(id, {"score": 1})


@pytest.mark.parametrize("deed", ["edited", "deleted"])
def test_who_leaves_the_filter_before_the_lists_show_it_is_left_alone(leaving: World, deed: str) -> None:
    """The look at the record just before the write shows it."""
    (crm,) = leaving.apps["crm"].records
    if deed == "edited":
        leaving.apps["crm"].user_edit(crm, {"name": "Anna"})
    else:
        leaving.apps["crm"].user_archive(crm)
    leaving.clock.sleep(100)
    leave(leaving)
    leaving.run()
    assert changed(leaving) == []
    leaving.settle()
    assert (changed(leaving), state(leaving)) == ([], "out")


def test_a_held_run_lowers_no_consent_of_who_has_just_left_the_filter(leaving: World) -> None:
    leaving.limits = {"updates": Limit(0.0, 0)}
    (crm,) = leaving.apps["crm"].records
    leave(leaving)
    leaving.apps["crm"].user_edit(crm, {"consent": "unsubscribed"})
    leaving.apps["crm"].user_create({"email": "bo@x.test", "name": "Bo"})
    leaving.apps["desk"].user_create({"email": "bo@x.test", "name": "Bob", "score": 9})
    leaving.clock.sleep(100)
    assert leaving.run().status == "held"
    assert changed(leaving) == []


def test_an_undo_writes_nothing_into_who_has_just_left_the_filter(tmp_path: Path) -> None:
    world = World(tmp_path, traits=TRAITS, text=MAPPING)
    world.apps["crm"].user_create(ANN)
    world.apps["desk"].user_create({"email": "ann@x.test", "score": 9})
    run = world.run()
    assert world.only("desk")["name"] == "Ann"
    leave(world)
    world.clock.sleep(120)
    (line,) = Undoing(world.sync(), world.db, world.ports()).do(Wanted(run.run)).lines
    assert (line.act, line.why) == ("left", "the record is outside the app's filter (only)")
    assert (changed(world), state(world)) == (["edit"], "out")
    world.db.close()


def test_an_unlink_writes_nothing_into_who_has_just_left_the_filter(tmp_path: Path) -> None:
    world = World(tmp_path, traits=TRAITS, text=MAPPING)
    desk = world.apps["desk"].user_create({**ANN, "name": "Own", "score": 9})
    world.clock.sleep(90)
    world.apps["crm"].user_create(ANN)
    world.settle()
    assert changed(world) == ["edit"]
    leave(world)
    unlink(world, f"desk:{desk}")
    assert changed(world) == ["edit"]
    world.db.close()


@pytest.mark.parametrize("consent", ["", CONSENT], ids=["no consent", "consent"])
@pytest.mark.parametrize("how", ["left the filter", "archived"])
def test_an_edit_of_before_is_not_dated_by_a_look_at_who_takes_no_part(
    tmp_path: Path, consent: str, how: str
) -> None:
    """Both apps say when a field was changed; the consent of who takes no part is looked at all the same."""
    traits = {app: replace(of, field_stamps=True) for app, of in TRAITS.items()}
    world = World(tmp_path, traits=traits, text=MAPPING.replace("archive", "keep") + consent)
    crm = world.apps["crm"].user_create({**ANN, "consent": "subscribed"})
    desk = world.apps["desk"].user_create({**ANN, "score": 9, "consent": "subscribed"})
    world.settle()
    world.clock.sleep(600)
    world.apps["desk"].user_edit(desk, {"name": "Older", "score": 1 if how == "left the filter" else 9})
    if how == "archived":
        world.apps["desk"].user_archive(desk)
    world.clock.sleep(60)
    world.apps["crm"].user_edit(crm, {"name": "Newer"})
    world.settle()
    if how == "archived":
        world.apps["desk"].user_restore(desk)
    else:
        world.apps["desk"].user_edit(desk, {"score": 9})
    world.settle()
    assert {world.only(app)["name"] for app in TRAITS} == {"Newer"}
    world.db.close()


@pytest.mark.parametrize("why", ["outside the filter", "archived"])
def test_nobody_is_created_beside_a_record_of_theirs_that_takes_no_part(tmp_path: Path, why: str) -> None:
    """In an app that takes an address twice, as HubSpot takes the domain of a company."""
    traits = {**TRAITS, "desk": replace(TRAITS["desk"], unique=())}
    world = World(tmp_path, traits=traits, text=MAPPING)
    world.apps["crm"].user_create(ANN)
    id = world.apps["desk"].user_create({**ANN, "score": 1 if why == "outside the filter" else 9})
    if why == "archived":
        world.apps["desk"].user_archive(id)
    world.settle()
    assert list(world.apps["desk"].rows) == [id]
    world.db.close()


def test_who_is_merged_into_a_record_outside_the_filter_takes_no_part_there(tmp_path: Path) -> None:
    """The app makes a new record of both, with the kind of the one that had left the filter."""
    world = World(tmp_path, traits=TRAITS, text=MAPPING)
    world.apps["crm"].user_create(ANN)
    ann = world.apps["desk"].user_create({**ANN, "score": 9})
    other = world.apps["desk"].user_create({"email": "bo@x.test", "name": "Bo", "score": 9})
    world.settle()
    world.apps["desk"].user_edit(other, {"score": 1})
    world.settle()
    world.apps["desk"].user_merge(ann, other, new_id=True)
    world.settle()
    assert {row[0] for row in world.rows("SELECT state FROM link WHERE app = 'desk'")} == {"out"}
    world.db.close()


def test_an_answer_that_shows_the_record_outside_the_filter_is_heard(tmp_path: Path) -> None:
    """Somebody changed it between the look and the write: the same run writes nothing more into it."""
    world = World(tmp_path, traits=TRAITS, text=MAPPING)
    world.apps["crm"].user_create(ANN)
    world.apps["desk"].user_create({**ANN, "score": 9})
    world.settle()
    (crm,), (desk,) = world.apps["crm"].records, world.apps["desk"].records
    world.apps["crm"].user_edit(crm, {"name": "Anna"})

    def leaves(call: str) -> None:
        if call == "write":
            world.apps["desk"].before_call = None
            world.apps["desk"].user_edit(desk, {"score": 1, "email": "private@x.test"})

    world.apps["desk"].before_call = leaves
    world.run()
    assert state(world) == "out"
    assert world.only("crm")["email"] == "ann@x.test"
    world.db.close()


def test_an_opt_out_outside_the_filter_is_not_taken_back_there(tmp_path: Path) -> None:
    """The helpdesk is no authority; the yes that is seen later stands in the same record."""
    world = World(tmp_path, traits=TRAITS, text=MAPPING + CONSENT)
    id = world.apps["desk"].user_create({**ANN, "score": 1, "consent": "unsubscribed"})
    world.settle()
    world.apps["desk"].user_edit(id, {"consent": "subscribed"})
    world.settle()
    world.apps["desk"].user_edit(id, {"score": 9})
    world.settle()
    assert {world.only(app)["consent"] for app in TRAITS} == {"unsubscribed"}
    world.db.close()
