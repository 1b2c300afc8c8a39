"""What is told to nobody is done all the same: a log on a full disk, a closed stream."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from connectors.sandbox.server import Sandbox
from tests.service.serving import Served

FULL = Path("/dev/full")
needs_full = pytest.mark.skipif(not FULL.exists(), reason="there is no /dev/full")


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    with Sandbox(people=6, seed=3) as sandbox:
        yield Served(tmp_path, sandbox)


def typed(served: Served, *args: str, to: str) -> subprocess.CompletedProcess[str]:
    """A command in a shell, with its streams sent as `to` says."""
    command = f'"{sys.executable}" -m syncer {" ".join(args)} --config "{served.config}" {to}'
    return subprocess.run(["bash", "-c", command], capture_output=True, text=True, timeout=120)  # noqa: S607


@pytest.mark.parametrize(
    "to",
    [
        pytest.param("2>/dev/full", marks=needs_full, id="a full disk"),
        pytest.param("2>&-", marks=pytest.mark.slow, id="closed"),
        pytest.param(">&- 2>&-", marks=pytest.mark.slow, id="both closed"),
    ],
)
def test_a_command_whose_remarks_cannot_be_written_does_what_it_does(served: Served, to: str) -> None:
    assert typed(served, "sync", to=to).returncode == 0
    assert [run["status"] for run in served.run("runs", "--json")[1][0]] == ["done", "done"]


@needs_full
def test_the_service_goes_on_when_its_log_cannot_be_written(served: Served) -> None:
    (served.folder / "serve.log").symlink_to(FULL)
    with served.on() as process:
        served.until(lambda: len(served.run("runs", "--json")[1][0]) > 3, "several runs")
        assert served.stopped(process) == 0


def test_a_terminal_without_the_letters_of_a_name_ends_no_command(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs = [line["run"] for line in served.run("sync", "--json")[1]]
    monkeypatch.setenv("PYTHONIOENCODING", "ascii")
    told = [typed(served, "show", run, "--limit", "0", to="") for run in runs]
    assert [answer.returncode for answer in told] == [0, 0]
    assert "\\u" in told[1].stdout or "\\x" in told[1].stdout


@needs_full
def test_a_result_that_cannot_be_written_is_told_in_words(served: Served) -> None:
    answer = typed(served, "runs", "--json", to=">/dev/full")
    assert answer.returncode == 1
    assert (
        answer.stderr
        == "Nothing more can be written: No space left on device. Mend that, then do it again.\n"
    )
