"""Zendesk as HTTP answers, and a connection to it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import respx

from connectors.zendesk import ZendeskConnector
from tests.connectors.zendesk_wire import connect, served


@pytest.fixture
def app() -> Iterator[respx.MockRouter]:
    with served() as router:
        yield router


@pytest.fixture
def zendesk() -> Iterator[ZendeskConnector]:
    connector = connect()
    yield connector
    connector.close()
