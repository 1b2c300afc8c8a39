"""MailerLite's official Python client works against the sandbox. Nothing is changed but the base URL, which
it keeps in ``ApiClient.HOST``."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import mailerlite as official
import pytest
import requests
from mailerlite.api_client import ApiClient

from connectors.sandbox.server import Sandbox


@pytest.fixture
def mail(running: Sandbox, control: httpx.Client, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    monkeypatch.setattr(ApiClient, "HOST", f"{running.mailerlite}/")
    yield official.Client({"api_key": "sandbox-mailerlite"})
    entries = control.get("/requests").json()["mailerlite"]
    assert [call for call in entries if call["status"] == 501 or "ignored" in call] == []


def test_subscribers(mail: Any) -> None:
    made = mail.subscribers.create("ada@t.example", fields={"name": "Ada", "city": "Yazd"})["data"]
    id = int(made["id"])
    assert mail.subscribers.get("ada@t.example")["data"]["fields"]["city"] == "Yazd"
    changed = mail.subscribers.update("ada@t.example", fields={"city": None}, status="unsubscribed")["data"]
    assert (changed["id"], changed["fields"]["city"], changed["status"]) == (made["id"], None, "unsubscribed")
    assert mail.subscribers.get(id)["data"]["email"] == "ada@t.example"
    assert mail.subscribers.count() == {"total": 61}
    assert mail.subscribers.delete(id) is True
    with pytest.raises(requests.HTTPError, match="404"):
        mail.subscribers.get(id)


def test_a_list_is_read_to_its_end_by_cursor(mail: Any) -> None:
    ids: list[str] = []
    page: dict[str, Any] = {"limit": 25, "filter": {"status": "active"}}
    while True:
        answer = mail.subscribers.list(**page)
        ids += [item["id"] for item in answer["data"]]
        if answer["meta"]["next_cursor"] is None:
            break
        page["cursor"] = answer["meta"]["next_cursor"]
    assert len(set(ids)) == len(ids) == mail.subscribers.list(limit=0, filter={"status": "active"})["total"]


def test_groups_and_their_subscribers(mail: Any) -> None:
    group = mail.groups.create("Friends")["data"]
    id = int(mail.subscribers.create("ada@t.example")["data"]["id"])
    mail.subscribers.assign_subscriber_to_group(id, int(group["id"]))
    members = mail.groups.get_group_subscribers(int(group["id"]), limit=10)["data"]
    assert [item["email"] for item in members] == ["ada@t.example"]
    assert mail.subscribers.unassign_subscriber_from_group(id, int(group["id"])) is True
    assert mail.groups.update(int(group["id"]), "Old friends")["data"]["name"] == "Old friends"
    assert "Old friends" in [item["name"] for item in mail.groups.list(limit=50, page=1)["data"]]
    assert mail.groups.delete(int(group["id"])) is True


def test_an_import_into_a_group(mail: Any) -> None:
    group = int(mail.groups.create("Fair")["data"]["id"])
    people = [
        {"email": "a@t.example"},
        {"email": "b@t.example", "fields": {"city": "Yazd"}},
        {"email": "bad"},
    ]
    started = mail.groups.import_subscribers_to_group(group, people)
    report = mail.subscribers.get_import(int(started["import_progress_url"].rsplit("/", 1)[1]))["data"]
    assert (report["total"], report["imported"], report["done"]) == (3, 2, True)
    assert [item["email"] for item in report["invalid"]] == ["bad"]
    assert len(mail.groups.get_group_subscribers(group)["data"]) == 2


def test_fields(mail: Any) -> None:
    made = mail.fields.create("Favourite tea", "text")["data"]
    assert made["key"] == "favourite_tea"
    listed = mail.fields.list(limit=100, page=1, filter={"keyword": "tea", "type": "text"})["data"]
    assert [item["key"] for item in listed] == ["favourite_tea"]
    assert mail.fields.update(int(made["id"]), "Best tea")["data"]["name"] == "Best tea"
    assert mail.fields.delete(int(made["id"])) is True


def test_a_batch(mail: Any) -> None:
    body = mail.batches.request(
        [
            {"method": "POST", "path": "api/subscribers", "body": {"email": "a@t.example"}},
            {"method": "POST", "path": "api/subscribers", "body": {"email": "bad"}},
            {"method": "GET", "path": "api/timezones"},
        ]
    )
    assert ([item["code"] for item in body["responses"]], body["failed"]) == ([201, 422, 200], 1)


def test_forgetting(mail: Any) -> None:
    id = int(mail.subscribers.create("ada@t.example")["data"]["id"])
    assert mail.subscribers.forget(id) is True
    with pytest.raises(requests.HTTPError, match="404"):
        mail.subscribers.get(id)


def test_time_zones(mail: Any) -> None:
    assert "UTC" in [zone["name"] for zone in mail.timezones.list()["data"]]


def test_refusals_arrive_as_its_own_errors(mail: Any) -> None:
    with pytest.raises(requests.HTTPError, match="422"):
        mail.subscribers.create("ada@t.example", status="gone")
    mail.api_client.set_config({"api_key": "wrong"})
    with pytest.raises(requests.HTTPError, match="401"):
        mail.subscribers.list()
