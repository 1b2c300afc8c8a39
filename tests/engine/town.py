"""A town of two objects, companies and people who point to them: two apps have both, one has a text."""

from __future__ import annotations

from pathlib import Path

from connectors.contract import FieldSpec, Options
from connectors.memory import MemoryApp, MemoryConnector, Traits
from mappings.load import load
from syncer.engine import Engine
from syncer.engine import Options as RunOptions
from syncer.ports import Inline, Ports
from syncer.store.database import Database
from syncer.sync import App, Sync
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
        FieldSpec("surname"),
        FieldSpec("company", kind="reference", reference="companies"),
        FieldSpec("owner", kind="reference", reference="companies"),
    ),
    unique=("email",),
)
MAIL = Traits(
    fields=(FieldSpec("email"), FieldSpec("name"), FieldSpec("surname"), FieldSpec("company")),
    unique=("email",),
    feed="scan",
)


class Town:
    """Two apps with companies and people, and one with people whose company is a text."""

    def __init__(self, path: Path, contacts: str = CONTACTS) -> None:
        self.contacts = contacts
        self.clock = Clock()
        self.apps = {
            (app, t.object): MemoryApp(t, now=self.clock)
            for app, traits in {"crm": (COMPANY, PEOPLE), "desk": (COMPANY, PEOPLE), "mail": (MAIL,)}.items()
            for t in traits
        }
        for app in ("crm", "desk"):
            self.apps[app, "contacts"].targets["companies"] = self.apps[app, "companies"]
        self.path, self.runs = path, 0
        self.db = self.opened()

    def opened(self) -> Database:
        return Database(state_url(self.path))

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
        return sum(self.engine(s).run(RunOptions()).written for s in (self.companies(), self.people()))

    def companies(self) -> Sync:
        return self.sync("companies", COMPANIES, dependents=("contacts",))

    def people(self) -> Sync:
        return self.sync("contacts", self.contacts, targets={"company": "companies"})

    def engine(self, sync: Sync) -> Engine:
        return Engine(sync, self.db, self.ports())

    def ports(self) -> Ports:
        return Ports(self.clock, self.run_id, Inline(), "test", lambda _: False)

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
