"""MailerLite as HTTP answers, and a connection to it."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest
import respx

from connectors.contract import Options
from connectors.mailerlite import MailerLiteConnector
from tests.connectors.mailerlite_wire import API, GROUPS, OWN


@pytest.fixture
def app() -> Iterator[respx.MockRouter]:
    with respx.mock(base_url=API, assert_all_called=False) as router:
        router.get("/fields").respond(json={"data": OWN, "meta": {"last_page": 1}})
        router.get("/groups").mock(side_effect=_groups)
        yield router


def _groups(request: httpx.Request) -> httpx.Response:
    page = int(request.url.params["page"])
    return httpx.Response(200, json={"data": [GROUPS[page - 1]], "meta": {"last_page": 2}})


@pytest.fixture
def mailerlite() -> Iterator[MailerLiteConnector]:
    connector = MailerLiteConnector(Options("mail", credentials={"token": "tok-1"}, sleep=lambda _: None))
    yield connector
    connector.close()
