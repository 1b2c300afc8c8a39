"""The full comparison: nothing drifts after a sync; what does is found, told apart, and brought back."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from connectors.sandbox.server import Sandbox
from syncer import logs
from syncer.config.files import load_config
from syncer.demo.apps import Apps
from syncer.options import Options
from syncer.ports import Ports
from syncer.running.runner import Runner
from syncer.selecting import Selection
from syncer.service import verifying
from syncer.store.database import Database
from syncer.usecases.verifying import Verifying
from tests.cli.conftest import Desk

KEYS = "sync object run apps drift apart repair".split()
FINDING = "app record who field kind holds wanted because".split()


def contacts(desk: Desk, *args: str) -> tuple[int, dict[str, Any]]:
    answer = desk.run("verify", "contacts", *args, "--json")
    return answer.code, answer.json


def somebody(desk: Desk) -> dict[str, str]:
    """App -> record of a person who is in all three apps: the same in each run, whatever is written first."""
    run = [r for r in desk.run("runs", "contacts", "--json").json if r["written"]][-1]["run"]
    for who in sorted({w["who"] for w in desk.run("show", run, "--json").json["writes"]}):
        (person,) = desk.run("explain", who, "city", "--json").json
        ids = {r["app"]: r["record"] for r in person["records"] if r["state"] == "live"}
        if len(ids) == 3:
            return ids
    raise AssertionError("nobody is in all apps")


def test_nothing_drifts_after_a_sync(desk: Desk) -> None:
    desk.synced()
    answer = desk.run("verify", "--json")
    assert answer.code == 0
    assert [list(line) for line in answer.lines] == [KEYS, KEYS]
    for line in answer.lines:
        assert line["drift"] == []
        assert all(app["drift"] == 0 and app["error"] is None for app in line["apps"].values())
    assert sum(app["compared"] for app in answer.lines[1]["apps"].values()) > 500
    assert "Nothing drifted." in desk.run("verify", "contacts").out


def test_of_apps_that_could_not_be_read_nothing_is_said(desk: Desk) -> None:
    desk.synced()
    faults = [
        {"app": app, "kind": "expired_token", "count": 100} for app in ("zendesk", "hubspot", "mailerlite")
    ]
    httpx.post(f"{desk.url}/_sandbox/faults", json=faults[:1]).raise_for_status()
    some = desk.run("verify", "contacts")
    assert some.code == 1
    assert "Nothing drifted in what was compared. Not compared to the end: zendesk." in some.out
    httpx.post(f"{desk.url}/_sandbox/faults", json=faults[1:]).raise_for_status()
    none = desk.run("verify", "contacts")
    assert (none.code, none.out.splitlines()[-1]) == (1, "Nothing could be compared.")


def test_an_edit_since_the_last_run_is_drift_until_it_is_repaired(desk: Desk, sandbox: Sandbox) -> None:
    desk.synced()
    ids = somebody(desk)
    with Apps(sandbox) as apps:
        apps.edit("mailerlite", ids["mailerlite"], "city", "Quito Norte")
    code, found = contacts(desk)
    (drift,) = found["drift"]
    assert code == 4
    assert list(drift) == FINDING
    assert (drift["app"], drift["field"], drift["holds"]) == ("mailerlite", "fields.city", "Quito Norte")
    assert drift["because"] == "was edited since the last run"
    assert "mailerlite, fields.city: 1 drift (due)" in desk.run("verify", "contacts").out
    code, repaired = contacts(desk, "--repair")
    assert (code, repaired["repair"]["status"]) == (0, "done")
    code, found = contacts(desk)
    assert (code, found["drift"]) == (0, [])
    with Apps(sandbox) as apps:
        assert apps.read("hubspot", ids["hubspot"])["city"] == "Quito Norte"


def test_status_tells_of_drift_until_it_is_known_to_be_gone(desk: Desk, sandbox: Sandbox) -> None:
    """As the service found it: a comparison that cannot read the app ends nothing, a repair does. What was
    only edited since the last run is that run's to bring."""
    desk.synced()
    ids = somebody(desk)

    def compared() -> str:
        logs.setup("error")  # to the standard error of this test
        config = load_config(desk.config, {})
        db = Database(config.state)
        runner = Runner(config, db, Ports())
        verifying.verify(runner, "contacts", lambda: runner.run("contacts", Options()))
        runner.close()
        db.close()
        return status()

    def status() -> str:
        (line,) = [
            x for x in desk.run("status", "contacts").out.splitlines() if x.startswith("compared in full")
        ]
        return line.split(" UTC: ")[1]

    assert compared() == "nothing had drifted"
    with Apps(sandbox) as apps:
        apps.edit("mailerlite", ids["mailerlite"], "city", "Quito Norte")
        assert compared() == "nothing had drifted"
        assert apps.read("hubspot", ids["hubspot"])["city"] == "Quito Norte"
    contact = f"{desk.url}/hubspot/crm/v3/objects/contacts/{ids['hubspot']}"
    httpx.delete(contact, headers={"Authorization": "Bearer sandbox-hubspot"}).raise_for_status()
    drifted = "1 value had drifted: syncer verify contacts --repair"
    assert compared() == drifted  # HubSpot's list of changes does not show it
    fault = {"app": "hubspot", "kind": "expired_token", "count": 100}
    httpx.post(f"{desk.url}/_sandbox/faults", json=[fault]).raise_for_status()
    assert compared() == f"{drifted}; not read to the end: hubspot"
    sandbox.host.faults = []
    assert desk.run("verify", "contacts").code == 4
    assert status() == f"{drifted}; not read to the end: hubspot"
    assert desk.run("verify", "contacts", "--repair").code == 0
    assert status() == "nothing had drifted"


def test_a_repair_that_leaves_drift_says_so_and_ends_with_4(
    desk: Desk, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.synced()
    ids = somebody(desk)
    with Apps(sandbox) as apps:
        apps.edit("mailerlite", ids["mailerlite"], "city", "Quito Norte")
    nobody = Options(selection=Selection(records=(("hubspot", "0"),)), read=False)
    monkeypatch.setattr(Verifying, "prepare_repair", lambda self, drift: nobody)
    code, found = contacts(desk, "--repair")
    assert (code, found["repair"]["status"], found["repair"]["written"]) == (4, "done", 0)
    assert found["repair"]["left"] == found["drift"] != []
    answer = desk.run("verify", "contacts", "--repair")
    assert (answer.code, "Quito Norte" in answer.out.split("What is left of it")[1]) == (4, True)


def test_parted_fields_are_no_drift(desk: Desk, sandbox: Sandbox) -> None:
    desk.synced()
    ids = somebody(desk)
    with Apps(sandbox) as apps:
        apps.edit("mailerlite", ids["mailerlite"], "city", "Quito Norte")
    run = desk.run("sync", "contacts", "--json").json["run"]
    assert desk.run("undo", run, "--yes").code == 0
    code, found = contacts(desk)
    assert (code, found["drift"]) == (0, [])
    (parted,) = [f for f in found["apart"] if f["kind"] == "parted"]
    assert (parted["app"], parted["holds"]) == ("mailerlite", "Quito Norte")
