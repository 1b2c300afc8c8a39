"""The words of the engine as types: what is known of a person or company, and what is to be done.

`Link`, `Golden` and `Observation` are what the store keeps; the steps copy what they change. Values are in an
app's own form (`seen`, observations, items) or in golden form (`agreed`, golden values); no field holds both.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import Enum
from hashlib import blake2b
from typing import Final, Literal, TypeAlias

from conflicts.candidate import Candidate

Value: TypeAlias = str | int | float | bool | list[str] | None
BLANK: Final[tuple[Value, ...]] = (None, "", [])


class Mark(Enum):
    """Values that no app can hold."""

    DISAGREES = "disagrees"
    ABSENT = "absent"


DISAGREES: Final = Mark.DISAGREES
ABSENT: Final = Mark.ABSENT

LinkKey: TypeAlias = tuple[str, str]  # (app, record id)
FREEZE_AFTER: Final = 3  # writes of one value over what comes back; then it is left alone
LONGEST: Final = 160  # characters of a key, or of a part of a name
IN_HAND: Final = timedelta(minutes=1)  # how long after it was sent a write may move a record's stamp


@dataclass(slots=True)
class Pending:
    """A write that may or may not have landed: settled by the next observation of its slot.

    before   the app's value when we wrote; ABSENT in a create
    sent     the value we sent
    parts    golden field -> the value it carried
    sent_at  when
    raises   it would have raised consent
    """

    before: Value | Mark
    sent: Value
    parts: dict[str, Value]
    sent_at: datetime
    raises: bool = False


@dataclass(slots=True)
class Refusal:
    """A value, or a create, that the app refused for good. Not sent again until the value changes, or the
    mapping: what it says of the field, or for a create anything at all."""

    value: Value
    reason: str
    version: str


@dataclass(slots=True)
class Link:
    """A record of an app and the golden record it belongs to, with the two shadows.

    seen         slot -> what the app was last known to hold, in the app's own form; a missing slot is unknown
    agreed       field -> the golden value that the app was last brought to or agreed with; DISAGREES after an
                 edit that lost; a missing field is unknown
    pending      slot -> a write without a usable answer
    refused      slot -> a value that the app refused for good
    rewrites     slot -> (value, times): how often we wrote it with no person's edit in between
    state        live; out (outside the app's `only`); gone (archived or deleted: blocks re-creation)
    primary      of several records of one app in a golden record, the one that is written
    version      the mapping under which it was last planned
    anew         slots that the mapping reads in another way since they were seen
    parted       slot -> the value that it is to hold though golden is another: an undo put it there, or left
                 it alone; ended by the next edit there, or when golden moves
    undone       slot -> what it would hold without an edit that an undo took back everywhere else; ended by
                 the next edit there
    doomed       the undo that is to archive this record; "" for none
    emptied      slots that the app emptied together with what they pointed to: the blank there is nobody's
    observed_at  when the last observation that was decided about was read, or a create of ours answered
    stamp        the record's stamp at the last observation or answer; ours: our own write moved it last
    touched      somebody else changed the record since we know it, perhaps in fields that are not mapped
    """

    app: str
    id: str
    golden: str
    state: Literal["live", "out", "gone"] = "live"
    primary: bool = True
    seen: dict[str, Value] = field(default_factory=dict)
    agreed: dict[str, Value | Literal[Mark.DISAGREES]] = field(default_factory=dict)
    pending: dict[str, Pending] = field(default_factory=dict)
    refused: dict[str, Refusal] = field(default_factory=dict)
    rewrites: dict[str, tuple[Value, int]] = field(default_factory=dict)
    observed_at: datetime | None = None
    stamp: datetime | None = None
    ours: bool = False
    version: str = ""
    parted: dict[str, Value] = field(default_factory=dict)
    doomed: str = ""
    touched: bool = False
    anew: frozenset[str] = frozenset()
    undone: dict[str, Value] = field(default_factory=dict)
    emptied: frozenset[str] = frozenset()

    @property
    def key(self) -> LinkKey:
        return self.app, self.id

    @property
    def inherits(self) -> bool:
        """Whether what is known is of a record that was merged into this one, which nobody has read yet."""
        return self.observed_at is None and bool(self.seen)

    @property
    def failing(self) -> bool:
        """Whether the app refused a value for good, or a value is left alone since it is changed back."""
        return bool(self.refused) or any(times > FREEZE_AFTER for _, times in self.rewrites.values())

    def moved_to(self, stamp: datetime | None) -> bool:
        """Whether a record with this stamp was changed by somebody else since: the stamp is later than our
        last write, and than our last look (one write of ours may move it more than once)."""
        if stamp is None:
            return False
        if self.pending:
            return stamp > max(p.sent_at for p in self.pending.values()) + IN_HAND
        return self.stamp is not None and stamp > max(self.stamp, self.observed_at or self.stamp)

    def copy(self) -> Link:
        return Link(
            self.app,
            self.id,
            self.golden,
            self.state,
            self.primary,
            dict(self.seen),
            dict(self.agreed),
            dict(self.pending),
            dict(self.refused),
            dict(self.rewrites),
            self.observed_at,
            self.stamp,
            self.ours,
            self.version,
            dict(self.parted),
            self.doomed,
            self.touched,
            self.anew,
            dict(self.undone),
            self.emptied,
        )


@dataclass(frozen=True, slots=True)
class Provenance:
    """Where a golden value came from: which app and record ("" for what a person typed to settle a conflict),
    when, by which rule, in which run."""

    app: str
    record: str
    time: datetime
    rule: str
    run: str


@dataclass(slots=True)
class Golden:
    """The single view of a person or company. A field that was never set is missing from `value`; one that a
    person cleared is None.

    held       field -> the candidates of an open conflict
    barred     apps in which it is not to be created, with the reason
    refused    app -> a refused create (value: what was sent, as JSON)
    deleted    somebody deleted it in an app, and by policy (`on_delete`) it is to be archived in the others
    revived    an undo makes records of it again, though none may be left
    """

    id: str
    value: dict[str, Value] = field(default_factory=dict)
    provenance: dict[str, Provenance] = field(default_factory=dict)
    held: dict[str, list[Candidate]] = field(default_factory=dict)
    barred: dict[str, str] = field(default_factory=dict)
    refused: dict[str, Refusal] = field(default_factory=dict)
    deleted: bool = False
    revived: bool = False

    def copy(self) -> Golden:
        return Golden(
            self.id,
            dict(self.value),
            dict(self.provenance),
            {f: list(c) for f, c in self.held.items()},
            dict(self.barred),
            dict(self.refused),
            self.deleted,
            self.revived,
        )


State = Literal["found", "out", "archived", "deleted", "merged", "glimpsed"]


@dataclass(slots=True)
class Observation:
    """What an app showed of one record, waiting to be decided. One a record; a later one replaces it.

    values   slot -> value in the app's own form; what the app did not return is missing
    state    found; out (outside `only`); archived; deleted; merged into another record; glimpsed (of what it
             showed, its consent alone could be taken in)
    consent  app values of the consent slot in observations that this one replaced
    keys     further values of key slots that lead to this record
    into     of a merged record: the one that lives on, as far as the app says
    """

    app: str
    id: str
    values: dict[str, Value]
    read_at: datetime
    stamp: datetime | None = None
    stamps: Mapping[str, datetime] = field(default_factory=dict)
    state: State = "found"
    consent: tuple[Value, ...] = ()
    keys: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    into: str = ""

    @property
    def key(self) -> LinkKey:
        return self.app, self.id

    def with_consent_of(self, other: Observation | None, slot: str | None) -> Observation:
        """This one, and beside its own consent (in `slot`) all that another showed: none that waits to be
        decided is forgotten."""
        if other is None or slot is None or slot not in other.values:
            return self
        if slot not in self.values:
            values = {**self.values, slot: other.values[slot]}
            return replace(self, values=values, consent=(*self.consent, *other.consent))
        told: list[Value] = []
        for value in (*self.consent, *other.consent, other.values[slot]):
            if value not in (*told, self.values[slot]):
                told.append(value)
        return replace(self, consent=tuple(told))


LogKind = Literal[
    "conflict", "first_merge", "join", "overruled", "narrower", "consent", "aba", "frozen", "bad_value"
]


@dataclass(frozen=True, slots=True)
class LogEntry:
    """A row of the conflict log: what wanted to be the value, which rule spoke, what it became.

    status  decided, or held (waits for a person)
    kind    conflict     apps' edits differ, or an edit and a golden value that its app had not agreed with
            first_merge  apps differ at first contact
            join         what joined differs from a golden value that stood already
            overruled    an edit that may not become golden: the field is only written there, a blank that
                         does not travel, or refused by `--reject`; or a value that an undo had left in its
                         app, replaced by what the field has become since
            narrower     an app's shorter form of the same value
            consent      several states were seen: the most restrictive counts
            aba          the value before our write came back: perhaps somebody typed it again
            frozen       written and changed back again and again: left alone until the value changes
            bad_value    a value that cannot be read
    """

    kind: LogKind
    golden: str
    field: str
    candidates: tuple[Candidate, ...]
    rule: str
    winner: Value
    winner_app: str | None
    status: Literal["decided", "held"] = "decided"
    note: str = ""


INTO = "into"  # the one slot of a merge: the record that is to live on


@dataclass(slots=True)
class Item:
    """One thing that a run would do to one record of one app.

    slots   slot -> (before, after) in the app's own form; `before` is ABSENT in a create
    raises  consent slots that this write would lift
    values  the golden values that it was planned from; not stored
    again   a create in place of what is gone in the app: somebody asked to have it back

    A merge of two records inside the app is never planned: somebody asked for it. Its one slot is INTO.
    """

    kind: Literal["create", "update", "archive", "merge"]
    app: str
    golden: str
    record: str | None
    slots: Mapping[str, tuple[Value | Mark, Value]]
    raises: tuple[str, ...] = ()
    values: Mapping[str, Value] = field(default_factory=dict, compare=False, repr=False)
    again: bool = False

    @property
    def sort_key(self) -> tuple[str, str, str, str]:
        return self.app, self.kind, self.golden, self.record or ""

    @property
    def identity(self) -> str:
        """What makes an item the same thing when it is planned again."""
        slots = ",".join(
            f"{name}:{before!r}>{after!r}" for name, (before, after) in sorted(self.slots.items())
        )
        return f"{self.kind}|{self.app}|{self.record or self.golden}|{slots}"


@dataclass(frozen=True, slots=True)
class StubConsent:
    """The consent of a record that is not linked (out of scope, archived, in review) but has our key; or the
    opt-out that one which is linked just now had shown before."""

    state: str
    app: str
    record: str
    time: datetime


@dataclass(slots=True)
class Unit:
    """All that is known of one golden record: what `decide` takes and gives.

    observations  link key -> what waits to be decided
    stubs         the consent of records that are not linked but hold a key of ours
    creating      apps in which a create of ours is still unanswered
    due           writes of an earlier plan, which passed the brakes, are still to be sent
    restored      the state was put back from a backup, and no run has caught up since
    """

    golden: Golden
    links: list[Link]
    observations: dict[LinkKey, Observation] = field(default_factory=dict)
    stubs: tuple[StubConsent, ...] = ()
    creating: frozenset[str] = frozenset()
    due: bool = False
    restored: bool = False


@dataclass(slots=True)
class Decision:
    """What a run makes of one golden record: the state to be kept, and what is to be done about it.

    changed   golden field -> (before, after) with its provenance, for the journal; `was`: where the value
              before had come from
    waiting   observations that could not be used up (a reference whose target has no link yet)
    notes     (app, reason): what was not done there, and why
    dropped   links that make room for a new record
    """

    unit: Unit
    items: list[Item]
    log: list[LogEntry]
    changed: Mapping[str, tuple[Value | Mark, Value]]
    waiting: list[Observation] = field(default_factory=list)
    notes: list[tuple[str, str]] = field(default_factory=list)
    was: Mapping[str, Provenance] = field(default_factory=dict)
    brought_back: bool = False
    dropped: list[LinkKey] = field(default_factory=list)


def as_text(value: object) -> str | None:
    """A value that is a text; None for any other."""
    return value if isinstance(value, str) else None


def sent_form(values: Mapping[str, Value]) -> str:
    """One text for the values of a create, to tell whether a refused one would be sent again unchanged."""
    return json.dumps(values, sort_keys=True, ensure_ascii=False)


def fold_key(value: str) -> str:
    """An exact key as it is compared. A very long one is cut and told apart by a hash of the whole: an index
    takes no text of any length."""
    key = value.casefold().strip()
    if len(key) > LONGEST:
        key = f"{key[:LONGEST]}#{blake2b(key.encode(errors='replace'), digest_size=12).hexdigest()}"
    return key.replace("\0", "\ufffd")
