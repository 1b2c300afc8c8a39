"""Two processes on one account: together they keep its limit, and one of them renews the token."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from connectors.sandbox.faults import parsed
from connectors.sandbox.server import Sandbox

SEARCHES = 8
# What a process does: searches, of which HubSpot allows five a second to the whole account. It tells when it
# was allowed to make each.
PROCESS = """
import sys
import time
from syncer.config.apps import AppModel
from syncer.ports import Ports
from syncer.store.budget import SharedBudget
from syncer.store.sharing import Shared
from syncer.store.tokens import SharedTokens
from syncer.store.vault import Vault
from syncer.wiring.connections import account_key, connect

url, state, calls = sys.argv[1:]
login = {
    "client_id": "hubspot-client",
    "client_secret": "hubspot-client-secret",
    "refresh_token": "hubspot-refresh-1",
}
model = AppModel(connector="hubspot", base_url=url, oauth=login)
shared, ports, account = Shared(state), Ports(), account_key(model)
looked = [0.0]

def clock():
    looked[0] = time.time()
    return looked[0]

class Told(SharedBudget):
    def wait(self, rate, limit, window):
        seconds = super().wait(rate, limit, window)
        if rate == "search":
            print(looked[0] + seconds)
        return seconds

tokens = SharedTokens(shared, Vault(), account, "crm", ports.holder, ports.now, ports.alive)
app = connect("crm", model, Told(shared, account, clock), tokens)
app.check()
for _ in range(int(calls)):
    app.find("companies", "domain", ["acme.example"], ["name"])
"""


@pytest.fixture
def state(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/state.db"


def run_two(sandbox: Sandbox, state: str, calls: int) -> list[float]:
    """When each search of both was allowed."""
    command = [sys.executable, "-c", PROCESS, sandbox.hubspot, state, str(calls)]
    both = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    outputs = [one.communicate(timeout=60)[0] for one in both]
    assert [one.returncode for one in both] == [0, 0]
    return sorted(float(at) for output in outputs for at in output.split())


@pytest.fixture
def limited() -> Iterator[Sandbox]:
    with Sandbox(people=3, limits="real") as sandbox:
        yield sandbox


def test_two_processes_stay_within_one_limit(limited: Sandbox, state: str) -> None:
    """Five searches a second are allowed, and one is left to others."""
    at = run_two(limited, state, SEARCHES)
    assert len(at) >= 2 * SEARCHES
    assert all(later - earlier >= 0.999 for earlier, later in zip(at, at[4:], strict=False))


@pytest.mark.slow
def test_two_processes_at_full_speed_are_hardly_ever_refused(limited: Sandbox, state: str) -> None:
    """On a busy machine an allowed call may start late and come too close to the next; two that knew nothing
    of each other would be refused about every third call.
    """
    run_two(limited, state, 20)
    answered = [entry["status"] for entry in limited.host.log["hubspot"] if "/search" in entry["path"]]
    assert answered.count(200) == 40
    assert answered.count(429) <= 4


@pytest.fixture
def unlimited() -> Iterator[Sandbox]:
    with Sandbox(people=3) as sandbox:
        yield sandbox


@pytest.mark.parametrize(
    "lost", [False, pytest.param(True, marks=pytest.mark.slow)], ids=["", "a reply is lost"]
)
def test_two_processes_renew_one_token_once(unlimited: Sandbox, state: str, lost: bool) -> None:
    """A refresh token that is good for one use, and a token that expires in the middle."""
    sandbox = unlimited
    sandbox.host.apps["hubspot"].mode.settings["token_rotation"] = "grace" if lost else "strict"
    faults = [{"kind": "expired_token", "path": "search", "skip": 6, "count": 1}]
    if lost:
        faults.append({"kind": "drop_after", "path": "^/oauth", "skip": 1, "count": 1})
    sandbox.host.faults += [parsed({"app": "hubspot", **fault}) for fault in faults]
    run_two(sandbox, state, SEARCHES)
    log = sandbox.host.log["hubspot"]
    renewed = [entry["status"] for entry in log if entry["path"].startswith("/oauth")]
    assert renewed == ([200, 0, 200] if lost else [200, 200])
    assert sum(entry["status"] == 401 for entry in log) in (1, 2)  # the other may have a call on its way
