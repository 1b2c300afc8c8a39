"""The service as a process: it keeps in step by itself, beside commands; it is stopped and killed."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from connectors.sandbox.server import Sandbox
from tests.process.kills import contents as contents_of
from tests.service.serving import Served


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(people=30, seed=3) as running:
        yield running


def edit(sandbox: Sandbox, city: str) -> None:
    """Somebody changes a contact in HubSpot."""
    login = {"authorization": "Bearer sandbox-hubspot"}
    with httpx.Client(base_url=sandbox.hubspot, headers=login) as person:
        found = person.get("/crm/v3/objects/contacts").json()["results"][0]["id"]
        person.patch(
            f"/crm/v3/objects/contacts/{found}", json={"properties": {"city": city}}
        ).raise_for_status()


def holds(sandbox: Sandbox, city: str) -> bool:
    """Whether the mailing tool shows it."""
    state = httpx.get(f"{sandbox.url}/_sandbox/state").json()
    return any(one["fields"].get("city") == city for one in state["mailerlite"]["subscribers"])


def test_it_keeps_in_step_beside_commands_and_edits_of_its_config(tmp_path: Path, sandbox: Sandbox) -> None:
    served = Served(tmp_path, sandbox)
    with served.on() as process:
        served.logged("run ended", sync="contacts", status="done")
        edit(sandbox, "Bandar Anzali")
        served.until(lambda: holds(sandbox, "Bandar Anzali"), "the edit in the other app")
        code, lines, _ = served.run("sync", "--json")
        assert (code, [line["status"] for line in lines]) == (0, ["done", "done"])
        sound = served.config.read_text()
        served.config.write_text(sound.replace("first_sync: go", "first_sync: gone"))
        broken = served.logged("the edited config cannot be used; the old one stays in force")
        assert "first_sync" in broken[0]["reason"]
        served.config.write_text(sound)
        served.logged("the edited config is in force")
        assert served.stopped(process) == 0
    assert served.log()[-1]["event"] == "service stopped"


@pytest.mark.slow
def test_a_second_service_on_the_same_state_is_refused(tmp_path: Path, sandbox: Sandbox) -> None:
    served = Served(tmp_path, sandbox)
    with served.on():
        served.logged("service started")
        code, _, _ = served.run("serve")
        assert code == 5


@pytest.mark.slow
@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
@pytest.mark.parametrize("calls", [5, 40, 80])
def test_stopped_in_the_first_sync_it_goes_on_where_it_was(
    tmp_path: Path, how: signal.Signals, calls: int
) -> None:
    with Sandbox(people=400, seed=5) as sandbox:
        served = Served(tmp_path, sandbox, every="1h")
        with served.on() as process:
            served.until(lambda: sum(sandbox.host.counts.values()) >= calls, "calls")
            began = time.monotonic()
            process.send_signal(how)
            process.wait(60)
            took = time.monotonic() - began
        assert process.returncode == (0 if how == signal.SIGTERM else -signal.SIGKILL)
        assert took < 10  # what the service promises, and what ends it in any case
        if how == signal.SIGTERM:
            assert served.log()[-1]["event"] == "service stopped"
        with served.on():
            served.logged("run ended", sync="contacts", status="done")
        code, lines, _ = served.run("sync", "--json")
        assert code == 0
        code, lines, _ = served.run("verify", "--json")
        assert [line["drift"] for line in lines] == [[], []]
        shown = contents_of(sandbox)
        assert len(shown["contacts"]) == shown["contacts"].total(), "somebody was made twice"
