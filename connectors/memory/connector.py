"""The connector of a memory app: the shortest complete one, and the reference for all others."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import datetime
from typing import ClassVar

from connectors.contract import (
    Account,
    AppError,
    AuthRefused,
    Fetched,
    FieldSpec,
    ObjectSpec,
    Options,
    Page,
    Record,
    Result,
    Unavailable,
    UnknownObject,
    Value,
    Write,
)
from connectors.memory.app import Gone, MemoryApp, Refused, Taken
from connectors.memory.faults import Fault
from connectors.memory.index import Position, Row
from connectors.values import chunks


class MemoryConnector:
    """A connection to memory apps, one for each object.

    Tests pass the apps; a connection from a config file finds them under its base URL, or else its name, in
    `served` (which is how a test reaches the apps of an engine that it starts).
    """

    title = "Memory"
    credentials: tuple[str, ...] = ()
    default_base_url: str | None = None
    served: ClassVar[dict[str, tuple[MemoryApp, ...]]] = {}

    def __init__(self, options: Options, *apps: MemoryApp) -> None:
        self.calls = 0
        self._options = options
        where = options.base_url or options.name
        self._apps = {app.traits.object: app for app in apps or self.served.get(where, ())}
        if not self._apps:
            raise AppError(
                f"{options.name}: no memory app is served at {where!r}. "
                "Put one into MemoryConnector.served before connecting."
            )

    def check(self) -> Account:
        app = next(iter(self._apps.values()))
        self._request(app, "check")
        return Account(app.account, f"memory app {app.account}", ("read", "write"))

    def describe(self, object: str) -> ObjectSpec:
        app = self._app(object)
        self._request(app, "describe")
        return app.traits.spec(app.fields)

    def remember(self, spec: ObjectSpec) -> None:
        """Nothing to keep: the app is in this process."""

    def pull(self, object: str, cursor: str | None, fields: Sequence[str]) -> Iterator[Page]:
        app = self._app(object)
        feed = app.traits.feed == "changes"
        position = _position(cursor) if cursor else None
        # Not a later one, while pages are read: what shows late may lie behind the place already reached.
        safe = (app.horizon(), "")
        while True:
            self._request(app, "pull")
            rows, position = app.page(position)
            records = [_record(app, row, fields) for row in rows]
            if position is None:
                yield Page(records, _cursor(safe) if feed else None, last=True)
                return
            yield Page(records, _cursor(min(position, safe) if feed else position))

    def fetch(self, object: str, ids: Sequence[str], fields: Sequence[str]) -> Sequence[Fetched]:
        app = self._app(object)
        answers: list[Fetched] = []
        for chunk in chunks(ids, app.traits.batch):
            self._request(app, "fetch")
            answers += [_fetched(app, id, fields) for id in chunk]
        return answers

    def find(self, object: str, field: str, values: Sequence[str], fields: Sequence[str]) -> Sequence[Record]:
        app = self._app(object)
        if field not in (*app.traits.unique, app.traits.external_id):
            raise AppError(
                f"{self._options.name}: {object} cannot be found by {field}; it is not unique there."
            )
        if not values:
            return []
        self._request(app, "find")
        return [_record(app, row, fields) for row in app.find(field, values)]

    def write(self, object: str, writes: Sequence[Write]) -> Sequence[Result]:
        app = self._app(object)
        return [result for chunk in chunks(writes, app.traits.batch) for result in self._send(app, chunk)]

    @property
    def mergeable(self) -> Collection[str]:
        return tuple(self._apps)

    def merge(self, object: str, survivor: str, other: str) -> Result:
        """As if a person had merged them there."""
        app = self._app(object)
        self._request(app, "merge")
        if {survivor, other} - app.records.keys():
            return Result(other, "rejected", other, reason="there are no two such records")
        lives = app.user_merge(other, survivor)
        app.end("merge")
        return Result(other, "applied", lives)

    def create_fields(self, object: str, fields: Iterable[FieldSpec]) -> None:
        app = self._app(object)
        self._request(app, "create_fields")
        app.add_fields(fields)

    def close(self) -> None:
        """Nothing to give back."""

    def _app(self, object: str) -> MemoryApp:
        if object not in self._apps:
            raise UnknownObject(self._options.name, object, list(self._apps))
        return self._apps[object]

    def _request(self, app: MemoryApp, call: str) -> Fault | None:
        """One call: counted, timed, and subject to the faults of the app."""
        self.calls += 1
        app.begin(call)
        if app.traits.token not in (None, self._options.credentials.get("token")):
            raise AuthRefused(
                f"{self._options.name}: the token was refused. Put the right one into the config."
            )
        if app.faults is None:
            return None
        if app.faults.slow:
            self._options.sleep(app.faults.slow)
        fault = app.faults.draw(call)
        if fault == "down":
            raise Unavailable(f"{self._options.name}: the app does not answer. Later runs try again.")
        return fault

    def _send(self, app: MemoryApp, writes: Sequence[Write]) -> list[Result]:
        fault = self._request(app, "write")
        results = [_done(app, write, fault) for write in writes]
        app.end("write")
        return results


def _done(app: MemoryApp, write: Write, fault: Fault | None) -> Result:
    if fault == "partial" and app.faults is not None:
        fault = app.faults.part()
    if fault == "retry":
        return Result(write.ref, "retry", write.id, reason="the app is busy")
    if fault == "ignored":
        return _pretended(app, write)
    result = None if fault == "timeout_before" else _applied(app, write)
    if result is None or fault == "timeout_after":
        return Result(write.ref, "unknown", write.id, reason="no answer")
    return result


def _applied(app: MemoryApp, write: Write) -> Result:
    try:
        if write.kind == "create":
            row = app.create(write.values, "sync")
        elif write.kind == "update":
            row = app.edit(write.id or "", write.values, "sync")
        else:
            row = app.archive(write.id or "", "sync")
    except Taken as taken:
        if write.kind == "create":
            return Result(write.ref, "existed", taken.holder)
        return Result(write.ref, "rejected", write.id, reason=taken.reason, fields=taken.fields)
    except Gone as gone:
        return Result(write.ref, "stale", write.id, reason=gone.reason)
    except Refused as refused:
        return Result(write.ref, "rejected", write.id, reason=refused.reason, fields=refused.fields)
    return Result(write.ref, "applied", row.id, _answer(app, row))


def _pretended(app: MemoryApp, write: Write) -> Result:
    """What an app says that ignores a write: done, and the record as it was. No create gets an id."""
    row = app.rows.get(write.id or "")
    if row is None:
        return Result(write.ref, "unknown", write.id, reason="the app names no record")
    if row.state not in ("live", "archived"):
        return _applied(app, write)  # nothing is left that it could show
    return Result(write.ref, "applied", row.id, _answer(app, row))


def _answer(app: MemoryApp, row: Row) -> Record | None:
    return _record(app, row, tuple(app.fields)) if app.traits.answers else None


def _fetched(app: MemoryApp, id: str, fields: Sequence[str]) -> Fetched:
    row = app.rows.get(id)
    if row is None:
        return Fetched(id, "unknown")
    if row.state == "merged":
        return Fetched(id, "merged", into=_survivor(app, row))
    if row.state == "deleted":
        return Fetched(id, "deleted" if app.traits.tells_deleted else "unknown")
    return Fetched(id, "archived" if row.state == "archived" else "found", _record(app, row, fields))


def _survivor(app: MemoryApp, row: Row) -> str:
    """The id at the end of a chain of merges."""
    while row.into is not None:
        row = app.rows[row.into]
    return row.id


def _record(app: MemoryApp, row: Row, fields: Sequence[str]) -> Record:
    values = {name: _own(row.values.get(name)) for name in fields if name in app.fields}
    stamps = {name: row.stamps[name] for name in values if name in row.stamps}
    return Record(row.id, values, row.stamp, stamps, row.other_keys, archived=row.state == "archived")


def _own(value: Value) -> Value:
    return list(value) if isinstance(value, list) else value


def _cursor(position: Position) -> str:
    return f"{position[0].isoformat()}|{position[1]}"


def _position(cursor: str) -> Position:
    stamp, _, id = cursor.partition("|")
    try:
        return datetime.fromisoformat(stamp), id
    except ValueError:
        raise AppError(
            f"{cursor!r} is not a cursor of a memory app. Read again from the beginning."
        ) from None
