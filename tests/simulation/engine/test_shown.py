"""What the oracles take the engine to know already, and what for news."""

from __future__ import annotations

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any, cast

import pytest

from tests.simulation.engine.memory import Happening, Memory, Showing
from tests.simulation.engine.shown import Shown

NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)
KEY = ("a0", "000001")


def typed(seq: int, before: str, after: str) -> Happening:
    return Happening(seq, NOON, "person", "edit", *KEY, "consent", before, after)


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
