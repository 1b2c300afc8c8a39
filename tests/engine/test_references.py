"""References: companies before contacts, and a company's name where an app has only a text for it."""

from __future__ import annotations

from pathlib import Path

from connectors.contract import FieldSpec, Options
from connectors.memory import MemoryApp, MemoryConnector, Traits
from mappings.load import load
from syncer.engine import Engine
from syncer.engine import Options as RunOptions
from syncer.ports import Inline, Ports
from syncer.setup import App, Sync
from syncer.store.database import Database
from tests.engine.world import Clock
from tests.states import state_url

COMPANIES = """
object: company
apps: {crm: {object: companies}, desk: {object: companies}}
match: {exact: [domain], names: [name]}
fields:
  name: {type: text, in: {crm: name, desk: name}}
  domain: {type: domain, in: {crm: domain, desk: domain}}
"""
CONTACTS = """
object: contact
apps: {crm: {object: contacts}, desk: {object: contacts}, mail: {object: contacts}}
match: {exact: [email], names: [name]}
fields:
  email: {type: email, in: {crm: email, desk: email, mail: email}}
  name: {type: text, in: {crm: name, desk: name, mail: name}}
  company:
    type: reference
    to: company
    in: {crm: company, desk: company, mail: {field: company, as: name}}
"""
COMPANY = Traits(object="companies", fields=(FieldSpec("name"), FieldSpec("domain")), unique=("domain",))
PEOPLE = Traits(
    fields=(
        FieldSpec("email"),
        FieldSpec("name"),
        FieldSpec("company", kind="reference", reference="companies"),
    ),
    unique=("email",),
)
MAIL = Traits(
    fields=(FieldSpec("email"), FieldSpec("name"), FieldSpec("company")), unique=("email",), feed="scan"
)


class Town:
    """Two apps with companies and people, and one with people whose company is a text."""

    def __init__(self, path: Path) -> None:
        self.clock = Clock()
        self.apps = {
            (app, t.object): MemoryApp(t, now=self.clock)
            for app, traits in {"crm": (COMPANY, PEOPLE), "desk": (COMPANY, PEOPLE), "mail": (MAIL,)}.items()
            for t in traits
        }
        for app in ("crm", "desk"):
            self.apps[app, "contacts"].targets["companies"] = self.apps[app, "companies"]
        self.db = Database(state_url(path))
        self.path, self.runs = path, 0

    def sync(self, name: str, text: str, **rest: object) -> Sync:
        file = self.path / f"{name}.yaml"
        file.write_text(text)
        mapped = ("crm", "desk") if name == "companies" else ("crm", "desk", "mail")
        apps = {}
        for app in mapped:
            mine = [a for (n, _), a in self.apps.items() if n == app]
            connector = MemoryConnector(Options(app, sleep=self.clock.sleep), *mine)
            apps[app] = App(app, name, connector, connector.describe(name))
        mapping = load(file, {app: part.spec.fields for app, part in apps.items()})
        return Sync(name, mapping, apps, **rest)  # type: ignore[arg-type]

    def run_id(self, _: object) -> str:
        self.runs += 1
        return f"run-{self.runs:03d}"

    def run(self) -> int:
        """Companies, then people; how much was written."""
        self.clock.sleep(120)
        ports = Ports(self.clock, self.run_id, Inline(), "test", lambda _: False)
        companies = self.sync("companies", COMPANIES, dependents=("contacts",))
        contacts = self.sync("contacts", CONTACTS, targets={"company": "companies"})
        return sum(Engine(s, self.db, ports).run(RunOptions()).written for s in (companies, contacts))

    def company_of(self, app: str, email: str) -> object:
        """The name of a person's company, as this app shows it."""
        (person,) = [v for v in self.apps[app, "contacts"].records.values() if v["email"] == email]
        if app == "mail" or not person["company"]:
            return person["company"]
        return self.apps[app, "companies"].records[str(person["company"])]["name"]


def settled(town: Town) -> Town:
    for _ in range(5):
        if town.run() == 0:
            return town
    raise AssertionError("the apps do not settle")


def acme(path: Path) -> Town:
    town = Town(path)
    id = town.apps["crm", "companies"].user_create({"name": "Acme", "domain": "acme.test"})
    town.apps["crm", "contacts"].user_create({"email": "mara@acme.test", "name": "Mara Lind", "company": id})
    return settled(town)


def test_a_reference_arrives_as_the_other_apps_own_record_and_as_a_name(tmp_path: Path) -> None:
    town = acme(tmp_path)
    assert [town.company_of(app, "mara@acme.test") for app in ("crm", "desk", "mail")] == ["Acme"] * 3
    assert len(town.apps["desk", "companies"].records) == 1


def test_a_new_name_of_the_company_reaches_the_text(tmp_path: Path) -> None:
    town = acme(tmp_path)
    (id,) = town.apps["desk", "companies"].records
    town.apps["desk", "companies"].user_edit(id, {"name": "Acme Group"})
    settled(town)
    assert town.company_of("mail", "mara@acme.test") == "Acme Group"


def test_an_edit_of_the_text_is_written_back_and_makes_no_company(tmp_path: Path) -> None:
    town = acme(tmp_path)
    (id,) = town.apps["mail", "contacts"].records
    town.apps["mail", "contacts"].user_edit(id, {"company": "Somewhere else"})
    settled(town)
    assert town.company_of("mail", "mara@acme.test") == "Acme"
    assert len(town.apps["crm", "companies"].records) == 1


def test_a_changed_reference_travels_and_a_cleared_one_too(tmp_path: Path) -> None:
    town = acme(tmp_path)
    other = town.apps["desk", "companies"].user_create({"name": "Borneo", "domain": "borneo.test"})
    (person,) = town.apps["desk", "contacts"].records
    town.apps["desk", "contacts"].user_edit(person, {"company": other})
    settled(town)
    assert [town.company_of(app, "mara@acme.test") for app in ("crm", "desk", "mail")] == ["Borneo"] * 3
    town.apps["desk", "contacts"].user_clear(person, "company")
    settled(town)
    assert [town.company_of(app, "mara@acme.test") for app in ("crm", "desk", "mail")] == [None] * 3


def test_a_text_without_a_company_is_left_alone(tmp_path: Path) -> None:
    town = Town(tmp_path)
    town.apps["mail", "contacts"].user_create(
        {"email": "budi@x.test", "name": "Budi", "company": "Warung Budi"}
    )
    settled(town)
    assert town.company_of("mail", "budi@x.test") == "Warung Budi"
    assert town.apps["crm", "companies"].records == {}
