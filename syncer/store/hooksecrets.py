"""The webhooks that were registered: their ids and secrets, sealed in the state."""

from __future__ import annotations

from dataclasses import dataclass

import orjson

from connectors.hooks import Hook
from syncer.store.database import Database
from syncer.store.vault import Secrets, Vault


@dataclass(frozen=True, slots=True)
class HookSecrets:
    """Call inside a transaction or a reading. `app` is the name in the config."""

    db: Database
    vault: Vault

    def keep(self, app: str, hook: Hook) -> None:
        body = {"id": hook.id, "url": hook.url, "secret": hook.secret}
        Secrets(self.db, self.vault).keep(_name(app), orjson.dumps(body).decode())

    def get(self, app: str) -> Hook | None:
        kept = Secrets(self.db, self.vault).get(_name(app))
        if kept is None:
            return None
        said = orjson.loads(kept)
        return Hook(said["id"], said["url"], True, said["secret"])

    def drop(self, app: str) -> None:
        Secrets(self.db, self.vault).drop(_name(app))


def _name(app: str) -> str:
    return f"webhook:{app}"
