"""A mapping against the apps' real fields: what does not fit, what fits in part, and how it is shown."""

from __future__ import annotations

from pathlib import Path

import pytest

from mappings.bind import OpenShape, bind, fit, lacking
from mappings.document import Problem, ProblemsFound
from mappings.draft import read
from mappings.excerpt import lines_of, told
from mappings.fitting import losses

MAPPING = """\
object: contact
apps: {crm: {object: people}, desk: {object: users}}
match: {exact: [email]}
fields:
  email: {type: email, in: {crm: email, desk: mail}}
  size: {type: choice, in: {crm: size, desk: size}}
  notes: {in: {crm: notes, desk: notes}}
  seats: {type: integer, in: {crm: seats, desk: seats}}
"""


def shapes(**desk: OpenShape | None) -> dict[str, dict[str, OpenShape]]:
    """Apps that fit; `desk` replaces its fields, or takes them away (None)."""
    crm = [
        OpenShape("email"),
        OpenShape("size", "choice", options=("small", "BIG")),
        OpenShape("notes"),
        OpenShape("seats", "decimal"),
    ]
    fits: dict[str, OpenShape | None] = {
        "mail": OpenShape("mail"),
        "size": OpenShape("size", "choice", options=("Small", "big", "huge")),
        "notes": OpenShape("notes"),
        "seats": OpenShape("seats", "integer"),
    }
    own = {name: shape for name, shape in {**fits, **desk}.items() if shape is not None}
    return {"crm": {s.name: s for s in crm}, "desk": own}


@pytest.mark.parametrize(
    ("desk", "at", "what", "cure"),
    [
        (
            {"notes": None, "note": OpenShape("note")},
            "7:34",
            "desk has no field 'notes' in users",
            "Did you mean 'note'?",
        ),
        (
            {"notes": OpenShape("notes", writable="no")},
            "7:34",
            "desk does not let us write 'notes'",
            "Write desk: {field: notes, direction: from}.",
        ),
        (
            {"seats": OpenShape("seats", "date")},
            "8:49",
            "'seats' of desk is a date, and cannot hold integer",
            "Use type: date, or another field of desk.",
        ),
        (
            {"seats": OpenShape("seats", "multi")},
            "8:49",
            "'seats' of desk is a list, and integer is one value",
            "Write {field: seats, pick: first}.",
        ),
        (
            {"mail": OpenShape("mail", "boolean")},
            "5:47",
            "'mail' of desk is a boolean, and cannot hold email",
            "Use type: boolean, or another field of desk.",
        ),
    ],
)
def test_a_misfit_names_its_place_and_its_cure(
    tmp_path: Path, desk: dict[str, OpenShape | None], at: str, what: str, cure: str
) -> None:
    (tmp_path / "m.yaml").write_text(MAPPING)
    with pytest.raises(ProblemsFound) as caught:
        bind(read(tmp_path / "m.yaml", "m.yaml"), shapes(**desk))
    (problem,) = caught.value.problems
    assert (f"{problem.line}:{problem.column}", problem.what, problem.cure) == (at, what, cure)


def test_options_without_a_counterpart_and_short_fields_are_told(tmp_path: Path) -> None:
    (tmp_path / "m.yaml").write_text(MAPPING)
    found = list(losses(read(tmp_path / "m.yaml", "m.yaml"), shapes(notes=OpenShape("notes", max_length=20))))
    assert [(p.where, p.minor) for p in found] == [
        ("fields.size.in.crm", False),
        ("fields.notes.in.desk", True),
    ]
    assert found[0].what == "'size' of crm has no option for huge of desk"
    assert "holds 20 characters" in found[1].what
    assert not list(losses(read(tmp_path / "m.yaml"), shapes(size=OpenShape("size"))))


def test_what_once_fitted_stops_alone_and_what_never_did_stops_the_sync(tmp_path: Path) -> None:
    (tmp_path / "m.yaml").write_text(MAPPING)
    draft = read(tmp_path / "m.yaml", "m.yaml")
    bound = fit(draft, shapes(notes=None), {"desk": ["notes"]})
    assert [(s.app, s.slot, s.fields) for s in bound.stopped] == [("desk", "notes", ("notes",))]
    assert "notes" in bound.apps["crm"].slots
    assert "notes" not in bound.apps["desk"].slots
    with pytest.raises(ProblemsFound):
        fit(draft, shapes(notes=None), {"desk": ["seats"]})


