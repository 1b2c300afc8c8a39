"""An app that is left alone, in all syncs at once."""

from __future__ import annotations

from collections.abc import Iterable

from syncer.store.database import Database
from syncer.store.ledger import Ledger


def pause_app(db: Database, app: str, spaces: Iterable[str], paused: bool) -> bool:
    """Leave an app alone in these spaces, or take it up again; true where that changed anything. Also in
    those that the config has no more: one that comes to the app later goes by all of them. Call inside a
    transaction."""
    ledgers = [Ledger(db, space) for space in spaces]
    were = [bool(ledger.reader(app)["paused"]) for ledger in ledgers]
    for ledger in ledgers:
        ledger.save_reader(app, paused=paused)
    db.run("UPDATE reader SET paused = :paused WHERE app = :app", paused=paused, app=app)
    return any(one != paused for one in were)
