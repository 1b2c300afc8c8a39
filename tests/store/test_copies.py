"""Backups: made while somebody writes, put back over a state that went on, in either database."""

from __future__ import annotations

import os
import shutil
import sqlite3
import stat
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Thread

import pytest

from syncer.store import copies
from syncer.store.copies import backup, put_aside, restore
from syncer.store.database import Database, StateError
from syncer.store.errors import StateDamaged
from syncer.store.history import History
from syncer.store.inspection import problems
from syncer.store.lease import Busy, LeaseLost, hold
from syncer.store.ledger import Ledger
from syncer.store.tables import RateRow
from syncer.store.vault import Secrets, Vault
from tests.states import LINK

NOW = datetime(2030, 1, 2, tzinfo=UTC)
NOW_TEXT = "2030-01-02T00:00:00.000000Z"


def always(_: str) -> bool:
    return True


def keep(db: Database, name: str, value: str) -> None:
    with db.transaction():
        History(db).keep_fact(name, value)


def fact(db: Database, name: str) -> str | None:
    with db.reading():
        return History(db).fact(name)


def test_a_backup_holds_everything_and_is_for_its_owner_alone(db: Database, tmp_path: Path) -> None:
    keep(db, "name", "حجت")
    backup(db, tmp_path / "b.db", NOW)
    assert stat.S_IMODE((tmp_path / "b.db").stat().st_mode) == 0o600
    assert sorted(p.name for p in tmp_path.glob("b.db*")) == ["b.db"]
    copy = Database(f"sqlite:///{tmp_path / 'b.db'}")
    assert fact(copy, "name") == "حجت"
    assert problems(copy, Vault()) == []
    copy.close()


def test_a_backup_shows_one_moment_while_another_process_writes(
    db: Database, url: str, tmp_path: Path
) -> None:
    keep(db, "name", "before")
    writer = Database(url)
    with writer.transaction():
        History(writer).keep_fact("name", "after")
        backup(db, tmp_path / "b.db", NOW)
    copy = Database(f"sqlite:///{tmp_path / 'b.db'}")
    assert fact(copy, "name") == "before"
    copy.close()
    writer.close()


def test_a_backup_is_not_overwritten(db: Database, tmp_path: Path) -> None:
    backup(db, tmp_path / "b.db", NOW)
    with pytest.raises(StateError, match="is there already"):
        backup(db, tmp_path / "b.db", NOW)


