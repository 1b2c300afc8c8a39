"""`syncer state`: check, backup, restore, key and reseal, as an admin types them."""

from __future__ import annotations

import stat
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest

from syncer.store.database import Database
from syncer.store.vault import Secrets, Vault, new_key
from tests.cli.conftest import SQLITE, Desk
from tests.states import state_url


def contacts(desk: Desk) -> list[dict[str, object]]:
    found: list[dict[str, object]] = httpx.get(f"{desk.url}/_sandbox/state").json()["hubspot"]["contacts"]
    return found


def test_check_says_that_a_state_is_sound(desk: Desk) -> None:
    desk.synced()
    answer = desk.run("state", "check", "--json")
    assert answer.code == 0
    assert answer.json["ok"] is True
    assert answer.json["problems"] == []
    assert answer.json["database"] == ("sqlite" if desk.state == SQLITE else "postgresql")
    assert answer.json["counts"]["golden"] > 10
    assert answer.json["counts"]["in_flight"] == 0
    assert answer.json["restored"] is None
    assert "The state is sound" in desk.run("state", "check").out


def test_check_names_what_is_wrong_and_ends_with_1(desk: Desk) -> None:
    desk.synced()
    db = Database(desk.state_url)
    with db.transaction():
        db.run("DELETE FROM golden WHERE id = (SELECT MIN(id) FROM golden)")
    db.close()
    answer = desk.run("state", "check", "--json")
    assert (answer.code, answer.json["ok"]) == (1, False)
    assert "links lead to golden records that are not there" in answer.json["problems"][0]
    assert "syncer state restore FILE" in desk.run("state", "check").out


def test_backup_edits_restore_and_sync_again(desk: Desk) -> None:
    desk.synced()
    file = desk.folder / "backup.db"
    made = desk.run("state", "backup", str(file), "--json")
    assert made.code == 0
    assert made.json == {"file": str(file), "bytes": file.stat().st_size}
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    person = next(c for c in contacts(desk) if c["properties"].get("email"))  # type: ignore[attr-defined]
    url = f"{desk.url}/hubspot/crm/v3/objects/contacts/{person['id']}"
    edit = {"properties": {"jobtitle": "Harbour Master"}}
    httpx.patch(url, json=edit, headers={"authorization": "Bearer sandbox-hubspot"}).raise_for_status()
    desk.synced()
    number = len(contacts(desk))
    put_back = desk.run("state", "restore", str(file), "--json")
    assert put_back.code == 0
    assert Path(put_back.json["replaced"]).is_file()
    assert datetime.fromisoformat(put_back.json["made"]) < datetime.now(UTC)
    assert desk.run("state", "check", "--json").json["restored"]["of"] == put_back.json["made"]
    desk.synced()
    assert len(contacts(desk)) == number
    now = next(c for c in contacts(desk) if c["id"] == person["id"])
    assert now["properties"]["jobtitle"] == "Harbour Master"  # type: ignore[index]
    assert desk.run("state", "check").code == 0


def test_a_backup_says_that_who_was_forgotten_is_not_in_it(desk: Desk) -> None:
    desk.synced()
    file = desk.folder / "backup.db"
    assert "forgotten" not in desk.run("state", "backup", str(file)).out
    email = next(c["properties"]["email"] for c in contacts(desk) if c["properties"].get("email"))  # type: ignore[attr-defined]
    desk.run("forget", email, "--yes")
    later = desk.folder / "later.db"
    assert "take it along to another computer" in desk.run("state", "backup", str(later)).out
    assert "does not say who" not in desk.run("state", "restore", str(file)).out
    (desk.folder / "forgotten").rename(desk.folder / "elsewhere")
    assert "does not say who" in desk.run("state", "restore", str(later)).out


