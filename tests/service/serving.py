"""The service as its user has it: a process in a folder, beside the simulated apps."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from connectors.sandbox.server import CREDENTIALS, Sandbox
from syncer.cli.init import contents, write

WAIT = 150.0  # seconds until something that has to happen is given up


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@dataclass
class Served:
    """A folder with a config, and the service in it while `on`. Schedules: `every` for both syncs."""

    folder: Path
    sandbox: Sandbox
    every: str = "1s"
    more: str = ""
    made: bool = False  # the config is there already
    port: int = 0

    def __post_init__(self) -> None:
        if self.made:
            return
        port = int(self.sandbox.url.rsplit(":", 1)[1])
        for path, text in contents(self.config, sandbox=True, port=port).items():
            for name in ("companies", "contacts"):
                text = text.replace(
                    f"mapping: mappings/{name}.yaml",
                    f"mapping: mappings/{name}.yaml, schedule: {{every: {self.every}}}",
                )
            write(path, text)
        listen = "" if "listen:" in self.more else "service: {listen: off}\n"
        self.config.write_text(self.config.read_text() + "logging: {format: json}\n" + listen + self.more)

    @property
    def config(self) -> Path:
        return self.folder / "config.yaml"

    def command(self, *args: str) -> subprocess.Popen[bytes]:
        env = {**os.environ, "SYNCER_CONFIG": str(self.config)}
        with (self.folder / "serve.log").open("ab") as log:
            err = log if args[0] == "serve" else subprocess.PIPE
            command = [sys.executable, "-m", "syncer", *args]
            return subprocess.Popen(command, cwd=self.folder, env=env, stdout=subprocess.PIPE, stderr=err)

    def run(self, *args: str) -> tuple[int, Any, str]:
        """A command beside it: exit code, its lines of JSON, and what it says."""
        process = self.command(*args)
        out, err = process.communicate(timeout=WAIT)
        return process.returncode, [json.loads(line) for line in out.splitlines()], (err or b"").decode()

    @contextmanager
    def on(self) -> Iterator[subprocess.Popen[bytes]]:
        """While it lasts, the service runs; killed at the end if it still does."""
        process = self.command("serve")
        try:
            yield process
        finally:
            if process.poll() is None:
                process.kill()
            process.communicate()

    def stopped(self, process: subprocess.Popen[bytes]) -> int:
        process.send_signal(signal.SIGTERM)
        return process.wait(WAIT)

    def log(self) -> list[dict[str, Any]]:
        lines = (self.folder / "serve.log").read_text().splitlines()
        return [json.loads(line) for line in lines if line.startswith("{")]

    def quotes(self, said: str = "", more: Sequence[str] = ()) -> list[str]:
        """What of secrets and of people stands in the log (or in what else was `said`): addresses, phones,
        tokens, and `more` that was typed in a test."""
        text = said or (self.folder / "serve.log").read_text()
        state = httpx.get(f"{self.sandbox.url}/_sandbox/state", timeout=30).json()
        hubspot = [one["properties"] for one in state["hubspot"]["contacts"]]
        people = [one.get(name) for one in hubspot for name in ("email", "phone", "firstname", "lastname")]
        people += [one["email"] for one in state["mailerlite"]["subscribers"]]
        tokens = [value for kind in CREDENTIALS.values() for value in kind.values()]
        found = {one for one in [*people, *tokens, *more] if one and len(one) > 4 and one in text}
        return sorted(found | ({"an address"} if "@" in text else set()))

    def logged(self, event: str, number: int = 1, **wanted: Any) -> list[dict[str, Any]]:
        """Wait until this has been logged so many times."""

        def found() -> list[dict[str, Any]]:
            return [one for one in self.log() if one["event"] == event and wanted.items() <= one.items()]

        self.until(lambda: len(found()) >= number, f"{number} x {event} {wanted}")
        return found()

    def until(self, happened: Callable[[], bool], what: str) -> None:
        end = time.monotonic() + WAIT
        while not happened():
            if time.monotonic() > end:
                raise AssertionError(f"it never happened: {what}\n{(self.folder / 'serve.log').read_text()}")
            time.sleep(0.02)
