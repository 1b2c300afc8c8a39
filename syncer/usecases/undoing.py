"""Undo a run: show the way back, then go it. Reads the records at stake again, and writes before-images where
only that run wrote. See `syncer.core.reversal` for what is put back and what is left alone."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from connectors.contract import Attaching
from syncer.core.deeds import Deed, Line, Reversal, Rules, Written
from syncer.core.lens import Lens
from syncer.core.reopen import Answered, reopen
from syncer.core.resolve import RULE as RESOLVED
from syncer.core.reversal import reverse
from syncer.deciding import refs
from syncer.deciding.abilities import doubted_in
from syncer.deciding.one_pass import CHUNK
from syncer.engine import Engine, Run
from syncer.model import ABSENT, Golden, LinkKey, LogEntry, Unit
from syncer.ports import Ports
from syncer.report import Report
from syncer.store.database import Database, chunks
from syncer.store.history import History
from syncer.store.joins import Joins
from syncer.store.keys import by_app
from syncer.store.stories import Stories
from syncer.sync import App, Sync
from syncer.usecases.reverting import (
    Sending,
    ask_settled,
    attached,
    keep,
    merged_since,
    plan_reversals,
)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be undone. `goldens`: only these, or None for all of the run; `field`: only this one."""

    run: str
    goldens: frozenset[str] | None = None
    field: str | None = None
    irreversible: bool = False

    @property
    def whole(self) -> bool:
        return self.goldens is None and self.field is None


@dataclass(slots=True)
class Undone(Sending):
    """What an undo came to. `report` is None where it was only shown."""

    run: str = ""
    report: Report | None = None
    held: bool = False
    reaches: str | None = None  # the history begins here; None: with the first run


