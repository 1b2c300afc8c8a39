"""Which file it was, as far as its time and size tell. Taken before a file is read: what is saved while it is
read then shows as a later edit."""

from __future__ import annotations

import os
from pathlib import Path

Stamp = tuple[int, int]


def stamp(path: Path) -> Stamp:
    """Zeros where there is no such file."""
    try:
        found = os.stat(path)
    except OSError:
        return (0, 0)
    return (found.st_mtime_ns, found.st_size)
