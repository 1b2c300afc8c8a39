"""Progress of long work: bars on standard error, on a terminal only."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID


class Bars:
    """A line for each thing that goes on, from the first count of it until something else is printed."""

    def __init__(self) -> None:
        self._progress: Progress | None = None
        self._tasks: dict[tuple[str, str], TaskID] = {}

    def show(self, stage: str, app: str, number: int) -> None:
        """So many records so far."""
        if not sys.stderr.isatty():
            return
        if self._progress is None:
            self._progress = _made()
            self._progress.start()
        if (stage, app) not in self._tasks:
            self._tasks[stage, app] = self._progress.add_task(f"{stage} {app}", total=None)
        self._progress.update(self._tasks[stage, app], completed=number)

    def clear(self) -> None:
        """Take the lines away; the next count begins anew."""
        if self._progress is not None:
            self._progress.stop()
            self._progress = None
            self._tasks.clear()


def _made() -> Progress:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    return Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(bar_width=20),
        TextColumn("{task.completed:,} records"),
        TimeElapsedColumn(),
        console=Console(stderr=True),
        transient=True,
        redirect_stdout=False,  # the result never goes to standard error
        redirect_stderr=False,
    )


bars = Bars()
