"""What ``POST /_sandbox/faults`` makes go wrong: one test or more for each kind."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from connectors.sandbox.faults import KINDS, SYNONYMS
from connectors.sandbox.server import Sandbox

LOGIN = {"authorization": "Bearer sandbox-hubspot"}
CONTACTS = "/crm/v3/objects/contacts"


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


# -- pages and time ----------------------------------------------------------------------------------


Fault = Callable[..., None]


@pytest.fixture
def fault(control: httpx.Client) -> Fault:
    def add(kind: str, **rule: Any) -> None:
        control.post("/faults", json={"kind": kind, **rule}).raise_for_status()

    return add


def pages(zendesk: httpx.Client, most: int) -> list[list[int]]:
    """The ids of each page of a list of users, read to its end or to the `most`-th page."""
    found: list[list[int]] = []
    params: dict[str, Any] = {"page[size]": 25}
    while len(found) < most:
        body = zendesk.get("/users", params=params).json()
        found.append([user["id"] for user in body["users"]])
        if not body["meta"]["has_more"]:
            break
        params["page[after]"] = body["meta"]["after_cursor"]
    return found


def test_a_repeated_page_is_the_one_before_with_its_cursor(zendesk: httpx.Client, fault: Fault) -> None:
    whole = pages(zendesk, 9)
    fault("repeat_page", path="/users$", count=2)
    assert pages(zendesk, 9) == [whole[0], whole[0], whole[0], *whole[1:]]


def test_a_skipped_page_is_empty_and_the_next_one_follows(zendesk: httpx.Client, fault: Fault) -> None:
    whole = pages(zendesk, 9)
    fault("skip_page", path="/users$")
    assert pages(zendesk, 9) == [[], *whole[1:]]


@pytest.mark.parametrize("path", ["/incremental/users/cursor", "/users"])
def test_lag_hides_what_changed_lately_from_lists_but_not_from_reads_by_id(
    path: str, zendesk: httpx.Client, control: httpx.Client, fault: Fault
) -> None:
    made = zendesk.post("/users", json={"user": {"name": "New"}}).json()["user"]["id"]
    params = {"start_time": 0} if "incremental" in path else {"page[size]": 100}

    def listed() -> bool:
        return made in [user["id"] for user in zendesk.get(path, params=params).json()["users"]]

    fault("lag", seconds=60, count=3)
    assert not listed()
    assert zendesk.get("/users/show_many", params={"ids": made}).json()["count"] == 1
    control.post("/clock", json={"offset": 61})
    assert listed()


def test_a_feed_under_lag_gives_late_what_it_kept_back(zendesk: httpx.Client, fault: Fault) -> None:
    """The cursor stays before what is not shown yet, as Zendesk's does."""
    made = zendesk.post("/users", json={"user": {"name": "New"}}).json()["user"]["id"]
    fault("lag", path="incremental")
    first = zendesk.get("/incremental/users/cursor", params={"start_time": 0}).json()
    later = zendesk.get("/incremental/users/cursor", params={"cursor": first["after_cursor"]}).json()
    assert [user["id"] for user in later["users"]] == [made]


def test_a_search_under_lag_does_not_know_the_newest(hubspot: httpx.Client, fault: Fault) -> None:
    contact(hubspot, "new@t.example")
    query = {
        "filterGroups": [{"filters": [{"propertyName": "email", "operator": "EQ", "value": "new@t.example"}]}]
    }
    fault("lag", path="/search$")
    counts = [len(hubspot.post(f"{CONTACTS}/search", json=query).json()["results"]) for _ in range(2)]
    assert counts == [0, 1]


@pytest.mark.parametrize("seconds", [7200, -7200])
def test_clock_skew_dates_one_call_wrongly(seconds: int, hubspot: httpx.Client, fault: Fault) -> None:
    fault("clock_skew", seconds=seconds)
    skewed, right = contact(hubspot, "x@t.example"), contact(hubspot, "y@t.example")
    for answer, wanted in ((skewed, timedelta(seconds=seconds)), (right, timedelta())):
        off = datetime.fromisoformat(answer.json()["updatedAt"]) - datetime.now(UTC) - wanted
        assert abs(off) < timedelta(minutes=1)
        assert abs(parsedate_to_datetime(answer.headers["date"]) - datetime.now(UTC) - wanted) < timedelta(
            minutes=1
        )


