"""Which connectors a config may name."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import connectors
from connectors.registry import BUILT_IN, UnknownConnector, credentials, load, names, settings

CONNECTORS = Path(connectors.__file__).parent


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


@pytest.mark.parametrize("name", ["hubspot", "mailchimp", "mailerlite", "zendesk"])
def test_the_page_of_a_connector_explains_each_of_its_settings(name: str) -> None:
    table = (CONNECTORS / name / "README.md").read_text().partition("| setting |")[2].partition("\n\n")[0]
    assert sorted(re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE)) == sorted(settings(name) or ())


@pytest.mark.parametrize("name", sorted(BUILT_IN))
def test_the_credentials_that_a_config_may_give_are_those_a_connector_asks_for(name: str) -> None:
    source = "".join(file.read_text() for file in (CONNECTORS / name).glob("*.py"))
    asked = {*load(name).credentials, *re.findall(r"credentials\.get\([\"'](\w+)", source)}
    assert sorted(asked) == sorted(credentials(name) or ())


@pytest.mark.parametrize(("name", "hint"), [("hubspott", "did you mean hubspot"), ("xyz", "known are")])
def test_an_unknown_name_gets_a_hint(name: str, hint: str) -> None:
    with pytest.raises(UnknownConnector, match=hint):
        load(name)
