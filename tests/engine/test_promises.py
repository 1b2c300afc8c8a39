"""The promises, one by one, on the whole engine over memory apps. Deeper checks stand beside: the random
check of the pure core, and the processes that are killed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from connectors.contract import FieldSpec
from connectors.memory import Flaky
from syncer.core.lens import Lens, NoRefs
from tests.engine.crash import Crash, Crasher, disarm
from tests.engine.world import CRM, DESK, MAIL, World


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    world = World(tmp_path)
    yield world
    world.db.close()


def people(world: World) -> None:
    """A small town: overlapping, disagreeing, one unsubscribed, one in one app only."""
    crm, mail, desk = (world.apps[name] for name in ("crm", "mail", "desk"))
    crm.user_create({"email": "mara@x.test", "first": "Mara", "last": "Lind", "phone": "+62 812-3456-7890"})
    mail.user_create({"email": "mara@x.test", "first": "Mara", "last": "Lind", "status": "active"})
    desk.user_create({"email": "mara@x.test", "name": "Mara Lind", "phone": "+6281234567890", "title": "CTO"})
    crm.user_create({"email": "budi@x.test", "first": "Budi", "last": "Santoso", "tags": ["vip"]})
    desk.user_create({"email": "budi@x.test", "name": "Budi Santoso", "tags": ["partner", "other"]})
    mail.user_create({"email": "sara@x.test", "first": "Sara", "last": "Karimi", "status": "out"})
    crm.user_create({"email": "sara@x.test", "first": "Sara", "last": "Karimi"})
    desk.user_create({"email": "hojat@x.test", "name": "حجت مستوفی", "consent": "subscribed"})


def test_convergence_every_app_holds_the_golden_value(world: World) -> None:
    people(world)
    world.settle()
    sync = world.sync()
    lens = Lens(sync.mapping, NoRefs())
    from syncer.store.records import Records

    records = Records(world.db, "contacts")
    with world.db.reading():
        units = records.units(records.all_golden())
    assert len(units) == 4
    for unit in units.values():
        for link in unit.links:
            held = world.apps[link.app].records[link.id]
            for slot in sync.slots(link.app).values():
                if any(f in unit.golden.value for f in slot.fields):
                    wanted = lens.project(slot, unit.golden.value, held[slot.name])
                    assert slot.same(held[slot.name], wanted), (link.app, slot.name)


def test_quiescence_a_run_with_nothing_new_writes_nothing_and_calls_once_an_app(world: World) -> None:
    people(world)
    world.settle()
    before = world.contents()
    report = world.run()
    assert report.written == 0
    assert {name: row.calls for name, row in report.apps.items()} == {"crm": 1, "mail": 2, "desk": 1} or all(
        row.calls == 1 for row in report.apps.values()
    )
    assert world.contents() == before


def test_no_silent_loss_both_values_of_a_conflict_are_in_the_log(world: World) -> None:
    people(world)
    world.settle()
    (crm_id,) = [i for i, v in world.apps["crm"].records.items() if v["email"] == "mara@x.test"]
    (desk_id,) = [i for i, v in world.apps["desk"].records.items() if v["email"] == "mara@x.test"]
    world.apps["crm"].user_edit(crm_id, {"title": "Chief Technology Officer"})
    world.apps["desk"].user_edit(desk_id, {"title": "Boss"})
    world.settle()
    assert world.apps["desk"].records[desk_id]["title"] == "Chief Technology Officer"
    ((rule, body),) = world.rows("SELECT rule, body FROM conflict WHERE kind = 'conflict'")
    assert rule == "prefer"
    assert "Chief Technology Officer" in str(body)
    assert "Boss" in str(body)


@pytest.mark.parametrize(
    "fault", ["timeout_before", "timeout_after", "unknown", "retry", "partial", "no_effect"]
)
def test_no_duplicates_whatever_times_out(world: World, fault: str) -> None:
    import random

    people(world)
    for app in world.apps.values():
        app.faults = Flaky(random.Random(7), {fault: 0.5})
    for _ in range(4):
        world.run()
    for app in world.apps.values():
        app.faults = None
    world.settle(8)
    for name, app in world.apps.items():
        emails = [v["email"] for v in app.records.values()]
        assert len(emails) == len(set(emails)), name
    assert len(world.apps["crm"].records) == 4


def crash_steps(path: Path) -> int:
    world = World(path)
    people(world)
    crasher = Crasher(world)
    world.run()
    world.db.close()
    return crasher.steps


@pytest.mark.parametrize("part", [0, *(pytest.param(n, marks=pytest.mark.slow) for n in range(1, 8))])
def test_crash_safe_between_any_two_steps_of_the_first_sync(tmp_path: Path, part: int) -> None:
    """Every eighth step, beginning with each of eight."""
    (tmp_path / "calm").mkdir()
    calm = World(tmp_path / "calm")
    people(calm)
    calm.settle()
    expected = calm.contents()
    calm.db.close()
    (tmp_path / "count").mkdir()
    steps = crash_steps(tmp_path / "count")
    assert steps > 20
    for at in range(1 + part, steps + 1, 8):
        folder = tmp_path / str(at)
        folder.mkdir()
        world = World(folder)
        people(world)
        Crasher(world, at)
        with pytest.raises(Crash):
            world.run()
        disarm(world)
        world.settle()
        assert world.contents() == expected, f"crash at step {at}"
        world.db.close()


def keyless(path: Path, ours: str | None) -> World:
    """The CRM keeps no address unique, at most our own id, and its lists show a change five minutes later."""
    path.mkdir(parents=True)
    crm = replace(CRM, unique=(), external_id=ours, fields=(*CRM.fields, FieldSpec("our_id")), lag=300)
    world = World(path, {"crm": crm, "mail": MAIL, "desk": DESK})
    people(world)
    world.clock.sleep(600)
    return world


def names(world: World) -> list[str]:
    return sorted(str(v["last"]) for v in world.apps["crm"].records.values())


@pytest.mark.slow
@pytest.mark.parametrize("ours", ["our_id", None])
def test_crash_safe_in_an_app_without_unique_keys(tmp_path: Path, ours: str | None) -> None:
    world = keyless(tmp_path / "count", ours)
    crasher = Crasher(world)
    world.run()
    assert len(world.apps["crm"].records) == 4
    expected = names(world)
    world.db.close()
    for at in range(1, crasher.steps + 1):
        world = keyless(tmp_path / str(at), ours)
        Crasher(world, at)
        with pytest.raises(Crash):
            world.run()
        disarm(world)
        world.run()  # at once: the lists do not show yet what was made
        world.clock.sleep(600)
        world.settle()
        assert names(world) == expected, f"crash at step {at}"
        world.db.close()


def test_no_consent_raised_an_unsubscribe_wins_over_a_later_opt_in_elsewhere(world: World) -> None:
    people(world)
    world.settle()
    mail, desk = world.apps["mail"], world.apps["desk"]
    (mail_id,) = [i for i, v in mail.records.items() if v["email"] == "mara@x.test"]
    (desk_id,) = [i for i, v in desk.records.items() if v["email"] == "mara@x.test"]
    mail.user_edit(mail_id, {"status": "out"})
    world.clock.sleep(60)
    desk.user_edit(desk_id, {"consent": "subscribed"})
    world.settle()
    assert mail.records[mail_id]["status"] == "out"
    assert desk.records[desk_id]["consent"] == "unsubscribed"
    assert all(e.who == "user" or e.after.get("status") != "active" for e in mail.log if e.id == mail_id)


def test_order_does_not_matter_pages_of_any_size_give_the_same_apps(tmp_path: Path) -> None:
    seen = []
    for size in (1, 2, 50):
        folder = tmp_path / str(size)
        folder.mkdir()
        traits = {"crm": CRM, "mail": MAIL, "desk": DESK}
        world = World(folder, {n: replace(t, page_size=size, batch=size) for n, t in traits.items()})
        people(world)
        world.settle()
        seen.append(world.contents())
        world.db.close()
    assert seen[0] == seen[1] == seen[2]


def test_explainable_each_golden_value_names_app_record_time_rule_and_run(world: World) -> None:
    people(world)
    world.settle()
    from syncer.store.records import Records

    records = Records(world.db, "contacts")
    with world.db.reading():
        goldens = records.goldens(records.all_golden())
    for golden in goldens.values():
        assert set(golden.provenance) == set(golden.value)
        for source in golden.provenance.values():
            assert source.app in world.apps
            assert source.record in world.apps[source.app].records
            assert source.rule
            assert source.run.startswith("run-")


def test_reversible_every_write_keeps_what_the_app_held_before(world: World) -> None:
    import json

    people(world)
    before = {(n, i): dict(v) for n, a in world.apps.items() for i, v in a.records.items()}
    world.run()
    written = world.rows("SELECT app, record, kind, body FROM written WHERE outcome = 'applied'")
    assert written
    for app, record, kind, body in written:
        for slot, change in json.loads(str(body))["slots"].items():
            if kind == "update":
                assert change[0] == before[str(app), str(record)][slot]


def test_a_held_run_has_changed_no_link_golden_value_or_shadow(tmp_path: Path) -> None:
    from syncer.core.brakes import Limit

    world = World(tmp_path)
    people(world)
    world.settle()
    world.limits = {"updates": Limit(0.0, 1)}
    for id in list(world.apps["crm"].records):
        world.apps["crm"].user_edit(id, {"title": "Everyone is CEO"})
    tables = ("link", "golden", "journal", "conflict")
    before = {t: world.rows(f"SELECT * FROM {t} ORDER BY 1, 2, 3") for t in tables}
    contents = world.contents()
    report = world.run()
    assert report.status == "held"
    assert report.written == 0
    assert {t: world.rows(f"SELECT * FROM {t} ORDER BY 1, 2, 3") for t in tables} == before
    assert world.contents() == contents
    again = world.run()
    assert (again.status, again.held_run) == ("held", report.held_run)
    released = world.run(approve=report.held_run)
    assert released.status == "done"
    assert released.written > 1
    assert world.settle().status == "done"
    world.db.close()


def test_a_refused_plan_becomes_held_conflicts_and_golden_stands(tmp_path: Path) -> None:
    from syncer.core.brakes import Limit

    world = World(tmp_path)
    people(world)
    world.settle()
    world.limits = {"updates": Limit(0.0, 1)}
    desk_before = dict(world.apps["desk"].records)
    for id in list(world.apps["crm"].records):
        world.apps["crm"].user_edit(id, {"title": "Everyone is CEO"})
    report = world.run()
    assert world.run(reject=report.held_run).written == 0
    assert world.settle().status == "done"
    assert {i: dict(v) for i, v in world.apps["desk"].records.items()} == {
        i: dict(v) for i, v in desk_before.items()
    }
    assert world.rows("SELECT COUNT(*) FROM conflict WHERE status = 'held' AND field = 'title'") == [(4,)]
    world.db.close()


def test_first_sync_asks_when_told_to(tmp_path: Path) -> None:
    world = World(tmp_path, first_sync="ask")
    people(world)
    report = world.run()
    assert report.status == "held"
    assert "first sync" in report.reason
    assert world.run(approve=report.held_run).written > 0
    assert world.settle().written == 0
    world.db.close()


def test_a_create_without_an_answer_is_not_planned_again_in_the_same_run(tmp_path: Path) -> None:
    crm = replace(CRM, unique=(), lag=300)
    world = World(tmp_path, {"crm": crm, "mail": MAIL, "desk": DESK})
    people(world)
    world.clock.sleep(600)

    def lose_the_answer_and_move_another(call: str) -> None:
        world.apps["crm"].after_call = None
        (mara,) = [i for i, v in world.apps["mail"].records.items() if v["email"] == "mara@x.test"]
        world.apps["mail"].user_edit(mara, {"title": "Moved meanwhile"})
        world.clock.sleep(90)  # what was read is old by now, and is read again before it is written
        raise TimeoutError(call)

    def as_the_app_says(*args: object) -> object:
        try:
            return original(*args)  # type: ignore[arg-type]
        except TimeoutError:
            return []

    original = world.connectors["crm"].write
    world.connectors["crm"].write = as_the_app_says  # type: ignore[method-assign, assignment]
    world.apps["crm"].after_call = lose_the_answer_and_move_another
    world.run()
    assert len(world.apps["crm"].records) == 4
    world.db.close()


def test_a_few_records_are_not_written_past_a_held_plan(tmp_path: Path) -> None:
    from syncer.core.brakes import Limit
    from syncer.selecting import Selection

    world = World(tmp_path)
    people(world)
    world.settle()
    world.limits = {"updates": Limit(0.0, 1)}
    for id in list(world.apps["crm"].records):
        world.apps["crm"].user_edit(id, {"title": "Everyone is CEO"})
    held = world.run()
    report = world.run(selection=Selection(pilot=1))
    assert (report.status, report.written, report.held_run) == ("held", 0, held.run)
    assert world.run(approve=held.run).written > 1
    world.db.close()


def test_a_refused_mass_edit_is_written_over_where_it_was_made(tmp_path: Path) -> None:
    from syncer.core.brakes import Limit

    world = World(tmp_path)
    people(world)
    world.settle()
    before = {name: {i: dict(v) for i, v in app.records.items()} for name, app in world.apps.items()}
    world.limits = {"updates": Limit(0.0, 1)}
    for id in list(world.apps["crm"].records):
        world.apps["crm"].user_edit(id, {"title": "Everyone is CEO"})
    held = world.run()
    assert "% of" in held.reason
    done = world.run(reject=held.held_run, bring_back="crm")
    assert done.status == "done"
    world.settle()
    assert {n: {i: dict(v) for i, v in app.records.items()} for n, app in world.apps.items()} == before
    assert world.rows("SELECT COUNT(*) FROM conflict WHERE status = 'held'") == [(0,)]
    assert world.rows("SELECT COUNT(*) FROM conflict WHERE kind = 'overruled' AND rule = 'reject'") == [(4,)]
    world.db.close()
