"""Kill a real `syncer sync` in the middle of the first sync and start it again; see how the apps end.

SIGKILL, so that no handler runs; the moment is counted in calls that the apps have answered.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from typer.testing import CliRunner

from connectors.sandbox.server import Sandbox
from syncer.cli.main import app

IGNORED = {"id", "created_at", "updated_at", "createdAt", "updatedAt", "hs_object_id", "createdate"}


@dataclass
class Ending:
    """How the apps ended, and what it took."""

    apps: dict[str, Counter[str]]
    calls: int


def here(folder: Path, *args: str) -> None:
    """A command that is not to be killed, in this process."""
    result = CliRunner().invoke(app, list(args), env={"SYNCER_CONFIG": str(folder / "config.yaml")})
    assert result.exit_code == 0, result.output


def syncer(folder: Path, *args: str, wait: bool = True) -> subprocess.Popen[bytes]:
    env = {**os.environ, "SYNCER_CONFIG": str(folder / "config.yaml")}
    command = [sys.executable, "-m", "syncer", *args]
    process = subprocess.Popen(command, cwd=folder, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    if wait:
        _, err = process.communicate(timeout=120)
        assert process.returncode in (0, 4), err.decode()
    return process


def contents(sandbox: Sandbox) -> dict[str, Counter[str]]:
    """What each app holds, without its own ids and times: equal records are counted."""
    state = httpx.get(f"{sandbox.url}/_sandbox/state", timeout=30).json()
    hubspot, zendesk = state["hubspot"], state["zendesk"]
    organizations = {str(o["id"]): o["name"] for o in zendesk["organizations"]}
    companies = {c["id"]: c["properties"].get("name") for c in hubspot["companies"]}
    return {
        "contacts": Counter(
            _shown(c["properties"], companies.get(hubspot["primary_company"].get(c["id"], ""), ""))
            for c in hubspot["contacts"]
        ),
        "companies": Counter(_shown(c["properties"], "") for c in hubspot["companies"]),
        "subscribers": Counter(
            _shown({**s["fields"], "email": s["email"], "status": s["status"]}, "")
            for s in state["mailerlite"]["subscribers"]
        ),
        "users": Counter(
            _shown(
                {**u["user_fields"], **{k: u.get(k) for k in ("name", "email", "phone", "locale", "tags")}},
                organizations.get(str(u.get("organization_id")), ""),
            )
            for u in zendesk["users"]
        ),
        "organizations": Counter(
            _shown({**o["organization_fields"], "name": o["name"], "domains": o["domain_names"]}, "")
            for o in zendesk["organizations"]
        ),
    }


def _shown(values: dict[str, Any], company: str | None) -> str:
    kept = {k: v for k, v in values.items() if k not in IGNORED and "lastmodified" not in k and v}
    return f"{sorted(kept.items(), key=str)} of {company}"


def calls(sandbox: Sandbox) -> int:
    return sum(sandbox.host.counts.values())


def prepared(folder: Path, sandbox: Sandbox, state: str = "") -> Path:
    """A folder with a config; `state`: the URL of its state where that is not a file."""
    folder.mkdir(exist_ok=True)
    port = sandbox.url.rsplit(":", 1)[1]
    here(folder, "init", "--sandbox", "--port", port)
    if state:
        config = folder / "config.yaml"
        config.write_text(config.read_text().replace("sqlite:///syncer.db", state))
        assert state in config.read_text()
    return folder


def settled(folder: Path, sandbox: Sandbox) -> dict[str, Counter[str]]:
    for _ in range(4):
        out, err = syncer(folder, "sync", "--json", wait=False).communicate(timeout=120)
        if out.count(b'"written":0') == 2:
            return contents(sandbox)
    raise AssertionError(f"the apps do not settle: {out.decode()} {err.decode()}")


def uninterrupted(folder: Path, people: int) -> Ending:
    """The same sync, left alone."""
    with Sandbox(people=people, seed=5) as sandbox:
        prepared(folder, sandbox)
        syncer(folder, "sync")
        number = calls(sandbox)
        return Ending(settled(folder, sandbox), number)


def kill_at(folder: Path, sandbox: Sandbox, number: int) -> None:
    process = syncer(folder, "sync", wait=False)
    while process.poll() is None and calls(sandbox) < number:
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert process.returncode == -signal.SIGKILL, "it ended before it could be killed"


def check(folder: Path, people: int, calm: Ending, *shares: float, state: str = "") -> None:
    """Kill after these shares of the calls that the sync takes when left alone: it must end as that did."""
    with Sandbox(people=people, seed=5) as sandbox:
        prepared(folder, sandbox, state)
        for share in shares:
            kill_at(folder, sandbox, int(calm.calls * share))
        ended = settled(folder, sandbox)
        here(folder, "state", "check")
    for name, expected in calm.apps.items():
        extra, missing = ended[name] - expected, expected - ended[name]
        assert not extra, (name, list(extra)[:3], list(missing)[:3])
        assert not missing, (name, list(missing)[:3])
