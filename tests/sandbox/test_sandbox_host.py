"""The world, the limits, the faults, and what ``/_sandbox`` offers."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

import httpx
import pytest

from connectors.sandbox.limits import Pace
from connectors.sandbox.people import world
from connectors.sandbox.server import Sandbox

CONTACTS = "/crm/v3/objects/contacts"


# -- the world ---------------------------------------------------------------------------------------


def test_the_same_seed_makes_the_same_world() -> None:
    assert world(50, 7) == world(50, 7)
    assert world(50, 7) != world(50, 8)


def test_the_world_overlaps_disagrees_and_repeats_itself() -> None:
    made = world(300, 1)
    keys = {app: [person.key for person in people] for app, people in made.people.items()}
    assert {len(people) for people in made.people.values()} == {300}
    assert {len(companies) for companies in made.companies.values()} == {60}
    assert len(set.intersection(*map(set, keys.values()))) > 150
    for app, known in keys.items():
        assert len(set(known)) < len(known), f"nobody is twice in {app}"
        emails = [person.email for person in made.people[app] if person.email]
        assert len(set(emails)) == len(emails)
    views = {app: {person.key: person for person in people} for app, people in made.people.items()}
    both = views["hubspot"].keys() & views["zendesk"].keys()
    for field in ("first", "phone", "job", "city"):
        differing = [
            key
            for key in both
            if getattr(views["hubspot"][key], field) != getattr(views["zendesk"][key], field)
        ]
        assert differing, field
    every = [person for people in made.people.values() for person in people]
    assert any("؀" <= person.first[:1] <= "ۿ" for person in every)
    assert any(person.country == "Indonesia" and not person.last for person in every)
    assert any("۰" <= person.phone[:1] <= "۹" for person in every)
    assert any(person.email.startswith("info@") for person in every)
    assert {person.consent for person in made.people["mailerlite"]} >= {"unsubscribed", "bounced", "pending"}


def test_an_empty_sandbox_has_an_admin_and_fields_but_nobody_else() -> None:
    with Sandbox(empty=True) as sandbox, httpx.Client() as client:
        state = client.get(f"{sandbox.url}/_sandbox/state").json()
    assert [user["role"] for user in state["zendesk"]["users"]] == ["admin"]
    assert state["hubspot"]["contacts"] == state["mailerlite"]["subscribers"] == []
    assert "job_title" in {field["key"] for field in state["mailerlite"]["fields"]}


# -- /_sandbox ---------------------------------------------------------------------------------------


def test_the_log_lists_calls_and_reset_starts_again(hubspot: httpx.Client, control: httpx.Client) -> None:
    hubspot.post(CONTACTS, json={"properties": {"firstname": "A"}})
    hubspot.get(f"{CONTACTS}/1")
    assert control.get("/requests").json() == {
        "hubspot": [
            {"method": "POST", "path": CONTACTS, "status": 201},
            {"method": "GET", "path": f"{CONTACTS}/1", "status": 404},
        ],
        "mailerlite": [],
        "mailchimp": [],
        "zendesk": [],
    }
    assert control.get("/counts").json() == {"hubspot": 2, "mailerlite": 0, "mailchimp": 0, "zendesk": 0}
    assert len(control.get("/state").json()["hubspot"]["contacts"]) == 61
    control.post("/reset")
    assert len(control.get("/state").json()["hubspot"]["contacts"]) == 60
    assert control.get("/counts").json()["hubspot"] == 0


# -- clock, log, and what is not covered ----------------------------------------------------------------


@pytest.mark.parametrize("given", [{"offset": 3600}, {"now": "2031-05-06T07:08:09Z"}], ids=str)
def test_the_clock_can_be_set_and_goes_on_from_there(
    given: dict[str, Any], hubspot: httpx.Client, control: httpx.Client
) -> None:
    now = datetime.now(UTC)
    wanted = datetime.fromisoformat(given["now"]) if "now" in given else now + timedelta(hours=1)
    shown = control.post("/clock", json=given).json()
    assert abs(datetime.fromisoformat(shown["now"]) - wanted) < timedelta(minutes=1)
    made = hubspot.post(CONTACTS, json={"properties": {"firstname": "A"}})
    assert abs(datetime.fromisoformat(made.json()["createdAt"]) - wanted) < timedelta(minutes=1)
    assert abs(parsedate_to_datetime(made.headers["date"]) - wanted) < timedelta(minutes=1)
    assert control.get("/clock").json()["now"] >= shown["now"]


@pytest.mark.parametrize("given", [{}, {"offset": "soon"}, {"now": "tomorrow"}], ids=str)
def test_a_wrong_clock_is_refused(given: dict[str, Any], control: httpx.Client) -> None:
    assert control.post("/clock", json=given).status_code == 400


def test_what_an_app_takes_without_effect_is_marked(zendesk: httpx.Client, control: httpx.Client) -> None:
    zendesk.post("/users", params={"async": "true"}, json={"user": {"name": "A", "nickname": "B"}})
    zendesk.get("/users", params={"page[size]": 1, "sort": "name"})
    assert [call["ignored"] for call in control.get("/requests").json()["zendesk"]] == [
        ["nickname", "?async"],
        ["?sort"],
    ]


@pytest.mark.parametrize(
    "path", ["hubspot/crm/v3/objects/dogs/1", "zendesk/api/v2/dogs", "mailerlite/api/dogs"]
)
def test_an_endpoint_that_is_not_covered_says_so(path: str, clients: dict[str, httpx.Client]) -> None:
    app, _, rest = path.partition("/")
    address = f"{str(clients[app].base_url).split(app)[0]}{app}/{rest}"
    answer = clients[app].get(address)
    assert (answer.status_code, answer.json()["error"]) == (501, "not_covered")
    assert "does not cover" in answer.json()["message"]


def test_an_app_that_is_not_covered_says_so(running: Sandbox) -> None:
    answer = httpx.get(f"{running.url}/salesforce/services/data")
    assert (answer.status_code, answer.json()["error"]) == (501, "not_covered")


# -- limits ------------------------------------------------------------------------------------------


def limited(
    limits: Pace, call: Callable[[Sandbox, httpx.Client], httpx.Response], calls: int
) -> httpx.Response:
    """The answer to the last of `calls` equal calls."""
    with Sandbox(people=5, limits=limits) as sandbox, httpx.Client() as client:
        answers = [call(sandbox, client) for _ in range(calls)]
    assert all(answer.status_code != 429 for answer in answers[:-1])
    return answers[-1]


HUBSPOT = {"authorization": "Bearer sandbox-hubspot"}
MAILERLITE = {"authorization": "Bearer sandbox-mailerlite"}
ZENDESK = ("admin@sandbox.test/token", "sandbox-zendesk")


def test_hubspot_searches_5_times_a_second_and_says_no_more(running: Sandbox) -> None:
    answer = limited(
        "real", lambda box, http: http.post(f"{box.hubspot}{CONTACTS}/search", headers=HUBSPOT, json={}), 6
    )
    body = answer.json()
    assert (answer.status_code, body["category"]) == (429, "RATE_LIMITS")
    assert body["message"] == "You have reached your secondly limit."
    assert "retry-after" not in answer.headers


def test_hubspot_burst_has_a_policy(running: Sandbox) -> None:
    details = "/account-info/v3/details"
    answer = limited("real", lambda box, http: http.get(f"{box.hubspot}{details}", headers=HUBSPOT), 191)
    assert (answer.status_code, answer.json()["policyName"]) == (429, "TEN_SECONDLY_ROLLING")
    assert answer.headers["x-hubspot-ratelimit-remaining"] == "0"


def test_mailerlite_counts_120_a_minute(running: Sandbox) -> None:
    answer = limited(
        "real", lambda box, http: http.get(f"{box.mailerlite}/api/timezones", headers=MAILERLITE), 121
    )
    assert (answer.status_code, answer.json()) == (429, {"message": "Too Many Attempts."})
    assert 1 <= int(answer.headers["retry-after"]) <= 60


def test_mailerlite_takes_a_batch_of_nothing_but_upserts_for_an_import(running: Sandbox) -> None:
    upserts = {"requests": [{"method": "POST", "path": "api/subscribers", "body": {"email": "a@t.example"}}]}
    answer = limited(
        "real",
        lambda box, http: http.post(f"{box.mailerlite}/api/batch", headers=MAILERLITE, json=upserts),
        6,
    )
    assert answer.status_code == 429
    assert answer.json()["message"] == "You're being rate limited on import creation."


def test_zendesk_refuses_a_second_update_within_a_second_in_plain_text(running: Sandbox) -> None:
    def update(box: Sandbox, http: httpx.Client) -> httpx.Response:
        body = {"user": {"name": "X"}}
        return http.put(f"{box.zendesk}/api/v2/users/421941820734", auth=ZENDESK, json=body)

    answer = limited("real", update, 2)
    assert answer.status_code == 429
    assert answer.headers["content-type"].startswith("text/plain")
    assert answer.headers["retry-after"] == "1"


def test_zendesk_lists_deleted_tickets_10_times_a_minute(running: Sandbox) -> None:
    path = "/api/v2/deleted_tickets"
    answer = limited("real", lambda box, http: http.get(f"{box.zendesk}{path}", auth=ZENDESK), 11)
    assert (answer.status_code, answer.json()["error"]) == (429, "APIRateLimitExceeded")
    assert 1 <= int(answer.headers["retry-after"]) <= 60


def test_zendesk_changes_one_ticket_30_times_in_10_minutes(running: Sandbox) -> None:
    def change(box: Sandbox, http: httpx.Client) -> httpx.Response:
        api, ticket = f"{box.zendesk}/api/v2", {"ticket": {"comment": {"body": "Help"}}}
        if not http.get(f"{api}/tickets", auth=ZENDESK).json()["tickets"]:
            http.post(f"{api}/tickets", auth=ZENDESK, json=ticket)
        return http.put(f"{api}/tickets/35436", auth=ZENDESK, json=ticket)

    answer = limited("real", change, 31)
    assert answer.status_code == 429
    assert int(answer.headers["retry-after"]) > 60


def test_zendesk_keeps_the_newest_minute_back(running: Sandbox) -> None:
    with Sandbox(people=5, limits="real") as sandbox, httpx.Client(auth=ZENDESK) as client:
        api = f"{sandbox.zendesk}/api/v2"
        client.post(f"{api}/users", json={"user": {"name": "Brand New"}})
        feed = f"{api}/incremental/users/cursor?start_time=0"
        first = client.get(feed)
        client.post(f"{sandbox.url}/_sandbox/clock", json={"offset": 61})
        second = client.get(feed)
    names = [{user["name"] for user in answer.json()["users"]} for answer in (first, second)]
    assert ["Brand New" in known for known in names] == [False, True]
    assert first.headers["zendesk-ratelimit-incremental-exports-cursor"].startswith("total=20; remaining=19")


def test_fast_windows_are_100_times_shorter(running: Sandbox) -> None:
    with Sandbox(people=5, limits="fast") as sandbox, httpx.Client(headers=HUBSPOT) as client:
        answer = client.get(f"{sandbox.hubspot}/account-info/v3/details")
    assert answer.headers["x-hubspot-ratelimit-interval-milliseconds"] == "100"


# -- the process -------------------------------------------------------------------------------------


def test_the_blocking_server_ends_on_interrupt() -> None:
    code = (
        "from connectors.sandbox.server import serve;"
        "serve(0, people=5, ready=lambda url: print(url, flush=True))"
    )
    command = [sys.executable, "-c", code]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            url = process.stdout.readline().strip()
            answer = httpx.get(f"{url}/hubspot/account-info/v3/details", headers=HUBSPOT)
            assert answer.status_code == 200
            process.send_signal(signal.SIGINT)
            assert process.wait(10) == 0
        finally:
            process.kill()
