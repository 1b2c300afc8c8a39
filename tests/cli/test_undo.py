"""The way back as its user has it: edits in the apps, runs, and each of them undone again."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest

from conflicts.consent import STATES
from connectors.contract import Value, Write
from connectors.sandbox.server import CREDENTIALS, Sandbox
from syncer.config.files import load_config
from syncer.ports import Ports
from syncer.running.retaining import Retaining
from syncer.store.database import Database
from syncer.sync import Sync
from syncer.usecases.explaining import Explainer
from syncer.wiring.wire import Wiring
from tests.cli.conftest import Desk

WORDS = "Amber Birch Cedar Dune Ember Fjord Grove Heath Isle Juniper".split()
TYPED = {
    "hubspot": ("jobtitle", "city", "firstname"),
    "mailerlite": ("fields.job_title", "fields.city", "fields.name"),
    "zendesk": ("user_fields.job_title", "user_fields.city", "name"),
}
KEYS = (
    "sync undone run status written held restored archived created golden parted left reaches_back_to".split()
)
Cell = tuple[str, str, str]  # app, record, field


@dataclass
class Town:
    """What people do in the apps, through the apps' own APIs, and what the apps hold."""

    desk: Desk
    rng: random.Random
    typed: set[Cell] = field(default_factory=set)

    @contextmanager
    def opened(self) -> Iterator[tuple[Sync, Database]]:
        db = Database(load_config(self.desk.config).state)
        wiring = Wiring(load_config(self.desk.config), db, Ports())
        try:
            yield wiring.sync("contacts"), db
        finally:
            wiring.close()
            db.close()

    @contextmanager
    def wired(self) -> Iterator[Sync]:
        with self.opened() as (sync, _):
            yield sync

    def explained(self) -> list[tuple[object, ...]]:
        """Who, field and value of every golden field that is set, and where it came from: app, record, time,
        rule and run. A gap fails."""
        with self.opened() as (sync, db):
            explainer, told = Explainer(sync, db), []
            with db.reading():
                people = explainer.goldens(explainer.records.all_golden())
        for person in people:
            assert {f.field for f in person.fields} == set(sync.mapping.fields)
            for f in person.fields:
                assert f.because
                if f.is_set:
                    assert f.source, (person.golden, f.field)
                    source = f.source.app, f.source.record, f.source.time, f.source.rule, f.source.run
                    assert all(source), (person.golden, f.field, source)
                    told.append((person.golden, f.field, f.value, *source))
        assert told
        return told

    def holds(self) -> dict[Cell, Value]:
        """Every mapped field of every record there is."""
        with self.wired() as sync:
            return {
                (app.name, record.id, name): record.values.get(name)
                for app in sync.apps.values()
                for page in app.connector.pull(app.object, None, sync.fields(app.name))
                for record in page.records
                if not record.archived
                for name in sync.slots(app.name)
            }

    def edit(self, number: int) -> None:
        """So many people type something into one field of one record."""
        with self.wired() as sync:
            for app in sync.apps.values():
                ids = sorted({r for a, r, _ in self.before if a == app.name})
                writes = {}
                for n in range(number // len(sync.apps)):
                    id, name = self.rng.choice(ids), self.rng.choice(TYPED[app.name])
                    word = " ".join(self.rng.choice(WORDS) for _ in range(2))
                    writes[id] = Write(f"{n}", "update", id, {name: word})
                    self.typed.add((app.name, id, name))
                results = app.connector.write(app.object, list(writes.values()))
                assert {r.outcome for r in results} == {"applied"}

    def look(self) -> None:
        self.before = self.holds()


def runs(desk: Desk) -> list[str]:
    """The runs that wrote something to people, newest first."""
    return [r["run"] for r in desk.run("runs", "contacts", "--limit", "100", "--json").json if r["written"]]


def all_back(town: Town, rounds: int, edits: int) -> None:
    """The issue's promise, on a world of any size."""
    desk = town.desk
    assert desk.run("sync", "companies").code == 0
    town.look()
    desk.run("sync", "contacts")
    for _ in range(rounds):
        town.edit(edits)
        desk.run("sync", "contacts")
    town.explained()
    undone = [desk.run("undo", run, "--yes", "--irreversible", "--json").json for run in runs(desk)]
    assert {u["status"] for u in undone} <= {"done", "partial"}
    after = town.holds()
    town.explained()
    refused = {(f["app"], f["record"], f["field"]) for f in desk.run("failures", "list", "--json").json}
    assert {name for _, _, name in refused} <= {"email"}  # the helpdesk clears no address
    wrong = {
        cell: (value, after.get(cell))
        for cell, value in town.before.items()
        if cell not in town.typed | refused and not same(cell, value, after.get(cell))
    }
    assert not wrong
    created = {(a, r) for a, r, _ in after} - {(a, r) for a, r, _ in town.before}
    kept = {(x["app"], x["record"]) for u in undone for x in u["left"] if x["field"] is None}
    assert created <= kept
    assert created <= {(a, r) for a, r, _ in town.typed}
    assert desk.run("verify", "contacts", "--json").json["drift"] == []
    assert desk.run("sync", "contacts", "--approve", undone[-1]["run"]).code in (0, 4)
    assert desk.run("sync", "contacts", "--json").json["written"] == 0
    assert town.holds() == after


CONSENT = {"hs_email_optout", "status", "user_fields.marketing_consent"}


def tags(value: Value) -> set[str]:
    return set(value if isinstance(value, list) else ()) - set(STATES)


def same(cell: Cell, before: Value, after: Value) -> bool:
    """Consent is never raised again. Zendesk shows each choice of a list as a tag besides."""
    if cell[2] in CONSENT:
        return True
    if isinstance(before, list) or isinstance(after, list):
        return tags(before) == tags(after)
    return (before or None) == (after or None)


@pytest.mark.slow
def test_all_runs_are_undone_in_reverse_order(desk: Desk) -> None:
    all_back(Town(desk, random.Random(7)), rounds=2, edits=18)


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_ten_runs_and_a_first_sync_of_a_thousand_people_are_undone(tmp_path: Path) -> None:
    with Sandbox(people=1000, limits="off") as sandbox:
        desk = Desk(tmp_path, sandbox.url)
        assert desk.run("init", "--sandbox", "--port", sandbox.url.rsplit(":", 1)[1]).code == 0
        all_back(Town(desk, random.Random(1)), rounds=10, edits=51)


def test_the_way_back_is_shown_first(desk: Desk) -> None:
    desk.synced()
    run = runs(desk)[-1]
    for answer in (desk.run("undo", run, "--plan"), desk.run("undo", run)):
        assert answer.code == 0
        assert f"Undoing run {run}:" in answer.out
    assert "Nothing was done" in answer.out
    planned = desk.run("undo", run, "--plan", "--json").json
    assert list(planned) == KEYS
    assert (planned["status"], planned["run"], planned["written"]) == ("planned", None, 0)
    assert planned["left"]
    assert all(line["because"] for line in planned["left"])


def test_what_is_left_alone_is_counted_where_the_preview_is_cut(desk: Desk) -> None:
    desk.synced()
    run = runs(desk)[-1]
    lines = [
        x for x in desk.run("undo", run, "--plan", "--limit", "0").out.splitlines() if x.startswith("leave")
    ]
    cut = desk.run("undo", run, "--plan", "--limit", "4").out
    left = len(lines) - sum(x.startswith("leave") for x in cut.splitlines())
    assert left > 1
    assert f" lines more, {left} of them left as they are; --limit 0 shows all." in cut


def test_what_becomes_of_whole_records_is_told_in_words(desk: Desk) -> None:
    desk.synced()
    made = runs(desk)[-1]
    shown = [x.split() for x in desk.run("undo", made, "--plan", "--limit", "0").out.splitlines()]
    archives = [x for x in shown if x[:1] == ["archive"]]
    assert archives
    assert all(x[2:4] == ["there", "archived"] for x in archives)
    undone = desk.run("undo", made, "--yes", "--json").json["run"]
    shown = [x.split() for x in desk.run("undo", undone, "--plan", "--limit", "0").out.splitlines()]
    again = [x for x in shown if x[:2] == ["make", "again"]]
    assert again
    assert all(x[3] == "for" and x[5:9] == ["gone", "a", "new", "record"] for x in again)


@pytest.mark.slow
def test_what_was_made_and_is_used_by_now_stays(desk: Desk, sandbox: Sandbox) -> None:
    desk.synced()
    run = runs(desk)[-1]
    plan = ("undo", run, "--plan", "--irreversible", "--json")
    first: dict[str, str] = {}
    for line in desk.run(*plan).json["archived"]:
        first.setdefault(line["app"], line["record"])
        assert line["because"] is None
    use(sandbox, first)
    left = {(x["app"], x["record"]): x["because"] for x in desk.run(*plan).json["left"] if not x["field"]}
    told = {app: left[app, id] for app, id in first.items() if (app, id) in left}
    assert told == {"hubspot": "it has 1 deal", "zendesk": "it has 1 ticket"}


def use(sandbox: Sandbox, records: Mapping[str, str]) -> None:
    """A deal and a ticket for one record each."""
    bearer = {"authorization": f"Bearer {CREDENTIALS['hubspot']['token']}"}
    deal = {
        "properties": {"dealname": "Big", "dealstage": "closedwon", "pipeline": "default"},
        "associations": [{"to": {"id": records["hubspot"]}, "types": [{"associationTypeId": 3}]}],
    }
    url = f"{sandbox.hubspot}/crm/v3/objects/deals"
    httpx.post(url, json=deal, headers=bearer).raise_for_status()
    agent = (f"{CREDENTIALS['zendesk']['email']}/token", CREDENTIALS["zendesk"]["token"])
    ticket = {"subject": "x", "comment": {"body": "x"}, "requester_id": int(records["zendesk"])}
    url = f"{sandbox.zendesk}/api/v2/tickets"
    httpx.post(url, json={"ticket": ticket}, auth=agent).raise_for_status()


def test_undoing_holds_the_sync_and_says_how_to_release_it(desk: Desk) -> None:
    desk.synced()
    run = runs(desk)[-1]
    done = desk.run("undo", run, "--yes")
    undo = desk.run("runs", "contacts", "--limit", "1", "--json").json[0]["run"]
    assert f"sync contacts --approve {undo}" in done.out
    held = desk.run("sync", "contacts")
    assert held.code == 3
    assert f"run {run} was undone" in held.out
    assert desk.run("sync", "contacts", "--approve", undo).code in (0, 4)
    assert desk.run("sync", "contacts").code == 0


def test_one_person_and_one_field(desk: Desk) -> None:
    desk.synced()
    run = runs(desk)[-1]
    (write, *_) = [w for w in desk.run("show", run, "--json").json["writes"] if w["kind"] == "update"]
    part = desk.run("undo", run, "--record", f"{write['app']}:{write['record']}", "--yes", "--json").json
    assert {line["who"] for line in part["restored"]} == {write["who"]}
    assert not part["held"]
    assert desk.run("sync", "contacts").code == 0


@pytest.mark.parametrize(
    ("args", "code"),
    [(("no-such-run",), 2), (("RUN", "--field", "cty"), 2), (("RUN", "--record", "x@y.zz"), 1)],
)
def test_wrong_use_is_told(desk: Desk, args: tuple[str, ...], code: int) -> None:
    desk.synced()
    run = runs(desk)[-1]
    answer = desk.run("undo", *(run if a == "RUN" else a for a in args))
    assert answer.code == code
    assert answer.err


@pytest.mark.slow
def test_what_is_not_kept_is_not_undone_and_is_explained_all_the_same(desk: Desk) -> None:
    desk.synced()
    town, first = Town(desk, random.Random(3)), runs(desk)[-1]
    town.look()
    town.edit(9)
    desk.run("sync", "contacts")
    before = town.explained()
    with town.opened() as (sync, db):
        later = Ports(now=lambda: datetime.now(UTC) + timedelta(days=500))
        Retaining(sync, db, later, timedelta(days=400)).run()
    refused = desk.run("undo", first)
    assert refused.code == 2
    assert re.search(r"undo reaches back to \d{4}-\d\d-\d\d", refused.err)
    gone = desk.run("undo", "20200101T000000-0000")
    assert gone.code == 2
    assert "older runs are not kept" in gone.err
    assert town.explained() == before
