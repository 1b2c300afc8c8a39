"""One account's calls over several processes: no window ever holds more than the limit, and the state is
asked once for many calls."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from syncer.store import budget
from syncer.store.budget import Block, SharedBudget, first_room
from syncer.store.sharing import Shared


@dataclass
class Process:
    """A process with its own connection and its own idea of what it holds, on a clock that all share."""

    budget: SharedBudget
    time: list[float]
    ready: float = 0.0
    made: list[float] = field(default_factory=list)


@pytest.fixture
def time() -> list[float]:
    return [1_000_000.0]


@pytest.fixture
def pair(url: str, time: list[float]) -> Iterator[list[Process]]:
    shared = [Shared(url) for _ in range(2)]
    yield [Process(SharedBudget(one, "acme", lambda: time[0]), time) for one in shared]
    for one in shared:
        one.close()


def busiest(calls: list[float], window: float) -> int:
    """The most calls that any window holds."""
    calls = sorted(calls)
    return max(
        (sum(at <= other < at + window for other in calls[n:]) for n, at in enumerate(calls)), default=0
    )


@pytest.mark.parametrize(
    ("limit", "window", "pause"),
    [(90, 10.0, 0.02), (4, 1.0, 0.05), (1, 1.0, 0.0), (700, 60.0, 0.03)],
    ids=["hubspot", "its search", "one a second", "zendesk"],
)
def test_no_window_of_two_processes_holds_more_than_the_limit(
    pair: list[Process], time: list[float], limit: int, window: float, pause: float
) -> None:
    begun = time[0]
    while time[0] < begun + 3 * window:
        one = min(pair, key=lambda process: process.ready)
        time[0] = max(time[0], one.ready)
        seconds = one.budget.wait("general", limit, window)
        one.made.append(time[0] + seconds)
        one.ready = time[0] + seconds + pause
    calls = pair[0].made + pair[1].made
    assert busiest(calls, window) <= limit
    assert len(calls) >= 2 * limit  # and the limit is made use of
    assert min(len(process.made) for process in pair) > 0


def test_many_calls_cost_one_transaction(
    pair: list[Process], time: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    booked = []
    book = SharedBudget._book
    monkeypatch.setattr(SharedBudget, "_book", lambda *args: booked.append(1) or book(*args))
    for _ in range(160):
        pair[0].budget.wait("general", 160, 10.0)
    assert len(booked) == budget.PARTS


def test_what_was_not_used_is_given_back(pair: list[Process], time: list[float]) -> None:
    for _ in range(30):  # one call in three seconds: each is the only one of its block
        assert pair[0].budget.wait("general", 32, 60.0) == 0.0
        time[0] += 3.0
    assert stands(pair[0])["general"]["used"] <= 22
    assert stands(pair[0])["general"]["today"] <= 31


def stands(process: Process) -> dict[str, dict[str, float]]:
    """How the account stands, as `status` shows it."""
    with process.budget._shared.transaction() as db:
        return budget.states(db, "acme", process.time[0])


def test_a_process_that_ends_gives_back_what_it_has_left(pair: list[Process]) -> None:
    pair[0].budget.wait("general", 160, 10.0)
    assert stands(pair[0])["general"]["used"] == 10
    pair[0].budget.close()
    assert stands(pair[1])["general"]["used"] == stands(pair[1])["general"]["today"] == 1


def test_a_pause_holds_every_process(pair: list[Process], time: list[float]) -> None:
    pair[0].budget.hold("general", 30.0)
    assert pair[1].budget.wait("general", 100, 10.0) == 30.0
    assert pair[0].budget.wait("general", 100, 10.0) >= 30.0
    assert pair[1].budget.wait("search", 5, 1.0) == 0.0
    assert stands(pair[0])["general"]["pause"] == 30.0


def test_a_limit_that_was_never_told_is_shown_only_while_a_pause_lasts(
    pair: list[Process], time: list[float]
) -> None:
    pair[0].budget.hold("general", 30.0)
    assert list(stands(pair[0])) == ["general"]
    time[0] += 31.0
    assert stands(pair[0]) == {}


def test_another_account_is_another_budget(url: str, pair: list[Process], time: list[float]) -> None:
    shared = Shared(url)
    other = SharedBudget(shared, "other", lambda: time[0])
    pair[0].budget.hold("general", 30.0)
    assert other.wait("general", 100, 10.0) == 0.0
    shared.close()


def test_a_pause_that_a_wrong_clock_took_is_dropped(pair: list[Process], time: list[float]) -> None:
    first, second = (process.budget for process in pair)
    right = time[0]
    time[0] = right + 60 * budget.DAY
    first.wait("general", 90, 10.0)
    first.hold("general", 30.0)
    time[0] = right
    assert second.wait("general", 90, 10.0) == 0
    for day in (1, 10, 59, 60):
        time[0] = right + day * budget.DAY
        assert second.wait("general", 90, 10.0) == 0


def test_a_pause_counts_after_one_that_a_wrong_clock_took(pair: list[Process], time: list[float]) -> None:
    first, second = (process.budget for process in pair)
    right = time[0]
    time[0] = right + 60 * budget.DAY
    first.hold("general", 30.0)
    time[0] = right
    assert stands(pair[0])["general"]["pause"] == 0.0
    first.hold("general", 20.0)
    assert second.wait("general", 90, 10.0) == 20.0


def test_no_pause_is_longer_than_a_day(pair: list[Process], time: list[float]) -> None:
    pair[0].budget.hold("general", 3.0 * budget.DAY)
    assert pair[1].budget.wait("general", 90, 10.0) == budget.DAY


def test_a_clock_that_is_set_back_stops_nobody_for_long(pair: list[Process], time: list[float]) -> None:
    for _ in range(4):
        pair[0].budget.wait("general", 4, 1.0)
    time[0] -= 5 * 86_400
    assert pair[1].budget.wait("general", 4, 1.0) == 0.0


ROUNDING = 1e-9  # seconds: one window may end where the next begins
BLOCKS = st.lists(st.tuples(st.floats(0, 20), st.sampled_from([0.0, 0.5]), st.integers(1, 4)), max_size=12)


@settings(max_examples=80, deadline=None)
@given(bookings=st.lists(st.tuples(st.floats(0, 3), st.integers(1, 4)), min_size=1, max_size=30))
@example([(0.0541006655476657, 1), (0.5, 4), (0.0, 4), (0.0, 1), (0.0, 4), (0.0, 4)])
def test_bookings_in_any_order_keep_every_window(bookings: list[tuple[float, int]]) -> None:
    limit, window, span = 8, 4.0, 0.5
    blocks: list[Block] = []
    now = 0.0
    for pause, calls in bookings:
        now += pause
        start = first_room(blocks, calls, limit, now)
        assert start >= now
        blocks.append(Block(start, start + span + window, calls))
    for block in blocks:  # the worst case: each call at the end of its span, or at its beginning
        end = block.start + span + ROUNDING
        touching = [b for b in blocks if b.start <= end and b.start + span > end - window]
        assert sum(b.calls for b in touching) <= limit
