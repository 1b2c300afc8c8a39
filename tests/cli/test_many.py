"""Commands that take many names at once: @FILE, or - for standard input."""

from __future__ import annotations

import json
from pathlib import Path

import httpx
import pytest

from tests.cli.conftest import Desk
from tests.cli.test_link import everybody
from tests.cli.test_undo import runs


@pytest.mark.slow
def test_many_names_are_explained_told_exported_and_undone(desk: Desk) -> None:
    desk.synced()
    who = sorted(everybody(desk))
    names = desk.folder / "names.txt"
    names.write_text("\n".join([*who, "nobody@nowhere.test"]))
    told = desk.run("explain", f"@{names}", "city", "--json")
    assert (told.code, [one["who"] for one in told.json]) == (4, who)
    assert "'nobody@nowhere.test'" in told.err
    alone = [desk.run("explain", one, "city", "--json").json[0] for one in who[:3]]
    assert told.json[:3] == alone
    typed = desk.run("explain", "-", "--json", typed="\n".join(who[:2]))
    assert (typed.code, len(typed.json)) == (0, 2)
    events = desk.run("history", f"@{names}", "--json").json
    assert {event["who"] for event in events} == set(who)
    exported = desk.run("export", f"@{names}", "--json").json
    assert [one["who"] for one in exported] == who
    assert exported[0]["history"] == desk.run("history", who[0], "--json").json
    run = runs(desk)[-1]
    lines = desk.run("undo", run, "--record", f"@{names}", "--record", who[0], "--plan", "--json").json
    assert {line["who"] for line in lines["left"]} <= set(who)
    assert desk.run("explain", f"@{desk.folder / 'none.txt'}").code == 2


@pytest.mark.slow
def test_many_are_forgotten_in_one_run_within_the_limit(desk: Desk) -> None:
    desk.synced()
    who = sorted(everybody(desk))[:12]
    names = desk.folder / "names.txt"
    names.write_text("\n".join(who))
    desk.change("first_sync: go", "first_sync: go\nsafety:\n  archives: {share: 0.0, count: 3}\n")
    held = desk.run("forget", f"@{names}", "--yes")
    assert held.code == 3
    assert "archives" in held.err
    desk.change("count: 3", "count: 300")
    done = desk.run("forget", f"@{names}", "--yes", "--json")
    assert (done.code, done.json["status"]) == (0, "done")
    assert {record["who"] for record in done.json["records"]} == set(who)
    receipt = json.loads(Path(done.json["receipt"]).read_text())
    assert receipt["marks"] == done.json["marks"]
    assert desk.run("explain", f"@{names}").code == 1
    desk.run("resync", "--json")
    assert desk.run("review", "list", "--json").json == []


@pytest.mark.parametrize(
    "command", ["explain hubspot:0", "history hubspot:0", "export hubspot:0", "forget hubspot:0 --yes"]
)
def test_an_id_that_nothing_is_known_of_is_nobody(desk: Desk, command: str) -> None:
    answer = desk.run(*command.split())
    assert (answer.code, answer.out) == (1, "")
    assert "Nobody is known under 'hubspot:0'" in answer.err


def test_a_plan_for_nobody_says_so(desk: Desk) -> None:
    answer = desk.run("plan", "--record", "nobody@nowhere.test", "--json")
    assert (answer.code, answer.out) == (1, "")
    assert "Nobody was found" in answer.err


def test_a_list_of_names_that_is_empty_says_so(desk: Desk) -> None:
    answer = desk.run("explain", "-", "--json", typed="# nobody yet\n")
    assert (answer.code, answer.out) == (1, "")
    assert "No name was given" in answer.err


def test_a_file_that_cannot_be_written_is_named(desk: Desk) -> None:
    answer = desk.run("plan", "--out", str(desk.folder / "none" / "kept.plan"))
    assert answer.code == 1
    assert "kept.plan cannot be used: No such file or directory" in answer.err
    assert answer.out == "", "told before anything was planned"


NUMBER = "+433165550199"


def colleagues(desk: Desk) -> list[str]:
    """The addresses of two people whose companies are known by the domains in them."""
    state = httpx.get(f"{desk.url}/_sandbox/state").json()["hubspot"]
    domains = {company["properties"]["domain"] for company in state["companies"]}
    emails = [person["properties"].get("email") or "" for person in state["contacts"]]
    return [email for email in emails if email.partition("@")[2] in domains][:2]


def test_an_address_means_the_person_and_not_their_company(desk: Desk) -> None:
    desk.synced()
    one, other = colleagues(desk)
    assert {told["object"] for told in desk.run("explain", one, "--json").json} == {"contact"}
    assert len(desk.run("explain", one.partition("@")[2], "--json").json) == 1
    assert desk.run("forget", one, "--plan", "--json").json["sync"] == "contacts"
    assert desk.run("link", one, other, "--plan", "--json").json["sync"] == "contacts"
    assert desk.run("plan", "companies", "--record", one).code == 1


def test_a_line_that_is_known_in_several_syncs_is_left_out(desk: Desk) -> None:
    desk.change("exact: [domain]", "exact: [domain, phone]", "mappings/companies.yaml")
    one, other = colleagues(desk)
    for object, who in (("contacts", f"{one}?idProperty=email"), ("companies", "5001")):
        httpx.patch(
            f"{desk.url}/hubspot/crm/v3/objects/{object}/{who}",
            json={"properties": {"phone": NUMBER}},
            headers={"authorization": "Bearer sandbox-hubspot"},
        ).raise_for_status()
    desk.synced()
    told = f"'{NUMBER}' is known in several syncs: companies, contacts."
    for command in ("forget", "unlink"):
        alone = desk.run(command, NUMBER, "--plan")
        assert (alone.code, told in alone.err) == (2, True)
    names = desk.folder / "names.txt"
    names.write_text(f"{NUMBER}\n{other}\n")
    forgotten = desk.run("forget", f"@{names}", "--plan", "--json")
    assert (forgotten.code, told in forgotten.err) == (4, True)
    assert {person["name"].split(", ")[1] for person in forgotten.json["people"]} == {other}
    record = desk.run("explain", other, "--json").json[0]["records"][-1]
    names.write_text(f"{NUMBER},\n{record['app']}:{record['record']}\n")
    unlinked = desk.run("unlink", f"@{names}", "--plan", "--json")
    assert (unlinked.code, unlinked.json["sync"]) == (4, "contacts")
    assert unlinked.json["left_out"][0]["because"].startswith(told)
