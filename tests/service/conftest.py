"""Logs go to the standard error of the test that runs, whatever command ran before."""

from __future__ import annotations

import pytest

from syncer import logs


@pytest.fixture(autouse=True)
def _logs() -> None:
    logs.setup("info", "json")
