"""The memory app keeps the contract in all its moods."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, ClassVar

import pytest
from memory_world import COMPANIES, CONTACTS, START

from connectors.contract import Connector, Options, Value
from connectors.contract_suite import ConnectorContract
from connectors.memory import Fault, Flaky, MemoryApp, MemoryConnector, Traits, stale

FAULTS: dict[str, Fault] = {
    "drop_before": "timeout_before",
    "drop_after": "timeout_after",
    "partial": "partial",
    "ignore": "ignored",
}


class TestMemory(ConnectorContract):
    kind: ClassVar[type[MemoryConnector]] = MemoryConnector
    traits: ClassVar[Traits] = CONTACTS
    texts = ("name", "city")
    samples: ClassVar[Mapping[str, Value]] = {
        "tags": ["vip", "trial"],
        "groups": ["news", "events"],
        "size": 17,
        "tier": "gold",
    }
    refusal = ("tier", "tin")
    new_field = "shoe_size"
    secret = "memory-canary"
    most_calls: ClassVar[Mapping[str, int]] = {
        "pull": 3,
        "poll": 1,
        "fetch": 1,
        "find": 1,
        "create": 1,
        "update": 1,
        "refer": 1,
    }

    def begin(self) -> None:
        self.time = START
        self.app = MemoryApp(self.traits, lambda: self.time, random.Random(1))
        self.companies = MemoryApp(COMPANIES, lambda: self.time)
        self.app.targets["companies"] = self.companies

    def connect(self) -> Connector:
        return self.connected(self.secret)

    def connect_refused(self) -> Connector:
        return self.connected("not-" + self.secret)

    def connected(self, token: str) -> Connector:
        return self.kind(Options("m", credentials={"token": token}), self.app, self.companies)

    def settle(self) -> None:
        self.time += timedelta(seconds=self.traits.lag)

    def elapse(self, seconds: float) -> None:
        self.time += timedelta(seconds=seconds)

    def now(self) -> datetime:
        return self.time

    @property
    def grain(self) -> float:  # type: ignore[override]
        return self.traits.granularity

    def user_restore(self, id: str) -> None:
        assert self.app.rows[id].state == "archived"
        self.app.user_restore(id)

    def user_unsubscribe(self, id: str) -> None:
        self.app.user_edit(id, {"status": "out"})

    def fault(self, kind: str, on: str = "", **rule: Any) -> None:
        """What can happen without a wire."""
        down = kind == "status" and rule["status"] == 503 and rule.get("count") == 99
        fault: Fault | None = "down" if down and on == "read" else FAULTS.get(kind)
        if fault is None:
            pytest.skip("a memory app has no wire on which this could happen")
        self.app.faults = Flaky(random.Random(1), {fault: 1.0})

    def no_faults(self) -> None:
        self.app.faults = None

    def user_create(self, values: Mapping[str, Value]) -> str:
        return self.app.user_create(values)

    def user_edit(self, ids: Sequence[str], values: Mapping[str, Value]) -> None:
        for id in ids:
            self.app.user_edit(id, values)

    def user_archive(self, id: str) -> None:
        self.app.user_archive(id)

    def user_delete(self, id: str) -> None:
        self.app.user_delete(id)

    def user_merge(self, loser: str, winner: str) -> str:
        return self.app.user_merge(loser, winner)

    def user_drops_group(self, name: str) -> None:
        self.app.drop_group("groups", name)

    def user_renames_group(self, was: str, now: str) -> None:
        self.app.rename_group("groups", was, now)

    def reference_target(self) -> str:
        return self.companies.user_create({"name": "Acme", "domain": "acme.example"})

    def requests(self) -> int:
        return self.app.calls


class TestMemoryStale(TestMemory):
    """Lists and searches lag by a random part of 30 seconds, changes show out of order, stamps are coarse."""

    traits = replace(stale(CONTACTS, 30.0), granularity=10.0)


class TestMemoryScan(TestMemory):
    """No change feed, no answers, final archive, silent deletions, stamps of a day, merges with new ids."""

    traits = replace(
        CONTACTS, feed="scan", answers=False, archive="final", tells_deleted=False, granularity=86400.0
    )
    most_calls: ClassVar[Mapping[str, int]] = {"pull": 3, "poll": 1}

    def user_merge(self, loser: str, winner: str) -> str:
        return self.app.user_merge(loser, winner, new_id=True)


class TestMemoryShowsItsBin(TestMemory):
    """Archived records stay in the lists; field stamps are told; the lag hides membership, not values."""

    traits = replace(CONTACTS, lists_archived=True, field_stamps=True, lag=5.0, jitter=True)


class TestMemoryWithoutKeys(TestMemory):
    """Nothing is unique, and nothing can be searched."""

    traits = replace(CONTACTS, unique=(), external_id=None, needs=())
