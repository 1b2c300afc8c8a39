"""Exit codes, and what people are told: words on standard error, nothing but results on standard output."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from importlib import metadata

import pytest

from syncer.cli.codes import Code, worst
from syncer.ports import Ports
from syncer.running.runner import Runner
from syncer.store.database import Database
from syncer.store.lease import hold
from tests.cli.conftest import Desk


@pytest.mark.parametrize(
    ("codes", "expected"),
    [
        ([], Code.DONE),
        ([Code.DONE, Code.LEFTOVERS], Code.LEFTOVERS),
        ([Code.LEFTOVERS, Code.BUSY], Code.BUSY),
        ([Code.BUSY, Code.HELD], Code.HELD),
        ([Code.HELD, Code.FAILED], Code.FAILED),
        ([Code.FAILED, Code.USAGE, Code.DONE], Code.USAGE),
    ],
)
def test_several_syncs_end_with_the_worst(codes: list[Code], expected: Code) -> None:
    assert worst(codes) is expected


@pytest.mark.parametrize(
    ("args", "told"),
    [
        (("sync", "contcats"), "Did you mean 'contacts'?"),
        (("pause", "hubspt"), "Did you mean 'hubspot'?"),
        (("sync", "--approve", "a", "--reject", "b"), "exclude each other"),
        (("sync", "--pilot", "0"), "'--pilot'"),
        (("show", "no-such-run"), "syncer runs"),
        (("sync", "--approve", "nonsense"), "There is no run nonsense."),
        (("sync", "contacts", "--reject", "nonsense", "--json"), "There is no run nonsense."),
        (("conflicts", "show", "999999"), "conflicts list"),
        (("resync", "--app", "nope"), "there is no app 'nope'"),
        (("resync", "companies", "--app", "mailerlite"), "'mailerlite' is no app of companies"),
        (("frobnicate",), "frobnicate"),
    ],
)
def test_wrong_use_is_two_and_says_what_to_do(desk: Desk, args: tuple[str, ...], told: str) -> None:
    answer = desk.run(*args)
    assert (answer.code, answer.out) == (2, "")
    assert told in " ".join(answer.err.split())


@pytest.mark.parametrize(
    ("file", "old", "new", "told"),
    [
        ("config.yaml", "connector: hubspot", "connector: hubsport", "Did you mean 'hubspot'?"),
        ("mappings/contacts.yaml", "type: phone", "type: phon", "Did you mean 'phone'?"),
        ("mappings/contacts.yaml", "hubspot: jobtitle", "hubspot: jobtitel", "Did you mean 'jobtitle'?"),
        ("config.yaml", "sandbox-hubspot", '"${NO_SUCH_VARIABLE}"', "NO_SUCH_VARIABLE is not set"),
        ("config.yaml", "state: ", "state: x", "Did you mean '"),
    ],
)
@pytest.mark.parametrize("command", ["sync", "check"])
def test_a_mistake_in_yaml_is_two_and_names_its_place(
    desk: Desk, command: str, file: str, old: str, new: str, told: str
) -> None:
    desk.change(old, new, file)
    answer = desk.run(command)
    said = answer.out + answer.err
    assert answer.code == 2
    assert told in said
    assert f"{file}:" in said


def test_the_version_needs_no_config(desk: Desk) -> None:
    desk.config.unlink()
    answer = desk.run("--version")
    assert (answer.code, answer.out) == (0, f"syncer {metadata.version('syncer')}\n")


@pytest.mark.parametrize("command", [("sync",), ("check",), ("status",), ("serve",), ("mapping", "check")])
def test_no_config_is_two_and_says_where_it_was_looked_for(desk: Desk, command: tuple[str, ...]) -> None:
    desk.config.unlink()
    answer = desk.run(*command)
    told = " ".join((answer.out + answer.err).split())
    assert answer.code == 2
    assert f"there is no config file (looked for {desk.config})" in told
    assert all(way in told for way in ("syncer init", "--config FILE", "SYNCER_CONFIG=FILE"))


@pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")  # Apprise imports it
@pytest.mark.parametrize("command", [("check",), ("serve",), ("mapping", "check")], ids=" ".join)
def test_an_address_that_alerts_cannot_go_to_is_two_before_the_first_alert(
    desk: Desk, command: tuple[str, ...]
) -> None:
    line = desk.config.read_text().count("\n") + 1
    desk.config.write_text(desk.config.read_text() + "alerts: {to: ['slak://s3cret/b/c']}\n")
    answer = desk.run(*command)
    said = answer.out + answer.err
    assert answer.code == 2
    assert f"{desk.config}:{line}:15: alerts.to[0]: Apprise knows no service of this name" in said
    assert "Did you mean 'slack'?" in said
    assert "s3cret" not in said


@pytest.fixture
def unplugged(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Lead one app to a port where nobody listens."""
    monkeypatch.setattr("connectors.http.ATTEMPTS", 1)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    return lambda: desk.change(f"{desk.url}/zendesk", f"http://127.0.0.1:{port}/zendesk")


