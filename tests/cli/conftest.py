"""The product as its user has it: commands in a folder, and three apps on loopback."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from typer.testing import CliRunner

from connectors.sandbox.server import Sandbox
from syncer.cli.main import app
from tests.cli.settled import Settled
from tests.states import ENGINES, kept_in, state_url

SQLITE = "sqlite:///syncer.db"  # what `syncer init` writes


@dataclass(frozen=True)
class Answer:
    """What a command ended with."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """Standard output as one JSON value: JSON alone, or the test fails."""
        return json.loads(self.out)

    @property
    def lines(self) -> list[Any]:
        return [json.loads(line) for line in self.out.splitlines()]


@dataclass(frozen=True)
class Desk:
    """A folder with a config for the sandbox, and a shell in it."""

    folder: Path
    url: str
    state: str = SQLITE
    known: Settled | None = None

    @property
    def state_url(self) -> str:
        """Of the state database, as `Database` takes it."""
        return self.state.replace(SQLITE, f"sqlite:///{self.folder / 'syncer.db'}")

    @property
    def config(self) -> Path:
        return self.folder / "config.yaml"

    def run(self, *args: str, typed: str = "") -> Answer:
        result = CliRunner().invoke(app, list(args), typed, env={"SYNCER_CONFIG": str(self.config)})
        unexpected = result.exception
        if unexpected is not None and not isinstance(unexpected, SystemExit):
            raise unexpected
        return Answer(result.exit_code, result.stdout, result.stderr)

    def change(self, old: str, new: str, file: str = "config.yaml") -> None:
        """Edit a file of the folder."""
        path = self.folder / file
        text = path.read_text()
        assert old in text
        path.write_text(text.replace(old, new))

    def calls(self) -> int:
        counts: dict[str, int] = httpx.get(f"{self.url}/_sandbox/counts").json()
        return sum(counts.values())

    def synced(self) -> None:
        """Sync until nothing is written. The first syncs of one config all end alike: only one is played."""
        known = self.known if self.state == SQLITE and self._untouched() else None
        if known is not None and known.bring_back(self.folder):
            return
        self._settle()
        if known is not None:
            known.keep(self.folder)

    def _untouched(self) -> bool:
        return not self.folder.joinpath("syncer.db").exists() and self.calls() == 0

    def _settle(self) -> None:
        for _ in range(5):
            answer = self.run("sync", "--json")
            if sum(line["written"] for line in answer.lines) == 0:
                return
        raise AssertionError("the apps do not settle")


@pytest.fixture(scope="session")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(people=30, limits="off") as running:
        yield running


@pytest.fixture(scope="session")
def known(sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Settled:
    return Settled(sandbox.host, tmp_path_factory.mktemp("settled"))


@pytest.fixture(params=ENGINES)
def state(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The state's URL for a config; on PostgreSQL as part of the slow tests."""
    with kept_in(request.param):
        yield SQLITE if request.param == "sqlite" else state_url(tmp_path)


@pytest.fixture
def desk(sandbox: Sandbox, known: Settled, tmp_path: Path, state: str) -> Desk:
    """A fresh folder and apps as they were at the start."""
    httpx.post(f"{sandbox.url}/_sandbox/reset")
    made = Desk(tmp_path, sandbox.url, state, known)
    assert made.run("init", "--sandbox", "--port", sandbox.url.rsplit(":", 1)[1]).code == 0
    if state != SQLITE:
        made.change(SQLITE, state)
    return made
