"""Webhooks of the simulated apps: sent after the call, signed in each app's own manner."""

from __future__ import annotations

import base64
import hashlib
import hmac
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest
from webhook_receiver import Receiver

from connectors.sandbox.server import Sandbox


def following(receiver: Receiver) -> tuple[dict[str, str], bytes, Any]:
    """The next call: headers in lower case, the body, and what it says."""
    headers, body = receiver.take()
    return headers, body, orjson.loads(body)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    made = Receiver()
    yield made
    made.close()
    made.server.server_close()


def zendesk_hook(zendesk: httpx.Client, url: str, *events: str) -> dict[str, Any]:
    hook = {
        "name": "Ours",
        "endpoint": url,
        "http_method": "POST",
        "request_format": "json",
        "status": "active",
    }
    subscriptions = [f"zen:event-type:{event}" for event in events]
    answer = zendesk.post("/webhooks", json={"webhook": {**hook, "subscriptions": subscriptions}})
    assert answer.status_code == 201, answer.text
    return dict(answer.json()["webhook"])


def test_zendesk_signs_time_and_body_with_nothing_between(zendesk: httpx.Client, receiver: Receiver) -> None:
    hook = zendesk_hook(zendesk, receiver.url, "user.created")
    made = zendesk.post("/users", json={"user": {"name": "Ada", "email": "ada@t.example"}}).json()["user"]
    headers, body, event = following(receiver)
    secret = zendesk.get(f"/webhooks/{hook['id']}/signing_secret").json()["signing_secret"]["secret"]
    time = headers["x-zendesk-webhook-signature-timestamp"]
    expected = hmac.new(secret.encode(), time.encode() + body, hashlib.sha256).digest()
    assert headers["x-zendesk-webhook-signature"] == base64.b64encode(expected).decode()
    assert headers["x-zendesk-webhook-id"] == hook["id"]
    assert (event["type"], event["subject"]) == ("zen:event-type:user.created", f"zen:user:{made['id']}")
    assert (event["detail"]["id"], event["detail"]["email"]) == (str(made["id"]), "ada@t.example")


def test_zendesk_tells_each_changed_attribute_apart(zendesk: httpx.Client, receiver: Receiver) -> None:
    id = zendesk.post("/users", json={"user": {"name": "Ada", "email": "ada@t.example"}}).json()["user"]["id"]
    wanted = ("name_changed", "custom_field_changed", "identity_created", "merged", "deleted")
    zendesk_hook(zendesk, receiver.url, *(f"user.{event}" for event in wanted))
    zendesk.put(f"/users/{id}", json={"user": {"name": "Ada L.", "user_fields": {"city": "Yazd"}}})
    told = [following(receiver)[2] for _ in range(2)]
    assert [event["type"].rpartition(".")[2] for event in told] == ["name_changed", "custom_field_changed"]
    assert told[0]["event"] == {"previous": "Ada", "current": "Ada L."}
    zendesk.put(f"/users/{id}", json={"user": {"email": "ada2@t.example"}})
    assert following(receiver)[2]["event"]["identity"]["value"] == "ada2@t.example"
    other = zendesk.post("/users", json={"user": {"name": "Old", "email": "old@t.example"}}).json()["user"][
        "id"
    ]
    zendesk.put(f"/users/{other}/merge", json={"user": {"id": id}})
    merged = following(receiver)[2]
    assert (merged["type"], merged["subject"]) == ("zen:event-type:user.merged", f"zen:user:{other}")
    zendesk.delete(f"/users/{id}")
    assert following(receiver)[2]["type"] == "zen:event-type:user.deleted"


def test_zendesk_tells_of_organizations_memberships_and_tickets(
    zendesk: httpx.Client, receiver: Receiver
) -> None:
    events = ("organization.created", "organization.name_changed", "ticket.created", "ticket.status_changed")
    zendesk_hook(zendesk, receiver.url, *events, "user.organization_membership_created")
    home = zendesk.post("/organizations", json={"organization": {"name": "Acme"}}).json()["organization"][
        "id"
    ]
    zendesk.put(f"/organizations/{home}", json={"organization": {"name": "Acme Ltd"}})
    user = zendesk.get("/users/me").json()["user"]["id"]
    membership = {"organization_membership": {"user_id": user, "organization_id": home}}
    zendesk.post("/organization_memberships", json=membership)
    ticket = zendesk.post("/tickets", json={"ticket": {"comment": {"body": "Help"}}}).json()["ticket"]["id"]
    zendesk.put(f"/tickets/{ticket}", json={"ticket": {"status": "open"}})
    told = [following(receiver)[2]["type"].removeprefix("zen:event-type:") for _ in range(5)]
    assert told == [events[0], events[1], "user.organization_membership_created", events[2], events[3]]


def mailerlite_hook(mailerlite: httpx.Client, url: str, *events: str, **more: Any) -> dict[str, Any]:
    names = [f"subscriber.{event}" for event in events]
    answer = mailerlite.post("/webhooks", json={"name": "Ours", "url": url, "events": names, **more})
    assert answer.status_code == 201, answer.text
    return dict(answer.json()["data"])


def test_mailerlite_signs_the_body_in_hex(mailerlite: httpx.Client, receiver: Receiver) -> None:
    hook = mailerlite_hook(mailerlite, receiver.url, "created")
    mailerlite.post("/subscribers", json={"email": "ada@t.example", "fields": {"city": "Yazd"}})
    headers, body, event = following(receiver)
    assert headers["signature"] == hmac.new(hook["secret"].encode(), body, hashlib.sha256).hexdigest()
    assert (event["event"], event["email"]) == ("subscriber.created", "ada@t.example")
    assert event["fields"]["city"] == "Yazd"


