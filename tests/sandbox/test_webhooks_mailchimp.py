"""Webhooks of the simulated Mailchimp: forms, signed over time and body, from the sources asked for."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qsl

import httpx
import pytest
from mailchimp_calls import EMPTY, add, refused
from webhook_receiver import Receiver

from connectors.mailchimp.sandbox.account import EVENTS

HOOKS = f"/lists/{EVENTS}/webhooks"
EVERY = dict.fromkeys(("subscribe", "unsubscribe", "profile", "cleaned", "upemail"), True)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    made = Receiver()
    yield made
    made.close()


def hook(mailchimp: httpx.Client, url: str, *sources: str) -> Any:
    body = {"url": url, "events": EVERY, "sources": dict.fromkeys(sources, True)}
    answer = mailchimp.post(HOOKS, json=body)
    assert answer.status_code == 200, answer.text
    return answer.json()


def form(receiver: Receiver) -> dict[str, str]:
    return dict(parse_qsl(receiver.take()[1].decode()))


def test_an_event_is_a_form_that_is_signed_over_time_and_body(
    mailchimp: httpx.Client, receiver: Receiver
) -> None:
    secret = hook(mailchimp, receiver.url, "api")["signing_secret"]
    made = add(mailchimp, merge_fields={"FNAME": "Ada"})
    headers, body = receiver.take()
    assert headers["content-type"] == "application/x-www-form-urlencoded"
    at, _, signed = headers["x-mailchimp-signature"].partition(",")
    expected = hmac.new(secret.encode(), at.removeprefix("t=").encode() + b"." + body, hashlib.sha256)
    assert signed == f"v1={expected.hexdigest()}"
    told = dict(parse_qsl(body.decode()))
    assert told["type"] == "subscribe"
    assert told["data[id]"] == made["unique_email_id"]
    assert told["data[merges][FNAME]"] == "Ada"


def test_each_change_has_its_event(mailchimp: httpx.Client, receiver: Receiver) -> None:
    hook(mailchimp, receiver.url, "api", "user")
    path = f"{EMPTY}/{add(mailchimp)['contact_id']}"
    mailchimp.patch(path, json={"merge_fields": {"CITY": "Yazd"}})
    mailchimp.patch(path, json={"email_address": "b@x.test"})
    mailchimp.post(f"{path}/_person/complain")
    mailchimp.post(f"{path}/_person/confirm")
    mailchimp.delete(path)
    told = [form(receiver) for _ in range(6)]
    assert [event["type"] for event in told] == [
        *("subscribe", "profile", "upemail", "unsubscribe", "subscribe", "unsubscribe")
    ]
    assert (told[2]["data[old_email]"], told[2]["data[new_email]"]) == ("a@x.test", "b@x.test")
    assert (told[3]["data[action]"], told[3]["data[reason]"]) == ("unsub", "abuse")
    assert told[5]["data[action]"] == "delete"


def test_what_api_clients_do_can_be_muted(mailchimp: httpx.Client, receiver: Receiver) -> None:
    """So our own writes do not come back; nor do those of any other client."""
    hook(mailchimp, receiver.url, "user", "admin")
    id = add(mailchimp)["contact_id"]
    mailchimp.post(f"{EMPTY}/{id}/_person/bounce")
    assert form(receiver)["type"] == "cleaned"


def test_webhooks_are_listed_changed_and_deleted(mailchimp: httpx.Client, receiver: Receiver) -> None:
    made = hook(mailchimp, receiver.url, "api")
    one = f"{HOOKS}/{made['id']}"
    assert "signing_secret" not in mailchimp.get(one).json()
    assert mailchimp.get(HOOKS).json()["total_items"] == 1
    assert mailchimp.patch(one, json={"sources": {"user": True}}).json()["sources"]["api"] is False
    refused(mailchimp.post(HOOKS, json={"url": "https://elsewhere.example/"}), 400, "Invalid Resource")
    refused(mailchimp.post(HOOKS, json={"url": receiver.url, "events": {"x": True}}), 400, "Invalid Resource")
    assert mailchimp.delete(one).status_code == 204
    refused(mailchimp.get(one), 404, "Resource Not Found")
