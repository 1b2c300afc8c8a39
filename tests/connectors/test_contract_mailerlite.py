"""MailerLite's connector keeps the contract, against the sandbox."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from sandboxed import Sandboxed

from connectors.contract import Value
from connectors.mailerlite import MailerLiteConnector


class TestMailerLiteSubscribers(Sandboxed):
    holding = '"method": ?"(POST|PUT)"'
    app = "mailerlite"
    kind = MailerLiteConnector
    object = "subscribers"
    texts = ("fields.name", "fields.city", "fields.last_name", "fields.job_title")
    samples: ClassVar[Mapping[str, Value]] = {"groups": ["partner", "vip"], "fields.country": "Iran"}
    refusal: ClassVar[Mapping[str, Value]] = {"status": "no-such-status", "email": "no address"}
    new_field = "fields.shoe_size"
    secret = "sandbox-mailerlite"
    credentials: ClassVar[dict[str, str]] = {"token": secret}
    settings: ClassVar[dict[str, Any]] = {"page_size": 3}
    login: ClassVar[dict[str, str]] = {"authorization": "Bearer sandbox-mailerlite"}
    most_calls: ClassVar[Mapping[str, int]] = {
        "pull": 7,
        "poll": 5,
        "fetch": 1,
        "find": 1,
        "create": 2,
        "update": 1,
    }

    def user_create(self, values: Mapping[str, Value]) -> str:
        return str(self.does("POST", "/api/subscribers", subscriber(values))["data"]["id"])

    def user_edit(self, ids: Sequence[str], values: Mapping[str, Value]) -> None:
        for id in ids:
            self.does("PUT", f"/api/subscribers/{id}", subscriber(values))

    def user_unsubscribe(self, id: str) -> None:
        self.does("PUT", f"/api/subscribers/{id}", {"status": "unsubscribed"})

    def user_delete(self, id: str) -> None:
        self.does("DELETE", f"/api/subscribers/{id}")

    def user_drops_group(self, name: str) -> None:
        self.does("DELETE", f"/api/groups/{self.group(name)}")

    def user_renames_group(self, was: str, now: str) -> None:
        self.does("PUT", f"/api/groups/{self.group(was)}", {"name": now})

    def group(self, name: str) -> str:
        found = self.does("GET", "/api/groups?limit=100")["data"]
        return next(str(one["id"]) for one in found if one["name"] == name)


def subscriber(values: Mapping[str, Value]) -> dict[str, Any]:
    """Custom fields go into their container."""
    own = {name.removeprefix("fields."): v for name, v in values.items() if name.startswith("fields.")}
    return {**{n: v for n, v in values.items() if not n.startswith("fields.")}, "fields": own}
