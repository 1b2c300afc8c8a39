"""The suite catches what it is there to catch: each planted bug makes its case fail."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any, ClassVar

import pytest
from planted import (
    AnswersForHalf,
    BlanksWhatIsNotSent,
    ComposesText,
    CountsNoFinds,
    DeclaresADefaultThatIsNone,
    DoesNotSayWhich,
    DoesTheRestAndSaysRejected,
    FetchesOneByOne,
    FindsOnlyOne,
    HasLocalTimes,
    KeepsTheCursorToItself,
    KnowsOtherWordsForConsent,
    LeavesOutMissingIds,
    LosesTheLastPage,
    MindsCase,
    NamesGroupsOnce,
    NeverClears,
    NeverSaysLast,
    OneBadRowCostsTheBatch,
    PastTheSafePlace,
    ResubscribesOnUpdate,
    ShowsBlanksAsText,
    ShowsEveryField,
    TakesAnythingForDone,
    TellsEveryGoneRecordAsDeleted,
    TellsTheSecret,
    TrimsAndDoesNotSay,
    Upserts,
)
from planted_harm import (
    ArchivesForGood,
    BringsBackWhomItMet,
    DeclaresNoLowerCase,
    FindsAFewAtATime,
    ForgetsFurtherKeys,
    ForgetsItsFirstCall,
    ForgetsTheLag,
    HasConsentTheWrongWayRound,
    HasTimesOfAnotherZone,
    HasTimesOfTheCreation,
    MakesWhatItSaysItRefused,
    PollsFromTheEndOfTheRead,
    SaysNothingOfTheGone,
    SubscribesWhomItMet,
    SubscribesWhomItTags,
    SubscribesWithAnotherAddress,
    TagsBeforeTheRefusal,
    TagsWhomItMet,
    TakesAFailureForADeletion,
    TakesAFailureForNobody,
    TakesAnyBodyForNobody,
    TakesTagsThatAreNotSent,
    TwoCalls,
)
from planted_views import (
    AnswersForEveryObject,
    AnswersWithoutTags,
    BareLists,
    ClaimsTheRaise,
    CreatesWithoutConsent,
    CreatesWithoutTags,
    Echoes,
    FindsAllAsSubscribed,
    FindsOnTheFirstPage,
    FindsWithoutTags,
    MakesNoFields,
    MindsTheFirstRefusalOnly,
    PullsAllAsSubscribed,
    PullsWithOtherTimes,
    PullsWithoutTags,
    ReadsThreePages,
    SaysTooLittleOfAnObjectThatItLacks,
    SendsTheFirstOfTwo,
    SetsTwoFieldsAtMost,
    TakesAFailedPageForTheEnd,
    TakesAnyAnswerForADeletion,
    TakesAnyBodyForAnEmptyList,
)
from test_memory import TestMemory as MemoryCase
from test_memory import TestMemoryWithoutKeys as KeylessCase

from connectors.contract import AppError, Value
from connectors.contract_suite import ConnectorContract
from connectors.memory import MemoryConnector

Case = Callable[[MemoryCase], None]
S = ConnectorContract
LACKED = S.test_nothing_is_read_or_written_of_an_object_that_the_app_lacks
PLANTED: list[tuple[type[MemoryConnector], Case]] = [
    (PastTheSafePlace, S.test_edits_at_one_instant_survive_every_cursor),
    (PastTheSafePlace, S.test_an_edit_in_the_instant_of_the_cursor_is_not_lost),
    (PastTheSafePlace, partial(S.test_edits_between_pages_are_not_lost, slow=False)),
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
    *(
        (NamesGroupsOnce, partial(S.test_a_group_that_is_gone_is_not_among_those_that_there_are, loss=loss))
        for loss in ("removed", "renamed")
    ),
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
    (ReadsThreePages, S.test_many_pages_are_all_given),
    (TakesAFailedPageForTheEnd, S.test_a_pull_that_fails_after_its_first_page_does_not_end_there),
    (FindsOnTheFirstPage, S.test_find_by_key),
    (FindsOnTheFirstPage, S.test_find_several_keys_at_once),
    (PullsAllAsSubscribed, S.test_an_unsubscribe_is_never_weaker_than_it_was_sent),
    (FindsAllAsSubscribed, S.test_an_unsubscribe_is_never_weaker_than_it_was_sent),
    (CreatesWithoutConsent, S.test_a_create_with_an_unsubscribe_is_never_weaker_than_it_was_sent),
    (ClaimsTheRaise, S.test_a_raise_of_consent_is_said_as_it_is),
    (PullsWithoutTags, S.test_what_a_create_was_given_is_shown_alike_in_every_way),
    (FindsWithoutTags, S.test_what_a_create_was_given_is_shown_alike_in_every_way),
    (CreatesWithoutTags, S.test_what_a_create_was_given_is_shown_alike_in_every_way),
    (AnswersWithoutTags, S.test_what_a_create_was_given_is_shown_alike_in_every_way),
    (AnswersWithoutTags, S.test_sample_values_are_kept_as_they_were_sent),
    (Echoes, S.test_the_answer_to_a_write_without_effect_is_no_echo),
    (Echoes, S.test_the_record_in_an_answer_is_what_the_app_has_made_of_it),
    (SetsTwoFieldsAtMost, S.test_an_update_of_several_fields_sets_all_of_them),
    (SendsTheFirstOfTwo, S.test_of_two_updates_of_one_record_in_a_batch_the_later_stands),
    (SendsTheFirstOfTwo, S.test_two_updates_of_one_record_in_a_batch_are_both_done),
    (MakesNoFields, S.test_a_new_field_is_made_or_refused_in_words),
    (PullsWithOtherTimes, S.test_pull_and_fetch_tell_the_same_stamp),
    (TakesAFailureForADeletion, partial(S.test_a_fetch_that_failed_never_tells_of_a_deletion, status=503)),
    (
        TakesAFailureForNobody,
        partial(S.test_a_search_that_failed_never_tells_that_nobody_is_there, status=503),
    ),
    (FindsAFewAtATime, S.test_find_more_keys_than_a_batch_holds),
    (TagsWhomItMet, S.test_a_create_on_an_existing_key_changes_nothing_else_either),
    (BringsBackWhomItMet, S.test_a_create_on_the_key_of_an_archived_record_leaves_that_one_archived),
    (SubscribesWhomItMet, S.test_a_create_on_an_existing_key_raises_no_consent),
    (TakesTagsThatAreNotSent, S.test_an_update_changes_the_fields_that_were_sent_and_no_others),
    (TagsBeforeTheRefusal, S.test_a_refused_write_changes_nothing),
    (MakesWhatItSaysItRefused, S.test_a_refused_create_leaves_no_record),
    (
        MakesWhatItSaysItRefused,
        S.test_a_create_with_a_missing_reference_is_refused_without_a_record_or_made_without_it,
    ),
    (SubscribesWhomItTags, S.test_an_update_does_not_touch_consent),
    (SubscribesWithAnotherAddress, S.test_another_address_does_not_lift_an_opt_out),
    (ForgetsFurtherKeys, S.test_find_by_the_key_of_a_merged_record_gives_the_one_that_lives),
    (ArchivesForGood, S.test_an_archived_record_comes_back_where_that_is_told),
    (DeclaresNoLowerCase, S.test_a_key_comes_out_as_declared),
    (HasConsentTheWrongWayRound, S.test_who_opts_out_in_the_app_is_read_as_that),
    (HasTimesOfAnotherZone, S.test_a_stamp_is_the_time_of_the_last_change),
    (HasTimesOfTheCreation, S.test_a_stamp_is_the_time_of_the_last_change),
    *((AnswersForEveryObject, partial(LACKED, call=call)) for call in ("pull", "fetch", "find", "write")),
]


class SeveralRefusals(MemoryCase):
    refusal: ClassVar[Mapping[str, Value]] = {"tier": "tin", "size": "large"}


class BareListsCase(MemoryCase):
    kind = BareLists
    empty_list: ClassVar[Any] = []

    def fault(self, kind: str, on: str = "", **rule: Any) -> None:
        self.kind.body = rule["body"]

    def no_faults(self) -> None:
        self.kind.body = None


class InTwoCalls(MemoryCase):
    kind: ClassVar[type[TwoCalls]] = TwoCalls

    def fault(self, kind: str, on: str = "", **rule: Any) -> None:
        self.kind.left = rule["skip"]

    def no_faults(self) -> None:
        self.kind.left = None


class TellsNoneOfTheGone(MemoryCase):
    kind = SaysNothingOfTheGone
    untold: ClassVar[tuple[str, ...]] = ("archived", "merged")


class NamedByTheKey(MemoryCase):
    """The first text is the key, as with companies whose name is unique."""

    texts = ("email", "city")


class Lagging(MemoryCase):
    traits = replace(MemoryCase.traits, lag=30.0)


class OddIds(MemoryCase):
    many = 3  # fewer than a fetch may ask for
    missing_id = "pe_ffff"


class OneText(MemoryCase):
    texts = ("name",)


# The same for apps of another kind.
ELSEWHERE: list[tuple[type[MemoryCase], type[MemoryConnector], Case]] = [
    (KeylessCase, LosesTheLastPage, S.test_a_full_pull_gives_every_record),
    (KeylessCase, BlanksWhatIsNotSent, S.test_an_update_changes_the_fields_that_were_sent_and_no_others),
    (KeylessCase, PullsAllAsSubscribed, S.test_an_unsubscribe_is_never_weaker_than_it_was_sent),
    (SeveralRefusals, MindsTheFirstRefusalOnly, S.test_a_refused_field_is_named_with_a_reason),
    (
        BareListsCase,
        TakesAnyBodyForAnEmptyList,
        S.test_an_answer_that_is_not_a_list_is_an_error_and_never_an_empty_app,
    ),
    (
        BareListsCase,
        TakesAnyAnswerForADeletion,
        S.test_one_foreign_answer_in_a_fetch_neither_deletes_nor_blanks,
    ),
    (OddIds, LeavesOutMissingIds, S.test_a_full_fetch_batch_is_answered),
    (
        BareListsCase,
        TakesAnyBodyForNobody,
        S.test_an_answer_to_a_search_that_is_none_never_tells_that_nobody_is_there,
    ),
    *(
        (InTwoCalls, ForgetsItsFirstCall, partial(case, kind="status"))
        for case in (
            S.test_creates_that_break_off_between_calls_are_said_as_they_are,
            S.test_updates_that_break_off_between_calls_are_said_as_they_are,
        )
    ),
    (TellsNoneOfTheGone, TellsEveryGoneRecordAsDeleted, S.test_an_archived_record_is_told_as_archived),
    (
        TellsNoneOfTheGone,
        TellsEveryGoneRecordAsDeleted,
        S.test_a_merged_record_leads_to_the_one_that_lives,
    ),
    (NamedByTheKey, Upserts, S.test_a_create_on_an_existing_key_changes_nothing),
    (Lagging, ForgetsTheLag, S.test_what_changed_within_the_lag_is_given_by_the_next_poll_too),
    (Lagging, PollsFromTheEndOfTheRead, partial(S.test_edits_between_pages_are_not_lost, slow=True)),
]
CAUGHT = (AssertionError, pytest.fail.Exception)


@pytest.mark.parametrize(("wrong", "case"), PLANTED, ids=[wrong.__name__ for wrong, _ in PLANTED])
def test_a_planted_bug_is_caught(wrong: type[MemoryConnector], case: Case) -> None:
    played(MemoryCase, case)  # passes, so that it fails below because of the bug
    with pytest.raises(CAUGHT):
        played(with_bug(MemoryCase, wrong), case)


@pytest.mark.parametrize(("app", "wrong", "case"), ELSEWHERE, ids=[app.__name__ for app, _, _ in ELSEWHERE])
def test_a_planted_bug_is_caught_in_another_app(
    app: type[MemoryCase], wrong: type[MemoryConnector], case: Case
) -> None:
    played(app, case)
    with pytest.raises(CAUGHT):
        played(with_bug(app, wrong), case)


def test_a_plain_error_for_an_object_that_the_app_lacks_is_not_enough() -> None:
    case = S.test_an_object_that_the_app_lacks_is_an_error_with_a_text
    played(MemoryCase, case)
    with pytest.raises(AppError) as caught:
        played(with_bug(MemoryCase, SaysTooLittleOfAnObjectThatItLacks), case)
    assert type(caught.value) is AppError


def test_a_bare_list_without_records_is_garbled_where_nothing_else_is_said() -> None:
    unsaid = type("Unsaid", (BareListsCase,), {"empty_list": None})
    with pytest.raises(CAUGHT):
        played(unsaid, S.test_an_answer_that_is_not_a_list_is_an_error_and_never_an_empty_app)


def test_too_few_texts_are_told_in_words() -> None:
    with pytest.raises(AssertionError, match="at least two plain text fields"):
        OneText().open()


def with_bug(app: type[MemoryCase], wrong: type[MemoryConnector]) -> type[MemoryCase]:
    return type("Broken", (app,), {"kind": wrong})


def played(app: type[MemoryCase], case: Case) -> None:
    played = app()
    played.open()
    try:
        case(played)
    finally:
        played.no_faults()
