"""Plans that are kept in a file, looked at, and done: exactly these changes, as far as they still hold."""

from __future__ import annotations

import json
import stat
from pathlib import Path
from typing import Any

from connectors.sandbox.server import Sandbox
from syncer.demo.apps import Apps
from tests.cli.conftest import Desk
from tests.cli.test_verify import somebody


def keep(desk: Desk) -> tuple[Path, list[dict[str, Any]]]:
    file = desk.folder / "plan.json"
    answer = desk.run("plan", "contacts", "--out", str(file), "--json")
    assert answer.code == 0
    assert f"apply {file}" in answer.err
    return file, answer.json["items"]


def test_a_plan_tells_what_it_costs(desk: Desk) -> None:
    desk.run("sync", "companies")
    said = desk.run("plan", "contacts", "--json").json
    assert set(said["cost"]) == set(said["apps"])
    assert all(set(cost) == {"calls", "minutes"} for cost in said["cost"].values())
    assert sum(cost["calls"] for cost in said["cost"].values()) > 0
    assert "minutes" in desk.run("plan", "contacts").out


def test_a_kept_plan_is_done_as_it_was_shown(desk: Desk) -> None:
    desk.run("sync", "companies")
    file, items = keep(desk)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    done = desk.run("apply", str(file), "--json")
    assert done.code == 0
    assert done.json["written"] == len(items) > 0
    again = desk.run("apply", str(file))
    assert again.code == 0
    assert "left out" not in again.out
    assert desk.run("sync", "contacts", "--json").json["written"] == 0


def test_a_plan_is_kept_for_its_owner_only_in_a_file_that_was_open(desk: Desk) -> None:
    file = desk.folder / "plan.json"
    file.write_text("")
    for _ in range(2):  # an earlier plan, too
        file.chmod(0o644)
        assert desk.run("plan", "companies", "--out", str(file)).code == 0
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_what_does_not_hold_any_more_is_left_out_and_listed(desk: Desk, sandbox: Sandbox) -> None:
    desk.synced()
    ids = somebody(desk)
    with Apps(sandbox) as apps:
        apps.edit("zendesk", ids["zendesk"], "city", "Quito Norte")
        file, items = keep(desk)
        assert {i["app"] for i in items} == {"hubspot", "mailerlite"}
        apps.edit("hubspot", ids["hubspot"], "job_title", "Captain")
        apps.edit("mailerlite", ids["mailerlite"], "city", "Quito Sur")
    answer = desk.run("apply", str(file))
    assert answer.code == 4
    assert "changes of the plan do not hold any more and were left out" in answer.out
    desk.synced()
    with Apps(sandbox) as apps:
        assert apps.read("zendesk", ids["zendesk"])["job_title"] == "Captain"


def test_only_what_was_planned_is_done(desk: Desk, sandbox: Sandbox) -> None:
    desk.change("first_sync: go", "first_sync: ask")
    desk.run("sync", "companies")
    file = desk.folder / "pilot.json"
    desk.run("plan", "contacts", "--pilot", "2", "--out", str(file))
    planned = {i["golden"] for i in json.loads(file.read_text())["plans"][0]["items"]}
    assert desk.run("apply", str(file)).code == 0
    run = desk.run("runs", "contacts", "--limit", "1", "--json").json[0]["run"]
    assert {w["who"] for w in desk.run("show", run, "--json").json["writes"]} == planned
    assert desk.run("sync", "contacts").code == 3  # the rest still asks


def test_a_plan_takes_the_place_of_no_other_file(desk: Desk) -> None:
    sound = desk.config.read_text()
    answer = desk.run("plan", "--out", str(desk.config))
    assert (answer.code, answer.out) == (2, "")
    assert f"{desk.config} is there already, and holds no plan" in answer.err
    assert desk.config.read_text() == sound


def test_a_file_that_is_no_plan(desk: Desk) -> None:
    answer = desk.run("apply", str(desk.config))
    assert answer.code == 2
    assert "holds no plan; syncer plan --out FILE makes one" in answer.err
    assert desk.run("apply", str(desk.folder / "none.json")).code == 2


def test_bring_back_needs_a_plan_to_reject(desk: Desk) -> None:
    assert desk.run("sync", "--bring-back", "hubspot").code == 2
    assert desk.run("sync", "--reject", "x", "--bring-back", "hubspt").code == 2


def test_a_plan_of_another_mapping_is_not_done(desk: Desk, sandbox: Sandbox) -> None:
    desk.synced()
    with Apps(sandbox) as apps:
        apps.edit("zendesk", somebody(desk)["zendesk"], "city", "Quito Norte")
    file, _ = keep(desk)
    desk.change("  city:\n", "  city:\n    blank: keep\n", "mappings/contacts.yaml")
    answer = desk.run("apply", str(file))
    assert answer.code == 2
    assert "the mapping was changed since" in answer.err
    assert f"plan contacts --out {file}" in answer.err
    assert desk.run("runs", "contacts", "--limit", "1", "--json").json[0]["written"] == 0
