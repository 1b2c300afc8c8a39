"""Connectors with a planted bug each, found by writing connectors from outside: what a write does beside what
it says, failures that pass for an answer, and what is declared of places, times and consent."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import ClassVar

from planted import Rewriting
from planted_views import BareLists

from connectors.contract import (
    AppError,
    Fetched,
    ObjectSpec,
    Page,
    Record,
    Result,
    Unavailable,
    Value,
    Write,
)
from connectors.memory import MemoryApp, MemoryConnector
from connectors.memory.faults import Fault
from connectors.values import chunks


class TakesAFailureForADeletion(MemoryConnector):
    def fetch(self, object: str, ids: Sequence[str], fields: Sequence[str]) -> Sequence[Fetched]:
        try:
            return super().fetch(object, ids, fields)
        except Unavailable:
            return [Fetched(id, "deleted") for id in ids]


class TakesAFailureForNobody(MemoryConnector):
    def find(self, object: str, field: str, values: Sequence[str], fields: Sequence[str]) -> Sequence[Record]:
        try:
            return super().find(object, field, values, fields)
        except Unavailable:
            return []


class TakesAnyBodyForNobody(BareLists):
    def find(self, object: str, field: str, values: Sequence[str], fields: Sequence[str]) -> Sequence[Record]:
        try:
            return super().find(object, field, values, fields)
        except AppError:
            return []


class SaysNothingOfTheGone(MemoryConnector):
    """No bug: an app that answers alike for what was archived, merged or deleted."""

    def fetch(self, object: str, ids: Sequence[str], fields: Sequence[str]) -> Sequence[Fetched]:
        answers = super().fetch(object, ids, fields)
        return [a if a.state == "found" else Fetched(a.id, "unknown") for a in answers]


class FindsAFewAtATime(MemoryConnector):
    def find(self, object: str, field: str, values: Sequence[str], fields: Sequence[str]) -> Sequence[Record]:
        return super().find(object, field, list(values)[:5], fields)


class TwoCalls(MemoryConnector):
    """No bug: tags take a call of their own. `left`: the calls that are let through; None: all."""

    left: ClassVar[int | None] = None
    broken_off: ClassVar[str] = "unknown"

    def _request(self, app: MemoryApp, call: str) -> Fault | None:
        kind = type(self)
        if kind.left is not None:
            kind.left -= 1
            if kind.left < 0:
                self.calls += 1
                raise Unavailable("the app does not answer")
        return super()._request(app, call)

    def write(self, object: str, writes: Sequence[Write]) -> Sequence[Result]:
        results: list[Result] = []
        for write in writes:
            try:
                results.append(self._one(object, write))
            except Unavailable as error:
                if not results:
                    raise
                results.append(Result(write.ref, "retry", write.id, reason=str(error)))
        return results

    def _one(self, object: str, write: Write) -> Result:
        values = {name: value for name, value in write.values.items() if name != "tags"}
        (result,) = super().write(object, [replace(write, values=values)])
        if result.outcome != "applied" or "tags" not in write.values:
            return result
        try:
            tags = replace(write, kind="update", id=result.id, values={"tags": write.values["tags"]})
            return super().write(object, [tags])[0]
        except Unavailable as error:
            return Result(write.ref, self.broken_off, result.id, reason=str(error))  # type: ignore[arg-type]


class ForgetsItsFirstCall(TwoCalls):
    broken_off = "retry"


class OnExisting(MemoryConnector):
    """Base of the bugs that do something to a record that a create met."""

    def touch(self, app: MemoryApp, id: str, values: Mapping[str, Value]) -> None:
        pass

    def write(self, object: str, writes: Sequence[Write]) -> Sequence[Result]:
        results = super().write(object, writes)
        for write, result in zip(writes, results, strict=True):
            if result.outcome == "existed" and result.id:
                self.touch(self._app(object), result.id, write.values)
        return results


class TagsWhomItMet(OnExisting):
    def touch(self, app: MemoryApp, id: str, values: Mapping[str, Value]) -> None:
        if values.get("tags"):
            app.user_edit(id, {"tags": values["tags"]})


class BringsBackWhomItMet(OnExisting):
    def touch(self, app: MemoryApp, id: str, values: Mapping[str, Value]) -> None:
        if app.rows[id].state == "archived":
            app.user_restore(id)


class SubscribesWhomItMet(OnExisting):
    def touch(self, app: MemoryApp, id: str, values: Mapping[str, Value]) -> None:
        app.user_edit(id, {"status": "active"})


class TakesTagsThatAreNotSent(Rewriting):
    def rewrite(self, write: Write) -> Write:
        return replace(write, values={"tags": None, **write.values}) if write.kind == "update" else write


class TagsBeforeTheRefusal(MemoryConnector):
    def write(self, object: str, writes: Sequence[Write]) -> Sequence[Result]:
        for write in writes:
            if write.kind == "update" and "tags" in write.values:
                super().write(object, [replace(write, values={"tags": write.values["tags"]})])
        return super().write(object, writes)


class MakesWhatItSaysItRefused(MemoryConnector):
    def write(self, object: str, writes: Sequence[Write]) -> Sequence[Result]:
        results = super().write(object, writes)
        for write, result in zip(writes, results, strict=True):
            rest = {name: value for name, value in write.values.items() if name not in result.fields}
            if write.kind == "create" and result.outcome == "rejected":
                super().write(object, [replace(write, values=rest)])
        return results


class SubscribesWhomItTags(MemoryConnector):
    def write(self, object: str, writes: Sequence[Write]) -> Sequence[Result]:
        for write in writes:
            if write.kind == "update" and "tags" in write.values:
                self._app(object).user_edit(write.id or "", {"status": "active"})
        return super().write(object, writes)


class SubscribesWithAnotherAddress(MemoryConnector):
    def write(self, object: str, writes: Sequence[Write]) -> Sequence[Result]:
        for write in writes:
            if write.kind == "update" and "email" in write.values:
                self._app(object).user_edit(write.id or "", {"status": "active"})
        return super().write(object, writes)


class ForgetsFurtherKeys(MemoryConnector):
    def fetch(self, object: str, ids: Sequence[str], fields: Sequence[str]) -> Sequence[Fetched]:
        answers = super().fetch(object, ids, fields)
        return [replace(a, record=a.record and replace(a.record, other_keys={})) for a in answers]


class ArchivesForGood(MemoryConnector):
    def write(self, object: str, writes: Sequence[Write]) -> Sequence[Result]:
        results = super().write(object, writes)
        for write in writes:
            if write.kind == "archive":
                self._app(object).user_delete(write.id or "")
        return results


class DeclaresNoLowerCase(MemoryConnector):
    def describe(self, object: str) -> ObjectSpec:
        spec = super().describe(object)
        return replace(spec, fields={**spec.fields, "email": replace(spec.fields["email"], coerce=("trim",))})


class HasConsentTheWrongWayRound(MemoryConnector):
    """In what it reads and in what it writes."""

    def describe(self, object: str) -> ObjectSpec:
        spec = super().describe(object)
        turned = replace(
            spec.fields["status"],
            consent={"active": "unsubscribed", "out": "subscribed"},
            consent_set={"unsubscribed": "active", "subscribed": "out"},
        )
        return replace(spec, fields={**spec.fields, "status": turned})


class Stamping(MemoryConnector):
    """Base of the bugs in times."""

    def stamped(self, app: MemoryApp, record: Record) -> Record:
        return record

    def fetch(self, object: str, ids: Sequence[str], fields: Sequence[str]) -> Sequence[Fetched]:
        app = self._app(object)
        return [
            replace(answer, record=answer.record and self.stamped(app, answer.record))
            for answer in super().fetch(object, ids, fields)
        ]


class HasTimesOfAnotherZone(Stamping):
    def stamped(self, app: MemoryApp, record: Record) -> Record:
        return replace(record, stamp=record.stamp and record.stamp - timedelta(hours=7))


class HasTimesOfTheCreation(Stamping):
    def stamped(self, app: MemoryApp, record: Record) -> Record:
        made = next(entry.at for entry in app.log if entry.id == record.id)
        return replace(record, stamp=made)


class ForgetsTheLag(MemoryConnector):
    def pull(self, object: str, cursor: str | None, fields: Sequence[str]) -> Iterator[Page]:
        now = self._app(object).now()
        for page in super().pull(object, cursor, fields):
            yield replace(page, cursor=f"{now.isoformat()}|") if page.last else page


class PollsFromTheEndOfTheRead(MemoryConnector):
    """A whole read goes by id; what changed while it lasted is left out by the next poll."""

    def pull(self, object: str, cursor: str | None, fields: Sequence[str]) -> Iterator[Page]:
        app = self._app(object)
        if cursor is not None:
            yield from super().pull(object, cursor, fields)
            return
        every = sorted(app.records)
        for ids in chunks(every, 3):
            records = [a.record for a in super().fetch(object, ids, fields) if a.record is not None]
            last = ids[-1] == every[-1]
            yield Page(records, f"{app.horizon().isoformat()}|" if last else None, last)
