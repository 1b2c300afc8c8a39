"""HubSpot's webhooks: signed in its third version, and sent by the simulated account."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, HTTPServer
from time import monotonic, sleep
from typing import Any

import httpx
import pytest
from hubspot.utils.signature import Signature

from connectors.hubspot.signature import OLDEST, SIGNATURE, TIMESTAMP, is_valid, sign
from connectors.sandbox.server import Sandbox

SECRET = "yyyyyyyy-yyyy-yyyy-yyyy-yyyyyyyyyyyy"
URI, BODY, AT = "https://www.example.com/webhook_uri", b"{'example_field':'example_value'}", "1693657560000"
NOW = int(AT) / 1000
CONTACTS = "/crm/v3/objects/contacts"
SIGNED = "K36dawei4A+QBNolUOqo7s91KQDWQ5MXZ/QufNYuk/Y="


def test_the_published_example() -> None:
    assert sign(SECRET, "POST", URI, BODY, AT) == SIGNED
    assert is_valid(SECRET, "POST", URI, BODY, AT, SIGNED, NOW)


FORGED = {
    "no secret": {"secret": ""},
    "another secret": {"secret": "other"},
    "another body": {"body": b"{}"},
    "another address": {"uri": URI + "/x"},
    "another method": {"method": "PUT"},
    "no signature": {"signature": ""},
    "no time": {"timestamp": ""},
    "a time that is none": {"timestamp": "soon"},
    "too old": {"now": NOW + OLDEST / 1000 + 1},
    "from the future": {"now": NOW - OLDEST / 1000 - 1},
}


@pytest.mark.parametrize("change", FORGED.values(), ids=FORGED.keys())
def test_what_is_forged_or_old_is_refused(change: dict[str, Any]) -> None:
    given = {"secret": SECRET, "method": "POST", "uri": URI, "body": BODY, "timestamp": AT}
    assert not is_valid(**{**given, "signature": SIGNED, "now": NOW, **change})


def test_only_what_hubspot_decodes_in_an_address_is_decoded() -> None:
    plain = sign(SECRET, "POST", "https://a.test/x?to=a@b.test&n=1%20%23", BODY, AT)
    assert sign(SECRET, "POST", "https://a.test/x%3fto=a%40b.test&n=1%20%23", BODY, AT) == plain


@dataclass
class Listener:
    """Who receives."""

    server: HTTPServer
    got: list[tuple[dict[str, str], bytes]] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}/hook?to=a%40b.test"

    @property
    def events(self) -> list[dict[str, Any]]:
        """What has come, all of it in one place."""
        return [event for _, body in self.got for event in json.loads(body)]


@pytest.fixture
def listener() -> Iterator[Listener]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:  # the name that the library calls
            body = self.rfile.read(int(self.headers["content-length"]))
            listening.got.append((dict(self.headers), body))
            self.send_response(200)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_: Any) -> None: ...

    server = HTTPServer(("127.0.0.1", 0), Handler)
    listening = Listener(server)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield listening
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def sandbox(listener: Listener) -> Iterator[Sandbox]:
    with Sandbox(empty=True) as running:
        running.host.apps["hubspot"].mode.settings["webhook_url"] = listener.url
        yield running


def arrived(sandbox: Sandbox, number: int) -> None:
    """Wait until so many webhooks have been answered."""
    until = monotonic() + 10
    while len(sandbox.host.webhooks.sent) < number and monotonic() < until:
        sleep(0.01)
    assert [one["status"] for one in sandbox.host.webhooks.sent] == [200] * number


def calls(sandbox: Sandbox, *steps: tuple[str, str, Any]) -> list[Any]:
    login = {"authorization": "Bearer sandbox-hubspot"}
    with httpx.Client(base_url=sandbox.hubspot, headers=login) as person:
        answers = [person.request(method, CONTACTS + path, json=body) for method, path, body in steps]
    return [answer.json() if answer.content else None for answer in answers]


def test_what_happens_to_a_contact_is_told_and_signed(sandbox: Sandbox, listener: Listener) -> None:
    one, other = (
        made["id"]
        for made in calls(
            sandbox,
            ("POST", "", {"properties": {"email": "a@example.com"}}),
            ("POST", "", {"properties": {"email": "b@example.com"}}),
        )
    )
    calls(
        sandbox,
        ("PATCH", f"/{one}", {"properties": {"city": "Bonn"}}),
        ("POST", "/merge", {"primaryObjectId": one, "objectIdToMerge": other}),
        ("POST", "/gdpr-delete", {"objectId": one}),
    )
    arrived(sandbox, 5)
    told = [(event["subscriptionType"], str(event["objectId"])) for event in listener.events]
    assert told == [
        ("contact.creation", one),
        ("contact.creation", other),
        ("contact.propertyChange", one),
        ("contact.deletion", other),
        ("contact.merge", one),
        ("contact.deletion", one),
        ("contact.privacyDeletion", one),
    ]
    assert listener.events[2]["propertyName"] == "city"
    assert listener.events[4]["mergedObjectIds"] == [int(other)]
    secret = sandbox.host.apps["hubspot"].account.tokens.client_secret
    for headers, body in listener.got:
        signature, at = headers[SIGNATURE], headers[TIMESTAMP]
        assert is_valid(secret, "POST", listener.url, body, at, signature, int(at) / 1000)
        assert Signature.is_valid(
            signature=signature,
            client_secret=secret,
            request_body=body.decode(),
            http_uri=listener.url.replace("%40", "@"),
            http_method="POST",
            signature_version="v3",
            timestamp=at,
        )


def test_a_batch_is_told_in_one_request(sandbox: Sandbox, listener: Listener) -> None:
    inputs = [{"properties": {"email": f"p{n}@example.com"}} for n in range(3)]
    calls(sandbox, ("POST", "/batch/create", {"inputs": inputs}))
    arrived(sandbox, 1)
    assert [len(json.loads(body)) for _, body in listener.got] == [3]


def test_what_changed_nothing_is_not_told(sandbox: Sandbox, listener: Listener) -> None:
    calls(sandbox, ("POST", "", {"properties": {"email": "no address"}}), ("GET", "", None))
    calls(sandbox, ("POST", "", {"properties": {"email": "a@example.com"}}))
    arrived(sandbox, 1)
    assert [event["subscriptionType"] for event in listener.events] == ["contact.creation"]
