"""Which connectors a config may name."""

from __future__ import annotations

import pytest

from connectors.registry import UnknownConnector, load, names


def test_those_that_ship_are_known() -> None:
    assert {"hubspot", "mailchimp", "mailerlite", "memory", "zendesk"} <= set(names())


@pytest.mark.parametrize(
    ("name", "title", "credentials", "usual_address"),
    [
        ("hubspot", "HubSpot", ("token",), "https://api.hubapi.com"),
        ("mailerlite", "MailerLite", ("token",), "https://connect.mailerlite.com"),
        ("mailchimp", "Mailchimp", ("token",), None),
        ("zendesk", "Zendesk", ("email", "token"), None),
    ],
)
def test_a_connector_says_what_it_needs(
    name: str, title: str, credentials: tuple[str, ...], usual_address: str | None
) -> None:
    found = load(name)
    assert (found.title, found.credentials, found.default_base_url) == (title, credentials, usual_address)


@pytest.mark.parametrize(("name", "hint"), [("hubspott", "did you mean hubspot"), ("xyz", "known are")])
def test_an_unknown_name_gets_a_hint(name: str, hint: str) -> None:
    with pytest.raises(UnknownConnector, match=hint):
        load(name)
