"""A group that an app has no more: what is told about it, and where."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from connectors.sandbox.server import Sandbox
from tests.cli.conftest import Desk

GROUPS = "/mailerlite/api/groups"


@pytest.fixture
def app(sandbox: Sandbox) -> Iterator[httpx.Client]:
    login = {"authorization": "Bearer sandbox-mailerlite"}
    with httpx.Client(base_url=sandbox.url, headers=login) as client:
        yield client


def test_a_lost_group_is_told_until_it_is_there_again(desk: Desk, app: httpx.Client) -> None:
    desk.synced()
    (vip,) = [one for one in app.get(GROUPS).json()["data"] if one["name"] == "vip"]
    app.put(f"{GROUPS}/{vip['id']}", json={"name": "VIP customers"}).raise_for_status()
    run = desk.run("sync", "contacts")
    assert run.code == 4
    assert "mailerlite: the tag 'vip' is left alone: mailerlite has no 'vip' in groups any more" in run.out
    assert "give it its name back" in run.out
    (lost,) = desk.run("sync", "contacts", "--json").json["stopped"]
    told = {key: lost[key] for key in ("app", "field", "fields", "tag")}
    assert told == {"app": "mailerlite", "field": "groups", "fields": ["tags"], "tag": "vip"}
    status = desk.run("status", "contacts").out
    assert (
        "mailerlite has no 'vip' in groups any more, it was deleted or renamed there: 1 person keeps"
        in status
    )
    assert "Nothing drifted" in desk.run("verify", "contacts").out
    check = desk.run("check")
    assert check.code == 4
    assert "the tag 'vip' is left alone" in check.out
    found = desk.run("check", "--json").json
    assert (found["ok"], found["problems"], found["lost"]) == (False, [], [{"sync": "contacts", **lost}])
    app.put(f"{GROUPS}/{vip['id']}", json={"name": "vip"}).raise_for_status()
    assert desk.run("sync", "contacts").code == desk.run("check").code == 0


def test_an_app_that_cannot_be_asked_about_its_groups_is_no_reason_to_stop(
    desk: Desk, app: httpx.Client, sandbox: Sandbox
) -> None:
    desk.synced()
    (vip,) = [one for one in app.get(GROUPS).json()["data"] if one["name"] == "vip"]
    app.delete(f"{GROUPS}/{vip['id']}").raise_for_status()
    assert desk.run("sync", "contacts").code == 4
    broken = {"app": "mailerlite", "kind": "status", "status": 401, "count": 1000}
    httpx.post(f"{sandbox.url}/_sandbox/faults", json=broken).raise_for_status()
    try:
        (run,) = desk.run("sync", "contacts", "--json").lines
    finally:
        httpx.delete(f"{sandbox.url}/_sandbox/faults")
    assert run["status"] == "partial"  # the other apps go on
    assert [one["tag"] for one in run["stopped"]] == ["vip"]
    assert desk.run("sync", "contacts", "--json").json["written"] == 0
