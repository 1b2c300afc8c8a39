"""Numbers in sentences."""

from __future__ import annotations


def counted(number: int, one: str, many: str) -> str:
    """A number and what it counts: one record waits, two records wait."""
    return f"{number} {one if number == 1 else many}"
