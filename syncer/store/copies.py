"""Copies of a state: made while a run may be going on, and put back.

A backup is one SQLite file, whatever database it was made from; so it also carries a state from one to the
other. A restored state is older than the apps. It is marked so: every app is read from the start, nothing
is created before that, and the creates of the first run after it wait for a person (`Engine`). What was done
since the backup stays in the log: runs, writes and conflicts are facts about the apps. So does what is about
now (`syncer.store.present`).
"""

from __future__ import annotations

import fcntl
import os
import shutil
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from itertools import chain, count
from pathlib import Path
from typing import Any

from sqlalchemy.engine import URL
from sqlmodel import SQLModel

from syncer.store import codec, present, tables
from syncer.store.database import Database, StateError
from syncer.store.inspection import damage
from syncer.store.lease import Busy
from syncer.store.ledger import TOLD
from syncer.store.tables import ConflictRow, LeaseRow, Meta, Run, WriteRow

LOGS = (Run, WriteRow, ConflictRow)
BACKUP, RESTORED = "backup", "restored"


@dataclass(frozen=True, slots=True)
class Restored:
    """What was put back: when it was made (None: a plain copy of a state file), the file in which the
    replaced state was kept (None: it was empty), and how many records were taken out of what was put back."""

    made: str | None
    replaced: Path | None
    taken_out: int = 0


def models() -> list[type[SQLModel]]:
    """All tables, as classes."""
    found = [v for v in vars(tables).values() if isinstance(v, type) and issubclass(v, SQLModel)]
    return [model for model in found if hasattr(model, "__table__")]


def backup(db: Database, file: Path, now: datetime) -> None:
    """Copy the state as it is at one moment to a new file. Nobody has to wait, no run has to stop."""
    with _alone(file.parent):
        _backup(db, file, now)


