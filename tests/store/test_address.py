"""The URL of the state: which databases, how the way there is protected, what is told of a wrong one."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from sqlalchemy.exc import OperationalError

from syncer.store.address import parse
from syncer.store.database import Database, StateError
from syncer.store.errors import in_words
from tests import postgres

REMOTE = "postgresql://syncer:hunter2@db.example.com/crm"


@pytest.mark.parametrize("front", ["postgresql", "postgresql+psycopg"])
def test_both_ways_to_write_postgresql_lead_to_the_same_driver(front: str) -> None:
    assert parse(f"{front}://u:p@localhost/crm", {}).drivername == "postgresql+psycopg"


def test_the_way_to_another_machine_is_verified() -> None:
    query = parse(REMOTE, {}).query
    assert query["sslmode"] == "verify-full"
    assert query["ssl_min_protocol_version"] == "TLSv1.2"
    assert Path(str(query["sslrootcert"])).is_file()


def test_an_authority_of_ones_own_may_be_named() -> None:
    assert parse(f"{REMOTE}?sslrootcert=/etc/ca.pem", {}).query["sslrootcert"] == "/etc/ca.pem"
    assert "sslrootcert" not in parse(REMOTE, {"PGSSLROOTCERT": "/etc/ca.pem"}).query


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://u@localhost/crm",
        "postgresql://u@127.0.0.1:5433/crm",
        "postgresql://u@/crm?host=/var/run/postgresql",
        "postgresql:///crm",
    ],
)
def test_on_this_machine_no_certificate_is_asked_for(url: str) -> None:
    assert "sslmode" not in parse(url, {}).query


@pytest.mark.parametrize(
    ("url", "env"),
    [
        ("postgresql:///crm", {"PGHOST": "db.example.com"}),
        ("postgresql://u@localhost/crm?hostaddr=10.0.0.7", {}),
        ("postgresql://u@/crm?host=localhost&host=db.example.com", {}),
        ("postgresql:///crm?service=main", {}),
        ("postgresql://u@localhost/crm", {"PGHOSTADDR": "10.0.0.7"}),
    ],
)
def test_no_roundabout_way_to_another_machine_is_unprotected(url: str, env: dict[str, str]) -> None:
    assert parse(url, env).query["sslmode"] == "verify-full"


@pytest.mark.parametrize("mode", ["disable", "allow", "prefer", "require", "verify-ca"])
def test_verification_cannot_be_turned_off(mode: str) -> None:
    with pytest.raises(StateError, match="use sslmode=verify-full"):
        parse(f"{REMOTE}?sslmode={mode}", {})


@pytest.mark.parametrize("url", ["mysql://u:hunter2@x/y", "postgresql+asyncpg://u:hunter2@x/y", "hunter2"])
def test_other_databases_and_no_urls_are_refused_without_showing_the_secret(url: str) -> None:
    with pytest.raises(StateError, match=r"Write sqlite:///syncer\.db, or postgresql://") as refused:
        parse(url)
    assert "hunter2" not in str(refused.value)


def test_a_server_that_is_away() -> None:
    with pytest.raises(StateError, match=r"(?s)refused.*Is the server running") as told:
        Database("postgresql://u:hunter2@localhost:1/crm")
    assert "hunter2" not in str(told.value)


def test_a_host_that_does_not_exist() -> None:
    with pytest.raises(StateError, match="Check the host in the state URL"):
        Database("postgresql://u:hunter2@db.invalid/crm")


def test_a_missing_database() -> None:
    with pytest.raises(StateError, match=r'database "nowhere" does not exist.*createdb'):
        Database(postgres.url("nowhere"))


def test_a_user_that_does_not_exist() -> None:
    url = postgres.url("postgres").replace("postgres@", "nobody:hunter2@")
    with pytest.raises(StateError, match=r'role "nobody" does not exist\. Check the user') as told:
        Database(url)
    assert "hunter2" not in str(told.value)


def test_a_wrong_password() -> None:
    said = 'connection failed: FATAL:  password authentication failed for user "syncer"'
    told = in_words(OperationalError("", {}, Exception(said)), "postgresql://syncer:***@localhost/crm")
    assert told == (
        "The state postgresql://syncer:***@localhost/crm cannot be used: connection failed: password"
        ' authentication failed for user "syncer". Check the user and the password in the state URL.'
    )


def test_a_user_who_may_not_create_tables() -> None:
    url = postgres.create(f"narrow_{os.getpid()}")
    with postgres._admin(postgres.socket()) as admin:
        admin.execute("CREATE ROLE reader LOGIN")
    with pytest.raises(StateError, match="GRANT CREATE"):
        Database(url.replace("postgres@", "reader@"))


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("database or disk is full", "make room. Nothing was sent that is not recorded"),
        ("could not extend file: No space left on device", "make room. Nothing was sent"),
        ("attempt to write a readonly database", "The file or its folder is read-only for this user"),
        ("cannot execute UPDATE in a read-only transaction", "Is this a standby"),
        ("database is locked", "try again in a moment"),
        ("canceling statement due to lock timeout", "try again in a moment"),
        ("database disk image is malformed", "syncer state restore FILE"),
        ("file is not a database", "syncer state restore FILE"),
        ("server closed the connection unexpectedly", "What was committed is safe"),
        ("SSL error: certificate verify failed", "sslrootcert"),
        ("server does not support SSL, but SSL was required", "Turn TLS on in the server"),
        ("FATAL:  sorry, too many clients already", "no connection left"),
    ],
)
def test_what_a_database_says_is_told_with_what_to_do(said: str, told: str) -> None:
    assert told in in_words(OperationalError("", {}, Exception(said)), "sqlite:///syncer.db")


def test_details_that_may_quote_a_record_are_left_out() -> None:
    said = "duplicate key\nDETAIL:  Key (email)=(mara@example.com) already exists."
    assert "mara" not in in_words(OperationalError("", {}, Exception(said)), "postgresql://localhost/crm")


@pytest.mark.parametrize("way", ["", "file/state.db"])
def test_a_file_that_cannot_be_opened(tmp_path: Path, way: str) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StateError, match=r"cannot be opened.*May this user read and write"):
        Database(f"sqlite:///{tmp_path / way}")


def test_a_file_that_is_something_else(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("This is no database, but some text that is long enough." * 50)
    (tmp_path / "notes.txt").chmod(0o600)
    with pytest.raises(StateError, match="something else, or damaged"):
        Database(f"sqlite:///{tmp_path / 'notes.txt'}")


def test_the_options_of_sqlite_are_not_ours() -> None:
    with pytest.raises(StateError, match="Write the path alone"):
        parse("sqlite:///file:state.db?mode=ro&uri=true")
