"""Values in the form in which they are compared."""

from __future__ import annotations

from connectors.contract import Value


def plain(value: Value) -> Value:
    """Sets have no order."""
    return sorted(value) if isinstance(value, list) else value


def as_text(value: Value) -> str:
    """A single value as the engine reads it: a boolean is ``true`` or ``false``."""
    return str(value).lower() if isinstance(value, bool) else str(value)
