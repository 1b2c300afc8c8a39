"""A rule is put into the text of a mapping file, and all the rest of it stays as it was."""

from __future__ import annotations

import difflib
from pathlib import Path

import pytest

from mappings.rewrite import CannotRewrite, prefer, with_rule

ROOT = Path(__file__).resolve().parents[2]
RULE = prefer(["crm", "desk"])
HEAD = "# people\nfields:\n"


@pytest.mark.parametrize(
    ("name", "before", "after"),
    [
        (
            "a block gets a line",
            "  title:   # what they do\n    type: text   # as typed\n    in: {crm: t}  # one app\n"
            "\n  # next\n  a: {in: {crm: a}}\n",
            "  title:   # what they do\n    type: text   # as typed\n    in: {crm: t}  # one app\n"
            f"    rule: {RULE}\n\n  # next\n  a: {{in: {{crm: a}}}}\n",
        ),
        (
            "a word is exchanged",
            "  title:\n    rule: manual  # for now\n    in: {crm: t}\n",
            f"  title:\n    rule: {RULE}  # for now\n    in: {{crm: t}}\n",
        ),
        (
            "a group in one line is exchanged",
            "  title: {rule: {prefer: [desk]}, in: {crm: t}}  # short\n",
            f"  title: {{rule: {RULE}, in: {{crm: t}}}}  # short\n",
        ),
        ("an entry in one line", "  title: {in: {crm: t}}\n", f"  title: {{in: {{crm: t}}, rule: {RULE}}}\n"),
        (
            "a rule over several lines",
            "  title:\n    rule:\n      prefer:\n        - desk\n        # last\n    in: {crm: t}\n",
            f"  title:\n    rule: {RULE}\n        # last\n    in: {{crm: t}}\n",
        ),
        (
            "the file ends there",
            "  title:\n    in:\n      crm: t",
            f"  title:\n    in:\n      crm: t\n    rule: {RULE}",
        ),
    ],
    ids=lambda value: value if " " in value and "\n" not in value else "",
)
def test_only_the_rule_changes(name: str, before: str, after: str) -> None:
    assert with_rule(HEAD + before, "title", RULE) == HEAD + after, name


@pytest.mark.parametrize("field", ["phone", "city", "job_title", "company"])
def test_the_file_that_ships_changes_in_one_line(field: str) -> None:
    text = (ROOT / "mappings/contacts.yaml").read_text()
    lines = list(difflib.ndiff(text.splitlines(), with_rule(text, field, RULE).splitlines()))
    assert [line.strip() for line in lines if line.startswith("+ ")] == [f"+     rule: {RULE}"]
    assert sum(line.startswith("- ") for line in lines) <= 1


@pytest.mark.parametrize(
    "entry", ["  other: {in: {crm: t}}\n", "  x: &a manual\n  title: {in: {crm: t}, rule: *a}\n"]
)
def test_what_cannot_be_changed_safely_is_left_to_a_person(entry: str) -> None:
    with pytest.raises(CannotRewrite, match="by hand"):
        with_rule(HEAD + entry, "title", RULE)
