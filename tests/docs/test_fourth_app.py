"""Mailchimp as a fourth app, added as docs/mappings.md says: everything syncs, and then nothing is left."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from connectors.mailchimp.sandbox.account import EVENTS, NEWSLETTER
from connectors.sandbox.server import Sandbox
from syncer import logs
from syncer.config.files import Config
from syncer.engine import Options
from syncer.ports import Ports
from syncer.report import Report
from syncer.running.runner import Runner
from syncer.store.database import Database
from syncer.wiring.connections import account_key
from tests.fourth import folder
from tests.states import state_url


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(people=80, seed=6) as running:
        yield running


@contextmanager
def opened(config: Config) -> Iterator[Runner]:
    logs.setup("error")
    db = Database(config.state)
    runner = Runner(config, db, Ports())
    try:
        yield runner
    finally:
        runner.close()
        db.close()


def synced(runner: Runner) -> dict[str, Report]:
    outcomes = {name: runner.run(name, Options()) for name in runner.config.syncs}
    return {name: outcome.report for name, outcome in outcomes.items() if outcome is not None}


def test_four_apps_sync_to_convergence_and_a_second_sync_writes_nothing(
    tmp_path: Path, sandbox: Sandbox
) -> None:
    with opened(folder(tmp_path, sandbox.url, state_url(tmp_path))) as runner:
        first, second = synced(runner), synced(runner)
        assert_in_step(httpx.get(f"{sandbox.url}/_sandbox/state").json())
        email = tagged_in_two_apps(sandbox)
        synced(runner)
    assert {report.status for report in first.values()} <= {"done", "partial"}
    assert first["contacts"].apps["mailchimp"].updated > 20
    assert first["contacts"].apps["mailchimp"].created > 0
    assert sum(report.written for report in second.values()) == 0
    state = httpx.get(f"{sandbox.url}/_sandbox/state").json()
    assert sorted(tag["name"] for tag in members(state)[email]["tags"]) == ["of their own", "vip"]
    requests = httpx.get(f"{sandbox.url}/_sandbox/requests").json()["mailchimp"]
    assert not [call for call in requests if "ignored" in call]
    assert (state["mailchimp"]["mails"], state["mailchimp"]["automations"]) == (0, 0)


def test_two_audiences_of_one_account_share_its_budget(tmp_path: Path) -> None:
    one = folder(tmp_path, "http://127.0.0.1:8765", state_url(tmp_path)).apps["mailchimp"]
    other = one.model_copy(update={"settings": {"audience": EVENTS}})
    stranger = one.model_copy(update={"credentials": {"token": SecretStr("other-us1")}})
    assert account_key(one) == account_key(other) != account_key(stranger)


def tagged_in_two_apps(sandbox: Sandbox) -> str:
    """A person gets a tag in Mailchimp, which no feed shows, and another one in HubSpot; their address."""
    state = httpx.get(f"{sandbox.url}/_sandbox/state").json()
    untagged = {email: member for email, member in members(state).items() if not member["tags"]}
    email, id = next(
        (contact["properties"]["email"], contact["id"])
        for contact in state["hubspot"]["contacts"]
        if contact["properties"].get("email") in untagged and not contact["properties"].get("customer_tags")
    )
    member = f"{sandbox.mailchimp}/3.0/lists/{NEWSLETTER}/members/{untagged[email]['contact_id']}"
    body = {"tags": [{"name": "of their own", "status": "active"}], "is_syncing": True}
    httpx.post(f"{member}/tags", json=body, auth=("any", "sandbox-us1")).raise_for_status()
    httpx.patch(
        f"{sandbox.hubspot}/crm/v3/objects/contacts/{id}",
        json={"properties": {"customer_tags": "vip"}},
        headers={"authorization": "Bearer sandbox-hubspot"},
    ).raise_for_status()
    return str(email)


def members(state: Any) -> dict[str, Any]:
    audience = next(a for a in state["mailchimp"]["audiences"] if a["id"] == NEWSLETTER)
    return {member["email_address"].lower(): member for member in audience["members"]}


def assert_in_step(state: Any) -> None:
    """Who is in Mailchimp and in MailerLite under one address is the same there in every plain field."""
    mailerlite = {s["email"]: s for s in state["mailerlite"]["subscribers"]}
    audience = members(state)
    both = audience.keys() & mailerlite.keys()
    assert len(both) > 60
    differing = [
        email
        for email in both
        for tag, key in (
            ("FNAME", "name"),
            ("LNAME", "last_name"),
            ("CITY", "city"),
            ("JOBTITLE", "job_title"),
        )
        if audience[email]["merge_fields"][tag] != (mailerlite[email]["fields"][key] or "")
    ]
    assert not differing
