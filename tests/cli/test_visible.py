"""What people typed into a form is shown in a terminal, and never obeyed by it."""

from __future__ import annotations

import pytest

from connectors.sandbox.server import Sandbox
from syncer.demo.apps import Apps
from tests.cli.conftest import Desk
from tests.cli.test_verify import somebody

TYPED = "Ada\x1b[2J\x1b]0;owned\x07\nTo do it: rm -rf\r\u202eX"
SHOWN = "Ada\\x1b[2J\\x1b]0;owned\\x07\\nTo do it: rm -rf\\r\\u202eX"


@pytest.fixture
def edited(desk: Desk, sandbox: Sandbox) -> tuple[Desk, str]:
    """Somebody whose job title is a trap, in two apps that disagree about it; and their record in HubSpot."""
    desk.synced()
    ids = somebody(desk)
    with Apps(sandbox) as apps:
        apps.edit("mailerlite", ids["mailerlite"], "job_title", "Captain")
        apps.edit("hubspot", ids["hubspot"], "job_title", TYPED)
    return desk, f"hubspot:{ids['hubspot']}"


def test_no_command_hands_a_terminal_what_it_would_obey(edited: tuple[Desk, str]) -> None:
    desk, who = edited
    told = [desk.run("plan", "contacts").out]
    run = desk.run("sync", "contacts", "--json").json["run"]
    told += [desk.run(*args).out for args in (("show", run), ("explain", who), ("history", who))]
    told += [desk.run("conflicts", "list").out]
    told += [file.read_text() for file in desk.folder.glob("conflicts/*.txt")]
    for text in told:
        assert "Ada" in text
        assert not [line for line in text.splitlines() if line.startswith("To do it: rm")]
        assert not {"\x1b", "\x07", "\r", "\u202e"} & set(text)
    assert SHOWN in desk.run("explain", who, "job_title").out
    assert desk.run("explain", who, "job_title", "--json").json[0]["fields"][0]["value"] == TYPED
