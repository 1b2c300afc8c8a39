"""Random histories with an undo in them keep every promise, and deliberate errors of the undo are noticed."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from syncer.core import plan, reversal, reversal_fields, reversal_records
from syncer.core.deeds import Reversal
from syncer.core.lens import Lens
from syncer.model import Unit
from syncer.store.outbox import Outbox
from syncer.usecases import undoing
from tests.simulation.engine.people import ACTS
from tests.simulation.engine.settings import Wish
from tests.simulation.engine.test_histories import broken
from tests.simulation.engine.undone import play

MOST = 600

Plant = Callable[[pytest.MonkeyPatch], None]


def test_undone_histories_keep_every_promise() -> None:
    assert broken(range(30), play) == []


@pytest.mark.slow
@pytest.mark.parametrize("part", range(10))
def test_many_undone_histories_keep_every_promise(part: int) -> None:
    assert broken(range(2000 + part * 100, 2000 + (part + 1) * 100), play) == []


def nothing_is_asked_again(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(undoing, "ask_settled", lambda *_: {})


def all_is_put_back_whoever_typed_it(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(reversal, "_is_news", lambda *_: False)


def what_is_put_back_is_not_parted(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(reversal_fields, "settle", lambda *_: None)


def what_was_created_stays_untold(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(reversal_records, "_remove_created", lambda *_: None)


def what_an_undo_left_gives_way_unnamed(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(plan, "given_way", lambda *_: [])


def unanswered_creates_are_no_history(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Outbox, "record_unanswered", lambda *_: None)


def who_left_the_filter_takes_part(patch: pytest.MonkeyPatch) -> None:
    """An undo sees that a record is outside, and plans for it as before."""
    look = reversal.look

    def as_before(unit: Unit, lens: Lens) -> Reversal:
        r, was = look(unit, lens), {link.key: link.state for link in unit.links}
        for link in r.unit.links:
            link.state = was[link.key]
        return r

    patch.setattr(reversal, "look", as_before)


DYING = Wish(2, 1, ("note",), acts={"newcomer": 40.0}, faults={"crash": 0.05}, limits=False, calm=True)
UNFILTERED = Wish(acts=ACTS, faults={})
LEAVING = Wish(2, 1, ("note",), acts={"edit": 30.0, "scope": 20.0}, faults={}, limits=False, calm=True)
ERRORS: tuple[tuple[Plant, Wish | None], ...] = (
    (nothing_is_asked_again, None),
    (all_is_put_back_whoever_typed_it, None),
    (what_is_put_back_is_not_parted, None),
    (what_was_created_stays_untold, None),
    (what_an_undo_left_gives_way_unnamed, UNFILTERED),
    (unanswered_creates_are_no_history, DYING),
    (who_left_the_filter_takes_part, LEAVING),
)


@pytest.mark.slow
@pytest.mark.parametrize(("plant", "wish"), ERRORS, ids=[plant.__name__ for plant, _ in ERRORS])
def test_a_deliberate_error_of_the_undo_is_found(
    plant: Plant, wish: Wish | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    for seed in range(MOST):
        with monkeypatch.context() as patch:
            plant(patch)
            violations = [v for v in play(seed, wish).violations if not v.startswith("error")]
        if violations and not play(seed, wish).violations:
            return
    pytest.fail(f"{plant.__name__} went unnoticed")
