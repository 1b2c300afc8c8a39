"""Addresses of alerts: what Apprise does not know is a mistake before the first alert, and is not shown."""

from __future__ import annotations

from pathlib import Path

import pytest

from syncer.config.addresses import load_sendable, unknown_addresses
from syncer.config.files import load_config
from syncer.service.reload import Watch
from syncer.service.service import Service
from tests.service.test_reload import edit

SECRET = "s3cret"
FORM = "Write it as Apprise has it: the service, then ://, such as slack://... or mailto://..."
PARTS = "Compare it with Apprise's page of that service; in a password write %40 for @ and %2F for /."

# Apprise imports it
pytestmark = pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")


def name(path: Path, *addresses: str) -> int:
    """Send alerts there; the line that says so."""
    before = path.read_text()
    path.write_text(f"{before}alerts: {{to: [json://127.0.0.1, {', '.join(map(repr, addresses))}]}}\n")
    return before.count("\n") + 1


@pytest.mark.parametrize(
    ("address", "what", "cure"),
    [
        (f"slak://{SECRET}/b/c", "Apprise knows no service of this name", "Did you mean 'slack'?"),
        (f"zzzzzz://{SECRET}", "Apprise knows no service of this name", FORM),
        (
            f"slack://{SECRET}",
            "Apprise knows slack://, but a part of this address is missing or wrong",
            PARTS,
        ),
        (
            f"mailto://me:{SECRET}@",
            "Apprise knows mailto://, but a part of this address is missing or wrong",
            PARTS,
        ),
        (
            f"https://example.com/{SECRET}",
            "Apprise knows no service at this web address",
            "Write the service's own form, such as slack://..., or jsons:// in place of https://.",
        ),
        (SECRET, "this is not an address of Apprise", FORM),
        ("${TO}", "this is not an address of Apprise", FORM),
        (
            "${NOWHERE:-}",
            "this address is empty",
            "Fill it in, or remove it; without any, alerts stand in the log alone.",
        ),
    ],
    ids=[
        "misspelt",
        "no such service",
        "half of it",
        "mail without a server",
        "web",
        "none",
        "none, of the environment",
        "empty",
    ],
)
def test_an_address_that_apprise_does_not_know_is_told(
    config: Path, address: str, what: str, cure: str
) -> None:
    line = name(config, address)
    (problem,) = unknown_addresses(load_config(config, {"TO": SECRET}))
    assert (problem.file, problem.line, problem.column) == (str(config), line, 33)
    assert (problem.where, problem.what, problem.cure) == ("alerts.to[1]", what, cure)
    assert SECRET not in str(problem)


@pytest.mark.parametrize(
    "address",
    [
        "mailtos://me:pass%40word@example.com?to=you@example.com",
        "https://hooks.slack.com/services/T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ/",
        "json://127.0.0.1, jsons://example.com",
    ],
    ids=["mail", "web address of a service", "two in one"],
)
def test_an_address_that_apprise_knows_is_none(config: Path, address: str) -> None:
    name(config, address)
    assert load_sendable(config).model.alerts.to[1].get_secret_value() == address


def test_an_edit_that_brings_one_is_not_taken(config: Path) -> None:
    name(config, "json://example.com")
    watching = Watch(load_sendable(config), Service.load)
    edit(config, "'json://example.com'", f"'jsn://{SECRET}'")
    assert watching.changed() is None
    assert "alerts.to[1]" in watching.problem
    assert SECRET not in watching.problem
