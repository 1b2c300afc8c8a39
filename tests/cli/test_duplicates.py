"""People whom one app holds twice: shown, and merged in the app where it can do that."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from connectors.contract import Result
from connectors.http import Uncertain
from connectors.hubspot import HubSpotConnector
from syncer.cli import confirm, duplicates
from syncer.store.database import Database
from syncer.store.decisions import Decisions
from tests.cli.conftest import Desk

HUBSPOT = {"authorization": "Bearer sandbox-hubspot"}
MAILERLITE = {"authorization": "Bearer sandbox-mailerlite"}
ZENDESK = ("admin@sandbox.test/token", "sandbox-zendesk")
TWICE = {"firstname": "Ottilie", "lastname": "Brandauer", "phone": "+43 316 555 0101", "city": "Graz"}


def contacts(desk: Desk) -> dict[str, Any]:
    """The live contacts of HubSpot by id."""
    url = f"{desk.url}/hubspot/crm/v3/objects/contacts?limit=100&properties=email,phone"
    return {c["id"]: c["properties"] for c in httpx.get(url, headers=HUBSPOT).json()["results"]}


def twice(desk: Desk) -> tuple[str, str]:
    """One person under two addresses, both of them linked: the survivor first."""
    made = []
    for address in ("ottilie.brandauer@x.test", "o.brandauer@y.test"):
        body = {"properties": {**TWICE, "email": address}}
        url = f"{desk.url}/hubspot/crm/v3/objects/contacts"
        made.append(httpx.post(url, json=body, headers=HUBSPOT).raise_for_status().json()["id"])
        desk.run("sync", "contacts")
    found = desk.run("duplicates", "hubspot", "--json").json
    (mine,) = (f for f in found if set(f["records"]) == set(made))
    return mine["records"][0], mine["records"][1]


@pytest.mark.slow
def test_hubspot_merges_for_good_if_somebody_says_yes(desk: Desk) -> None:
    desk.run("sync")
    survivor, other = twice(desk)
    shown = desk.run("duplicates", "hubspot")
    assert "o.brandauer@y.test" in shown.out
    done = desk.run("duplicates", "hubspot", "--merge", "--yes", "--json")
    (mine,) = (f for f in done.json if survivor in f["records"])
    assert (done.code, mine["merged"], mine["left"]) == (0, {other: survivor}, {})
    there = contacts(desk)
    assert survivor in there
    assert other not in there
    desk.synced()
    (person,) = desk.run("explain", f"hubspot:{survivor}", "--json").json
    assert [r["record"] for r in person["records"] if r["app"] == "hubspot"] == [survivor]
    history = desk.run("history", f"hubspot:{survivor}", "--json").json
    assert any(e["what"] == "merged" and e["record"] == other for e in history)
    assert desk.run("verify", "contacts", "--json").json["drift"] == []


@pytest.mark.slow
def test_who_was_told_apart_is_left_out_and_listed(desk: Desk) -> None:
    desk.run("sync")
    survivor, other = twice(desk)
    user = {"name": "Ottilie Brandauer", "email": contacts(desk)[other]["email"]}
    url = f"{desk.url}/zendesk/api/v2/users"
    made = httpx.post(url, json={"user": user}, auth=ZENDESK).raise_for_status().json()["user"]
    theirs = "zendesk", str(made["id"])
    desk.run("sync", "contacts")
    desk.run("link", f"hubspot:{other}", ":".join(theirs), "--yes")
    (person,) = desk.run("explain", f"hubspot:{other}", "--json").json
    db = Database(desk.state_url)
    with db.transaction():
        Decisions(db, "contacts").decide(("hubspot", survivor), theirs, "never", datetime.now(UTC))
    db.close()
    done = desk.run("duplicates", "--merge", "--yes")
    assert done.code == 0
    assert f"syncer link hubspot:{survivor} zendesk:{theirs[1]}" in done.out
    (mine,) = (f for f in desk.run("duplicates", "hubspot", "--json").json if survivor in f["records"])
    assert (mine["records"], list(mine["apart"])) == ([survivor], [other])
    assert {survivor, other} <= contacts(desk).keys()
    desk.synced()
    (still,) = desk.run("explain", f"hubspot:{other}", "--json").json
    assert still["who"] == person["who"]


@pytest.mark.slow
def test_without_a_yes_they_are_only_noted(desk: Desk) -> None:
    desk.run("sync")
    survivor, other = twice(desk)
    done = desk.run("duplicates", "hubspot", "--merge")
    assert done.code == 0
    assert "Only noted as one person each: " in done.out
    assert "syncer duplicates --merge --yes" in done.out
    assert {survivor, other} <= contacts(desk).keys()


@pytest.mark.slow
def test_a_no_does_nothing(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.run("sync")
    survivor, other = twice(desk)
    for module in (duplicates, confirm):
        monkeypatch.setattr(module, "asks", lambda yes, as_json: True)
    done = desk.run("duplicates", "hubspot", "--merge", typed="n\n")
    assert done.code == 0
    assert "Nothing was done." in done.out
    assert {survivor, other} <= contacts(desk).keys()
    lab = desk.run("match", "lab")
    assert "No pair to look at" in lab.out + lab.err


@pytest.mark.slow
def test_those_of_an_app_that_merges_nothing_are_linked_at_once(desk: Desk) -> None:
    desk.run("sync")
    made = []
    for address in ("ottilie.brandauer@x.test", "o.brandauer@y.test"):
        fields = {"name": "Ottilie", "last_name": "Brandauer", "phone": "+43 316 555 0101", "city": "Graz"}
        body = {"email": address, "fields": fields}
        url = f"{desk.url}/mailerlite/api/subscribers"
        made.append(httpx.post(url, json=body, headers=MAILERLITE).raise_for_status().json()["data"]["id"])
        desk.run("sync", "contacts")
    done = desk.run("duplicates", "mailerlite", "--merge", "--yes")
    assert "Only linked: " in done.out
    (person,) = desk.run("explain", f"mailerlite:{made[0]}", "--json").json
    assert set(made) <= {r["record"] for r in person["records"]}


@pytest.mark.slow
def test_a_merge_that_hubspot_did_without_an_answer_is_followed(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.run("sync")
    survivor, other = twice(desk)
    asked = HubSpotConnector.merge

    def lost(self: HubSpotConnector, object: str, survivor: str, other: str) -> Result:
        asked(self, object, survivor, other)
        raise Uncertain("HubSpot: no answer in time")

    monkeypatch.setattr(HubSpotConnector, "merge", lost)
    done = desk.run("duplicates", "hubspot", "--merge", "--yes", "--json")
    (mine,) = (f for f in done.json if survivor in f["records"])
    assert (done.code, mine["left"]) == (4, {other: "HubSpot: no answer in time"})
    desk.synced()
    (person,) = desk.run("explain", f"hubspot:{survivor}", "--json").json
    assert [r["record"] for r in person["records"] if r["app"] == "hubspot"] == [survivor]


def one_in_zendesk_by_a_merge_in_hubspot(desk: Desk) -> tuple[str, str]:
    """Two organizations that are one golden record since HubSpot merged the companies: the one that is
    written first."""
    url, made = f"{desk.url}/hubspot/crm/v3/objects/companies", []
    for name, domain in (("Merapi Foods", "merapi.example"), ("Bromo Tech", "bromo.example")):
        body = {"properties": {"name": name, "domain": domain}}
        made.append(httpx.post(url, json=body, headers=HUBSPOT).raise_for_status().json()["id"])
    desk.run("sync", "companies")
    theirs = {}
    for id in made:
        (company,) = desk.run("explain", f"hubspot:{id}", "--json").json
        theirs[id] = next(r["record"] for r in company["records"] if r["app"] == "zendesk")
    gone, lives = made
    body = {"primaryObjectId": lives, "objectIdToMerge": gone}
    httpx.post(f"{url}/merge", json=body, headers=HUBSPOT).raise_for_status()
    told = desk.run("resync", "companies").out
    assert "hubspot: 1 linked record was merged into another there." in told
    assert "not there any more" not in told
    assert (
        f"hubspot:{gone} (merged, archived or deleted there)" in desk.run("explain", f"hubspot:{lives}").out
    )
    return theirs[lives], theirs[gone]


def test_who_is_one_already_in_an_app_that_merges_nothing_is_left_to_a_person(desk: Desk) -> None:
    desk.run("sync", "companies")
    written, other = one_in_zendesk_by_a_merge_in_hubspot(desk)

    def found() -> dict[str, Any]:
        groups = desk.run("duplicates", "zendesk", "--json").json
        return next(g for g in groups if g["sync"] == "companies" and written in g["records"])

    mine = found()
    assert mine["records"] == [written, other]
    assert mine["who"] is not None
    together = {row["field"]: row["after"] for row in mine["fields"]}
    assert (together["name"], together["domain"]) == ("Bromo Tech", ["bromo.example"])
    assert "zendesk cannot merge organizations: do it there by hand" in desk.run("duplicates", "zendesk").out
    done = desk.run("duplicates", "zendesk", "--merge", "--yes", "--json")
    (mine,) = (g for g in done.json if g["sync"] == "companies" and written in g["records"])
    assert done.code == 4
    assert mine["left"].keys() == {other}
    assert "by hand" in mine["left"][other]
    assert desk.run("sync", "companies", "--json").json["written"] == 0
