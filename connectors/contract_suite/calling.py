"""Cases: calls are counted, and cost no more than the connector declares."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from connectors.contract_suite.hooks import Hooks


class Calling(Hooks):
    def test_every_call_is_counted(self) -> None:
        ids = self.seed(3)
        calls, received = self.connector.calls, self.requests()
        self.connector.check()
        self.pages()
        self.fetch(*ids)
        if self.key_name:
            self.find(self.address(0))
        self.write(self.update(ids[0], {self.texts[1]: "counted"}))
        assert self.connector.calls - calls == self.requests() - received > 0

    def test_the_price_of_a_full_pull(self) -> None:
        self.seed(self.many)
        self.settle()
        with self.at_most("pull"):
            self.pages()

    def test_the_price_of_a_poll_without_news(self) -> None:
        self.seed(3)
        self.settle()
        cursor = self.read()[1]
        with self.at_most("poll"):
            self.pages(cursor)

    def test_the_price_of_a_fetch(self) -> None:
        ids = self.seed(3)
        with self.at_most("fetch"):
            self.fetch(*ids)

    def test_the_price_of_a_find(self) -> None:
        self.seed(3)
        with self.at_most("find"):
            self.find(*(self.address(n) for n in range(3)))

    def test_the_price_of_creates(self) -> None:
        with self.at_most("create"):
            self.write(*(self.create(self.person(n)) for n in range(3)))

    def test_the_price_of_updates(self) -> None:
        ids = self.seed(3)
        with self.at_most("update"):
            self.write(*(self.update(id, {self.texts[1]: "dear"}) for id in ids))

    def test_the_price_of_references(self) -> None:
        name = next((n for n, spec in self.spec.fields.items() if spec.kind == "reference"), None)
        if name is None or self.spec.fields[name].writable == "no":
            pytest.skip("this object has no reference that can be written")
        ids, target = self.seed(3), self.reference_target()
        with self.at_most("refer"):
            self.write(*(self.update(id, {name: target}) for id in ids))

    @contextmanager
    def at_most(self, what: str) -> Iterator[None]:
        if what not in self.most_calls:
            pytest.skip(f"the price of {what} is not declared")
        before = self.connector.calls
        yield
        assert self.connector.calls - before <= self.most_calls[what]
