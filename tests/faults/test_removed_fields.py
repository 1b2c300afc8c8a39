"""A field is removed in an app, by its own API: what other apps hold of it stays."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.faults.stand import Stand, stand

TITLES = {"mailerlite": "job_title", "mailchimp": "JOBTITLE"}


def in_mailerlite(client: httpx.Client) -> httpx.Response:
    fields = client.get("/mailerlite/api/fields", params={"limit": 100}).json()["data"]
    (id,) = [one["id"] for one in fields if one["key"] == TITLES["mailerlite"]]
    return client.delete(f"/mailerlite/api/fields/{id}")


def in_mailchimp(client: httpx.Client) -> httpx.Response:
    audience = client.get("/mailchimp/3.0/lists").json()["lists"][0]["id"]
    at = f"/mailchimp/3.0/lists/{audience}"
    fields = client.get(f"{at}/merge-fields", params={"count": 100}).json()["merge_fields"]
    (id,) = [one["merge_id"] for one in fields if one["tag"] == TITLES["mailchimp"]]
    for member in client.get(f"{at}/members", params={"count": 500}).json()["members"]:
        client.patch(f"{at}/members/{member['contact_id']}", json={"language": "de"}).raise_for_status()
    return client.delete(f"{at}/merge-fields/{id}")


REMOVE = {"mailerlite": in_mailerlite, "mailchimp": in_mailchimp}


def titles(at: Stand) -> list[Any]:
    """What HubSpot holds."""
    contacts = at.http.get("/state", timeout=60).json()["hubspot"]["contacts"]
    return sorted(contact["properties"].get("jobtitle") or "" for contact in contacts)


@pytest.mark.parametrize("app", REMOVE)
def test_a_field_that_was_removed_is_not_taken_for_blank(app: str, tmp_path: Path) -> None:
    with stand(app, ("hubspot", app), 30, 3, tmp_path) as at:
        at.settled()
        before = titles(at)
        token = at.runner.config.apps[app].secrets()["token"]
        login = {"authorization": f"Bearer {token}"}
        with httpx.Client(base_url=at.sandbox.url, headers=login) as client:
            REMOVE[app](client).raise_for_status()
        report = at.sync()
        assert titles(at) == before
        assert any(before)
        assert report.status == "partial"
        assert [(one["app"], one["fields"]) for one in report.stopped] == [(app, ["job_title"])]
