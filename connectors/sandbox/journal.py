"""A world that is kept in a file: how it began, and every call that changed it since.

The same calls at the same times on the same seed make the same records with the same ids. So a sandbox that
is started again replays the file, and goes on from there. JSON Lines; the first line is the beginning.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import orjson

from connectors.sandbox.clock import Clock
from connectors.sandbox.wire import Answer, App, Call, Json, Query, Refused

_READS_BY_POST = re.compile(r"/(search|batch/read)$")


class WorldError(Exception):
    """The file is not the world of a sandbox, or not one that this version can continue."""


@dataclass(frozen=True, slots=True)
class Beginning:
    """What a world is made from; `start` (microseconds) is where the ages of its records count back from."""

    people: int
    seed: int
    start: int


class Journal:
    """The file of one world. Without `path` nothing is kept."""

    def __init__(self, path: Path | None) -> None:
        self._path = path

    def beginning(self) -> Beginning | None:
        """How the kept world began; None where none is kept yet. Raises `WorldError`."""
        if self._path is None or not self._path.exists() or not self._path.stat().st_size:
            return None
        try:
            with self._path.open("rb") as file:
                return Beginning(**orjson.loads(file.readline()))
        except (orjson.JSONDecodeError, TypeError):
            raise WorldError(f"{self._path} does not hold the world of a sandbox") from None

    def begin(self, beginning: Beginning) -> None:
        """Forget the calls that were kept: the world starts again."""
        if self._path is not None:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._path.write_bytes(orjson.dumps(asdict(beginning)) + b"\n")

    def replay(self, apps: Mapping[str, App[Any]], clock: Clock, url: str) -> None:
        """Repeat all calls, each at its time. Raises `WorldError` where one is answered in another way."""
        if self._path is None:
            return
        lines = self._path.read_bytes().splitlines(keepends=True)
        if not lines[-1].endswith(b"\n"):  # it was cut off
            self._path.write_bytes(b"".join(lines[:-1]))
            del lines[-1]
        for number, line in enumerate(lines[1:], 2):
            if not _repeated(orjson.loads(line), apps, clock, url):
                raise WorldError(
                    f"{self._path}, line {number}: this call is answered in another way now, so the world"
                    " cannot be continued. Remove the file to begin a new one"
                )

    def handle(self, app: App[Any], call: Call, clock: Clock) -> Answer:
        """Let the app handle a call at one moment, and keep the call if it may have changed something."""
        if self._path is None or call.malformed or _only_reads(call):
            return app.handle(call)
        clock.at = clock.now()
        entry = {
            "at": clock.at,
            "app": app.name,
            "method": call.method,
            "path": call.path,
            "query": dict(call.query),
            "body": orjson.loads(orjson.dumps(call.parsed)),  # handlers take it to pieces
            **({"skew": clock.skew} if clock.skew else {}),
        }
        try:
            answer = app.handle(call)
        finally:
            clock.at = None
        if answer.status < 400 and not app.mode.muted:
            with self._path.open("ab") as file:
                file.write(orjson.dumps({**entry, "status": answer.status}) + b"\n")
        return answer


def _only_reads(call: Call) -> bool:
    return call.method == "GET" or _READS_BY_POST.search(call.path) is not None


def _repeated(entry: Json, apps: Mapping[str, App[Any]], clock: Clock, url: str) -> bool:
    """Whether a kept call is answered as it was then."""
    app = apps[entry["app"]]
    base = f"{url}/{app.name}"
    call = Call(entry["method"], entry["path"], Query(entry["query"]), base=base, parsed=entry["body"])
    clock.at, clock.skew = entry["at"], entry.get("skew", 0.0)
    try:
        call.path = app.own_path(call.path)
        status = app.dispatch(call).status
    except Refused as refused:
        status = refused.answer.status
    finally:
        clock.at, clock.skew = None, 0.0
    return bool(status == entry["status"])
