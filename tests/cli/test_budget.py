"""How often an account may be called, and was, as `status` and `check` tell it."""

from __future__ import annotations

import httpx

from tests.cli.conftest import Desk


def limited(desk: Desk) -> Desk:
    """With a limit on HubSpot: servers on this machine have none otherwise."""
    head, _, tail = desk.config.read_text().partition("settings: {lag: 0}")
    desk.config.write_text(f"{head}settings: {{lag: 0, rate_limit: 1000}}{tail}")
    return desk


def test_status_tells_how_often_an_account_was_called(desk: Desk) -> None:
    limited(desk).run("sync", "--json")
    for one in desk.run("status", "--json").json:
        budgets = {app: said["budget"] for app, said in one["apps"].items()}
        assert budgets.pop("hubspot")["general"].keys() == set(
            "limit window used today pause left forecast".split()
        )
        assert not any(budgets.values())
        general = one["apps"]["hubspot"]["budget"]["general"]
        assert (general["limit"], general["window"]) == (1000, 10.0)
    assert "of 1000 in 10 s" in desk.run("status").out


def test_status_counts_the_calls_that_were_made(desk: Desk) -> None:
    limited(desk).run("sync")
    made = httpx.get(f"{desk.url}/_sandbox/counts").json()["hubspot"]
    today = desk.run("status", "--json").json[0]["apps"]["hubspot"]["budget"]["general"]["today"]
    assert today == made > 0


def test_check_forecasts_the_calls_that_a_poll_and_a_whole_read_take(desk: Desk) -> None:
    estimates = desk.run("check", "--records", "30", "--json").json["estimates"]
    forecast = {(e["sync"], e["app"]): e["poll_calls"] for e in estimates}
    desk.synced()
    before = httpx.get(f"{desk.url}/_sandbox/counts").json()
    desk.run("sync", "contacts")
    after = httpx.get(f"{desk.url}/_sandbox/counts").json()
    assert {app: after[app] - before[app] for app in ("hubspot", "mailerlite", "zendesk")} == {
        app: forecast["contacts", app] for app in ("hubspot", "mailerlite", "zendesk")
    }


def test_check_forecasts_minutes_by_the_limit(desk: Desk) -> None:
    limited(desk).change("rate_limit: 1000", "rate_limit: 10")
    estimates = desk.run("check", "--records", "12000", "--json").json["estimates"]
    (contacts,) = (e for e in estimates if (e["sync"], e["app"]) == ("contacts", "hubspot"))
    assert contacts["first_minutes"] == round(contacts["first_calls"] / 60, 1) > 0
