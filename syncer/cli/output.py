"""Results to standard output, all else to standard error; colours and boxes on a terminal only."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

Progress = Callable[[str, str, int], None]


def say(text: str) -> None:
    """A remark: not part of the result."""
    print(text, file=sys.stderr, flush=True)


def tell(text: str = "") -> None:
    """A line of the result."""
    print(text)


def give(value: Any) -> None:
    """The result as one line of JSON."""
    import orjson

    sys.stdout.write(orjson.dumps(value, default=str).decode() + "\n")
    sys.stdout.flush()


def table(columns: Sequence[str], rows: Sequence[Sequence[object]], title: str = "") -> None:
    """Rows under their columns. Numbers stand to the right."""
    numeric = [
        bool(rows) and all(isinstance(row[i], int | float) for row in rows) for i in range(len(columns))
    ]
    texts = [[str(cell) for cell in row] for row in rows]
    if sys.stdout.isatty():
        _rich_table(columns, texts, numeric, title)
        return
    widths = [max(len(line[i]) for line in [columns, *texts]) for i in range(len(columns))]
    if title:
        tell(title)
    for line in [columns, *texts]:
        cells = [
            cell.rjust(width) if right else cell.ljust(width)
            for cell, width, right in zip(line, widths, numeric, strict=True)
        ]
        tell("  ".join(cells).rstrip())


def _rich_table(
    columns: Sequence[str], rows: Sequence[Sequence[str]], numeric: Sequence[bool], title: str
) -> None:
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    made = Table(box=box.SIMPLE_HEAD, title=title or None, title_justify="left", pad_edge=False)
    for name, right in zip(columns, numeric, strict=True):
        made.add_column(name, justify="right" if right else "left")
    for row in rows:
        made.add_row(*(Text(cell) for cell in row))
    Console().print(made)


def facts(pairs: Mapping[str, object]) -> None:
    """Names and values, one a line."""
    width = max((len(name) for name in pairs), default=0)
    for name, value in pairs.items():
        tell(f"{name.ljust(width)}  {value}")


@contextmanager
def progress() -> Iterator[Progress]:
    """Counts of long work, shown while it lasts, on a terminal only."""
    if not sys.stderr.isatty():
        yield lambda stage, app, number: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn

    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(bar_width=20),
        TextColumn("{task.completed:,} records"),
        TimeElapsedColumn(),
    )
    tasks: dict[tuple[str, str], TaskID] = {}
    with Progress(*columns, console=Console(stderr=True), transient=True) as bars:

        def show(stage: str, app: str, number: int) -> None:
            if (stage, app) not in tasks:
                tasks[stage, app] = bars.add_task(f"{stage} {app}", total=None)
            bars.update(tasks[stage, app], completed=number)

        yield show
