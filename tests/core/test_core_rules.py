"""Each field rule on its own: a table of named cases. The order of candidates never matters."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from importlib.metadata import EntryPoint
from itertools import permutations

import pytest

from conflicts import own
from conflicts.candidate import Candidate, TimeKind, Value
from conflicts.own import RuleFailed, own_rule
from conflicts.rules import SIMPLE, Rule, prefer, source

NOON = datetime(2030, 1, 1, 12, 0, tzinfo=UTC)
ORDER = ("crm", "mail", "desk")


def c(app: str, value: Value, minute: int = 0, kind: TimeKind = "record") -> Candidate:
    return Candidate(value, app, "1", NOON + timedelta(minutes=minute), "edit", kind)


def winner(rule: Rule, candidates: list[Candidate]) -> str | None:
    """The app that wins, whatever the order of the candidates."""
    found = {won.app if (won := rule(list(some), ORDER)) else None for some in permutations(candidates)}
    assert len(found) == 1
    return found.pop()


CASES: list[tuple[str, str, list[Candidate], str | None]] = [
    ("newest", "the later one", [c("crm", "a", 1), c("desk", "b", 2)], "desk"),
    ("newest", "a tie goes by the order of apps", [c("desk", "a", 1), c("mail", "b", 1)], "mail"),
    ("newest", "a blank may be the newest", [c("crm", "a", 1), c("desk", None, 2)], "desk"),
    (
        "newest_by_field",
        "both dated by the field",
        [c("crm", "a", 1, "field"), c("desk", "b", 2, "field")],
        "desk",
    ),
    (
        "newest_by_field",
        "surely later than a record's stamp",
        [c("crm", "a", 3, "field"), c("desk", "b", 2)],
        "crm",
    ),
    (
        "newest_by_field",
        "perhaps earlier: a person decides",
        [c("crm", "a", 1, "field"), c("desk", "b", 2)],
        None,
    ),
    ("newest_by_field", "the same minute is not sure", [c("crm", "a", 2, "field"), c("desk", "b", 2)], None),
    (
        "newest_by_field",
        "dated by an earlier look only",
        [c("crm", "a", 3, "field"), c("desk", "b", 1, "previous")],
        None,
    ),
    ("newest_by_field", "no app dates the field", [c("crm", "a", 1), c("desk", "b", 2)], None),
    ("first", "the earlier one", [c("crm", "a", 2), c("desk", "b", 1)], "desk"),
    ("first", "a blank is no first value", [c("crm", None, 1), c("desk", "b", 2)], "desk"),
    ("longest", "the most characters", [c("crm", "Director", 1), c("desk", "Boss", 2)], "crm"),
    ("longest", "the newest among equals", [c("crm", "Boss", 1), c("desk", "Head", 2)], "desk"),
    ("highest", "numbers by size, not by letters", [c("crm", 9), c("desk", 10)], "desk"),
    ("highest", "decimals are texts", [c("crm", "9.5"), c("desk", "10")], "desk"),
    ("highest", "the later date", [c("crm", "2030-01-31"), c("desk", "2030-02-01")], "desk"),
    (
        "highest",
        "times of two zones",
        [c("crm", "2030-01-01T12:00:00+02:00"), c("desk", "2030-01-01T11:00:00Z")],
        "desk",
    ),
    ("highest", "a blank is not high", [c("crm", None), c("desk", -1)], "desk"),
    ("highest", "words cannot be compared", [c("crm", "gold"), c("desk", "silver")], None),
    ("highest", "nor a number and a word", [c("crm", 5), c("desk", "silver")], None),
    ("highest", "nor sets", [c("crm", ["a"]), c("desk", ["b"])], None),
    ("lowest", "the smaller number", [c("crm", 9), c("desk", 10)], "crm"),
    ("lowest", "a blank is not low", [c("crm", ""), c("desk", 10)], "desk"),
    ("lowest", "the earlier date", [c("crm", "2030-01-31"), c("desk", "2030-02-01")], "crm"),
    ("manual", "nobody", [c("crm", "a"), c("desk", "b")], None),
]


@pytest.mark.parametrize(
    ("rule", "name", "candidates", "expected"), CASES, ids=lambda v: v if isinstance(v, str) else ""
)
def test_a_rule_chooses(rule: str, name: str, candidates: list[Candidate], expected: str | None) -> None:
    assert winner(SIMPLE[rule], candidates) == expected, name


def test_every_simple_rule_has_cases() -> None:
    assert {rule for rule, *_ in CASES} == set(SIMPLE)


@pytest.mark.parametrize(
    ("name", "apps", "expected"),
    [
        ("the first named", ["desk", "crm"], "desk"),
        ("the next, where the first has none", ["mail", "crm"], "crm"),
        ("none named: the newest", ["mail"], "desk"),
    ],
)
def test_prefer(name: str, apps: list[str], expected: str) -> None:
    assert winner(prefer(apps), [c("crm", "a", 1), c("desk", "b", 2)]) == expected, name


def german(golden: Mapping[str, Value]) -> bool:
    return golden.get("country") == "DE"


def failing(golden: Mapping[str, Value]) -> bool:
    raise ValueError


@pytest.mark.parametrize(
    ("name", "cases", "country", "expected"),
    [
        ("the condition holds", [(german, "crm"), (None, "desk")], "DE", "crm"),
        ("else the app without a condition", [(german, "desk"), (None, "crm")], "ID", "crm"),
        ("none holds: the newest", [(german, "crm")], "ID", "desk"),
        ("the source is no candidate: the newest", [(german, "mail")], "DE", "desk"),
        ("a condition that fails: a person", [(failing, "crm"), (None, "desk")], "DE", None),
    ],
)
def test_a_source_of_truth(
    name: str, cases: list[tuple[object, str]], country: str, expected: str | None
) -> None:
    rule = source(cases, {"country": country})  # type: ignore[arg-type]
    assert winner(rule, [c("crm", "a", 1), c("desk", "b", 2)]) == expected, name


def smallest_record(candidates: list[Candidate], order: tuple[str, ...]) -> Candidate:
    return min(candidates, key=lambda c: (c.record, order.index(c.app)))


def broken(candidates: list[Candidate], order: tuple[str, ...]) -> Candidate:
    raise KeyError


def stranger(candidates: list[Candidate], order: tuple[str, ...]) -> Candidate:
    return c("nobody", "z")


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch) -> None:
    points = [EntryPoint(n, f"{__name__}:{n}", own.GROUP) for n in ("smallest_record", "broken", "stranger")]
    monkeypatch.setattr(own, "entry_points", lambda group: points)
    own_rule.cache_clear()


def test_a_rule_of_ones_own(installed: None) -> None:
    assert own.names() == ["broken", "smallest_record", "stranger"]
    assert winner(own_rule("smallest_record"), [c("crm", "a"), c("desk", "b")]) == "crm"


@pytest.mark.parametrize(
    ("name", "told"),
    [("broken", "KeyError"), ("stranger", "none of the candidates"), ("missing", "no package offers")],
)
def test_a_rule_of_ones_own_that_fails_says_so(installed: None, name: str, told: str) -> None:
    with pytest.raises(RuleFailed, match=told):
        own_rule(name)([c("crm", "a"), c("desk", "b")], ORDER)
