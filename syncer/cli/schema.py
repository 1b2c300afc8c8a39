"""`syncer schema`: the JSON Schema of config and mapping files."""

from __future__ import annotations

from typing import Annotated, Literal

import typer

from syncer.cli.output import tell
from syncer.cli.session import CONFIG, ConfigFile

Kind = Annotated[
    Literal["config", "mapping"] | None, typer.Argument(help="Of which file; both if none is named.")
]


def schema(
    kind: Kind = None,
    write: Annotated[
        bool, typer.Option("--write", help="Renew the files in schemas/ beside the config.")
    ] = False,
    config: ConfigFile = CONFIG,
) -> None:
    """Print the JSON Schema of config and mapping files, by which editors complete and explain."""
    from syncer.config import schemas

    if write:
        from syncer.cli.init import write as put

        for path, text in schemas.files(config).items():
            put(path, text)
            tell(f"wrote {path}")
        return
    if kind is None:
        tell(schemas.dumped({name: schemas.schema(name) for name in schemas.KINDS}).rstrip())
    else:
        tell(schemas.dumped(schemas.schema(kind)).rstrip())
