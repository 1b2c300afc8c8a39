"""Read every app in full and compare it with the golden records. What differs is asked for once more by its
id before it is called drift, since lists may lag behind their records."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

from connectors.contract import AppError, Fetched, Page, Record
from syncer.core.drift import Finding, Kind, compare
from syncer.core.lens import Lens
from syncer.core.plan import Planning, plan
from syncer.deciding import refs
from syncer.deciding.abilities import abilities_of, creating_in, doubted_in, waiting_for_review
from syncer.deciding.one_pass import CHUNK
from syncer.deciding.owners import owners_of
from syncer.engine import Engine
from syncer.model import DISAGREES, LinkKey, Unit
from syncer.options import Options
from syncer.ports import Ports, Task
from syncer.report import PAUSED
from syncer.selecting import Selection
from syncer.store.database import Database, chunks
from syncer.store.history import History
from syncer.store.keys import by_app
from syncer.store.lease import hold
from syncer.sync import App, Sync


@dataclass(slots=True)
class Checked:
    """One app: records read, fields compared, what differs. `error`: why it was not read to the end."""

    read: int = 0
    compared: int = 0
    findings: list[Finding] = field(default_factory=list)
    error: str = ""

    def count(self, drift: bool) -> Counter[tuple[str, str]]:
        """(field, kind) -> records, of what drifted or of what differs for a reason."""
        return Counter((f.field or "(record)", f.kind) for f in self.findings if f.is_drift == drift)


@dataclass(slots=True)
class Verified:
    """What a full comparison of one sync came to, by app."""

    run: str
    apps: dict[str, Checked]

    @property
    def drift(self) -> list[Finding]:
        return [f for checked in self.apps.values() for f in checked.findings if f.is_drift]

    @property
    def apart(self) -> list[Finding]:
        return [f for checked in self.apps.values() for f in checked.findings if not f.is_drift]


@dataclass(slots=True)
class Verifying:
    """Compares one sync. Holds its lease meanwhile, so that no run writes in between."""

    sync: Sync
    db: Database
    ports: Ports
    engine: Engine = field(init=False)
    in_review: set[LinkKey] = field(init=False, default_factory=set)

    def __post_init__(self) -> None:
        self.engine = Engine(self.sync, self.db, self.ports)

    def run(self) -> Verified:
        """Read and compare. Nothing is kept but the run itself. Raises `Busy`."""
        with self.engine.session("verify") as run:
            able = self.engine.unpaused()
            self._note_reviews()
            tasks = {name: self._check(app) for name, app in self.sync.apps.items() if name in able}
            found: dict[str, Checked] = self.ports.workers.drive(tasks)
            complete = {name for name, checked in found.items() if not checked.error}
            with self.db.reading():
                for finding in self._never_made(complete):
                    if finding.app in complete:
                        found[finding.app].findings.append(finding)
            for name in self.sync.apps:
                checked = found.setdefault(name, Checked(error=PAUSED))
                run.report.apps[name].read, run.report.apps[name].error = checked.read, checked.error
            return Verified(run.id, {name: found[name] for name in self.sync.apps})

    def left(self, drift: Sequence[Finding]) -> list[Finding]:
        """What of it is still there after a repair. These records alone are asked for; an app that cannot be
        asked counts as it was. Raises `Busy`."""
        ids = by_app((f.app, f.record) for f in drift if f.record)
        ports = self.ports
        with hold(self.db, self.sync.name, ports.holder, ports.now, ports.alive):
            self._note_reviews()
            tasks = {app: self._check(self.sync.apps[app], some) for app, some in ids.items()}
            found: dict[str, Checked] = ports.workers.drive(tasks)
            unmade = {(f.app, f.who) for f in drift if f.record is None}
            with self.db.reading():
                still = [f for f in self._never_made({app for app, _ in unmade}) if (f.app, f.who) in unmade]
        for app, checked in found.items():
            still += [f for f in drift if f.record and f.app == app] if checked.error else checked.findings
        return [f for f in still if f.is_drift]

    def _note_reviews(self) -> None:
        with self.db.reading():
            asked = History(self.db).reviews(self.sync.name)
        self.in_review = {(r["app"], r["record"]) for r in asked}

    def prepare_repair(self, drift: Sequence[Finding]) -> Options:
        """Have a run write golden where an app differs though nobody edited it there; what was edited is
        merged as ever. Returns how that run is to go: over these people alone. It reads all apps once more,
        since who lacks a record may have been entered there meanwhile. Raises `Busy`."""
        records, ports = self.engine.records, self.ports
        stale = [f for f in drift if f.kind == "due" and not f.edited and f.who is not None]
        lacking = sorted({f.who for f in drift if f.record is None and f.who is not None})
        with (
            hold(self.db, self.sync.name, ports.holder, ports.now, ports.alive),
            self.db.transaction(),
        ):
            units = records.units(sorted({f.who for f in stale if f.who}))
            for f in (f for f in stale if f.who in units):  # others may have become part of somebody since
                for link in units[f.who or ""].links:
                    if link.key == (f.app, f.record):
                        fields = self.sync.slots(f.app)[f.field or ""].fields
                        link.agreed.update(dict.fromkeys(fields, DISAGREES))
                        link.parted.pop(f.field or "", None)
            records.save_links((k for u in units.values() for k in u.links), self.sync.slot_names())
            records.mark_due([*units, *lacking])
            theirs = [link.key for unit in records.units(lacking).values() for link in unit.links]
            found = [(f.app, f.record) for f in drift if f.record is not None]
        about = tuple(dict.fromkeys([*found, *theirs]))
        return Options(selection=Selection(records=about), ask=about)

    def _never_made(self, complete: Collection[str]) -> Iterator[Finding]:
        """Golden records that the mapping wants in an app, which has none of them. Call inside a reading."""
        records, ledger = self.engine.records, self.engine.ledger
        creating, doubted = creating_in(ledger), doubted_in(self.sync, records, ledger)
        able = abilities_of(self.sync, ledger)
        able = replace(able, creates=[app for app in able.creates if app in complete])
        for some in chunks(records.all_golden(), CHUNK):
            units = list(records.units(some).values())
            lens = Lens(self.sync.mapping, refs.load(self.sync, self.db, units))
            abilities = owners_of(self.sync, records, units).with_taken(able)
            for unit in units:
                waits = waiting_for_review(unit.links, doubted)
                planning = Planning(unit.golden, lens, abilities, [], [], [])
                plan(planning, unit.links, {*creating.get(unit.golden.id, ()), *waits})
                made = [item.app for item in planning.items if item.kind == "create"]
                there = {*made, *(link.app for link in unit.links)}
                refused = [app for app in unit.golden.refused if app in complete and app not in there]
                kinds: tuple[tuple[Kind, Collection[str]], ...] = (
                    ("missing", made),
                    ("pending", creating.get(unit.golden.id, ())),
                    ("refused", refused),
                )
                for kind, apps in kinds:
                    yield from (Finding(app, None, unit.golden.id, None, kind) for app in sorted(apps))

    # -- one app ------------------------------------------------------------------------------------------

    def _check(self, app: App, ids: Sequence[str] | None = None) -> Task[Checked]:
        """All of its records, or these alone."""
        checked = Checked()
        try:
            yield from self._read(app, checked) if ids is None else self._ask_again(app, ids, checked)
        except AppError as error:
            checked.error = str(error)
        return checked

    def _read(self, app: App, checked: Checked) -> Task[None]:
        fields = self.sync.fields(app.name)
        pages: Iterator[Page] = iter(app.connector.pull(app.object, None, fields))
        doubtful: dict[str, None] = {}
        shown: set[str] = set()
        while True:
            page: Page | None = yield lambda: next(pages, None)
            if page is None:
                break
            checked.read += len(page.records)
            with self.db.reading():
                compared, found = self._compare(app, page.records)
            checked.compared += compared
            differs = dict.fromkeys(f.record for f in found if f.is_drift and f.record)  # asked in this order
            checked.findings += [f for f in found if f.record not in differs]
            doubtful.update(differs)
            shown.update(r.id for r in page.records if not r.archived)
            self.ports.progress("comparing", app.name, checked.read)
            if page.last:
                break
        with self.db.reading():
            doubtful.update((id, None) for id in self.engine.records.live_ids(app.name) if id not in shown)
        yield from self._ask_again(app, list(doubtful), checked)

    def _ask_again(self, app: App, ids: Sequence[str], checked: Checked) -> Task[None]:
        fields = self.sync.fields(app.name)
        for some in chunks(ids, app.spec.fetch_batch):
            answers: Sequence[Fetched] = yield partial(app.connector.fetch, app.object, some, fields)
            there = [a.record for a in answers if a.state == "found" and a.record is not None]
            with self.db.reading():
                _, found = self._compare(app, there)
                links = self.engine.records.links(app.name, [a.id for a in answers])
            checked.findings += found
            for a in answers:
                if a.state != "found" and a.id in links and links[a.id].state == "live":
                    kind: Kind = "unknown" if a.state == "unknown" else "missing"
                    checked.findings.append(Finding(app.name, a.id, links[a.id].golden, None, kind))

    def _compare(self, app: App, page: Sequence[Record]) -> tuple[int, list[Finding]]:
        """Records that take part. Call inside a reading."""
        records, intake = self.engine.records, self.engine.intakes[app.name]
        links = records.links(app.name, [r.id for r in page])
        goldens = records.goldens(sorted({link.golden for link in links.values()}))
        units = [Unit(goldens[link.golden], [link]) for link in links.values()]
        lens = Lens(self.sync.mapping, refs.load(self.sync, self.db, units))
        number, found = 0, []
        for record in page:
            link = links.get(record.id)
            if record.archived or not intake.in_scope(record, link is not None and link.state == "live"):
                continue
            if link is None:
                kind: Kind = "in_review" if (app.name, record.id) in self.in_review else "unlinked"
                found.append(Finding(app.name, record.id, None, None, kind))
            elif link.state == "live":
                compared, differs = compare(lens, goldens[link.golden], link, record.values, app.writes)
                number += compared
                found += differs
        return number, found
