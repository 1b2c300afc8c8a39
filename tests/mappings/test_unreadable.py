"""Files that cannot be read as YAML: each mistake is told where it was made, in words, without the text."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import pytest

from mappings.document import Problem, ProblemsFound, read
from mappings.excerpt import lines_of, told
from mappings.load import examine

Told = tuple[str, str]

TAB = (
    "a tab stands in the indentation",
    "YAML takes spaces only: write two spaces for each level in place of the tab.",
)
TAB_INSIDE = ("a tab stands where a space belongs", "Write a space in place of the tab.")
NO_COLON = (
    "a colon is missing in this line",
    "Write 'name: value', or 'name:' with the lines that belong to it indented below.",
)
OPEN = ("the quote that begins here is not closed", "Write ' at the end of the text, too.")
OPEN_DOUBLE = ("the quote that begins here is not closed", 'Write " at the end of the text, too.')
NO_DASH = ("a space is missing behind the dash", "Write '- ' and then the value.")
BEHIND = (
    "the text in quotes ended at the second ', and more stands behind it",
    "To have ' inside a text, put \" around the whole of it.",
)
SECOND_COLON = ("a second colon stands in this line", "Put the value in quotes.")
VARIABLE = ("inside of { } a variable needs quotes", 'Write it in quotes: "${NAME}".')
BRACKET = (
    "a comma is missing before this, or the [ of line 1 is not closed",
    "Write a comma between two entries, and ] behind the last.",
)
BACKSLASH = (
    "inside of double quotes a backslash changes what follows it",
    "Write it twice, or put single quotes around the text.",
)
FURTHER = (
    "this line is indented further than the one above it, which has a value already",
    "Begin all lines of one group in the same column, and what belongs to one of them two further in.",
)
ODD = (
    "a character stands here that looks like a space, or like nothing, and is neither",
    "Type the line anew instead of copying it. A value that is meant so goes in quotes.",
)
DASHES = ("a line of --- stands inside the file", "Take the line out.")
COLUMN = (
    "this line does not begin in the column of the lines that it stands among",
    "Begin all lines of one group in the same column, and what belongs to one of them two further in.",
)


def no_space(name: str) -> Told:
    return "a space is missing behind the colon", f"Write '{name}: ' and then the value."


def no_beginning(mark: str) -> Told:
    return f"a value cannot begin with {mark}", "Put the value in quotes."


class Case(NamedTuple):
    """`told`: what is wrong and what to do, at a line and column of the text."""

    name: str
    text: str
    at: str
    told: Told


CASES = [
    Case("second document", "a: 1\n---\nb: 2\n", "2:1", DASHES),
    Case("tab", "apps:\n\tcrm: {}\n", "2:1", TAB),
    Case("tab behind spaces", "apps:\n  \tcrm: {}\n", "2:3", TAB),
    Case("tab after a value", "a: b\n\tc: d\n", "2:1", TAB),
    Case("tab behind a colon", "a:\tb\n", "1:3", TAB_INSIDE),
    Case("no-break space for indentation", "a: 1\nb:\n\u00a0\u00a0c: 1\n  d: 2\n", "3:1", ODD),
    Case("no-break space behind a colon", "a:\n  b:\u00a0c\n  d: 1\n", "2:5", ODD),
    Case("no-break space between words, another mistake", "a: 5\u00a0000\nb: @c\n", "2:4", no_beginning("@")),
    Case("colon missing, group below", "fields:\n  email\n    type: text\n", "2:3", NO_COLON),
    Case("colon missing between others", "a: 1\nemail\nb: 2\n", "2:1", NO_COLON),
    Case("colon missing in the last line", "a: 1\nemail\n", "2:1", NO_COLON),
    Case("two colons missing", "a:\n  b\n\n  c # d\n  e: 1\n", "2:3", NO_COLON),
    Case("space missing first", "object:contact\na: 1\n", "1:7", no_space("object")),
    Case("space missing last", "a: 1\ntype:text\n", "2:5", no_space("type")),
    Case("space missing in a list", "a:\n  - type:text\n    b: 1\n", "2:9", no_space("type")),
    Case("space missing behind a dash", "a:\n  - b\n  -c\nd: 1\n", "3:3", NO_DASH),
    Case("list too far in", "a:\n  - b\n    c: 1\n", "3:5", FURTHER),
    Case("single quote open", "a: 'b\nc: 1\n", "1:4", OPEN),
    Case("double quote open", 'a: "b\nc: 1\n', "1:4", OPEN_DOUBLE),
    Case("quote closed by the next one", 'a: "b == \'c\'\nd: "e"\n', "1:4", OPEN_DOUBLE),
    Case("open behind a text of two lines", "a: 'b\n  # c'\nd: 'e\nf: 1\n", "3:4", OPEN),
    Case("quote open in brackets", "a: {b: 'c, d: 1}\n", "1:8", OPEN),
    Case("quotes in a remark", "# don't\na: \"# 'x\" # 'tis\nb\nc: 1\n", "3:1", NO_COLON),
    Case("quotes inside of the same", "a: 'b == 'c''\n", "1:11", BEHIND),
    Case("two colons", "a: b: c\n", "1:5", SECOND_COLON),
    Case("variable in brackets", "a: {b: ${C}}\n", "1:8", VARIABLE),
    Case("bracket open", "a: [b, c\nd: 1\n", "2:2", BRACKET),
    Case("cron line", "a: */15 * * * *\n", "1:4", no_beginning("*, unless an & of that name stands above")),
    Case("address", "a: @b\n", "1:4", no_beginning("@")),
    Case("comparison", "a: > 3\n", "1:4", no_beginning(">")),
    Case("backslash", 'a: "\\d"\n', "1:5", BACKSLASH),
    Case("too far in", "a: 1\n  b: 2\n", "2:3", FURTHER),
    Case("not far enough in", "a:\n    b: 1\n  c: 2\n", "3:3", COLUMN),
    Case("further out than the first", "  a: 1\nb: 2\n", "2:1", COLUMN),
]


def problems(tmp_path: Path, text: str) -> list[Problem]:
    (tmp_path / "m.yaml").write_text(text)
    try:
        return read(tmp_path / "m.yaml", shown="m.yaml").problems
    except ProblemsFound as error:
        return list(error.problems)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_mistake_is_told_where_it_was_made(tmp_path: Path, case: Case) -> None:
    line, column = map(int, case.at.split(":"))
    assert problems(tmp_path, case.text) == [Problem("m.yaml", line, column, "", *case.told)]


@pytest.mark.parametrize(
    ("text", "where", "column"),
    [
        ("a: b\u00a0\n", "a", 5),
        ("a: \u00a0b\n", "a", 4),
        ("a: {b: c\u200b, d: e}\n", "a.b", 9),
        ("a: [b, \ufeffc]\n", "a[1]", 8),
    ],
)
def test_a_word_with_what_nobody_sees_is_told(tmp_path: Path, text: str, where: str, column: int) -> None:
    assert problems(tmp_path, text) == [Problem("m.yaml", 1, column, where, *ODD)]


@pytest.mark.parametrize(
    "text", ["a: 5\u00a0000\n", 'a: "b\u00a0"\n', "a: b # c\u00a0\n", "a: |\n  b\u00a0\n"]
)
def test_a_no_break_space_that_may_be_meant_is_taken(tmp_path: Path, text: str) -> None:
    assert problems(tmp_path, text) == []


def test_a_key_and_value_in_one_word_in_brackets(tmp_path: Path) -> None:
    told = Problem("m.yaml", 1, 5, "a", *no_space("type"))
    assert problems(tmp_path, "a: {type:text, b: 1}\n") == [told]


def test_a_key_that_merges(tmp_path: Path) -> None:
    what, cure = "merging (<<) is not supported", "Write out the lines that were to be merged here."
    told = Problem("m.yaml", 3, 3, "c", what, cure)
    assert problems(tmp_path, "a: &x {b: 1}\nc:\n  <<: *x\n") == [told]


def test_a_key_and_value_in_one_word_where_a_group_belongs(tmp_path: Path) -> None:
    (tmp_path / "m.yaml").write_text(
        "object: contact\napps: {crm: {object: people}}\nfields:\n  email:text\n"
    )
    found = [p for p in examine(tmp_path / "m.yaml", "m.yaml")[1] if p.where == "fields"]
    assert [(p.line, p.column, p.what, p.cure) for p in found] == [(4, 8, *no_space("email"))]


def test_the_line_is_shown_with_a_caret(tmp_path: Path) -> None:
    (problem,) = problems(tmp_path, "fields:\n  email\n    type: text\n")
    assert told(problem, lines_of({"m.yaml": tmp_path / "m.yaml"})).splitlines() == [
        "m.yaml:2:3: a colon is missing in this line",
        "    2 |   email",
        "          ^^^^^",
        f"  {NO_COLON[1]}",
    ]


@pytest.mark.parametrize(
    "text",
    [
        "credentials:\n  token:s3cret\n  email: x\n",
        "credentials:\n  token s3cret\n  email: x\n",
        "credentials: {token:s3cret}\n",
        "credentials:\n  token: 's3cret\n  email: x\n",
        "to:\n  - 'mailto://a:s3cret@example.com\n  - b: 1\n",
        "to:\n  mailto://a:s3cret@example.com\n  b: 1\n",
    ],
    ids=["space missing", "colon missing", "in brackets", "quote open", "address in quotes", "address"],
)
def test_what_may_be_a_secret_is_not_told(tmp_path: Path, text: str) -> None:
    found = problems(tmp_path, text)
    assert found
    lines = lines_of({"m.yaml": tmp_path / "m.yaml"})
    assert "s3cret" not in "".join(str(p) + told(p, lines) for p in found)
