"""One record holds half an emoji, as a form that cuts texts by UTF-16 units leaves it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import pytest

from connectors.answer import Answer
from connectors.http import Http
from syncer.store.conflicts import Conflicts, Sought
from tests.faults.stand import Stand, stand

WORD = b"HALF"  # stands for the half: the sandbox itself holds whole characters only


@pytest.fixture(autouse=True)
def _half(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = Http._send

    def sent(self: Http, request: httpx.Request) -> Answer:
        answer = whole(self, request)
        return Answer(answer.status, answer.headers, answer.content.replace(WORD, b"\\ud83d"))

    monkeypatch.setattr(Http, "_send", sent)


def held(at: Stand) -> tuple[dict[str, Any], dict[str, Any]]:
    """By address, who is in both apps: contacts of HubSpot, subscribers of MailerLite."""
    state = at.http.get("/state").json()
    contacts = {(c["properties"].get("email") or "").lower(): c for c in state["hubspot"]["contacts"]}
    people = {p["email"].lower(): p for p in state["mailerlite"]["subscribers"]}
    both = sorted(contacts.keys() & people.keys())
    return {key: contacts[key] for key in both}, {key: people[key] for key in both}


def type_city(at: Stand, id: str, city: str) -> None:
    """As a person does in HubSpot."""
    token = at.runner.config.apps["hubspot"].secrets()["token"]
    url = f"{at.sandbox.url}/hubspot/crm/v3/objects/contacts/{id}"
    headers = {"authorization": f"Bearer {token}"}
    httpx.patch(url, json={"properties": {"city": city}}, headers=headers).raise_for_status()


def test_it_stops_nobody_else_and_spreads_nowhere(tmp_path: Path) -> None:
    with stand("hubspot", ("hubspot", "mailerlite"), 20, 3, tmp_path) as at:
        at.settled()
        contacts, people = held(at)
        first, second = list(contacts)[:2]
        type_city(at, contacts[first]["id"], "Bandung HALF")
        type_city(at, contacts[second]["id"], "Bandungan")
        at.settled()
        before, after = people[first]["fields"]["city"], held(at)[1]
        assert [after[first]["fields"]["city"], after[second]["fields"]["city"]] == [before, "Bandungan"]
        with at.runner.db.reading():
            said = Conflicts(at.runner.db, at.runner.config.objects).after(0, Sought("contacts"))
        assert [entry.field for entry in said if entry.kind == "bad_value"] == ["city"]
        type_city(at, contacts[first]["id"], "Bandung")
        at.settled()
        assert held(at)[1][first]["fields"]["city"] == "Bandung"
