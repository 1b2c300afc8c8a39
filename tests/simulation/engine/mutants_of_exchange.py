"""Deliberate errors where the engine reads, writes and goes on after a crash."""

from __future__ import annotations

from tests.simulation.engine import errors
from tests.simulation.engine.mutant import COMERS, EDITS, KEYLESS, LEAVING, LOST, TEXT, UNSEEN, Mutant, calm
from tests.simulation.engine.settings import Wish

BUSY = {"meddle": 0.15, "slow": 0.5}
CRASHES = {"crash": 0.04, "meddle": 0.05}
FEED = {"feed": "changes", "lag": 90.0, "jitter": True, "granularity": 60.0, "lists_lag": False}
SCAN = {"feed": "scan", "lag": 0.0, "lists_lag": False}
SHORT = {"empty": 0.5, "busy": 0.2}

OF_EXCHANGE: tuple[Mutant, ...] = (
    Mutant(
        "base_before_write",
        "the shadows move before the write is sent",
        errors.base_before_the_write,
        Wish(3, 1, TEXT, acts=EDITS, faults={"timeout_before": 0.2, "crash": 0.01}, limits=False),
    ),
    Mutant(
        "no_reread",
        "nothing is read again before it is written over",
        errors.no_reading_before_overwriting,
        calm(
            2,
            1,
            TEXT,
            {"feed": "scan", "lag": 0.0, "lists_lag": False, "answers": True},
            acts=EDITS,
            faults={"meddle": 0.25, "slow": 0.6},
        ),
    ),
    Mutant(
        "filter_not_asked_again",
        "a record that has just left the filter is written to",
        errors.filter_is_not_asked_again,
        calm(2, 1, TEXT, {"lag": 90.0, "lists_lag": False}, acts=LEAVING, faults={}),
    ),
    Mutant(
        "no_outbox",
        "writes are not marked in flight",
        errors.never_marked_in_flight,
        calm(2, 1, TEXT, KEYLESS | {"lag": 300.0}, acts=COMERS, faults=CRASHES),
    ),
    Mutant(
        "create_sent_again",
        "a create without an answer is sent again",
        errors.timed_out_create_is_settled,
        UNSEEN,
    ),
    Mutant(
        "unanswered_is_done",
        "an update without an answer counts as done",
        errors.unanswered_update_is_believed,
        calm(2, 1, TEXT, acts=EDITS, faults={"timeout_before": 0.3}),
    ),
    Mutant(
        "recovery_stores_what_it_reads",
        "after a crash, what is read becomes the shadow",
        errors.recovery_stores_what_it_read,
        calm(2, 1, TEXT, acts=EDITS, faults={"crash": 0.05, "meddle": 0.1}),
    ),
    Mutant(
        "recovery_does_not_look",
        "creates in flight are not looked up",
        errors.recovery_does_not_look_up,
        UNSEEN,
    ),
    Mutant(
        "lag_not_waited_for",
        "a create that does not show yet is taken for lost",
        errors.lag_is_not_waited_for,
        UNSEEN,
    ),
    Mutant(
        "cursor_before_page",
        "the cursor is committed before its page",
        errors.cursor_before_its_page,
        calm(
            2,
            1,
            TEXT,
            {"feed": "changes", "lag": 0.0, "lists_lag": False},
            acts=EDITS,
            faults={"crash": 0.05},
        ),
    ),
    Mutant(
        "cursor_beyond",
        "the cursor is the latest stamp seen, and > it",
        errors.cursor_is_the_latest_seen,
        calm(2, 2, TEXT, FEED, acts=EDITS | {"bulk": 10.0}, faults={"meddle": 0.1}),
    ),
    Mutant(
        "missing_is_deleted",
        "what a listing leaves out is deleted",
        errors.missing_is_deleted,
        calm(
            3,
            2,
            TEXT,
            {"feed": "scan", "lag": 0.0, "archive": "restorable"},
            acts=EDITS,
            faults={"empty": 0.3},
        ),
    ),
    Mutant(
        "short_listing_believed",
        "a listing that leaves out what is there proves absence",
        errors.short_listing_proves_absence,
        calm(2, 2, TEXT, KEYLESS | {"feed": "scan"}, acts=COMERS, faults={"empty": 0.4, **LOST}),
    ),
    Mutant(
        "gained_field_not_read",
        "a field that the mapping gains is not read",
        errors.gained_field_is_not_read,
        Wish(3, 2, ("note", "title"), {"feed": "changes", "lag": 0.0}, acts=EDITS, faults={}, limits=False),
    ),
    Mutant(
        "list_is_truth",
        "what a lagging list shows is believed",
        errors.lagging_list_is_truth,
        calm(2, 1, TEXT, {"lag": 90.0, "jitter": True, "lists_lag": True}, acts=EDITS, faults=BUSY),
    ),
    Mutant(
        "outside_is_read",
        "what a record outside the filter shows is merged",
        errors.outside_is_read,
        calm(4, 1, TEXT, acts=LEAVING, faults={}),
    ),
    Mutant(
        "lease_not_checked",
        "an engine that lost its lease goes on",
        errors.lease_is_not_checked,
        calm(2, 1, TEXT, acts=EDITS, faults={"frozen": 0.2}),
    ),
    Mutant(
        "clock_set_back",
        "a clock that was set back is believed",
        errors.clock_of_yesterday_is_trusted,
        calm(2, 1, TEXT, acts=EDITS, faults={"clock": 0.05, "timeout_before": 0.3}),
    ),
    Mutant(
        "answer_swallowed",
        "all that an answer shows becomes the shadow",
        errors.of_the_core("answer_swallowed_whole"),
        calm(2, 1, ("note", "title"), {"answers": True}, acts=EDITS, faults={"meddle": 0.3}),
    ),
    Mutant(
        "flights_forgotten",
        "updates in flight are forgotten after a crash",
        errors.updates_in_flight_are_forgotten,
        calm(3, 1, TEXT, acts=EDITS, faults={"crash": 0.05, "meddle": 0.1}),
    ),
    Mutant(
        "short_listing_vouches",
        "a listing vouches for records that it left out",
        errors.short_listing_vouches,
        calm(2, 2, TEXT, SCAN, acts=EDITS, faults=SHORT),
    ),
)
