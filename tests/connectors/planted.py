"""Connectors with a planted bug each: of reading, of writing, of what they say."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from connectors.contract import AuthRefused, Fetched, ObjectSpec, Page, Record, Result, Write
from connectors.memory import MemoryConnector


class PastTheSafePlace(MemoryConnector):
    def pull(self, object: str, cursor: str | None, fields: Sequence[str]) -> Iterator[Page]:
        for page in super().pull(object, cursor, fields):
            stamps = [record.stamp for record in page.records if record.stamp]
            yield replace(page, cursor=f"{max(stamps).isoformat()}|~" if stamps else page.cursor)


class LosesTheLastPage(MemoryConnector):
    def pull(self, object: str, cursor: str | None, fields: Sequence[str]) -> Iterator[Page]:
        for page in super().pull(object, cursor, fields):
            yield replace(page, records=[]) if page.last else page


class NeverSaysLast(MemoryConnector):
    def pull(self, object: str, cursor: str | None, fields: Sequence[str]) -> Iterator[Page]:
        return (replace(page, last=False) for page in super().pull(object, cursor, fields))


class KeepsTheCursorToItself(MemoryConnector):
    def pull(self, object: str, cursor: str | None, fields: Sequence[str]) -> Iterator[Page]:
        for number, page in enumerate(super().pull(object, self._mine(cursor), fields)):
            self._cursors = {**getattr(self, "_cursors", {}), str(number): page.cursor}
            yield replace(page, cursor=str(number))

    def _mine(self, cursor: str | None) -> str | None:
        return (
            None
            if cursor is None
            else getattr(self, "_cursors", {}).get(cursor, "9999-01-01T00:00:00+00:00|")
        )


class LeavesOutMissingIds(MemoryConnector):
    def fetch(self, object: str, ids: Sequence[str], fields: Sequence[str]) -> list[Fetched]:
        return [answer for answer in super().fetch(object, ids, fields) if answer.state == "found"]


class TellsEveryGoneRecordAsDeleted(MemoryConnector):
    def fetch(self, object: str, ids: Sequence[str], fields: Sequence[str]) -> list[Fetched]:
        answers = super().fetch(object, ids, fields)
        return [a if a.state == "found" else Fetched(a.id, "deleted") for a in answers]


class ShowsEveryField(MemoryConnector):
    def fetch(self, object: str, ids: Sequence[str], fields: Sequence[str]) -> Sequence[Fetched]:
        return super().fetch(object, ids, ["email", "name", "city", "tier"])

    def find(self, object: str, field: str, values: Sequence[str], fields: Sequence[str]) -> Sequence[Record]:
        return super().find(object, field, values, ["email", "name", "city", "tier"])


class MindsCase(MemoryConnector):
    def find(self, object: str, field: str, values: Sequence[str], fields: Sequence[str]) -> Sequence[Record]:
        return super().find(object, field, [value for value in values if value == value.lower()], fields)


class FindsOnlyOne(MemoryConnector):
    def find(self, object: str, field: str, values: Sequence[str], fields: Sequence[str]) -> Sequence[Record]:
        return super().find(object, field, values, fields)[:1]


class Rewriting(MemoryConnector):
    """Base of the bugs in what is sent."""

    def rewrite(self, write: Write) -> Write:
        return write

    def write(self, object: str, writes: Sequence[Write]) -> Sequence[Result]:
        return super().write(object, [self.rewrite(write) for write in writes])


class Upserts(MemoryConnector):
    def write(self, object: str, writes: Sequence[Write]) -> Sequence[Result]:
        results = list(super().write(object, writes))
        for place, write in enumerate(writes):
            if results[place].outcome == "existed":
                again = replace(write, kind="update", id=results[place].id)
                results[place] = super().write(object, [again])[0]
        return results


class BlanksWhatIsNotSent(Rewriting):
    def rewrite(self, write: Write) -> Write:
        blanks = {"name": None, "city": None} if write.kind == "update" else {}
        return replace(write, values={**blanks, **write.values})


class NeverClears(Rewriting):
    def rewrite(self, write: Write) -> Write:
        return replace(write, values={k: v for k, v in write.values.items() if v is not None})


class ComposesText(Rewriting):
    def rewrite(self, write: Write) -> Write:
        composed = {
            k: unicodedata.normalize("NFC", v) if isinstance(v, str) else v for k, v in write.values.items()
        }
        return replace(write, values=composed)


class OneBadRowCostsTheBatch(MemoryConnector):
    def write(self, object: str, writes: Sequence[Write]) -> Sequence[Result]:
        if any(write.values.get("tier") == "tin" for write in writes):
            return [Result(write.ref, "rejected", write.id, reason="bad batch") for write in writes]
        return super().write(object, writes)


class AnswersForHalf(MemoryConnector):
    def write(self, object: str, writes: Sequence[Write]) -> Sequence[Result]:
        return super().write(object, writes)[: (len(writes) + 1) // 2]


class DoesNotSayWhich(MemoryConnector):
    def write(self, object: str, writes: Sequence[Write]) -> Sequence[Result]:
        return [replace(result, fields={}) for result in super().write(object, writes)]


class DoesTheRestAndSaysRejected(MemoryConnector):
    def write(self, object: str, writes: Sequence[Write]) -> Sequence[Result]:
        results = super().write(object, writes)
        for write, result in zip(writes, results, strict=True):
            rest = {name: value for name, value in write.values.items() if name not in result.fields}
            if result.fields and rest:
                super().write(object, [replace(write, values=rest)])
        return results


class TrimsAndDoesNotSay(Rewriting):
    def rewrite(self, write: Write) -> Write:
        trimmed = {k: v.strip() if isinstance(v, str) else v for k, v in write.values.items()}
        return replace(write, values=trimmed)


class DeclaresADefaultThatIsNone(MemoryConnector):
    def describe(self, object: str) -> ObjectSpec:
        spec = super().describe(object)
        return replace(spec, fields={**spec.fields, "city": replace(spec.fields["city"], default="Yazd")})


class NamesGroupsOnce(MemoryConnector):
    """What is there when the description is first asked for is told for ever."""

    known: ObjectSpec | None = None

    def describe(self, object: str) -> ObjectSpec:
        spec = super().describe(object)
        groups = spec.fields["groups"]
        if groups.options:
            self.known = self.known or spec
            return self.known
        return spec


class TakesAnythingForDone(MemoryConnector):
    def write(self, object: str, writes: Sequence[Write]) -> Sequence[Result]:
        return [replace(result, outcome="applied") for result in super().write(object, writes)]


class ShowsBlanksAsText(MemoryConnector):
    def fetch(self, object: str, ids: Sequence[str], fields: Sequence[str]) -> list[Fetched]:
        return [
            replace(a, record=replace(a.record, values={k: v or "" for k, v in a.record.values.items()}))
            if a.record
            else a
            for a in super().fetch(object, ids, fields)
        ]


class HasLocalTimes(MemoryConnector):
    def fetch(self, object: str, ids: Sequence[str], fields: Sequence[str]) -> list[Fetched]:
        return [
            replace(a, record=replace(a.record, stamp=a.record.stamp.replace(tzinfo=None)))
            if a.record and a.record.stamp
            else a
            for a in super().fetch(object, ids, fields)
        ]


class CountsNoFinds(MemoryConnector):
    def find(self, object: str, field: str, values: Sequence[str], fields: Sequence[str]) -> Sequence[Record]:
        found = super().find(object, field, values, fields)
        self.calls -= 1
        return found


class FetchesOneByOne(MemoryConnector):
    def fetch(self, object: str, ids: Sequence[str], fields: Sequence[str]) -> list[Fetched]:
        return [answer for id in ids for answer in super(FetchesOneByOne, self).fetch(object, [id], fields)]


class TellsTheSecret(MemoryConnector):
    def check(self) -> Any:
        try:
            return super().check()
        except AuthRefused as refused:
            raise AuthRefused(f"{refused} {self._options.credentials}") from None


class KnowsOtherWordsForConsent(MemoryConnector):
    def describe(self, object: str) -> ObjectSpec:
        spec = super().describe(object)
        status = replace(spec.fields["status"], consent={"active": "opted-in", "out": "unsubscribed"})
        return replace(spec, fields={**spec.fields, "status": status})


class ResubscribesOnUpdate(Rewriting):
    def write(self, object: str, writes: Sequence[Write]) -> Sequence[Result]:
        results = super().write(object, writes)
        for write in writes:
            if write.kind == "update" and "status" not in write.values:
                self._apps[object].user_edit(write.id or "", {"status": "active"})
        return results
