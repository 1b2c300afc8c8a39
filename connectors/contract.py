"""What an app must be able to do to be kept in step: the protocol and its types.

Standard library only. A connector keeps no sync state: the engine owns cursors, shadows and budgets.
Values travel in the app's own form, as the app's API shows them (text, numbers, booleans, ``None``,
lists of text): a connector translates containers and paths, never meaning.

Errors a connector may raise (a refused *record* is a `Result`, never an exception)::

    AppError                 the app could not be used
    |-- AuthRefused          the credential is wrong, expired for good, or lacks a scope
    |-- UnknownObject        the app has no object of that name; `known` are those that it has
    |-- Unavailable          not reachable, or failing after all retries; `retry_after` in seconds
    `-- Unexpected           an answer that does not have the documented shape
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final, Literal, Protocol, TypeAlias, runtime_checkable

BROKEN: Final = "\ufffd\ufdd0"  # in a text: what the app holds there is no character; field types refuse it

Scalar: TypeAlias = str | int | float | bool | None
Value: TypeAlias = Scalar | list[str]

Kind = Literal[
    "text", "integer", "decimal", "boolean", "choice", "multi", "date", "datetime", "reference", "consent"
]
Writable = Literal["yes", "create", "no"]


class AppError(Exception):
    """The app could not be used. The text is for the admin: what, where, why, what to do. `quoted`: what the
    app said itself; it may name a person, so that logs leave it out."""

    def __init__(self, message: str, quoted: str = "") -> None:
        super().__init__(message)
        self.quoted = quoted

    @property
    def in_log(self) -> str:
        return str(self).replace(self.quoted, "") if self.quoted else str(self)


class AuthRefused(AppError):
    """The credential was refused; a person has to renew it."""


class UnknownObject(AppError):
    """None of the app's objects is called so. `known`: those that the connector has."""

    def __init__(self, app: str, object: str, known: Sequence[str]) -> None:
        are = "are" if len(known) > 1 else "is"
        super().__init__(f"{app} has no object {object} here; known {are} {', '.join(known)}.")
        self.object = object
        self.known = tuple(known)


