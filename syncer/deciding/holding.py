"""Whether a plan goes on or is held, and what the answer to a held one lets through."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace

from syncer.core import brakes
from syncer.deciding.one_pass import Decided
from syncer.matching.outcome import Matches, Review
from syncer.model import Item, Unit, Value
from syncer.options import Options
from syncer.store.ledger import HeldPlan, Ledger
from syncer.store.records import Records
from syncer.sync import Sync

REFUSED = "a plan that linked them was refused"
Lowered = Mapping[tuple[str, str | None, str], Sequence[Value]]  # app, record, slot -> what was written


@dataclass(slots=True)
class Plan:
    """What a run would do: its items, and why it is held (under the name of which run), if it is. `undone`:
    an undo holds the sync, and there is no plan to refuse; `narrowed`: it is about some people alone."""

    decided: Decided
    held: str = ""
    trips: list[brakes.Trip] = field(default_factory=list)
    held_run: str = ""
    undone: bool = False
    narrowed: bool = False


@dataclass(slots=True)
class Holding:
    """The plan of one run against the brakes, and against one that waits for an answer. Call inside a
    transaction. `waiting`: that one."""

    sync: Sync
    records: Records
    ledger: Ledger
    options: Options
    waiting: HeldPlan | None = field(init=False)

    def __post_init__(self) -> None:
        self.waiting = self.ledger.held()

    @property
    def outdated(self) -> bool:
        """Whether the mapping was changed since the plan that waits was made. Then nobody has seen what there
        is to be answered, and no answer to it counts."""
        return self.waiting is not None and not self.waiting.is_of(self.sync.mapping.version)

    @property
    def rejects(self) -> bool:
        """Whether the plan that waits is turned down."""
        return self._answered(self.options.reject)

    @property
    def approves(self) -> bool:
        return self._answered(self.options.approve)

    def _answered(self, run: str | None) -> bool:
        return self.waiting is not None and run == self.waiting.run and not self.outdated

    @property
    def approved(self) -> list[Item]:
        held = self.waiting.items if self.waiting is not None and self.approves else []
        return [*self.options.approved, *held]

    @property
    def refused(self) -> list[Item]:
        """What is turned down. What was to be brought back just stays gone: it may be asked for again."""
        held = self.waiting.items if self.waiting is not None and self.rejects else []
        return [item for item in held if not item.again]

    @property
    def again(self) -> set[tuple[str, str]]:
        """(golden id, app) of what is to be brought back and waits for an answer: only asked for once, it is
        planned by every run until then."""
        held = self.waiting.items if self.waiting is not None and not self.rejects else []
        return {(item.golden, item.app) for item in held if item.again}

    def matches(self, found: Matches) -> Matches:
        """Where a plan is refused that its links had stopped, new records that would join somebody wait for a
        person, each in a review of its own."""
        if not self.rejects or self.waiting is None or not brakes.stopped("links", self.waiting.reason):
            return found
        joining = [g for g in found.groups if g.golden is not None]
        units = self.records.units([g.golden for g in joining if g.golden])
        asked = [
            Review(member, units[g.golden or ""].links[0].key, 0.5, REFUSED)
            for g in joining
            for member in g.members
            if units[g.golden or ""].links
        ]
        return Matches([g for g in found.groups if g.golden is None], [*found.reviews, *asked])

    def left_out(self, decided: Decided) -> list[Item]:
        """What was approved and does not come out the same any more, save what is there by now."""
        approved = self.approved
        planned_again = {i.identity for i in decided.items} if approved else ()
        missing = [i for i in approved if i.identity not in planned_again]
        units = self.records.units(sorted({i.golden for i in missing}))
        return [i for i in missing if i.golden not in units or not self._is_there(units[i.golden], i)]

    def _is_there(self, unit: Unit, item: Item) -> bool:
        """Whether an app is as an item would make it: an earlier run did it, or a person."""
        live = {link.id: link for link in unit.links if link.app == item.app and link.state == "live"}
        if item.kind == "create":
            return bool(live)
        link, slots = live.get(item.record or ""), self.sync.slots(item.app)
        if item.kind != "update" or link is None:
            return False
        return all(n in slots and slots[n].same(v, link.seen.get(n)) for n, (_, v) in item.slots.items())

    def plan(self, decided: Decided, run: str, first: bool) -> Plan:
        """The plan of a run, and whether it is held. `first`: no golden record was ever planned."""
        undone = self.waiting is not None and self.ledger.kind_of(self.waiting.run) == "undo"
        anew, narrows = self._is_planned_anew(undone), self.options.selection.narrows
        waiting = None if anew else self.waiting
        exempt = {i.identity for i in self.approved}
        answered = self.rejects or self.approves or (waiting is not None and _covers(exempt, waiting.items))
        braked = [i for i in decided.items if i.golden not in decided.passed]
        if exempt:
            braked = [i for i in braked if i.identity not in exempt]
        trips = [] if first else self._trips(braked, decided)
        reason = "; ".join(str(t) for t in trips)
        if waiting is not None and not answered and (decided.items or undone or trips):
            reason = waiting.reason
        elif not answered and not narrows and self._has_effect(decided, braked, first):
            reason = self._further_reason(decided, exempt, first) or reason
        if anew:
            reason = self._outdated_reason(reason, decided)
        if self.waiting is not None and not reason and (answered or not narrows):
            self.ledger.release(self.waiting.run, "answered" if answered else "moot")
        held_run = waiting.run if waiting and not answered else run
        return Plan(decided, reason, trips, held_run, undone and not anew, narrows)

    def _trips(self, braked: Sequence[Item], decided: Decided) -> list[brakes.Trip]:
        counts = brakes.count(braked, self.sync.mapping)
        counts.update(self._relinked(decided))
        return brakes.tripped(counts, self._linked_before(decided), self.sync.limits) if counts else []

    def _has_effect(self, decided: Decided, braked: Sequence[Item], first: bool) -> bool:
        """Whether there is anything that a person may be asked about before it is done. Under another name
        links alone are enough."""
        answers = self.approved or self.options.answers
        return bool(braked if answers else decided.items) or (first and bool(self.sync.formerly))

    def _is_planned_anew(self, undone: bool) -> bool:
        """Whether what waits gives way to the plan under the mapping as it is now. A run about a few people
        shows nobody the whole of it, and an undo holds its sync until it is released."""
        if self.waiting is None or not self.outdated or self.options.selection.narrows:
            return False
        return not undone or self.options.approve == self.waiting.run

    def _outdated_reason(self, reason: str, decided: Decided) -> str:
        """Why the plan that takes the place of an outdated one is held: where that was answered, it is."""
        run = self.waiting.run if self.waiting is not None else ""
        if run not in (self.options.approve, self.options.reject):
            return reason
        told = f"the mapping was changed after run {run} was held, so that answer does not count"
        if reason:
            return f"{told}; {reason}"
        return told if decided.items else ""

    def _further_reason(self, decided: Decided, exempt: Collection[str], first: bool) -> str:
        """Why a plan is held that no limit stops."""
        if first and (was := self.sync.formerly):
            return (
                f"the state knows these records under the sync '{was}', which the config has no more. To go"
                f" on with it, name it '{was}' again; as '{self.sync.name}' it begins anew, and nothing that"
                " was decided there counts"
            )
        if first and self.sync.first_sync == "ask":
            return "this is the first sync, and first_sync is 'ask'"
        if any(i.identity not in exempt for i in decided.caused):
            return "the mapping changed, and its plan is not empty"
        # Also what was due when the backup was made, and passed the brakes: it may have been sent since.
        creates = [i for i in decided.items if i.kind == "create" and i.identity not in exempt]
        if creates and (made := self.ledger.restored()):
            return f"the state is from a backup of {made}; what it would create may exist by now"
        return ""

    def _relinked(self, decided: Decided) -> Counter[tuple[str, brakes.ChangeKind]]:
        """Changes of links that count. They are no items: they are approved as a whole, and where a plan is
        refused, what an app does not have any more is not there all the same."""
        counts: Counter[tuple[str, brakes.ChangeKind]] = Counter()
        for one in decided.relinks if not self.approves else ():
            if not (self.rejects and one.kind == "gone"):
                counts[one.app, "links"] += 1
        return counts

    def _linked_before(self, decided: Decided) -> dict[str, int]:
        """Records linked in each app when the run began, those among them that it finds gone."""
        now, gone = self.records.linked_counts(), Counter(r.app for r in decided.relinks if r.kind == "gone")
        came, went = decided.linked + decided.entered, gone + decided.left
        return {app: now.get(app, 0) - came[app] + went[app] for app in self.sync.apps}


def _covers(identities: Collection[str], items: Sequence[Item]) -> bool:
    """Whether all of a held plan was approved."""
    return bool(items) and all(i.identity in identities for i in items)


def take_off_lowered(plan: Plan, run: str, sync: Sync, ledger: Ledger) -> None:
    """Lowered consent does not wait for the answer to a held plan: what was written of it is done. Take it
    off what this run planned, and off the plan that waits. Call inside a transaction."""
    plan.decided.items = without(plan.decided.items, _lowered(sync, ledger, run))
    waiting = ledger.held()
    if waiting is not None and (done := _lowered(sync, ledger, waiting.run)):
        ledger.still_held(waiting.run, without(waiting.items, done))


def _lowered(sync: Sync, ledger: Ledger, since: str) -> Lowered:
    """The consent that was written since a run."""
    found: dict[tuple[str, str | None, str], list[Value]] = {}
    for item in ledger.outbox.updated_since(since):
        slots = sync.slots(item.app)
        for name, (_, after) in item.slots.items():
            if name in slots and sync.mapping.consent in slots[name].fields:
                found.setdefault((item.app, item.record, name), []).append(after)
    return found


def without(items: Sequence[Item], done: Lowered) -> list[Item]:
    """The items less the consent that is written; one that changes more than that keeps the rest."""
    found = []
    for item in items:
        rest = {
            name: (before, after)
            for name, (before, after) in item.slots.items()
            if item.kind != "update" or after not in done.get((item.app, item.record, name), ())
        }
        if len(rest) == len(item.slots):
            found.append(item)
        elif rest:
            found.append(replace(item, slots=rest))
    return found
