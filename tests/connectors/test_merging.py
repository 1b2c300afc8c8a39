"""An app that is asked to make one record of two: what it takes, and what it refuses."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import httpx
import pytest

from connectors.contract import Options
from connectors.hubspot import HubSpotConnector
from connectors.mailchimp import MailchimpConnector
from connectors.mailerlite import MailerLiteConnector
from connectors.sandbox.server import CREDENTIALS, Sandbox
from connectors.zendesk import ZendeskConnector
from tests.connectors.hubspot.test_hubspot_traps import habits
from tests.connectors.test_attached import contact, posted
from tests.connectors.test_erasing import bearer


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(empty=True, limits="off") as running:
        yield running


@pytest.mark.parametrize("anew", [False, True], ids=["the survivor's id", "a new id"])
def test_hubspot_says_which_record_lives_on(sandbox: Sandbox, anew: bool) -> None:
    habits(sandbox, merge_makes_new_id=anew)
    with (
        closing(HubSpotConnector(Options("crm", sandbox.hubspot, CREDENTIALS["hubspot"]))) as app,
        httpx.Client(base_url=sandbox.hubspot, headers=bearer("hubspot")) as person,
    ):
        one, other = contact(person, f"one{anew}@x.test"), contact(person, f"other{anew}@x.test")
        result = app.merge("contacts", one, other)
        assert result.outcome == "applied"
        assert (result.id == one) is not anew
        (gone,) = app.fetch("contacts", [other], ["email"])
        assert (gone.state, gone.into) == ("merged", result.id)
    habits(sandbox, merge_makes_new_id=False)


def test_zendesk_merges_end_users_only(sandbox: Sandbox) -> None:
    given = CREDENTIALS["zendesk"]
    auth = (f"{given['email']}/token", given["token"])
    with (
        closing(ZendeskConnector(Options("desk", sandbox.zendesk, given))) as app,
        httpx.Client(base_url=f"{sandbox.zendesk}/api/v2", auth=auth) as client,
    ):
        users = [
            {"name": "Ada", "email": "ada@x.test"},
            {"name": "Bo", "email": "bo@x.test", "role": "agent"},
        ]
        ada, agent = (str(posted(client, "/users", {"user": user})["user"]["id"]) for user in users)
        result = app.merge("users", ada, agent)
        assert (result.outcome, result.reason) == ("rejected", "Only two different end users can be merged")
        assert "organizations" not in app.mergeable


@pytest.mark.parametrize("connector", [MailerLiteConnector, MailchimpConnector])
def test_who_cannot_merge(connector: type) -> None:
    assert not hasattr(connector, "merge")
