"""When things are due: tables of named cases."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from syncer.config.files import load_config
from syncer.config.service import ScheduleModel
from syncer.ports import Ports
from syncer.service.desk import Desk
from syncer.service.timing import due_after, first_at, grace_of, resting, trigger_of
from syncer.store.ledger import Ledger

NOON = datetime(2030, 3, 30, 12, 0, tzinfo=UTC)
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)


def every(text: str) -> ScheduleModel:
    return ScheduleModel.model_validate({"every": text})


def cron(line: str, **more: str) -> ScheduleModel:
    return ScheduleModel.model_validate({"cron": line, **more})


FIRST = {  # schedule, when the last one began, when the next one does
    "never run": (every("10m"), None, NOON),
    "no schedule: a quarter of an hour": (None, NOON - 5 * MINUTE, NOON + 10 * MINUTE),
    "ran lately": (every("10m"), NOON - 4 * MINUTE, NOON + 6 * MINUTE),
    "missed while nothing ran it": (every("10m"), NOON - HOUR, NOON),
    "a clock that was set back": (every("10m"), NOON + HOUR, NOON),
    "cron, never run": (cron("30 * * * *"), None, NOON + 30 * MINUTE),
    "cron, missed within its grace": (cron("30 * * * *"), NOON - HOUR, NOON),
    "cron, missed long ago": (cron("0 3 * * *"), NOON - 10 * HOUR, NOON + 15 * HOUR),
    "cron, missed long ago, with a longer grace": (cron("0 3 * * *", grace="10h"), NOON - 10 * HOUR, NOON),
    "cron, in a zone": (cron("30 14 * * *", timezone="Europe/Berlin"), None, NOON + HOUR + 30 * MINUTE),
}


@pytest.mark.parametrize(("said", "last", "expected"), FIRST.values(), ids=FIRST.keys())
def test_the_first_run_after_a_start(
    said: ScheduleModel | None, last: datetime | None, expected: datetime
) -> None:
    assert first_at(said, last, NOON) == expected


CUT_OFF = {
    "cron, within its grace": (cron("30 * * * *"), NOON - HOUR, NOON),
    "cron, in the very first run": (cron("30 * * * *"), None, NOON),
    "cron, too long ago": (cron("0 3 * * *"), NOON - 33 * HOUR, NOON + 15 * HOUR),
    "cron, when none was due": (cron("0 11 * * *"), NOON - HOUR, NOON + 23 * HOUR),
    "every ten minutes": (every("10m"), NOON - MINUTE, NOON),
}


@pytest.mark.parametrize(("said", "last", "expected"), CUT_OFF.values(), ids=CUT_OFF.keys())
def test_the_first_run_after_one_that_was_cut_off(
    said: ScheduleModel, last: datetime | None, expected: datetime
) -> None:
    assert first_at(said, last, NOON, cut_off=True) == expected


def test_what_began_last_is_told_however_many_webhooks_came_since(config: Path) -> None:
    desk = Desk(load_config(config, {}), Ports())
    ledger = Ledger(desk.db, "contacts")

    def begun(number: int, kind: str, status: str, at: datetime) -> None:
        with desk.db.transaction():
            ledger.begin_run(f"r{number:03}", kind, at)
            ledger.end_run(f"r{number:03}", status, at, 0, {})

    def entry() -> tuple[datetime | None, bool]:
        made = desk.entries()["sync:contacts"]
        return made.last, made.cut_off

    assert entry() == (None, False)
    begun(0, "sync", "done", NOON - HOUR)
    for number in range(1, 80):
        begun(number, "webhook", "done", NOON - MINUTE)
    assert entry() == (NOON - HOUR, False)
    begun(80, "sync", "running", NOON)
    assert entry() == (NOON - HOUR, True)
    desk.close()


NIGHT = NOON - 9 * HOUR  # 03:00
DUE = {
    "every": (every("6h"), NOON - HOUR, NOON + 5 * HOUR),
    "no schedule: a quarter of an hour": (None, NOON, NOON + 15 * MINUTE),
    "at random up to a minute later": (
        ScheduleModel.model_validate({"every": "6h", "jitter": "1m"}),
        NOON,
        NOON + 6 * HOUR + MINUTE,
    ),
    "nothing ever succeeded": (every("6h"), None, NOON),
    "cron, a moment after its time": (cron("0 3 * * *"), NIGHT, NIGHT + 24 * HOUR),
    "cron, by hand before its time": (cron("0 3 * * *"), NIGHT - MINUTE, NIGHT),
    "cron, at random up to a minute later": (
        cron("0 3 * * *", jitter="1m"),
        NIGHT,
        NIGHT + 24 * HOUR + MINUTE,
    ),
    "cron, nothing ever succeeded": (cron("0 3 * * *"), None, NIGHT + 24 * HOUR),
    "cron, in a zone, as the clocks go forward": (
        cron("0 3 * * *", timezone="Europe/Berlin"),
        NIGHT - HOUR,
        NIGHT + 22 * HOUR,
    ),
}


@pytest.mark.parametrize(("said", "success", "expected"), DUE.values(), ids=DUE.keys())
def test_when_a_run_was_due_after_the_last_success(
    said: ScheduleModel | None, success: datetime | None, expected: datetime
) -> None:
    assert due_after(said, success, NOON) == expected


DAYS = {
    "0": "sun",
    "7": "sun",
    "1-5": "mon tue wed thu fri",
    "6,0": "sat sun",
    "5-7": "fri sat sun",
    "Fri-Sun": "fri sat sun",
    "*/2": "tue thu sat sun",
    "1/2": "mon wed fri",
    "MON,3": "mon wed",
    "*": "mon tue wed thu fri sat sun",
}


@pytest.mark.parametrize(("said", "days"), DAYS.items(), ids=DAYS.keys())
def test_weekdays_are_those_of_a_crontab(said: str, days: str) -> None:
    trigger, at, found = trigger_of(cron(f"0 3 * * {said}")), NOON, set[str]()
    while at < NOON + timedelta(days=8):
        at = trigger.get_next_fire_time(at, at + MINUTE)
        found.add(at.strftime("%a").lower())
    assert found == set(days.split())


@pytest.mark.parametrize("said", ["8", "5-2", "monday", "1-5/0", "", "1-", "-1"])
def test_what_is_no_weekday_is_no_cron_line(said: str) -> None:
    with pytest.raises(ValueError, match="not a cron line"):
        cron(f"0 3 * * {said}")


def test_a_zone_keeps_its_hour_when_clocks_change() -> None:
    trigger = trigger_of(cron("30 14 * * *", timezone="Europe/Berlin"))
    before = trigger.get_next_fire_time(None, NOON)
    after = trigger.get_next_fire_time(before, before)
    assert [at.astimezone(UTC).strftime("%d %H:%M") for at in (before, after)] == ["30 13:30", "31 12:30"]


def test_jitter_moves_a_run_and_never_before_its_time() -> None:
    trigger = trigger_of(cron("0 * * * *", jitter="30s"))
    found = {trigger.get_next_fire_time(None, NOON + MINUTE) - NOON - HOUR for _ in range(50)}
    assert len(found) > 1
    assert all(abs(moved) <= timedelta(seconds=30) for moved in found)


@pytest.mark.parametrize("line", ["30 2 * * *", "0 * * * *"])
def test_a_run_that_is_moved_goes_on_when_clocks_are_set_back(line: str) -> None:
    """The hour that comes twice must not lead back into itself: the clockwork would never come out of it."""
    trigger = trigger_of(cron(line, timezone="Europe/Berlin", jitter="30s"))
    now = datetime(2030, 10, 27, 0, 0, tzinfo=UTC)  # an hour before
    at = trigger.get_next_fire_time(None, now)
    for _ in range(5):
        following = trigger.get_next_fire_time(at, at.astimezone(UTC))
        assert following.astimezone(UTC) >= at.astimezone(UTC) + HOUR - MINUTE
        at = following


def test_better_late_than_never_save_where_a_time_was_named() -> None:
    assert grace_of(every("10m")) is None
    assert grace_of(None) is None
    assert grace_of(cron("0 3 * * *")) == HOUR


SCANS = {
    "never listed": (None, False),
    "listed a moment ago": ((NOON - MINUTE, MINUTE), True),
    "just less than three lengths ago": ((NOON - 3 * MINUTE + timedelta(seconds=1), MINUTE), True),
    "three lengths ago": ((NOON - 3 * MINUTE, MINUTE), False),
    "in no time": ((NOON - timedelta(seconds=1), timedelta(0)), False),
    "by a clock that was set back": ((NOON + HOUR, MINUTE), False),
}


@pytest.mark.parametrize(("scan", "rests"), SCANS.values(), ids=SCANS.keys())
def test_an_app_that_can_only_be_listed_rests_for_three_times_that(
    scan: tuple[datetime, timedelta] | None, rests: bool
) -> None:
    assert ("mailerlite" in resting({"mailerlite": scan}, NOON)) == rests