def _backup(db: Database, file: Path, now: datetime) -> None:
    if file.exists():
        raise StateError(f"{file} is there already. Name a new file; backups are not overwritten.")
    part = file.with_name(file.name + ".part")
    try:
        part.unlink(missing_ok=True)
        os.close(os.open(part, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
        if db.file is not None:
            _copy_file(db.file, part)
        with closing(Database(_url(part))) as copy:
            if db.file is None:
                with db.reading(), copy.transaction():
                    for model in models():
                        _move(db, copy, model)
            with copy.transaction():
                copy.run("UPDATE lease SET holder = '', expires = ''")
                copy.upsert(Meta, [{"name": BACKUP, "value": codec.iso(now)}])
        os.replace(part, file)
    except (OSError, sqlite3.Error) as error:
        why = error.strerror if isinstance(error, OSError) else error
        cure = "Check the path, its permissions and the room on its disk."
        raise StateError(f"The backup {file} cannot be written: {why}. {cure}") from error
    finally:
        part.unlink(missing_ok=True)


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """One backup at a time is written into a folder: two to the same file would write one part. It ends with
    its process. Where the folder is not there, or its file system cannot do this, nobody is kept out."""
    with ExitStack() as stack:
        with suppress(OSError):
            descriptor = os.open(folder, os.O_RDONLY)
            stack.callback(os.close, descriptor)
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield


def restore(
    db: Database,
    file: Path,
    now: datetime,
    alive: Callable[[str], bool],
    take_out: Callable[[str | None], int] = lambda made: 0,
) -> Restored:
    """Put a backup in the place of the whole state, in one transaction. The former state is kept in a file
    beside it. `take_out` is called in it with the time at which the backup was made: it removes what may not
    come back, and says how many records that was. Raises `Busy` while a run is going on, and `StateError`
    where the file is no sound state."""
    with _opened(file) as source:
        found = damage(source)
        if found:
            raise StateError(f"{file} is damaged and was not put back: {'; '.join(found)}.")
        with db.reading():  # before a copy is made of what is not going to be replaced
            _tokens(db, now, alive)
        replaced = None if _is_empty(db) else _beside(file, now)
        if replaced is not None:
            backup(db, replaced, now)
        with db.transaction(), source.reading():
            tokens = _tokens(db, now, alive)
            made, kept = _fact(source, BACKUP), present.of(db)
            for model in models():
                if model not in LOGS:
                    db.run(f"DELETE FROM {model.__tablename__}")  # noqa: S608 - a constant name
                _move(source, db, model, replace=model in LOGS)
            _close_left_over(db, source)
            _give_out_higher_tokens(db, tokens)
            mark_restored(db, made, now)
            _note_end_of_log(db, source)
            _advance_numbers(db)
            present.put_back(db, kept)
            taken_out = take_out(made)
    return Restored(made, replaced, taken_out)


def _is_empty(db: Database) -> bool:
    with db.reading():
        names = [model.__tablename__ for model in models()]
        return not any(db.rows(f"SELECT 1 FROM {name} LIMIT 1") for name in names)  # noqa: S608 - constants


def _beside(file: Path, now: datetime) -> Path:
    """A new file for the state that is replaced: there may have been another restore in this second."""
    name = f"{file.stem}-replaced-{now:%Y%m%dT%H%M%S}"
    names = chain([name], (f"{name}-{number}" for number in count(2)))
    return next(path for path in (file.with_name(f"{n}.db") for n in names) if not path.exists())


def put_aside(file: Path, now: datetime) -> Path:
    """Move a state file that cannot be read any more out of the way, with what belongs to it."""
    aside = file.with_name(f"{file.name}.damaged-{now:%Y%m%dT%H%M%S}")
    for end in ("", "-wal", "-shm"):
        part = file.with_name(file.name + end)
        if part.exists():
            part.rename(aside.with_name(aside.name + end))
    return aside


def _url(file: Path) -> str:
    return URL.create("sqlite", database=str(file.absolute())).render_as_string(hide_password=False)


def _copy_file(source: Path, target: Path) -> None:
    with closing(sqlite3.connect(source)) as here, closing(sqlite3.connect(target)) as there:
        here.backup(there)


@contextmanager
def _opened(file: Path) -> Iterator[Database]:
    """A copy of a backup, brought to this version; the file itself is left alone. The log ahead that lies
    beside a plain copy of a state is part of it: the latest that it holds may stand there alone."""
    if not file.is_file():
        raise StateError(f"There is no file {file}.")
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "copy.db"
        try:
            for end in ("", "-wal"):
                part = file.with_name(file.name + end)
                if not end or part.exists():
                    shutil.copyfile(part, copy.with_name(copy.name + end))
        except OSError as error:
            raise StateError(f"{file} cannot be read: {error.strerror}.") from error
        copy.chmod(0o600)
        with closing(sqlite3.connect(copy)) as raw:
            try:
                known = raw.execute(
                    "SELECT name FROM sqlite_master WHERE name = 'alembic_version'"
                ).fetchone()
            except sqlite3.DatabaseError:
                known = None
        if known is None:
            raise StateError(f"{file} is not a backup of a state.")
        with closing(Database(_url(copy))) as source:
            yield source


def _move(source: Database, target: Database, model: type[SQLModel], replace: bool = False) -> None:
    for rows in source.each(model):
        target.upsert(model, rows) if replace else target.insert(model, rows)


def _tokens(db: Database, now: datetime, alive: Callable[[str], bool]) -> dict[str, int]:
    """The last token of each space. Raises `Busy` where somebody works in one."""
    rows, at = db.rows("SELECT space, holder, token, expires FROM lease ORDER BY space"), db.agreed(now)
    for space, holder, _, expires in rows:
        if holder and expires > codec.iso(at) and alive(holder):
            raise Busy(space, holder, expires)
    return {row[0]: int(row[2]) for row in rows}


def _fact(db: Database, name: str) -> str | None:
    row = db.one("SELECT value FROM meta WHERE name = :name", name=name)
    return str(row[0]) if row else None


def _close_left_over(db: Database, source: Database) -> None:
    """Conflicts of the time after the backup are history: nothing is held for them any more."""
    row = source.one("SELECT MAX(seq) FROM conflict")
    last = int(row[0]) if row and row[0] is not None else 0
    db.run("UPDATE conflict SET status = 'replaced' WHERE status = 'held' AND seq > :last", last=last)


def _note_end_of_log(db: Database, source: Database) -> None:
    """What was written since is told by the log alone: the next run of each space takes it in."""
    row = source.one("SELECT MAX(seq) FROM written")
    last = str(row[0] if row and row[0] is not None else 0)
    db.upsert(Meta, [{"name": f"{TOLD}:{space}", "value": last} for space in _spaces(db)])


def _spaces(db: Database) -> list[str]:
    return [row[0] for row in db.rows("SELECT DISTINCT space FROM reader ORDER BY space")]


def _give_out_higher_tokens(db: Database, before: dict[str, int]) -> None:
    """A worker from before the restore, wherever it hangs, commits nothing more."""
    after = {row[0]: int(row[1]) for row in db.rows("SELECT space, token FROM lease")}
    rows: list[dict[str, Any]] = [
        {
            "space": space,
            "holder": "",
            "token": max(before.get(space, 0), after.get(space, 0)) + 1,
            "expires": "",
        }
        for space in sorted({*before, *after})
    ]
    db.upsert(LeaseRow, rows)


def mark_restored(db: Database, made: str | None, now: datetime) -> None:
    """Say of every space that its state is older than the apps; have all of them read from the start."""
    db.run(
        "UPDATE reader SET cursor = NULL, scan_began = NULL, complete_at = NULL, pulled_at = NULL,"
        " spec_at = NULL"
    )
    told = made or "a copy of unknown age"
    db.upsert(Meta, [{"name": f"{RESTORED}:{space}", "value": told} for space in _spaces(db)])
    said = codec.dumps({"at": codec.iso(now), "of": made})
    db.upsert(Meta, [{"name": RESTORED, "value": said}])
    db.run("DELETE FROM meta WHERE name = :name", name=BACKUP)


def _advance_numbers(db: Database) -> None:
    """PostgreSQL counts apart from the rows; SQLite goes on from the highest."""
    if db.is_sqlite:
        return
    for model in models():
        table = model.__table__  # type: ignore[attr-defined]
        column = table.autoincrement_column
        if column is not None:
            db.rows(
                f"SELECT setval(pg_get_serial_sequence('{table.name}', '{column.name}'),"  # noqa: S608
                f" COALESCE(MAX({column.name}), 0) + 1, false) FROM {table.name}"
            )
