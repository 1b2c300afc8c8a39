"""The lease: who works in a space, until when, and what a worker that lost it can still do (nothing)."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from syncer.ports import Ports, Threads, holder_is_alive
from syncer.store.database import Database
from syncer.store.history import History
from syncer.store.lease import LASTS, Busy, LeaseLost, hold
from syncer.store.turns import SERVICE
from tests.states import kept_in, state_url

HOST = socket.gethostname()
ELSEWHERE = "other-host:77:abc:def"


class Clock:
    def __init__(self) -> None:
        self.at = datetime(2030, 1, 1, 12, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.at


def always(_: str) -> bool:
    return True


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def other(url: str, db: Database) -> Database:
    """Another process's connection to the same state."""
    return Database(url)


def facts(db: Database) -> str | None:
    with db.reading():
        return History(db).fact("work")


def test_the_second_is_told_who_works_and_until_when(db: Database, other: Database, clock: Clock) -> None:
    with hold(db, "contacts", ELSEWHERE, clock, always):
        with pytest.raises(Busy, match=r"contacts is busy: process 77 on other-host.*until 2030-01-01T12:02"):
            hold(other, "contacts", "me", clock, always).__enter__()
        with hold(other, "companies", "me", clock, always):
            pass  # another space is another lease
    with hold(other, "contacts", "me", clock, always):
        pass
    other.close()


@pytest.mark.slow
@pytest.mark.parametrize("minutes", [10, -10], ids=["ahead", "behind"])
def test_a_computer_whose_clock_is_wrong_takes_nothing_over(tmp_path: Path, minutes: int) -> None:
    """Two that work on one state go by the clock of its server. The one that is ahead took every lease from
    the other, in the middle of its run, and asked about creates that were still on their way."""
    with kept_in("postgresql"):
        url = state_url(tmp_path)
        right, wrong = Database(url), Database(url)
        wrong.clock = lambda: datetime.now(UTC) + timedelta(minutes=minutes)
        with hold(right, "contacts", ELSEWHERE, right.clock, always), pytest.raises(Busy):
            hold(wrong, "contacts", "me", wrong.clock, always).__enter__()
        with hold(wrong, "contacts", ELSEWHERE, wrong.clock, always) as lease:
            lease.beat()
            with pytest.raises(Busy):
                hold(right, "contacts", "me", right.clock, always).__enter__()
            ((expires,),) = rows_of(right, "SELECT expires FROM lease")
            left = datetime.fromisoformat(expires) - datetime.now(UTC)
            assert timedelta(minutes=1) < left < timedelta(minutes=3), "nobody waits for longer when it dies"
        right.close()
        wrong.close()


def rows_of(db: Database, sql: str) -> list[tuple[str]]:
    with db.reading():
        return [tuple(row) for row in db.rows(sql)]


def test_it_is_told_at_once_while_the_holder_is_inside_a_transaction(
    db: Database, other: Database, clock: Clock
) -> None:
    with hold(db, "contacts", ELSEWHERE, clock, always), db.transaction(), pytest.raises(Busy):
        hold(other, "contacts", "me", clock, always).__enter__()
    other.close()


def test_the_lease_of_a_holder_that_is_not_heard_of_ends_by_itself(
    db: Database, other: Database, clock: Clock
) -> None:
    lost = hold(db, "contacts", ELSEWHERE, clock, always)
    lost.__enter__()
    clock.at += LASTS - timedelta(seconds=1)
    with pytest.raises(Busy):
        hold(other, "contacts", "me", clock, always).__enter__()
    clock.at += timedelta(seconds=2)
    with hold(other, "contacts", "me", clock, always):
        pass
    other.close()


def test_who_lost_the_lease_commits_nothing_more(db: Database, other: Database, clock: Clock) -> None:
    late = hold(db, "contacts", ELSEWHERE, clock, always)
    late.__enter__()
    with db.transaction():
        History(db).keep_fact("work", "first")
    clock.at += LASTS * 2

    def commit() -> None:
        with db.transaction():
            History(db).keep_fact("work", "too late")

    with hold(other, "contacts", f"{HOST}:4:n:m", clock, always):
        with pytest.raises(LeaseLost, match=f"taken over by process 4 on {HOST}"):
            commit()
        with other.transaction():
            History(other).keep_fact("work", "second")
    with pytest.raises(LeaseLost):  # also when the other one is done: the token has moved on
        commit()
    assert facts(db) == "second"
    other.close()


