"""Connectors with a planted bug each: ways of reading that differ, and results that say what is not so."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from itertools import islice
from typing import Any, ClassVar

from planted import Rewriting

from connectors.contract import (
    AppError,
    Fetched,
    FieldSpec,
    ObjectSpec,
    Page,
    Record,
    Result,
    Unavailable,
    Unexpected,
    UnknownObject,
    Value,
    Write,
)
from connectors.memory import MemoryApp, MemoryConnector


def showing(record: Record, **values: Value) -> Record:
    """The record, but for the values of these fields where it has them."""
    return replace(record, values={name: values.get(name, value) for name, value in record.values.items()})


class TakesAFailedPageForTheEnd(MemoryConnector):
    def pull(self, object: str, cursor: str | None, fields: Sequence[str]) -> Iterator[Page]:
        pages = super().pull(object, cursor, fields)
        yield (page := next(pages))
        while not page.last:
            try:
                page = next(pages)
            except Unavailable:
                page = Page([], None, last=True)
            yield page


class ReadsThreePages(MemoryConnector):
    def pull(self, object: str, cursor: str | None, fields: Sequence[str]) -> Iterator[Page]:
        pages = list(super().pull(object, cursor, fields))
        yield from (*pages[:2], *pages[2:][-1:])


class PullsWrong(MemoryConnector):
    wrong: ClassVar[dict[str, Value]]

    def pull(self, object: str, cursor: str | None, fields: Sequence[str]) -> Iterator[Page]:
        for page in super().pull(object, cursor, fields):
            yield replace(page, records=[showing(record, **self.wrong) for record in page.records])


class PullsWithOtherTimes(MemoryConnector):
    def pull(self, object: str, cursor: str | None, fields: Sequence[str]) -> Iterator[Page]:
        for page in super().pull(object, cursor, fields):
            records = [replace(r, stamp=r.stamp and r.stamp + timedelta(hours=10)) for r in page.records]
            yield replace(page, records=records)


class FindsWrong(MemoryConnector):
    wrong: ClassVar[dict[str, Value]]

    def find(self, object: str, field: str, values: Sequence[str], fields: Sequence[str]) -> Sequence[Record]:
        return [showing(record, **self.wrong) for record in super().find(object, field, values, fields)]


class PullsAllAsSubscribed(PullsWrong):
    wrong: ClassVar = {"status": "active"}


class FindsAllAsSubscribed(FindsWrong):
    wrong: ClassVar = {"status": "active"}


class PullsWithoutTags(PullsWrong):
    wrong: ClassVar = {"tags": None}


class FindsWithoutTags(FindsWrong):
    wrong: ClassVar = {"tags": None}


class FindsOnTheFirstPage(MemoryConnector):
    def find(self, object: str, field: str, values: Sequence[str], fields: Sequence[str]) -> Sequence[Record]:
        app = self._apps[object]
        first = set(islice(app.records, app.traits.page_size))
        return [record for record in super().find(object, field, values, fields) if record.id in first]


class CreatesWithoutConsent(Rewriting):
    def rewrite(self, write: Write) -> Write:
        given = {k: v for k, v in write.values.items() if write.kind != "create" or k != "status"}
        return replace(write, values=given)


class CreatesWithoutTags(Rewriting):
    def rewrite(self, write: Write) -> Write:
        given = {k: v for k, v in write.values.items() if write.kind != "create" or k != "tags"}
        return replace(write, values=given)


class SetsTwoFieldsAtMost(Rewriting):
    def rewrite(self, write: Write) -> Write:
        most = 2 if write.kind == "update" else len(write.values)
        return replace(write, values=dict(islice(write.values.items(), most)))


class Answering(MemoryConnector):
    """Base of the bugs in what is said of a write."""

    def answer(self, write: Write, result: Result) -> Result:
        return result

    def write(self, object: str, writes: Sequence[Write]) -> Sequence[Result]:
        results = super().write(object, writes)
        return [self.answer(write, result) for write, result in zip(writes, results, strict=True)]


class AnswersWithoutTags(Answering):
    def answer(self, write: Write, result: Result) -> Result:
        return replace(result, record=result.record and showing(result.record, tags=None))


class Echoes(Answering):
    def answer(self, write: Write, result: Result) -> Result:
        return replace(result, record=result.record and Record(result.record.id, write.values))


class ClaimsTheRaise(Answering):
    def answer(self, write: Write, result: Result) -> Result:
        if write.kind == "update" and write.values.get("status") == "active":
            return Result(write.ref, "applied", write.id, Record(write.id or "", write.values))
        return result


class MindsTheFirstRefusalOnly(Answering):
    def answer(self, write: Write, result: Result) -> Result:
        return Result(write.ref, "applied", write.id) if "size" in result.fields else result


class SendsTheFirstOfTwo(MemoryConnector):
    def write(self, object: str, writes: Sequence[Write]) -> Sequence[Result]:
        first = {write.id or write.ref: write for write in reversed(writes)}
        done = {result.ref: result for result in super().write(object, list(first.values()))}
        return [
            replace(done[first[write.id or write.ref].ref], ref=write.ref, record=None) for write in writes
        ]


class SaysTooLittleOfAnObjectThatItLacks(MemoryConnector):
    def describe(self, object: str) -> ObjectSpec:
        try:
            return super().describe(object)
        except UnknownObject as error:
            raise AppError(str(error)) from None


class MakesNoFields(MemoryConnector):
    def create_fields(self, object: str, fields: Iterable[FieldSpec]) -> None:
        pass


class AnswersForEveryObject(MemoryConnector):
    def _app(self, object: str) -> MemoryApp:
        return self._apps.get(object) or next(iter(self._apps.values()))


class BareLists(MemoryConnector):
    """No bug: an app whose lists are bare. `body`: what it answers to a list in place of records."""

    body: ClassVar[Any] = None

    def pull(self, object: str, cursor: str | None, fields: Sequence[str]) -> Iterator[Page]:
        return super().pull(object, cursor, fields) if self.body is None else self.bent()

    def find(self, object: str, field: str, values: Sequence[str], fields: Sequence[str]) -> Sequence[Record]:
        if self.body is not None and self.body != []:
            raise Unexpected("the answer is not the list that was promised")
        return [] if self.body == [] else super().find(object, field, values, fields)

    def bent(self) -> Iterator[Page]:
        if self.body != []:
            raise Unexpected("the answer is not the list that was promised")
        yield Page([], None, last=True)


class TakesAnyBodyForAnEmptyList(BareLists):
    def bent(self) -> Iterator[Page]:
        yield Page([], None, last=True)


class TakesAnyAnswerForADeletion(BareLists):
    def fetch(self, object: str, ids: Sequence[str], fields: Sequence[str]) -> Sequence[Fetched]:
        found = super().fetch(object, ids, fields)
        return found if self.body is None else [Fetched(id, "deleted") for id in ids]
