"""Named steps between a field and an app: there and back, and what is told where they are written wrongly."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mappings.document import ProblemsFound
from mappings.load import load, read
from mappings.model import Slot
from mappings.transforms import STEPS, is_narrowed, transform

HEAD = "object: contact\napps: {crm: {object: people}, desk: {object: users}}\nfields:\n"


def slot(tmp_path: Path, steps: str, type: str = "text") -> Slot:
    file = tmp_path / "m.yaml"
    file.write_text(f"{HEAD}  f: {{type: {type}, in: {{crm: {{field: f, transform: {steps}}}}}}}\n")
    return load(file, None).apps["crm"].slots["f"]


@pytest.mark.parametrize(
    ("steps", "golden", "shown", "back"),
    [
        ("trim", "Ann", "Ann", "Ann"),
        ("[{case: upper}]", "Ann", "ANN", "ANN"),
        ('[{prefix: "CRM-"}]', "17", "CRM-17", "17"),
        ('[{template: "Tel. {} (home)"}]', "0812", "Tel. 0812 (home)", "0812"),
        ("[{map: {free: Basic, paid: Pro}}]", "paid", "Pro", "paid"),
        ("[{map: {free: Basic}}]", "gold", "gold", "gold"),
        ("[{truncate: 5}]", "Head of Sales", "Head", "Head"),
        ('[{truncate: {length: 8, mark: "..."}}]', "Head of Sales", "Head...", "Head..."),
        ('[{prefix: "A"}, {prefix: "B"}]', "x", "BAx", "x"),
        ('[{default: "n/a"}]', None, "n/a", None),
        ('[{default: "n/a"}]', "Boss", "Boss", "Boss"),
    ],
)
def test_a_step_there_and_back(tmp_path: Path, steps: str, golden: Any, shown: Any, back: Any) -> None:
    carried = slot(tmp_path, steps)
    assert carried.project({"f": golden}, None) == shown
    assert carried.split(shown, {})["f"] == back
    assert carried.same(carried.project(carried.split(shown, {}), None), shown)


def test_a_field_that_was_never_set_gets_no_default(tmp_path: Path) -> None:
    assert slot(tmp_path, '[{default: "n/a"}]').project({}, None) is None


@pytest.mark.parametrize(
    ("steps", "narrows"), [("trim", False), ("[{case: lower}]", True), ("[{truncate: 5}]", True)]
)
def test_what_cannot_be_undone_is_a_narrower_form(tmp_path: Path, steps: str, narrows: bool) -> None:
    assert slot(tmp_path, steps).narrows is narrows


@given(st.text(max_size=20), st.text(min_size=1, max_size=5), st.text(max_size=5))
def test_prefix_and_template_lose_nothing(value: str, front: str, end: str) -> None:
    end = end.replace("{}", "")
    chain = transform([{"prefix": front}, {"template": f"{front.replace('{}', '')}{{}}{end}"}])
    assert chain.read(chain.show(value)) == value


def test_a_type_keeps_its_own_forms_inside_a_transform(tmp_path: Path) -> None:
    carried = slot(tmp_path, "[{case: upper}]", "country")
    assert carried.project({"f": "ID"}, None) == "INDONESIA"
    assert carried.split("INDONESIA", {}) == {"f": "ID"}


@pytest.mark.parametrize(
    ("steps", "where", "what", "cure"),
    [
        ("prefx", "", "'prefx' is not a transform", "Did you mean 'prefix'?"),
        ("prefix", "", "'prefix' needs to know more", 'Write {prefix: "CRM-"}.'),
        ("{case: uper}", ".case", "'uper' is not a case", "Did you mean 'upper'?"),
        ("{template: Tel}", ".template", "a template holds the value once, as {}", "Write {template:"),
        ("{truncate: no}", ".truncate", "a length that is longer than the mark", "Write {truncate:"),
        ("{map: {a: x, b: x}}", ".map.b", "'a' and 'b' are both shown as 'x'", "Give each its own text."),
        ("{prefix: A, case: upper}", "", "this is not one step", "Write a word such as trim"),
    ],
)
def test_a_wrong_step_names_its_place_and_its_cure(
    tmp_path: Path, steps: str, where: str, what: str, cure: str
) -> None:
    file = tmp_path / "m.yaml"
    file.write_text(f"{HEAD}  f: {{in: {{crm: {{field: f, transform: [{steps}]}}}}}}\n")
    with pytest.raises(ProblemsFound) as caught:
        read(file)
    (problem,) = caught.value.problems
    assert (problem.line, problem.where) == (4, f"fields.f.in.crm.transform[0]{where}")
    assert what in problem.what
    assert cure in problem.cure


@pytest.mark.parametrize(
    ("field", "what", "cure"),
    [
        ('{value: "frst", in: {crm: f}}', "'frst' is not a field here", "Did you mean 'first'?"),
        ('{value: "other", in: {crm: f}}', "'other' is not a field here", ""),
        ('{value: "first +", in: {crm: f}}', "the condition is not complete", "Write it like"),
        ('{value: "first", in: {crm: {field: f, direction: both}}}', "is only written", "Write to"),
        ('{value: "first", rule: newest, in: {crm: f}}', "takes no rule", "Remove one"),
        ("{type: date, in: {crm: {field: f, transform: trim}}}", "date knows no 'transform'", "Remove it."),
    ],
)
def test_a_wrong_value_names_its_cure(tmp_path: Path, field: str, what: str, cure: str) -> None:
    file = tmp_path / "m.yaml"
    file.write_text(
        f'{HEAD}  first: {{in: {{crm: first}}}}\n  other: {{value: "first", in: {{crm: o}}}}\n  f: {field}\n'
    )
    with pytest.raises(ProblemsFound) as caught:
        read(file)
    (problem,) = caught.value.problems
    assert problem.line == 6
    assert what in problem.what
    assert cure in problem.cure


def test_every_step_is_told_with_an_example_that_works(tmp_path: Path) -> None:
    for _, example, _ in STEPS.values():
        assert slot(tmp_path, f"[{example}]").project({"f": "Ann"}, None)


@pytest.mark.parametrize(
    ("text", "full", "narrowed"),
    [
        ("Head of S", "Head of Sales", True),
        ("Head of...", "Head of Sales", True),
        ("HEAD OF SALES", "Head of Sales", True),
        ("Head of Sales", "Head of S", False),
        ("Hot", "Head of Sales", False),
        ("...", "Head of Sales", False),
    ],
)
def test_a_cut_or_cased_text_is_known_for_a_fuller_one(text: str, full: str, narrowed: bool) -> None:
    assert is_narrowed(text, full) is narrowed
