"""Tie two people together, or one person apart, because somebody says so. Both are shown first, are runs of
their own in the history, and are remembered: what was tied is one person, what was taken apart never is."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from syncer import refs
from syncer.abilities import abilities_of, creating_in
from syncer.core.apart import own_values, split
from syncer.core.deeds import Reversal, Rules
from syncer.core.lens import Lens
from syncer.core.reversal import look
from syncer.deciding import Deciding
from syncer.engine import Engine, Run
from syncer.joining import Joining, save_references
from syncer.matching.outcome import Group, Matches
from syncer.model import Golden, Link, LinkKey, Unit
from syncer.ports import Ports
from syncer.report import Report
from syncer.setup import Sync
from syncer.steps.match import golden_id
from syncer.store.database import Database
from syncer.store.decisions import Decisions, Verdict
from syncer.store.joins import Joins
from syncer.store.stories import Stories
from syncer.usecases.reverting import Sending, as_written, ask, keep, plan_reversals
from syncer.usecases.who import known, named


class NotPossible(Exception):
    """What was asked for cannot be done; the text says why, and what can."""


class Held(Exception):
    """The sync waits for an answer, and nothing is changed before that."""


@dataclass(frozen=True, slots=True)
class Side:
    """One side of a link: a golden record with its records, or a single record that has none yet."""

    golden: str | None
    records: tuple[LinkKey, ...]

    @property
    def name(self) -> str:
        return self.golden or ":".join(self.records[0])


@dataclass(slots=True)
class Tied(Sending):
    """What a link or unlink came to. `goldens`: the golden records after it; `told`: what it was, in words;
    `report` is None where it was only shown."""

    goldens: list[str] = field(default_factory=list)
    told: str = ""
    run: str = ""
    report: Report | None = None


def side_of(sync: Sync, db: Database, who: str) -> Side | None:
    """The golden record or single record that goes by a name; None where nobody does. Raises `NotPossible`
    where several do."""
    keys = known(sync, db, who)
    engine = Engine(sync, db, Ports())
    with db.reading():
        of = {key: engine.records.golden_of(key[0], [key[1]]).get(key[1]) for key in keys}
        goldens = sorted({g for g in of.values() if g is not None})
        units = engine.records.units(goldens)
    if len(goldens) > 1 or (not goldens and len(keys) > 1):
        found = ", ".join(goldens or (":".join(key) for key in keys))
        raise NotPossible(f"'{who}' is more than one: {found}. Name one of them.")
    if goldens:
        return Side(goldens[0], tuple(link.key for link in units[goldens[0]].links))
    return Side(None, keys) if keys else None


@dataclass(slots=True)
class Linking:
    """Links and unlinks in one sync."""

    sync: Sync
    db: Database
    ports: Ports
    engine: Engine = field(init=False)

    def __post_init__(self) -> None:
        self.engine = Engine(self.sync, self.db, self.ports)

    def link(self, one: Side, other: Side, do: bool) -> Tied:
        """Make one golden record of two sides; without `do` it is only shown. Raises `Busy`, `Held` and
        `NotPossible`."""
        keys = [*one.records, *other.records]
        with self._session("link", do, keys) as (run, _):
            return self._finish(run, do, lambda: self._linked(run, one, other))

    def unlink(self, golden: str, leaving: Sequence[LinkKey], do: bool) -> Tied:
        """Take records out of a golden record, into one of their own. Raises `Busy` and `Held`."""
        with self.db.reading():
            unit = self.engine.records.units([golden])[golden]
        keys = [link.key for link in unit.links if link.state == "live"]
        with self._session("unlink", do, keys) as (run, unreadable):
            rules = Rules(run.id, unreadable=unreadable)
            return self._finish(run, do, lambda: self._unlinked(golden, leaving, rules))

    @contextmanager
    def _session(self, kind: str, do: bool, keys: Sequence[LinkKey]) -> Iterator[tuple[Run, dict[str, str]]]:
        """A run in which these records were just asked for."""
        with self.db.reading():
            held = self.engine.ledger.held()
        if held is not None:
            raise Held(f"{self.sync.name} is held by run {held[0]}: answer it first ({held[1]}).")
        with self.engine.session(kind if do else "plan") as run:
            yield run, ask(self.engine, run, self.ports, keys)

    def _finish(self, run: Run, do: bool, decide: Callable[[], Tied]) -> Tied:
        """Decide, and keep and send it where it is to be done."""
        if not do:
            with self.db.trial():
                return decide()
        with self.db.transaction():
            tied = decide()
        run.report.reason = tied.told
        self.engine.act(run, tied.items)
        with self.db.transaction():
            self.engine.records.mark_due([*tied.goldens, *tied.unsent])
        tied.run, tied.report = run.id, run.report
        return tied

    # -- link ---------------------------------------------------------------------------------------------

    def _linked(self, run: Run, one: Side, other: Side) -> Tied:
        records, ledger = self.engine.records, self.engine.ledger
        self._decide(one.records, other.records, "together")
        loose = [key for side in (one, other) if side.golden is None for key in side.records]
        for app, id in loose:
            shown = records.waiting(app, [id]).get(id)
            if shown is None or shown.state != "found":
                raise NotPossible(
                    f"{app}:{id} takes no part: it is outside the filter, archived, or not there."
                )
        goldens = [side.golden for side in (one, other) if side.golden is not None]
        golden = goldens[0] if goldens else None
        if len(goldens) == 2:
            joining = Joining(self.sync, records, ledger, run.id, self.ports.now)
            golden = joining.join(*goldens)
        able, creating = abilities_of(self.sync, ledger), creating_in(ledger)
        deciding = Deciding(self.sync, records, ledger, run.id, self.ports.now, able, creating)
        groups = [Group(golden, tuple(loose))] if loose else []
        decided = deciding.run_all([golden] if golden else [], Matches(groups, []))
        name = golden or records.golden_of(loose[0][0], [loose[0][1]])[loose[0][1]]
        tied = Tied(items=sorted(decided.items, key=lambda i: i.sort_key), goldens=[name])
        back = " ".join(":".join(key) for key in other.records)
        tied.told = f"{one.name} and {other.name} were linked by hand; to take it back: syncer unlink {back}"
        return tied

    def _decide(self, one: Sequence[LinkKey], other: Sequence[LinkKey], verdict: Verdict) -> None:
        """Remember it for every pair across, and close the questions about them."""
        decisions, now = Decisions(self.db, self.sync.name), self.ports.now()
        for a in one:
            for b in other:
                decisions.decide(a, b, verdict, now)
        for key in (*one, *other):
            decisions.close(key, "accepted" if verdict == "together" else "rejected")

    # -- unlink -------------------------------------------------------------------------------------------

    def _unlinked(self, golden: str, leaving: Sequence[LinkKey], rules: Rules) -> Tied:
        records = self.engine.records
        unit = records.units([golden])[golden]
        staying = [link.key for link in unit.links if link.key not in leaving]
        aliases = Joins(self.db, self.sync.name).aliases(golden)
        stories = Stories(self.db, self.sync.name)
        writes = [as_written(w) for id in aliases for w in stories.writes(id)]
        writes.sort(key=lambda w: w.run)
        looked = look(unit, Lens(self.sync.mapping, refs.load(self.sync, self.db, [unit])))
        own = {k.key: own_values(k, writes, self.sync.slots(k.app)) for k in looked.unit.links}
        apart = Unit(Golden(golden), [Link(*key, golden, seen=dict(values)) for key, values in own.items()])
        lens = Lens(self.sync.mapping, refs.load(self.sync, self.db, [unit, apart]))
        name = golden_id(self.sync.name, sorted(leaving)[0])
        if name in records.goldens([name]):
            name = f"{name}-{rules.run}"
        parts = split(looked, leaving, name, own, rules, lens)
        tied = Tied(goldens=[golden, name])
        sides: list[Reversal] = [parts.stays, parts.leaves]
        keep(self.engine, sides, rules.run)
        plan_reversals(self.engine, sides, lens, rules.run, tied)
        save_references(self.sync, records, [side.unit.golden for side in sides])
        records.touch(self.sync.dependents, tied.goldens)
        self._decide(leaving, staying, "never")
        tied.items.sort(key=lambda i: i.sort_key)
        tied.told = f"{golden} was unlinked by hand; to take it back: syncer link {golden} {name}"
        return tied


def leaving_of(sync: Sync, db: Database, names: Sequence[str]) -> tuple[str, list[LinkKey]] | None:
    """(golden id, records that are to leave it) of what was named: single records, or a name that only some
    of its records go by; of two records the one whose app comes later leaves. None where nobody is known.
    Raises `NotPossible` where it cannot be told."""
    engine = Engine(sync, db, Ports())
    keys: set[LinkKey] = set()
    goldens: set[str] = set()
    with db.reading():
        for name in names:
            found = named(sync, db, name)
            of = {key: engine.records.golden_of(key[0], [key[1]]).get(key[1]) for key in found}
            keys.update(key for key, golden in of.items() if golden is not None)
            goldens.update(golden for golden in of.values() if golden is not None)
        units = engine.records.units(sorted(goldens))
    if not goldens:
        return None
    if len(goldens) > 1:
        raise NotPossible(f"These are several golden records already: {', '.join(sorted(goldens))}.")
    (golden,) = goldens
    place = {app: n for n, app in enumerate(sync.mapping.order)}
    all_ = sorted((link.key for link in units[golden].links), key=lambda k: (place.get(k[0], 99), k[1]))
    if len(all_) < 2:
        raise NotPossible(
            f"{golden} has one record only, {':'.join(all_[0])}: there is nothing to take apart."
        )
    if not any(":" in name for name in names):
        with db.reading():  # what we made goes by the names of the others
            keys |= {key for key, rows in engine.records.keys.by_record(all_).items() if not rows}
    if len(keys) == len(all_) == 2:
        keys = {all_[-1]}
    if len(keys) == len(all_):
        told = ", ".join(":".join(key) for key in all_)
        raise NotPossible(f"Say which records leave {golden}: one or more of {told}.")
    return golden, [key for key in all_ if key in keys]
