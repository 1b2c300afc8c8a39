"""The demo's folder: what `syncer init --sandbox` writes, what the apps have become, and the state."""

from __future__ import annotations

import shutil
from pathlib import Path

from syncer.cli.init import contents, write
from syncer.cli.sandbox import WORLD

CONFIG = "config.yaml"
STATE = ("syncer.db", "syncer.db-wal", "syncer.db-shm")


class NotOurs(Exception):
    """The folder holds something that no demo made."""


def clear(folder: Path) -> list[str]:
    """Make room in a folder that is new, empty, or left by an earlier demo; what was done, in words. Files
    that somebody changed since are put aside. Raises `NotOurs`."""
    folder.mkdir(parents=True, exist_ok=True)
    if not any(folder.iterdir()):
        return []
    if not (folder / WORLD).is_file():
        raise NotOurs(
            f"{folder} holds files that no demo made, and the demo begins with an empty folder. Name another"
            " one: syncer demo --dir NAME"
        )
    told = ["An earlier demo was told here. It begins anew: that state and those apps are gone."]
    told += [f"{path} had been changed; it is now {_aside(path)}." for path in _changed(folder)]
    for name in STATE:
        (folder / name).unlink(missing_ok=True)
    shutil.rmtree(folder / "conflicts", ignore_errors=True)
    (folder / WORLD).write_bytes(b"")  # stays: it marks the folder as ours
    return told


def fill(folder: Path) -> list[Path]:
    """Write config and mappings; the paths."""
    made = contents(folder / CONFIG, sandbox=True, port=8765)
    for path, text in made.items():
        write(path, text)
    return list(made)


def _changed(folder: Path) -> list[Path]:
    made = contents(folder / CONFIG, sandbox=True, port=8765)
    edited = [path for path in made if path.parent.name != "schemas" and path.exists()]
    return [path for path in edited if path.read_text("utf-8") != made[path]]


def _aside(path: Path) -> Path:
    return path.replace(path.with_name(f"{path.name}.before-demo"))