EXPIRED: dict[str, tuple[str, str, str]] = {
    "hubspot": ("/account-info/v3/details", "category", "EXPIRED_AUTHENTICATION"),
    "mailerlite": ("/timezones", "message", "Unauthenticated."),
    "zendesk": ("/users/me", "error", "invalid_token"),
}


@pytest.mark.parametrize("app", EXPIRED)
def test_an_expired_token_is_refused_in_the_words_of_the_app(
    app: str, clients: dict[str, httpx.Client], fault: Fault
) -> None:
    path, key, said = EXPIRED[app]
    fault("expired_token", app=app)
    refused, again = (clients[app].get(path) for _ in range(2))
    assert (refused.status_code, refused.json()[key]) == (401, said)
    assert again.status_code == 200


# -- the rules themselves ----------------------------------------------------------------------------


@pytest.mark.parametrize("word", [*KINDS, *SYNONYMS, "partial batch", "Clock-Skew"])
def test_kinds_are_known_by_these_words(word: str, control: httpx.Client) -> None:
    assert control.post("/faults", json={"kind": word, "count": 1}).json() == {"faults": 1}


def test_the_guide_names_every_kind_and_its_example_is_a_rule(control: httpx.Client) -> None:
    guide = (Path(__file__).resolve().parents[2] / "docs/sandbox.md").read_text()
    _, _, faults = guide.partition("## Faults")
    assert tuple(re.findall(r"^\| `(\w+)` \|", faults, re.MULTILINE)) == KINDS
    example = re.search(r"```json fault\n(.*?)```", guide, re.DOTALL)
    assert example is not None
    assert control.post("/faults", content=example[1]).json() == {"faults": 1}


def test_rules_are_shown_with_the_strikes_that_are_left(
    hubspot: httpx.Client, control: httpx.Client, fault: Fault
) -> None:
    fault("status", path="details$", count=2)
    hubspot.get("/account-info/v3/details")
    assert [(rule["kind"], rule["count"]) for rule in control.get("/faults").json()] == [("status", 1)]


def test_the_log_names_the_fault(hubspot: httpx.Client, control: httpx.Client, fault: Fault) -> None:
    fault("expired_token")
    hubspot.get("/account-info/v3/details")
    assert control.get("/requests").json()["hubspot"][0]["fault"] == "expired_token"


def test_half_of_the_ids_of_a_deletion(zendesk: httpx.Client, fault: Fault) -> None:
    ids = [zendesk.post("/users", json={"user": {"name": name}}).json()["user"]["id"] for name in "AB"]
    fault("partial", path="destroy_many")
    zendesk.delete("/users/destroy_many", params={"ids": ",".join(map(str, ids))})
    assert [zendesk.get(f"/users/{id}").json()["user"]["active"] for id in ids] == [False, True]


def test_a_kept_world_goes_on_after_a_skewed_change(tmp_path: Path) -> None:
    kept = tmp_path / "world.jsonl"
    stamps = []
    for _ in range(2):
        with (
            Sandbox(people=5, kept=kept) as sandbox,
            httpx.Client(base_url=sandbox.url, headers=LOGIN) as http,
        ):
            if not stamps:
                http.post("/_sandbox/faults", json={"kind": "clock_skew", "seconds": -7200})
                http.post(f"/hubspot{CONTACTS}", json={"properties": {"email": "x@t.example"}})
            shown = http.get(f"/hubspot{CONTACTS}/x@t.example", params={"idProperty": "email"})
            stamps.append(shown.json()["updatedAt"])
    assert stamps[0] == stamps[1]


@pytest.mark.parametrize(
    ("rule", "wrong"),
    [
        ({"kind": "status", "app": "hubspt"}, "app: 'hubspt' is none of"),
        ({"kind": "status", "probability": 5}, "probability: 5 is not between 0 and 1"),
    ],
)
def test_a_fault_that_could_never_strike_as_meant_is_refused(
    control: httpx.Client, rule: dict[str, Any], wrong: str
) -> None:
    answer = control.post("/faults", json=rule)
    assert answer.status_code == 400
    assert wrong in answer.json()["message"]
