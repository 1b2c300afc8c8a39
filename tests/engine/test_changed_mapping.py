"""A changed mapping: adopted where it brings nothing about, else held once; new fields are read first."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from connectors.contract import Page, Unavailable
from syncer.core.brakes import Limit
from syncer.report import Report
from syncer.store.conflicts import Conflicts, Sought
from syncer.store.ledger import Ledger
from syncer.store.records import Records
from syncer.sync import Sync
from syncer.usecases.explaining import Explainer, Told
from syncer.usecases.failures import failures
from syncer.usecases.verifying import Verifying
from syncer.wiring.remapped import follow, left_out, lost_consent
from tests.engine.world import MAPPING, World

MARA = {"email": "mara@x.test", "first": "Mara", "last": "Lind", "title": "CEO"}
TITLE = "title: {type: text, in: {crm: title, mail: title, desk: title}, rule: {prefer: [crm]}}"


@pytest.fixture
def world(tmp_path: Path) -> World:
    """Two apps in step over one person."""
    made = World(tmp_path)
    made.apps["crm"].user_create(MARA)
    made.settle()
    return made


def changed(world: World, old: str, new: str, **options: object) -> Report:
    assert old in world.text
    world.text = world.text.replace(old, new)
    wire(world)
    return world.run(**options)


def wire(world: World) -> None:
    """What becomes of the state when the sync is put together."""
    with world.db.transaction():
        follow(Ledger(world.db, "contacts"), world.sync())


def edit(world: World, app: str, **values: str) -> None:
    (id,) = world.apps[app].records
    world.apps[app].user_edit(id, values)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (TITLE, TITLE.replace("{prefer: [crm]}", "newest")),
        (TITLE, f"{TITLE}  # who is what"),
        ("fuzzy: true", "fuzzy: false"),
        (TITLE, ""),
    ],
    ids=["another rule", "a remark", "another way to match", "a field less"],
)
@pytest.mark.parametrize("edited", [False, True])
def test_a_change_that_brings_nothing_about_is_adopted_beside_what_people_edit(
    world: World, old: str, new: str, edited: bool
) -> None:
    if edited:
        edit(world, "desk", phone="+62811234567")
    report = changed(world, old, new)
    assert (report.status, report.written) == ("done", int(edited))
    assert world.run().written == 0
    world.db.close()


def test_what_an_app_refuses_is_sent_again_where_its_own_field_changed_alone(world: World) -> None:
    title = world.apps["desk"].fields["title"]
    world.apps["desk"].fields["title"] = replace(title, max_length=5)
    edit(world, "crm", title="Chairwoman")
    assert world.run().apps["desk"].failed == 1
    other = changed(world, "fuzzy: true", "fuzzy: false")
    assert (other.status, other.apps["desk"].failed) == ("done", 0)
    assert [failure.value for failure in failures(world.sync(), world.db)] == ["Chairwoman"]
    own = changed(world, TITLE, TITLE.replace("{prefer: [crm]}", "newest"))
    assert (own.status, own.apps["desk"].held) == ("held", 1)
    world.db.close()


def test_an_edit_of_the_changed_field_itself_does_not_hold_the_mapping(world: World) -> None:
    edit(world, "desk", title="Chair")
    report = changed(world, TITLE, TITLE.replace("{prefer: [crm]}", "newest"))
    assert (report.status, world.only("crm")["title"]) == ("done", "Chair")
    world.db.close()


def test_a_direction_that_is_widened_shows_what_would_be_written_and_holds_that_once(world: World) -> None:
    narrow = TITLE.replace("desk: title", "desk: {field: title, direction: from}")
    changed(world, TITLE, narrow)
    edit(world, "crm", title="Chair")
    world.settle()
    assert world.only("desk")["title"] == "CEO"
    held = changed(world, narrow, TITLE)
    assert (held.status, held.apps["desk"].held) == ("held", 1)
    assert world.run(approve=held.run).status == "done"
    assert world.only("desk")["title"] == "Chair"
    world.db.close()


def test_a_new_field_is_read_first_and_golden_stands(world: World) -> None:
    (id,) = world.apps["desk"].records
    without = TITLE.replace(", desk: title", "").replace(", mail: title", "")
    changed(world, TITLE, without)
    world.apps["desk"].user_edit(id, {"title": "Boss"})
    world.settle()
    assert world.only("desk")["title"] == "Boss"
    held = changed(world, without, TITLE)
    assert (held.status, held.reason) == ("held", "the mapping changed, and its plan is not empty")
    again = world.run()
    assert (again.status, again.held_run) == ("held", held.run)
    done = world.run(approve=held.run)
    assert (done.status, world.only("desk")["title"], world.only("crm")["title"]) == ("done", "CEO", "CEO")
    assert world.run().status == "done"
    world.db.close()


def test_a_field_that_comes_back_empty_is_filled_again(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_: object) -> Iterator[Page]:
        raise Unavailable("desk: away")

    (id,) = world.apps["desk"].records
    without = TITLE.replace(", desk: title", "")
    changed(world, TITLE, without)
    world.apps["desk"].user_clear(id, "title")
    with monkeypatch.context() as patch:  # the app is read only after the mapping was adopted
        patch.setattr(world.connectors["desk"], "pull", away)
        changed(world, without, TITLE)
    world.settle()
    assert [world.only(app)["title"] for app in ("crm", "desk")] == ["CEO", "CEO"]
    world.db.close()


def test_the_same_file_in_another_order_of_keys_is_the_same_mapping(world: World) -> None:
    before = world.mapping().version
    world.text = MAPPING.replace(
        TITLE, "title: {rule: {prefer: [crm]}, in: {desk: title, crm: title, mail: title}, type: text}"
    )
    assert world.mapping().version == before
    world.db.close()


def told(world: World, field: str) -> Told:
    (found,) = Explainer(world.sync(), world.db).who("mara@x.test", only=field)[0][0].fields
    return found


def test_a_field_under_another_name_is_the_same_field(world: World) -> None:
    with world.away("desk"):  # which is still to be told that the title is gone
        edit(world, "crm", title="")
        world.run()
    report = changed(world, "  title: {type", "  job: {type")
    assert (report.status, report.written) == ("done", 1)
    assert {world.only(app)["title"] or None for app in ("crm", "desk")} == {None}
    world.settle()
    edit(world, "desk", title="Chair")
    world.settle()
    assert (told(world, "job").value, world.only("crm")["title"]) == ("Chair", "Chair")
    world.db.close()


def test_what_people_are_recognised_by_may_have_another_name(world: World) -> None:
    world.text = world.text.replace("  email: {type", "  mail: {type").replace(
        "exact: [email", "exact: [mail"
    )
    wire(world)
    world.settle()
    world.apps["mail"].user_create({"email": "mara@x.test"})
    assert world.settle().written == 0
    assert len(world.rows("SELECT DISTINCT golden FROM link")) == 1
    world.db.close()


def test_a_conflict_that_waits_goes_by_the_new_name_of_its_field(tmp_path: Path) -> None:
    world = World(tmp_path, text=MAPPING.replace("{prefer: [crm]}", "manual"))
    world.apps["crm"].user_create(MARA)
    world.settle()
    edit(world, "crm", title="Boss")
    edit(world, "desk", title="Chair")
    world.settle()
    changed(world, "  title: {type", "  job: {type")
    with world.db.reading():
        waiting = Conflicts(world.db, {"contacts": "contact"}).newest(1, Sought("contacts", status="held"))
        (unit,) = Records(world.db, "contacts").units(Records(world.db, "contacts").all_golden()).values()
    assert [e.field for e in waiting] == ["job"]
    assert sorted(str(c.value) for c in unit.golden.held["job"]) == ["Boss", "Chair"]
    world.db.close()


@pytest.mark.parametrize("meanwhile", ["  job: {type", "  # {type"], ids=["under another name", "not at all"])
def test_what_was_known_of_a_field_before_it_left_does_not_come_back(world: World, meanwhile: str) -> None:
    changed(world, "  title: {type", meanwhile)
    world.settle()
    for app in ("crm", "desk"):
        edit(world, app, title="Chair")
    world.settle()
    changed(world, meanwhile, "  title: {type")
    world.settle()
    assert told(world, "title").value == "Chair"
    assert {world.only(app)["title"] for app in ("crm", "desk")} == {"Chair"}
    world.db.close()


def test_a_type_that_was_wrong_is_read_again_once_it_is_right(tmp_path: Path) -> None:
    world = World(tmp_path, text=MAPPING.replace("title: {type: text", "title: {type: integer"))
    world.apps["crm"].user_create(MARA)
    world.settle()
    report = changed(world, "title: {type: integer", "title: {type: text")
    world.run(approve=report.run)
    world.settle()
    assert world.only("desk")["title"] == "CEO"
    world.db.close()


def test_a_tag_that_the_mapping_takes_up_is_given_to_all(world: World) -> None:
    (id,) = world.apps["desk"].records
    world.apps["desk"].user_edit(id, {"tags": ["gold", "vip"]})
    world.settle()
    assert world.only("crm")["tags"] == ["vip"]
    report = changed(world, "only: [vip", "only: [gold, vip")
    world.run(approve=report.run)
    world.settle()
    assert [sorted(world.only(app)["tags"]) for app in ("crm", "desk")] == [["gold", "vip"]] * 2
    world.db.close()


def test_consent_under_another_name_stays_what_it_is(world: World) -> None:
    """Also where no app shows any more how strict it is."""
    wire(world)
    (id,) = world.apps["desk"].records
    world.apps["desk"].user_edit(id, {"consent": "complained"})
    world.settle()
    world.apps["desk"].user_delete(id)
    world.settle()
    world.text = world.text.replace("consent ==", "newsletter ==")
    changed(world, "  consent: {type", "  newsletter: {type")
    world.settle()
    assert told(world, "newsletter").value == "complained"
    world.db.close()


def test_an_app_whose_records_are_known_is_not_left_out_unnoticed(world: World) -> None:
    with world.db.reading():
        assert left_out(Records(world.db, "contacts"), world.sync().mapping) == []
    world.text = world.text.replace("  desk: {object: contacts}\n", "")
    for place in (", desk: name.first", ", desk: name.last"):
        world.text = world.text.replace(place, "")
    for name in ("email", "phone", "title", "consent", "tags"):
        world.text = world.text.replace(f", desk: {name}", "")
    with world.db.reading():
        assert left_out(Records(world.db, "contacts"), world.sync().mapping) == ["desk"]
    world.db.close()


def test_consent_that_is_known_is_not_left_out_unnoticed(world: World) -> None:
    wire(world)
    consent = next(line for line in MAPPING.splitlines(True) if line.startswith("  consent:"))
    without = MAPPING.replace(consent, "").replace(", create_when: \"consent == 'subscribed'\"", "")
    with world.db.reading():
        records = Records(world.db, "contacts")
        assert lost_consent(records, world.sync().mapping) == ""
        world.text = without
        assert lost_consent(records, world.sync().mapping) == "consent"
        assert lost_consent(Records(world.db, "nobody is known here"), world.sync().mapping) == ""
    world.db.close()


def test_what_waits_in_a_field_that_the_mapping_lost_is_closed(tmp_path: Path) -> None:
    world = World(tmp_path, text=MAPPING.replace(TITLE, TITLE.replace("{prefer: [crm]}", "manual")))
    wire(world)
    world.apps["crm"].user_create(MARA)
    world.apps["desk"].user_create({"email": "mara@x.test", "name": "Mara Lind", "title": "Boss"})
    world.settle()
    assert world.rows("SELECT status FROM conflict WHERE field = 'title'") == [("held",)]
    changed(world, f"  {TITLE.replace('{prefer: [crm]}', 'manual')}\n", "")
    assert world.rows("SELECT status FROM conflict WHERE field = 'title'") == [("settled",)]
    assert "Boss" not in str(world.rows("SELECT body FROM golden"))
    world.db.close()


def test_an_app_that_is_not_written_to_is_left_alone_until_it_may_be(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = World.sync

    def read_only(world: World) -> Sync:
        sync = whole(world)
        return replace(sync, apps={**sync.apps, "desk": replace(sync.apps["desk"], writes=False)})

    monkeypatch.setattr(World, "sync", read_only)
    wire(world)
    edit(world, "crm", title="Chair")
    for _ in range(2):
        report = world.run()
        assert (report.status, report.written, report.leftovers) == ("done", 0, False)
    (place,) = [p for p in told(world, "title").places if p.app == "desk"]
    assert place.standing.words == "nothing is written to this app (writes: off)"
    found = Verifying(world.sync(), world.db, world.ports()).run()
    assert (found.drift, [f.kind for f in found.apart]) == ([], ["writes_off"])
    monkeypatch.undo()
    world.limits = {"updates": Limit(0.0, 0)}
    held = world.run()
    assert held.status == "held"
    assert world.run(approve=held.run).written == 1
    assert world.only("desk")["title"] == "Chair"
    world.db.close()


def test_what_was_edited_before_a_field_was_read_otherwise_is_an_edit(world: World) -> None:
    edit(world, "desk", title="Chair")
    report = changed(world, "title: {type: text", "title: {type: name")
    world.run(approve=report.run)
    world.settle()
    assert {world.only(app)["title"] for app in ("crm", "desk")} == {"Chair"}
    world.db.close()


def test_a_mapping_that_was_only_looked_at_changes_nothing(tmp_path: Path) -> None:
    asks = TITLE.replace("{prefer: [crm]}", "manual")
    world = World(tmp_path, text=MAPPING.replace(TITLE, asks))
    world.apps["crm"].user_create(MARA)
    world.settle()
    edit(world, "crm", title="Chair")
    edit(world, "desk", title="Boss")
    world.run()
    before = world.text
    edit(world, "desk", phone="+62811234567")
    changed(world, f"  {asks}\n", "", dry_run=True)
    changed(world, "phone: {type: phone", "phone: {type: text", dry_run=True)
    world.text = before
    wire(world)
    world.settle()
    assert (world.only("crm")["title"], world.only("desk")["title"]) == ("Chair", "Boss")
    assert {world.only(app)["phone"] for app in ("crm", "desk")} == {"+62811234567"}
    assert world.rows("SELECT status FROM conflict WHERE field = 'title' AND status = 'held'") == [("held",)]
    world.db.close()