def test_commits_renew_it(db: Database, other: Database, clock: Clock) -> None:
    with hold(db, "contacts", ELSEWHERE, clock, always):
        for _ in range(5):
            clock.at += LASTS * 0.7
            with db.transaction():
                History(db).keep_fact("work", str(clock.at))
        with pytest.raises(Busy):
            hold(other, "contacts", "me", clock, always).__enter__()
    other.close()


def test_a_beat_renews_it_while_nothing_is_committed(db: Database, other: Database, clock: Clock) -> None:
    with hold(db, "contacts", ELSEWHERE, clock, always) as lease:
        for _ in range(5):
            clock.at += LASTS * 0.7
            lease.beat()
        with pytest.raises(Busy):
            hold(other, "contacts", "me", clock, always).__enter__()
    other.close()


def test_a_beat_does_not_bring_a_lost_lease_back(db: Database, other: Database, clock: Clock) -> None:
    late = hold(db, "contacts", ELSEWHERE, clock, always)
    lease = late.__enter__()
    clock.at += LASTS * 2
    with hold(other, "contacts", "me", clock, always) as new:
        before = new.expires
        clock.at += timedelta(seconds=30)
        lease.beat()
        with other.reading():
            (said,) = other.one("SELECT expires FROM lease")  # type: ignore[misc]
    assert datetime.fromisoformat(said) == before
    other.close()


def test_the_heart_beats_on_a_thread_while_a_run_waits(db: Database) -> None:
    def expires() -> str:
        with db.reading():
            return str(db.rows("SELECT expires FROM lease")[0][0])

    with hold(db, "contacts", ELSEWHERE, Ports().now, always) as lease:
        first = expires()
        with Threads().alongside(lease.beat, 0.01):
            wait_for(lambda: expires() > first)


def wait_for(condition: Callable[[], bool]) -> None:
    for _ in range(1000):
        if condition():
            return
        time.sleep(0.01)
    raise AssertionError("it did not happen")


HOLDING = """
import sys, time
from syncer.ports import Ports
from syncer.store.database import Database
from syncer.store.lease import hold
ports = Ports()
with hold(Database(sys.argv[1]), "contacts", ports.holder, ports.now, ports.alive):
    print("held", flush=True)
    time.sleep(60)
"""


def test_two_processes_the_second_waits_for_the_first_unless_it_is_dead(db: Database, url: str) -> None:
    mine = Ports()
    process = subprocess.Popen([sys.executable, "-c", HOLDING, url], stdout=subprocess.PIPE)
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == b"held\n"
        with pytest.raises(Busy, match=f"process {process.pid} on {HOST}"):
            hold(db, "contacts", mine.holder, mine.now, mine.alive).__enter__()
    finally:
        process.kill()
    # Not waited for yet: the process is there as a zombie, and counts as dead all the same.
    wait_for(lambda: not holder_is_alive(f"{HOST}:{process.pid}:x:"))
    with hold(db, "contacts", mine.holder, mine.now, mine.alive) as lease:
        assert lease.token == 2
    process.communicate()


@pytest.mark.parametrize(
    ("holder", "alive"),
    [
        (f"{HOST}:{os.getppid()}:x:", True),
        (f"{HOST}:{os.getpid()}:of-an-earlier-process-with-this-number:", False),
        (Ports().holder, True),
        (f"{HOST}:999999999:x:", False),
        (f"{HOST}:999999999:x:another-container", True),
        ("other-host:999999999:x:", True),
        ("a name", True),
    ],
    ids=["our parent", "our number", "we", "gone", "another container", "another host", "no process"],
)
def test_only_a_process_of_this_machine_can_be_known_to_be_dead(holder: str, alive: bool) -> None:
    assert holder_is_alive(holder) is alive


def test_a_second_service_is_told_to_stop_the_first(db: Database, clock: Clock) -> None:
    told = r"The service works on this state \(process 1 on here\)\. Stop it"
    with hold(db, SERVICE, "here:1:a:x", clock, always), pytest.raises(Busy, match=told):
        hold(db, SERVICE, "here:2:b:x", clock, always).__enter__()
