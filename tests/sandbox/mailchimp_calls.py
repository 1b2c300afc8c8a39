"""What tests of the simulated Mailchimp share."""

from __future__ import annotations

from typing import Any

import httpx

from connectors.mailchimp.sandbox.account import EVENTS, NEWSLETTER

LIST, EMPTY = f"/lists/{NEWSLETTER}/members", f"/lists/{EVENTS}/members"


def add(mailchimp: httpx.Client, email: str = "a@x.test", status: str = "subscribed", **more: Any) -> Any:
    answer = mailchimp.post(EMPTY, json={"email_address": email, "status": status, **more})
    assert answer.status_code == 200, answer.text
    return answer.json()


def refused(answer: httpx.Response, status: int, title: str) -> Any:
    """The body of an error, whose form is checked."""
    body = answer.json()
    assert answer.headers["content-type"] == "application/problem+json; charset=utf-8"
    assert answer.headers["x-request-id"] == body["instance"]
    assert (answer.status_code, body["status"], body["title"]) == (status, status, title)
    assert body["type"] == "https://mailchimp.com/developer/marketing/docs/errors/"
    return body
