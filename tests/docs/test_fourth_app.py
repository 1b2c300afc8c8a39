"""Mailchimp as a fourth app, added as docs/mappings.md says: everything syncs, and then nothing is left."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from connectors.mailchimp.sandbox_account import NEWSLETTER
from connectors.sandbox.server import Sandbox
from syncer import logs
from syncer.config import Config
from syncer.engine import Options
from syncer.ports import Ports
from syncer.report import Report
from syncer.runner import Runner
from syncer.store.database import Database
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
    assert {report.status for report in first.values()} <= {"done", "partial"}
    assert first["contacts"].apps["mailchimp"].updated > 20
    assert first["contacts"].apps["mailchimp"].created > 0
    assert sum(report.written for report in second.values()) == 0
    state = httpx.get(f"{sandbox.url}/_sandbox/state").json()
    assert_in_step(state)
    requests = httpx.get(f"{sandbox.url}/_sandbox/requests").json()["mailchimp"]
    assert not [call for call in requests if "ignored" in call]
    assert (state["mailchimp"]["mails"], state["mailchimp"]["automations"]) == (0, 0)


def assert_in_step(state: Any) -> None:
    """Who is in Mailchimp and in MailerLite under one address is the same there in every plain field."""
    mailerlite = {s["email"]: s for s in state["mailerlite"]["subscribers"]}
    audience = next(a for a in state["mailchimp"]["audiences"] if a["id"] == NEWSLETTER)
    members = {m["email_address"].lower(): m for m in audience["members"]}
    both = members.keys() & mailerlite.keys()
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
        if members[email]["merge_fields"][tag] != (mailerlite[email]["fields"][key] or "")
    ]
    assert not differing