@dataclass(slots=True)
class Undoing:
    """Undoes runs of one sync."""

    sync: Sync
    db: Database
    ports: Ports
    engine: Engine = field(init=False)
    stories: Stories = field(init=False)
    unreadable: dict[str, str] = field(default_factory=dict)
    used: dict[LinkKey, str] = field(default_factory=dict)
    merged: dict[LinkKey, str] = field(default_factory=dict)  # into which record of the app

    def __post_init__(self) -> None:
        self.engine = Engine(self.sync, self.db, self.ports)
        self.stories = Stories(self.db, self.sync.name)

    def show(self, wanted: Wanted) -> Undone:
        """What undoing would do. Nothing is kept. Raises `Busy`."""
        with self.engine.session("plan") as run:
            self._look(run, wanted)
            with self.db.trial():
                return self._reverse(wanted, run.id)

    def do(self, wanted: Wanted) -> Undone:
        """Undo, as a run of its own: it is in the history, and can be undone. Raises `Busy`."""
        with self.engine.session("undo") as run:
            self._look(run, wanted)
            with self.db.transaction():
                undone = self._reverse(wanted, run.id)
                if wanted.whole and not self._was_an_answer(wanted.run):
                    undone.held = True
                    reason = f"run {wanted.run} was undone, and its sync waits until you release it"
                    self.engine.ledger.hold(run.id, reason, [], self.sync.mapping.version, False)
            run.report.reason = f"undo of run {wanted.run}"
            for app, why in self.unreadable.items():
                run.report.apps[app].error = why
            self.engine.act(run, undone.items)
            with self.db.transaction():
                self.engine.records.mark_due(undone.unsent)
        undone.run, undone.report = run.id, run.report
        return undone

    def _was_an_answer(self, run: str) -> bool:
        """Whether a run settled conflicts: those are open again, so nothing has to be held besides."""
        found = History(self.db).run(run)
        return found is not None and found["kind"] == "resolve"

    # -- look ---------------------------------------------------------------------------------------------

    def _look(self, run: Run, wanted: Wanted) -> None:
        """Settle what is in flight, and ask for every record that the run wrote to."""
        self.engine.recover(run)  # what a killed run may have written is history only then
        with self.db.reading():
            touched = self._touched(wanted)
            knew = [former for formers in touched.values() for former in formers]
            writes = self.stories.written(wanted.run, knew)
        writes = [w for w in writes if w["record"] and w["app"] in self.sync.apps]
        self.unreadable = ask_settled(self.engine, run, self.ports, [(w["app"], w["record"]) for w in writes])
        self.merged = merged_since(self.engine, self.ports, self._unlinked(run, writes))
        made = {
            (w["app"], w["record"])
            for w in writes
            if (w["kind"], w["outcome"]) == ("create", "applied") and w["app"] not in self.unreadable
        }
        self.used = attached(self.engine, self.ports, sorted(made)) if wanted.field is None else {}

    def _unlinked(self, run: Run, writes: Sequence[Mapping[str, Any]]) -> list[LinkKey]:
        """Records that were written to and that no link leads to any more, in apps that can be asked."""
        ids = by_app(dict.fromkeys((w["app"], w["record"]) for w in writes if w["app"] in run.readable))
        with self.db.reading():
            linked = {app: self.engine.records.golden_of(app, ids[app]) for app in ids}
        return [(app, id) for app in ids for id in ids[app] if id not in linked[app]]

    def _touched(self, wanted: Wanted) -> dict[str, list[str]]:
        """Golden records by their ids of today -> the ids under which the run knew them."""
        into = Joins(self.db, self.sync.name).followed()
        touched: dict[str, list[str]] = defaultdict(list)
        for former in self.stories.touched_by(wanted.run):
            touched[into.get(former, former)].append(former)
        return {id: touched[id] for id in sorted(touched) if wanted.goldens is None or id in wanted.goldens}

    # -- reverse ------------------------------------------------------------------------------------------

    def _reverse(self, wanted: Wanted, id: str) -> Undone:
        """Go back, chunk by chunk. Call inside a transaction."""
        undone = Undone(run=id, reaches=History(self.db).fact(f"reaches:{self.sync.name}"))
        apps = self.sync.apps.values()
        rules = Rules(
            id,
            wanted.field,
            wanted.irreversible,
            {app.name: _archives(app) for app in apps},
            self.unreadable,
            self.used,
            {app.name for app in apps if not isinstance(app.connector, Attaching)},
        )
        done, doubted = 0, doubted_in(self.sync, self.engine.records, self.engine.ledger)
        for some in chunks(self._touched(wanted), CHUNK):
            units = self.engine.records.units(some)
            deeds = self._deeds(wanted.run, units)
            before = [Unit(Golden(id, _before(deed)), []) for id, deed in deeds.items()]
            lens = Lens(self.sync.mapping, refs.load(self.sync, self.db, [*units.values(), *before]))
            mine = replace(rules, elsewhere=self._elsewhere(units, deeds))
            reversals = [reverse(unit, deeds[id], mine, lens) for id, unit in units.items()]
            for r in reversals:
                r.lines[:] = self._tell_merged(r, deeds[r.unit.golden.id])
            self._reopen(reversals, units, wanted, lens, id)
            keep(self.engine, reversals, id)
            plan_reversals(self.engine, reversals, lens, undone, doubted)
            done += len(some)
            if done > CHUNK:
                self.ports.progress("undoing", self.sync.name, done)
        undone.items.sort(key=lambda i: i.sort_key)
        undone.lines += self._still_joined(wanted)
        return undone

    def _still_joined(self, wanted: Wanted) -> list[Line]:
        """Golden records that the run made one of: that is not taken back."""
        joins = Joins(self.db, self.sync.name)
        into = joins.followed()
        joined = {gone: into[gone] for gone, run in joins.runs().items() if run == wanted.run}
        return [
            Line("left", to, None, None, why=f"{gone} became part of it, and stays: see syncer unlink")
            for gone, to in joined.items()
            if wanted.field is None and (wanted.goldens is None or to in wanted.goldens)
        ]

    def _deeds(self, run: str, units: Mapping[str, Unit]) -> dict[str, Deed]:
        """What the run did to golden records, and to those that have become part of them."""
        joins = Joins(self.db, self.sync.name)
        into, joined_by = joins.followed(), joins.runs()
        former = {id: [id] for id in units}
        for gone, to in into.items():
            if to in former:
                former[to].append(gone)
        every = [one for ids in former.values() for one in ids]
        rows = self.stories.writes_of(every)
        changed, founders = self.stories.changed_by(run, every), self.stories.founders(units)
        typed = self.stories.typed_into(every)
        deeds = {}
        for id, ids in former.items():
            sent = sorted((row for one in ids for row in rows[one]), key=lambda row: row["seq"])
            writes = self._followed([Written.from_row(row) for row in sent], units[id], run)
            since = any(joined_by.get(gone, "~") > run for gone in ids[1:])
            theirs = {name: c for one in ids for name, c in changed.get(one, {}).items()}
            deeds[id] = Deed(
                run,
                {} if since else changed.get(id, {}),
                [w for w in writes if w.run == run],
                writes,
                founders.get(id) == run,
                theirs if since else {},
                typed | _sources(units[id].golden),
            )
        return deeds

    def _followed(self, writes: Sequence[Written], unit: Unit, run: str) -> list[Written]:
        """Updates of a record that its app merged since count for the one that lives on, where that belongs
        to this golden record, and the run wrote to no other part of it."""
        there = {link.key for link in unit.links}
        parts: dict[LinkKey, set[LinkKey]] = defaultdict(set)
        for w in writes:
            if w.run == run and w.record:
                key = w.app, w.record
                parts[w.app, self.merged.get(key, w.record)].add(key)
        return [
            replace(w, record=into[1])
            if w.kind == "update"
            and (key := (w.app, w.record or "")) in self.merged
            and (into := (w.app, self.merged[key])) in there
            and parts[into] == {key}
            else w
            for w in writes
        ]

    def _tell_merged(self, r: Reversal, deed: Deed) -> list[Line]:
        """Of records that were merged since and are not followed: into which."""
        told = {(w.app, w.record or "") for w in deed.writes if w.kind == "create"}
        told &= self.merged.keys()
        lines = [
            replace(x, why=self._merged_words((x.app or "", x.record or "")))
            if x.act == "left" and (x.app, x.record) in self.merged
            else x
            for x in r.lines
        ]
        golden = r.unit.golden.id
        return lines + [Line("left", golden, *key, why=self._merged_words(key)) for key in sorted(told)]

    def _merged_words(self, key: LinkKey) -> str:
        app, into = key[0], self.merged[key]
        return f"it was merged into {app}:{into} there since: look at that record, and change it by hand"

    def _elsewhere(self, units: Mapping[str, Unit], deeds: Mapping[str, Deed]) -> dict[LinkKey, str]:
        """Records that the run wrote to for one golden record, and that belong to another by now."""
        missing: dict[str, set[str]] = defaultdict(set)
        for id, deed in deeds.items():
            there = {link.key for link in units[id].links}
            for write in deed.writes:
                if write.record and (write.app, write.record) not in there:
                    missing[write.app].add(write.record)
        return {
            (app, record): golden
            for app, ids in missing.items()
            for record, golden in self.engine.records.golden_of(app, sorted(ids)).items()
        }

    def _reopen(
        self, reversals: Sequence[Reversal], units: Mapping[str, Unit], wanted: Wanted, lens: Lens, id: str
    ) -> None:
        """Conflicts that the run settled wait for a person again."""
        log: list[LogEntry] = []
        for r in reversals:
            entries = self.stories.conflicts(r.unit.golden.id)
            answered = {
                e.field: Answered(e.candidates, e.winner)
                for e in entries
                if e.run == wanted.run and e.rule == RESOLVED and wanted.field in (None, e.field)
            }
            log += reopen(r, units[r.unit.golden.id].golden, answered, lens)
        self.engine.ledger.log(id, self.ports.now(), log)


def _sources(golden: Golden) -> set[LinkKey]:
    """Records from which the values of today came, save those that an undo put back."""
    return {(p.app, p.record) for p in golden.provenance.values() if p.rule != "undo"}


def _archives(app: App) -> str:
    return app.spec.archive if app.writes else "none"


def _before(deed: Deed) -> dict[str, Any]:
    """Former golden values, so that references to them can be resolved."""
    return {name: before for name, (before, _, _) in deed.golden.items() if before is not ABSENT}
