"""What tests of the service share: a config, and logs that go to the standard error of the test that runs,
whatever command ran before."""

from __future__ import annotations

from pathlib import Path

import pytest

from syncer import logs
from syncer.cli.init import contents, write


@pytest.fixture(autouse=True)
def _logs() -> None:
    logs.setup("info", "json")


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """What `syncer init --sandbox` writes."""
    path = tmp_path / "config.yaml"
    for file, text in contents(path, sandbox=True, port=8765).items():
        write(file, text)
    return path
