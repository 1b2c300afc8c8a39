"""Mailchimp as HTTP answers, and a connection to it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import respx

from connectors.mailchimp import MailchimpConnector
from tests.connectors.mailchimp_wire import connect, served


@pytest.fixture
def app() -> Iterator[respx.MockRouter]:
    with served() as router:
        yield router


@pytest.fixture
def mailchimp() -> Iterator[MailchimpConnector]:
    connector = connect()
    yield connector
    connector.close()


@pytest.fixture
def described(app: respx.MockRouter, mailchimp: MailchimpConnector) -> MailchimpConnector:
    """A connection that knows the audience's fields, as every write needs them."""
    mailchimp.describe("members")
    return mailchimp
