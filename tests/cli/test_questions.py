"""One question after the other: a key decides, the last answer can be taken back, what was said counts."""

from __future__ import annotations

import io

import pytest

from syncer.cli.questions import one_by_one
from syncer.usecases.steward import Steward
from tests.cli.conftest import Desk


@pytest.mark.parametrize(
    ("name", "lines", "expected"),
    [
        ("a key for each", "y n y", "ay bn cy"),
        ("skipped ones stay open", "y s n", "ay cn"),
        ("stopped: what was answered counts", "y q", "ay"),
        ("the lines end", "y", "ay"),
        ("the last answer is taken back", "y u n n n", "an bn cn"),
        ("and the one before, too", "y y u u n n n", "an bn cn"),
        ("a skip between does not matter", "y s u n s y", "an cy"),
        ("nothing to take back", "u y q", "ay"),
        ("no such key: asked again", "x y q", "ay"),
        ("no answer came of it: asked again", "v y q", "ay"),
    ],
)
def test_questions(
    name: str, lines: str, expected: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(lines.replace(" ", "\n")))
    keys = {"y": "yes", "n": "no", "v": "another"}
    said = one_by_one("abc", print, lambda _: keys, lambda _, key: None if key == "v" else key)
    assert [a + b for a, b in said] == expected.split(), name


def test_on_a_terminal_the_very_last_answer_can_be_taken_back(monkeypatch: pytest.MonkeyPatch) -> None:
    pressed = iter("yyunyd")
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    monkeypatch.setattr("typer.getchar", lambda: next(pressed))
    said = one_by_one("ab", print, lambda _: {"y": "yes", "n": "no"}, lambda _, key: key)
    assert said == [("a", "y"), ("b", "n")]


def test_nothing_waits(desk: Desk) -> None:
    answer = desk.run("conflicts", "review")
    assert (answer.code, answer.out) == (0, "No conflict waits for you.\n")


@pytest.mark.parametrize("typed", ["", "y\nq\n"], ids=["by name", "one by one"])
def test_an_answer_that_comes_too_late_is_told(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, typed: str
) -> None:
    two = {"app": "hubspot", "record": "1", "other_app": "zendesk", "other_record": "2"}
    review = {"id": "hubspot:1", "sync": "contacts", **two, "score": 0.5, "reason": "alike"}
    monkeypatch.setattr(Steward, "reviews", lambda self: [review] if self.space == "contacts" else [])
    monkeypatch.setattr(Steward, "answer", lambda *_: False)
    late = desk.run("review", typed=typed) if typed else desk.run("review", "accept", "hubspot:1")
    assert late.code == 4
    assert "hubspot:1 does not wait any more: it was answered meanwhile" in late.err
    assert "acts on" not in late.out
