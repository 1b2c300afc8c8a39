"""What hangs on records, as an undo asks for it before it archives them: each connector against its app."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from typing import Any

import httpx
import pytest

from connectors.contract import Options
from connectors.hubspot import HubSpotConnector
from connectors.hubspot.attached import KINDS
from connectors.mailchimp import MailchimpConnector
from connectors.mailerlite import MailerLiteConnector
from connectors.sandbox.server import CREDENTIALS, Sandbox
from connectors.zendesk import ZendeskConnector

AUDIENCE = "c7e31d8a05"
NEEDED = {
    "deals": {"dealname": "Big", "dealstage": "closedwon", "pipeline": "default"},
    "tickets": {"subject": "Help", "hs_pipeline_stage": "1"},
}
NOW = {"hs_timestamp": "2030-01-01T12:00:00Z"}


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(empty=True, limits="off") as running:
        yield running


@pytest.fixture
def person(sandbox: Sandbox) -> Iterator[httpx.Client]:
    """Somebody at HubSpot."""
    headers = {"authorization": f"Bearer {CREDENTIALS['hubspot']['token']}"}
    with httpx.Client(base_url=sandbox.hubspot, headers=headers) as client:
        yield client


@pytest.fixture
def hubspot(sandbox: Sandbox) -> Iterator[HubSpotConnector]:
    made = HubSpotConnector(Options("crm", sandbox.hubspot, CREDENTIALS["hubspot"]))
    yield made
    made.close()


def posted(client: httpx.Client, path: str, body: Any = None) -> Any:
    answer = client.post(path, json=body or {})
    assert answer.status_code < 300, answer.text
    return answer.json()


def contact(person: httpx.Client, email: str) -> str:
    return str(posted(person, "/crm/v3/objects/contacts", {"properties": {"email": email}})["id"])


@pytest.mark.parametrize("kind", KINDS)
def test_hubspot_tells_of(person: httpx.Client, hubspot: HubSpotConnector, kind: str) -> None:
    alone, used = contact(person, f"a-{kind}@x.test"), contact(person, f"b-{kind}@x.test")
    assert hubspot.attached("contacts", [alone, used]) == {}
    thing = posted(person, f"/crm/v3/objects/{kind}", {"properties": NEEDED.get(kind, NOW)})["id"]
    person.put(f"/crm/v4/objects/{kind}/{thing}/associations/default/contacts/{used}").raise_for_status()
    assert hubspot.attached("contacts", [alone, used]) == {used: f"1 {KINDS[kind][0]}"}
    person.delete(f"/crm/v3/objects/{kind}/{thing}")
    assert hubspot.attached("contacts", [alone, used]) == {}


def test_hubspot_tells_of_a_company_and_of_marketing_mails(
    person: httpx.Client, hubspot: HubSpotConnector
) -> None:
    firm = posted(person, "/crm/v3/objects/companies", {"properties": {"name": "Acme"}})["id"]
    tie = {
        "to": {"id": firm},
        "types": [{"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": 341}],
    }
    for _ in range(2):
        posted(person, "/crm/v3/objects/deals", {"properties": NEEDED["deals"], "associations": [tie]})
    assert hubspot.attached("companies", [firm]) == {firm: "2 deals"}
    mailed = contact(person, "mailed@x.test")
    posted(person, f"/crm/v3/objects/contacts/{mailed}/_person/receive")
    assert hubspot.attached("contacts", [mailed]) == {mailed: "a marketing mail"}
    assert hubspot.attached("deals", ["1"]) == {}


def test_what_a_login_may_not_read_counts_as_there(sandbox: Sandbox, respx_mock: Any) -> None:
    respx_mock.post(url__regex=r".*/contacts/deals/batch/read").respond(
        403, json={"category": "MISSING_SCOPES"}
    )
    respx_mock.post(url__regex=r".*/batch/read").respond(json={"results": []})
    with closing(HubSpotConnector(Options("crm", sandbox.hubspot, CREDENTIALS["hubspot"]))) as app:
        told = app.attached("contacts", ["7"])
    assert told == {"7": "perhaps deals, which this login may not read (scope crm.objects.deals.read)"}


def test_mailerlite_tells_of_mails(sandbox: Sandbox) -> None:
    token = CREDENTIALS["mailerlite"]
    headers = {"authorization": f"Bearer {token['token']}"}
    with httpx.Client(base_url=f"{sandbox.mailerlite}/api", headers=headers) as client:
        ids = [posted(client, "/subscribers", {"email": f"{n}@x.test"})["data"]["id"] for n in "abc"]
        for times, id in enumerate(ids):
            for _ in range(times):
                posted(client, f"/subscribers/{id}/_person/receive")
    with closing(MailerLiteConnector(Options("mail", sandbox.mailerlite, token))) as app:
        assert app.attached("subscribers", ids) == {ids[1]: "1 mail", ids[2]: "2 mails"}


def test_mailchimp_tells_of_mails(sandbox: Sandbox) -> None:
    options = Options("news", sandbox.mailchimp, CREDENTIALS["mailchimp"], {"audience": AUDIENCE})
    with httpx.Client(
        base_url=f"{sandbox.mailchimp}/3.0", auth=("x", options.credentials["token"])
    ) as client:
        path = f"/lists/{AUDIENCE}/members"
        body = {"status": "subscribed"}
        ids = [
            posted(client, path, body | {"email_address": f"{n}@mail.test"})["contact_id"]
            for n in ("one", "two")
        ]
        posted(client, f"{path}/{ids[1]}/_person/receive")
    with closing(MailchimpConnector(options)) as app:
        assert app.attached("members", [*ids, "0" * 32]) == {ids[1]: "1 mail"}


def test_zendesk_tells_of_tickets(sandbox: Sandbox) -> None:
    given = CREDENTIALS["zendesk"]
    auth = (f"{given['email']}/token", given["token"])
    with httpx.Client(base_url=f"{sandbox.zendesk}/api/v2", auth=auth) as client:
        ids = [str(posted(client, "/users", {"user": {"name": n}})["user"]["id"]) for n in ("Ada", "Bo")]
        posted(
            client,
            "/tickets",
            {"ticket": {"subject": "x", "comment": {"body": "x"}, "requester_id": int(ids[0])}},
        )
    with closing(ZendeskConnector(Options("desk", sandbox.zendesk, given))) as app:
        assert app.attached("users", ids) == {ids[0]: "1 ticket"}
