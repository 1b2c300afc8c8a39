"""Results to standard output, all else to standard error; colours and boxes on a terminal only."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any, Literal, TypeVar

from conflicts.visible import visible
from syncer.cli.progress import bars

Entry = TypeVar("Entry")

STATUS_WORDS = {"partial": "done with leftovers"}  # else the status itself


def say(text: str) -> None:
    """A remark: not part of the result. One that cannot be written is lost and holds nothing up."""
    bars.clear()
    with suppress(OSError):
        print(visible(text, lines=True), file=sys.stderr, flush=True)


def tell(text: str = "") -> None:
    """A line of the result."""
    bars.clear()
    print(visible(text, lines=True))


def asked_for(limit: int) -> int:
    """How many entries to ask for, so that it shows whether a list is cut at its limit (0: there is none)."""
    return limit + 1 if limit else sys.maxsize


def cut_at(limit: int, found: Sequence[Entry]) -> tuple[Sequence[Entry], bool]:
    """What is shown of entries that were asked for so, and whether there are more."""
    return found[: limit or None], len(found) > limit > 0


def and_more(hidden: str = "", left: int = 0) -> str:
    """The line below a list that was cut; `hidden`: how many of what are not shown, if that is known; `left`:
    how many of these tell what is left as it is."""
    what = f"{hidden} more" if hidden else "more"
    return f"... and {what}{f', {left} of them left as they are' if left else ''}; --limit 0 shows all."


def give(value: Any) -> None:
    """The result as one line of JSON."""
    import orjson

    bars.clear()
    sys.stdout.write(orjson.dumps(value, default=str).decode() + "\n")
    sys.stdout.flush()


def table(columns: Sequence[str], rows: Sequence[Sequence[object]], title: str = "") -> None:
    """Rows under their columns. Numbers stand to the right."""
    numeric = [
        bool(rows) and all(isinstance(row[i], int | float) for row in rows) for i in range(len(columns))
    ]
    texts = [[visible(str(cell)) for cell in row] for row in rows]
    bars.clear()
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
    """Long texts are folded, headings broken between words; numbers and the first column stay whole."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console()
    widths = [max(len(line[i]) for line in [columns, *rows]) for i in range(len(columns))]
    gap = 2 if sum(widths) + 2 * len(widths) <= console.width else 1
    made = Table(box=None, padding=(0, gap, 0, 0), pad_edge=False, header_style="bold underline")
    for i, name in enumerate(columns):
        least = max(map(len, [*name.split(), *(row[i] for row in rows)])) if numeric[i] else None
        side: Literal["left", "right"] = "right" if numeric[i] else "left"
        made.add_column(name, justify=side, min_width=least, no_wrap=i == 0, overflow="fold")
    for row in rows:
        made.add_row(*map(Text, row))
    if title:
        console.print(Text(title, style="bold"), soft_wrap=True)
    console.print(made)


def facts(pairs: Mapping[str, object]) -> None:
    """Names and values, one a line."""
    width = max((len(name) for name in pairs), default=0)
    for name, value in pairs.items():
        tell(f"{name.ljust(width)}  {value}")
