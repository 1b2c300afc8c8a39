"""A loaded mapping: what the engine sees of a YAML file. Plain values and pure functions, no I/O.

A *field* is one thing known of a person or company (its golden form). A *slot* is one field of an app and
what it carries: usually one golden field, sometimes several (first and last name in one text). The engine
compares and writes whole slots; it merges single fields.

    app form     a value as the app's API shows it (connectors' `Value`)
    golden form  text, integer, boolean, list of text (sets, sorted), or None (blank)
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol, TypeAlias

Scalar: TypeAlias = str | int | float | bool | None
Value: TypeAlias = Scalar | list[str]
Direction = Literal["both", "from", "to"]
Predicate = Callable[[Mapping[str, Value]], bool]
Worth = Callable[[Mapping[str, Value]], Value]


class BadValue(ValueError):
    """A value that its field type cannot read. The engine sets this one field aside and reports it.
    The text says what was expected; it never repeats the value."""


class Unshown(ValueError):
    """An app has no form for a golden value: what it holds is left alone."""


class Shape(Protocol):
    """What an app declares of one of its fields.

    kind         text, integer, decimal, boolean, choice, multi, date, datetime, reference, consent
    writable     yes, create (only in a new record), no
    options      the values that the app allows; none: any
    coerce       what the app makes of a written text, in order: trim, lower, digits, cut:N
    consent      the app's value -> state; consent_set: state -> the app's value to write
    reference    the app's object that a record id points to
    default      what the app fills in where nobody said anything
    joins        another field, of several words, in which the app shows what is chosen here as well
    """

    @property
    def name(self) -> str: ...
    @property
    def kind(self) -> str: ...
    @property
    def writable(self) -> str: ...
    @property
    def max_length(self) -> int | None: ...
    @property
    def options(self) -> tuple[str, ...]: ...
    @property
    def coerce(self) -> tuple[str, ...]: ...
    @property
    def consent(self) -> Mapping[str, str]: ...
    @property
    def consent_set(self) -> Mapping[str, str]: ...
    @property
    def reference(self) -> str: ...
    @property
    def default(self) -> Scalar: ...
    @property
    def joins(self) -> str: ...


class FieldType(Protocol):
    """How one kind of field is read, shown and compared. Pure; one instance per field of a mapping."""

    name: str
    is_set: bool

    def read(self, value: Value) -> Value:
        """Golden form of a golden-like or app value; None where blank. Raises `BadValue`."""
        ...

    def show(self, golden: Value) -> Value:
        """App form of a golden value, before what the app itself does to it."""
        ...

    def same(self, a: Value, b: Value) -> bool:
        """Whether two golden values are the same value: reflexive, symmetric, transitive."""
        ...


@dataclass(frozen=True, slots=True)
class RuleSpec:
    """A conflict rule as the mapping names it: one of `mappings.rule_words.RULES`, or ``consent`` with its
    authorities. `apps`: those of ``prefer`` (in order), ``only`` (one) and ``source``; `when`: the condition
    of each app of a ``source``, "" where there is none; `own`: the name of a rule of one's own."""

    kind: str
    apps: tuple[str, ...] = ()
    when: tuple[str, ...] = ()
    own: str = ""

    @property
    def word(self) -> str:
        """What the log calls it."""
        return self.own or self.kind


@dataclass(frozen=True, slots=True)
class Field:
    """A golden field. `derived` names (reference field, field of its target): such a field is looked up,
    written, and never read (a company's name in an app that has only a text for it). `worth`: it is worked
    out of the other fields, written, and never read. `sources`: of a rule ``source``, the conditions on
    golden values and the app that each names. `readings`: app -> a hash of how a value there is read;
    `version` and `shape`: a hash of all that is said of it, and of all but its name."""

    name: str
    type: FieldType
    rule: RuleSpec
    direction: Mapping[str, Direction]
    on_join: Literal["keep", "rule"] = "keep"
    blank: Literal["clear", "keep"] = "clear"
    reference: str = ""
    derived: tuple[str, str] | None = None
    worth: Worth | None = None
    version: str = ""
    sources: tuple[tuple[Predicate | None, str], ...] = ()
    readings: Mapping[str, str] = field(default_factory=dict)
    shape: str = ""

    @property
    def follows(self) -> bool:
        """Whether it is looked up or worked out, and so nothing that anybody could choose."""
        return self.derived is not None or self.worth is not None


