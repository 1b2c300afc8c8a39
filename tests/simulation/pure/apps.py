"""Dictionary apps with a memory: every change of every field, by whom, is the ground truth of the oracles."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal, NamedTuple

from connectors.contract import Record, Result, Value
from tests.simulation.pure.settings import Traits


class Happening(NamedTuple):
    """A field of a record changed: in the app's own form, before and after."""

    at: datetime
    who: Literal["person", "engine"]
    app: str
    record: str
    slot: str
    before: Value
    after: Value


@dataclass(slots=True)
class Held:
    """One record as its app holds it. `past`: (time, values) after each change, for lists that lag."""

    id: str
    person: int
    values: dict[str, Value]
    born: datetime
    by_engine: str = ""
    state: Literal["found", "out", "archived"] = "found"
    stamp: datetime | None = None
    stamps: dict[str, datetime] = field(default_factory=dict)
    joins_in: int = 0
    past: list[tuple[datetime, dict[str, Value]]] = field(default_factory=list)


class SimApp:
    """One app: its records, and the log of all that ever happened to them."""

    def __init__(self, traits: Traits) -> None:
        self.traits = traits
        self.records: dict[str, Held] = {}
        self.log: list[Happening] = []

    def create(self, person: int, values: dict[str, Value], at: datetime, by_engine: str = "") -> Held:
        id = f"{self.traits.name}-{len(self.records) + 1}"
        held = Held(id, person, dict.fromkeys(self.traits.fields), at, by_engine)
        self.records[id] = held
        self.write(held, values, at, "engine" if by_engine else "person")
        return held

    def write(
        self, held: Held, values: dict[str, Value], at: datetime, who: Literal["person", "engine"]
    ) -> None:
        """Store what was typed or sent, in the app's own form."""
        changed = False
        for slot, value in values.items():
            if who == "engine" and slot == self.traits.ignores:
                continue
            after, before = self.traits.store(slot, value), held.values[slot]
            if after != before:
                held.values[slot] = after
                held.stamps[slot] = at
                self.log.append(Happening(at, who, self.traits.name, held.id, slot, before, after))
                changed = True
        if changed or held.stamp is None:
            held.stamp = at
            if self.traits.lags:
                held.past.append((at, dict(held.values)))

    def shown(self, held: Held) -> Record:
        """The record as `fetch` shows it."""
        stamp = held.stamp
        if self.traits.stamps == "none":
            stamp = None
        elif self.traits.stamps == "coarse" and stamp is not None:
            stamp = stamp.replace(second=0)
        stamps = dict(held.stamps) if self.traits.stamps == "field" else {}
        return Record(held.id, dict(held.values), stamp, stamps, archived=held.state == "archived")

    def listed(self, held: Held, at: datetime, lag: timedelta) -> dict[str, Value] | None:
        """The record's values as a list shows them; None where it is not listed yet."""
        if not self.traits.lags:
            return held.values
        then = at - lag
        return next((values for time, values in reversed(held.past) if time <= then), None)

    def answer(self, held: Held) -> Result:
        """The answer to a write that was applied."""
        record = self.shown(held) if self.traits.answers else None
        return Result("", "applied", held.id, record)
