"""No secret and nothing of a person in the logs, whatever goes wrong, in the service and in commands."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from connectors.sandbox.faults import parsed
from connectors.sandbox.server import Sandbox
from tests.process.test_serve import edit
from tests.service.serving import Served, free_port

PERSON = ("Zyxwolf Quuxberg", "ada.lovelace@secret.example", "+49 151 12345678", "+4915112345678")
BAD = f"{' '.join(PERSON)} told sandbox-hubspot"
SAYS = {"kind": "status", "body": {"message": BAD, "description": BAD, "detail": BAD, "error": BAD}}
TROUBLE: dict[str, dict[str, Any]] = {
    "one answer quotes a person": {**SAYS, "status": 400},
    "many answers quote a person": {**SAYS, "status": 400, "probability": 0.3, "seed": 1},
    "writes are refused by quoting a person": {**SAYS, "status": 400, "method": "PATCH", "probability": 0.5},
    "an app that fails, with a person's name": {**SAYS, "status": 500, "probability": 0.3, "seed": 2},
    "a credential is refused": {**SAYS, "status": 401, "count": 3},
    "a right is lacking": {**SAYS, "status": 403, "probability": 0.3, "seed": 5},
    "one app is gone, and says of whom": {**SAYS, "status": 404, "app": "zendesk", "probability": 1.0},
    "a slower pace is asked for": {"kind": "status", "status": 429, "seconds": 1, "count": 3},
    "connections are lost": {"kind": "drop_after", "probability": 0.3, "seed": 3},
    "answers are cut": {"kind": "partial", "probability": 0.3, "seed": 4},
}


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(people=12, seed=3) as running:
        yield running


@pytest.fixture
def served(tmp_path: Path, sandbox: Sandbox) -> Served:
    """Polled and compared in full all the time, with alerts that nobody takes."""
    port = free_port()
    listen = f"service: {{listen: 127.0.0.1:{port}, verify: {{every: 1s}}}}\n"
    alerts = "alerts: {to: ['json://127.0.0.1:1/', 'jsons://somebody:secret-of-alerts@127.0.0.1:1/']}\n"
    made = Served(tmp_path, sandbox, every="1s", more=listen + alerts)
    made.port = port
    return made


def ended(served: Served, number: int) -> bool:
    """Whether so many jobs have come to an end, well or not."""
    events = ("run ended", "run not begun", "compared in full", "sync failed", "verify failed")
    return sum(one["event"] in events for one in served.log()) >= number


@pytest.mark.slow
@pytest.mark.parametrize("fault", TROUBLE.values(), ids=TROUBLE.keys())
def test_the_service_logs_no_secret_and_no_person(
    served: Served, sandbox: Sandbox, fault: dict[str, Any]
) -> None:
    """First syncs, polls, full comparisons, alerts that fail, forged webhooks, a broken config, a stop."""
    with served.on() as process:
        served.logged("service started")
        sandbox.host.faults = [parsed(fault)]
        served.until(lambda: ended(served, 4), "four jobs")
        edit_quietly(sandbox)
        httpx.post(f"http://127.0.0.1:{served.port}/webhooks/hubspot", content=BAD.encode())
        served.logged("a webhook was not taken")
        sound = served.config.read_text()
        served.config.write_text(sound.replace("first_sync: go", "first_sync: gone"))
        served.logged("the edited config cannot be used; the old one stays in force")
        served.config.write_text(sound)
        served.logged("the edited config is in force")
        number = len(served.log())
        served.until(lambda: len(served.log()) > number, "something more")
        sandbox.host.faults = []
        assert served.stopped(process) == 0
    assert served.quotes(more=(*PERSON, "secret-of-alerts")) == []


def edit_quietly(sandbox: Sandbox) -> None:
    """Somebody edits a contact, while faults may strike that call too."""
    try:
        edit(sandbox, PERSON[0])
    except (httpx.HTTPError, KeyError):
        return


COMMANDS = (
    ("sync", "--json"),
    ("sync", "--dry-run", "--json"),
    ("plan", "--json"),
    ("resync", "--json"),
    ("verify", "--json"),
    ("verify", "--repair", "--json"),
    ("failures", "retry", "--all", "--json"),
    ("duplicates", "--json"),
    ("status", "--json"),
    ("state", "check", "--json"),
)


@pytest.mark.slow
@pytest.mark.parametrize("strikes", [0.0, 0.25], ids=["all is well", "apps that quote people"])
def test_commands_log_no_secret_and_no_person(served: Served, sandbox: Sandbox, strikes: float) -> None:
    """What a command logs, line by line; what it says to whoever typed it may name a person."""
    served.run("sync", "--json")
    sandbox.host.faults = [parsed({**SAYS, "status": 400, "probability": strikes, "seed": 7})]
    logged = []
    for command in COMMANDS:
        edit_quietly(sandbox)
        _, _, said = served.run(*command)
        logged += [line for line in said.splitlines() if line.startswith("{")]
    assert len(logged) > 5
    assert served.quotes("\n".join(logged), PERSON) == []
