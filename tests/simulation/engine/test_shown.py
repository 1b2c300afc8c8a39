"""What the oracles take the engine to know already, and what for news."""

from __future__ import annotations

import operator
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any, cast

import pytest

from mappings.model import Slot
from tests.simulation.engine.memory import Happening, Memory, Showing
from tests.simulation.engine.shown import Shown

NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)
KEY = ("a0", "000001")


def typed(seq: int, before: str, after: str, slot: str = "consent") -> Happening:
    return Happening(seq, NOON, "person", "edit", *KEY, slot, before, after)


@pytest.mark.parametrize(
    ("decided", "known"),
    [(4, True), (6, False), (8, False), (10, True)],
    ids=["never", "before the opt-in", "before it was shown", "only together with it"],
)
def test_what_we_sent_is_news_again_once_it_was_decided_about_what_came_between(
    decided: int, known: bool
) -> None:
    """We sent the opt-in (3); the record showed an opt-out (5) and then an opt-in again (9)."""
    memory = Memory(10)
    opt_in = typed(7, "out", "active")
    memory.log += [typed(4, "active", "out"), opt_in]
    memory.sent[KEY, "consent"] = [(3, "active")]
    shown = [(1, "active"), (5, "out"), (9, "active")]
    memory.shows[KEY] = [Showing(seq, NOON, "pull", {"consent": value}, seq) for seq, value in shown]
    watch = Shown(cast(Any, SimpleNamespace(memory=memory)))
    watch.decisions = [2, decided]
    assert watch.was_known(opt_in) is known


@pytest.mark.parametrize(("between", "known"), [("out", False), ("waiting", True)])
def test_a_held_run_has_decided_about_an_opt_out_alone(
    between: str, known: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """We sent the opt-in (3); the record showed another state (5), a run was held (6); it was back (7)."""
    memory = Memory(10)
    opt_in = typed(7, between, "active")
    memory.log += [typed(4, "active", between), opt_in]
    memory.sent[KEY, "consent"] = [(3, "active")]
    shown = [(1, "active"), (5, between), (9, "active")]
    memory.shows[KEY] = [Showing(seq, NOON, "pull", {"consent": value}, seq) for seq, value in shown]
    watch = Shown(cast(Any, SimpleNamespace(memory=memory)))
    watch.decisions, watch.lowered = [2], [6]
    states = {"out": "unsubscribed", "waiting": "pending"}
    monkeypatch.setattr(watch, "state", lambda _, value: states.get(value))
    assert watch.was_known(opt_in) is known


@pytest.mark.parametrize(("lags", "known"), [(False, False), (True, True)], ids=["it does not", "it lags"])
def test_what_a_list_showed_between_counts_where_the_list_does_not_lag(lags: bool, known: bool) -> None:
    """We sent a note (3); a list showed another one (5), it was decided (6), and ours was typed again (7)."""
    memory = Memory(10)
    again = typed(7, "k002", "k001", "note")
    memory.log += [typed(4, "k001", "k002", "note"), again]
    memory.sent[KEY, "note"] = [(3, "k001")]
    memory.shows[KEY] = [Showing(5, NOON, "pull", {"note": "k002"}, 5)]
    app = SimpleNamespace(traits=SimpleNamespace(lists_lag=lags))
    watch = Shown(cast(Any, SimpleNamespace(memory=memory, apps={KEY[0]: app})))
    watch.decisions, watch.linked_at = [2, 6], {KEY: 2}
    assert watch.was_known(again) is known


@pytest.mark.parametrize(
    ("archived", "decided", "call", "undone"),
    [
        (False, 6, "fetch", False),
        (False, 2, "fetch", True),
        (True, 6, "fetch", True),
        (False, 6, "pull", True),
    ],
    ids=["decided about it", "not decided about it", "put away when it was shown", "by a list that lags"],
)
def test_what_is_changed_back_counts_once_it_was_decided_about_what_came_between(
    archived: bool, decided: int, call: str, undone: bool
) -> None:
    """The record showed one note (1), then another (5); the first one was typed again (7)."""
    memory = Memory(10)
    again = typed(7, "k002", "k001", "note")
    memory.log += [typed(4, "k001", "k002", "note"), again]
    memory.shows[KEY] = [
        Showing(1, NOON, "fetch", {"note": "k001"}, 1),
        Showing(5, NOON, call, {"note": "k002"}, 5, archived),
    ]
    app = SimpleNamespace(traits=SimpleNamespace(lists_lag=True))
    watch = Shown(cast(Any, SimpleNamespace(memory=memory, apps={KEY[0]: app})))
    watch.decisions, watch.linked_at = [2, decided], {KEY: 2}
    slot = cast(Slot, SimpleNamespace(same=operator.eq))
    assert watch.undone_before_it_counted(slot, again) is undone


@pytest.mark.parametrize(
    ("slot", "passed_over", "first"),
    [("note", False, 5), ("note", True, 9), ("consent", True, 5)],
    ids=["taken in", "a later call of the app failed", "of consent all counts"],
)
def test_what_was_typed_is_shown_when_it_is_taken_in(slot: str, passed_over: bool, first: int) -> None:
    """Typed at 3, shown at 5, and shown again at 9."""
    memory = Memory(10)
    x = typed(3, "k001", "k002", slot)
    memory.log.append(x)
    memory.shows[KEY] = [Showing(seq, NOON, "pull", {slot: "k002"}, seq) for seq in (5, 9)]
    watch = Shown(cast(Any, SimpleNamespace(memory=memory)))
    watch.passed_over = {5} if passed_over else set()
    assert watch.first_shown(x) == first


@pytest.mark.parametrize("why", ["archived", "passed over"])
def test_a_field_that_is_mapped_later_is_met_once_it_is_taken_in(why: str) -> None:
    memory = Memory(10)
    memory.shows[KEY] = [
        Showing(1, NOON, "pull", {"email": "k001@x.test"}, 1),
        Showing(3, NOON, "pull", {"email": "k001@x.test", "score": 5.125}, 3, archived=why == "archived"),
        Showing(5, NOON, "pull", {"email": "k001@x.test", "score": None}, 5),
    ]
    watch = Shown(cast(Any, SimpleNamespace(memory=memory)))
    watch.passed_over = {3} if why == "passed over" else set()
    assert (watch.met(KEY, "email"), watch.met(KEY, "score"), watch.met(KEY, "note")) == (1, 5, None)


@pytest.mark.parametrize(("answered", "undone"), [("k001", True), ("k009", False)], ids=["not done", "done"])
def test_what_an_answer_to_our_write_showed_is_what_a_value_is_changed_back_to(
    answered: str, undone: bool
) -> None:
    """It was decided (2) and sent (3); the answer (4) shows what stood there, or ours; the record showed
    another note (5), and the first one was typed again (7)."""
    memory = Memory(10)
    again = typed(7, "k002", "k001", "note")
    memory.log.append(again)
    memory.sent[KEY, "note"] = [(3, "k009")]
    shown = [(1, "fetch", "k001"), (4, "answer", answered), (5, "fetch", "k002")]
    memory.shows[KEY] = [Showing(seq, NOON, call, {"note": value}, seq) for seq, call, value in shown]
    app = SimpleNamespace(traits=SimpleNamespace(lists_lag=False))
    watch = Shown(cast(Any, SimpleNamespace(memory=memory, apps={KEY[0]: app})))
    watch.decisions = [2]
    assert watch.undone_before_it_counted(cast(Slot, SimpleNamespace(same=operator.eq)), again) is undone
