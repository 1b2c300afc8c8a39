"""People who are removed for good: what each app does with that, and what it never takes again."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any

import httpx
import pytest

from connectors.contract import Options, Unavailable
from connectors.hubspot import HubSpotConnector
from connectors.mailchimp import MailchimpConnector
from connectors.mailerlite import MailerLiteConnector
from connectors.sandbox.server import CREDENTIALS, Sandbox
from connectors.zendesk import ZendeskConnector
from tests.connectors.test_attached import AUDIENCE, contact, posted


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(empty=True, limits="off") as running:
        yield running


def bearer(app: str) -> dict[str, str]:
    return {"authorization": f"Bearer {CREDENTIALS[app]['token']}"}


def test_hubspot(sandbox: Sandbox) -> None:
    objects = "/crm/v3/objects/contacts"
    with (
        closing(HubSpotConnector(Options("crm", sandbox.hubspot, CREDENTIALS["hubspot"]))) as app,
        httpx.Client(base_url=sandbox.hubspot, headers=bearer("hubspot")) as person,
    ):
        live, binned = contact(person, "live@x.test"), contact(person, "binned@x.test")
        person.delete(f"{objects}/{binned}")
        left = app.erase("contacts", [live, binned, "999999"])
        assert list(left) == [binned]
        assert "recycle bin" in left[binned]
        assert person.get(f"{objects}/{live}", params={"archived": "true"}).status_code == 404
        again = person.post(objects, json={"properties": {"email": "live@x.test"}})
        assert again.status_code == 400
        assert "companies" not in app.erasable


def test_zendesk(sandbox: Sandbox) -> None:
    given = CREDENTIALS["zendesk"]
    auth = (f"{given['email']}/token", given["token"])
    with (
        closing(ZendeskConnector(Options("desk", sandbox.zendesk, given))) as app,
        httpx.Client(base_url=f"{sandbox.zendesk}/api/v2", auth=auth) as client,
    ):
        made = [posted(client, "/users", {"user": {"name": "Ada", "email": f"{n}@x.test"}}) for n in "ab"]
        one, other = (str(body["user"]["id"]) for body in made)
        assert client.delete(f"/deleted_users/{one}").status_code == 404  # only who is deleted is erased
        client.delete(f"/users/{other}")
        assert app.erase("users", [one, other, "1"]) == {}
        for id in (one, other):
            gone: Any = client.get(f"/deleted_users/{id}").json()["deleted_user"]
            assert (gone["name"], gone["email"]) == ("Permanently Deleted User", None)


def test_mailerlite(sandbox: Sandbox) -> None:
    token = CREDENTIALS["mailerlite"]
    with (
        closing(MailerLiteConnector(Options("mail", sandbox.mailerlite, token))) as app,
        httpx.Client(base_url=f"{sandbox.mailerlite}/api", headers=bearer("mailerlite")) as client,
    ):
        id = posted(client, "/subscribers", {"email": "a@x.test"})["data"]["id"]
        assert app.erase("subscribers", [id, "12345"]) == {}
        assert app.fetch("subscribers", [id], ("email",))[0].state == "deleted"


def test_mailchimp(sandbox: Sandbox) -> None:
    options = Options("news", sandbox.mailchimp, CREDENTIALS["mailchimp"], {"audience": AUDIENCE})
    path, body = f"/lists/{AUDIENCE}/members", {"status": "subscribed", "email_address": "erased@mail.test"}
    with (
        closing(MailchimpConnector(options)) as app,
        httpx.Client(base_url=f"{sandbox.mailchimp}/3.0", auth=("x", options.credentials["token"])) as client,
    ):
        id = posted(client, path, body)["contact_id"]
        assert app.erase("members", [id, "0" * 32]) == {}
        assert client.get(f"{path}/{id}").status_code == 404
        assert client.post(path, json=body).json()["title"] == "Forgotten Email Not Subscribed"


@contextmanager
def behind_a_proxy(sandbox: Sandbox, app: str, method: str) -> Iterator[None]:
    """Something on the way answers calls by this method in the app's place."""
    rule = {"app": app, "kind": "status", "status": 404, "body": "<html>no</html>", "method": method}
    httpx.post(f"{sandbox.url}/_sandbox/faults", json={**rule, "count": 99}).raise_for_status()
    yield
    httpx.delete(f"{sandbox.url}/_sandbox/faults").raise_for_status()


def test_hubspot_did_not_erase_whom_it_did_not_find(sandbox: Sandbox) -> None:
    with (
        closing(HubSpotConnector(Options("crm", sandbox.hubspot, CREDENTIALS["hubspot"]))) as app,
        httpx.Client(base_url=sandbox.hubspot, headers=bearer("hubspot")) as person,
    ):
        here, one, other = (contact(person, f"{name}@y.test") for name in ("here", "one", "other"))
        merged = {"primaryObjectId": one, "objectIdToMerge": other}
        posted(person, "/crm/v3/objects/contacts/merge", merged)
        rule = {"app": "hubspot", "kind": "status", "status": 404, "path": "gdpr-delete", "body": {}}
        httpx.post(f"{sandbox.url}/_sandbox/faults", json={**rule, "count": 2}).raise_for_status()
        left = app.erase("contacts", [here, other])
        assert "HubSpot did not find it" in left[here]
        assert "merged" in left[other]


def test_zendesk_did_not_erase_where_a_proxy_answered(sandbox: Sandbox) -> None:
    with closing(ZendeskConnector(Options("desk", sandbox.zendesk, CREDENTIALS["zendesk"]))) as app:
        for call, method in ((app.erase, "DELETE"), (app.attached, "GET")):
            with behind_a_proxy(sandbox, "zendesk", method), pytest.raises(Unavailable, match="bare 404"):
                call("users", ["7"])


def test_mailchimp_did_not_erase_where_a_proxy_answered(sandbox: Sandbox) -> None:
    options = Options("news", sandbox.mailchimp, CREDENTIALS["mailchimp"], {"audience": AUDIENCE})
    with (
        closing(MailchimpConnector(options)) as app,
        behind_a_proxy(sandbox, "mailchimp", "POST"),
        pytest.raises(Unavailable, match="bare 404"),
    ):
        app.erase("members", ["0" * 32])
