"""One sandbox a test process; each test starts from the seed."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from connectors.sandbox.server import Sandbox

HUBSPOT = {"authorization": "Bearer sandbox-hubspot"}
MAILERLITE = {"authorization": "Bearer sandbox-mailerlite"}
MAILCHIMP = httpx.BasicAuth("any", "sandbox-us1")
ZENDESK = httpx.BasicAuth("admin@sandbox.test/token", "sandbox-zendesk")


@pytest.fixture(scope="session")
def running() -> Iterator[Sandbox]:
    with Sandbox(people=60, seed=3) as sandbox:
        yield sandbox


@pytest.fixture(scope="session")
def clients(running: Sandbox) -> Iterator[dict[str, httpx.Client]]:
    """One client an app: making one takes longer than most tests."""
    made = {
        "control": httpx.Client(base_url=f"{running.url}/_sandbox"),
        "hubspot": httpx.Client(base_url=running.hubspot, headers=HUBSPOT),
        "mailerlite": httpx.Client(base_url=f"{running.mailerlite}/api", headers=MAILERLITE),
        "mailchimp": httpx.Client(base_url=f"{running.mailchimp}/3.0", auth=MAILCHIMP),
        "zendesk": httpx.Client(base_url=f"{running.zendesk}/api/v2", auth=ZENDESK),
    }
    yield made
    for client in made.values():
        client.close()


@pytest.fixture
def control(clients: dict[str, httpx.Client]) -> httpx.Client:
    """``/_sandbox``, just reset."""
    clients["control"].post("/reset").raise_for_status()
    return clients["control"]


@pytest.fixture
def hubspot(clients: dict[str, httpx.Client], control: httpx.Client) -> httpx.Client:
    return clients["hubspot"]


@pytest.fixture
def mailerlite(clients: dict[str, httpx.Client], control: httpx.Client) -> httpx.Client:
    return clients["mailerlite"]


@pytest.fixture
def mailchimp(clients: dict[str, httpx.Client], control: httpx.Client) -> httpx.Client:
    return clients["mailchimp"]


@pytest.fixture
def zendesk(clients: dict[str, httpx.Client], control: httpx.Client) -> httpx.Client:
    return clients["zendesk"]