class Slot(Protocol):
    """One field of one app and the golden fields that it carries. All pure.

    writable, on_create  whether the app lets us write it at all, and when a record is created
    reference            the object that it points to ("" for none); such a value, a record id in the app and
                         a golden id in the middle, passes through unchanged: the engine translates it
    lost                 golden words of a set that the app had a group for and has none now: they stay in
                         golden as they are. Told before anything is decided
    """

    app: str
    name: str
    fields: tuple[str, ...]
    writable: bool
    on_create: bool
    default: Scalar
    flows_out: bool
    narrows: bool
    reference: str
    lost: frozenset[str]

    def project(self, golden: Mapping[str, Value], seen: Value) -> Value:
        """The app form of the golden values, after the app's declared coercions. `seen` (the value there
        now, or None) supplies what the slot holds besides: tags outside the mapped ones. Fields that were
        never set are missing from `golden`; with none set the answer is None. Raises `Unshown`."""
        ...

    def split(self, value: Value, old: Mapping[str, Value]) -> dict[str, Value]:
        """The golden values in an app value, None for blanks. A text that carries several fields is split
        beside the boundary known from `old`. Raises `BadValue`."""
        ...

    def same(self, a: Value, b: Value) -> bool:
        """Whether two app values are the same by the field types' own equality."""
        ...

    def coerced(self, value: Value) -> Value:
        """What the app is declared to make of a written value."""
        ...

    def words(self, value: Value) -> frozenset[str]:
        """The golden words in a set as the app shows it; none of anything else."""
        ...

    def names(self, word: str) -> bool:
        """Whether a golden word of a set is one that the mapping gives to the app."""
        ...


@dataclass(frozen=True, slots=True)
class AppMap:
    """One app's part in a mapping. `only` sees the app's fields and says which records are in scope;
    `create_when` sees golden fields and gates creation only. None: always. `reads` lists the app fields that
    `only` needs besides the mapped ones. An expression that fails raises `ExpressionFailed`."""

    app: str
    object: str
    slots: Mapping[str, Slot]
    only: Predicate | None = None
    create_when: Predicate | None = None
    creates: bool = True
    reads: tuple[str, ...] = ()


class ExpressionFailed(ValueError):
    """A condition could not be evaluated for this record (wrong type, say)."""


@dataclass(frozen=True, slots=True)
class MatchSpec:
    """How records are recognised: golden fields that alone link two records unless their names speak
    against it, the fields that hold names, and whether to compare names where no key is shared."""

    exact: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    fuzzy: bool = True


@dataclass(frozen=True, slots=True)
class Stopped:
    """A field of an app that does not fit the mapping any more: neither read nor written there. `slot` is the
    app's own name of it, `fields` the golden fields, `told` the problem with its place in the file."""

    app: str
    slot: str
    fields: tuple[str, ...]
    what: str
    told: str


@dataclass(frozen=True, slots=True)
class ObjectMapping:
    """One object in all its apps: one space of golden records. `apps` is in the file's order, which
    breaks ties. `on_delete` says what a deletion in one app means elsewhere. `version` is a hash of all that
    the file says, `frame` of all but its fields, and each field has its own; remarks and layout do not
    count."""

    object: str
    apps: Mapping[str, AppMap]
    fields: Mapping[str, Field]
    match: MatchSpec
    consent: str | None = None
    on_delete: Literal["keep", "archive", "delete"] = "keep"
    path: str = ""
    version: str = field(default="")
    frame: str = ""
    stopped: tuple[Stopped, ...] = ()

    @property
    def order(self) -> Sequence[str]:
        return tuple(self.apps)

    def version_of(self, slot: Slot) -> str:
        """A text that is another one once more is said of the fields of a slot than other names for them."""
        return " ".join(self.fields[name].shape for name in slot.fields)

    def is_of(self, version: str, slot: Slot) -> bool:
        """Whether the same is said of a slot as when this was noted; once the whole mapping's was noted."""
        return version in (self.version_of(slot), self.version)

    def consent_slot(self, app: str) -> Slot | None:
        """Where an app shows consent; None where it is not mapped there."""
        return next((slot for slot in self.apps[app].slots.values() if self.consent in slot.fields), None)
