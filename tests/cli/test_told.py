"""What `status`, `runs` and `show` tell of runs that did not end well, and of a plan that waits."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest

from connectors.sandbox.server import Sandbox
from syncer.demo.apps import Apps
from syncer.model import Item
from syncer.store import codec
from syncer.store.database import Database
from syncer.store.lease import LASTS
from syncer.store.ledger import Ledger
from syncer.store.tables import LeaseRow
from tests.cli.conftest import Desk
from tests.cli.test_verify import somebody

RUN = "29991231T235959000-0000000"  # later than all others
TITLE = Item("update", "mailerlite", "g1", "7", {"job_title": ("", "CEO")})


@contextmanager
def kept(desk: Desk) -> Iterator[Ledger]:
    """The history of the contacts, to write into."""
    db = Database(desk.state_url)
    with db.transaction():
        yield Ledger(db, "contacts")
    db.close()


def just_now() -> datetime:
    """Asked within a test: a long run of all tests reaches it half an hour after this module was read."""
    return datetime.now(UTC).replace(microsecond=0)


def dead() -> int:
    """The number of a process that has ended."""
    with subprocess.Popen([sys.executable, "-c", ""]) as killed:
        return killed.pid


def begun(desk: Desk, process: int, kind: str = "sync") -> datetime:
    """A run of this process, seen alive a moment ago, of which one write was answered; gives that moment."""
    now = just_now()
    seen = codec.iso(now + LASTS)
    with kept(desk) as ledger:
        ledger.begin_run(RUN, kind, now - timedelta(minutes=5))
        ledger.outbox.record(RUN, [(TITLE, "7", "applied", ""), (TITLE, "8", "rejected", "not a title")])
        holder = f"{socket.gethostname()}:{process}:other"
        row = {"space": "contacts", "holder": holder, "token": 99, "expires": seen}
        ledger.db.upsert(LeaseRow, [row])
    return now


def test_a_killed_run_is_told_as_interrupted_with_what_it_wrote(desk: Desk) -> None:
    seen = begun(desk, dead())
    told, listed, shown = (desk.run(*args).out for args in (("status", "contacts"), ("runs",), ("show", RUN)))
    assert "contacts: interrupted" in told
    assert f"last run {RUN}" in told
    assert ", 1 written" in told
    for text in (told, listed, shown):
        assert f"it was last seen alive at {seen:%Y-%m-%d %H:%M:%S} UTC. Nothing is lost" in text
    assert [(r["status"], r["written"]) for r in desk.run("runs", "--json").json] == [("interrupted", 1)]
    assert desk.run("show", RUN, "--json").json["written"] == 1
    with kept(desk) as ledger:
        assert ledger.db.rows("SELECT status, written FROM run") == [("running", 0)]  # nothing was changed


@pytest.mark.parametrize(
    ("kind", "told"),
    [
        ("sync", "the next sync goes on from there"),
        ("resync", "the next sync goes on from there"),
        ("undo", "give the undo command once more for the rest"),
        ("forget", "give the forget command once more for the rest"),
        ("link", "the next sync finishes it; if syncer explain shows them apart still"),
        ("unlink", "the next sync finishes it; if syncer explain shows them as one still"),
        ("merge", "the next sync asks the app what became of it"),
        ("resolve", "the next sync writes what was settled"),
        ("verify", "it only compares"),
        ("plan", "it only shows what would be done"),
    ],
)
def test_what_is_to_be_done_about_a_killed_run_is_told(desk: Desk, kind: str, told: str) -> None:
    begun(desk, dead(), kind)
    assert f"Nothing is lost, {told}" in desk.run("show", RUN).out


def test_a_run_of_a_living_process_is_running(desk: Desk) -> None:
    begun(desk, os.getppid())
    assert "contacts: running" in desk.run("status", "contacts").out
    assert desk.run("runs", "--json").json[0]["status"] == "running"


LEFT_OVER = {
    "what an app said": (
        {"apps": {"mailerlite": {"failed": 2}}},
        "mailerlite: 2 records failed (not a title)",
    ),
    "an app that failed": ({"errors": {"zendesk": "Zendesk, GET /users: 500."}}, "Zendesk, GET /users: 500."),
    "an app of another name": ({"errors": {"support": "Too slow."}}, "support: Too slow."),
    "a plan": ({"left_out": 3, "leftovers": 3}, "3 changes of the approved plan did not hold any more"),
    "nothing else known": ({"leftovers": 1}, "1 record could not be brought up to date"),
}


@pytest.mark.parametrize(("report", "told"), LEFT_OVER.values(), ids=LEFT_OVER)
def test_leftovers_are_told_with_their_reason(desk: Desk, report: dict[str, object], told: str) -> None:
    with kept(desk) as ledger:
        ledger.begin_run(RUN, "sync", just_now())
        ledger.outbox.record(RUN, [(TITLE, "8", "rejected", "not a title")])
        ledger.end_run(RUN, "partial", just_now(), 0, report)
    out = desk.run("status", "contacts").out
    assert "contacts: done with leftovers" in out
    assert f"left over: {told}" in out
    last = desk.run("status", "contacts", "--json").json[0]["last_run"]
    assert (last["status"], last["reason"].startswith(told)) == ("partial", True)


def test_a_failed_run_is_told_once_with_its_reason(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("connectors.http.ATTEMPTS", 1)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    desk.change(f"{desk.url}/zendesk", f"http://127.0.0.1:{port}/zendesk")
    failed = desk.run("sync", "contacts")
    assert (failed.code, failed.out.count("cannot be reached")) == (1, 1)
    assert "\nZendesk cannot be reached" in failed.out
    told = desk.run("status", "contacts").out
    assert "contacts: failed" in told
    assert "it failed: Zendesk cannot be reached" in told
    assert "  all of it: syncer show" in told


def test_a_held_plan_is_shown_whole_with_whom_it_is_about(desk: Desk) -> None:
    desk.change("first_sync: go", "first_sync: ask")
    held = desk.run("sync", "companies")
    run = desk.run("runs", "--json").json[0]["run"]
    assert held.out.index(f"syncer show {run} --limit 0") < held.out.index("--approve")
    items = desk.run("show", run, "--json").json["held"]
    assert f"What waits for your answer: {len(items)} changes" in desk.run("show", run).out
    few, every = desk.run("show", run, "--limit", "2").out, desk.run("show", run, "--limit", "0").out
    assert f"... and {len(items) - 2} changes more; --limit 0 shows all." in few
    assert [every.count(f"{item['kind']} {item['app']}") > 0 for item in items] == [True] * len(items)
    assert all(item["name"] and item["name"] in every for item in items)
    assert f"--approve {run}" in every
    assert desk.run("sync", "--approve", run).code == 0
    assert "does not wait for an answer any more" in desk.run("show", run).out


def test_opt_outs_that_were_written_are_not_among_what_waits(desk: Desk, sandbox: Sandbox) -> None:
    desk.synced()
    ids = somebody(desk)
    desk.change("first_sync: go", "first_sync: go\nsafety:\n  updates: {share: 0.0, count: 0}\n")
    with Apps(sandbox) as apps:
        apps.edit("zendesk", ids["zendesk"], "city", "Quito Norte")
        apps.edit("mailerlite", ids["mailerlite"], "marketing_consent", "unsubscribed")
    held = desk.run("sync", "contacts")
    assert held.code == 3
    assert "opt-outs were written already; " in held.out
    run = desk.run("runs", "--json").json[0]["run"]
    waiting = desk.run("show", run, "--json").json["held"]
    assert f"{len(waiting)} changes wait, because" in held.out
    assert [[c["after"] for c in item["changes"]] for item in waiting] == [["Quito Norte"]] * len(waiting)
    assert desk.run("sync", "contacts", "--approve", run).code == 0
