"""Held plans and their answers; parts of a sync: a pilot, one record, a pause, reading again."""

from __future__ import annotations

from typing import Any

import pytest

from tests.cli.conftest import Desk


@pytest.fixture
def asking(desk: Desk) -> Desk:
    desk.change("first_sync: go", "first_sync: ask")
    return desk


def test_a_first_sync_that_asks_is_held_and_says_how_to_answer(asking: Desk) -> None:
    held = asking.run("sync", "companies")
    assert held.code == 3
    assert "Nothing was written, because this is the first sync" in held.out
    assert "--approve" in held.out
    assert "--reject" in held.out
    assert 5 <= held.out.count("\n  ") <= 12


def test_approving_does_what_was_planned(asking: Desk) -> None:
    held = asking.run("sync", "companies", "--json")
    (line,) = held.lines
    assert (held.code, line["status"], line["written"]) == (3, "held", 0)
    planned = sum(row["held"] for row in line["apps"].values())
    done = asking.run("sync", "--approve", line["run"], "--json")
    assert (done.code, [one["sync"] for one in done.lines]) == (0, ["companies"])
    assert done.lines[0]["written"] == planned > 0


def test_a_plan_held_twice_goes_by_both_runs(asking: Desk) -> None:
    asking.run("sync", "companies")
    again = asking.run("sync", "companies", "--json").lines[0]["run"]
    assert asking.run("sync", "companies", "--approve", again, "--json").lines[0]["written"] > 0


def test_rejecting_writes_nothing_and_asks_no_more(asking: Desk) -> None:
    run = asking.run("sync", "companies", "--json").lines[0]["run"]
    refused = asking.run("sync", "companies", "--reject", run, "--json")
    assert refused.lines[0]["status"] != "held"
    assert refused.lines[0]["apps"]["hubspot"]["created"] == 0
    assert asking.run("sync", "companies").code != 3


@pytest.mark.parametrize("option", ["--approve", "--reject"])
def test_answering_a_run_that_is_not_held_does_nothing(desk: Desk, option: str) -> None:
    run = desk.run("sync", "companies", "--json").lines[0]["run"]
    answer = desk.run("sync", option, run, "--json")
    assert (answer.code, answer.out) == (0, "")
    assert "does not wait for an answer" in answer.err


def test_a_tried_out_plan_waits_for_nobody(asking: Desk) -> None:
    assert asking.run("plan", "companies").code == 0
    tried = asking.run("sync", "companies", "--dry-run")
    assert (tried.code, tried.out.count("It would be held: this is the first sync")) == (0, 1)
    assert {run["status"] for run in asking.run("runs", "--json").json} == {"done"}


def test_a_pilot_syncs_only_so_many(asking: Desk) -> None:
    answer = asking.run("sync", "companies", "--pilot", "3", "--json")
    assert answer.code == 0
    assert asking.run("status", "companies", "--json").json[0]["golden"] == 3


def _somebody(desk: Desk) -> dict[str, Any]:
    items = desk.run("plan", "contacts", "--json").lines[0]["items"]
    return next(
        i for i in items if i["kind"] == "create" and any(c["field"] == "email" for c in i["changes"])
    )


def test_one_record_is_found_by_its_address(desk: Desk) -> None:
    somebody = _somebody(desk)
    email = next(c["after"] for c in somebody["changes"] if c["field"] == "email")
    answer = desk.run("sync", "contacts", "--record", email, "--json")
    assert answer.code == 0
    assert desk.run("status", "contacts", "--json").json[0]["golden"] == 1
    assert desk.run("sync", "--record", somebody["who"], "--json").lines[0]["written"] == 0
    again = desk.run("resync", "--record", email, "--json")
    assert (again.code, again.lines[0]["written"]) == (0, 0)


def test_a_record_that_nobody_knows(desk: Desk) -> None:
    answer = desk.run("sync", "--record", "nobody@nowhere.example")
    assert answer.code == 1
    assert "Nobody was found" in answer.err


