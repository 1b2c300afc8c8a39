"""`syncer init`: what it writes can be used at once, and it replaces nothing unasked."""

from __future__ import annotations

import stat
from pathlib import Path

from typer.testing import CliRunner

from syncer.cli.main import app
from syncer.config.files import load_config
from tests.cli.conftest import Desk

SECRETS = {
    "HUBSPOT_TOKEN": "a",
    "MAILERLITE_TOKEN": "b",
    "ZENDESK_TOKEN": "c",
    "ZENDESK_EMAIL": "d@example.com",
    "ZENDESK_SUBDOMAIN": "e",
}


def test_the_sandbox_config_needs_no_environment_and_goes_ahead(tmp_path: Path) -> None:
    config = tmp_path / "config.yaml"
    result = CliRunner().invoke(app, ["init", "--sandbox", "--port", "9876", "--config", str(config)])
    assert result.exit_code == 0
    loaded = load_config(config, env={})
    assert loaded.model.first_sync == "go"
    assert {app.base_url for app in loaded.apps.values()} == {
        f"http://127.0.0.1:9876/{name}" for name in ("hubspot", "mailerlite", "zendesk")
    }


def test_the_plain_config_takes_its_secrets_from_the_environment_and_asks(tmp_path: Path) -> None:
    config = tmp_path / "config.yaml"
    assert CliRunner().invoke(app, ["init", "--config", str(config)]).exit_code == 0
    assert load_config(config, env=SECRETS).model.first_sync == "ask"
    unset = CliRunner().invoke(
        app, ["check"], env={"SYNCER_CONFIG": str(config), **dict.fromkeys(SECRETS, "")}
    )
    assert unset.exit_code == 2
    assert "HUBSPOT_TOKEN is not set" in unset.stderr


def test_a_config_can_be_read_by_its_owner_only(desk: Desk) -> None:
    assert stat.S_IMODE(desk.config.stat().st_mode) == 0o600


def test_nothing_is_replaced_unless_forced(desk: Desk) -> None:
    desk.change("first_sync: go", "first_sync: ask")
    mine = desk.config.read_text()
    assert desk.run("init", "--sandbox").code == 2
    assert desk.config.read_text() == mine
    assert desk.run("init", "--sandbox", "--force").code == 0
    assert desk.config.read_text() != mine
