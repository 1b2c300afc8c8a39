"""What a HubSpot token may do in the sandbox: the scopes of each call, and the calls of a day."""

from __future__ import annotations

import httpx
import pytest

from connectors.hubspot.connector import SCOPES
from connectors.sandbox.server import Sandbox

CONTACTS = "/crm/v3/objects/contacts"
DETAILS = "/account-info/v3/details"
NEEDED = {
    "crm.objects.contacts.read": ("GET", CONTACTS),
    "crm.objects.contacts.write": ("POST", f"{CONTACTS}/batch/update"),
    "crm.objects.companies.read": ("POST", "/crm/v3/objects/companies/search"),
    "crm.objects.companies.write": ("PATCH", "/crm/objects/2026-09/companies/1"),
    "crm.objects.deals.read": ("POST", "/crm/v3/objects/0-3/batch/read"),
    "tickets": ("GET", "/crm/v3/objects/tickets"),
    "sales-email-read": ("POST", "/crm/v4/associations/emails/contacts/batch/read"),
    "crm.schemas.contacts.read": ("GET", "/crm/v3/properties/contacts"),
    "crm.schemas.companies.write": ("POST", "/crm/v3/properties/companies"),
    "crm.lists.read": ("POST", "/crm/v3/lists/search"),
    "crm.lists.write": ("PUT", "/crm/lists/2026-09/1/memberships/add"),
    "communication_preferences.write": (
        "POST",
        "/communication-preferences/v4/statuses/a@t.example/unsubscribe-all",
    ),
}


@pytest.mark.parametrize("scope", NEEDED)
def test_a_call_without_its_scope_is_refused_and_names_it(
    scope: str, hubspot: httpx.Client, control: httpx.Client
) -> None:
    method, path = NEEDED[scope]
    others = [*SCOPES, "crm.objects.deals.write", *NEEDED]
    both = "communication_preferences.read_write"
    rest = [name for name in others if name not in (scope, both)]
    control.post("/settings", json={"hubspot": {"scopes": rest}})
    refused = hubspot.request(method, path, json=None if method == "GET" else {})
    assert (refused.status_code, refused.json()["category"]) == (403, "MISSING_SCOPES")
    assert refused.json()["errors"][0]["context"] == {"requiredGranularScopes": [scope]}
    control.post("/settings", json={"hubspot": {"scopes": [both, scope]}})
    assert hubspot.request(method, path, json=None if method == "GET" else {}).status_code != 403


def test_one_scope_may_stand_for_reading_and_writing_preferences(
    hubspot: httpx.Client, control: httpx.Client
) -> None:
    control.post("/settings", json={"hubspot": {"scopes": ["communication_preferences.read_write"]}})
    assert hubspot.get("/communication-preferences/v4/definitions").status_code == 200


def test_the_calls_of_a_day_end_and_come_back_at_midnight() -> None:
    login = {"authorization": "Bearer sandbox-hubspot"}
    with Sandbox(people=1, limits="real") as sandbox, httpx.Client(headers=login) as client:

        def control(what: str, **body: object) -> None:
            client.post(f"{sandbox.url}/_sandbox/{what}", json=body).raise_for_status()

        control("clock", now="2030-01-01T23:00:00Z")
        control("settings", hubspot={"daily_limit": 2})
        first, _, over = (client.get(f"{sandbox.hubspot}{DETAILS}") for _ in range(3))
        control("clock", now="2030-01-02T00:00:00Z")
        fresh = client.get(f"{sandbox.hubspot}{DETAILS}")
    assert first.headers["x-hubspot-ratelimit-daily-remaining"] == "1"
    said = over.json()
    assert (over.status_code, said["policyName"], said["errorType"]) == (429, "DAILY", "RATE_LIMIT")
    assert said["message"] == "You have reached your daily limit."
    assert over.headers["x-hubspot-ratelimit-daily-remaining"] == "0"
    assert "retry-after" not in over.headers
    assert fresh.status_code == 200
