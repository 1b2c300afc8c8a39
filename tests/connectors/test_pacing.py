"""What an app's answers say of its limits is obeyed."""

from __future__ import annotations

from typing import Any

import pytest

from connectors.budget import Rate, RateHeaders
from connectors.contract import Options, Unavailable
from connectors.pacing import Pace

RATES = (Rate("general", 100, 10.0), Rate("search", 5, 1.0))
STATED = (
    RateHeaders("max", "left", "interval", resets="reset"),
    RateHeaders("day", "day-left", pause=3600.0, adopt=False),
)
REAL, LOOPBACK = "https://api.example.test", "http://127.0.0.1:1"


class Noted:
    """A budget that notes what it is asked, and makes everybody wait `seconds`."""

    def __init__(self, seconds: float = 0.0) -> None:
        self.seconds = seconds
        self.asked: list[tuple[str, int, float]] = []
        self.held: list[tuple[str, float]] = []

    def wait(self, rate: str, limit: int, window: float) -> float:
        self.asked.append((rate, limit, window))
        return self.seconds

    def hold(self, rate: str, seconds: float) -> None:
        self.held.append((rate, seconds))


def pace(noted: Noted, base: str = REAL, reserve: float = 0.1, **settings: Any) -> Pace:
    options = Options("crm", settings=settings, reserve=reserve, budget=noted, sleep=lambda _: None)
    return Pace(options, "Example (crm)", base, RATES, STATED)


@pytest.mark.parametrize(
    ("reserve", "asked"),
    [(0.0, 100), (0.1, 90), (0.5, 50), (0.9, 10)],
    ids=["none", "default", "half", "most"],
)
def test_the_reserve_is_left_to_others(reserve: float, asked: int) -> None:
    noted = Noted()
    pace(noted, reserve=reserve).keep(("general",))
    assert noted.asked == [("general", asked, 10.0)]


ADOPTED = {
    "a larger plan": (REAL, {}, {"max": "190"}, ("general", 171, 10.0)),
    "another window": (REAL, {}, {"max": "200", "interval": "20000"}, ("general", 180, 20.0)),
    "but not over an own limit": (REAL, {"rate_limit": 50}, {"max": "190"}, ("general", 50, 10.0)),
    "not a limit of the day": (REAL, {}, {"day": "250000", "day-left": "200000"}, ("general", 90, 10.0)),
    "no number": (REAL, {}, {"max": "many", "interval": "nan"}, ("general", 90, 10.0)),
    "a simulated app that tells its window": (
        LOOPBACK,
        {},
        {"max": "190", "interval": "100"},
        ("general", 171, 0.1),
    ),
}


@pytest.mark.parametrize(("base", "settings", "headers", "asked"), ADOPTED.values(), ids=ADOPTED.keys())
def test_the_stated_limit_is_the_one_that_is_kept(
    base: str, settings: dict[str, Any], headers: dict[str, str], asked: tuple[str, int, float]
) -> None:
    noted = Noted()
    one = pace(noted, base, **settings)
    one.heed(headers)
    one.keep(("general",))
    assert noted.asked == [asked]


def test_a_simulated_app_that_runs_faster_does_so_in_all_its_windows() -> None:
    noted = Noted()
    one = pace(noted, LOOPBACK)
    one.keep(("general", "search"))
    assert noted.asked == []
    one.heed({"max": "190", "interval": "100"})
    one.keep(("search",))
    assert noted.asked == [("search", 4, 0.01)]


HELD = {
    "calls are left": ({"max": "100", "left": "30"}, []),
    "others use what is theirs": ({"max": "100", "left": "6"}, []),
    "others use more than that": ({"max": "100", "left": "5"}, [("general", 10.0)]),
    "none are left, and the app says for how long": (
        {"max": "100", "left": "0", "reset": "7"},
        [("general", 7.0)],
    ),
    "the day is used up": ({"day": "1000", "day-left": "0"}, [("general", 3600.0)]),
    "only how many are left": ({"left": "0"}, []),
}


@pytest.mark.parametrize(("headers", "held"), HELD.values(), ids=HELD.keys())
def test_where_calls_run_out_everybody_pauses(headers: dict[str, str], held: list[tuple[str, float]]) -> None:
    noted = Noted()
    pace(noted).heed(headers)
    assert noted.held == held


def test_a_long_pause_is_left_to_a_later_run() -> None:
    with pytest.raises(Unavailable, match="no call for another 60 minutes") as raised:
        pace(Noted(3600.0)).keep(("general",))
    assert raised.value.retry_after == 3600.0
