"""What the simulated MailerLite enforces."""

from __future__ import annotations

from typing import Any

import httpx
import pytest


def upsert(mailerlite: httpx.Client, **body: Any) -> httpx.Response:
    return mailerlite.post("/subscribers", json={"email": "one@t.example", **body})


REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "no e-mail": ({"email": ""}, "email"),
    "an e-mail that is none": ({"email": "nobody"}, "email"),
    "a status that is none": ({"status": "gone"}, "status"),
    "a group that is not there": ({"groups": ["1"]}, "groups.0"),
    "a time in another form": ({"subscribed_at": "2026-01-01T00:00:00Z"}, "subscribed_at"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_subscriber_is_refused_for(case: str, mailerlite: httpx.Client) -> None:
    body, field = REFUSED[case]
    answer = upsert(mailerlite, **body)
    assert answer.status_code == 422
    assert list(answer.json()["errors"]) == [field]


def test_wrong_credentials_and_uncovered_endpoints(mailerlite: httpx.Client) -> None:
    answer = mailerlite.get("/subscribers", headers={"authorization": "Bearer wrong"})
    assert (answer.status_code, answer.json()) == (401, {"message": "Unauthenticated."})
    assert mailerlite.get("/campaigns").status_code == 501


def test_ids_are_text_beyond_what_a_float_holds(mailerlite: httpx.Client) -> None:
    id = upsert(mailerlite).json()["data"]["id"]
    assert isinstance(id, str)
    assert int(id) > 2**53


def test_an_upsert_adds_and_keeps(mailerlite: httpx.Client) -> None:
    groups = {group["name"]: group["id"] for group in mailerlite.get("/groups").json()["data"]}
    first = upsert(mailerlite, email=" One@T.example ", fields={"city": "Yazd"}, groups=[groups["vip"]])
    assert first.status_code == 201
    second = upsert(mailerlite, fields={"phone": "1"}, groups=[groups["trial"]])
    assert second.status_code == 200
    shown = second.json()["data"]
    assert (shown["email"], shown["fields"]["city"], shown["fields"]["phone"]) == (
        "one@t.example",
        "Yazd",
        "1",
    )
    assert {group["name"] for group in shown["groups"]} == {"vip", "trial"}


def test_an_update_replaces_groups_clears_with_null_and_keeps_the_email(
    mailerlite: httpx.Client, control: httpx.Client
) -> None:
    groups = [group["id"] for group in mailerlite.get("/groups").json()["data"]]
    id = upsert(mailerlite, fields={"city": "Yazd"}, groups=groups[:2]).json()["data"]["id"]
    body = {"email": "two@t.example", "fields": {"city": None}, "groups": groups[1:3]}
    shown = mailerlite.put(f"/subscribers/{id}", json=body).json()["data"]
    assert (shown["email"], shown["fields"]["city"]) == ("one@t.example", None)
    assert [group["id"] for group in shown["groups"]] == groups[1:3]
    assert "email (cannot be changed)" in control.get("/requests").json()["mailerlite"][-1]["ignored"]
    shown = mailerlite.put(f"/subscribers/{id}", json={"fields": {}}).json()["data"]
    assert [group["id"] for group in shown["groups"]] == groups[1:3]


def test_unknown_fields_are_ignored_and_noted(mailerlite: httpx.Client, control: httpx.Client) -> None:
    shown = upsert(mailerlite, fields={"nope": "x", "city": "Yazd"}).json()["data"]
    assert "nope" not in shown["fields"]
    assert control.get("/requests").json()["mailerlite"][-1]["ignored"] == ["fields.nope"]


@pytest.mark.parametrize("status", ["unsubscribed", "bounced", "junk"])
def test_who_has_left_is_not_brought_back(status: str, mailerlite: httpx.Client) -> None:
    id = upsert(mailerlite, status=status).json()["data"]["id"]
    assert upsert(mailerlite, status="active").status_code == 422
    assert mailerlite.put(f"/subscribers/{id}", json={"status": "active"}).status_code == 422
    kept = upsert(mailerlite, fields={"city": "Yazd"})
    assert (kept.status_code, kept.json()["data"]["status"]) == (200, status)


def test_lists_by_cursor_status_and_count(mailerlite: httpx.Client) -> None:
    ids: list[str] = []
    params: dict[str, Any] = {"limit": 25}
    while True:
        body = mailerlite.get("/subscribers", params=params).json()
        ids += [row["id"] for row in body["data"]]
        assert "groups" not in body["data"][0]
        if body["meta"]["next_cursor"] is None:
            break
        params["cursor"] = body["meta"]["next_cursor"]
    assert len(set(ids)) == len(ids) == 60
    counts = [
        mailerlite.get("/subscribers", params={"limit": 0, "filter[status]": status}).json()["total"]
        for status in ("active", "unsubscribed", "unconfirmed", "bounced", "junk")
    ]
    assert sum(counts) == mailerlite.get("/subscribers", params={"limit": 0}).json()["total"] == 60
    assert mailerlite.get("/subscribers", params={"limit": 1001}).status_code == 422
    assert "groups" in mailerlite.get("/subscribers", params={"include": "groups"}).json()["data"][0]


def test_deleted_and_forgotten_subscribers_vanish(mailerlite: httpx.Client) -> None:
    one = upsert(mailerlite).json()["data"]["id"]
    two = upsert(mailerlite, email="two@t.example").json()["data"]["id"]
    assert mailerlite.delete(f"/subscribers/{one}").status_code == 204
    assert mailerlite.post(f"/subscribers/{two}/forget").json()["data"]["forget_at"]
    assert {mailerlite.get(f"/subscribers/{id}").status_code for id in (one, two)} == {404}
    assert mailerlite.get("/subscribers", params={"limit": 0}).json() == {"total": 60}


def test_a_batch_answers_in_order_and_item_by_item(mailerlite: httpx.Client) -> None:
    requests = [
        {"method": "POST", "path": "api/subscribers", "body": {"email": "a@t.example"}},
        {"method": "POST", "path": "api/subscribers", "body": {"email": "bad"}},
        {"method": "GET", "path": "api/subscribers/nobody@t.example"},
        {"method": "GET", "path": "api/timezones"},
    ]
    body = mailerlite.post("/batch", json={"requests": requests}).json()
    assert [item["code"] for item in body["responses"]] == [201, 422, 404, 200]
    assert (body["total"], body["successful"], body["failed"]) == (4, 2, 2)


@pytest.mark.parametrize(
    "requests",
    [
        [{"method": "GET", "path": "api/timezones"}] * 51,
        [{"method": "GET", "path": "timezones"}],
        [{"method": "HEAD", "path": "api/timezones"}],
        [],
    ],
    ids=["more than 50", "a path without api/", "a method that is none", "nothing"],
)
def test_a_batch_is_refused_with(requests: list[dict[str, str]], mailerlite: httpx.Client) -> None:
    assert mailerlite.post("/batch", json={"requests": requests}).status_code == 422


def test_groups_and_fields_are_made_once(mailerlite: httpx.Client) -> None:
    group = mailerlite.post("/groups", json={"name": "Friends"})
    assert group.status_code == 201
    assert mailerlite.post("/groups", json={"name": "Friends"}).status_code == 422
    id = upsert(mailerlite).json()["data"]["id"]
    path = f"/subscribers/{id}/groups/{group.json()['data']['id']}"
    assert mailerlite.post(path).json()["data"]["active_count"] == 1
    assert mailerlite.delete(path).status_code == 204
    made = mailerlite.post("/fields", json={"name": "Favourite Tea", "type": "text"})
    assert made.json()["data"]["key"] == "favourite_tea"
    assert mailerlite.post("/fields", json={"name": "X", "type": "picklist"}).status_code == 422
    assert (
        upsert(mailerlite, fields={"favourite_tea": "green"}).json()["data"]["fields"]["favourite_tea"]
        == "green"
    )
