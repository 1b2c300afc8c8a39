"""Mapping files for the engine: `read` checks a file on its own, `bind` holds it against the apps' fields."""

from __future__ import annotations

from pathlib import Path

from mappings.bind import Lacking, Shapes, bind, fit, lacking
from mappings.draft import Draft, examine, read
from mappings.model import ObjectMapping

__all__ = ["Draft", "Lacking", "Shapes", "bind", "examine", "fit", "lacking", "load", "read"]


def load(path: Path, apps: Shapes | None) -> ObjectMapping:
    """The mapping in a file, over the apps' fields `apps[app][field]` (None: taken as the file says). Raises
    `ProblemsFound`."""
    return bind(read(path), apps)
