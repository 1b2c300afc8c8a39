"""The suite catches what it is there to catch: each planted bug makes its case fail."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

import pytest
from test_memory import TestMemory as MemoryCase

from connectors.contract import AuthRefused, Fetched, ObjectSpec, Page, Record, Result, Write
from connectors.contract_suite import ConnectorContract
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


Case = Callable[[MemoryCase], None]
S = ConnectorContract
PLANTED: list[tuple[type[MemoryConnector], Case]] = [
    (PastTheSafePlace, S.test_edits_at_one_instant_survive_every_cursor),
    (PastTheSafePlace, S.test_an_edit_in_the_instant_of_the_cursor_is_not_lost),
    (PastTheSafePlace, S.test_edits_between_pages_are_not_lost),
    (PastTheSafePlace, S.test_reading_goes_on_from_every_cursor),
    (LosesTheLastPage, S.test_a_full_pull_gives_every_record),
    (LosesTheLastPage, S.test_a_pull_may_be_left_in_the_middle),
    (NeverSaysLast, S.test_the_last_page_says_so_and_no_other),
    (KeepsTheCursorToItself, S.test_a_cursor_works_in_another_connection),
    (LeavesOutMissingIds, S.test_fetch_answers_once_for_each_id),
    (TellsEveryGoneRecordAsDeleted, S.test_an_archived_record_is_told_as_archived),
    (TellsEveryGoneRecordAsDeleted, S.test_a_merged_record_leads_to_the_one_that_lives),
    (ShowsEveryField, S.test_only_the_fields_asked_for_are_returned),
    (ShowsEveryField, S.test_find_gives_only_what_was_asked_for),
    (MindsCase, S.test_find_does_not_mind_the_case_of_a_key),
    (FindsOnlyOne, S.test_find_several_keys_at_once),
    (Upserts, S.test_a_create_on_an_existing_key_changes_nothing),
    (Upserts, S.test_the_same_create_again_makes_no_second_record),
    (BlanksWhatIsNotSent, S.test_an_update_changes_the_fields_that_were_sent_and_no_others),
    (NeverClears, S.test_clearing_a_field_leaves_it_blank),
    (OneBadRowCostsTheBatch, lambda case: case.test_a_refused_create_does_not_cost_its_batch(2)),
    (OneBadRowCostsTheBatch, lambda case: case.test_a_refused_update_does_not_cost_its_batch(4)),
    (OneBadRowCostsTheBatch, S.test_a_refused_field_is_named_with_a_reason),
    (AnswersForHalf, lambda case: case.test_a_large_batch_is_applied_whole(1)),
    (DoesNotSayWhich, S.test_a_key_that_another_record_has_is_refused_by_name),
    (DoesNotSayWhich, S.test_a_refused_field_is_named_with_a_reason),
    (TakesAnythingForDone, S.test_an_update_of_a_missing_record_is_not_applied),
    (TakesAnythingForDone, S.test_an_update_of_a_deleted_record_is_not_applied),
    (TakesAnythingForDone, S.test_what_is_done_beside_a_taken_key_is_said_as_it_is),
    (DoesTheRestAndSaysRejected, S.test_what_is_done_beside_a_taken_key_is_said_as_it_is),
    (DoesTheRestAndSaysRejected, S.test_what_is_done_beside_a_missing_reference_is_said_as_it_is),
    (TrimsAndDoesNotSay, S.test_outer_blanks_come_out_as_declared),
    (DeclaresADefaultThatIsNone, S.test_a_new_record_has_the_declared_defaults),
    (ComposesText, lambda case: case.test_text_goes_in_and_out_unchanged("Zoe\u0308")),
    (ShowsBlanksAsText, S.test_a_blank_is_there_and_is_none),
    (ShowsBlanksAsText, S.test_values_have_the_described_types),
    (HasLocalTimes, S.test_stamps_are_aware_and_utc),
    (CountsNoFinds, S.test_every_call_is_counted),
    (FetchesOneByOne, S.test_the_price_of_a_fetch),
    (TellsTheSecret, S.test_a_refused_credential_is_never_repeated),
    (KnowsOtherWordsForConsent, S.test_consent_speaks_the_words_of_the_lattice),
    (ResubscribesOnUpdate, S.test_an_update_does_not_touch_consent),
]


@pytest.mark.parametrize(("wrong", "case"), PLANTED, ids=[wrong.__name__ for wrong, _ in PLANTED])
def test_a_planted_bug_is_caught(wrong: type[MemoryConnector], case: Case) -> None:
    right, broken = MemoryCase(), type("Broken", (MemoryCase,), {"kind": wrong})()
    right.open()
    case(right)  # passes, so that it fails below because of the bug
    broken.open()
    with pytest.raises(AssertionError):
        case(broken)
