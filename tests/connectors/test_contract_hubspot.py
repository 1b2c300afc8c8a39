"""HubSpot's connector keeps the contract, against the sandbox."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import pytest
from sandboxed import Sandboxed

from connectors.contract import Value
from connectors.hubspot import HubSpotConnector, connector, search
from connectors.hubspot.connector import SCOPES


class HubSpot(Sandboxed):
    app = "hubspot"
    kind = HubSpotConnector
    secret = "sandbox-hubspot"
    credentials: ClassVar[dict[str, str]] = {"token": secret}
    login: ClassVar[dict[str, str]] = {"authorization": "Bearer sandbox-hubspot"}
    habits: ClassVar[dict[str, Any]] = {"search_lag": 5, "scopes": SCOPES}
    new_field = "shoe_size"
    writing = "/batch/(create|update)$"

    @pytest.fixture(autouse=True)
    def _small_pages(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(connector, "LIST", 3)
        monkeypatch.setattr(search, "LIMIT", 3)

    @property
    def path(self) -> str:
        return f"/crm/v3/objects/{self.object}"

    def user_create(self, values: Mapping[str, Value]) -> str:
        return str(self.does("POST", self.path, {"properties": properties(values)})["id"])

    def user_edit(self, ids: Sequence[str], values: Mapping[str, Value]) -> None:
        inputs = [{"id": id, "properties": properties(values)} for id in ids]
        self.does("POST", f"{self.path}/batch/update", {"inputs": inputs})

    def cap(self, rows: int) -> None:
        self.asks("POST", "/_sandbox/settings", json={self.app: {**self.habits, "search_cap": rows}})

    def user_archive(self, id: str) -> None:
        self.does("DELETE", f"{self.path}/{id}")

    def user_delete(self, id: str) -> None:
        self.does("POST", f"{self.path}/gdpr-delete", {"objectId": id})

    def user_merge(self, loser: str, winner: str) -> str:
        body = {"primaryObjectId": winner, "objectIdToMerge": loser}
        return str(self.does("POST", f"{self.path}/merge", body)["id"])

    def reference_target(self) -> str:
        body = {"properties": {"name": "Acme", "domain": "acme.example"}}
        return str(self.does("POST", "/crm/v3/objects/companies", body)["id"])


class TestHubSpotContacts(HubSpot):
    object = "contacts"
    texts = ("firstname", "city", "jobtitle", "lastname")
    samples: ClassVar[Mapping[str, Value]] = {
        "customer_tags": ["partner", "vip"],
        "hs_language": "fa",
        "lists": ["News", "VIP"],
    }
    refusal: ClassVar[Mapping[str, Value]] = {"customer_tags": ["no-such-tag"], "email": "no address"}
    most_calls: ClassVar[Mapping[str, int]] = {
        "pull": 3,
        "poll": 1,
        "fetch": 1,
        "find": 1,
        "create": 1,
        "update": 1,
        "refer": 2,
    }

    def begin(self) -> None:
        super().begin()
        for name in ("News", "VIP"):
            body = {"name": name, "objectTypeId": "0-1", "processingType": "MANUAL"}
            self.does("POST", "/crm/v3/lists/", body)

    def user_unsubscribe(self, id: str) -> None:
        email = self.does("GET", f"{self.path}/{id}?properties=email")["properties"]["email"]
        path = f"/communication-preferences/v4/statuses/{email}/unsubscribe-all"
        self.does("POST", f"{path}?channel=EMAIL")

    def user_drops_group(self, name: str) -> None:
        self.does("DELETE", f"/crm/v3/lists/{self.list_named(name)}")

    def user_renames_group(self, was: str, now: str) -> None:
        self.does("PUT", f"/crm/v3/lists/{self.list_named(was)}/update-list-name?listName={now}")

    def list_named(self, name: str) -> str:
        found = self.does("POST", "/crm/v3/lists/search", {"query": name})["lists"]
        return str(found[0]["listId"])


class TestHubSpotCompanies(HubSpot):
    object = "companies"
    key = "domain"
    texts = ("name", "city")
    samples: ClassVar[Mapping[str, Value]] = {"industry": "RETAIL", "numberofemployees": "40"}
    refusal = ("industry", "NO_SUCH_INDUSTRY")
    most_calls: ClassVar[Mapping[str, int]] = {
        "pull": 3,
        "poll": 1,
        "fetch": 1,
        "find": 1,
        "create": 2,
        "update": 1,
    }

    def address(self, n: int | str) -> str:
        return f"company-{n}.example".lower()


def properties(values: Mapping[str, Value]) -> dict[str, Any]:
    return {name: ";".join(v) if isinstance(v, list) else v or "" for name, v in values.items()}
