"""After a crash: nothing is blindly sent again.

An update that was in flight is unconfirmed, and the next observation tells. Of a merge inside the app both
records are asked for. A create is looked up: by our own id where the app keeps one, else by the keys that it
was sent with, else by all that was sent, among the records that a read shows. It is given up only when a look
that began after the app's lag does not show it.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial

from connectors.contract import AppError, Fetched, Record, Result
from mappings.model import Slot
from syncer.core.settle import Sent, adopt, join, settle
from syncer.model import INTO, Golden, Observation, Value
from syncer.ports import Task
from syncer.reading.intake import Intake
from syncer.reading.looking import ask
from syncer.store.ledger import Ledger
from syncer.store.outbox import InFlight
from syncer.sync import App, Sync

AFTER_LAG = timedelta(seconds=1)


@dataclass(slots=True)
class Recovered:
    """`lost`: creates that no field can be looked up by: reading the app will tell. `untold`: those that were
    to be looked up, and of which nothing can be told yet. Both stay in the outbox."""

    lost: list[InFlight] = field(default_factory=list)
    untold: list[InFlight] = field(default_factory=list)
    error: str = ""

    def unasked(self) -> str:
        """In words, where a call failed and something is still not known; else nothing."""
        if not (self.error and self.untold):
            return ""
        some = "1 new record" if len(self.untold) == 1 else f"{len(self.untold)} new records"
        return f"whether {some} of an earlier run arrived could not be asked: {self.error}"


@dataclass(slots=True)
class Recovery:
    """Settles what one app had in flight when the last run ended."""

    sync: Sync
    app: App
    intake: Intake
    ledger: Ledger
    now: Callable[[], datetime]
    result: Recovered = field(default_factory=Recovered)

    def settle_updates(self, flights: Sequence[InFlight]) -> None:
        """Mark unconfirmed what was not created. Call inside a transaction."""
        records = self.intake.records
        links = records.links(self.app.name, [f.item.record for f in flights if f.item.record is not None])
        goldens = records.goldens(sorted({f.item.golden for f in flights}))
        changed = []
        for flight in flights:
            link = links.get(flight.item.record or "")
            golden = goldens.get(flight.item.golden)
            if link is not None and golden is not None:
                answer = settle(self._sent(flight), Result(flight.ref, "unknown"), golden, link)
                link = links[link.id] = answer.link or link
                changed.append(link)
        records.save_links(changed, self.sync.slot_names())
        self.ledger.outbox.unmark(f.ref for f in flights)

    def look_up(self, flights: Sequence[InFlight]) -> Task[Recovered]:
        """Find out what became of creates, and of merges inside the app."""
        groups = self._by_key([f for f in flights if f.item.kind == "create"])
        self.result.lost += groups.pop("", [])  # whatever becomes of the calls, reading may show them
        self.result.untold = [flight for group in groups.values() for flight in group]
        try:
            for flight in (f for f in flights if f.item.kind == "merge"):
                yield from self._ask_about(flight)
            for name, group in groups.items():
                yield from self._find(name, group)
        except AppError as error:
            self.result.error = str(error)
        return self.result

    def _ask_about(self, flight: InFlight) -> Task[None]:
        """A merge is never asked for again: where both records are still there it did not happen."""
        survivor, other = _first(flight.item.slots[INTO][1]), str(flight.item.record)
        fields, asked_at = self.sync.fields(self.app.name), self.now()
        answers: Sequence[Fetched] = yield partial(
            self.app.connector.fetch, self.app.object, [other, survivor], fields
        )
        found = {a.id: a for a in answers}
        gone = found.get(other, Fetched(other, "unknown"))
        if gone.state == "unknown":
            return
        if gone.state in ("archived", "deleted"):
            gone = Fetched(other, "merged", into=survivor)
        with self.intake.records.db.transaction():
            self.intake.save_fetched([gone, *(a for id, a in found.items() if id != other)], asked_at)
            self.ledger.outbox.unmark([flight.ref])

    def settle_by_reading(self, flights: Sequence[InFlight], whole: bool) -> int:
        """Creates that cannot be looked up, after the app was read: an unlinked record that shows all that we
        sent is ours, and the only one that shows the address is joined; where a `whole` read that began after
        the app's lag shows none, the create did not happen. Call inside a transaction. Returns how many are
        still not to be told."""
        if not flights:
            return 0
        records, shown = self.intake.records, self._unlinked()
        goldens = records.goldens([f.item.golden for f in flights])
        pulled = self.ledger.reader(self.app.name)["pulled_at"]
        read_at = datetime.fromisoformat(pulled) if pulled else None
        left = 0
        for flight in flights:
            mine = next((id for id in sorted(shown) if self._shows(flight, shown[id].values)), None)
            golden = goldens.get(flight.item.golden)
            if mine is not None and golden is not None:
                del shown[mine]
                records.save_links([adopt(self._sent(flight), mine, golden)], self.sync.slot_names())
            elif self._join(flight, edited := self._edited(flight, shown), golden):
                del shown[edited[0]]
            elif not whole or read_at is None or read_at - flight.sent_at <= self._patience():
                left += 1
                continue
            self.ledger.outbox.unmark([flight.ref])
        return left

    def recognise(self) -> None:
        """Creates that could not be looked up, after the app was read: a record that nobody links and that
        shows the key that was sent must not pass for somebody new. Call inside a transaction."""
        if not self.result.untold:
            return
        shown, keys = self._unlinked(), self.sync.unique_slots(self.app.name)
        goldens = self.intake.records.goldens([f.item.golden for f in self.result.untold])
        for flight in self.result.untold:
            mine = [id for id in sorted(shown) if self._has_key(flight, shown[id].values, keys)]
            if self._join(flight, mine, goldens.get(flight.item.golden)):
                del shown[mine[0]]
                self.ledger.outbox.unmark([flight.ref])

    def _edited(self, flight: InFlight, shown: Mapping[str, Observation]) -> list[str]:
        """Records that somebody may have edited since they were made by this create. About one that is in
        doubt a person decides."""
        keys = self.sync.owned_slots(self.app.name)
        alike = [id for id, obs in sorted(shown.items()) if self._has_key(flight, obs.values, keys)]
        doubted = self.ledger.reviewed() if alike else ()
        return [id for id in alike if (self.app.name, id) not in doubted]

    def _unlinked(self) -> dict[str, Observation]:
        """What the records of the app that nobody links were seen to hold, by id."""
        records, name = self.intake.records, self.app.name
        return records.waiting(name, [id for app, id in records.unlinked() if app == name])

    def _has_key(
        self, flight: InFlight, values: Mapping[str, Value], keys: Iterable[tuple[str, Slot]]
    ) -> bool:
        """Whether a record shows what was sent in one of these slots."""
        sent = flight.item.slots
        return any(
            values.get(slot.name) and slot.same(values[slot.name], slot.coerced(sent[slot.name][1]))
            for _, slot in keys
            if slot.name in sent
        )

    def _patience(self) -> timedelta:
        return timedelta(seconds=self.app.spec.lag) + AFTER_LAG

    def _by_key(self, flights: Sequence[InFlight]) -> dict[str, list[InFlight]]:
        """Creates by the field that they can be found by; under "" those that cannot."""
        spec = self.app.spec
        groups: dict[str, list[InFlight]] = {}
        for flight in flights:
            name = spec.external_id or next(
                (k for k in (*spec.unique, *spec.lookup) if flight.item.slots.get(k, (None, None))[1]), ""
            )
            groups.setdefault(name, []).append(flight)
        return groups

    def _find(self, name: str, flights: Sequence[InFlight]) -> Task[None]:
        wanted = {f.ref: self._value(name, f) for f in flights}
        fields = (*self.sync.fields(self.app.name), name)
        began = self.now()
        values = sorted(set(wanted.values()))
        found: Sequence[Record] = yield partial(
            self.app.connector.find, self.app.object, name, values, fields
        )
        looked_at = self.now()
        answers = yield from self._ask_about_known(found)
        by_value: dict[str, list[Record]] = {}
        for record in found:
            for value in _shown(record, name):
                by_value.setdefault(value.casefold(), []).append(record)
        with self.intake.records.db.transaction():
            self.intake.save_fetched(answers, looked_at)
            former = self.ledger.outbox.made(self.app.name, [f.item.golden for f in flights])
            for flight in flights:
                records = by_value.get(wanted[flight.ref].casefold(), [])
                self._take(flight, self._telling(records, name, former), name, began)

    def _ask_about_known(self, found: Sequence[Record]) -> Task[Sequence[Fetched]]:
        """A record that was linked meanwhile may show an edit here first. It is asked about singly: what a
        look-up shows may be older than what is known."""
        with self.intake.records.db.reading():
            known = sorted(self.intake.records.known(self.app.name, [r.id for r in found]))
        return (yield from ask(self.intake, known, self.now()))

    def _telling(self, found: Sequence[Record], name: str, former: Container[str]) -> list[Record]:
        """The records that tell of a create. Where none is there, an archived one does by our own id: it was
        made, and somebody put it away since, so it is not made again. With our key it may be anybody's, and
        one that an earlier create made (`former`) was put away before."""
        there = [record for record in found if not record.archived]
        ours = name == self.app.spec.external_id
        return there or [record for record in found if ours and record.id not in former]

    def _take(self, flight: InFlight, found: Sequence[Record], name: str, began: datetime) -> None:
        """One create: ours, somebody's, not there, or not yet to be told."""
        records = self.intake.records
        known = records.known(self.app.name, [r.id for r in found])
        free = [r for r in found if r.id not in known]
        golden = records.goldens([flight.item.golden]).get(flight.item.golden)
        ours = name == self.app.spec.external_id or name not in self.app.spec.unique
        mine = [r for r in free if ours and self._matches(flight, r, name)]
        if golden is not None and len(mine) >= 1:
            records.save_links([adopt(self._sent(flight), mine[0].id, golden)], self.sync.slot_names())
            if name == self.app.spec.external_id:  # else it may be somebody's, and no undo may put it away
                self.ledger.outbox.record_made(flight, mine[0].id)
            # Of one that was put away the reading asks what became of it: perhaps it was merged.
            self.intake.save([r for r in mine[:1] if not r.archived], began)
        elif found:
            self._join(flight, [r.id for r in free], golden)
            self.intake.save(free, began)
        elif began - flight.sent_at <= self._patience():
            return
        self.result.untold.remove(flight)
        self.ledger.outbox.unmark([flight.ref])

    def _join(self, flight: InFlight, free: Sequence[str], golden: Golden | None) -> bool:
        """A record that nobody links holds the key that was sent: whoever made it, it is this person's, also
        where the golden record has another address by now, by which it would not be recognised."""
        if golden is None or len(free) != 1:
            return False
        unit = self.intake.records.units([golden.id])[golden.id]
        if any(link.app == self.app.name for link in unit.links):
            return False
        link = join(self._sent(flight), free[0], golden)
        self.intake.records.save_links([link], self.sync.slot_names())
        return True

    def _matches(self, flight: InFlight, record: Record, name: str) -> bool:
        """Found by our own id, or by a plain field with everything as we sent it."""
        return name == self.app.spec.external_id or self._shows(flight, record.values)

    def _shows(self, flight: InFlight, values: Mapping[str, Value]) -> bool:
        """Whether a record holds everything that was sent, as far as it says."""
        slots = self.sync.slots(self.app.name)
        same = [
            slots[n].same(values[n], slots[n].coerced(sent))
            for n, (_, sent) in flight.item.slots.items()
            if n in values and n in slots and not slots[n].reference
        ]
        return bool(same) and all(same)

    def _value(self, name: str, flight: InFlight) -> str:
        if name == self.app.spec.external_id:
            return flight.item.golden
        return _first(flight.item.slots[name][1])

    def _sent(self, flight: InFlight) -> Sent:
        return Sent(flight.item, flight.sent_at, self.now(), self.sync.mapping)


def _first(value: Value) -> str:
    return str(value[0]) if isinstance(value, list) else str(value)


def _shown(record: Record, name: str) -> list[str]:
    value = record.values.get(name)
    shown = [str(v) for v in value] if isinstance(value, list) else ([str(value)] if value else [])
    return [*shown, *record.other_keys.get(name, ())]
