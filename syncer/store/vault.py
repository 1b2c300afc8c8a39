"""Secrets in the state (tokens that apps gave us), sealed where a key is configured.

Fernet: AES-128-CBC with HMAC-SHA256, from `cryptography`. The key comes from outside the database. Each
sealed value names the key that sealed it; to change keys, put a new one in front and seal anew.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b

from cryptography.fernet import Fernet, InvalidToken

from syncer.store.database import Database
from syncer.store.errors import StateError
from syncer.store.facts import facts
from syncer.store.tables import Meta

_SEALED, _PLAIN = "sealed", "plain"
PREFIX = "secret:"  # of the names of all secrets


class Vault:
    """Seals with the first key, opens with any. Without keys, values are kept as they are and marked so."""

    def __init__(self, keys: Sequence[str] = ()) -> None:
        self._keys: dict[str, Fernet] = {}
        for key in keys:
            try:
                self._keys[key_id(key)] = Fernet(key)
            except ValueError:
                cure = "Make one with syncer state key, and keep it outside the config."
                raise StateError(f"state.key is not a key (32 bytes in URL-safe base64). {cure}") from None

    @property
    def seals(self) -> bool:
        return bool(self._keys)

    def seal(self, text: str) -> str:
        """`sealed:KEY:...`, or `plain:...` without a key."""
        if not self._keys:
            return f"{_PLAIN}:{text}"
        name, key = next(iter(self._keys.items()))
        return f"{_SEALED}:{name}:{key.encrypt(text.encode()).decode()}"

    def open(self, kept: str) -> str:
        """What was sealed. Raises `StateError` where its key is not configured or it was tampered with."""
        kind, _, rest = kept.partition(":")
        if kind == _PLAIN:
            return rest
        name, _, token = rest.partition(":")
        if kind != _SEALED or name not in self._keys:
            raise StateError(
                f"A secret in the state was sealed with the key {name or '?'}, which is not configured."
                " Put it under state.key or state.old_keys; or have the app give a new secret."
            )
        try:
            return self._keys[name].decrypt(token.encode()).decode()
        except InvalidToken:
            raise StateError(
                f"A secret in the state does not open with its key {name}: it was changed."
            ) from None

    def is_current(self, kept: str) -> bool:
        """Whether a value is kept as it would be sealed now."""
        if not self._keys:
            return kept.startswith(f"{_PLAIN}:")
        return kept.startswith(f"{_SEALED}:{next(iter(self._keys))}:")


@dataclass(frozen=True, slots=True)
class Secrets:
    """The secrets in a state, by name. Call inside a transaction or a reading."""

    db: Database
    vault: Vault

    def keep(self, name: str, text: str) -> None:
        self.db.upsert(Meta, [{"name": PREFIX + name, "value": self.vault.seal(text)}])

    def get(self, name: str) -> str | None:
        row = self.db.one("SELECT value FROM meta WHERE name = :name", name=PREFIX + name)
        return self.vault.open(row[0]) if row else None

    def drop(self, name: str) -> None:
        self.db.run("DELETE FROM meta WHERE name = :name", name=PREFIX + name)

    def kept(self) -> dict[str, str]:
        """Name -> value as it is kept, of all secrets."""
        return facts(self.db, PREFIX)

    def reseal(self) -> int:
        """Seal with the first key what is not sealed with it yet. Returns how many."""
        old = {name: kept for name, kept in self.kept().items() if not self.vault.is_current(kept)}
        for name, kept in old.items():
            self.keep(name, self.vault.open(kept))
        return len(old)


def new_key() -> str:
    return Fernet.generate_key().decode()


def key_id(key: str) -> str:
    """The name of a key: it does not give the key away."""
    return blake2b(key.encode(), digest_size=4).hexdigest()
