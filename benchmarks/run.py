"""Speed and memory of whole `syncer sync` processes against the sandbox, which runs in a process of its own.

    python -m benchmarks.run            first sync of 3 x 10,000 people, then runs with nothing new
    python -m benchmarks.run --large    also 3 x 100,000 people: nothing new, a full scan, 100 edits

Figures are wall seconds of the whole process, start-up included, and its peak memory. Each line says what the
project holds itself to (`floor`); nothing fails here when it is missed. Machines and builds of Python differ
in speed: the first line says how fast plain Python is here, to compare figures by.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
import timeit
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

PORT = 8791


@dataclass(frozen=True)
class Measured:
    """One process: wall and CPU seconds, peak memory in MB, and what it reported."""

    seconds: float
    cpu: float
    megabytes: float
    reports: list[dict[str, Any]]

    @property
    def written(self) -> int:
        return sum(int(r["written"]) for r in self.reports)

    @property
    def own(self) -> float:
        """Seconds that the runs themselves took, without start-up."""
        return sum(float(r["seconds"]) for r in self.reports)


@contextmanager
def sandbox(people: int) -> Iterator[str]:
    """Simulated apps without rate limits, in a process of their own."""
    command = [sys.executable, "-m", "syncer", "sandbox", "--port", str(PORT), "--people", str(people)]
    process = subprocess.Popen(
        [*command, "--limits", "off"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    url = f"http://127.0.0.1:{PORT}"
    try:
        for _ in range(600):
            try:
                httpx.get(f"{url}/_sandbox/counts")
                break
            except httpx.TransportError:
                time.sleep(0.2)
        yield url
    finally:
        process.terminate()
        process.wait()


def measure(folder: Path, *args: str) -> Measured:
    """Run one command to its end."""
    began = time.perf_counter()
    env = {**os.environ, "SYNCER_CONFIG": str(folder / "config.yaml")}
    with open(folder / "out.json", "w") as out:
        command = [sys.executable, "-m", "syncer", *args]
        process = subprocess.Popen(command, cwd=folder, env=env, stdout=out, stderr=subprocess.DEVNULL)
        _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - began
    if os.waitstatus_to_exitcode(status) not in (0, 4):
        raise SystemExit(f"syncer {' '.join(args)} ended with {os.waitstatus_to_exitcode(status)}")
    reports = [json.loads(line) for line in (folder / "out.json").read_text().splitlines() if line[:1] == "{"]
    return Measured(seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, reports)


def say(what: str, m: Measured, floor: str) -> None:
    print(
        f"{what:<46} {m.seconds:7.2f} s  cpu {m.cpu:6.2f} s  {m.megabytes:5.0f} MB  written {m.written:>6}"
        f"   floor: {floor}",
        flush=True,
    )


def prepared(folder: Path) -> Path:
    env = {**os.environ, "SYNCER_CONFIG": str(folder / "config.yaml")}
    command = [sys.executable, "-m", "syncer", "init", "--sandbox", "--port", str(PORT)]
    subprocess.run(command, cwd=folder, env=env, check=True, stdout=subprocess.DEVNULL)
    return folder


def first_sync(people: int) -> None:
    with sandbox(people), tempfile.TemporaryDirectory() as name:
        folder = prepared(Path(name))
        say(f"first sync of 3 x {people:,} people", measure(folder, "sync", "--json"), "15 s, 300 MB")
        settle(folder)
        say(f"nothing new, 3 x {people:,}", measure(folder, "sync", "--json"), "-")


def settle(folder: Path) -> None:
    for _ in range(5):
        if measure(folder, "sync", "--json").written == 0:
            return


def large(people: int) -> None:
    with sandbox(people) as url, tempfile.TemporaryDirectory() as name:
        folder = prepared(Path(name))
        say(f"first sync of 3 x {people:,} people", measure(folder, "sync", "--json"), "-")
        settle(folder)
        measure(folder, "sync", "--json")
        measure(folder, "pause", "mailerlite")
        feeds = measure(folder, "sync", "contacts", "--json")
        measure(folder, "resume", "mailerlite")
        say("nothing new, the two apps with a change feed", feeds, "2.5 s, 200 MB")
        print(f"{'  of which the run itself':<46} {feeds.own:7.2f} s{'':50}floor: 0.2 s")
        say(
            f"nothing new, with a full scan of {people:,}",
            measure(folder, "sync", "contacts", "--json"),
            "8 s",
        )
        edit(url, 100)
        say("100 edits among them", measure(folder, "sync", "contacts", "--json"), "1 s more")


def edit(url: str, number: int) -> None:
    """Give people of the CRM another job title."""
    headers = {"Authorization": "Bearer sandbox-hubspot"}
    listed = httpx.get(
        f"{url}/hubspot/crm/v3/objects/contacts", params={"limit": 100}, headers=headers
    ).json()
    inputs = [
        {"id": record["id"], "properties": {"jobtitle": f"Adviser {n}"}}
        for n, record in enumerate(listed["results"][:number])
    ]
    answer = httpx.post(
        f"{url}/hubspot/crm/v3/objects/contacts/batch/update", json={"inputs": inputs}, headers=headers
    )
    answer.raise_for_status()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=10_000)
    parser.add_argument("--large", action="store_true", help="also with 100,000 people")
    options = parser.parse_args()
    loop = min(timeit.repeat("for n in range(10_000_000): str(n)", number=1, repeat=3))
    print(f"{sys.version} on {os.cpu_count()} cores; ten million `str(n)` take {loop:.2f} s")
    first_sync(options.people)
    if options.large:
        large(100_000)


if __name__ == "__main__":
    main()
