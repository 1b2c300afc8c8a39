"""The world, the limits, the faults, and what ``/_sandbox`` offers."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Callable
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
        "zendesk": [],
    }
    assert control.get("/counts").json() == {"hubspot": 2, "mailerlite": 0, "zendesk": 0}
    assert len(control.get("/state").json()["hubspot"]["contacts"]) == 61
    control.post("/reset")
    assert len(control.get("/state").json()["hubspot"]["contacts"]) == 60
    assert control.get("/counts").json()["hubspot"] == 0


# -- faults ------------------------------------------------------------------------------------------


def contact(hubspot: httpx.Client, email: str) -> httpx.Response:
    return hubspot.post(CONTACTS, json={"properties": {"email": email}})


def has(hubspot: httpx.Client, email: str) -> bool:
    return hubspot.get(f"{CONTACTS}/{email}", params={"idProperty": "email"}).status_code == 200


FAULTS: dict[str, tuple[dict[str, Any], int | None, bool]] = {
    "status": ({"kind": "status", "status": 503}, 503, False),
    "delay": ({"kind": "delay", "seconds": 0.01}, 201, True),
    "drop_before": ({"kind": "drop_before"}, None, False),
    "drop_after": ({"kind": "drop_after"}, None, True),
    "ignore": ({"kind": "ignore"}, 201, False),
}


@pytest.mark.parametrize("kind", FAULTS)
def test_fault(kind: str, hubspot: httpx.Client, control: httpx.Client) -> None:
    rule, status, effect = FAULTS[kind]
    control.post(
        "/faults", json={"app": "hubspot", "path": "contacts$", "method": "POST", **rule}
    ).raise_for_status()
    if status is None:
        with pytest.raises(httpx.RemoteProtocolError):
            contact(hubspot, "x@t.example")
    else:
        assert contact(hubspot, "x@t.example").status_code == status
    assert has(hubspot, "x@t.example") is effect
    assert contact(hubspot, "y@t.example").status_code == 201  # a rule strikes once unless told otherwise


IGNORED: dict[str, Callable[[dict[str, httpx.Client]], httpx.Response]] = {
    "HubSpot update": lambda apps: apps["hubspot"].patch(
        f"{CONTACTS}/101", json={"properties": {"city": "Nowhere"}}
    ),
    "HubSpot archive": lambda apps: apps["hubspot"].delete(f"{CONTACTS}/101"),
    "MailerLite upsert": lambda apps: apps["mailerlite"].post("/subscribers", json={"email": "x@t.example"}),
    "Zendesk create": lambda apps: apps["zendesk"].post("/users", json={"user": {"name": "X"}}),
    "Zendesk job": lambda apps: apps["zendesk"].post(
        "/organizations/create_many", json={"organizations": [{"name": "X"}]}
    ),
}


@pytest.mark.parametrize("case", IGNORED)
def test_success_without_effect(
    case: str, hubspot: httpx.Client, mailerlite: httpx.Client, zendesk: httpx.Client, control: httpx.Client
) -> None:
    before = control.get("/state").json()
    control.post("/faults", json={"kind": "ignore"})
    apps = {"hubspot": hubspot, "mailerlite": mailerlite, "zendesk": zendesk}
    assert IGNORED[case](apps).is_success
    assert control.get("/state").json() == before


def test_half_a_batch(hubspot: httpx.Client, control: httpx.Client) -> None:
    control.post("/faults", json={"kind": "partial", "path": "batch"})
    inputs = [{"properties": {"firstname": str(number)}} for number in range(4)]
    answer = hubspot.post(f"{CONTACTS}/batch/create", json={"inputs": inputs})
    assert {item["properties"]["firstname"] for item in answer.json()["results"]} == {"0", "1"}


def test_a_share_of_calls_fails_the_same_way_for_the_same_seed(
    hubspot: httpx.Client, control: httpx.Client
) -> None:
    seen = []
    for _ in range(2):
        control.request("DELETE", "/faults")
        control.post("/faults", json={"kind": "status", "status": 500, "probability": 0.5, "seed": 4})
        seen.append([hubspot.get("/account-info/v3/details").status_code for _ in range(12)])
    assert seen[0] == seen[1]
    assert set(seen[0]) == {200, 500}


def test_a_wrong_fault_is_refused(control: httpx.Client) -> None:
    for rule in ({"kind": "explode"}, {"kind": "delay", "sec": 1}, {"kind": "delay", "path": "("}):
        assert control.post("/faults", json=rule).status_code == 400


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
