"""What the memory app does beyond the contract: its log, its users, its bad habits and its faults."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from memory_world import CONTACTS, START

from connectors.contract import AppError, Connector, FieldSpec, Options, Record, Unavailable, Value, Write
from connectors.memory import (
    Fault,
    Flaky,
    MemoryApp,
    MemoryConnector,
    Refused,
    Taken,
    Traits,
    normalising,
    stale,
)


class Clock:
    def __init__(self) -> None:
        self.time = START

    def __call__(self) -> datetime:
        return self.time

    def sleep(self, seconds: float) -> None:
        self.time += timedelta(seconds=seconds)


@pytest.fixture
def clock() -> Clock:
    return Clock()


def bare(**traits: object) -> Traits:
    return replace(CONTACTS, token=None, **traits)  # type: ignore[arg-type]


def connected(app: MemoryApp, clock: Clock) -> MemoryConnector:
    return MemoryConnector(Options("m", sleep=clock.sleep, now=clock), app)


def pulled(connector: Connector) -> dict[str, Record]:
    fields = tuple(spec.name for spec in CONTACTS.fields)
    return {r.id: r for page in connector.pull("contacts", None, fields) for r in page.records}


def test_the_log_tells_who_did_what(clock: Clock) -> None:
    app = MemoryApp(bare(), clock)
    id = app.user_create({"email": "Mara@Example.com"})
    connected(app, clock).write("contacts", [Write("r", "update", id, {"city": "Jambi"})])
    app.user_clear(id, "city")
    app.user_archive(id)
    told = [(e.who, e.action, e.before.get("city"), e.after.get("city")) for e in app.log]
    assert told == [
        ("user", "create", None, None),
        ("sync", "edit", None, "Jambi"),
        ("user", "edit", "Jambi", None),
        ("user", "archive", None, None),
    ]


def test_an_edit_that_changes_nothing_leaves_no_trace(clock: Clock) -> None:
    app = MemoryApp(bare(), clock)
    id = app.user_create({"email": "mara@example.com", "city": "Jambi"})
    clock.sleep(60)
    app.user_edit(id, {"city": "Jambi", "email": " MARA@example.com "})
    assert len(app.log) == 1
    assert app.rows[id].stamp == START


def test_a_touch_moves_the_stamp_and_nothing_else(clock: Clock) -> None:
    app = MemoryApp(bare(), clock)
    id = app.user_create({"email": "mara@example.com"})
    before = app.records[id]
    clock.sleep(60)
    app.user_touch()
    assert (app.records[id], app.rows[id].stamp) == (before, clock())


def test_an_archived_record_keeps_its_keys_and_a_deleted_one_frees_them(clock: Clock) -> None:
    app = MemoryApp(bare(), clock)
    id = app.user_create({"email": "mara@example.com"})
    app.user_archive(id)
    with pytest.raises(Taken) as taken:
        app.user_create({"email": "MARA@example.com"})
    assert taken.value.holder == id
    app.user_delete(id)
    assert app.user_create({"email": "mara@example.com"}) != id


def test_a_restored_record_is_the_same_one(clock: Clock) -> None:
    app = MemoryApp(bare(), clock)
    id = app.user_create({"email": "mara@example.com", "city": "Jambi"})
    app.user_archive(id)
    assert id not in app.records
    app.user_restore(id)
    assert app.records[id]["city"] == "Jambi"


@pytest.mark.parametrize("new_id", [False, True])
def test_a_merge_fills_blanks_and_keeps_both_keys(clock: Clock, new_id: bool) -> None:
    app = MemoryApp(bare(), clock)
    loser = app.user_create({"email": "old@example.com", "city": "Jambi", "name": "Old"})
    winner = app.user_create({"email": "new@example.com", "name": "New"})
    into = app.user_merge(loser, winner, new_id)
    assert (into == winner) is not new_id
    assert {k: app.records[into][k] for k in ("email", "city", "name")} == {
        "email": "new@example.com",
        "city": "Jambi",
        "name": "New",
    }
    assert app.rows[into].other_keys == {"email": ("old@example.com",)}
    with pytest.raises(Taken):
        app.user_create({"email": "old@example.com"})


def test_merges_of_merges_lead_to_the_last_id(clock: Clock) -> None:
    app = MemoryApp(bare(), clock)
    one, two, three = (app.user_create({"email": f"{n}@example.com"}) for n in range(3))
    app.user_merge(one, two)
    last = app.user_merge(two, three, new_id=True)
    answers = connected(app, clock).fetch("contacts", [one, two, three], [])
    assert [(a.state, a.into) for a in answers] == [("merged", last)] * 3


def test_without_unique_keys_the_same_person_can_be_made_twice(clock: Clock) -> None:
    app = MemoryApp(bare(unique=()), clock)
    assert app.user_create({"email": "mara@example.com"}) != app.user_create({"email": "mara@example.com"})


def test_keys_that_differ_in_case_differ_where_the_app_minds_case(clock: Clock) -> None:
    app = MemoryApp(
        bare(case=True, fields=(FieldSpec("email"), FieldSpec("our_id")), consent_on_new=None), clock
    )
    app.user_create({"email": "mara@example.com"})
    app.user_create({"email": "Mara@example.com"})
    assert [r.id for r in connected(app, clock).find("contacts", "email", ["Mara@example.com"], [])] == [
        "000002"
    ]


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"score": 1}, "score"),
        ({"nope": "x"}, "nope"),
        ({"size": "17"}, "size"),
        ({"size": True}, "size"),
        ({"tags": ["unheard"]}, "tags"),
        ({"tags": "vip"}, "tags"),
        ({"city": "x" * 81}, "city"),
        ({"status": "erased"}, "status"),
        ({"status": None}, "status"),
        ({"city": 5}, "city"),
    ],
)
def test_what_the_api_refuses(clock: Clock, values: Mapping[str, Value], field: str) -> None:
    app = MemoryApp(bare(), clock)
    id = app.user_create({"email": "mara@example.com"})
    with pytest.raises(Refused) as refused:
        app.edit(id, values, "sync")
    assert refused.value.fields.keys() == {field}
    assert len(app.log) == 1


def test_only_the_person_can_lift_an_opt_out(clock: Clock) -> None:
    app = MemoryApp(bare(), clock)
    id = app.user_create({"email": "mara@example.com", "status": "out"})
    (result,) = connected(app, clock).write("contacts", [Write("r", "update", id, {"status": "active"})])
    assert (result.outcome, set(result.fields)) == ("rejected", {"status"})
    app.user_edit(id, {"status": "active"})
    assert app.records[id]["status"] == "active"


def test_mails_are_counted_when_a_write_causes_them(clock: Clock) -> None:
    app = MemoryApp(bare(mails_on=("active",)), clock)
    app.user_create({"email": "user@example.com", "status": "active"})
    assert app.mails == 0
    app.create({"email": "sync@example.com", "status": "active"}, "sync")
    assert app.mails == 1


def test_a_stale_list_shows_what_was(clock: Clock) -> None:
    app = MemoryApp(stale(bare(), 30), clock)
    connector = connected(app, clock)
    id = app.user_create({"email": "mara@example.com", "city": "Jambi"})
    assert pulled(connector) == {}
    clock.sleep(30)
    app.user_edit(id, {"city": "Medan"})
    assert pulled(connector)[id].values["city"] == "Jambi"
    assert connector.fetch("contacts", [id], ["city"])[0].record == Record(id, {"city": "Medan"}, clock())
    clock.sleep(30)
    assert pulled(connector)[id].values["city"] == "Medan"


def test_changes_may_show_out_of_order(clock: Clock) -> None:
    app = MemoryApp(stale(bare(page_size=50), 30), clock, random.Random(2))
    ids = [app.user_create({"email": f"{n}@example.com"}) for n in range(20)]
    clock.sleep(15)
    shown = sorted(pulled(connected(app, clock)))
    assert 0 < len(shown) < 20
    assert shown != ids[: len(shown)]


def test_a_normalising_app_does_not_declare_it(clock: Clock) -> None:
    app = MemoryApp(normalising(bare(), city=("trim", "lower", "cut:5")), clock)
    id = app.user_create({"email": "mara@example.com", "city": "  Yogyakarta"})
    assert app.records[id]["city"] == "yogya"
    assert connected(app, clock).describe("contacts").fields["city"].coerce == ()


def test_a_slow_app_takes_its_time_on_the_given_clock(clock: Clock) -> None:
    app = MemoryApp(bare(), clock)
    app.faults = Flaky(random.Random(1), slow=2.5)
    connector = connected(app, clock)
    connector.check()
    connector.describe("contacts")
    assert clock() == START + timedelta(seconds=5)


@pytest.mark.parametrize(
    ("fault", "outcome", "landed"),
    [
        ("timeout_before", "unknown", False),
        ("timeout_after", "unknown", True),
        ("retry", "retry", False),
        ("ignored", "applied", False),
    ],
)
def test_a_flaky_write(clock: Clock, fault: Fault, outcome: str, landed: bool) -> None:
    app = MemoryApp(bare(), clock)
    id = app.user_create({"email": "mara@example.com"})
    app.faults = Flaky(random.Random(1), {fault: 1.0})
    (result,) = connected(app, clock).write("contacts", [Write("r", "update", id, {"city": "Jambi"})])
    assert (result.outcome, app.records[id]["city"]) == (outcome, "Jambi" if landed else None)


def test_an_app_that_is_down_answers_nothing(clock: Clock) -> None:
    app = MemoryApp(bare(), clock)
    app.faults = Flaky(random.Random(1), {"down": 1.0})
    connector = connected(app, clock)
    with pytest.raises(Unavailable):
        pulled(connector)
    with pytest.raises(Unavailable):
        connector.write("contacts", [Write("r", "create", None, {"email": "mara@example.com"})])
    assert app.log == []


def test_a_partial_answer_leaves_some_writes_unknown_with_and_without_effect(clock: Clock) -> None:
    app = MemoryApp(bare(batch=40), clock)
    app.faults = Flaky(random.Random(1), {"partial": 1.0})
    writes = [Write(str(n), "create", None, {"email": f"{n}@example.com"}) for n in range(40)]
    results = connected(app, clock).write("contacts", writes)
    landed = {str(values["email"]).partition("@")[0] for values in app.records.values()}
    seen = {(result.outcome, result.ref in landed) for result in results}
    assert seen == {("applied", True), ("unknown", True), ("unknown", False)}


def test_an_ignored_create_names_no_record(clock: Clock) -> None:
    app = MemoryApp(bare(), clock)
    app.faults = Flaky(random.Random(1), {"ignored": 1.0})
    (result,) = connected(app, clock).write(
        "contacts", [Write("r", "create", None, {"email": "a@example.com"})]
    )
    assert (result.outcome, result.id, app.log) == ("unknown", None, [])


def test_a_seed_is_a_history(clock: Clock) -> None:
    def history() -> list[str]:
        app = MemoryApp(bare(), clock, random.Random(7))
        app.faults = Flaky(random.Random(7), {"timeout_before": 0.3, "timeout_after": 0.3, "partial": 0.3})
        connector = connected(app, clock)
        return [
            connector.write("contacts", [Write(str(n), "create", None, {"email": f"{n}@example.com"})])[
                0
            ].outcome
            for n in range(30)
        ]

    assert history() == history()
    assert len(set(history())) > 1


def test_the_hooks_come_before_the_effect_and_after_it(clock: Clock) -> None:
    app = MemoryApp(bare(), clock)
    told: list[tuple[str, str, int]] = []
    app.before_call = lambda call: told.append(("before", call, len(app.records)))
    app.after_call = lambda call: told.append(("after", call, len(app.records)))
    connector = connected(app, clock)
    connector.write("contacts", [Write("r", "create", None, {"email": "mara@example.com"})])
    connector.fetch("contacts", ["000001"], [])
    assert told == [("before", "write", 0), ("after", "write", 1), ("before", "fetch", 1)]


def test_a_person_may_edit_in_the_middle_of_a_call(clock: Clock) -> None:
    app = MemoryApp(bare(), clock)
    id = app.user_create({"email": "mara@example.com"})
    app.before_call = lambda call: app.user_edit(id, {"city": "Jambi"})
    assert pulled(connected(app, clock))[id].values["city"] == "Jambi"


def test_a_dropped_field_is_neither_shown_nor_described(clock: Clock) -> None:
    app = MemoryApp(bare(), clock)
    id = app.user_create({"email": "mara@example.com", "city": "Jambi"})
    app.drop_field("city")
    connector = connected(app, clock)
    assert "city" not in connector.describe("contacts").fields
    assert "city" not in pulled(connector)[id].values


def test_missing_fields_can_be_made(clock: Clock) -> None:
    app = MemoryApp(bare(), clock)
    connector = connected(app, clock)
    connector.create_fields("contacts", [FieldSpec("nickname")])
    assert "nickname" in connector.describe("contacts").fields
    id = app.user_create({"email": "mara@example.com", "nickname": "Ra"})
    assert connector.fetch("contacts", [id], ["nickname"])[0].record == Record(id, {"nickname": "Ra"}, START)


def test_a_value_that_was_given_away_cannot_change_the_app(clock: Clock) -> None:
    app = MemoryApp(bare(), clock)
    tags = ["vip"]
    id = app.user_create({"email": "mara@example.com", "tags": tags})
    tags.append("trial")
    shown = pulled(connected(app, clock))[id].values["tags"]
    assert isinstance(shown, list)
    shown.append("partner")
    assert app.records[id]["tags"] == ["vip"]


def test_an_unserved_app_and_a_foreign_cursor_are_errors_with_a_cure(clock: Clock) -> None:
    with pytest.raises(AppError, match="served"):
        MemoryConnector(Options("nowhere"))
    connector = connected(MemoryApp(bare(), clock), clock)
    with pytest.raises(AppError, match="from the beginning"):
        list(connector.pull("contacts", "yesterday", []))
    with pytest.raises(AppError, match="not unique"):
        connector.find("contacts", "city", ["Jambi"], [])


def test_an_app_is_reached_by_its_served_name(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    app = MemoryApp(bare(), clock)
    monkeypatch.setitem(MemoryConnector.served, "memory://crm", (app,))
    app.user_create({"email": "mara@example.com"})
    assert len(pulled(MemoryConnector(Options("crm", base_url="memory://crm")))) == 1


@pytest.mark.parametrize("seed", range(150))
def test_whatever_happens_polls_end_with_the_truth(seed: int, clock: Clock) -> None:
    """Edits in the middle of calls, jittered lag, coarse stamps, pulls that are left and taken up again."""
    rng = random.Random(seed)
    lag = rng.choice([0.0, 7.0])
    traits = stale(bare(), lag) if rng.random() < 0.5 else bare(lag=lag, jitter=True)
    traits = replace(traits, feed=rng.choice(["changes", "scan"]), granularity=rng.choice([0.0, 1.0, 60.0]))
    app = MemoryApp(traits, clock, rng)
    for n in range(8):
        app.user_create({"email": f"{n}@example.com"})

    def disturb(_: str) -> None:
        clock.sleep(rng.choice([0, 0.5, 3]))
        id = rng.choice(sorted(app.records))
        if rng.random() < 0.2:
            app.user_create({"email": f"new-{len(app.rows)}@example.com"})
        else:
            app.user_edit(id, {"city": str(rng.random())})

    app.before_call = disturb
    connector, cursor = connected(app, clock), None
    seen: dict[str, Mapping[str, Value]] = {}
    for _ in range(6):
        pages = rng.randint(1, 9)
        for page, _ in zip(connector.pull("contacts", cursor, ["email", "city"]), range(pages), strict=False):
            seen |= {record.id: record.values for record in page.records}
            cursor = page.cursor
    app.before_call = None
    clock.sleep(lag)
    for _ in range(2):  # a scan that was left in the middle is finished first
        for page in connector.pull("contacts", cursor, ["email", "city"]):
            seen |= {record.id: record.values for record in page.records}
            cursor = page.cursor
    assert seen == {id: {k: values[k] for k in ("email", "city")} for id, values in app.records.items()}
