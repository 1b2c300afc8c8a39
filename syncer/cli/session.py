"""What most commands need: the config, the state, and somebody to run syncs. Imports what is heavy late."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from syncer.cli.codes import existing
from syncer.cli.output import say
from syncer.cli.progress import bars

if TYPE_CHECKING:
    from syncer.config.files import Config
    from syncer.running.runner import Runner
    from syncer.store.history import History

CONFIG = Path("config.yaml")

ConfigFile = Annotated[
    Path, typer.Option("--config", metavar="FILE", envvar="SYNCER_CONFIG", help="The config file.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON alone.")]
SyncNames = Annotated[
    list[str] | None, typer.Argument(metavar="SYNC", help="Which syncs; all if none is named.")
]


def loaded(path: Path, on_terminal: bool = False) -> Config:
    """The checked config; from here on its logging is in force. Raises `ProblemsFound`."""
    from syncer import logs
    from syncer.config.files import load_config

    config = load_config(path)
    logs.setup(config.model.logging.level, config.model.logging.format, on_terminal)
    return config


@contextmanager
def running(path: Path, refresh: bool = False) -> Iterator[Runner]:
    """A runner on the config's state, with progress shown."""
    config = loaded(path)
    from syncer.ports import Ports
    from syncer.running.runner import Runner
    from syncer.store.database import Database
    from syncer.store.turns import Patience

    db, ports = Database(config.state), Ports(progress=bars.show)
    db.patience = Patience(ports.holder, ports.now, ports.alive, say)
    runner = Runner(config, db, ports, refresh)
    try:
        yield runner
    finally:
        bars.clear()
        runner.close()
        db.close()


@contextmanager
def looking(path: Path) -> Iterator[tuple[Config, History]]:
    """The history in the config's state, as one consistent view."""
    config = loaded(path)
    from syncer.store.database import Database
    from syncer.store.history import History

    db = Database(config.state)
    try:
        with db.reading():
            yield config, History(db)
    finally:
        db.close()


def chosen(config: Config, names: Sequence[str] | None) -> list[str]:
    """These syncs in the order in which they run; all if none is named."""
    from mappings.spelling import nearest

    for name in names or ():
        if name not in config.syncs:
            raise typer.BadParameter(
                f"there is no sync '{name}'. {nearest(name, config.syncs, 'The config has: {}.')}"
            )
    return [name for name in config.syncs if not names or name in names]


def need_app(config: Config, name: str) -> None:
    """End the command where the config has no app of this name."""
    from mappings.spelling import nearest

    if name not in config.apps:
        raise typer.BadParameter(
            f"there is no app '{name}'. {nearest(name, config.apps, 'The config has: {}.')}"
        )


def need_run(history: History, run: str) -> dict[str, Any]:
    """A run by its id; the end of the command where there never was such a run. Call inside a reading."""
    return existing(history.run(run), f"There is no run {run}. syncer runs lists them.")


def given(*words: str, **options: Any) -> str:
    """What a person typed, to be typed once more: words, and options that are not off."""
    import shlex

    said = [shlex.quote(word) for word in words]
    for name, value in options.items():
        for one in value if isinstance(value, list) else [value]:
            if one is True:
                said.append(f"--{name}")
            elif one not in (None, False):
                said.append(f"--{name} {shlex.quote(str(one))}")
    return " ".join(said)


def hint(command: str, path: Path) -> str:
    """A command to type next, as it has to be typed here."""
    import os

    same = path == CONFIG or os.environ.get("SYNCER_CONFIG") == str(path)
    return f"syncer {command}" if same else f"syncer {command} --config {path}"
