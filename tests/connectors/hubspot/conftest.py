"""HubSpot as HTTP answers, and a connection to it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import respx

from connectors.hubspot import HubSpotConnector
from tests.connectors.hubspot_wire import connect, served


@pytest.fixture
def app() -> Iterator[respx.MockRouter]:
    with served() as router:
        yield router


@pytest.fixture
def hubspot() -> Iterator[HubSpotConnector]:
    connector = connect()
    yield connector
    connector.close()
