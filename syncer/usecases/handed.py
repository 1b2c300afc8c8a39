"""Files that are handed to a person: customer data, for their owner only and safe in a spreadsheet."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TextIO

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "|", "%")


@contextmanager
def opened(path: Path) -> Iterator[TextIO]:
    """A file to be written anew as text, readable by its owner only. What was there stays until all is
    written, also where the disk is full by then. Raises `OSError`."""
    path = path.resolve()
    part = path
    if path.is_file() and os.access(path.parent, os.W_OK):
        part = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        if part.is_file():  # one that was there may be open to others
            os.fchmod(descriptor, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8", newline="") as file:
            yield file
        if part != path:
            part.replace(path)
    finally:
        if part != path:
            part.unlink(missing_ok=True)


def begins(path: Path, head: bytes) -> bool:
    """Whether a file begins so, or is empty: it is one of ours then. Raises `OSError`."""
    with path.open("rb") as file:
        return file.read(len(head)) in (b"", head)


def safe(cell: Any) -> str:
    """A cell as text that no spreadsheet takes for a formula."""
    if cell is None:
        return ""
    text = ", ".join(map(str, cell)) if isinstance(cell, list) else str(cell)
    return f"'{text}" if text.startswith(_FORMULA) else text
