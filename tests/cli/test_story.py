"""The commands in the order in which a newcomer meets them, on real HTTP."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from tests.cli.conftest import Desk

SYNC_KEYS = [
    "run",
    "sync",
    "status",
    "seconds",
    "apps",
    "conflicts",
    "reviews",
    "written",
    "stopped",
    "scope",
    "gone",
    "merged",
]
APP_KEYS = ["read", "linked", "created", "updated", "archived", "unchanged", "failed", "held", "calls"]


def test_from_nothing_to_apps_in_step(desk: Desk) -> None:
    check = desk.run("check")
    assert check.code == 0
    assert "All mapped fields are there" in check.out

    plan = desk.run("plan", "--json")
    assert plan.code == 0
    assert [line["sync"] for line in plan.lines] == ["companies", "contacts"]
    assert all(line["items"] for line in plan.lines)

    first = desk.run("sync", "--json")
    assert first.code in (0, 4)
    for line in first.lines:
        assert list(line) == SYNC_KEYS
        assert line["written"] > 0
        assert all(list(row) == APP_KEYS for row in line["apps"].values())

    desk.synced()
    quiet = desk.run("sync", "--json")
    assert quiet.code == 0
    assert [line["written"] for line in quiet.lines] == [0, 0]

    runs = desk.run("runs", "--json").json
    assert list(runs[0]) == ["run", "sync", "started", "status", "written"]
    assert [run["run"] for run in runs] == sorted((run["run"] for run in runs), reverse=True)

    writing = first.lines[0]["run"]
    shown = desk.run("show", writing, "--json").json
    assert shown["run"] == writing
    assert shown["changed"]
    assert len([w for w in shown["writes"] if w["outcome"] == "applied"]) >= first.lines[0]["written"]

    status = desk.run("status", "--json").json
    assert [one["sync"] for one in status] == ["companies", "contacts"]
    assert status[1]["apps"]["hubspot"]["linked"] > 0

    conflicts = desk.run("conflicts", "list", "--json").json
    assert len(conflicts) == 20
    one = desk.run("conflicts", "show", str(conflicts[0]["seq"]), "--json").json
    assert one == conflicts[0]
    assert len(one["candidates"]) >= 2


def test_a_plan_writes_nothing(desk: Desk) -> None:
    before = desk.run("plan", "contacts", "--json").lines[0]["items"]
    assert desk.run("plan", "contacts", "--json").lines[0]["items"] == before
    dry = desk.run("sync", "contacts", "--dry-run", "--json")
    assert (dry.code, dry.lines[0]["written"]) == (0, 0)


def test_a_plan_shows_before_after_and_rule(desk: Desk) -> None:
    desk.run("sync", "companies")
    updates = [i for i in desk.run("plan", "contacts", "--json").lines[0]["items"] if i["kind"] == "update"]
    assert list(updates[0]["changes"][0]) == ["field", "before", "after", "rule"]
    text = desk.run("plan", "contacts", "--limit", "1").out
    assert "records more; --limit 0 shows all" in text


def test_people_see_a_row_an_app_and_where_to_look_next(desk: Desk) -> None:
    out = desk.run("sync", "contacts").out
    columns = "app read linked created updated unchanged conflicts for review calls".split()
    assert all(word in out.splitlines()[1] for word in columns)
    assert [line.split()[0] for line in out.splitlines()[2:5]] == ["hubspot", "mailerlite", "zendesk"]
    assert "Look next:" in out


@pytest.mark.parametrize(
    "command",
    [
        ("status",),
        ("runs",),
        ("conflicts", "list"),
        ("conflicts", "list", "--held"),
        ("conflicts", "list", "--all", "--limit", "3"),
    ],
)
def test_reports_are_readable_before_and_after_the_first_run(desk: Desk, command: tuple[str, ...]) -> None:
    before = desk.run(*command)
    desk.run("sync", "companies")
    after = desk.run(*command)
    assert (before.code, after.code) == (0, 0)
    assert before.out
    assert after.out


def test_the_conflict_log_is_written_beside_the_config_for_its_owner_only(desk: Desk) -> None:
    desk.run("sync", "companies")
    files = sorted((desk.folder / "conflicts").glob("[!.]*"))
    assert [f.suffix for f in files] == [".jsonl", ".txt"]
    assert all(stat.S_IMODE(f.stat().st_mode) == 0o600 for f in files)
    lines = files[0].read_text().splitlines()
    desk.run("sync", "companies")
    assert files[0].read_text().splitlines()[: len(lines)] == lines


def test_a_quiet_run_asks_no_app_what_it_is_like(desk: Desk) -> None:
    desk.synced()
    before = desk.calls()
    said = desk.run("sync", "--json").lines
    assert desk.calls() - before == sum(row["calls"] for line in said for row in line["apps"].values())


def test_everything_works_with_the_config_named_on_the_command_line(desk: Desk, tmp_path: Path) -> None:
    other = tmp_path / "other" / "my.yaml"
    port = desk.url.rsplit(":", 1)[1]
    assert desk.run("init", "--sandbox", "--port", port, "--config", str(other)).code == 0
    out = desk.run("sync", "companies", "--config", str(other)).out
    assert f"--config {other}" in out
    assert (other.parent / "syncer.db").exists()


def test_a_field_added_later_is_made_and_read_from_every_record(desk: Desk) -> None:
    desk.synced()
    desk.change(
        "  job_title:\n",
        "  nickname:\n    type: text\n    in: {hubspot: nickname, zendesk: user_fields.nickname}\n"
        "  job_title:\n",
        "mappings/contacts.yaml",
    )
    assert desk.run("sync", "contacts").code == 2
    missing = desk.run("check", "--json")
    assert missing.code == 2
    assert [f["field"] for f in missing.json["lacking"]] == ["nickname", "user_fields.nickname"]
    shown = desk.run("check", "--create-fields", "--json")
    assert (shown.code, len(shown.json["lacking"])) == (2, 2)
    assert "Nothing was made" in shown.err
    assert desk.run("check", "--create-fields", "--yes").code == 0
    read = desk.run("sync", "contacts", "--json").lines[0]["apps"]["hubspot"]["read"]
    assert read >= desk.run("status", "contacts", "--json").json[0]["apps"]["hubspot"]["linked"]


def test_an_app_that_the_mapping_leaves_out_is_told_by_check(desk: Desk) -> None:
    """Not by what looks at files alone, which says so."""
    desk.synced()
    assert desk.run("check").code == 0
    (desk.folder / "mappings/companies.yaml").write_text(
        "object: company\napps: {hubspot: {object: companies}}\nmatch: {exact: [domain]}\n"
        "fields: {name: {in: {hubspot: name}}, domain: {type: domain, in: {hubspot: domain}}}\n"
    )
    desk.change("      zendesk: organization_id\n", "", "mappings/contacts.yaml")
    files = desk.run("mapping", "check")
    assert files.code == 0
    assert "syncer check" in files.out
    answer = desk.run("check")
    assert answer.code == desk.run("plan", "companies").code == 2
    assert "'zendesk' is left out, and companies knows which of its records are whose" in answer.out


def test_a_field_that_cannot_be_made_is_named_and_the_others_are_made(desk: Desk) -> None:
    desk.change(
        "  job_title:\n",
        "  colour:\n    type: choice\n"
        "    in: {hubspot: colour, zendesk: user_fields.colour, mailerlite: colour}\n"
        "  plan:\n    type: choice\n    in:\n      hubspot: plan\n"
        "      zendesk: {field: user_fields.plan, values: {basic: free, pro: paid}}\n"
        "  birthday:\n    type: date\n"
        "    in: {hubspot: born, mailerlite: {field: fields.born, format: DD/MM/YYYY}}\n"
        "  job_title:\n",
        "mappings/contacts.yaml",
    )
    answer = desk.run("check", "--create-fields", "--yes")
    assert answer.code == 2
    assert "hubspot: plan in contacts (choice with the options basic, pro)" in answer.err
    assert "zendesk: user_fields.plan in users (choice with the options free, paid)" in answer.err
    assert "mailerlite: fields.born in subscribers (text)" in answer.err
    assert "made 2 fields in hubspot\nnot made in hubspot: colour: " in answer.err
    assert "made 1 field in zendesk\nnot made in zendesk: user_fields.colour: " in answer.err
    assert "not made in mailerlite: colour: no field can be made there under this name" in answer.err
    assert [one["field"] for one in desk.run("check", "--json").json["lacking"]] == [
        "colour",
        "user_fields.colour",
        "colour",
    ]


def test_fields_are_made_where_they_may_be_and_what_was_not_is_said(desk: Desk) -> None:
    desk.change(
        "  job_title:\n",
        "  nickname:\n    type: text\n    in: {hubspot: nickname, zendesk: user_fields.nickname}\n"
        "  job_title:\n",
        "mappings/contacts.yaml",
    )
    desk.change("    connector: hubspot\n", "    connector: hubspot\n    writes: off\n")
    answer = desk.run("check", "--create-fields", "--yes")
    assert answer.code == 2
    assert "made none in hubspot: nothing is written to it (writes: off)" in answer.err
    assert "made 1 field in zendesk" in answer.err
    assert "1 mapped field is missing" in answer.out
