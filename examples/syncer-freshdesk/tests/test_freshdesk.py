"""Freshdesk's connector keeps the contract, against the fake; then what the contract does not ask for."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from time import sleep
from typing import ClassVar

import pytest

from connectors.contract import Options
from connectors.contract_suite import ConnectorContract
from syncer_freshdesk import FreshdeskConnector
from syncer_freshdesk.fake import KEY, FakeFreshdesk


class TestFreshdesk(ConnectorContract):
    object = "contacts"
    texts = ("name", "job_title", "address")
    samples: ClassVar = {"tags": ["partner", "vip"], "phone": "+62 811", "custom_fields.cf_seats": 7}
    refusal: ClassVar = {"custom_fields.cf_plan": "no-such-plan", "email": "no address"}
    empty_list: ClassVar = []
    new_field = "custom_fields.cf_shoe_size"
    secret = KEY
    most_calls: ClassVar = {"pull": 4, "poll": 2, "fetch": 3, "find": 3, "create": 3, "update": 3}

    @pytest.fixture(autouse=True, scope="class")
    @classmethod
    def _server(cls) -> Iterator[None]:
        with FakeFreshdesk() as cls.app:
            yield

    def begin(self) -> None:
        self.app.reset()

    def connect(self, key: str = KEY) -> FreshdeskConnector:
        settings = {"page_size": 3}
        return FreshdeskConnector(
            Options("desk", self.app.url, {"api_key": key}, settings, sleep=nap, now=self.app.now)
        )

    def connect_refused(self) -> FreshdeskConnector:
        return self.connect(f"not-{KEY}")

    def settle(self) -> None:
        self.elapse(self.spec.lag + 1)

    def elapse(self, seconds: float) -> None:
        self.app.offset += seconds

    def now(self) -> datetime:
        return self.app.now()

    def requests(self) -> int:
        return self.app.calls

    def fault(self, kind, on="", **rule) -> None:
        if kind == "partial":
            pytest.skip("Freshdesk has no batches for contacts")
        self.app.fault(kind, on, **rule)

    def no_faults(self) -> None:
        self.app.faults.clear()

    def user_create(self, values) -> str:
        return str(self.app.create(dict(values))["id"])

    def user_edit(self, ids, values) -> None:
        for id in ids:
            self.app.update(self.app.contacts[int(id)], dict(values))

    def user_archive(self, id: str) -> None:
        self.app.delete(self.app.contacts[int(id)])

    def user_restore(self, id: str) -> None:
        self.app.contacts[int(id)].pop("deleted")

    def user_delete(self, id: str) -> None:
        del self.app.contacts[int(id)]

    # Beyond the contract: the traps of this app.

    def test_nothing_is_asked_for_under_a_wrong_name(self) -> None:
        """Freshdesk ignores ``updated_since`` and gives the whole list; the underscore belongs to it."""
        cursor = self.read()[1]
        self.read(cursor)
        self.find(self.address(0))
        assert self.app.ignored == []

    def test_a_poll_gives_only_what_changed(self) -> None:
        new = self.seed(2)[1]
        self.settle()
        self.settle()
        cursor = self.read()[1]
        self.settle()
        self.user_edit([new], {"name": "News"})
        assert list(self.read(cursor)[0]) == [new]

    def test_a_taken_address_names_its_owner(self) -> None:
        (id,) = self.seed(1)
        (result,) = self.write(self.create(self.person(0)))
        assert (result.outcome, result.id) == ("existed", id)

    def test_further_addresses_are_keys(self) -> None:
        (id,) = self.seed(1)
        self.user_edit([id], {"other_emails": ["second@example.com"]})
        (record,) = self.find("second@example.com")
        assert (record.id, record.other_keys) == (id, {"email": ("second@example.com",)})

    def test_a_deleted_contact_comes_as_archived(self) -> None:
        (id,) = self.seed(1)
        cursor = self.read()[1]
        self.user_archive(id)
        assert self.read(cursor)[0][id].archived

    def test_an_account_is_told_by_host_and_port(self) -> None:
        assert self.connector.check().id == self.app.url.removeprefix("http://")


def nap(seconds: float) -> None:
    """Pauses need not be lived through."""
    sleep(min(seconds, 0.02))
