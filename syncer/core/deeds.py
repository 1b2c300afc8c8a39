"""What a run did to a golden record, and what going back from it comes to: the words of an undo."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from syncer.model import ABSENT, LinkKey, Mark, Observation, Provenance, Unit, Value

Changes = Mapping[str, tuple[Value | Mark, Value, Provenance | None]]
Act = Literal["restore", "archive", "create", "golden", "parted", "left"]


@dataclass(frozen=True, slots=True)
class Written:
    """One write of a run, as the history keeps it; `slots`: slot -> (before, after)."""

    run: str
    app: str
    record: str | None
    kind: Literal["create", "update", "archive"]
    outcome: str
    slots: Mapping[str, tuple[Value | Mark, Value]]

    @classmethod
    def from_row(cls, row: Mapping[str, Any]) -> Written:
        """From a row of the history."""
        slots = {n: (ABSENT, v[0]) if len(v) == 1 else (v[0], v[1]) for n, v in row["slots"].items()}
        return cls(row["run"], row["app"], row["record"], row["kind"], row["outcome"], slots)


@dataclass(frozen=True, slots=True)
class Deed:
    """What a run did to one golden record: golden fields (before, after, former source), and its writes.

    later    all writes to this golden record in any run, oldest first
    founded  the run made it
    joined   in place of `golden`, where two golden records have become one since: what it did to either
    typed    records into which somebody ever typed
    """

    run: str
    golden: Changes
    writes: Sequence[Written]
    later: Sequence[Written]
    founded: bool = False
    joined: Changes = field(default_factory=dict)
    typed: Collection[LinkKey] = ()


@dataclass(frozen=True, slots=True)
class Rules:
    """What an undo may do.

    run         the undo's own id; only: a golden field, or None for all
    archives    app -> how archiving ends there; irreversible: archive even where nothing comes back
    unreadable  app -> why it could not be looked at
    used        record -> what hangs on it, in words
    unasked     apps that cannot be asked what hangs on a record
    elsewhere   record -> the golden record to which it belongs by now
    """

    run: str
    only: str | None = None
    irreversible: bool = False
    archives: Mapping[str, str] = field(default_factory=dict)
    unreadable: Mapping[str, str] = field(default_factory=dict)
    used: Mapping[LinkKey, str] = field(default_factory=dict)
    unasked: Collection[str] = ()
    elsewhere: Mapping[LinkKey, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that is done, or left alone and why. `field` is the app's own, for `golden` the mapping's."""

    act: Act
    who: str
    app: str | None
    record: str | None
    field: str | None = None
    now: Value = None
    back: Value = None
    why: str = ""


@dataclass(slots=True)
class Reversal:
    """The golden record as it is to be, with its links, and what there is to tell.

    dropped    links that make room for a new record; creates: apps in which one is made again
    looked_at  records that had an observation; waiting: what of it is still to be merged
    touched    (record, slot) to be put back, (record, None) to be archived
    changed    golden field -> (before, after) of this undo; was: where the value before had come from
    news       (record, slot) that a person changed since; moved: records that somebody touched since
    away       records that are not there any more; back: those that are there, and passed for gone or out
    """

    unit: Unit
    lines: list[Line] = field(default_factory=list)
    dropped: list[LinkKey] = field(default_factory=list)
    looked_at: list[LinkKey] = field(default_factory=list)
    waiting: list[Observation] = field(default_factory=list)
    touched: set[tuple[LinkKey, str | None]] = field(default_factory=set)
    creates: set[str] = field(default_factory=set)
    changed: dict[str, tuple[Value | Mark, Value]] = field(default_factory=dict)
    was: dict[str, Provenance] = field(default_factory=dict)
    news: set[tuple[LinkKey, str]] = field(default_factory=set)
    moved: set[LinkKey] = field(default_factory=set)
    away: set[LinkKey] = field(default_factory=set)
    back: set[LinkKey] = field(default_factory=set)
