"""What really happened: one list of everything that people, apps and the engine did, in the order of it.

The oracles judge by this, never by the engine's tables alone. Every text, address, number and phone that a
person types carries a number of its own, a *token*, which survives what apps make of values: so where
a value came from can be told anywhere.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, NamedTuple

from connectors.contract import Value

Key = tuple[str, str]  # (app, record)
Who = Literal["person", "engine"]

_TEXT = re.compile(r"k(\d{3})", re.IGNORECASE)
_PHONE = re.compile(r"\+?62[ -]?\d{3}[ -]?\d{6}")


def tokens(value: Value) -> set[int]:
    """The tokens in a value; none in tags and consent."""
    if isinstance(value, bool) or value is None or isinstance(value, list):
        return set()
    if isinstance(value, int | float):
        return {int(value)}
    if _PHONE.match(value):
        return {int(re.sub(r"\D", "", value)[-3:])}
    found = {int(n) for n in _TEXT.findall(value)}
    if not found and re.fullmatch(r"\d+\.?\d*", value):
        return {int(float(value))}
    return found


class Happening(NamedTuple):
    """A field of a record changed. `seq` counts everything that happens in a history."""

    seq: int
    at: datetime
    who: Who
    action: str
    app: str
    record: str
    slot: str
    before: Value
    after: Value

    @property
    def key(self) -> Key:
        return self.app, self.record

    def __str__(self) -> str:
        what = f"{self.slot}: {self.before!r} -> {self.after!r}" if self.slot else ""
        return f"{self.seq:5} {self.at:%H:%M:%S} {self.who:6} {self.action:7} {self.app}/{self.record} {what}"


class Showing(NamedTuple):
    """A call of the connector showed a record to the engine. `archived`: as one that is put away, of which no
    value counts but consent; `out`: as one that the filter leaves out."""

    seq: int
    at: datetime
    call: str
    values: Mapping[str, Value]
    revision: int
    archived: bool = False
    out: bool = False

    @property
    def counts(self) -> bool:
        """Whether the record took part, so that all it shows is taken in."""
        return not (self.archived or self.out)


@dataclass(slots=True)
class Memory:
    """What happened, and what can be told from it.

    notes     lines for people: runs, faults
    shows     record -> what the engine was shown of it, and when; looks: all of it, kept or not
    person    whose a record is; typed: token -> person; same: people that an app joined
    sent      (record, slot) -> (seq, value) of every write that left, whether it landed or not
    revision  record -> the newest version of it that was shown, kept or not
    read      record -> the fields of it that were ever shown, kept or not
    latest    app -> what its last call showed, and the page before it that it asks about
    pulls     app -> when a read of what changed began
    creating  whose record is being made by a person; watch: told of everything the engine does
    """

    seq: int = 0
    log: list[Happening] = field(default_factory=list)
    notes: list[tuple[int, str]] = field(default_factory=list)
    shows: dict[Key, list[Showing]] = field(default_factory=dict)
    looks: dict[Key, list[Showing]] = field(default_factory=dict)
    person: dict[Key, int] = field(default_factory=dict)
    typed: dict[int, int] = field(default_factory=dict)
    same: dict[int, int] = field(default_factory=dict)
    sent: dict[tuple[Key, str], list[tuple[int, Value]]] = field(default_factory=dict)
    revision: dict[Key, int] = field(default_factory=dict)
    read: dict[Key, set[str]] = field(default_factory=dict)
    latest: dict[str, list[tuple[Key, Showing]]] = field(default_factory=dict)
    pulls: dict[str, list[datetime]] = field(default_factory=dict)
    clock_set: list[int] = field(default_factory=list)
    creating: int | None = None
    watch: Callable[[str, list[Happening]], None] | None = None
    violations: list[str] = field(default_factory=list)

    def next(self) -> int:
        self.seq += 1
        return self.seq

    def keep(self, action: str, changes: list[Happening]) -> None:
        """Something was done to one record."""
        key, who = changes[0].key, changes[0].who
        if action == "create" and who == "person" and self.creating is not None:
            self.person[key] = self.creating
        elif action == "create":
            found = [self.typed[t] for x in changes for t in sorted(tokens(x.after)) if t in self.typed]
            if found:
                self.person[key] = found[0]
        self.log += changes
        if who == "engine" and self.watch is not None:
            self.watch(action, changes)

    def show(self, app: str, call: str, shown: list[tuple[Key, Showing]]) -> None:
        """A call of an app showed some records. What a page lists is kept after it was asked about."""
        before = self.latest.get(app, ()) if call == "fetch" else ()
        self.latest[app] = [*before, *shown]
        for key, showing in shown:
            self.shows.setdefault(key, []).append(showing)
            self.looks.setdefault(key, []).append(showing)
            self.read.setdefault(key, set()).update(showing.values)
            self.revision[key] = max(self.revision.get(key, -1), showing.revision)

    def forget_last_shows(self) -> None:
        """As if what was shown last had never been shown."""
        for shown in self.latest.values():
            for key, showing in shown:
                self.shows[key].remove(showing)
        self.latest.clear()

    def note(self, line: str) -> None:
        self.notes.append((self.next(), line))

    def report(self, kind: str, what: str) -> None:
        """A promise was broken."""
        self.violations.append(f"{kind}: {what}")
        self.note(f"VIOLATION {kind}: {what}")

    def of_slot(self, key: Key, slot: str) -> list[Happening]:
        return [x for x in self.log if x.slot == slot and x.key == key]

    def who(self, person: int) -> int:
        """The person, also of records that somebody joined in an app."""
        while person in self.same:
            person = self.same[person]
        return person

    def of(self, key: Key) -> int | None:
        person = self.person.get(key)
        return None if person is None else self.who(person)

    def family(self, person: int) -> list[Key]:
        return [key for key, p in self.person.items() if self.who(p) == person]

    def of_field(self, person: int, slots: Mapping[str, str]) -> Iterator[Happening]:
        """What happened to a field of a person; `slots`: app -> its slot."""
        keys = set(self.family(person))
        return (x for x in self.log if x.key in keys and slots.get(x.app) == x.slot)

    def last(self, number: int = 30) -> list[str]:
        """The last events, for people."""
        lines = [(x.seq, str(x)) for x in self.log]
        lines += [(seq, f"{seq:5} {line}") for seq, line in self.notes]
        return [line for _, line in sorted(lines)[-number:]]
