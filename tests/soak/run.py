"""A soak of the service on the simulated apps: `make soak`, or `SOAK_MINUTES=2 make soak`.

People edit in all apps while calls fail; the config is edited, broken and mended; commands are typed beside
it; the process is killed and started again. In the end edits stop, and `verify` has to find no drift.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx

from connectors.sandbox.faults import parsed
from connectors.sandbox.server import Sandbox
from tests.service.serving import Served, free_port

PEOPLE = 200
CITIES = ("Yazd", "Kashan", "Bonn", "Bandar Anzali", "Leeds", "Nantes", "Tabriz", "Ghent")
FAULTS: tuple[dict[str, Any], ...] = (
    {"kind": "status", "status": 503, "probability": 0.05, "seed": 1},
    {"kind": "status", "status": 429, "seconds": 1, "probability": 0.03, "seed": 2},
    {"kind": "drop_before", "probability": 0.03, "seed": 3},
    {"kind": "drop_after", "probability": 0.03, "seed": 4},
    {"kind": "ignore", "method": "PATCH", "path": "batch", "probability": 0.01, "seed": 5},
)


class People:
    """Who edits in the apps, by their own APIs; faults strike them too, so a refusal is taken as it is."""

    def __init__(self, sandbox: Sandbox, chance: random.Random) -> None:
        self.sandbox, self.chance = sandbox, chance
        self.done: Counter[str] = Counter()
        state = httpx.get(f"{sandbox.url}/_sandbox/state", timeout=30).json()
        self.ids = {
            "hubspot": [one["id"] for one in state["hubspot"]["contacts"]],
            "mailerlite": [one["id"] for one in state["mailerlite"]["subscribers"]],
            "zendesk": [one["id"] for one in state["zendesk"]["users"] if one["role"] == "end-user"],
        }

    def edit(self) -> None:
        app = self.chance.choice(list(self.ids))
        id, city = (
            self.chance.choice(self.ids[app]),
            f"{self.chance.choice(CITIES)} {self.chance.randrange(999)}",
        )
        url, body, more = {
            "hubspot": (
                f"{self.sandbox.hubspot}/crm/v3/objects/contacts/{id}",
                {"properties": {"city": city}},
                {"headers": {"authorization": "Bearer sandbox-hubspot"}},
            ),
            "mailerlite": (
                f"{self.sandbox.mailerlite}/api/subscribers/{id}",
                {"fields": {"city": city}},
                {"headers": {"authorization": "Bearer sandbox-mailerlite"}},
            ),
            "zendesk": (
                f"{self.sandbox.zendesk}/api/v2/users/{id}",
                {"user": {"user_fields": {"city": city}}},
                {"auth": ("admin@sandbox.test/token", "sandbox-zendesk")},
            ),
        }[app]
        method: Any = "PATCH" if app == "hubspot" else "PUT"
        try:
            answer = httpx.request(method, url, json=body, timeout=10, **more)
        except httpx.HTTPError:
            self.done["lost"] += 1
            return
        self.done[app if answer.is_success else "refused"] += 1


class Soak:
    """One soak in a folder of its own."""

    def __init__(self, folder: Path, sandbox: Sandbox, seconds: float) -> None:
        port = free_port()
        url = f"http://127.0.0.1:{port}"
        hook = f"service: {{listen: 127.0.0.1:{port}, public_url: {url}, verify: {{every: 60s}}}}\n"
        self.served = Served(folder, sandbox, every="3s", more=hook)
        self.served.port = port
        self.sandbox, self.seconds = sandbox, seconds
        self.people = People(sandbox, random.Random(8))
        self.process: subprocess.Popen[bytes] = self.served.command("serve")
        self.starts, self.memory = 1, list[int]()
        self.began = time.monotonic()

    def say(self, text: str) -> None:
        print(f"{time.monotonic() - self.began:6.0f} s  {text}", flush=True)

    def run(self) -> bool:
        """Whether all went well."""
        self.served.logged("run ended", sync="contacts")
        self.say("the first sync is done; people begin to edit, calls begin to fail")
        self._register()
        self.sandbox.host.faults = [parsed(fault) for fault in FAULTS]
        events = self._events()
        for number, (name, event) in enumerate(events, 1):
            self._edit_until(self.began + self.seconds * number / (len(events) + 1))
            self.say(name)
            event()
        self._edit_until(self.began + self.seconds)
        self.sandbox.host.faults = []
        self.say(f"edits end: {dict(self.people.done)}")
        return self._end()

    def _events(self) -> list[tuple[str, Callable[[], None]]]:
        sound = self.served.config.read_text
        return [
            (
                "the config is edited: every 2 s",
                lambda: self._write(sound().replace("every: 3s", "every: 2s")),
            ),
            ("a command is typed beside it", self._command),
            ("the config is broken", lambda: self._write(sound().replace("every: 2s", "every: 2x"))),
            ("kill -9 is waited for until the broken config was noticed", self._noticed),
            ("the config is mended", lambda: self._write(sound().replace("every: 2x", "every: 2s"))),
            ("kill -9", lambda: self._restart(signal.SIGKILL)),
            ("SIGTERM", lambda: self._restart(signal.SIGTERM)),
            ("kill -9 again", lambda: self._restart(signal.SIGKILL)),
        ]

    def _register(self) -> None:
        for app in ("mailerlite", "zendesk"):
            code, _, told = self.served.run("webhooks", "register", app, "--json")
            assert code == 0, told

    def _write(self, text: str) -> None:
        self.served.config.write_text(text)

    def _noticed(self) -> None:
        self.served.logged("the edited config cannot be used; the old one stays in force")

    def _command(self) -> None:
        code, _, told = self.served.run("sync", "contacts", "--json")
        self.say(f"it ended with {code} {told.strip().splitlines()[:1]}")
        assert code in (0, 4), told

    def _restart(self, how: signal.Signals) -> None:
        began = time.monotonic()
        self.process.send_signal(how)
        code = self.process.wait(30)
        self.say(f"it ended with {code} after {time.monotonic() - began:.1f} s; it is started again")
        assert code == (0 if how == signal.SIGTERM else -how)
        self.process = self.served.command("serve")
        self.starts += 1
        self.served.logged("service started", self.starts)

    def _edit_until(self, moment: float) -> None:
        while time.monotonic() < moment:
            assert self.process.poll() is None, "the service ended by itself"
            self.people.edit()
            self.memory.append(self._resident())
            time.sleep(0.5)

    def _resident(self) -> int:
        """MB of the service."""
        with Path(f"/proc/{self.process.pid}/statm").open() as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") // 2**20

    def _end(self) -> bool:
        time.sleep(15)  # several polls
        metrics = httpx.get(f"http://127.0.0.1:{self.served.port}/metrics").text
        hooks = [line for line in metrics.splitlines() if line.startswith("syncer_webhooks_total")]
        self.process.send_signal(signal.SIGTERM)
        self.say(f"stopped with {self.process.wait(30)}; memory {min(self.memory)} to {max(self.memory)} MB")
        for line in hooks:
            self.say(line)
        ended = Counter(one.get("status") for one in self.served.log() if one["event"] == "run ended")
        self.say(f"runs: {dict(ended)}; starts: {self.starts}")
        self._settle()
        code, lines, told = self.served.run("verify", "--json")
        drift = [finding for line in lines for finding in line["drift"]]
        self.say(f"verify: code {code}, {len(drift)} drifted {drift[:3]} {told[:200]}")
        checked = self.served.run("state", "check", "--json")[1]
        self.say(f"state check: {checked}")
        return code == 0 and not drift and checked[0]["ok"]

    def _settle(self) -> None:
        """What was in flight when it was stopped is settled by ordinary runs."""
        for number in range(1, 6):
            _, lines, _ = self.served.run("sync", "--json")
            if sum(line["written"] for line in lines) == 0 and all(
                line["status"] == "done" for line in lines
            ):
                self.say(f"nothing was left to write after {number} runs")
                return


def main() -> int:
    minutes = float(os.environ.get("SOAK_MINUTES") or 15)
    with tempfile.TemporaryDirectory() as folder, Sandbox(people=PEOPLE, seed=8) as sandbox:
        soak = Soak(Path(folder), sandbox, minutes * 60)
        try:
            well = soak.run()
        except BaseException:
            print((Path(folder) / "serve.log").read_text()[-3000:], file=sys.stderr)
            raise
        finally:
            soak.process.kill()
            soak.process.communicate()
    print("the soak ended well" if well else "THE SOAK FAILED")
    return 0 if well else 1


if __name__ == "__main__":
    raise SystemExit(main())
