"""Deliberate errors where the engine decides what is to be: matches, merges, consent, limits."""

from __future__ import annotations

from tests.simulation.engine import errors
from tests.simulation.engine.mutant import EDITS, KEYLESS, LEAVING, TEXT, UNSEEN, Mutant, calm
from tests.simulation.engine.settings import Wish

CONSENT = {"consent": 40.0, "create": 5.0, "edit": 5.0}
LISTED = {"archive": "restorable", "lists_archived": True}

OF_DECIDING: tuple[Mutant, ...] = (
    Mutant(
        "create_before_read",
        "records are created in an app that was not read",
        errors.create_before_the_app_was_read,
        calm(3, 2, TEXT, KEYLESS, acts=EDITS, faults={"down": 0.3}),
    ),
    Mutant(
        "create_beside_review",
        "somebody is created beside a record under review",
        errors.create_beside_a_review,
        calm(3, 2, ("first", "last"), KEYLESS, acts=EDITS, faults={}, unlike=True),
    ),
    Mutant(
        "create_planned_twice",
        "an unanswered create is planned again",
        errors.create_planned_twice,
        UNSEEN,
    ),
    Mutant(
        "never_matched",
        "new records are not matched with known ones",
        errors.new_records_are_never_matched,
        calm(3, 2, TEXT, KEYLESS, acts=EDITS | {"create": 40.0}, faults={"down": 0.1}),
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
        "outside_is_deleted",
        "a record that is archived after it left the filter counts as deleted",
        errors.outside_is_deleted,
        calm(4, 1, TEXT, LISTED, acts=LEAVING | {"archive": 20.0}, faults={}),
    ),
    Mutant(
        "blank_is_no_edit",
        "a clearing does not travel",
        errors.blank_is_no_edit,
        calm(2, 1, TEXT, said={"blank": "clear"}, acts={"clear": 20.0, "edit": 20.0}, faults={}),
    ),
    Mutant(
        "loser_not_logged",
        "the losing value of a conflict is not logged",
        errors.losing_value_is_not_logged,
        calm(2, 1, TEXT, acts=EDITS, faults={}),
    ),
    Mutant(
        "agreed_survives",
        "an edit that loses leaves the agreement",
        errors.of_the_core("agreed_survives_a_lost_edit"),
        calm(2, 1, TEXT, acts=EDITS, faults={}),
    ),
    Mutant(
        "golden_no_rival",
        "a pending write is no rival of an edit",
        errors.of_the_core("golden_is_never_a_rival"),
        calm(3, 1, TEXT, acts=EDITS, faults={"timeout_before": 0.2, "retry": 0.3, "meddle": 0.1}),
    ),
    Mutant(
        "last_consent_only",
        "only the last of several consents that were seen counts",
        errors.only_the_last_consent_counts,
        calm(
            2,
            1,
            ("consent",),
            {"lag": 0.0, "lists_lag": False},
            acts={"consent": 40.0},
            faults={"crash": 0.1, "repeat": 0.3, "meddle": 0.3},
        ),
    ),
    Mutant(
        "consent_by_newest",
        "the newest consent wins",
        errors.of_the_core("consent_by_the_newest"),
        calm(3, 1, ("consent",), acts=CONSENT, faults={}),
    ),
    Mutant(
        "opt_in_of_any_app",
        "an opt-in in any app raises consent",
        errors.of_the_core("opt_in_of_any_app"),
        calm(3, 1, ("consent",), acts=CONSENT, faults={}),
    ),
    Mutant(
        "held_conflict_taken",
        "the next edit settles a held conflict",
        errors.of_the_core("held_conflict_taken_by_the_next_edit"),
        calm(2, 1, TEXT, said={"rule": "manual"}, acts=EDITS, faults={}),
    ),
    Mutant(
        "looks_alike_confirms",
        "a value that begins alike confirms a write",
        errors.of_the_core("looks_alike_confirms"),
        calm(2, 1, TEXT, {"answers": False}, acts=EDITS, faults={"meddle": 0.1}),
    ),
    Mutant(
        "one_shadow",
        "what was sent stands for what the app holds",
        errors.of_the_core("one_shared_shadow"),
        calm(
            3,
            1,
            TEXT,
            {"answers": True, "lag": 0.0, "lists_lag": False},
            texts={"coerce": (), "max_length": None},
            sly=("lower", "cut:8"),
            acts=EDITS,
            faults={},
        ),
    ),
    Mutant(
        "raise_sent_again",
        "a raise of consent that was read back lowered is sent again",
        errors.of_the_core("raise_sent_again"),
        calm(
            2,
            1,
            ("consent",),
            {"answers": False, "lag": 0.0, "lists_lag": False},
            acts={"consent": 40.0},
            faults={},
        ),
    ),
    Mutant(
        "refused_no_rival",
        "an app that refused a value passes for one that has it",
        errors.of_the_core("refused_is_no_rival"),
        calm(3, 1, TEXT, texts={"max_length": 12}, acts=EDITS, faults={}),
    ),
    Mutant(
        "newest_is_read_last",
        "the order in which apps are read decides",
        errors.newest_is_read_last,
        calm(3, 1, TEXT, said={"rule": "newest"}, acts=EDITS, faults={}, twice="end"),
    ),
)
