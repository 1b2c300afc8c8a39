"""A reference is told by the name of what it points to, in every text; JSON keeps the ids."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from connectors.sandbox.server import CREDENTIALS, Sandbox
from syncer.store.database import Database
from syncer.store.records import Records
from tests.cli.conftest import Desk

PRIMARY = [{"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": 1}]


@dataclass(frozen=True)
class Choice:
    """A person whom two apps moved to two companies: `taken` by HubSpot, `other` by Zendesk. `names` by
    golden id, `records` by app."""

    desk: Desk
    who: str
    taken: str
    other: str
    names: dict[str, str]
    records: dict[str, str]
    number: str

    def tells_names(self, *command: str, typed: str = "") -> str:
        """What a command says: both names, and none of the ids."""
        answer = self.desk.run(*command, typed=typed)
        for golden in (self.taken, self.other):
            assert self.names[golden] in answer.out, command
            assert golden not in answer.out, command
        return answer.out


@pytest.fixture
def choice(desk: Desk, sandbox: Sandbox) -> Choice:
    reference = "    type: reference\n    to: company\n"
    desk.change(reference, f"{reference}    rule: manual\n", "mappings/contacts.yaml")
    desk.run("sync")
    desk.run("sync")
    db = Database(desk.state_url)
    with db.reading():
        people, companies = Records(db, "contacts"), Records(db, "companies")
        who = next(
            u for u in people.units(people.all_golden()).values()
            if {k.app for k in u.links if k.state == "live"} >= {"hubspot", "zendesk"} and not u.golden.held
            and len(u.links) == len({k.app for k in u.links}) and u.golden.value.get("company")
        )  # fmt: skip
        there = companies.records_of(companies.all_golden())
        both = [g for g, app in there if app == "hubspot" and (g, "zendesk") in there]
        names = {g: str(one.value["name"]) for g, one in companies.goldens(both).items()}
    db.close()
    taken, other = [g for g in both if g != who.golden.value["company"]][:2]
    records = {link.app: link.id for link in who.links}
    _move(sandbox, records, there[taken, "hubspot"], there[other, "zendesk"])
    desk.run("sync", "contacts")
    held = desk.run("conflicts", "list", "--held", "--field", "company", "--json").json
    (number,) = [str(entry["seq"]) for entry in held if entry["who"] == who.golden.id]
    return Choice(desk, who.golden.id, taken, other, names, records, number)


def _move(sandbox: Sandbox, records: dict[str, str], company: str, organization: str) -> None:
    """Somebody picks another company in each of the two apps."""
    token = {"Authorization": f"Bearer {CREDENTIALS['hubspot']['token']}"}
    path = f"/crm/v4/objects/contacts/{records['hubspot']}/associations/companies/{company}"
    httpx.put(sandbox.hubspot + path, headers=token, json=PRIMARY).raise_for_status()
    agent = (f"{CREDENTIALS['zendesk']['email']}/token", CREDENTIALS["zendesk"]["token"])
    change = {"user": {"organization_id": int(organization)}}
    path = f"/api/v2/users/{records['zendesk']}.json"
    httpx.put(sandbox.zendesk + path, auth=agent, json=change).raise_for_status()


def test_a_person_chooses_between_companies_by_their_names(choice: Choice) -> None:
    choice.tells_names("conflicts", "list", "--held", "--field", "company")
    choice.tells_names("conflicts", "show", choice.number)
    choice.tells_names("conflicts", "review", "--field", "company", typed="q\n")
    choice.tells_names("explain", choice.who, "company")
    said = choice.desk.run("conflicts", "show", choice.number, "--json").json
    assert {c["value"] for c in said["candidates"]} >= {choice.taken, choice.other}, "JSON keeps the ids"


def test_what_became_of_a_company_is_told_by_name(choice: Choice) -> None:
    desk, taken = choice.desk, choice.taken
    done = desk.run("conflicts", "resolve", choice.number, "--take", "hubspot")
    assert choice.names[taken] in done.out
    assert taken not in done.out
    run = desk.run("runs", "contacts", "--json", "--limit", "1").json[0]["run"]
    for command in (["show", run], ["undo", run, "--plan"], ["history", choice.who]):
        told = desk.run(*command).out
        assert choice.names[taken] in told, command
        assert taken not in told, command
    assert desk.run("show", run, "--json").json["changed"][0]["after"] == taken


def test_companies_that_look_alike_are_told_with_their_ids(choice: Choice) -> None:
    with golden_company(choice, choice.other) as values:
        values["name"] = choice.names[choice.taken].upper()
    told = choice.desk.run("conflicts", "show", choice.number).out
    name = choice.names[choice.taken]
    assert f"{name} ({choice.taken})" in told
    assert f"{name.upper()} ({choice.other})" in told


def test_a_company_without_a_name_is_told_by_its_domain_else_by_its_id(choice: Choice) -> None:
    with golden_company(choice, choice.taken) as values:
        values.update(name=None, domain="taken.example")
    with golden_company(choice, choice.other) as values:
        values.update(name=None, domain=None, phone=None)
    told = choice.desk.run("conflicts", "show", choice.number).out
    assert "taken.example" in told
    assert choice.taken not in told
    assert choice.other in told


def test_a_company_is_typed_by_its_domain_or_its_id(choice: Choice) -> None:
    desk, other = choice.desk, choice.other
    with golden_company(choice, other) as values:
        domain = str(values["domain"])
    refused = desk.run("conflicts", "resolve", choice.number, "--value", "Nobody Limited", "--json")
    assert refused.code == 4
    assert "no company is known under 'Nobody Limited': type its domain" in refused.lines[0]["because"]
    plan = desk.run("conflicts", "review", "--field", "company", "--json", typed=f"v\n{domain}\nq\n")
    assert [(line["outcome"], line["value"]) for line in plan.lines] == [("settled", other)]
    run = plan.lines[0]["run"]
    assert desk.run("undo", run, "--yes").code == 0
    (again,) = desk.run("conflicts", "list", "--held", "--field", "company", "--json").json
    done = desk.run("conflicts", "resolve", str(again["seq"]), "--value", other, "--json")
    assert [(line["outcome"], line["value"]) for line in done.lines] == [("settled", other)]


@contextmanager
def golden_company(choice: Choice, golden: str) -> Iterator[dict[str, Any]]:
    """The values of a company as the state has them, to be changed."""
    db = Database(choice.desk.state_url)
    with db.transaction():
        records = Records(db, "companies")
        (known,) = records.goldens([golden]).values()
        yield known.value
        records.save_goldens([(known, False)])
    db.close()
