"""Mailchimp's connector keeps the contract, against the sandbox."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar

import pytest
from sandboxed import Sandboxed

from connectors.contract import Value
from connectors.mailchimp import MailchimpConnector, connector
from connectors.mailchimp.sandbox.account import NEWSLETTER
from connectors.settings import basic


class TestMailchimpMembers(Sandboxed):
    verbs = ("POST", "PATCH", "PUT")
    app = "mailchimp"
    kind = MailchimpConnector
    object = "members"
    texts = ("merge_fields.FNAME", "merge_fields.CITY", "merge_fields.LNAME", "merge_fields.JOBTITLE")
    samples: ClassVar[Mapping[str, Value]] = {
        "tags": ["partner", "vip"],
        "merge_fields.LTV": 290.53,
        "merge_fields.RENEWAL": "2027-02-28",
        "merge_fields.TIER": "Gold",
        "merge_fields.PHONE": "+62 811",
        "language": "fa",
    }
    refusal: ClassVar[Mapping[str, Value]] = {"merge_fields.LTV": "a lot", "merge_fields.RENEWAL": "soon"}
    new_field = "merge_fields.SHOES"
    secret = "sandbox-us1"
    credentials: ClassVar[dict[str, str]] = {"token": secret}
    settings: ClassVar[dict[str, Any]] = {"audience": NEWSLETTER, "page_size": 3}
    habits: ClassVar[dict[str, Any]] = {"fake_domains": []}
    login: ClassVar[dict[str, str]] = basic("any", secret)
    most_calls: ClassVar[Mapping[str, int]] = {
        "pull": 6,
        "poll": 2,
        "fetch": 3,
        "find": 3,
        "create": 1,
        "update": 3,
    }

    @pytest.fixture(autouse=True, scope="class")
    @classmethod
    def _small_batches(cls) -> Iterator[None]:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(connector, "BATCH", 20)
            yield

    @property
    def path(self) -> str:
        return f"/3.0/lists/{NEWSLETTER}/members"

    def user_create(self, values: Mapping[str, Value]) -> str:
        return str(self.does("POST", self.path, {"status": "subscribed", **member(values)})["contact_id"])

    def user_edit(self, ids: Sequence[str], values: Mapping[str, Value]) -> None:
        for id in ids:
            self.does("PATCH", f"{self.path}/{id}", member(values))

    def user_unsubscribe(self, id: str) -> None:
        self.does("PATCH", f"{self.path}/{id}", {"status": "unsubscribed"})

    def user_archive(self, id: str) -> None:
        self.does("DELETE", f"{self.path}/{id}")

    def user_delete(self, id: str) -> None:
        self.does("POST", f"{self.path}/{id}/actions/delete-permanent")

    def user_drops_group(self, name: str) -> None:
        self.does("DELETE", self.segment(name))

    def user_renames_group(self, was: str, now: str) -> None:
        self.does("PATCH", self.segment(was), {"name": now})

    def segment(self, tag: str) -> str:
        """A tag is a segment, by the same id."""
        audience = f"/3.0/lists/{NEWSLETTER}"
        found = self.does("GET", f"{audience}/tag-search?name={tag}")["tags"]
        return f"{audience}/segments/{found[0]['id']}"


def member(values: Mapping[str, Value]) -> dict[str, Any]:
    """Merge fields go into their container."""
    own = {n.removeprefix("merge_fields."): v for n, v in values.items() if n.startswith("merge_fields.")}
    return {**{n: v for n, v in values.items() if not n.startswith("merge_fields.")}, "merge_fields": own}
