"""Secrets at rest: sealed by the configured key, opened by it and by those before it, by nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from syncer.store.database import Database
from syncer.store.errors import StateError
from syncer.store.vault import Secrets, Vault, key_id, new_key

OLD, NEW = new_key(), new_key()
TOKEN = "refresh-token-of-hubspot"


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Database]:
    database = Database(f"sqlite:///{tmp_path / 'state.db'}")
    yield database
    database.close()


def stored(db: Database) -> str:
    with db.reading():
        return str(db.rows("SELECT value FROM meta WHERE name = 'secret:hubspot'")[0][0])


def kept(db: Database, *keys: str) -> Secrets:
    secrets = Secrets(db, Vault(keys))
    with db.transaction():
        secrets.keep("hubspot", TOKEN)
    return secrets


def got(db: Database, *keys: str) -> str | None:
    with db.reading():
        return Secrets(db, Vault(keys)).get("hubspot")


def test_a_secret_is_not_to_be_read_in_the_state(db: Database) -> None:
    kept(db, NEW)
    assert TOKEN not in stored(db)
    assert NEW not in stored(db)
    assert stored(db).startswith(f"sealed:{key_id(NEW)}:")
    assert got(db, NEW) == TOKEN


def test_the_same_secret_looks_different_each_time(db: Database) -> None:
    kept(db, NEW)
    first = stored(db)
    kept(db, NEW)
    assert stored(db) != first


def test_without_a_key_it_is_kept_plain_and_says_so(db: Database) -> None:
    kept(db)
    assert stored(db) == f"plain:{TOKEN}"
    assert got(db) == TOKEN
    assert got(db, NEW) == TOKEN  # a key was configured since


def test_keys_are_changed_by_sealing_anew(db: Database) -> None:
    kept(db, OLD)
    assert got(db, NEW, OLD) == TOKEN
    with db.transaction():
        assert Secrets(db, Vault([NEW, OLD])).reseal() == 1
        assert Secrets(db, Vault([NEW, OLD])).reseal() == 0
    assert got(db, NEW) == TOKEN


def test_a_secret_whose_key_is_away_is_told_by_the_name_of_the_key(db: Database) -> None:
    kept(db, OLD)
    for keys in ((), (NEW,)):
        with pytest.raises(StateError, match=f"the key {key_id(OLD)}, which is not configured"):
            got(db, *keys)


def test_a_secret_that_was_tampered_with_does_not_open(db: Database) -> None:
    kept(db, NEW)
    broken = stored(db)[:-6] + "AAAAA="
    with db.transaction():
        db.run("UPDATE meta SET value = :value WHERE name = 'secret:hubspot'", value=broken)
    with pytest.raises(StateError, match="it was changed") as told:
        got(db, NEW)
    assert TOKEN not in str(told.value)


def test_a_dropped_secret_is_gone(db: Database) -> None:
    secrets = kept(db, NEW)
    with db.transaction():
        secrets.drop("hubspot")
    assert got(db, NEW) is None


@pytest.mark.parametrize(
    "key", ["", "short", "x" * 44, f"x{NEW}"], ids=["blank", "short", "no base64", "too long"]
)
def test_what_is_no_key_is_refused_and_not_repeated(key: str) -> None:
    with pytest.raises(StateError, match="syncer state key") as told:
        Vault([key])
    assert not key or key not in str(told.value)
