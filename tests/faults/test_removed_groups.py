"""A group or list is deleted in an app, or renamed, by its own API: nobody loses the tag it stands for."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

import httpx
import pytest

from connectors.mailchimp.sandbox.account import NEWSLETTER
from syncer.config.files import load_config
from syncer.running.runner import Runner
from tests.faults.stand import Stand, stand

TAGS = ("newsletter", "partner", "trial", "vip", "wholesale")
Loss = Literal["deleted", "renamed"]


class MailerLiteGroups:
    """The groups of MailerLite, as its people have them."""

    app, field, other, mapped = "mailerlite", "groups", "hubspot", ""
    place = "/mailerlite/api/groups"

    def __init__(self, client: httpx.Client) -> None:
        self.client = client

    def all(self) -> dict[str, str]:
        """Name -> where it is."""
        found = self.client.get(self.place, params={"limit": 100}).json()["data"]
        return {one["name"]: f"{self.place}/{one['id']}" for one in found}

    def make(self, name: str) -> None:
        self.client.post(self.place, json={"name": name}).raise_for_status()

    def drop(self, name: str) -> None:
        self.client.delete(self.all()[name]).raise_for_status()

    def rename(self, was: str, now: str) -> None:
        self.client.put(self.all()[was], json={"name": now}).raise_for_status()

    def show(self) -> None:
        """Have the app show its people again: it always does."""

    @staticmethod
    def tags(state: Any) -> list[list[str]]:
        """What the other app holds."""
        contacts = state["hubspot"]["contacts"]
        return sorted(sorted((c["properties"].get("customer_tags") or "").split(";")) for c in contacts)


class HubSpotLists(MailerLiteGroups):
    """The static lists of HubSpot. Who joins or leaves one is not listed as changed."""

    app, field, other, mapped = "hubspot", "lists", "mailerlite", "customer_tags"
    place = "/hubspot/crm/v3/lists"

    def all(self) -> dict[str, str]:
        found = self.client.post(f"{self.place}/search", json={"count": 100}).json()["lists"]
        return {one["name"]: f"{self.place}/{one['listId']}" for one in found}

    def make(self, name: str) -> None:
        static = {"objectTypeId": "0-1", "processingType": "MANUAL"}
        self.client.post(self.place, json={"name": name, **static}).raise_for_status()

    def rename(self, was: str, now: str) -> None:
        where = f"{self.all()[was]}/update-list-name"
        self.client.put(where, params={"listName": now}).raise_for_status()

    def show(self) -> None:
        contacts = self.client.get("/hubspot/crm/v3/objects/contacts", params={"limit": 100}).json()[
            "results"
        ]
        for one in contacts:
            where = f"/hubspot/crm/v3/objects/contacts/{one['id']}"
            self.client.patch(where, json={"properties": {"website": "https://x.example"}}).raise_for_status()

    @staticmethod
    def tags(state: Any) -> list[list[str]]:
        return sorted(sorted(one["groups"]) for one in state["mailerlite"]["subscribers"])


class MailchimpTags(MailerLiteGroups):
    """The tags of Mailchimp, which it keeps as segments. They move nobody's time of change."""

    app, field = "mailchimp", "tags"

    def all(self) -> dict[str, str]:
        audience = f"/mailchimp/3.0/lists/{NEWSLETTER}"
        found = self.client.get(f"{audience}/tag-search").json()["tags"]
        return {one["name"]: f"{audience}/segments/{one['id']}" for one in found}

    def make(self, name: str) -> None:
        """A tag is made with the first who gets it, and stays when nobody has it any more."""
        where = f"{self.members()[0]}/tags"
        for status in ("active", "inactive"):
            self.client.post(where, json={"tags": [{"name": name, "status": status}]}).raise_for_status()

    def rename(self, was: str, now: str) -> None:
        self.client.patch(self.all()[was], json={"name": now}).raise_for_status()

    def show(self) -> None:
        for member in self.members():
            self.client.patch(member, json={"vip": True}).raise_for_status()

    def members(self) -> list[str]:
        place = f"/mailchimp/3.0/lists/{NEWSLETTER}/members"
        found = self.client.get(place, params={"count": 500, "offset": 0}).json()["members"]
        return [f"{place}/{one['contact_id']}" for one in found]


@contextmanager
def settled(kind: type[MailerLiteGroups], path: Path) -> Iterator[tuple[Stand, MailerLiteGroups]]:
    """HubSpot and another app in step, where tags are groups of one of them."""
    apps = ("hubspot", kind.app if kind.app != "hubspot" else kind.other)
    with stand(kind.app, apps, 30, 3, path) as at:
        login = {"authorization": f"Bearer {at.runner.config.apps[kind.app].secrets()['token']}"}
        with httpx.Client(base_url=at.sandbox.url, headers=login, timeout=60) as client:
            groups = kind(client)
            if kind.mapped:
                for name in TAGS:
                    groups.make(name)
                mapping = path / "mappings" / "contacts.yaml"
                mapping.write_text(mapping.read_text().replace(kind.mapped, kind.field))
                at.runner.close()
                at.runner = Runner(load_config(path / "config.yaml", {}), at.runner.db, at.runner.ports)
            at.settled()
            yield at, groups


@pytest.mark.parametrize("loss", ["deleted", "renamed"])
@pytest.mark.parametrize("kind", [MailerLiteGroups, HubSpotLists, MailchimpTags])
def test_a_group_that_is_gone_takes_the_tag_from_nobody(
    kind: type[MailerLiteGroups], loss: Loss, tmp_path: Path
) -> None:
    def held() -> list[list[str]]:
        return groups.tags(at.http.get("/state", timeout=60).json())

    with settled(kind, tmp_path) as (at, groups):
        before = held()
        assert any("vip" in one for one in before)
        groups.drop("vip") if loss == "deleted" else groups.rename("vip", "Best")
        groups.show()
        at.runner.close()  # as another process would meet it
        for _ in range(2):
            report = at.sync()
            assert (held(), report.written, report.status) == (before, 0, "partial")
            assert [(one["app"], one["field"], one["tag"]) for one in report.stopped] == [
                (kind.app, kind.field, "vip")
            ]
        assert "vip" not in groups.all()
        groups.make("vip") if loss == "deleted" else groups.rename("Best", "vip")
        report = at.sync()
        assert (report.status, report.stopped) == ("done", [])
        assert (report.written > 0) == (loss == "deleted")  # who has the tag is put into the new group
        assert held() == before
        assert at.sync().written == 0
