"""DECIDE: what is due in each golden record. One transaction, that only a plan within its brakes commits."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from syncer.core.moved import moved, shapes, versions
from syncer.core.plan import Abilities
from syncer.deciding.abilities import abilities_of, creating_in, doubted_in
from syncer.deciding.following import Following
from syncer.deciding.holding import Holding, Plan, take_off_lowered
from syncer.deciding.one_pass import Decided, Deciding
from syncer.engine.run import Run
from syncer.model import LinkKey
from syncer.options import Options
from syncer.ports import Ports
from syncer.steps.match import find_matches
from syncer.store.database import Database
from syncer.store.ledger import Ledger
from syncer.store.records import Records
from syncer.sync import Sync
from syncer.wiring.remapped import close_lost


@dataclass(frozen=True, slots=True)
class Planner:
    """Makes the plan of a run, and keeps what may be kept of one that is held."""

    sync: Sync
    db: Database
    records: Records
    ledger: Ledger
    ports: Ports

    def plan(self, run: Run, options: Options) -> Plan:
        """Decide about all that waits. Of a dry run and of a held plan nothing is kept."""
        if options.dry_run:
            with self.db.trial():
                return self._inside(run, options)
        try:
            with self.db.transaction():
                plan = self._inside(run, options)
                if plan.held:
                    raise _HeldBack(plan)
        except _HeldBack as held:
            return held.plan
        return plan

    def _inside(self, run: Run, options: Options) -> Plan:
        holding = Holding(self.sync, self.records, self.ledger, options)
        followed = Following(self.sync, self.records, self.ledger, run.id, self.ports.now).follow()
        complete = [n for n in self.sync.apps if self.ledger.reader(n)["complete_at"] is not None]
        planned, now_planned = self.ledger.planned(), self._basis(complete)
        touched = self.records.touched() if planned == now_planned else self.records.all_golden()
        again = holding.again | self._to_bring_back(run, options, touched)
        self.ledger.drop_moot_reviews()
        found = find_matches(self.sync, self.records, complete, self.ledger.reviewed())
        matches = holding.matches(options.selection.narrow(found, self.records)).without(followed.waiting)
        doubted = doubted_in(self.sync, self.records, self.ledger, matches.reviews)
        freed = self.ledger.in_doubt() - self._in_doubt(doubted)
        touched = sorted({*touched, *(golden for golden, _ in freed | again)})
        chosen = options.selection.goldens(touched, self.records, len(matches.groups))
        about = {*chosen, *options.answers} - followed.waiting
        deciding = Deciding(
            self.sync,
            self.records,
            self.ledger,
            run.id,
            self.ports.now,
            abilities_of(self.sync, self.ledger),
            creating_in(self.ledger),
            refused=frozenset(i.identity for i in holding.refused),
            doubted=doubted,
            bring_back=options.bring_back if holding.rejects else None,
            again=frozenset(again),
            answers=options.answers if run.plan is None else {},
            moved=moved(planned, self.ledger.mapped(), self.sync.mapping),
            gaining={relink.golden for relink in followed.moved},
            apart=options.selection.narrows and self.is_remapped(),
        )
        decided = deciding.run_all(sorted(about), matches)
        decided.relinks += followed.moved
        decided.items.sort(key=lambda i: i.sort_key)
        if not options.selection.narrows:
            decided.reviews = self.ledger.save_reviews(
                run.id, [(*r.record, *r.other, r.score, r.reason) for r in matches.reviews]
            )
            self.ledger.set_in_doubt(self._in_doubt(doubted))  # anew: some got their golden record just now
            self.ledger.set_planned(now_planned)
            self.ledger.set_mapped(versions(self.sync.mapping))
            self.ledger.set_shapes(shapes(self.sync.mapping))
            close_lost(self.records, self.sync)
        if run.plan is None:
            run.report.left_out = holding.left_out(decided)
        plan = holding.plan(decided, run.id, first=planned is None and not options.selection.narrows)
        if not plan.held and not options.selection.narrows and len(complete) == len(self.sync.apps):
            self.ledger.caught_up()
        return plan

    def _in_doubt(self, doubted: Mapping[LinkKey, Collection[str]]) -> set[tuple[str, str]]:
        """(golden id, app) beside which nothing is created there. Once nothing is in doubt about them in that
        app any more, they are looked at again."""
        return {(id, app) for key, id in self.records.goldens_of(doubted).items() for app in doubted[key]}

    def _to_bring_back(self, run: Run, options: Options, touched: Iterable[str]) -> set[tuple[str, str]]:
        """(golden id, app) of what may be made again: in an app that was just read to the end, since what is
        there after all, or under another record, is found by that alone."""
        app = options.bring_back if options.reject is None and run.plan is None else None
        if app is None or app not in run.readable or app in run.short:
            return set()
        return {(golden, app) for golden in (*touched, *self.records.gone_in(app))}

    def is_remapped(self) -> bool:
        """Whether the mapping is another than all was last planned under."""
        return self.ledger.mapped() not in (None, versions(self.sync.mapping))

    def _basis(self, complete: Iterable[str]) -> str:
        """What all golden records were last planned under: the mapping, and the apps read completely, with
        those of them that are not written to."""
        read = [name if self.sync.apps[name].writes else f"{name}(read)" for name in complete]
        return " ".join((self.sync.mapping.version, *read))

    def hold_back(self, run: Run, plan: Plan) -> Decided:
        """Keep the held plan itself. Returns the lowered consent in it, kept and now to be written."""
        with self.db.transaction():
            if plan.held_run == run.id:
                version = self.sync.mapping.version
                self.ledger.hold(run.id, plan.held, plan.decided.items, version, plan.narrowed)
            creating = creating_in(self.ledger)
            deciding = Deciding(
                self.sync, self.records, self.ledger, run.id, self.ports.now, Abilities(), creating
            )
            return deciding.lower_consent(self.records.touched())

    def take_off_lowered(self, run: Run, plan: Plan) -> None:
        """What was written of lowered consent waits for nobody any more."""
        with self.db.transaction():
            take_off_lowered(plan, run.id, self.sync, self.ledger)


class _HeldBack(Exception):
    """Carries a held plan out of the transaction that is rolled back."""

    def __init__(self, plan: Plan) -> None:
        super().__init__(plan.held)
        self.plan = plan