def test_an_app_that_was_never_reached_fails_the_sync_and_the_check(
    desk: Desk, unplugged: Callable[[], None]
) -> None:
    unplugged()
    failed = desk.run("sync", "contacts", "--json")
    assert (failed.code, failed.lines[0]["status"]) == (1, "failed")
    assert desk.run("runs", "--json").json[0]["run"] == failed.lines[0]["run"]
    checked = desk.run("check", "--json")
    assert checked.code == 1
    assert checked.json["apps"]["zendesk"]["reachable"] is False
    assert checked.json["apps"]["hubspot"]["reachable"] is True


def test_a_refused_credential_is_told_without_being_shown(desk: Desk) -> None:
    desk.change("sandbox-hubspot", "not-the-secret-one")
    answer = desk.run("sync", "contacts")
    assert answer.code == 1
    assert "hubspot" in (answer.out + answer.err).lower()
    assert "not-the-secret-one" not in answer.out + answer.err


def test_a_sync_that_somebody_else_runs_is_busy(desk: Desk) -> None:
    desk.run("sync", "companies")
    db = Database(desk.state_url)
    holder = f"{socket.gethostname()}:{os.getppid()}:other"
    with hold(db, "companies", holder, Ports().now, Ports().alive):
        answer = desk.run("sync", "--json")
        assert desk.run("resync", "companies").code == 5
    db.close()
    assert answer.code == 5
    assert any(line.startswith("companies is busy: ") for line in answer.err.splitlines())
    assert [line["sync"] for line in answer.lines] == ["contacts"]


def test_an_interruption_is_130(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*args: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Runner, "run", interrupt)
    answer = desk.run("sync")
    assert (answer.code, answer.out) == (130, "")
    assert "Interrupted" in answer.err


def test_a_mistake_of_ours_shows_no_traceback(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*args: object) -> None:
        raise ZeroDivisionError("somebody@example.com")

    monkeypatch.setattr(Runner, "run", fail)
    answer = desk.run("sync", "contacts")
    assert answer.code == 1
    assert "SYNCER_DEBUG=1" in answer.err
    assert "somebody@example.com" not in answer.err


def test_another_account_behind_the_same_name_holds_the_sync(desk: Desk) -> None:
    desk.run("sync", "companies")
    db = Database(desk.state_url)
    with db.transaction():
        db.run("UPDATE reader SET account = 'somebody else', spec_at = NULL WHERE app = 'hubspot'")
    db.close()
    before = desk.run("status", "companies", "--json").json[0]["golden"]
    held = desk.run("sync", "companies", "--json")
    assert (held.code, held.lines[0]["status"]) == (3, "held")
    assert "another account" in desk.run("sync", "companies").out
    assert desk.run("status", "companies", "--json").json[0]["golden"] == before
    told = desk.run("status", "companies", "--json").json[0]["held"]
    assert (told["account"], told["undone"]) == (True, False)
    assert "another account" in told["reason"]
    shown = desk.run("status", "companies").out
    assert f"--approve {told['run']}" in shown
    assert "--reject" not in shown
    first = held.lines[0]["run"]  # any run that was held for it will do: each holds anew
    assert first != told["run"]
    assert desk.run("sync", "--approve", first, "--json").lines[0]["status"] == "done"
    assert desk.run("sync", "companies").code == 0
    assert desk.run("status", "companies", "--json").json[0]["held"] is None


@pytest.mark.parametrize("command", [("sync", "companies"), ("check",), ("mapping", "check", "--live")])
def test_an_object_that_an_app_does_not_have_is_a_mistake_of_the_mapping(
    desk: Desk, command: tuple[str, ...]
) -> None:
    desk.change("object: organizations", "object: organisations", "mappings/companies.yaml")
    answer = desk.run(*command)
    said = answer.out + answer.err
    assert answer.code == 2
    assert "zendesk has no object 'organisations'" in said
    assert "Did you mean 'organizations'?" in said
    assert "companies.yaml:" in said
