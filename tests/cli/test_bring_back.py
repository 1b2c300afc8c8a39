"""A mass deletion that nothing stopped: it stays visible, and is made good at a later time."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.cli.conftest import Desk

HEADERS = {"authorization": "Bearer sandbox-hubspot"}
COMMAND = "syncer resync contacts --app hubspot --bring-back"


def contacts(desk: Desk) -> list[dict[str, Any]]:
    found = httpx.get(f"{desk.url}/hubspot/crm/v3/objects/contacts?limit=100", headers=HEADERS)
    results: list[dict[str, Any]] = found.json()["results"]
    return results


def addresses(desk: Desk) -> list[str]:
    return sorted(str(contact["properties"]["email"]) for contact in contacts(desk))


def delete(desk: Desk, number: int) -> None:
    """By accident, in HubSpot."""
    for contact in contacts(desk)[:number]:
        url = f"{desk.url}/hubspot/crm/v3/objects/contacts/{contact['id']}"
        httpx.delete(url, headers=HEADERS).raise_for_status()


def lost(desk: Desk) -> int:
    number: int = desk.run("status", "contacts", "--json").json[0]["apps"]["hubspot"]["gone"]
    return number


def test_a_mass_deletion_is_told_and_brought_back_later(desk: Desk) -> None:
    desk.synced()
    before = addresses(desk)
    assert lost(desk) == 0
    assert COMMAND not in desk.run("status", "contacts").out
    delete(desk, 12)
    seen = desk.run("resync", "contacts", "--app", "hubspot")
    assert seen.code == 0
    assert "hubspot: 12 linked records are not there any more." in seen.out
    assert COMMAND in seen.out
    run = desk.run("runs", "contacts", "--limit", "1", "--json").json[0]["run"]
    desk.run("sync", "contacts")

    status = desk.run("status", "contacts")
    assert "hubspot: 12 linked records were deleted or archived there, and not in the other" in status.out
    assert COMMAND in status.out
    assert list(desk.run("status", "--json").json[1]["apps"]["hubspot"])[-1] == "gone"
    refused = desk.run("sync", "contacts", "--reject", run, "--bring-back", "hubspot")
    assert (refused.code, COMMAND in refused.err) == (0, True)
    assert COMMAND in desk.run("sync", "contacts", "--reject", run).err

    tried = desk.run("resync", "contacts", "--app", "hubspot", "--bring-back", "--dry-run")
    assert tried.out.count("create hubspot (new)") == 10
    assert (lost(desk), len(contacts(desk))) == (12, len(before) - 12)
    back = desk.run("resync", "contacts", "--app", "hubspot", "--bring-back", "--json")
    assert (back.code, back.json["apps"]["hubspot"]["created"]) == (0, 12)
    assert addresses(desk) == before
    assert lost(desk) == 0
    desk.synced()
    assert desk.run("verify", "contacts", "--json").json["drift"] == []


def test_a_deletion_that_was_meant_is_told_without_alarm(desk: Desk) -> None:
    desk.synced()
    delete(desk, 1)
    assert COMMAND not in desk.run("resync", "contacts", "--app", "hubspot").out
    assert lost(desk) == 1


@pytest.mark.parametrize("app", [None, "hubspt"])
def test_bringing_back_names_an_app(desk: Desk, app: str | None) -> None:
    named = ["--app", app] if app is not None else []
    assert desk.run("resync", "contacts", "--bring-back", *named).code == 2


def test_what_the_mapping_lets_nobody_make_is_told_to_stay_gone(desk: Desk) -> None:
    desk.synced()
    delete(desk, 5)
    desk.run("resync", "contacts", "--app", "hubspot")
    says = "hubspot:\n    object: contacts\n"
    desk.change(says, f"{says}    creates: false\n", "mappings/contacts.yaml")
    back = desk.run("resync", "contacts", "--app", "hubspot", "--bring-back")
    assert "hubspot: 5 linked records stay gone." in back.out
    assert lost(desk) == 5


def test_while_another_plan_waits_nothing_is_brought_back(desk: Desk) -> None:
    desk.synced()
    delete(desk, 5)
    desk.run("resync", "contacts", "--app", "hubspot")
    desk.change("first_sync: go", "first_sync: go\nsafety:\n  updates: {share: 0.0, count: 0}\n")
    (one, *_) = contacts(desk)
    url = f"{desk.url}/hubspot/crm/v3/objects/contacts/{one['id']}"
    httpx.patch(url, json={"properties": {"jobtitle": "Chair"}}, headers=HEADERS).raise_for_status()
    assert desk.run("sync", "contacts").code == 3
    waits = desk.run("resync", "contacts", "--app", "hubspot", "--bring-back")
    assert (waits.code, lost(desk)) == (3, 5)
    assert "When that is given, ask again for what is gone in hubspot." in waits.out


def test_a_share_is_that_of_the_records_that_were_linked_before(desk: Desk) -> None:
    """What is gone was linked, too: half of the records is half of them, and not all of the other half."""
    desk.synced()
    desk.config.write_text(f"{desk.config.read_text()}\nsafety:\n  links: {{share: 0.5, count: 1}}\n")
    linked = desk.run("status", "contacts", "--json").json[0]["apps"]["hubspot"]["linked"]
    delete(desk, number := linked // 2 + 1)
    held = desk.run("resync", "contacts", "--app", "hubspot")
    assert held.code == 3
    told = f"hubspot: {number} links ({number / linked:.0%} of {linked} linked records), and at most "
    assert f"{told}{linked // 2} go unasked" in held.out