class Unavailable(AppError):
    """The app cannot be reached or keeps failing; later runs try again."""

    def __init__(self, message: str, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class Unexpected(AppError):
    """The app's answer did not have the documented shape."""


class Budget(Protocol):
    """One account's calls, by class: says how long to wait before a call, so that all callers of the account
    stay below its limits."""

    def wait(self, rate: str, limit: int, window: float) -> float:
        """Take one call of the class `rate`, of which there are `limit` in any `window` seconds; the seconds
        to sleep first."""
        ...

    def hold(self, rate: str, seconds: float) -> None:
        """The app asked for a pause: no call of this class before it is over."""
        ...


@dataclass(frozen=True, slots=True)
class Token:
    """An access token and what gets the next one (nothing, where it does not end). `expires`: when it ends,
    `refresh_expires`: when what gets the next one does, where the app said so."""

    access: str = field(repr=False)
    refresh: str = field(repr=False)
    expires: datetime | None = None
    refresh_expires: datetime | None = None


class Tokens(Protocol):
    """Where the token of one login is kept, for all processes that use it."""

    def read(self) -> Token | None:
        """The token as it was last kept."""
        ...

    def keep(self, token: Token) -> None:
        """Keep the token of a new login for good, whatever was kept before. Called inside `alone`."""
        ...

    def replace(self, old: Token | None, token: Token) -> Token:
        """Keep for good, before it is used, what was got for `old`. Called inside `alone`. Returns what is
        kept then: where `old` is not kept any more, what somebody else got meanwhile."""
        ...

    def alone(self) -> AbstractContextManager[None]:
        """Wait for whoever is renewing the token, then keep the others waiting."""
        ...


@dataclass(frozen=True, slots=True)
class Options:
    """What a connector is built from. `credentials` and `oauth` are plain here and never shown.

    oauth    ``client_id``, ``client_secret``, ``refresh_token``, in place of credentials that do not expire
    reserve  the share of the app's limits that is left to other integrations
    budget   the account's calls, shared with others; None: this connection alone
    tokens   where tokens are kept; None: with this connection alone
    """

    name: str
    base_url: str | None = None
    credentials: Mapping[str, str] = field(default_factory=dict, repr=False)
    settings: Mapping[str, Scalar] = field(default_factory=dict)
    oauth: Mapping[str, str] = field(default_factory=dict, repr=False)
    reserve: float = 0.1
    budget: Budget | None = None
    tokens: Tokens | None = None
    sleep: Callable[[float], None] = time.sleep
    now: Callable[[], datetime] = lambda: datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Account:
    """Who the credential belongs to. `id` is stable: another id behind the same name holds the sync."""

    id: str
    name: str
    scopes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FieldSpec:
    """One field of an app, as the app declares it.

    coerce       what the app is known to do to a written value, in order; of
                 ``trim``, ``lower``, ``digits`` (keeps + and digits), ``cut:N`` (keeps N characters)
    blank        how the app shows an empty value (``None`` or ``""``); both read as blank
    consent      for kind ``consent``: the app's value -> state of the lattice; an unlisted one says nothing.
                 Values are text: the connector makes ``true`` and ``false`` of a boolean, and takes them back
    consent_set  for kind ``consent``: state of the lattice -> the app's value to write; unlisted: never
    default      what the app fills in where nobody said anything; no candidate at first contact
    reference    for kind ``reference``: the object that the value (a record id) points to
    groups       for kind ``multi``: the words are names of groups or lists that the app keeps apart from its
                 records; `options` are those that there are now. One that is gone was taken from nobody
    joins        a field of kind ``multi``, in which the app shows what is chosen here as well
    """

    name: str
    kind: Kind = "text"
    label: str = ""
    writable: Writable = "yes"
    max_length: int | None = None
    options: tuple[str, ...] = ()
    coerce: tuple[str, ...] = ()
    blank: Scalar = None
    consent: Mapping[str, str] = field(default_factory=dict)
    consent_set: Mapping[str, str] = field(default_factory=dict)
    default: Scalar = None
    reference: str = ""
    groups: bool = False
    joins: str = ""


@dataclass(frozen=True, slots=True)
class ObjectSpec:
    """What an app can do with one of its objects.

    unique          fields that the app keeps unique; a create is looked up by them
    lookup          further fields that `find` can search, unique or not (a company's domain)
    external_id     a text field for our id, unique in the app; None where the app has no such place. The
                    engine fills it in each create, so that `needs` may ask for it
    feed            ``changes``: `pull` with a cursor gives what changed; ``scan``: it always gives everything
    lag             seconds until a change is sure to show in `pull` and `find`
    lists_lag       values in `pull` may be older than those in `fetch`
    page            records a page of a whole read, for the forecast of calls
    beside          calls that each read makes beside its pages, at most; for the forecast
    batch           records per write batch that the connector likes to be given
    updates         records that one call updates, where those are fewer; for the forecast
    lanes           write batches that may be on their way at once, where the app takes its time for each
    fetch_batch     ids per `fetch`
    answers         an applied write carries the record as the app now holds it
    archive         how `archive` ends: ``restorable``, ``final``, or ``none`` where not offered
    needs           field groups; a create must fill one field of each group
    consent_field   the field of kind ``consent``, if any
    consent_on_new  the state that a record created without a stated consent has
    """

    name: str
    fields: Mapping[str, FieldSpec]
    unique: tuple[str, ...] = ()
    lookup: tuple[str, ...] = ()
    external_id: str | None = None
    feed: Literal["changes", "scan"] = "changes"
    lag: float = 0.0
    lists_lag: bool = False
    page: int = 100
    beside: int = 0
    batch: int = 100
    updates: int | None = None
    lanes: int = 1
    fetch_batch: int = 100
    answers: bool = True
    archive: Literal["restorable", "final", "none"] = "none"
    needs: tuple[tuple[str, ...], ...] = ()
    consent_field: str | None = None
    consent_on_new: str | None = None


@dataclass(slots=True)  # a value all the same: frozen ones cost three times as much to make
class Record:
    """One record of an app. A field that was not returned is missing from `values`; a blank one is there.

    stamp        when the app says that the record last changed (aware, UTC)
    stamps       when single fields last changed, where the app says so
    other_keys   further values of unique fields that lead to this record: {"email": ("second@x.test",)}
    archived     the record is in the app's archive or bin
    """

    id: str
    values: Mapping[str, Value]
    stamp: datetime | None = None
    stamps: Mapping[str, datetime] = field(default_factory=dict)
    other_keys: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    archived: bool = False


@dataclass(frozen=True, slots=True)
class Page:
    """Part of a `pull`. `cursor` is where to go on after this page, or None where that is not safe yet.

    On the last page `last` is true and `cursor` is where the next poll starts (None: from the beginning).
    A cursor says everything needed to go on, also after a crash in the middle of a first read.
    """

    records: Sequence[Record]
    cursor: str | None = None
    last: bool = False


@dataclass(frozen=True, slots=True)
class Fetched:
    """The answer for one id. ``unknown``: the app did not say; never taken for a deletion."""

    id: str
    state: Literal["found", "merged", "archived", "deleted", "unknown"]
    record: Record | None = None
    into: str | None = None


@dataclass(slots=True)  # a value all the same: frozen ones cost three times as much to make
class Write:
    """One thing to do to one record. `ref` names it in the answer; `id` is None for a create. `before` is
    what the app was known to hold in these fields, where that is known: of a set, send the difference."""

    ref: str
    kind: Literal["create", "update", "archive"]
    id: str | None
    values: Mapping[str, Value]
    before: Mapping[str, Value] = field(default_factory=dict)


@dataclass(slots=True)  # a value all the same: frozen ones cost three times as much to make
class Result:
    """The answer for one `Write`.

    applied   done; `id` always, `record` where the app says how the record now stands; `fields` may name
              fields that were refused all the same, and why: the others have been written
    existed   a create met a record that has one of its unique keys; nothing was changed; `id` if named
    stale     the record moved since it was read; nothing was changed
    rejected  refused for good, nothing was changed: `reason` in words, `fields` maps each refused field
              to why
    retry     surely not applied, may be sent again later
    unknown   may or may not have been applied
    """

    ref: str
    outcome: Literal["applied", "existed", "stale", "rejected", "retry", "unknown"]
    id: str | None = None
    record: Record | None = None
    reason: str = ""
    fields: Mapping[str, str] = field(default_factory=dict)


class Connector(Protocol):
    """One connection to one account of one app, built as `Connector(options)`. Methods raise `AppError` only.

    `fields` names the mapped fields; a connector asks the app for these and returns no others.
    """

    @property
    def calls(self) -> int:
        """The requests made through this connection so far."""
        ...

    def check(self) -> Account:
        """Say whose account this is. One call; also proves that the credential works."""
        ...

    def describe(self, object: str) -> ObjectSpec:
        """The object's fields and abilities as the app has them now, custom fields included: always asked."""
        ...

    def remember(self, spec: ObjectSpec) -> None:
        """Take over a description made earlier, so that nothing need be asked again for this object."""
        ...

    def pull(self, object: str, cursor: str | None, fields: Sequence[str]) -> Iterator[Page]:
        """Pages of records: all without a cursor, else what may have changed since. Repeats are normal."""
        ...

    def fetch(self, object: str, ids: Sequence[str], fields: Sequence[str]) -> Sequence[Fetched]:
        """One answer for each id, at most `fetch_batch` ids."""
        ...

    def find(self, object: str, field: str, values: Sequence[str], fields: Sequence[str]) -> Sequence[Record]:
        """Records that hold one of the values in a unique field (or the external id), read without lag
        where the app allows it."""
        ...

    def write(self, object: str, writes: Sequence[Write]) -> Sequence[Result]:
        """Do the writes in as few calls as the app allows; one result each, in any order. A create never
        changes an existing record. References arrive as record ids of the target object."""
        ...

    def create_fields(self, object: str, fields: Iterable[FieldSpec]) -> None:
        """Make fields that the app lacks (used only by `check --create-fields`)."""
        ...

    def close(self) -> None:
        """Give back connections."""
        ...


@runtime_checkable
class Attaching(Protocol):
    """What a connector may offer besides: an undo asks it before it archives a record that a run made."""

    def attached(self, object: str, ids: Sequence[str]) -> Mapping[str, str]:
        """Record id -> what hangs on the record, in words ("3 tickets"); without anything it is missing."""
        ...


@runtime_checkable
class Erasing(Protocol):
    """What a connector may offer besides: `syncer forget` has it remove people for good, where the config
    asks for that (forget.in_apps: erase)."""

    @property
    def erasable(self) -> Collection[str]:
        """The objects whose records the app erases."""
        ...

    def erase(self, object: str, ids: Sequence[str]) -> Mapping[str, str]:
        """Remove records for good, archived ones, too. Record id -> why it was not, for those that are left;
        one that is not there any more is erased."""
        ...


@runtime_checkable
class Merging(Protocol):
    """What a connector may offer besides: `syncer duplicates --merge` has the app itself make one record of
    two. No app takes that back."""

    @property
    def mergeable(self) -> Collection[str]:
        """The objects whose records the app merges."""
        ...

    def merge(self, object: str, survivor: str, other: str) -> Result:
        """Have `other` go into `survivor`. Applied: `id` is the record that lives on, which may be a new one.
        The result's `ref` is `other`."""
        ...