def test_mailerlite_tells_of_fields_groups_and_opt_outs(mailerlite: httpx.Client, receiver: Receiver) -> None:
    id = mailerlite.post("/subscribers", json={"email": "ada@t.example"}).json()["data"]["id"]
    group = mailerlite.get("/groups").json()["data"][0]
    wanted = ("updated", "unsubscribed", "added_to_group", "removed_from_group")
    mailerlite_hook(mailerlite, receiver.url, *wanted)
    mailerlite.put(f"/subscribers/{id}", json={"fields": {"city": "Yazd"}})
    mailerlite.post(f"/subscribers/{id}/groups/{group['id']}")
    mailerlite.delete(f"/subscribers/{id}/groups/{group['id']}")
    mailerlite.put(f"/subscribers/{id}", json={"status": "unsubscribed"})
    told = [following(receiver)[2] for _ in range(4)]
    kinds = [(event.get("event") or event["type"]).removeprefix("subscriber.") for event in told]
    assert kinds == ["updated", "added_to_group", "removed_from_group", "unsubscribed"]
    assert told[1]["group"] == {"id": group["id"], "name": group["name"]}


def test_mailerlite_tells_of_deletions_in_batches_only(mailerlite: httpx.Client, receiver: Receiver) -> None:
    refused = mailerlite.post("/webhooks", json={"url": receiver.url, "events": ["subscriber.deleted"]})
    assert refused.status_code == 422
    mailerlite_hook(mailerlite, receiver.url, "deleted", batchable=True)
    id = mailerlite.post("/subscribers", json={"email": "ada@t.example"}).json()["data"]["id"]
    mailerlite.delete(f"/subscribers/{id}")
    body = following(receiver)[2]
    assert (body["total"], body["events"][0]["event"]) == (1, "subscriber.deleted")


def test_nothing_is_sent_to_other_machines(zendesk: httpx.Client, mailerlite: httpx.Client) -> None:
    hook = {"name": "Ours", "endpoint": "https://example.com/hook", "subscriptions": []}
    assert zendesk.post("/webhooks", json={"webhook": hook}).status_code == 422
    hook = {"url": "https://example.com/hook", "events": ["subscriber.created"]}
    assert mailerlite.post("/webhooks", json=hook).status_code == 422


def test_a_webhook_can_be_changed_switched_off_and_taken_away(
    zendesk: httpx.Client, mailerlite: httpx.Client, receiver: Receiver
) -> None:
    id = zendesk_hook(zendesk, receiver.url, "user.created")["id"]
    assert zendesk.put(f"/webhooks/{id}", json={"webhook": {"status": "inactive"}}).status_code == 204
    zendesk.post("/users", json={"user": {"name": "Silent"}})
    zendesk.put(f"/webhooks/{id}", json={"webhook": {"status": "active"}})
    zendesk.post("/users", json={"user": {"name": "Told"}})
    assert following(receiver)[2]["detail"]["name"] == "Told"
    assert [hook["id"] for hook in zendesk.get("/webhooks").json()["webhooks"]] == [id]
    assert zendesk.delete(f"/webhooks/{id}").status_code == 204
    assert zendesk.get(f"/webhooks/{id}").status_code == 404
    id = mailerlite_hook(mailerlite, receiver.url, "created")["id"]
    assert mailerlite.put(f"/webhooks/{id}", json={"enabled": False}).json()["data"]["enabled"] is False
    assert mailerlite.delete(f"/webhooks/{id}").status_code == 204
    assert mailerlite.get("/webhooks").json() == {"data": []}


def test_success_without_effect_tells_nobody(
    zendesk: httpx.Client, control: httpx.Client, receiver: Receiver
) -> None:
    zendesk_hook(zendesk, receiver.url, "user.created")
    control.post("/faults", json={"kind": "ignore"})
    zendesk.post("/users", json={"user": {"name": "Nobody"}})
    zendesk.post("/users", json={"user": {"name": "Somebody"}})
    assert following(receiver)[2]["detail"]["name"] == "Somebody"


def listed(sandbox: Sandbox) -> list[dict[str, Any]]:
    """What was sent, once that is noted: the answer to the last one may still be on its way."""
    for _ in range(500):
        if shown := httpx.get(f"{sandbox.url}/_sandbox/webhooks").json():
            return list(shown)
        time.sleep(0.01)
    return []


def test_what_was_sent_is_listed_and_not_sent_again_by_a_kept_world(
    tmp_path: Path, receiver: Receiver
) -> None:
    kept = tmp_path / "world.jsonl"
    for calls in (1, 0):
        with Sandbox(people=5, kept=kept) as sandbox:
            login = httpx.BasicAuth("admin@sandbox.test/token", "sandbox-zendesk")
            with httpx.Client(base_url=f"{sandbox.zendesk}/api/v2", auth=login) as zendesk:
                if calls:
                    zendesk_hook(zendesk, receiver.url, "user.created")
                    zendesk.post("/users", json={"user": {"name": "Ada"}})
                    following(receiver)
                    assert listed(sandbox) == [{"app": "zendesk", "url": receiver.url, "status": 200}]
                assert len(zendesk.get("/webhooks").json()["webhooks"]) == 1
    assert receiver.calls.empty()