def test_of_two_backups_to_one_file_at_once_the_second_is_turned_down(
    db: Database, url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Such as those of two computers by the clock. Each writing over the other's part, they left an empty
    state that called itself a backup."""
    keep(db, "name", "all that we know")
    file, said = tmp_path / "b.db", list[str]()

    def other() -> None:
        with closing(Database(url)) as second:
            try:
                backup(second, file, NOW)
            except StateError as error:
                said.append(str(error))

    begun = Thread(target=other)

    def meanwhile(url: str) -> Database:
        monkeypatch.setattr(copies, "Database", Database)
        begun.start()
        begun.join(0.2)
        return Database(url)

    monkeypatch.setattr(copies, "Database", meanwhile)
    backup(db, file, NOW)
    begun.join()
    assert len(said) == 1
    assert "is there already" in said[0]
    with closing(Database(f"sqlite:///{file}")) as copy:
        assert fact(copy, "name") == "all that we know"
    assert [path.name for path in tmp_path.glob("b.db*")] == ["b.db"]


def test_a_backup_that_cannot_be_written_leaves_nothing(db: Database, tmp_path: Path) -> None:
    with pytest.raises(StateError, match=r"cannot be written: No such file or directory\. Check the path"):
        backup(db, tmp_path / "nowhere" / "b.db", NOW)


def test_restoring_takes_everything_back_and_keeps_what_was_there(db: Database, tmp_path: Path) -> None:
    keep(db, "name", "before")
    backup(db, tmp_path / "b.db", NOW)
    keep(db, "name", "after")
    keep(db, "new", "yes")
    done = restore(db, tmp_path / "b.db", NOW, always)
    assert (fact(db, "name"), fact(db, "new")) == ("before", None)
    assert done.made == NOW_TEXT
    former = Database(f"sqlite:///{done.replaced}")
    assert (fact(former, "name"), fact(former, "new")) == ("after", "yes")
    former.close()


def test_two_restores_in_one_second_keep_what_each_replaced(db: Database, tmp_path: Path) -> None:
    keep(db, "name", "before")
    backup(db, tmp_path / "b.db", NOW)
    keep(db, "name", "after")
    replaced = [restore(db, tmp_path / "b.db", NOW, always).replaced for _ in range(3)]
    assert len({*replaced}) == 3
    former = Database(f"sqlite:///{replaced[0]}")
    assert fact(former, "name") == "after"
    former.close()


def test_of_an_empty_state_no_copy_is_kept(db: Database, tmp_path: Path) -> None:
    keep(db, "name", "before")
    backup(db, tmp_path / "b.db", NOW)
    with closing(Database(f"sqlite:///{tmp_path / 'new.db'}")) as empty:
        assert restore(empty, tmp_path / "b.db", NOW, always).replaced is None
        assert fact(empty, "name") == "before"
    assert not list(tmp_path.glob("*replaced*"))


def test_what_is_about_now_stays_as_it_is(db: Database, tmp_path: Path) -> None:
    """Who is left alone, the login that the app takes by now, where plans lie, which calls were made, what
    people were told."""
    desk, crm = Ledger(db, "contacts"), RateRow(account="crm", name="general", day=7, today=1)
    with db.transaction():
        desk.save_reader("crm", paused=True)
        desk.save_reader("desk", paused=False)
        Secrets(db, Vault()).keep("token:crm", "old")
        db.upsert(RateRow, [crm.model_dump()])
    keep(db, "paused:companies", "yes")
    keep(db, "alerts", "{}")
    backup(db, tmp_path / "b.db", NOW)
    with db.transaction():
        desk.save_reader("crm", paused=False)
        desk.save_reader("desk", paused=True)
        Secrets(db, Vault()).keep("token:crm", "new")
        db.upsert(RateRow, [{**crm.model_dump(), "today": 900}])
    keep(db, "paused:contacts", "yes")
    keep(db, "planfile:plan.json", "yes")
    for said in ("alerts", "alerts:1f"):
        keep(db, said, '{"contacts: held": "told"}')

    def stands() -> list[object]:
        with db.reading():
            today = db.rows("SELECT today FROM rate")[0][0]
            paused = [bool(desk.reader(app)["paused"]) for app in ("crm", "desk")]
            secrets = sorted(Secrets(db, Vault()).kept().values())
            syncs = [History(db).fact(f"paused:{sync}") for sync in ("contacts", "companies")]
            return [paused, syncs, secrets, today, History(db).plan_files()]

    now = [[False, True], ["yes", "yes"], ["plain:new"], 900, ["plan.json"]]
    restore(db, tmp_path / "b.db", NOW, always)
    assert stands() == now
    with db.transaction():
        assert len({History(db).fact(said) for said in ("alerts", "alerts:1f")}) == 1, "not told again"
        History(db).drop_fact("paused:contacts")
    later = tmp_path / "c.db"
    keep(db, "paused:contacts", "yes")
    backup(db, later, NOW)
    with db.transaction():
        History(db).drop_fact("paused:contacts")
    restore(db, later, NOW + timedelta(seconds=1), always)
    assert stands()[1] == [None, "yes"]


def test_what_may_not_come_back_is_taken_out_before_anything_is_put_back(
    db: Database, url: str, tmp_path: Path
) -> None:
    keep(db, "name", "before")
    backup(db, tmp_path / "b.db", NOW)
    keep(db, "name", "after")
    other = Database(url)

    def take_out(made: str | None) -> int:
        assert (made, fact(db, "name"), fact(other, "name")) == (NOW_TEXT, "before", "after")
        return History(db).drop_fact("name")

    def killed(made: str | None) -> int:
        take_out(made)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        restore(db, tmp_path / "b.db", NOW, always, killed)
    assert fact(db, "name") == "after"
    later = NOW + timedelta(seconds=1)
    assert restore(db, tmp_path / "b.db", later, always, take_out).taken_out == 1
    assert fact(db, "name") is None
    other.close()


def test_nothing_is_restored_while_a_run_is_going_on(db: Database, url: str, tmp_path: Path) -> None:
    backup(db, tmp_path / "b.db", NOW)
    keep(db, "name", "after")
    other = Database(url)
    with hold(other, "contacts", "host:7:x:y", lambda: NOW, always), pytest.raises(Busy, match="process 7"):
        restore(db, tmp_path / "b.db", NOW, always)
    assert fact(db, "name") == "after"
    assert not list(tmp_path.glob("*replaced*")), "nothing was replaced"
    other.close()


def test_a_worker_from_before_the_restore_commits_nothing_more(
    db: Database, url: str, tmp_path: Path
) -> None:
    backup(db, tmp_path / "b.db", NOW)
    other = Database(url)
    late = hold(other, "contacts", "host:7:x:y", lambda: NOW, always)
    late.__enter__()
    restore(db, tmp_path / "b.db", NOW + timedelta(hours=1), always)
    with hold(db, "contacts", "me", lambda: NOW, always), pytest.raises(LeaseLost):
        keep(other, "name", "late")
    late.__exit__(None, None, None)
    other.close()


@pytest.mark.parametrize("content", [b"", b"no database", b"no database" * 1000])
def test_what_is_no_backup_is_not_put_back(db: Database, tmp_path: Path, content: bytes) -> None:
    (tmp_path / "b.db").write_bytes(content)
    keep(db, "name", "before")
    with pytest.raises(StateError, match=r"is not a backup|is damaged"):
        restore(db, tmp_path / "b.db", NOW, always)
    assert fact(db, "name") == "before"


def break_pages(file: Path) -> None:
    """Overwrite what lies behind the first pages."""
    size = file.stat().st_size
    with file.open("r+b") as raw:
        raw.seek(size // 2)
        raw.write(b"\xff" * (size // 3))


def test_a_damaged_backup_is_not_put_back(db: Database, tmp_path: Path) -> None:
    backup(db, tmp_path / "b.db", NOW)
    break_pages(tmp_path / "b.db")
    with pytest.raises(StateError):
        restore(db, tmp_path / "b.db", NOW, always)


def test_a_damaged_state_is_noticed_and_can_be_put_aside(tmp_path: Path) -> None:
    file = tmp_path / "state.db"
    db = Database(f"sqlite:///{file}")
    keep(db, "name", "before")
    backup(db, tmp_path / "b.db", NOW)
    db.close()
    file.write_bytes(b"\xff" * file.stat().st_size)
    with pytest.raises(StateDamaged, match="state restore FILE"):
        Database(f"sqlite:///{file}")
    assert put_aside(file, NOW).exists()
    db = Database(f"sqlite:///{file}")
    restore(db, tmp_path / "b.db", NOW, always)
    assert fact(db, "name") == "before"
    db.close()


def test_a_file_that_everybody_can_read_is_not_used(tmp_path: Path) -> None:
    file = tmp_path / "state.db"
    Database(f"sqlite:///{file}").close()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    file.chmod(0o644)
    with pytest.raises(StateError, match=f"chmod 600 {file}"):
        Database(f"sqlite:///{file}")
    file.chmod(0o600)
    Database(f"sqlite:///{file}").close()


def test_what_must_hold_between_the_tables_is_checked(db: Database) -> None:
    from syncer.store.tables import GoldenRow, LinkRow

    with db.transaction():
        db.insert(GoldenRow, [{"space": "s", "id": "g", "due": False, "failing": False, "body": "{}"}])
        for id in ("1", "2"):
            db.insert(LinkRow, [{**LINK, "id": id}])
        db.insert(
            LinkRow,
            [{**LINK, "app": "desk", "id": "3", "golden": "h"}],
        )
    assert problems(db, Vault()) == [
        "1 links lead to golden records that are not there",
        "1 golden records have two main records in one app",
        "the golden record g of s, or one of its links, cannot be read",
    ]


def test_a_plain_copy_of_a_state_file_can_be_put_back_too(tmp_path: Path) -> None:
    db = Database(f"sqlite:///{tmp_path / 'state.db'}")
    keep(db, "name", "before")
    raw = sqlite3.connect(tmp_path / "state.db")
    raw.execute(f"VACUUM INTO '{tmp_path / 'copy.db'}'")
    raw.close()
    keep(db, "name", "after")
    assert restore(db, tmp_path / "copy.db", NOW, always).made is None
    assert fact(db, "name") == "before"
    db.close()
    assert os.path.getsize(tmp_path / "copy.db") > 0


def test_what_a_plain_copy_has_in_its_log_ahead_comes_back_too(tmp_path: Path) -> None:
    """As where somebody copied the state's files after the service was killed."""
    db = Database(f"sqlite:///{tmp_path / 'state.db'}")
    keep(db, "name", "before")
    for end in ("", "-wal"):
        shutil.copyfile(tmp_path / f"state.db{end}", tmp_path / f"copy.db{end}")
    keep(db, "name", "after")
    copied = (tmp_path / "copy.db-wal").read_bytes()
    restore(db, tmp_path / "copy.db", NOW, always)
    assert fact(db, "name") == "before"
    assert (tmp_path / "copy.db-wal").read_bytes() == copied
    db.close()
