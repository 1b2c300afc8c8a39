"""Why a value is what it is, and why something was not done: each reason on a small world."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from connectors.contract import FieldSpec
from syncer.core.brakes import Limit
from syncer.usecases.explaining import Explained, Explainer, Unlinked
from syncer.usecases.reverting import ALIKE
from syncer.usecases.timeline import timeline
from syncer.usecases.who import known, look_up
from tests.engine.test_following import reread
from tests.engine.world import DESK, MAPPING, World

MARA = {"email": "mara@x.test", "first": "Mara", "last": "Lind"}


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    world = World(tmp_path)
    yield world
    world.db.close()


def explain(world: World, who: str = "mara@x.test") -> tuple[list[Explained], list[Unlinked]]:
    return Explainer(world.sync(), world.db).who(who)


def one(world: World, who: str = "mara@x.test") -> Explained:
    (found,), loose = explain(world, who)
    assert not loose
    return found


def codes(found: Explained, field: str) -> dict[str, str]:
    (told,) = [t for t in found.fields if t.field == field]
    return {place.app: place.standing.code for place in told.places}


def test_a_value_names_its_source_and_what_it_was_chosen_over(world: World) -> None:
    crm = world.apps["crm"].user_create({**MARA, "title": "CEO"})
    world.clock.sleep(5)
    world.apps["desk"].user_create({"email": "mara@x.test", "name": "Mara Lind", "title": "Boss"})
    world.settle()
    (title,) = [t for t in one(world).fields if t.field == "title"]
    assert title.value == "CEO"
    assert title.source is not None
    assert (title.source.app, title.source.record, title.source.rule) == ("crm", crm, "prefer")
    assert "prefers" in title.because
    assert [(c.app, c.value) for c in title.beat] == [("desk", "Boss")]


def test_a_consent_that_was_raised_names_the_authority_and_the_later_opt_in(world: World) -> None:
    mail = world.apps["mail"]
    id = mail.user_create({**MARA, "status": "active"})
    world.settle()
    for status, because in (
        ("out", "the most restrictive answer of any app wins"),
        ("active", "a later opt-in in mail, which the mapping names under authority, lifts the opt-out"),
    ):
        world.clock.sleep(600)
        mail.user_edit(id, {"status": status})
        world.settle()
        (consent,) = [t for t in one(world).fields if t.field == "consent"]
        assert consent.because.startswith(because)
    assert [row[0] for row in world.rows("SELECT rule FROM conflict ORDER BY seq")][-1] == "authority"


@pytest.mark.parametrize("who", ["mara@x.test", "MARA@x.test", "+62 812-3456-7890"])
def test_a_person_goes_by_address_and_phone(world: World, who: str) -> None:
    id = world.apps["crm"].user_create({**MARA, "phone": "+6281234567890"})
    world.settle()
    found = one(world, who)
    assert one(world, found.golden) == one(world, f"crm:{id}") == found


def test_many_names_are_looked_up_at_once_as_each_alone(world: World) -> None:
    id = world.apps["crm"].user_create({**MARA, "phone": "+6281234567890"})
    other = world.apps["crm"].user_create({"email": "bo@x.test", "phone": "+6281234567890", "last": "Berg"})
    world.settle()
    golden = one(world, f"crm:{id}").golden
    names = [
        "mara@x.test",
        "+62 812-3456-7890",
        f"crm:{other}",
        "MARA@x.test",
        golden,
        "nobody@x.test",
        "crm:0",
    ]
    people = look_up(world.sync(), world.db, names)
    assert {name: people.known(name) for name in names} == {
        name: known(world.sync(), world.db, name) for name in names
    }
    assert {("crm", id), ("crm", other)} <= set(people.known("+62 812-3456-7890"))
    assert people.known("nobody@x.test") == ()


def held_conflict(world: World) -> None:
    world.text = MAPPING.replace("rule: {prefer: [crm]}", "rule: manual")
    world.apps["crm"].user_create({**MARA, "title": "CEO"})
    world.apps["desk"].user_create({"email": "mara@x.test", "name": "Mara Lind", "title": "Boss"})
    world.settle()


def direction(world: World) -> None:
    world.text = MAPPING.replace("desk: title}", "desk: {field: title, direction: from}}")
    world.apps["crm"].user_create({**MARA, "title": "CEO"})
    world.apps["desk"].user_create({"email": "mara@x.test", "name": "Mara Lind", "title": "Boss"})
    world.settle()


def refused_value(world: World) -> None:
    fields = (f if f.name != "title" else FieldSpec("title", max_length=5) for f in DESK.fields)
    world.apps["desk"].fields.update({f.name: f for f in fields})
    world.apps["crm"].user_create(MARA)
    world.settle()
    (id,) = world.apps["crm"].records
    world.apps["crm"].user_edit(id, {"title": "Chairwoman"})
    world.run()


def longer_list(world: World) -> None:
    world.apps["desk"].fields["phones"] = FieldSpec("phones", kind="multi")
    world.text = MAPPING.replace("desk: phone}", "desk: {field: phones, pick: first}}")
    crm = world.apps["crm"].user_create({**MARA, "phone": "+6281234567890"})
    listed = ["+6281234567890", "+6281234567891"]
    desk = world.apps["desk"].user_create({"email": "mara@x.test", "name": "Mara Lind", "phones": listed})
    world.settle()
    world.apps["crm"].user_clear(crm, "phone")
    world.settle()
    assert world.apps["desk"].records[desk]["phones"] == listed


def no_such_word(world: World) -> None:
    world.apps["desk"].fields["title"] = FieldSpec("title", "choice", options=("boss", "chief"))
    world.text = MAPPING.replace("title: {type: text,", "title: {type: choice, unknown: hold,")
    world.apps["crm"].user_create({**MARA, "title": "ceo"})
    world.apps["desk"].user_create({"email": "mara@x.test", "name": "Mara Lind", "title": "boss"})
    world.settle()


@pytest.mark.parametrize(
    ("scene", "field", "app", "code"),
    [
        (held_conflict, "title", "desk", "held"),
        (direction, "title", "desk", "direction"),
        (refused_value, "title", "desk", "refused"),
        (longer_list, "phone", "desk", "unshown"),
        (no_such_word, "title", "desk", "unshown"),
    ],
    ids=lambda v: v.__name__ if callable(v) else v,
)
def test_why_a_field_was_not_written(
    world: World, scene: Callable[[World], None], field: str, app: str, code: str
) -> None:
    scene(world)
    assert codes(one(world), field)[app] == code


def test_a_value_that_cannot_be_read_is_told_where_nothing_else_was_found(world: World) -> None:
    world.text = MAPPING.replace("title: {type: text,", "title: {type: date,")
    world.apps["crm"].user_create({**MARA, "title": "CEO"})
    world.settle()
    (title,) = (told for told in one(world).fields if told.field == "title")
    assert title.because == "no app gave a value that counts"
    assert codes(one(world), "title")["crm"] == "unreadable"


def test_a_held_conflict_shows_its_candidates(world: World) -> None:
    held_conflict(world)
    (title,) = [t for t in one(world).fields if t.field == "title"]
    assert [(c.app, c.value) for c in title.held] == [("crm", "CEO"), ("desk", "Boss")]
    assert title.because == "the apps hold different values, and none was chosen yet"


def test_a_type_that_was_tried_and_taken_back_joined_nobody(world: World) -> None:
    world.text = MAPPING.replace("{prefer: [crm]}", "newest")
    id = world.apps["crm"].user_create({**MARA, "title": "CEO"})
    world.settle()
    world.apps["crm"].user_edit(id, {"title": "CMO"})
    text, world.limits = world.text, {"updates": Limit(0.0, 0)}
    world.text = text.replace("title: {type: text", "title: {type: choice")
    assert world.run().status == "held"
    world.text, world.limits = text, {}
    world.settle()
    (title,) = [t for t in one(world).fields if t.field == "title"]
    assert (title.value, title.because) == ("CMO", "it was changed there, and nowhere else at that time")


def test_an_app_without_a_record_says_why(world: World) -> None:
    world.apps["crm"].user_create({**MARA, "optout": "true"})
    world.settle()
    assert one(world).absent == [("mail", "create_when does not hold")]


def test_nobody_is_said_to_be_made_where_no_record_is_left(world: World) -> None:
    id = world.apps["crm"].user_create(MARA)
    world.settle()
    for app in ("crm", "desk"):
        world.apps[app].user_delete(next(iter(world.apps[app].records)))
    reread(world, "crm")
    reread(world, "desk")
    world.settle()
    ((app, why),) = one(world, f"crm:{id}").absent
    assert app == "mail"
    assert why.startswith("none of the records is there any more")
    assert not world.apps["mail"].records


def test_nobody_is_said_to_be_made_who_is_to_be_deleted(world: World) -> None:
    world.text = MAPPING.replace("rule: newest", "rule: newest\non_delete: archive", 1)
    id = world.apps["crm"].user_create(MARA)
    world.settle()
    world.apps["crm"].user_delete(id)
    with world.away("desk"):
        reread(world)
    ((app, why),) = one(world, f"crm:{id}").absent
    assert app == "mail"
    assert why.startswith("it was deleted in an app")


def test_nobody_is_said_to_be_made_beside_a_doubtful_match(world: World) -> None:
    world.apps["crm"].user_create({**MARA, "phone": "+6281234567890"})
    world.apps["desk"].user_create({"name": "Zoltan Kovacs", "email": "mara@x.test"})
    world.settle()
    (id,) = world.apps["crm"].records
    assert dict(one(world, f"crm:{id}").absent)["desk"] == ALIKE


def test_a_record_that_would_give_consent_is_told(world: World) -> None:
    world.text = MAPPING.replace(""", create_when: "consent == 'subscribed'"}""", "}")
    world.apps["crm"].user_create(MARA)
    world.settle()
    ((app, why),) = one(world).absent
    assert app == "mail"
    assert why.startswith("nothing is known of the person's consent")


def test_a_key_held_by_a_record_outside_the_filter(world: World) -> None:
    world.text = MAPPING.replace(
        "desk: {object: contacts}", "desk: {object: contacts, only: \"title != 'staff'\"}"
    )
    staff = world.apps["desk"].user_create({"email": "mara@x.test", "name": "Mara", "title": "staff"})
    world.apps["crm"].user_create(MARA)
    world.settle()
    (found,), (loose,) = explain(world)
    why = dict(found.absent)["desk"]
    assert why.startswith(
        f"its email belongs to record {staff} there, which takes no part: outside the filter"
    )
    assert (loose.app, loose.record) == ("desk", staff)
    assert "outside the app's filter" in loose.because


def test_a_held_plan_is_named(world: World) -> None:
    world.apps["crm"].user_create(MARA)
    world.settle()
    (id,) = world.apps["crm"].records
    world.limits = {"updates": Limit(0.0, 0)}
    world.apps["crm"].user_edit(id, {"title": "CEO"})
    run = world.run().held_run
    (plan, waiting) = one(world).waits
    assert f"the plan of run {run} is held" in plan
    assert "of its changes are for this record" in plan
    assert waiting.startswith(f"crm:{id} was read")


def test_a_doubtful_match_is_named(world: World) -> None:
    world.apps["crm"].user_create({**MARA, "phone": "+6281234567890"})
    world.apps["desk"].user_create({"name": "Zoltan Kovacs", "email": "mara@x.test"})
    world.settle()
    (id,) = [i for i, v in world.apps["desk"].records.items() if v["name"] == "Zoltan Kovacs"]
    _, (loose,) = explain(world, f"desk:{id}")
    assert "a doubtful match" in loose.because
    (doubt,) = one(world, f"crm:{next(iter(world.apps['crm'].records))}").waits
    assert f"desk:{id} resembles crm:" in doubt


def test_every_mapped_field_of_every_golden_record_is_explained(world: World) -> None:
    rng_names = ["Ann Lee", "Bo Berg", "Cy Diaz", "Di Fox", "Ed Gray", "Flo Hill"]
    for n, name in enumerate(rng_names):
        first, last = name.split()
        world.apps["crm"].user_create({"email": f"{first}@x.test", "first": first, "last": last})
        if n % 2:
            world.apps["desk"].user_create(
                {"email": f"{first}@x.test", "name": f"{first} {last}er", "title": "Boss", "tags": ["vip"]}
            )
        if n % 3:
            world.apps["mail"].user_create({"email": f"{first}@x.test", "first": first, "status": "active"})
    world.settle()
    for n, id in enumerate(list(world.apps["crm"].records)):
        world.apps["crm"].user_edit(id, {"title": f"Title {n}"})
    for n, id in enumerate(list(world.apps["mail"].records)):
        world.apps["mail"].user_edit(id, {"phone": f"+4930901820{n}"} if n % 2 else {"status": "out"})
    world.settle()
    explainer = Explainer(world.sync(), world.db)
    with world.db.reading():
        found = explainer.goldens(explainer.records.all_golden())
    assert len(found) == len(rng_names)
    for person in found:
        assert {t.field for t in person.fields} == set(explainer.sync.mapping.fields)
        for told in person.fields:
            assert told.because
            if told.is_set:
                source = told.source
                assert source is not None, told.field
                assert all((source.app, source.record, source.time, source.rule, source.run)), told.field
            assert {p.standing.code for p in told.places} <= {"in_step", "no_value"}


def test_history_tells_choices_then_changes_then_writes(world: World) -> None:
    world.apps["crm"].user_create({**MARA, "title": "CEO"})
    world.settle()
    (id,) = world.apps["crm"].records
    world.apps["crm"].user_edit(id, {"title": "Founder"})
    world.settle()
    events = sorted(
        timeline(world.sync(), world.db, known(world.sync(), world.db, "mara@x.test")), key=lambda e: e.order
    )
    titles = [(e.what, e.app, e.before, e.after) for e in events if e.field == "title"]
    assert titles == [
        ("changed", "crm", None, "CEO"),
        ("created", "desk", None, "CEO"),
        ("changed", "crm", "CEO", "Founder"),
        ("updated", "desk", "CEO", "Founder"),
    ]
