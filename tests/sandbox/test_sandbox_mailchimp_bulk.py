"""The simulated Mailchimp in bulk: many members in one call, merge fields, batches of calls, limits."""

from __future__ import annotations

import gzip
import io
import json
import tarfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest
from mailchimp_calls import EMPTY, add, refused

from connectors.mailchimp.sandbox.account import EVENTS
from connectors.sandbox.server import Sandbox

# Many members in one call.


def test_a_batch_is_a_success_that_names_its_failures(mailchimp: httpx.Client) -> None:
    add(mailchimp)
    emails = ("a@x.test", "b@x.test", "b@X.test", "c@example.com")
    members = [{"email_address": email, "status": "subscribed"} for email in emails]
    answer = mailchimp.post(f"/lists/{EVENTS}", json={"members": members})
    body = answer.json()
    assert answer.status_code == 200
    assert (body["total_created"], body["total_updated"], body["error_count"]) == (1, 0, 3)
    assert [error["error_code"] for error in body["errors"]] == [
        "ERROR_CONTACT_EXISTS",
        *["ERROR_GENERIC"] * 2,
    ]


def test_a_batch_that_updates_overwrites_the_status_and_adds_tags(mailchimp: httpx.Client) -> None:
    add(mailchimp, status="unsubscribed", tags=["old"])
    one = {"email_address": "a@x.test", "status": "subscribed", "tags": ["new"]}
    path = f"/lists/{EVENTS}"
    (member,) = mailchimp.post(path, json={"members": [one], "update_existing": True}).json()[
        "updated_members"
    ]
    assert member["status"] == "subscribed"
    assert [tag["name"] for tag in member["tags"]] == ["old", "new"]
    body = {"members": [one], "update_existing": True, "sync_tags": True}
    (member,) = mailchimp.post(path, json=body).json()["updated_members"]
    assert [tag["name"] for tag in member["tags"]] == ["new"]


@pytest.mark.parametrize(
    ("members", "field"),
    [
        ([{"email_address": "a@x.test", "status": "subscribed"}] * 501, "members"),
        ([{"email_address": "a@x.test", "status": ""}], "members.item:0.status"),
        ([{"email_address": "a@x.test"}], "members.item:0.status"),
        ([{"status": "subscribed"}], "members.item:0.email_address"),
        ("everybody", "members"),
    ],
    ids=["too_many", "bad_status", "no_status", "no_address", "no_list"],
)
def test_a_badly_formed_batch_is_refused_as_a_whole(
    mailchimp: httpx.Client, members: Any, field: str
) -> None:
    said = refused(mailchimp.post(f"/lists/{EVENTS}", json={"members": members}), 400, "Invalid Resource")
    assert said["errors"][0]["field"] == field
    assert mailchimp.get(EMPTY).json()["total_items"] == 0


# Merge fields.


def test_merge_fields_are_made_changed_and_deleted(mailchimp: httpx.Client) -> None:
    path = f"/lists/{EVENTS}/merge-fields"
    assert len(mailchimp.get(path).json()["merge_fields"]) == 10
    made = mailchimp.post(path, json={"name": "Seat", "type": "text", "tag": "seat"}).json()
    assert made["tag"] == "SEAT"
    refused(mailchimp.post(path, json={"name": "S", "type": "text", "tag": "SEAT"}), 400, "Invalid Resource")
    long = {"name": "S", "type": "text", "tag": "MEMBERSHIPNO"}
    refused(mailchimp.post(path, json=long), 400, "Invalid Resource")
    refused(mailchimp.post(path, json={"name": "S", "type": "colour"}), 400, "Invalid Resource")
    refused(mailchimp.post(path, json={"name": "S", "type": "radio"}), 400, "Invalid Resource")
    one = f"{path}/{made['merge_id']}"
    assert mailchimp.patch(one, json={"name": "Chair"}).json()["name"] == "Chair"
    assert mailchimp.delete(one).status_code == 204
    refused(mailchimp.get(one), 404, "Resource Not Found")


