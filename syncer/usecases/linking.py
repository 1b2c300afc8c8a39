"""Tie two people together, or one person apart, because somebody says so. Both are shown first, are runs of
their own in the history, and are remembered: what was tied is one person, what was taken apart never is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from syncer.core import brakes
from syncer.core.apart import own_values, split
from syncer.core.deeds import Reversal, Rules
from syncer.core.lens import Lens
from syncer.core.reversal import look
from syncer.deciding import refs
from syncer.deciding.abilities import abilities_of, creating_in, doubted_in
from syncer.deciding.joining import Joining
from syncer.deciding.one_pass import CHUNK, Deciding
from syncer.engine import Engine, Run
from syncer.matching.outcome import Group, Matches, golden_id
from syncer.model import Golden, Link, LinkKey, Unit
from syncer.ports import Ports
from syncer.report import Report
from syncer.store.database import Database, chunks
from syncer.store.decisions import Decisions, Verdict
from syncer.store.joins import Joins
from syncer.sync import Sync
from syncer.usecases.reverting import Sending, ask, keep, plan_reversals, writes_to
from syncer.usecases.sides import (
    Changed,
    NotPossible,
    Side,
    changed_since,
    keep_within_limits,
    need_answered,
    together,
)

Pair = tuple[Side, Side]
Leaving = tuple[Side, Sequence[LinkKey]]  # a golden record, those of its records that leave it together


@dataclass(slots=True)
class Tied(Sending):
    """What links or unlinks came to. `goldens`: the golden records after it; `new`: those of them that an
    unlink makes, under ids that only its own run can tell; `moved`: links that changed, by app; `barred`:
    names of what was left out, with the reason; `told`: what it was, in words; `report` is None where it was
    only shown."""

    goldens: list[str] = field(default_factory=list)
    new: list[str] = field(default_factory=list)
    moved: Counter[str] = field(default_factory=Counter)
    barred: list[tuple[Sequence[str], str]] = field(default_factory=list)
    told: str = ""
    run: str = ""
    report: Report | None = None


@dataclass(slots=True)
class Linking:
    """Links and unlinks in one sync."""

    sync: Sync
    db: Database
    ports: Ports
    engine: Engine = field(init=False)

    def __post_init__(self) -> None:
        self.engine = Engine(self.sync, self.db, self.ports)

    def link(self, pairs: Sequence[Pair], do: bool) -> Tied:
        """Make one golden record of each two sides; without `do` it is only shown. Several at once keep
        within the brakes' limits. Raises `Busy`, `Held`, `NotPossible` and `Changed`."""
        keys = [key for pair in pairs for side in pair for key in side.records]
        with self._session("link", do, keys) as (run, _):
            return self._finish(run, do, lambda: self._linked(run, pairs), len(pairs) > 1)

    def unlink(self, leavings: Sequence[Leaving], do: bool) -> Tied:
        """Take records out of their golden records, into one of their own each; at most once for each golden
        record. Several at once keep within the brakes' limits. Raises `Busy`, `Held` and `Changed`."""
        with self.db.reading():
            units = self.engine.records.units([str(side.golden) for side, _ in leavings])
        keys = [link.key for unit in units.values() for link in unit.links if link.state == "live"]
        with self._session("unlink", do, keys) as (run, unreadable):
            rules = Rules(run.id, unreadable=unreadable)
            return self._finish(run, do, lambda: self._all_unlinked(leavings, rules), len(leavings) > 1)

    @contextmanager
    def _session(self, kind: str, do: bool, keys: Sequence[LinkKey]) -> Iterator[tuple[Run, dict[str, str]]]:
        """A run in which these records were just asked for."""
        need_answered(self.engine)
        with self.engine.session(kind if do else "plan") as run:
            need_answered(self.engine)
            yield run, ask(self.engine, run, self.ports, keys)

    def _finish(self, run: Run, do: bool, decide: Callable[[], Tied], bounded: bool) -> Tied:
        """Decide, and keep and send it where it is to be done."""
        if not do:
            with self.db.trial():
                tied = decide()
                self._brake(tied, bounded)
                return tied
        with self.db.transaction():
            tied = decide()
            self._brake(tied, bounded)
            self.engine.records.mark_due(tied.goldens)  # also where this process ends here
        run.report.reason = tied.told
        self.engine.act(run, tied.items)
        with self.db.transaction():
            self.engine.records.mark_due([*tied.goldens, *tied.unsent])
        tied.run, tied.report = run.id, run.report
        return tied

    def _brake(self, tied: Tied, bounded: bool) -> None:
        if bounded:
            counts = brakes.count(tied.items, self.sync.mapping)
            counts.update({(app, "links"): number for app, number in tied.moved.items()})
            keep_within_limits(self.engine, counts)

    # -- link ---------------------------------------------------------------------------------------------

    def _linked(self, run: Run, pairs: Sequence[Pair]) -> Tied:
        records, ledger = self.engine.records, self.engine.ledger
        tied = Tied()
        pairs = self._taking_part(pairs, tied)
        for one, other in pairs:
            self._decide(one.records, other.records, "together")
        joining = Joining(self.sync, records, ledger, run.id, self.ports.now)
        touched, groups = list[str](), list[Group]()
        for number, sides in enumerate(together(pairs), 1):
            goldens = [side.golden for side in sides if side.golden is not None]
            loose = tuple(key for side in sides if side.golden is None for key in side.records)
            golden = goldens[0] if goldens else None
            for other_golden in goldens[1:]:
                golden = joining.join(golden or "", other_golden)
            touched += [golden] if golden else []
            groups += [Group(golden, loose)] if loose else []
            tied.moved.update(app for side in sides[1:] for app, _ in side.records)
            self.ports.progress("linking", self.sync.name, number)
        # A record that they lack may have been entered meanwhile: the next sync reads before it creates.
        able, creating = replace(abilities_of(self.sync, ledger), creates=()), creating_in(ledger)
        apart = self.engine.is_remapped()
        deciding = Deciding(self.sync, records, ledger, run.id, self.ports.now, able, creating, apart=apart)
        decided = deciding.run_all(touched, Matches(groups, []))
        founded = [group.members[0] for group in groups if group.golden is None]
        tied.goldens = touched + [records.golden_of(app, [id])[id] for app, id in founded]
        tied.items = sorted(decided.items, key=lambda i: i.sort_key)
        tied.told = f"{len(pairs)} pairs were linked by hand; to take one back: syncer unlink WHO"
        if len(pairs) == 1:
            (one, other) = pairs[0]
            back = " ".join(":".join(key) for key in other.records)
            tied.told = (
                f"{one.name} and {other.name} were linked by hand; to take it back: syncer unlink {back}"
            )
        return tied

    def _taking_part(self, pairs: Sequence[Pair], tied: Tied) -> list[Pair]:
        """The pairs that can be linked: both sides are who was looked up, and records without a golden record
        take part. Of several the others are left out. Raises `NotPossible`, or `Changed`, where none is left.
        """
        kept = []
        changed = changed_since(self.engine.records, (side for pair in pairs for side in pair))
        for pair in pairs:
            why = next((changed[side] for side in pair if side in changed), "") or self._absent(pair)
            if why:
                tied.barred.append(([side.name for side in pair], why))
            else:
                kept.append(pair)
        if not kept:
            raise (Changed if changed else NotPossible)("\n".join(why for _, why in tied.barred))
        return kept

    def _absent(self, pair: Pair) -> str:
        """Which single record of the two takes no part."""
        loose = (key for side in pair if side.golden is None for key in side.records)
        absent = next((":".join(key) for key in loose if not self._takes_part(key)), None)
        why = "it is outside the filter, archived, or not there."
        return f"{absent} takes no part in {self.sync.name}: {why}" if absent else ""

    def _takes_part(self, key: LinkKey) -> bool:
        shown = self.engine.records.waiting(key[0], [key[1]]).get(key[1])
        return shown is not None and shown.state == "found"

    def _decide(self, one: Sequence[LinkKey], other: Sequence[LinkKey], verdict: Verdict) -> None:
        """Remember it for every pair across, and close the questions about them."""
        decisions, now = Decisions(self.db, self.sync.name), self.ports.now()
        for a in one:
            for b in other:
                decisions.decide(a, b, verdict, now)
        for key in (*one, *other):
            decisions.close(key, verdict)

    # -- unlink -------------------------------------------------------------------------------------------

    def _all_unlinked(self, leavings: Sequence[Leaving], rules: Rules) -> Tied:
        tied = Tied()
        unchanged = self._unchanged(leavings, tied)
        for some in chunks(unchanged, CHUNK):
            self._unlinked(some, rules, tied)
            self.ports.progress("unlinking", self.sync.name, len(tied.goldens) // 2)
        tied.items.sort(key=lambda i: i.sort_key)
        tied.told = f"{len(unchanged)} golden records were unlinked by hand"
        if len(unchanged) == 1:
            (golden, name) = tied.goldens
            tied.told = f"{golden} was unlinked by hand; to take it back: syncer link {golden} {name}"
        return tied

    def _unchanged(self, leavings: Sequence[Leaving], tied: Tied) -> list[tuple[str, Sequence[LinkKey]]]:
        """Golden ids and who leaves them, where they and all that stay are who was looked up. Of several the
        others are left out. Raises `Changed` where none is left."""
        changed = changed_since(self.engine.records, (side for side, _ in leavings))
        for side, keys in leavings:
            if side in changed:
                tied.barred.append(([":".join(key) for key in keys], changed[side]))
        kept = [(side.name, keys) for side, keys in leavings if side not in changed]
        if not kept:
            raise Changed("\n".join(changed.values()))
        return kept

    def _unlinked(self, leavings: Sequence[tuple[str, Sequence[LinkKey]]], rules: Rules, tied: Tied) -> None:
        records, sync = self.engine.records, self.sync
        units = records.units([golden for golden, _ in leavings])
        writes = writes_to(self.engine, units)
        looking = Lens(sync.mapping, refs.load(sync, self.db, units.values()))
        looked = {id: look(unit, looking) for id, unit in units.items()}
        own = {
            id: {k.key: own_values(k, writes[id], sync.slots(k.app)) for k in r.unit.links}
            for id, r in looked.items()
        }
        apart = [
            Unit(Golden(id), [Link(*key, id, seen=dict(values)) for key, values in mine.items()])
            for id, mine in own.items()
        ]
        lens = Lens(sync.mapping, refs.load(sync, self.db, [*units.values(), *apart]))
        names = {golden: golden_id(sync.name, sorted(leaving)[0]) for golden, leaving in leavings}
        taken = Joins(self.db, sync.name).used(list(names.values()))
        sides: list[Reversal] = []
        for golden, leaving in leavings:
            name = names[golden] if names[golden] not in taken else f"{names[golden]}-{rules.run}"
            parts = split(looked[golden], leaving, name, own[golden], rules, lens)
            sides += [parts.stays, parts.leaves]
            self.engine.ledger.log(rules.run, self.ports.now(), parts.log)
            tied.goldens += [golden, name]
            tied.new.append(name)
            tied.moved.update(app for app, _ in leaving)
            staying = [link.key for link in units[golden].links if link.key not in leaving]
            self._decide(leaving, staying, "never")
        keep(self.engine, sides, rules.run)
        plan_reversals(self.engine, sides, lens, tied, doubted_in(sync, records, self.engine.ledger))