def test_without_what_records_are_recognised_by_nothing_runs(tmp_path: Path) -> None:
    (tmp_path / "m.yaml").write_text(MAPPING)
    with pytest.raises(ProblemsFound):
        fit(read(tmp_path / "m.yaml"), shapes(mail=None), {"desk": ["mail"]})


@pytest.mark.parametrize(
    ("old", "new", "marked"),
    [
        (
            "type: choice",
            "type: choise",
            ["    6 |   size: {type: choise, in: {crm: size, desk: size}}", "                       ^^^^^^"],
        ),
        (
            "notes: {in",
            '"no tes": {in',
            ['    7 |   "no tes": {in: {crm: notes, desk: notes}}', "          ^^^^^^^^"],
        ),
    ],
)
def test_a_mistake_is_shown_with_its_line_and_a_caret(
    tmp_path: Path, old: str, new: str, marked: list[str]
) -> None:
    file = tmp_path / "m.yaml"
    file.write_text(MAPPING.replace(old, new))
    with pytest.raises(ProblemsFound) as caught:
        read(file, "m.yaml")
    assert told(caught.value.problems[0], lines_of({"m.yaml": file})).splitlines()[1:3] == marked


@pytest.mark.parametrize(
    "line", ["    credentials: {token: s3cret, toke: s3cret}", "state: {url: 's3cret', ur: x}", "s3cret: ["]
)
def test_a_line_that_may_hold_a_secret_is_not_shown(tmp_path: Path, line: str) -> None:

    file = tmp_path / "config.yaml"
    file.write_text(f"apps:\n{line} # token\n")
    for where in ("apps.hub.credentials.toke", "state.ur", ""):
        shown = told(Problem("config.yaml", 2, 3, where, "it is wrong"), lines_of({"config.yaml": file}))
        assert "s3cret" not in shown


def test_a_day_in_a_form_of_its_own_may_be_refused_by_a_field_of_days(tmp_path: Path) -> None:
    text = MAPPING + "  born: {type: date, in: {crm: born, desk: {field: born, format: DD/MM/YYYY}}}\n"
    (tmp_path / "m.yaml").write_text(text)
    there = shapes(born=OpenShape("born", "date"))
    there["crm"]["born"] = OpenShape("born", "date")
    (found,) = [one for one in losses(read(tmp_path / "m.yaml", "m.yaml"), there) if "born" in one.what]
    assert found.minor
    assert found.what == "'born' of desk is a date, and may refuse what is written as DD/MM/YYYY"
    assert found.cure == "Leave out the format, or choose a text field of desk."
    there["desk"]["born"] = OpenShape("born")
    assert not [one for one in losses(read(tmp_path / "m.yaml"), there) if "born" in one.what]


def test_a_text_field_gets_yes_and_no_as_words(tmp_path: Path) -> None:
    text = MAPPING + "  vip: {type: boolean, in: {crm: vip, desk: vip}}\n"
    (tmp_path / "m.yaml").write_text(text)
    there = shapes(vip=OpenShape("vip"))
    there["crm"]["vip"] = OpenShape("vip", "boolean")
    apps = bind(read(tmp_path / "m.yaml"), there).apps
    shown = {
        app: [apps[app].slots["vip"].project({"vip": golden}, None) for golden in (True, False)]
        for app in apps
    }
    assert shown == {"crm": [True, False], "desk": ["true", "false"]}


def test_a_choice_that_passes_for_a_tag_is_told(tmp_path: Path) -> None:
    text = MAPPING + "  tags: {type: tags, only: [vip, trial], in: {crm: tags, desk: tags}}\n"
    (tmp_path / "m.yaml").write_text(text)
    plan = OpenShape("plan", "choice", options=("free", "Trial"), joins="tags")
    there = shapes(tags=OpenShape("tags", "multi"), plan=plan)
    there["crm"]["tags"] = OpenShape("tags", "multi")
    (found,) = [one for one in losses(read(tmp_path / "m.yaml", "m.yaml"), there) if "tag" in one.what]
    assert (found.where, found.minor) == ("fields.tags.in.desk", True)
    assert found.what.startswith("desk shows Trial of 'plan' among 'tags' too")


def test_a_choice_that_stands_for_several_states_is_made_once(tmp_path: Path) -> None:
    place = "{field: state, values: {unsubscribed: out, bounced: out, subscribed: in}}"
    text = MAPPING + f"  consent: {{type: consent, in: {{crm: state, desk: {place}}}}}\n"
    (tmp_path / "m.yaml").write_text(text)
    found = {one.name: one.options for one in lacking(read(tmp_path / "m.yaml"), {"desk": {}})}
    assert found["state"] == ("out", "in")
