"""The published JSON Schemas of the files that people edit, and where they lie: beside the config, so that
editors find them without a network."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from mappings.published import FOLDER, schema_of
from mappings.schema import MappingModel
from syncer.config.files import ConfigModel

KINDS = ("config", "mapping")


def schema(kind: str) -> dict[str, Any]:
    """The schema of ``config`` or ``mapping`` files."""
    if kind == "config":
        return schema_of(ConfigModel, "syncer config", variables=True)
    return schema_of(MappingModel, "syncer mapping")


def files(config: Path) -> dict[Path, str]:
    """Path -> text of the schemas that belong to a config file."""
    return {config.parent / FOLDER / f"{kind}.json": dumped(schema(kind)) for kind in KINDS}


def dumped(said: dict[str, Any]) -> str:
    return json.dumps(said, indent=2, ensure_ascii=False) + "\n"
