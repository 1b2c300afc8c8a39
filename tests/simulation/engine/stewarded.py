"""Histories in which somebody looks after the sync: settles conflicts, answers doubtful matches, links and
unlinks people, repairs what a comparison finds, and sends refused values again.

Each is a history of `history.py`. After a run the steward may do something, who knows who is who, and may die
while doing it; every promise of a history holds all the same.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from conflicts.candidate import Candidate
from connectors.contract import AppError
from syncer.core.resolve import Answer
from syncer.engine import Options
from syncer.ports import Ports
from syncer.reading.looking import look_at_each
from syncer.report import Report
from syncer.selecting import Selection
from syncer.store.conflicts import Conflicts
from syncer.store.decisions import Verdict
from syncer.store.lease import hold
from syncer.store.ledger import Ledger
from syncer.store.records import Records
from syncer.store.shadows import note_fields_read
from syncer.usecases import failures
from syncer.usecases.linking import Linking
from syncer.usecases.sides import Changed, Held, NotPossible, Side
from syncer.usecases.steward import Steward
from syncer.usecases.verifying import Verifying
from tests.simulation.engine.history import History, Played, played_to_its_end
from tests.simulation.engine.memory import Key
from tests.simulation.engine.settings import ANYTHING, Wish
from tests.simulation.engine.world import SPACE, Watched, World

OFTEN = 0.5


class StewardedHistory(History):
    """Plays one world, with a steward at work between its runs."""

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self.at_work = True
        self.does: tuple[Callable[[], None], ...] = (
            self._settle_a_conflict,
            self._answer_a_review,
            self._link,
            self._unlink_and_link_again,
            self._repair,
            self._send_again,
        )

    def run(self, settle: bool = False) -> Report | None:
        report = super().run(settle)
        if self.at_work and self.rng.random() < OFTEN:
            self.w.clock.sleep(self.rng.choice((5, 70, 400)))
            self.rng.choice(self.does)()
        return report

    def peace(self) -> None:
        for act in self.rng.sample(self.does, 3) if self.rng.random() < OFTEN else ():
            self.w.clock.sleep(400)
            act()
        self.at_work = False
        super().peace()

    # -- what a steward does ------------------------------------------------------------------------------

    def _settle_a_conflict(self) -> None:
        """By the value of one of the candidates, or by golden as it is."""
        with self.w.store.reading():
            units = Records(self.w.store, SPACE).units(Records(self.w.store, SPACE).all_golden())
            open_ = [
                entry
                for unit in units.values()
                for field in unit.golden.held
                if field in self.w.mapping.fields  # of one that it lost nobody is asked
                and (entry := Conflicts(self.w.store, {SPACE: SPACE}).open_one(SPACE, unit.golden.id, field))
            ]
        if not open_:
            return
        entry = self.rng.choice(open_)
        unit = units[entry.who]
        chosen: Candidate | None = self.rng.choice([c for c in entry.candidates if c.kind != "golden"])
        if self.rng.random() < 0.3 and unit.golden.value.get(entry.field) is not None:
            chosen = None
        options = Options(
            "resolve",
            selection=Selection(only=frozenset([entry.who])),
            read=False,
            ask=tuple(link.key for link in unit.links if link.state == "live"),
            answers={entry.who: {entry.field: Answer(tuple(entry.candidates), chosen)}},
        )
        self._do(f"settles {entry.field} of {entry.who} by {chosen}", lambda ports: self._run(options, ports))

    def _answer_a_review(self) -> None:
        steward = Steward(self.w.store, SPACE, ())
        reviews = steward.reviews()
        if reviews:
            review = self.rng.choice(reviews)
            one, other = (review["app"], review["record"]), (review["other_app"], review["other_record"])
            verdict: Verdict = "together" if self._is_one(one, other) else "never"
            self._do(
                f"answers {one} and {other}: {verdict}",
                lambda ports: steward.answer(review, verdict, ports.now()),
            )

    def _link(self) -> None:
        """Two golden records of one person."""
        sides = self._sides()
        both = [(a, b) for a in sides for b in sides if a.name < b.name]
        pairs = [(a, b) for a, b in both if self._is_one(a.records[0], b.records[0])]
        if pairs:
            one, other = self.rng.choice(pairs)
            self._tie(one, other)

    def _unlink_and_link_again(self) -> None:
        """A record by mistake, which is noticed at once."""
        sides = [side for side in self._sides() if len(side.records) > 1]
        if not sides:
            return
        side = self.rng.choice(sides)
        key = self.rng.choice(side.records)
        self.w.watch.untied.update(side.records)
        self._do(f"unlinks {key} from {side.golden}", lambda ports: self._take_out(side, key, ports))
        self._work(0.3)
        for quiet in (False, False, True):
            sides = self._sides()
            mine = [s for s in sides if key in s.records]
            rest = [s for s in sides if s not in mine and any(k in side.records for k in s.records)]
            if not (mine and rest):
                return
            self.w.clock.sleep(70)
            if self._tie(rest[0], mine[0], quiet):
                return

    def _take_out(self, side: Side, key: Key, ports: Ports) -> None:
        Linking(self.w.sync(), self.w.store, ports).unlink([(side, [key])], do=True)

    def _tie(self, one: Side, other: Side, quiet: bool = False) -> bool:
        def link(ports: Ports) -> None:
            Linking(self.w.sync(), self.w.store, ports).link([(one, other)], do=True)

        return self._do(f"links {one.name} and {other.name}", link, quiet)

    def _repair(self) -> None:
        self._do("compares, and repairs", self._compare)

    def _compare(self, ports: Ports) -> None:
        verifying, memory = Verifying(self.w.sync(), self.w.store, ports), self.w.memory
        began = memory.seq
        drift = verifying.run().drift
        for shows in memory.shows.values():  # nothing of it is kept
            shows[:] = [s for s in shows if s.seq <= began]
        memory.latest.clear()
        if drift:
            self._run(verifying.prepare_repair(drift), ports)

    def _send_again(self) -> None:
        found = failures.failures(self.w.sync(), self.w.store)
        if found:
            self._do("sends again what was refused", lambda ports: self._retry(found, ports))

    def _retry(self, found: Sequence[failures.Failure], ports: Ports) -> None:
        failures.retry(self.w.sync(), self.w.store, ports, found)

    # -- how ----------------------------------------------------------------------------------------------

    def _do(self, what: str, do: Callable[[Ports], object], quiet: bool = False) -> bool:
        """One command, which may be cut off, unless all is quiet; whether it came to its end, and nobody is
        to be looked at again. That somebody asks for it counts as a reason to write."""
        w, done, changed = self.w, False, False
        w.memory.note(f"the steward {what}")
        w.watch.begins(asked=True)
        w.watch.mapping_changed()
        w.faults.on = bool(w.faults.rates) and self.rng.random() < 0.3 and not quiet
        with w._survived():
            try:
                self._wire()
                do(w._ports(f"steward-{w.runs}", alive=False))
            except (Held, NotPossible, AppError) as error:
                changed = isinstance(error, Changed)
                w.memory.note(f"{type(error).__name__}: {error}")
            done = True
        w.faults.on = False
        if not done:
            w._reopen()
            w.watch.ended(None)
            w.memory.note("the steward is cut off")
        w.watch._know_links(w.store)
        w.watch.clean = False  # it looked at some people alone: what is due of others has passed the brakes
        return done and not changed

    def _wire(self) -> None:
        """Fields that the mapping has gained are unknown before anything is done with them."""
        self.w.wire()
        sync, store = self.w.sync(), self.w.store
        records, ledger = Records(store, SPACE), Ledger(store, SPACE)
        with store.transaction():
            for app in sync.apps:
                if note_fields_read(ledger, records, sync, app):
                    ledger.save_reader(app, cursor=None, scan_began=None)

    def _run(self, options: Options, ports: Ports) -> None:
        """A run that asks for some records besides, as the commands have it."""
        engine = Watched(self.w.sync(), self.w.store, ports)
        engine.world = self.w
        with hold(self.w.store, SPACE, ports.holder, ports.now, ports.alive):
            look_at_each(engine.intakes, options.ask, ports)
        report = engine.run(options)
        self.w.watch.ended(report)
        self.waiting = report.held_run if report.status == "held" else self.waiting

    def _sides(self) -> list[Side]:
        with self.w.store.reading():
            records = Records(self.w.store, SPACE)
            goldens = records.all_golden()
            keys = records.keys_of(goldens)
        return [Side(id, tuple(keys[id])) for id in goldens if keys.get(id)]

    def _is_one(self, one: Key, other: Key) -> bool:
        person = self.w.memory.of(one)
        return person is not None and person == self.w.memory.of(other)


def play(seed: int, wish: Wish = ANYTHING) -> Played:
    """Play the history with this seed."""
    world = World(seed, wish)
    return played_to_its_end(world, StewardedHistory(world).play)
