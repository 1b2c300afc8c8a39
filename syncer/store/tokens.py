"""The tokens of logins that expire, kept in the state for all processes, sealed where a key is configured.

One process at a time renews a token. Its claim is committed before the app is called, so no transaction is
open during that call; the claim of a process that died, or took too long, is taken over.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import orjson

from connectors.contract import Token, Unavailable
from syncer.store import codec
from syncer.store.database import Database
from syncer.store.sharing import Shared
from syncer.store.tables import TokenRow
from syncer.store.vault import Secrets, Vault

LASTS: Final = timedelta(minutes=5)
LOOK: Final = 0.2  # seconds between two looks at somebody else's claim


@dataclass(frozen=True, slots=True)
class SharedTokens:
    """A `connectors.contract.Tokens` over the state. `login` names the login without giving it away; `app` is
    whose it is: a login that the app had before is forgotten."""

    shared: Shared
    vault: Vault
    login: str
    app: str
    holder: str
    now: Callable[[], datetime]
    alive: Callable[[str], bool]
    sleep: Callable[[float], None] = time.sleep

    def read(self) -> Token | None:
        with self.shared.transaction() as db:
            return self._read(db)

    def keep(self, token: Token) -> None:
        with self.shared.transaction() as db:
            secrets = Secrets(db, self.vault)
            secrets.keep(secret(self.login), dumps(token))
            sql = "SELECT login FROM token WHERE app = :app AND login <> :login ORDER BY login"
            for row in db.rows(sql, app=self.app, login=self.login):
                secrets.drop(secret(row.login))
            db.run("DELETE FROM token WHERE app = :app AND login <> :login", app=self.app, login=self.login)

    def replace(self, old: Token | None, token: Token) -> Token:
        """Not told by the claim: it may have been taken over by a process that got no token, and then this
        one, got before, is the only one that is good."""
        with self.shared.transaction() as db:
            if (kept := self._read(db)) != old and kept is not None:
                return kept
            self.keep(token)
        return token

    @contextmanager
    def alone(self) -> Iterator[None]:
        waited_until = self.now() + 2 * LASTS
        while (until := self._claimed()) is None:
            if self.now() > waited_until:
                raise Unavailable(
                    f"{self.app}: another process keeps renewing the token. Later runs try again."
                )
            self.sleep(LOOK)
        try:
            yield
        finally:
            self._give_back(until)

    def _claimed(self) -> str | None:
        """When our claim ends; None where somebody else has one."""
        with self.shared.transaction() as db:
            row = db.one("SELECT holder, until FROM token WHERE login = :login", login=self.login)
            now = self.now()
            if row is not None and row.holder and row.until > codec.iso(now) and self.alive(row.holder):
                return None
            if row is None:
                db.insert(TokenRow, [TokenRow(login=self.login, app=self.app).model_dump()])
            until = codec.iso(now + LASTS)
            sql = "UPDATE token SET holder = :holder, until = :until WHERE login = :login"
            db.run(sql, holder=self.holder, until=until, login=self.login)
        return until

    def _give_back(self, until: str) -> None:
        """The claim that ends then; one that was taken over is somebody else's."""
        ended = "UPDATE token SET holder = '', until = ''"
        ours = " WHERE login = :login AND holder = :holder AND until = :until"
        with self.shared.transaction() as db:
            db.run(ended + ours, login=self.login, holder=self.holder, until=until)

    def _read(self, db: Database) -> Token | None:
        kept = Secrets(db, self.vault).get(secret(self.login))
        return loads(kept) if kept else None


def secret(login: str) -> str:
    """The name of a login's token among the secrets of the state."""
    return f"token:{login}"


def dumps(token: Token) -> str:
    """The one form in which a token enters the state."""
    said: dict[str, Any] = {"access": token.access, "refresh": token.refresh}
    for name in ("expires", "refresh_expires"):
        if (at := getattr(token, name)) is not None:
            said[name] = codec.iso(at)
    return orjson.dumps(said).decode()


def loads(body: str) -> Token:
    said = orjson.loads(body)
    ends = [datetime.fromisoformat(said[n]) if n in said else None for n in ("expires", "refresh_expires")]
    return Token(said["access"], said["refresh"], *ends)