# Asynchronous batches.


def test_a_batch_of_calls_is_done_later_and_told_in_an_archive(mailchimp: httpx.Client) -> None:
    body = json.dumps({"email_address": "a@x.test", "status": "subscribed"})
    operations = [
        {"method": "POST", "path": EMPTY, "body": body, "operation_id": "add-a"},
        {"method": "GET", "path": f"{EMPTY}/nobody", "operation_id": "get-b"},
    ]
    started = mailchimp.post("/batches", json={"operations": operations}).json()
    done = mailchimp.get(f"/batches/{started['id']}").json()
    assert (done["status"], done["total_operations"], done["errored_operations"]) == ("finished", 2, 1)
    packed = httpx.get(done["response_body_url"]).content  # asks for no key
    with tarfile.open(fileobj=io.BytesIO(gzip.decompress(packed))) as tar:
        (name,) = tar.getnames()
        file = tar.extractfile(name)
        assert file is not None
        results = json.load(file)
    assert [(item["operation_id"], item["status_code"]) for item in results] == [
        ("add-a", 200),
        ("get-b", 404),
    ]
    assert json.loads(results[1]["response"])["title"] == "Resource Not Found"
    assert mailchimp.get("/batches").json()["total_items"] == 1
    assert mailchimp.delete(f"/batches/{started['id']}").status_code == 204
    many = [{"method": "GET", "path": "/ping"}] * 1001
    refused(mailchimp.post("/batches", json={"operations": many}), 400, "Invalid Resource")


def test_the_results_of_a_batch_are_there_for_ten_minutes(
    mailchimp: httpx.Client, control: httpx.Client
) -> None:
    started = mailchimp.post("/batches", json={"operations": [{"method": "GET", "path": "/ping"}]}).json()
    url = mailchimp.get(f"/batches/{started['id']}").json()["response_body_url"]
    control.post("/clock", json={"offset": 601})
    assert httpx.get(url).status_code == 403


# Limits.


@pytest.fixture(scope="module")
def limited() -> Iterator[Sandbox]:
    with Sandbox(people=5, limits="fast") as sandbox:
        yield sandbox


def test_the_eleventh_call_at_a_time_is_refused_without_headers(limited: Sandbox) -> None:
    with httpx.Client(auth=("any", "sandbox-us1"), limits=httpx.Limits(max_connections=20)) as client:
        slow = {"app": "mailchimp", "path": "ping", "kind": "delay", "seconds": 1.5, "probability": 1}
        client.post(f"{limited.url}/_sandbox/faults", json=slow)
        with ThreadPoolExecutor(10) as pool:
            waiting = [pool.submit(client.get, f"{limited.mailchimp}/3.0/ping") for _ in range(10)]
            deadline = time.monotonic() + 10
            while limited.host.open["mailchimp"] < 10 and time.monotonic() < deadline:
                time.sleep(0.01)
            answer = client.get(f"{limited.mailchimp}/3.0/lists")
            assert {done.result().status_code for done in waiting} == {200}
        said = refused(answer, 429, "Too Many Requests")
        assert said["detail"] == "You have exceeded the limit of 10 simultaneous connections."
        assert not [name for name in answer.headers if "retry" in name or "ratelimit" in name]
        assert client.get(f"{limited.mailchimp}/3.0/lists").status_code == 200


def test_batches_take_their_time(limited: Sandbox) -> None:
    with httpx.Client(base_url=f"{limited.mailchimp}/3.0", auth=("any", "sandbox-us1")) as client:
        body = {"operations": [{"method": "GET", "path": "/ping"}]}
        states = [client.post("/batches", json=body).json()]
        while states[-1]["status"] != "finished":
            states.append(client.get(f"/batches/{states[0]['id']}").json())
    assert states[0]["status"] == "pending"
    assert states[0]["response_body_url"] == ""