def test_a_damaged_state_file_is_put_aside_by_restore(desk: Desk) -> None:
    if desk.state != SQLITE:
        pytest.skip("a server looks after its own files")
    desk.run("sync", "companies")
    file, backup = desk.folder / "syncer.db", desk.folder / "backup.db"
    assert desk.run("state", "backup", str(backup)).code == 0
    file.write_bytes(b"\xff" * file.stat().st_size)
    broken = desk.run("sync", "companies")
    assert broken.code == 1
    assert "syncer state restore FILE" in broken.err
    assert desk.run("state", "check").code == 1
    answer = desk.run("state", "restore", str(backup))
    assert answer.code == 0
    assert "put aside" in answer.err
    assert desk.run("sync", "companies").code == 0


def test_a_state_from_a_copy_of_the_file_says_so(desk: Desk) -> None:
    if desk.state != SQLITE:
        pytest.skip("there is no file")
    desk.run("sync", "companies")
    copy = desk.folder / "copy.db"
    copy.write_bytes((desk.folder / "syncer.db").read_bytes())
    copy.chmod(0o600)
    assert desk.run("state", "restore", str(copy)).code == 0
    told = desk.run("state", "check").out
    assert "from a copy that syncer did not make" in told
    assert "None" not in told


def test_restore_into_an_empty_state_promises_no_former_one(desk: Desk) -> None:
    desk.run("sync", "companies")
    backup = desk.folder / "backup.db"
    assert desk.run("state", "backup", str(backup)).code == 0
    new = desk.folder / "new"
    new.mkdir()
    desk.change(desk.state, state_url(new))
    told = desk.run("state", "restore", str(backup))
    assert told.code == 0
    assert "Nothing was in it before." in told.out
    assert "replaced" not in told.out


def test_a_backup_that_is_not_there(desk: Desk) -> None:
    answer = desk.run("state", "restore", str(desk.folder / "nowhere.db"))
    assert (answer.code, answer.out) == (1, "")
    assert "There is no file" in answer.err


def test_a_state_that_everybody_can_read_is_refused(desk: Desk) -> None:
    if desk.state != SQLITE:
        pytest.skip("there is no file")
    desk.run("sync", "companies")
    (desk.folder / "syncer.db").chmod(0o644)
    answer = desk.run("sync", "companies")
    assert answer.code == 1
    assert f"chmod 600 {desk.folder / 'syncer.db'}" in answer.err


def with_keys(desk: Desk, *keys: str) -> None:
    """The config with these keys in place of those that it has."""
    text = desk.config.read_text()
    start = text.index("\nstate:") + 1
    end = text.index("\n", start)
    said = f'state: {{url: "{desk.state}", key: {keys[0]}, old_keys: [{", ".join(keys[1:])}]}}'
    desk.config.write_text(text[:start] + said + text[end:])


def test_keys_are_made_changed_and_missed(desk: Desk) -> None:
    old, new = (desk.run("state", "key").out.strip() for _ in range(2))
    assert old != new
    desk.run("sync", "companies")
    db = Database(desk.state_url)
    with db.transaction():
        Secrets(db, Vault([old])).keep("hubspot", "a-token")
    with_keys(desk, new)
    missed = desk.run("state", "check", "--json")
    assert missed.code == 1
    assert "was sealed with the key" in missed.json["problems"][0]
    with_keys(desk, new, old)
    assert desk.run("state", "check", "--json").json["sealed"] == 1
    assert desk.run("state", "reseal", "--json").json == {"sealed": 1}
    with_keys(desk, new)
    assert desk.run("state", "check").code == 0
    with db.reading():
        assert Secrets(db, Vault([new])).get("hubspot") == "a-token"
    db.close()


def test_resealing_without_a_key_says_what_is_missing(desk: Desk) -> None:
    desk.run("sync", "companies")
    answer = desk.run("state", "reseal")
    assert answer.code == 2
    assert "no state.key" in answer.err


def test_a_wrong_key_is_not_repeated(desk: Desk) -> None:
    wrong = new_key()[:-9]
    with_keys(desk, wrong)
    answer = desk.run("state", "check")
    assert answer.code == 1
    assert "syncer state key" in answer.err
    assert wrong not in answer.out + answer.err