def test_a_record_of_a_paused_sync_is_not_said_to_be_unknown(desk: Desk) -> None:
    desk.run("pause", "contacts")
    answer = desk.run("sync", "contacts", "--record", "hubspot:1")
    assert (answer.code, answer.out) == (0, "")
    assert "contacts is paused" in answer.err
    assert "Nobody" not in answer.err


def test_a_record_in_a_paused_app_is_not_said_to_be_read_again(desk: Desk) -> None:
    desk.synced()
    desk.run("pause", "hubspot")
    answer = desk.run("resync", "companies", "--record", "hubspot:1")
    assert (answer.code, "hubspot is paused: it was not read." in answer.out) == (0, True)


def test_reading_again_reads_all_and_writes_nothing(desk: Desk) -> None:
    desk.synced()
    said = desk.run("resync", "companies", "--json").lines[0]
    linked = desk.run("status", "companies", "--json").json[0]["apps"]["hubspot"]["linked"]
    assert said["apps"]["hubspot"]["read"] >= linked
    assert said["written"] == 0


def test_reading_one_app_again_leaves_the_others_to_their_cursors(desk: Desk) -> None:
    desk.synced()
    (said,) = desk.run("resync", "companies", "--app", "zendesk", "--json").lines
    assert said["apps"]["zendesk"]["read"] >= 30 // 5
    assert said["written"] == 0


def test_a_paused_sync_is_left_out_until_it_is_resumed(desk: Desk) -> None:
    assert desk.run("pause", "companies").code == 0
    answer = desk.run("sync", "companies", "--json")
    assert (answer.code, answer.out) == (0, "")
    assert "paused" in answer.err
    assert desk.run("status", "companies", "--json").json[0]["paused"] is True
    assert "goes on" in desk.run("resume", "companies").out
    assert desk.run("sync", "companies", "--json").lines[0]["written"] > 0


def test_a_paused_app_is_left_alone_by_a_sync_that_comes_to_it_later(desk: Desk) -> None:
    both = desk.config.read_text()
    desk.change("  contacts: {mapping: mappings/contacts.yaml}\n", "")
    assert desk.run("pause", "mailerlite").code == 2  # of no sync
    assert desk.run("pause", "hubspot").out == "hubspot is paused.\n"
    desk.config.write_text(both)
    apps = desk.run("sync", "contacts", "--json").json["apps"]
    assert {app: row["calls"] > 0 for app, row in apps.items()} == {
        "hubspot": False,
        "mailerlite": True,
        "zendesk": True,
    }
    assert desk.run("resume", "hubspot").out == "hubspot goes on.\n"
    assert desk.run("sync", "contacts", "--json").json["apps"]["hubspot"]["read"] > 0


def test_an_app_whose_changed_credential_does_not_work_can_be_paused(desk: Desk) -> None:
    desk.run("sync", "companies")
    desk.change("token: sandbox-zendesk", "token: wrong")
    assert desk.run("sync", "companies").code == 1
    desk.run("pause", "zendesk")
    assert desk.run("sync", "companies").code == 0
    desk.change("token: wrong", "token: sandbox-zendesk")
    desk.run("resume", "zendesk")
    assert desk.run("sync", "companies").code == 0


def test_a_paused_app_is_neither_read_nor_written(desk: Desk) -> None:
    desk.run("sync", "companies")
    desk.run("pause", "zendesk")
    answer = desk.run("sync", "companies", "--json")
    row = answer.lines[0]["apps"]["zendesk"]
    assert (row["read"], row["calls"]) == (0, 0)
    assert (answer.code, answer.lines[0]["status"]) == (0, "done"), "nothing is left over for it"
    desk.run("resume", "zendesk")
    assert desk.run("sync", "companies", "--json").lines[0]["apps"]["zendesk"]["calls"] > 0
