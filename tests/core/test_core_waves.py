"""Addresses that move from one person to another: a table of named cases."""

from __future__ import annotations

import pytest

from syncer.core.waves import in_waves
from syncer.model import ABSENT, Item

UNIQUE = {"mail": ("email",), "crm": ()}


def update(who: str, before: str, after: str, app: str = "mail") -> Item:
    return Item("update", app, who, who, {"email": (before, after)})


def create(who: str, email: str) -> Item:
    return Item("create", "mail", who, None, {"email": (ABSENT, email)})


@pytest.mark.parametrize(
    ("name", "items", "expected"),
    [
        ("nobody's", [update("a", "1", "2"), update("b", "3", "4")], ["ab"]),
        ("one takes what another frees", [update("b", "2", "1"), update("a", "1", "x")], ["a", "b"]),
        ("a chain", [update("c", "3", "2"), update("b", "2", "1"), update("a", "1", "x")], ["a", "b", "c"]),
        ("two swap", [update("a", "1", "2"), update("b", "2", "1"), update("c", "3", "4")], ["c", "ab"]),
        ("freed in another app", [update("b", "2", "1"), update("a", "1", "x", "crm")], ["ba"]),
        ("the same in another case", [update("b", "2", "Ann@x"), update("a", "ANN@x", "y")], ["a", "b"]),
        ("a new record takes it", [create("n", "1"), update("a", "1", "x")], ["a", "n"]),
        ("only its own spelling", [update("a", "Ann@x", "ann@x")], ["a"]),
        ("two blanks", [update("a", "", "1"), update("b", "", "2")], ["ab"]),
    ],
)
def test_a_unique_value_is_freed_before_it_is_taken(
    name: str, items: list[Item], expected: list[str]
) -> None:
    assert ["".join(item.golden for item in wave) for wave in in_waves(items, UNIQUE)] == expected, name


def test_nothing_is_no_wave() -> None:
    assert in_waves([], UNIQUE) == []
