"""Zendesk's connector keeps the contract, against the sandbox."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import pytest
from sandboxed import Sandboxed

from connectors.contract import Value
from connectors.settings import basic
from connectors.zendesk import ZendeskConnector, feeds

OWN_FIELDS = {
    "seats": "integer",
    "score": "decimal",
    "newsletter": "checkbox",
    "renewal": "date",
    "drinks": "multiselect",
}


class Zendesk(Sandboxed):
    verbs = ("POST", "PUT")
    app = "zendesk"
    kind = ZendeskConnector
    secret = "sandbox-zendesk"
    credentials: ClassVar[dict[str, str]] = {"email": "admin@sandbox.test", "token": secret}
    login: ClassVar[dict[str, str]] = basic("admin@sandbox.test/token", secret)
    one: ClassVar[str]
    container: ClassVar[str]

    @pytest.fixture(autouse=True)
    def _small_pages(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(feeds, "SIZE", 3)

    @property
    def path(self) -> str:
        return f"/api/v2/{self.object}"

    def user_create(self, values: Mapping[str, Value]) -> str:
        return str(self.does("POST", self.path, {self.one: self.body(values)})[self.one]["id"])

    def user_edit(self, ids: Sequence[str], values: Mapping[str, Value]) -> None:
        for id in ids:
            self.does("PUT", f"{self.path}/{id}", {self.one: self.body(values)})

    def body(self, values: Mapping[str, Value]) -> dict[str, Any]:
        """Custom fields go into their container."""
        own = {
            n.removeprefix(f"{self.container}."): v for n, v in values.items() if n.startswith(self.container)
        }
        return {**{n: v for n, v in values.items() if not n.startswith(self.container)}, self.container: own}


class TestZendeskUsers(Zendesk):
    object = "users"
    own_cursor = True
    one = "user"
    container = "user_fields"
    texts = ("name", "user_fields.city", "user_fields.job_title", "notes")
    samples: ClassVar[Mapping[str, Value]] = {
        "tags": ["partner", "vip"],
        "phone": "+62 811",
        "alias": "Ra",
        "user_fields.seats": 7,
        "user_fields.score": 1.5,
        "user_fields.newsletter": True,
        "user_fields.renewal": "2030-02-28",
        "user_fields.drinks": ["coffee", "green_tea"],
    }
    refusal: ClassVar[Mapping[str, Value]] = {
        "user_fields.marketing_consent": "no-such-choice",
        "user_fields.renewal": "soon",
    }
    new_field = "user_fields.shoe_size"
    most_calls: ClassVar[Mapping[str, int]] = {
        "pull": 4,
        "poll": 1,
        "fetch": 1,
        "find": 3,
        "create": 3,
        "update": 3,
        "refer": 4,
    }

    def begin(self) -> None:
        super().begin()
        for key, type in OWN_FIELDS.items():
            options = [{"name": value, "value": value} for value in ("coffee", "green_tea")]
            body = {"key": key, "title": key, "type": type}
            body |= {"custom_field_options": options} if type == "multiselect" else {}
            self.does("POST", "/api/v2/user_fields", {"user_field": body})

    def user_delete(self, id: str) -> None:
        self.does("DELETE", f"{self.path}/{id}")

    def user_unsubscribe(self, id: str) -> None:
        self.user_edit([id], {"user_fields.marketing_consent": "unsubscribed"})

    def user_merge(self, loser: str, winner: str) -> str:
        self.does("PUT", f"{self.path}/{loser}/merge", {"user": {"id": int(winner)}})
        return winner

    def reference_target(self) -> str:
        body = {"organization": {"name": "Acme"}}
        return str(self.does("POST", "/api/v2/organizations", body)["organization"]["id"])


class TestZendeskOrganizations(Zendesk):
    object = "organizations"
    one = "organization"
    container = "organization_fields"
    key = "name"
    small_pages = False  # a page never ends in the middle of a second
    texts = ("organization_fields.city", "organization_fields.phone")
    samples: ClassVar[Mapping[str, Value]] = {
        "domain_names": ["acme.example", "acme.test"],
        "organization_fields.size": 40,
        "organization_fields.industry": "retail",
    }
    refusal = ("organization_fields.industry", "no-such-industry")
    new_field = "organization_fields.shoe_size"
    most_calls: ClassVar[Mapping[str, int]] = {
        "poll": 1,
        "fetch": 1,
        "find": 3,
        "create": 3,
        "update": 3,
    }

    def person(self, n: int) -> dict[str, Value]:
        return {"name": self.address(n), self.texts[0]: f"City {n}"}

    def address(self, n: int | str) -> str:
        return f"Company {n}"

    def user_delete(self, id: str) -> None:
        self.does("DELETE", f"{self.path}/{id}")

    def user_merge(self, loser: str, winner: str) -> str:
        self.does("POST", f"{self.path}/{loser}/merge", {"organization_merge": {"winner_id": int(winner)}})
        return winner
