"""`syncer pause` and `syncer resume`: leave an app or a sync alone for a while."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from syncer.cli.output import tell
from syncer.cli.session import CONFIG, ConfigFile, loaded

Name = Annotated[str, typer.Argument(metavar="NAME", help="An app or a sync of the config.")]


def pause(name: Name, config: ConfigFile = CONFIG) -> None:
    """Leave an app or a sync alone: an app is neither read nor written, a sync does not run."""
    tell(f"{name} is paused." if _set(name, config, True) else f"{name} was paused already.")


def resume(name: Name, config: ConfigFile = CONFIG) -> None:
    """Take up an app or a sync again. What happened meanwhile is caught up with by the next run."""
    tell(f"{name} goes on." if _set(name, config, False) else f"{name} was not paused.")


def _set(name: str, path: Path, paused: bool) -> bool:
    """True where that changed anything. A run in progress is not stopped: it counts from the next one on."""
    config = loaded(path)
    from mappings.spelling import nearest
    from syncer.store.database import Database
    from syncer.store.history import PAUSED, History
    from syncer.store.pausing import pause_app

    if name not in config.syncs and name not in config.apps:
        known = [*config.syncs, *config.apps]
        raise typer.BadParameter(
            f"there is no app or sync '{name}'. {nearest(name, known, 'The config has: {}.')}"
        )
    db = Database(config.state)
    try:
        with db.transaction():
            if name in config.syncs:
                history, fact = History(db), PAUSED + name
                before = history.paused(name)
                history.keep_fact(fact, "yes") if paused else history.drop_fact(fact)
                return before != paused
            syncs = [sync.name for sync in config.syncs.values() if name in sync.apps]
            if not syncs:
                raise typer.BadParameter(f"no sync has the app '{name}': it is neither read nor written")
            return pause_app(db, name, syncs, paused)
    finally:
        db.close()
