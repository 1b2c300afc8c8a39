"""Deliberate errors in the engine, each with a world made for it, in which the histories must find it: an
oracle that finds nothing proves nothing. A `Wish` narrows the world to where the error can be seen."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field

from tests.simulation.engine import errors
from tests.simulation.engine.errors import Patches
from tests.simulation.engine.settings import Wish

EDITS = {"edit": 50.0, "retype": 10.0, "clear": 5.0, "create": 10.0}
COMERS = {"newcomer": 40.0, "edit": 10.0, "create": 10.0}
CONSENT = {"consent": 40.0, "create": 5.0, "edit": 5.0}
LEAVING = {"edit": 30.0, "scope": 30.0, "create": 10.0}
BUSY = {"meddle": 0.15, "slow": 0.5}
LOST = {"timeout_after": 0.2, "raised": 0.1, "partial": 0.1}
CRASHES = {"crash": 0.04, "meddle": 0.05}


@dataclass(frozen=True, slots=True)
class Mutant:
    """One error: what it is, how it is planted, and where it is looked for."""

    name: str
    what: str
    plant: Patches
    wish: Wish = field(default_factory=Wish)


KEYLESS = {"unique": (), "external_id": None, "needs": (), "lag": 0.0, "find_lags": False, "lists_lag": False}
FEED = {"feed": "changes", "lag": 90.0, "jitter": True, "granularity": 60.0, "lists_lag": False}
SCAN = {"feed": "scan", "lag": 0.0, "lists_lag": False}
LISTED = {"archive": "restorable", "lists_archived": True}
SHORT = {"empty": 0.5, "busy": 0.2}
TEXT = ("note",)

MUTANTS: tuple[Mutant, ...] = (
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
        Wish(
            2,
            1,
            TEXT,
            {"feed": "scan", "lag": 0.0, "lists_lag": False, "answers": True},
            acts=EDITS,
            faults={"meddle": 0.25, "slow": 0.6},
            limits=False,
            calm=True,
        ),
    ),
    Mutant(
        "filter_not_asked_again",
        "a record that has just left the filter is written to",
        errors.filter_is_not_asked_again,
        Wish(2, 1, TEXT, {"lag": 90.0, "lists_lag": False}, acts=LEAVING, faults={}, limits=False, calm=True),
    ),
    Mutant(
        "no_outbox",
        "writes are not marked in flight",
        errors.never_marked_in_flight,
        Wish(2, 1, TEXT, KEYLESS | {"lag": 300.0}, acts=COMERS, faults=CRASHES, limits=False, calm=True),
    ),
    Mutant(
        "create_sent_again",
        "a create without an answer is sent again",
        errors.timed_out_create_is_settled,
        Wish(2, 1, TEXT, KEYLESS | {"lag": 300.0}, acts=COMERS, faults=LOST, limits=False, calm=True),
    ),
    Mutant(
        "unanswered_is_done",
        "an update without an answer counts as done",
        errors.unanswered_update_is_believed,
        Wish(2, 1, TEXT, acts=EDITS, faults={"timeout_before": 0.3}, limits=False, calm=True),
    ),
    Mutant(
        "recovery_stores_what_it_reads",
        "after a crash, what is read becomes the shadow",
        errors.recovery_stores_what_it_read,
        Wish(2, 1, TEXT, acts=EDITS, faults={"crash": 0.05, "meddle": 0.1}, limits=False, calm=True),
    ),
    Mutant(
        "recovery_does_not_look",
        "creates in flight are not looked up",
        errors.recovery_does_not_look_up,
        Wish(2, 1, TEXT, KEYLESS | {"lag": 300.0}, acts=COMERS, faults=LOST, limits=False, calm=True),
    ),
    Mutant(
        "lag_not_waited_for",
        "a create that does not show yet is taken for lost",
        errors.lag_is_not_waited_for,
        Wish(2, 1, TEXT, KEYLESS | {"lag": 300.0}, acts=COMERS, faults=LOST, limits=False, calm=True),
    ),
    Mutant(
        "cursor_before_page",
        "the cursor is committed before its page",
        errors.cursor_before_its_page,
        Wish(
            2,
            1,
            TEXT,
            {"feed": "changes", "lag": 0.0, "lists_lag": False},
            acts=EDITS,
            faults={"crash": 0.05},
            limits=False,
            calm=True,
        ),
    ),
    Mutant(
        "cursor_beyond",
        "the cursor is the latest stamp seen, and > it",
        errors.cursor_is_the_latest_seen,
        Wish(2, 2, TEXT, FEED, acts=EDITS | {"bulk": 10.0}, faults={"meddle": 0.1}, limits=False, calm=True),
    ),
    Mutant(
        "missing_is_deleted",
        "what a listing leaves out is deleted",
        errors.missing_is_deleted,
        Wish(
            3,
            2,
            TEXT,
            {"feed": "scan", "lag": 0.0, "archive": "restorable"},
            acts=EDITS,
            faults={"empty": 0.3},
            limits=False,
            calm=True,
        ),
    ),
    Mutant(
        "short_listing_believed",
        "a listing that leaves out what is there proves absence",
        errors.short_listing_proves_absence,
        Wish(
            2,
            2,
            TEXT,
            KEYLESS | {"feed": "scan"},
            acts=COMERS,
            faults={"empty": 0.4, **LOST},
            limits=False,
            calm=True,
        ),
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
        Wish(
            2,
            1,
            TEXT,
            {"lag": 90.0, "jitter": True, "lists_lag": True},
            acts=EDITS,
            faults=BUSY,
            limits=False,
            calm=True,
        ),
    ),
    Mutant(
        "create_before_read",
        "records are created in an app that was not read",
        errors.create_before_the_app_was_read,
        Wish(3, 2, TEXT, KEYLESS, acts=EDITS, faults={"down": 0.3}, limits=False, calm=True),
    ),
    Mutant(
        "create_beside_review",
        "somebody is created beside a record under review",
        errors.create_beside_a_review,
        Wish(3, 2, ("first", "last"), KEYLESS, acts=EDITS, faults={}, limits=False, calm=True, unlike=True),
    ),
    Mutant(
        "create_planned_twice",
        "an unanswered create is planned again",
        errors.create_planned_twice,
        Wish(2, 1, TEXT, KEYLESS | {"lag": 300.0}, acts=COMERS, faults=LOST, limits=False, calm=True),
    ),
    Mutant(
        "never_matched",
        "new records are not matched with known ones",
        errors.new_records_are_never_matched,
        Wish(
            3, 2, TEXT, KEYLESS, acts=EDITS | {"create": 40.0}, faults={"down": 0.1}, limits=False, calm=True
        ),
    ),
    Mutant(
        "brakes_off",
        "no limit holds a plan",
        errors.brakes_are_off,
        Wish(3, 3, TEXT, acts={"bulk": 50.0}, faults={}, limits=True, calm=True),
    ),
    Mutant(
        "held_run_kept",
        "what a held run decided is kept",
        errors.held_run_is_kept,
        Wish(3, 3, TEXT, acts={"bulk": 50.0, "edit": 10.0}, faults={}, limits=True, calm=True),
    ),
    Mutant(
        "held_run_writes",
        "a held run writes more than lowered consent",
        errors.held_run_writes_everything,
        Wish(
            3,
            3,
            ("note", "consent"),
            acts={"bulk": 50.0, "consent": 20.0, "edit": 20.0},
            faults={},
            limits=True,
            calm=True,
        ),
    ),
    Mutant(
        "outside_is_read",
        "what a record outside the filter shows is merged",
        errors.outside_is_read,
        Wish(4, 1, TEXT, acts=LEAVING, faults={}, limits=False, calm=True),
    ),
    Mutant(
        "outside_is_deleted",
        "a record that is archived after it left the filter counts as deleted",
        errors.outside_is_deleted,
        Wish(4, 1, TEXT, LISTED, acts=LEAVING | {"archive": 20.0}, faults={}, limits=False, calm=True),
    ),
    Mutant(
        "blank_is_no_edit",
        "a clearing does not travel",
        errors.blank_is_no_edit,
        Wish(
            2,
            1,
            TEXT,
            said={"blank": "clear"},
            acts={"clear": 20.0, "edit": 20.0},
            faults={},
            limits=False,
            calm=True,
        ),
    ),
    Mutant(
        "loser_not_logged",
        "the losing value of a conflict is not logged",
        errors.losing_value_is_not_logged,
        Wish(2, 1, TEXT, acts=EDITS, faults={}, limits=False, calm=True),
    ),
    Mutant(
        "lease_not_checked",
        "an engine that lost its lease goes on",
        errors.lease_is_not_checked,
        Wish(2, 1, TEXT, acts=EDITS, faults={"frozen": 0.2}, limits=False, calm=True),
    ),
    Mutant(
        "clock_set_back",
        "a clock that was set back is believed",
        errors.clock_of_yesterday_is_trusted,
        Wish(2, 1, TEXT, acts=EDITS, faults={"clock": 0.05, "timeout_before": 0.3}, limits=False, calm=True),
    ),
    Mutant(
        "agreed_survives",
        "an edit that loses leaves the agreement",
        errors.of_the_core("agreed_survives_a_lost_edit"),
        Wish(2, 1, TEXT, acts=EDITS, faults={}, limits=False, calm=True),
    ),
    Mutant(
        "golden_no_rival",
        "a pending write is no rival of an edit",
        errors.of_the_core("golden_is_never_a_rival"),
        Wish(
            3,
            1,
            TEXT,
            acts=EDITS,
            faults={"timeout_before": 0.2, "retry": 0.3, "meddle": 0.1},
            limits=False,
            calm=True,
        ),
    ),
    Mutant(
        "answer_swallowed",
        "all that an answer shows becomes the shadow",
        errors.of_the_core("answer_swallowed_whole"),
        Wish(
            2,
            1,
            ("note", "title"),
            {"answers": True},
            acts=EDITS,
            faults={"meddle": 0.3},
            limits=False,
            calm=True,
        ),
    ),
    Mutant(
        "last_consent_only",
        "only the last of several consents that were seen counts",
        errors.only_the_last_consent_counts,
        Wish(
            2,
            1,
            ("consent",),
            {"lag": 0.0, "lists_lag": False},
            acts={"consent": 40.0},
            faults={"crash": 0.1, "repeat": 0.3, "meddle": 0.3},
            limits=False,
            calm=True,
        ),
    ),
    Mutant(
        "consent_by_newest",
        "the newest consent wins",
        errors.of_the_core("consent_by_the_newest"),
        Wish(3, 1, ("consent",), acts=CONSENT, faults={}, limits=False, calm=True),
    ),
    Mutant(
        "opt_in_of_any_app",
        "an opt-in in any app raises consent",
        errors.of_the_core("opt_in_of_any_app"),
        Wish(3, 1, ("consent",), acts=CONSENT, faults={}, limits=False, calm=True),
    ),
    Mutant(
        "held_conflict_taken",
        "the next edit settles a held conflict",
        errors.of_the_core("held_conflict_taken_by_the_next_edit"),
        Wish(2, 1, TEXT, said={"rule": "manual"}, acts=EDITS, faults={}, limits=False, calm=True),
    ),
    Mutant(
        "looks_alike_confirms",
        "a value that begins alike confirms a write",
        errors.of_the_core("looks_alike_confirms"),
        Wish(2, 1, TEXT, {"answers": False}, acts=EDITS, faults={"meddle": 0.1}, limits=False, calm=True),
    ),
    Mutant(
        "one_shadow",
        "what was sent stands for what the app holds",
        errors.of_the_core("one_shared_shadow"),
        Wish(
            3,
            1,
            TEXT,
            {"answers": True, "lag": 0.0, "lists_lag": False},
            texts={"coerce": (), "max_length": None},
            sly=("lower", "cut:8"),
            acts=EDITS,
            faults={},
            limits=False,
            calm=True,
        ),
    ),
    Mutant(
        "flights_forgotten",
        "updates in flight are forgotten after a crash",
        errors.updates_in_flight_are_forgotten,
        Wish(3, 1, TEXT, acts=EDITS, faults={"crash": 0.05, "meddle": 0.1}, limits=False, calm=True),
    ),
    Mutant(
        "raise_sent_again",
        "a raise of consent that was read back lowered is sent again",
        errors.of_the_core("raise_sent_again"),
        Wish(
            2,
            1,
            ("consent",),
            {"answers": False, "lag": 0.0, "lists_lag": False},
            acts={"consent": 40.0},
            faults={},
            limits=False,
            calm=True,
        ),
    ),
    Mutant(
        "refused_no_rival",
        "an app that refused a value passes for one that has it",
        errors.of_the_core("refused_is_no_rival"),
        Wish(3, 1, TEXT, texts={"max_length": 12}, acts=EDITS, faults={}, limits=False, calm=True),
    ),
    Mutant(
        "short_listing_vouches",
        "a listing vouches for records that it left out",
        errors.short_listing_vouches,
        Wish(2, 2, TEXT, SCAN, acts=EDITS, faults=SHORT, limits=False, calm=True),
    ),
    Mutant(
        "newest_is_read_last",
        "the order in which apps are read decides",
        errors.newest_is_read_last,
        Wish(
            3, 1, TEXT, said={"rule": "newest"}, acts=EDITS, faults={}, limits=False, calm=True, twice="end"
        ),
    ),
)

BY_NAME = {m.name: m for m in MUTANTS}


@contextmanager
def planted(mutant: Mutant) -> Iterator[None]:
    """While it lasts, the engine has this error."""
    with ExitStack() as stack:
        for each in mutant.plant():
            stack.enter_context(each)
        yield
