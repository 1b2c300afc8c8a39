"""Small worlds of memory apps for tests of the whole engine: real steps, real SQLite, a virtual clock."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from connectors.contract import FieldSpec, Options, Result
from connectors.memory import MemoryApp, MemoryConnector, Traits
from mappings.load import load
from mappings.model import ObjectMapping
from syncer.core.brakes import ChangeKind, Limit
from syncer.engine import Engine
from syncer.engine import Options as RunOptions
from syncer.ports import Inline, Ports
from syncer.report import Report
from syncer.store.database import Database
from syncer.sync import App, Sync
from tests.states import state_url

START = datetime(2030, 1, 1, 12, 0, tzinfo=UTC)

MAPPING = """
object: contact
apps:
  crm: {object: contacts}
  mail: {object: contacts, create_when: "consent == 'subscribed'"}
  desk: {object: contacts}
match: {exact: [email, phone], names: [first_name, last_name], fuzzy: true}
rule: newest
fields:
  email: {type: email, in: {crm: email, mail: email, desk: email}}
  first_name: {type: name, in: {crm: first, mail: first, desk: name.first}}
  last_name: {type: name, in: {crm: last, mail: last, desk: name.last}}
  phone: {type: phone, in: {crm: phone, mail: phone, desk: phone}}
  title: {type: text, in: {crm: title, mail: title, desk: title}, rule: {prefer: [crm]}}
  consent: {type: consent, in: {crm: optout, mail: status, desk: consent}, authority: [mail]}
  tags: {type: tags, only: [vip, partner], in: {crm: tags, desk: tags}, rule: union}
"""


class Clock:
    """Time that passes only when told, save for a millisecond a look."""

    def __init__(self, at: datetime = START) -> None:
        self.at = at

    def __call__(self) -> datetime:
        self.at += timedelta(milliseconds=1)
        return self.at

    def sleep(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)


CRM = Traits(
    fields=(
        FieldSpec("email", coerce=("trim", "lower")),
        FieldSpec("first"),
        FieldSpec("last"),
        FieldSpec("phone"),
        FieldSpec("title"),
        FieldSpec(
            "optout",
            kind="consent",
            consent={"true": "unsubscribed"},
            consent_set={"unsubscribed": "true", "bounced": "true", "complained": "true", "erased": "true"},
        ),
        FieldSpec("tags", kind="multi"),
    ),
    unique=("email",),
    account="crm",
)
MAIL = Traits(
    fields=(
        FieldSpec("email", coerce=("trim", "lower")),
        FieldSpec("first", coerce=("cut:10",)),
        FieldSpec("last"),
        FieldSpec("phone", coerce=("digits",)),
        FieldSpec("title"),
        FieldSpec(
            "status",
            kind="consent",
            consent={"active": "subscribed", "out": "unsubscribed", "bounced": "bounced"},
            consent_set={
                "subscribed": "active",
                "unsubscribed": "out",
                "bounced": "out",
                "complained": "out",
                "erased": "out",
            },
        ),
    ),
    unique=("email",),
    needs=(("email",),),
    feed="scan",
    consent_on_new="subscribed",
    account="mail",
)
DESK = Traits(
    fields=(
        FieldSpec("email", coerce=("trim", "lower")),
        FieldSpec("name", coerce=("trim",)),
        FieldSpec("phone"),
        FieldSpec("title"),
        FieldSpec(
            "consent",
            kind="choice",
            options=("subscribed", "pending", "unsubscribed", "bounced", "complained"),
        ),
        FieldSpec("tags", kind="multi"),
    ),
    unique=("email",),
    needs=(("name",),),
    answers=False,
    account="desk",
)


@dataclass
class World:
    """Apps, a mapping over them and an engine on a state file."""

    path: Path
    traits: Mapping[str, Traits] = field(default_factory=lambda: {"crm": CRM, "mail": MAIL, "desk": DESK})
    text: str = MAPPING
    limits: Mapping[ChangeKind, Limit] = field(default_factory=dict)
    clock: Clock = field(default_factory=Clock)
    seed: int = 1
    first_sync: str = "go"

    def __post_init__(self) -> None:
        rng = random.Random(self.seed)
        self.apps = {name: MemoryApp(t, now=self.clock, rng=rng) for name, t in self.traits.items()}
        self.connectors = {
            name: MemoryConnector(Options(name, sleep=self.clock.sleep), app)
            for name, app in self.apps.items()
        }
        self.runs = 0
        self.reopen()

    def reopen(self) -> None:
        """Open the state anew, as another process would."""
        self.db = Database(state_url(self.path))

    def contents(self) -> dict[str, list[str]]:
        """What all apps hold, without record ids: to compare two worlds."""
        return {
            name: sorted(str(sorted(values.items(), key=str)) for values in app.records.values())
            for name, app in self.apps.items()
        }

    def rows(self, sql: str, **values: object) -> list[tuple[object, ...]]:
        """Straight from the state."""
        with self.db.reading():
            return [tuple(row) for row in self.db.rows(sql, **values)]

    def mapping(self) -> ObjectMapping:
        file = self.path / "mapping.yaml"
        file.write_text(self.text)
        return load(
            file, {name: c.describe(self.traits[name].object).fields for name, c in self.connectors.items()}
        )

    @contextmanager
    def away(self, app: str) -> Iterator[None]:
        """What is sent to this app is put off, as long as this lasts."""
        connector = self.connectors[app]
        connector.write = lambda _, writes: [Result(w.ref, "retry") for w in writes]  # type: ignore[method-assign]
        yield
        del connector.write  # type: ignore[method-assign]

    def sync(self) -> Sync:
        mapping = self.mapping()
        apps = {
            name: App(name, self.traits[name].object, c, c.describe(self.traits[name].object))
            for name, c in self.connectors.items()
            if name in mapping.apps
        }
        return Sync("contacts", mapping, apps, self.limits, self.first_sync)  # type: ignore[arg-type]

    def ports(self) -> Ports:
        def run_id(now: datetime) -> str:
            self.runs += 1
            return f"run-{self.runs:05d}"

        return Ports(self.clock, run_id, Inline(), "test", lambda holder: False)

    def run(self, **options: object) -> Report:
        """One run, two minutes after the last thing that happened."""
        self.clock.sleep(120)
        return Engine(self.sync(), self.db, self.ports()).run(RunOptions(**options))  # type: ignore[arg-type]

    def settle(self, most: int = 6) -> Report:
        """Run until nothing is written."""
        for _ in range(most):
            report = self.run()
            if report.written == 0:
                return report
        raise AssertionError("the apps do not settle")

    def only(self, app: str) -> dict[str, object]:
        """The one record of an app."""
        (values,) = self.apps[app].records.values()
        return dict(values)
