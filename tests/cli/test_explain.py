"""`explain` and `history` as their user has them: by any name of a person, after edits in the apps."""

from __future__ import annotations

import pytest

from connectors.sandbox.server import Sandbox
from syncer.demo.apps import Apps
from tests.cli.conftest import Desk

KEYS = ["sync", "object", "who", "records", "fields", "absent", "waits"]
FIELD = ["field", "value", "app", "record", "time", "rule", "run", "because", "beat", "held", "apps"]
EVENT = "time run who what app record field before after because".split()


@pytest.fixture
def edited(desk: Desk, sandbox: Sandbox) -> tuple[Desk, str]:
    """A synced world in which somebody has typed a new city; the golden id of the person."""
    desk.synced()
    who = next(
        line["who"]
        for line in desk.run("show", desk.run("runs", "contacts", "--json").json[-1]["run"], "--json").json[
            "changed"
        ]
        if line["field"] == "city"
    )
    (person,) = desk.run("explain", who, "--json").json
    record = next(r["record"] for r in person["records"] if r["app"] == "zendesk")
    with Apps(sandbox) as apps:
        apps.edit("zendesk", record, "city", "Bandung")
    desk.synced()
    return desk, who


def test_explain_names_app_rule_and_run_of_an_edit(edited: tuple[Desk, str]) -> None:
    desk, who = edited
    (person,) = desk.run("explain", who, "city", "--json").json
    assert list(person) == KEYS
    (city,) = person["fields"]
    assert list(city) == FIELD
    assert (city["value"], city["app"], city["rule"]) == ("Bandung", "zendesk", "edit")
    assert {place["standing"] for place in city["apps"]} == {"in_step"}
    text = desk.run("explain", who, "city").out
    assert "city: Bandung" in text
    assert f"run {city['run']}" in text


def test_explain_says_of_a_first_conflict_that_nothing_was_chosen_yet(desk: Desk) -> None:
    city = "  city:\n    type: text\n"
    desk.change(city, f"{city}    rule: manual\n", "mappings/contacts.yaml")
    desk.run("sync", "contacts")
    held = desk.run("conflicts", "list", "contacts", "--held", "--field", "city", "--json").json
    text = desk.run("explain", held[0]["who"], "city").out
    assert "city: (not chosen yet)" in text
    assert "waits for you" in text
    assert "ever" not in text


def test_explain_takes_every_field_that_it_lists(desk: Desk) -> None:
    desk.synced()
    changed = desk.run("show", desk.run("runs", "contacts", "--json").json[-1]["run"], "--json").json[
        "changed"
    ]
    who = next(line["who"] for line in changed if line["field"] == "company.name")
    (told,) = desk.run("explain", who, "company.name", "--json").json
    assert [field["field"] for field in told["fields"]] == ["company.name"]
    assert "company.name" in desk.run("explain", who, "company.nam").err, "what was probably meant"


def test_explain_takes_every_name_of_a_person(edited: tuple[Desk, str]) -> None:
    desk, who = edited
    (person,) = desk.run("explain", who, "--json").json
    values = {f["field"]: f["value"] for f in person["fields"]}
    names = [values["email"], *(f"{r['app']}:{r['record']}" for r in person["records"])]
    for name in [n for n in names if n]:
        assert who in {found["who"] for found in desk.run("explain", name, "--json").json}, name


def test_history_is_a_timeline(edited: tuple[Desk, str]) -> None:
    desk, who = edited
    events = desk.run("history", who, "--json").json
    assert all(list(event) == EVENT for event in events)
    assert [e["time"] for e in events] == sorted(e["time"] for e in events)
    (edit,) = [e for e in events if (e["what"], e["after"]) == ("changed", "Bandung")]
    sent = [e for e in events if e["run"] == edit["run"] and e["what"] == "updated"]
    assert {e["app"] for e in sent} >= {"hubspot"}
    assert "Bandung" in desk.run("history", who).out


@pytest.mark.parametrize("command", ["explain", "history"])
def test_nobody_is_told_so(desk: Desk, command: str) -> None:
    answer = desk.run(command, "nobody@nowhere.example")
    assert (answer.code, answer.out) == (1, "")
    assert "Nobody is known" in answer.err


def test_a_field_that_no_mapping_has(desk: Desk) -> None:
    answer = desk.run("explain", "nobody@nowhere.example", "phon")
    assert answer.code == 2
    assert "Did you mean 'phone'" in answer.err


def test_a_field_that_only_another_mapping_has(edited: tuple[Desk, str]) -> None:
    desk, who = edited
    answer = desk.run("explain", who, "industry")
    assert answer.code == 1
    assert answer.err.strip().endswith(
        "The mapping of contacts has no field 'industry'; that of companies has."
    )


def test_a_limit_of_0_shows_all(edited: tuple[Desk, str]) -> None:
    desk, _ = edited
    for command in (("conflicts", "list", "--all"), ("runs",)):
        some, all_ = (desk.run(*command, "--limit", n, "--json").json for n in ("1", "0"))
        assert len(some) == 1 < len(all_)


def test_a_list_that_is_cut_says_so(edited: tuple[Desk, str]) -> None:
    desk, _ = edited
    line = "... and more; --limit 0 shows all."
    for command in (("conflicts", "list", "--all"), ("runs",)):
        number = len(desk.run(*command, "--limit", "0", "--json").json)
        for limit, cut in ((1, True), (number - 1, True), (number, False), (0, False)):
            told, given = (desk.run(*command, "--limit", str(limit), *more) for more in ((), ("--json",)))
            assert (line in told.out) == (line in given.err) == cut
            assert len(given.json) == (limit or number)
