"""What a connector's author tells the suite, and the few helpers that all cases use."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from itertools import count
from typing import Any, ClassVar, Literal

import pytest

from connectors.contract import AppError, Connector, Fetched, ObjectSpec, Page, Record, Result, Value, Write
from connectors.memory.traits import coerce


class Hooks:
    """The app beside the connector: what its users do there, and what the suite cannot know.

    object        the object that is tested
    key           the text field to find records by (default: the first unique one of the spec; without one,
                  only the cases that find or need a key are skipped)
    texts         at least two plain text fields that can be written, the first one usually a name
    samples       further fields with a value that the app takes, in the app's own form
    refusal       a field and a value that the app refuses by API, or a mapping of several such
    empty_list    what an app without records answers to a list, where that is a body as bare as ``[]``
    own_404       whether the app says of a record that it has not in words of its own, so that a 404 of
                  something on the way can be told from it; `fault` then takes `skip`, the calls before it
    new_field     the full name of a field that the app lacks; `create_fields` may make it, or refuse in words
    many          records that make at least three pages of a pull, if the test can have pages that small
    small_pages   whether it can
    missing_id    an id in the app's own form that no record ever had; digits for its last four characters
                  make further ones
    untold        of ``archived`` and ``merged``: what the app does not tell from a deletion; `fetch` then
                  answers ``unknown``
    own_cursor    the feed's place is the app's own, and passes nothing that the app has not shown
    grain         seconds by which a record's stamp may lie before the change, as the app rounds it
    secret        the credential as `connect` uses it; it must not show anywhere
    most_calls    the declared price: calls for ``pull`` (of `many` records), ``poll`` (nothing new), and for
                  ``fetch``, ``find``, ``create``, ``update``, ``refer`` (a reference set) of three records
    """

    object: ClassVar[str] = "contacts"
    key: ClassVar[str] = ""
    texts: ClassVar[tuple[str, ...]] = ()
    samples: ClassVar[Mapping[str, Value]] = {}
    refusal: ClassVar[tuple[str, Value] | Mapping[str, Value] | None] = None
    empty_list: ClassVar[Any] = None
    own_404: ClassVar[bool] = False
    new_field: ClassVar[str] = ""
    many: ClassVar[int] = 7
    small_pages: ClassVar[bool] = True
    missing_id: ClassVar[str] = "999999999"
    untold: ClassVar[tuple[str, ...]] = ()
    own_cursor: ClassVar[bool] = False
    grain: ClassVar[float] = 2.0
    secret: ClassVar[str] = ""
    most_calls: ClassVar[Mapping[str, int]] = {}

    connector: Connector
    spec: ObjectSpec

    # Hooks that every app needs.

    def connect(self) -> Connector:
        """A new connection to the app of this test."""
        raise NotImplementedError

    def user_create(self, values: Mapping[str, Value]) -> str:
        """A person makes a record; its id."""
        raise NotImplementedError

    def user_edit(self, ids: Sequence[str], values: Mapping[str, Value]) -> None:
        """A person gives several records these values: at one instant, where the app lets the test do so."""
        raise NotImplementedError

    # Hooks for what only some apps have.

    def begin(self) -> None:
        """Before each case: an app without people."""

    def settle(self) -> None:
        """Wait (or move the app's clock) until every change so far is visible in lists and searches."""

    def seed(self, n: int) -> list[str]:
        """Make `n` people, in any way that is fast; their ids in the order of `person(0..n-1)`."""
        return [self.user_create(self.person(i)) for i in range(n)]

    def now(self) -> datetime:
        """The app's clock."""
        pytest.skip("the test has no view of the app's clock")

    def elapse(self, seconds: float) -> None:
        """Let time pass, by the app's clock and by that of connections."""
        pytest.skip("the test cannot let time pass")

    def requests(self) -> int:
        """The calls that the app itself has counted so far."""
        pytest.skip("the test has no view of the calls that the app receives")

    def fault(self, kind: str, on: Literal["read", "write", ""] = "", **rule: Any) -> None:
        """Let calls to the app go wrong from now on, by a rule as the sandbox knows them (docs/sandbox.md);
        `on`: only calls that read, or that create or update. The connection should not really sleep. Kinds:
        ``status`` with `count`, `status`, `body`; ``drop_before``, ``drop_after``, ``expired_token``,
        ``partial`` with `count`; ``ignore``, where the answer to an update shows the record as it still
        stands. Skip those that cannot be had."""
        pytest.skip("the test cannot let calls to this app go wrong")

    def no_faults(self) -> None:
        """All is well again."""

    def cap(self, rows: int) -> None:
        """Let lists of changes end after so many rows, as they do in an app that caps them."""
        pytest.skip("this app's lists of changes have no cap, or the test cannot lower it")

    def connect_refused(self) -> Connector:
        """A connection with a wrong credential, which contains `secret` too."""
        pytest.skip("this app asks for no credential")

    def user_archive(self, id: str) -> None:
        pytest.skip("this app's users cannot archive a record, or the test cannot")

    def user_restore(self, id: str) -> None:
        """Bring a record back out of the archive."""
        pytest.skip("this app's users cannot bring a record back, or the test cannot")

    def user_unsubscribe(self, id: str) -> None:
        """The person opts out, in the app's own way."""
        pytest.skip("nobody opts out in this app, or the test cannot")

    def user_delete(self, id: str) -> None:
        pytest.skip("this app's users cannot delete a record for good, or the test cannot")

    def user_merge(self, loser: str, winner: str) -> str:
        """Join two records in the app; the id that lives on."""
        pytest.skip("this app cannot merge records, or the test cannot")

    def user_drops_group(self, name: str) -> None:
        """Remove a group or list, of those whose names are the words of a field."""
        pytest.skip("no field of this object is made of groups, or the test cannot remove one")

    def user_renames_group(self, was: str, now: str) -> None:
        pytest.skip("no field of this object is made of groups, or the test cannot rename one")

    def reference_target(self) -> str:
        """The id of a new record of the object that the reference field points to."""
        pytest.skip("this object has no reference, or the test cannot make a target")

    def person(self, n: int) -> dict[str, Value]:
        """What the n-th person is made of: a key, a name, and what the app needs besides."""
        needed = {group[0]: f"Needed {n}" for group in self.spec.needs}
        key: dict[str, Value] = {self.key_name: self.address(n)} if self.key_name else {}
        return {**needed, self.texts[0]: f"Person {n}", **key}

    # Helpers.

    @pytest.fixture(autouse=True)
    def _connection(self) -> Iterator[None]:
        self.open()
        yield
        for connector in self._opened:
            connector.close()

    def open(self) -> None:
        """What comes before each case."""
        assert len(self.texts) >= 2, "texts: name at least two plain text fields that can be written"
        self._refs = count(1)
        self._opened: list[Connector] = []
        self.begin()
        self.connector = self.opened(self.connect())
        self.spec = self.connector.describe(self.object)

    def opened(self, connector: Connector) -> Connector:
        """A connection that is closed after the case."""
        self._opened.append(connector)
        return connector

    @property
    def key_name(self) -> str:
        """The field to find records by, or nothing."""
        return self.key or next(iter(self.spec.unique), "")

    @property
    def key_field(self) -> str:
        """The same, for cases that cannot do without it."""
        if not self.key_name:
            pytest.skip("this object has no unique key")
        return self.key_name

    def address(self, n: int | str) -> str:
        """A key value; e-mail addresses will do for every app so far."""
        return f"person-{n}@example.com"

    @property
    def asked(self) -> tuple[str, ...]:
        return (*filter(None, [self.key_name]), *self.texts)

    def pages(self, cursor: str | None = None, fields: Sequence[str] | None = None) -> list[Page]:
        return list(self.connector.pull(self.object, cursor, self.asked if fields is None else fields))

    def read(
        self, cursor: str | None = None, fields: Sequence[str] | None = None
    ) -> tuple[dict[str, Record], str | None]:
        """What a whole pull leaves: the last version of each record, and the next cursor."""
        pages = self.pages(cursor, fields)
        return {record.id: record for page in pages for record in page.records}, pages[-1].cursor

    def fetch(self, *ids: str, fields: Sequence[str] | None = None) -> dict[str, Fetched]:
        answers = self.connector.fetch(self.object, ids, self.asked if fields is None else fields)
        return {answer.id: answer for answer in answers}

    def held(self, id: str, fields: Sequence[str] | None = None) -> Mapping[str, Value]:
        """The values that the app holds for a record that has to be there."""
        answer = self.fetch(id, fields=fields)[id]
        assert answer.state == "found"
        assert answer.record is not None
        return answer.record.values

    def find(
        self, *values: str, field: str | None = None, fields: Sequence[str] | None = None
    ) -> Sequence[Record]:
        asked = self.asked if fields is None else fields
        return self.connector.find(self.object, field or self.key_field, values, asked)

    def shown(self, id: str, n: int, fields: Sequence[str]) -> dict[str, Mapping[str, Value]]:
        """The values of a record in each way of reading; it has the key of the n-th person."""
        self.settle()
        ways = {"fetch": self.held(id, fields), "pull": self.among(self.read(fields=fields)[0].values(), id)}
        if self.key_name:
            ways["find"] = self.among(self.find(self.address(n), fields=fields), id)
        return ways

    def among(self, records: Iterable[Record], id: str) -> Mapping[str, Value]:
        """The values of the record with this id, which has to be one of these."""
        by_id = {record.id: record.values for record in records}
        assert id in by_id
        return by_id[id]

    def create(self, values: Mapping[str, Value]) -> Write:
        return Write(f"ref-{next(self._refs)}", "create", None, values)

    def update(self, id: str, values: Mapping[str, Value]) -> Write:
        return Write(f"ref-{next(self._refs)}", "update", id, values)

    def archival(self, id: str) -> Write:
        return Write(f"ref-{next(self._refs)}", "archive", id, {})

    def write(self, *writes: Write) -> list[Result]:
        """The results in the order of the writes; each write has exactly one."""
        results = self.connector.write(self.object, writes)
        assert sorted(result.ref for result in results) == sorted(write.ref for write in writes)
        by_ref = {result.ref: result for result in results}
        return [by_ref[write.ref] for write in writes]

    def results(self, *writes: Write) -> Sequence[Result]:
        try:
            return self.write(*writes)
        except AppError:
            return []

    def created(self, values: Mapping[str, Value]) -> str:
        """The id of a record that the connector made."""
        (result,) = self.write(self.create(values))
        assert result.outcome == "applied", result.reason
        assert result.id
        return result.id

    def writable(self, names: Iterable[str]) -> tuple[str, ...]:
        """Without what the app alone changes, such as times and counts."""
        return tuple(name for name in names if self.spec.fields[name].writable != "no")

    def full(self) -> dict[str, Value]:
        """Values for all fields of which the suite knows one: samples, an opt-out, a reference."""
        values = dict(self.samples)
        consent = self.spec.fields.get(self.spec.consent_field or "")
        if consent is not None and "unsubscribed" in consent.consent_set:
            values[consent.name] = consent.consent_set["unsubscribed"]
        reference = next((n for n, s in self.spec.fields.items() if s.kind == "reference"), "")
        if reference and self.spec.fields[reference].writable != "no":
            with suppress(pytest.skip.Exception):
                values[reference] = self.reference_target()
        return values

    def expected(self, field: str, value: Value) -> Value:
        """What the app is declared to make of a written value."""
        return coerce(value, self.spec.fields[field].coerce)

    def copies(self, n: int) -> int:
        """How often the app holds the n-th person."""
        if self.key_name:
            return len(self.find(self.address(n)))
        name = self.texts[0]
        return [record.values[name] for record in self.read()[0].values()].count(self.person(n)[name])

    def enforced(self) -> None:
        """For cases on a key that is in use already."""
        if self.key_field not in self.spec.unique:
            pytest.skip("this app does not mind a second record with the same key")

    def refusals(self) -> list[tuple[str, Value]]:
        if not self.refusal:
            pytest.skip("no value is known that this app refuses")
        return list(self.refusal.items()) if isinstance(self.refusal, Mapping) else [self.refusal]

    def refused(self) -> tuple[str, Value]:
        return self.refusals()[0]
