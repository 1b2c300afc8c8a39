"""Cases: what takes several calls breaks off between them."""

from __future__ import annotations

import pytest

from connectors.contract import Write
from connectors.contract_suite.hooks import Hooks


class Breaking(Hooks):
    @pytest.mark.parametrize("kind", ["drop_before", "status"])
    def test_creates_that_break_off_between_calls_are_said_as_they_are(self, kind: str) -> None:
        """Once a record is there, its create was not refused, nor is it to be sent again: where one takes
        several calls, the later ones may fail."""
        for n in range(1, 1 + self.calls_for(*self.creates(0))):
            self.fault(kind, skip=n, count=99, status=503)
            outcomes = [result.outcome for result in self.results(*self.creates(2 * n))]
            self.no_faults()
            self.settle()
            for place, outcome in enumerate(outcomes):
                there = self.copies(2 * n + place)
                assert outcome in (("applied", "unknown") if there else ("retry", "rejected", "unknown")), n

    @pytest.mark.parametrize("kind", ["drop_before", "status"])
    def test_updates_that_break_off_between_calls_are_said_as_they_are(self, kind: str) -> None:
        one, other = self.seed(2)
        sent = {self.texts[1]: "broken off", **self.samples}
        blank = self.held(other, tuple(sent))

        def updates() -> list[Write]:
            return [self.update(one, {self.texts[1]: "first"}), self.update(other, sent)]

        for n in range(1, 1 + self.calls_for(*updates())):
            self.write(self.update(other, blank))
            was = self.held(other, tuple(sent))
            self.fault(kind, skip=n, count=99, status=503)
            outcomes = [result.outcome for result in self.results(*updates())]
            self.no_faults()
            if self.held(other, tuple(sent)) != was:
                assert outcomes[1:] in ([], ["applied"], ["unknown"]), n

    def creates(self, n: int) -> list[Write]:
        """Two, the second with all that there is."""
        return [self.create(self.person(n)), self.create({**self.person(n + 1), **self.samples})]

    def calls_for(self, *writes: Write) -> int:
        before = self.connector.calls
        self.write(*writes)
        return self.connector.calls - before
