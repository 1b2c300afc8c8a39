"""Files that are handed to a person: customer data, for their owner only and safe in a spreadsheet."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, TextIO

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "|", "%")


def opened(path: Path) -> TextIO:
    """A file to be written anew as text, readable by its owner only. Raises `OSError`."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    if path.is_file():  # one that was there may be open to others
        os.fchmod(descriptor, 0o600)
    return os.fdopen(descriptor, "w", encoding="utf-8", newline="")


def safe(cell: Any) -> str:
    """A cell as text that no spreadsheet takes for a formula."""
    if cell is None:
        return ""
    text = ", ".join(map(str, cell)) if isinstance(cell, list) else str(cell)
    return f"'{text}" if text.startswith(_FORMULA) else text
