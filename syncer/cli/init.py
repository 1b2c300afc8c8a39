"""`syncer init`: a config and mappings to start from."""

from __future__ import annotations

import os
from importlib.resources import files
from pathlib import Path
from typing import Annotated

import typer

from syncer.cli.codes import Code, leave
from syncer.cli.output import say, tell
from syncer.cli.session import CONFIG, ConfigFile, hint

MAPPINGS = ("contacts.yaml", "companies.yaml")


def init(
    config: ConfigFile = CONFIG,
    sandbox: Annotated[
        bool, typer.Option("--sandbox", help="For the simulated apps of `syncer sandbox`.")
    ] = False,
    port: Annotated[int, typer.Option(help="Where the sandbox listens.", min=1, max=65535)] = 8765,
    force: Annotated[bool, typer.Option("--force", help="Replace files that are there.")] = False,
) -> None:
    """Write config.yaml, mappings/ and schemas/ to start from."""
    made = contents(config, sandbox, port)
    there = [path for path in made if path.exists()]
    if there and not force:
        say(f"Nothing was written: {', '.join(map(str, there))} is there already. --force replaces it.")
        raise leave(Code.USAGE)
    for path, text in made.items():
        write(path, text)
        tell(f"wrote {path}")
    tell(f"\nNext: {'syncer sandbox --port ' + str(port) if sandbox else _first_steps(config)}")
    if sandbox:
        tell(f"then, in another terminal: {hint('check', config)}, {hint('sync', config)}")


def contents(config: Path, sandbox: bool, port: int) -> dict[Path, str]:
    """Path -> text of the files to start from."""
    from syncer.config import schemas

    name = "config.sandbox.yaml" if sandbox else "config.yaml"
    text = (files("syncer.cli") / "templates" / name).read_text(encoding="utf-8")
    made = {config: text.replace("8765", str(port)) if sandbox else text}
    for file in MAPPINGS:
        made[config.parent / "mappings" / file] = (files("mappings") / file).read_text(encoding="utf-8")
    return {**made, **schemas.files(config)}


def write(path: Path, text: str) -> None:
    """A config may come to hold secrets, so only its owner reads it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    mode = 0o644 if path.parent.name in ("mappings", "schemas") else 0o600
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode), "w", encoding="utf-8") as file:
        file.write(text)
    path.chmod(mode)


def _first_steps(config: Path) -> str:
    return f"set the variables that {config} names (export HUBSPOT_TOKEN=...), then: {hint('check', config)}"
