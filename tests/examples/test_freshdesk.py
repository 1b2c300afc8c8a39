"""The example connector as its users have it: a package of its own, installed beside syncer."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "syncer-freshdesk"
CONFIG = """\
state: sqlite:///state.db
apps:
  desk:
    connector: freshdesk
    base_url: {url}
    credentials: {{api_key: fake-key}}
syncs:
  contacts: {{mapping: contacts.yaml}}
"""
MAPPING = """\
object: contact
apps:
  desk: {object: contacts}
match:
  exact: [email]
fields:
  email: {type: email, in: {desk: email}}
  name: {type: text, in: {desk: name}}
  plan: {type: text, in: {desk: custom_fields.cf_plan}}
"""
CHECKED = """\
import subprocess, sys
from pathlib import Path
from syncer_freshdesk.fake import FakeFreshdesk
with FakeFreshdesk() as fake:
    config = Path("config.yaml")
    config.write_text(config.read_text().format(url=fake.url))
    sys.exit(subprocess.run([sys.executable, "-m", "syncer", "check"]).returncode)
"""


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where pip has put the package, with its entry point."""
    target = tmp_path_factory.mktemp("site")
    options = ["--quiet", "--disable-pip-version-check", "--no-index", "--no-deps", "--no-build-isolation"]
    command = [sys.executable, "-m", "pip", "install", *options, "--target", str(target), str(EXAMPLE)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return target


def run(installed: Path, cwd: Path, *arguments: str) -> str:
    """What a Python says that has the package on its path, as a virtual environment would."""
    command = [sys.executable, *arguments]
    environment = {**os.environ, "PYTHONPATH": str(installed)}
    done = subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_syncer_finds_it_by_its_entry_point(installed: Path, tmp_path: Path) -> None:
    code = (
        "from connectors import registry; found = registry.load('freshdesk');"
        "print('freshdesk' in registry.names(), found.title, found.credentials)"
    )
    assert run(installed, tmp_path, "-c", code) == "True Freshdesk ('api_key',)\n"


@pytest.mark.slow
def test_a_config_may_use_it_at_once(installed: Path, tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text(CONFIG)
    (tmp_path / "contacts.yaml").write_text(MAPPING)
    said = run(installed, tmp_path, "-c", CHECKED)
    assert "Freshdesk at 127.0.0.1" in said


@pytest.mark.slow
def test_it_keeps_the_contract(installed: Path, tmp_path: Path) -> None:
    options = ["-p", "no:cacheprovider", "-p", "no:xdist", "-o", "addopts=", "-c", os.devnull]
    said = run(installed, tmp_path, "-m", "pytest", *options, str(EXAMPLE / "tests"))
    passed = re.search(r"(\d+) passed", said)
    assert passed is not None
    assert int(passed[1]) > 100
