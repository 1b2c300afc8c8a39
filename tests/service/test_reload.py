"""An edited config comes into force by itself; a broken edit changes nothing and says so."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from structlog.testing import capture_logs

from syncer.config.files import Config, load_config
from syncer.service.reload import Watch
from syncer.service.service import Service


def watch(path: Path, env: Mapping[str, str] | None = None) -> Watch:
    return Watch(load_config(path, env or {}), lambda path: load_config(path, env or {}))


def edit(path: Path, old: str, new: str) -> None:
    """As an editor does: with another time on the file."""
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))
    os.utime(path, ns=(0, path.stat().st_mtime_ns + 1_000_000))


def test_nothing_changed_nothing_is_loaded(config: Path) -> None:
    assert watch(config).changed() is None


def test_an_edit_of_the_config_or_of_a_mapping_is_in_force(config: Path) -> None:
    watching = watch(config)
    edit(config, "first_sync: go", "first_sync: ask")
    found = watching.changed()
    assert found is not None
    assert found.model.first_sync == "ask"
    edit(config.parent / "mappings/contacts.yaml", "object: contact", "object: contact ")
    assert watching.changed() is not None
    assert watching.changed() is None


def test_a_broken_edit_changes_nothing_is_told_once_and_can_be_mended(config: Path) -> None:
    watching = watch(config)
    before = watching.config
    edit(config, "first_sync: go", "first_sync: gone")
    assert watching.changed() is None
    assert watching.changed() is None
    assert watching.config is before
    assert "first_sync" in watching.problem
    edit(config, "first_sync: gone", "first_sync: go")
    assert watching.changed() is not None
    assert watching.problem == ""


def test_a_file_that_an_edit_names_may_come_later(config: Path) -> None:
    watching = watch(config)
    with capture_logs() as said:
        edit(config, "mappings/contacts.yaml", "mappings/people.yaml")
        assert watching.changed() is None
        assert watching.changed() is None
        assert "people.yaml" in watching.problem
        shutil.copy(config.parent / "mappings/contacts.yaml", config.parent / "mappings/people.yaml")
        assert watching.changed() is not None
        assert watching.changed() is None
    assert watching.problem == ""
    assert [one["log_level"] for one in said] == ["error", "info"]


def test_what_is_saved_while_an_edit_is_read_is_an_edit_too(config: Path) -> None:
    """As by `git pull`, which writes one file after the other."""
    mapping = config.parent / "mappings/contacts.yaml"
    saved = False

    def load(path: Path) -> Config:
        nonlocal saved
        loaded = load_config(path, {})
        if not saved:
            edit(mapping, "object: contact", "object: contact ")
            saved = True
        return loaded

    watching = Watch(load(config), load)  # while the service starts
    assert watching.changed() is not None
    saved = False
    edit(config, "first_sync: go", "first_sync: ask")
    assert watching.changed() is not None
    assert watching.changed() is not None
    assert watching.changed() is None


def test_a_mapping_that_is_gone_is_a_broken_edit(config: Path) -> None:
    watching = watch(config)
    (config.parent / "mappings/contacts.yaml").rename(config.parent / "aside.yaml")
    assert watching.changed() is None
    assert "contacts.yaml" in watching.problem


def test_a_secret_in_a_file_is_read_anew_when_it_changes(config: Path, tmp_path: Path) -> None:
    edit(config, "token: sandbox-hubspot", 'token: "${HUBSPOT_TOKEN}"')
    secret = tmp_path / "token"
    secret.write_text("first\n")
    watching = watch(config, {"HUBSPOT_TOKEN_FILE": str(secret)})
    assert watching.config.apps["hubspot"].secrets() == {"token": "first"}
    secret.write_text("second one\n")
    found = watching.changed()
    assert found is not None
    assert found.apps["hubspot"].secrets() == {"token": "second one"}


class Hand:
    """Edits the config while the service is on, and stops it when it has looked twice more."""

    def __init__(self, path: Path) -> None:
        self.path, self.looks = path, 0

    def start(self, service: Service) -> None:
        self.service = service

    def told(self, done: object) -> None: ...

    def stop(self) -> None: ...

    def look(self, now: datetime) -> None:
        self.looks += 1
        if self.looks == 1:
            edit(self.path, "state: ", "state: sqlite:///other.db  # ")
        elif self.looks == 3:
            self.service.stop()


def test_the_service_stays_on_its_state_until_it_starts_again(config: Path) -> None:
    for name in ("companies", "contacts"):
        edit(
            config,
            f"mapping: mappings/{name}.yaml",
            f'mapping: mappings/{name}.yaml, schedule: {{cron: "0 0 1 1 *"}}',
        )
    service = Service(load_config(config, {}), parts=[Hand(config)], load=lambda path: load_config(path, {}))
    service.run()
    assert (config.parent / "syncer.db").exists()
    assert not (config.parent / "other.db").exists()
    assert service.config.state.endswith("/syncer.db")
