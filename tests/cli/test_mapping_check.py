"""`syncer mapping check`: all mistakes of all files at once, in the files alone or against the apps."""

from __future__ import annotations

import pytest

from tests.cli.conftest import Desk


def test_what_ships_fits_the_simulated_apps(desk: Desk) -> None:
    answer = desk.run("mapping", "check", "--live", "--json")
    assert (answer.code, answer.json) == (0, {"ok": True, "live": True, "problems": [], "unreachable": {}})
    assert desk.run("mapping", "check").code == 0


def test_mistakes_of_files_and_of_apps_are_told_together(desk: Desk) -> None:
    desk.change("type: phone", "type: phon", "mappings/contacts.yaml")
    desk.change("hubspot: jobtitle", "hubspot: jobtitel", "mappings/contacts.yaml")
    desk.change("hubspot: industry", "hubspot: industri", "mappings/companies.yaml")
    answer = desk.run("mapping", "check", "--live", "--json")
    assert answer.code == 2
    found = [(p["file"].rpartition("/")[2], p["where"], p["cure"]) for p in answer.json["problems"]]
    assert found == [
        ("companies.yaml", "fields.industry.in.hubspot", "Did you mean 'industry'?"),
        ("contacts.yaml", "fields.phone.type", "Did you mean 'phone'?"),
        ("contacts.yaml", "fields.job_title.in.hubspot", "Did you mean 'jobtitle'?"),
    ]
    alone = desk.run("mapping", "check", str(desk.folder / "mappings" / "companies.yaml"), "--live")
    assert alone.code == 2
    assert "industri" in alone.out
    assert "^^^^" in alone.out
    assert "contacts.yaml" not in alone.out


@pytest.mark.parametrize("args", [(), ("--live",)])
def test_no_secret_of_the_config_is_shown(desk: Desk, args: tuple[str, ...]) -> None:
    desk.change("credentials: {token: sandbox-mailerlite}", "credentials: {token: [sandbox-mailerlite]}")
    answer = desk.run("mapping", "check", *args)
    assert answer.code == 2
    assert "sandbox-mailerlite" not in answer.out + answer.err
