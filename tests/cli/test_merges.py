"""Two people whom somebody merges in an app, through the app's own API."""

from __future__ import annotations

import httpx
import pytest

from tests.cli.conftest import Desk

HEADERS = {"authorization": "Bearer sandbox-hubspot"}


@pytest.mark.slow
def test_a_merge_in_hubspot_joins_two_people(desk: Desk) -> None:
    desk.synced()
    found = httpx.get(f"{desk.url}/hubspot/crm/v3/objects/contacts?limit=100", headers=HEADERS).json()[
        "results"
    ]
    told = {}
    for contact in found:
        people = desk.run("explain", f"hubspot:{contact['id']}", "--json").json
        if people and people[0]["who"] and contact["properties"].get("email"):
            told[contact["id"]] = people[0]["who"]
    (one, first), (other, second) = list(told.items())[:2]
    body = {"primaryObjectId": one, "objectIdToMerge": other}
    httpx.post(
        f"{desk.url}/hubspot/crm/v3/objects/contacts/merge", json=body, headers=HEADERS
    ).raise_for_status()
    desk.synced()
    people = [desk.run("explain", who, "--json").json for who in (first, second)]
    assert people[0] == people[1]
    assert len(people[0]) == 1
    assert len([r for r in people[0][0]["records"] if r["app"] == "hubspot" and r["state"] == "live"]) == 1
    drift = desk.run("verify", "contacts", "--json").json["drift"]
    assert drift == []


@pytest.mark.slow
def test_a_mass_deletion_is_held_shown_and_brought_back(desk: Desk) -> None:
    desk.synced()
    desk.change("first_sync: go", "first_sync: go\nsafety:\n  links: {share: 0.0, count: 3}\n")
    url = f"{desk.url}/hubspot/crm/v3/objects/contacts"
    there = [c["id"] for c in httpx.get(f"{url}?limit=100", headers=HEADERS).json()["results"]]
    for id in there[:12]:
        httpx.delete(f"{url}/{id}", headers=HEADERS).raise_for_status()
    held = desk.run("resync", "contacts", "--app", "hubspot")
    assert held.code == 3
    assert "hubspot: 12 links" in held.out
    assert held.out.count("is archived or deleted there") == 10
    assert "--bring-back hubspot" in held.out
    assert "--reject" in desk.run("status", "contacts").out
    run = desk.run("runs", "contacts", "--limit", "1", "--json").json[0]["run"]
    back = desk.run("sync", "contacts", "--reject", run, "--bring-back", "hubspot", "--json")
    assert (back.code, back.json["apps"]["hubspot"]["created"]) == (0, 12)
    assert len(httpx.get(f"{url}?limit=100", headers=HEADERS).json()["results"]) == len(there)
    desk.synced()
    assert desk.run("verify", "contacts", "--json").json["drift"] == []
