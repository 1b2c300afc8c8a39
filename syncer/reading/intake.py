"""Turn what an app showed into observations, and keep them: the way in, for listings and single answers."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from types import MappingProxyType

from conflicts.consent import OPT_OUTS, most_restrictive
from connectors.contract import AppError, Fetched, ObjectSpec, Record
from mappings.model import BadValue, ExpressionFailed
from syncer.core.lens import state_of
from syncer.matching.keys import Keys, keys_of, without_office
from syncer.model import Observation, State, Value
from syncer.reading.offices import Offices
from syncer.store.decisions import Decisions
from syncer.store.ledger import Ledger
from syncer.store.records import Records, Stub
from syncer.sync import App, Sync


@dataclass(slots=True)
class Intake:
    """Takes in the records of one app. Call inside a transaction. `gone`: mapped fields that the app turned
    out to have no more; `described`: what it said when it was asked."""

    sync: Sync
    app: App
    records: Records
    ledger: Ledger
    gone: set[str] = field(default_factory=set)
    described: ObjectSpec | None = None
    _offices: Offices = field(init=False)

    def __post_init__(self) -> None:
        self._offices = Offices(self.sync, self.records.db)

    def check_fields(self, spec: ObjectSpec) -> None:
        """Take it that the app has these fields. What it has no more is not read: that is no blank. The next
        run asks the app anew, and stops the field there."""
        self.described = spec
        self.gone = {name for name in self.sync.slots(self.app.name) if name not in spec.fields}
        if self.gone:
            self.ledger.save_reader(self.app.name, spec=None)

    @property
    def sure(self) -> bool:
        """Whether the app was asked what fields and groups it has."""
        return self.described is not None

    def save_fetched(
        self, answers: Sequence[Fetched], read_at: datetime, listed: Mapping[str, Value] | None = None
    ) -> None:
        """Take what an app said of single records as observations. Unknown says nothing. `listed`: the
        consent that a list has just shown of them."""
        shown = [a.record for a in answers if a.state == "found" and a.record is not None]
        known = self.records.known(self.app.name, [a.id for a in answers if a.state == "archived"])
        shown += [
            replace(a.record, archived=True)
            for a in answers
            if a.state == "archived" and a.record is not None and a.id not in known
        ]
        shown += [  # what lives on of a merge
            a.record
            for a in answers
            if a.state == "merged" and a.record is not None and a.record.id == a.into != a.id
        ]
        self.save(shown, read_at, False, listed or {})
        gone = []
        for a in answers:
            if a.state in ("archived", "deleted", "merged"):
                values = dict(a.record.values) if a.record is not None and a.state != "merged" else {}
                into = a.into or ""
                gone.append(Observation(self.app.name, a.id, values, read_at, state=a.state, into=into))
        if gone:
            known = self.records.known(self.app.name, [o.id for o in gone])
            earlier, slot = self.records.waiting(self.app.name, list(known)), self._consent_slot
            self.records.save_observations(
                o.with_consent_of(earlier.get(o.id), slot) for o in gone if o.id in known
            )
            self._hand_on({o.id: o.into for o in gone if o.into and o.id not in known})
            self._let_go([o.id for o in gone if o.id not in known and o.state != "archived"])

    def _hand_on(self, into: Mapping[str, str]) -> None:
        """Of records that nobody links: an opt-out goes with its record into the one that lives on."""
        slot, app = self._consent_slot, self.app.name
        waiting = self.records.waiting(app, [*into, *into.values()]) if into else {}
        linked = self.records.links(app, list(into.values())) if waiting else {}
        for id, survivor in into.items():
            lost, kept = waiting.get(id), waiting.get(survivor)
            if lost is None or slot is None or self._opted_out(lost) is None:
                continue
            if kept is None and survivor in linked:
                seen = {name: value for name, value in linked[survivor].seen.items() if name == slot}
                kept = Observation(app, survivor, seen, lost.read_at, state="glimpsed")
            if kept is not None:
                self.records.save_observations([kept.with_consent_of(lost, slot)])

    def _let_go(self, ids: Sequence[str]) -> None:
        """Records that went before anybody linked them. An opt-out that they showed counts for their
        address all the same."""
        waiting, stubs = self.records.waiting(self.app.name, ids), []
        for obs in waiting.values():
            state = self._opted_out(obs)
            if state is not None:
                stubs.append((obs.app, obs.id, state, obs.read_at))
        self.records.save_stubs(stubs)
        kept = {(app, id) for app, id, _, _ in stubs}
        self.records.drop_observations([obs.key for obs in waiting.values()])
        self.records.keys.drop([obs.key for obs in waiting.values() if obs.key not in kept])

    def _opted_out(self, obs: Observation) -> str | None:
        """The opt-out that a record shows, or showed while it waited; None where it has none."""
        state = most_restrictive(self._state(value) for value in (*obs.consent, self._held(obs)))
        return state if state in OPT_OUTS else None

    def save(
        self,
        page: Sequence[Record],
        read_at: datetime,
        fresh: bool = False,
        listed: Mapping[str, Value] = MappingProxyType({}),
    ) -> None:
        """Keep records as observations; those that nobody links and nobody may link as stubs."""
        if not page:
            return
        ids = [r.id for r in page]
        known = {} if fresh else self.records.known(self.app.name, ids)
        earlier = {} if fresh else self.records.waiting(self.app.name, ids)
        inside = known.keys() - self._outside(list(known))
        observations, stubs, keys, linked, gone = [], [], [], [], []
        offices = self._offices.of(self.app.name, ((r.id, r.values) for r in page))
        erased = self._erased(page, read_at, known)
        for record in page:
            obs = self._observation(record, read_at, record.id in inside, earlier.get(record.id))
            if record.id in listed:
                obs.consent = tuple(v for v in (*obs.consent, listed[record.id]) if v != self._held(obs))
            if record.id in erased:
                if obs.state == "found":  # it waits for a person, and nothing of what it holds is kept
                    observations.append(Observation(*obs.key, {}, read_at))
                continue
            if record.id not in known:
                keys.append(observation_keys(self.sync, obs, offices.get(obs.id, "")))
                consent = self._consent(obs)
                if obs.state != "found" or consent in OPT_OUTS:
                    stubs.append((obs.app, obs.id, consent, read_at))
                if obs.state != "found":
                    gone.append(obs.key)
                    continue
            elif obs.state == "found":
                linked.append(observation_keys(self.sync, obs, offices.get(obs.id, "")))
            observations.append(obs)
        self.records.save_observations(observations)
        self.records.save_stubs(stubs if fresh else self._never_raised(stubs))
        # Linked records too: a new record may be recognised by what has just been changed elsewhere.
        shown = [*keys, *linked]
        before = {} if fresh else self._keys_before(shown)
        if not fresh:
            self.records.drop_observations(gone)
            self.ledger.reopen([k.key for k in keys if _stored(k) != before[k.id]])
        replaced = [k.key for k in shown if k.id in before]
        self.records.keys.save(replaced, (row for k in shown for row in k.stored()))
        self._touch_who_waits(key for k in shown if k.id in before for key in before[k.id] - _stored(k))
        self._touch_who_points([o.id for o in observations if o.id in known and o.state == "found"], earlier)

    def _never_raised(self, stubs: Sequence[Stub]) -> list[Stub]:
        """Without those that would take back an opt-out which the record showed while it took no part: a yes
        counts in an authority alone, as it does in records that are linked."""
        consent = self.sync.mapping.consent
        if consent is None or self.app.name in self.sync.mapping.fields[consent].rule.apps:
            return list(stubs)
        ids = [id for _, id, state, _ in stubs if state not in OPT_OUTS]
        out = self.records.opted_out(self.app.name, ids)
        return [stub for stub in stubs if stub[1] not in out or stub[2] in OPT_OUTS]

    @contextmanager
    def keeping_opt_outs(self, shown: Sequence[Record], read_at: datetime) -> Iterator[None]:
        """For calls to the app before `shown` is taken in. Where one fails, all of it is to be read again;
        meanwhile nobody is written to as if their opt-out had not been seen. Call outside a transaction."""
        try:
            yield
        except AppError:
            with self.records.db.transaction():
                self._save_opt_outs(shown, read_at)
            raise

    def _save_opt_outs(self, shown: Sequence[Record], read_at: datetime) -> None:
        """What these records show of consent, where it is an opt-out; all of those that nobody links."""
        read = [self._observation(record, read_at, True, None) for record in shown]
        out = {obs.id: obs for obs in read if self._consent(obs) in OPT_OUTS}
        known = self.records.known(self.app.name, list(out))
        waiting = self.records.waiting(self.app.name, list(known))
        self.save([record for record in shown if record.id in out.keys() - known.keys()], read_at)
        self.records.save_observations(self._glimpsed(out[id], waiting.get(id)) for id in known)

    def _glimpsed(self, obs: Observation, earlier: Observation | None) -> Observation:
        """The consent alone, beside what waits already."""
        slot = str(self._consent_slot)
        if earlier is not None:
            return earlier.with_consent_of(obs, slot)
        return replace(obs, values={slot: obs.values[slot]}, state="glimpsed", keys={})

    def _erased(self, page: Sequence[Record], read_at: datetime, known: Container[str]) -> Container[str]:
        """New records with the id or an address of somebody who was forgotten."""
        marks, days = self.sync.marks, dict[str, str]()
        for record in page if marks else ():
            if record.id not in known:
                obs = self._observation(record, read_at, False, None)
                mails = {key for _, key, _, _ in observation_keys(self.sync, obs).stored() if "@" in key}
                hashes = [marks.of_record(self.app.object, obs.key), *map(marks.of_address, sorted(mails))]
                day = marks.day(hashes)
                if day is not None:
                    days[record.id] = day if obs.state == "found" else ""
        if not days:
            return ()
        decisions = Decisions(self.records.db, self.records.space)
        welcome = decisions.welcome(self.app.name, list(days))
        decisions.ask_about_erased(self.app.name, {id: day for id, day in days.items() if day})
        return days.keys() - welcome

    def _keys_before(self, keys: Sequence[Keys]) -> dict[str, set[tuple[str, str]]]:
        """Record -> the (kind, key) by which it was recognised until now."""
        before: dict[str, set[tuple[str, str]]] = {k.id: set() for k in keys}
        for id, _, kind, key in self.records.keys.of(self.app.name, sorted(before)):
            before[id].add(without_office(kind, key))
        return before

    def _touch_who_waits(self, freed: Iterable[tuple[str, str]]) -> None:
        """Of a unique value that a record of this app does not hold any more: whoever could not be created
        beside that record is looked at again."""
        wanted: dict[str, set[str]] = defaultdict(set)
        for kind, key in freed:
            if kind in self.sync.owned_fields:
                wanted[kind].add(key)
        for kind, found in sorted(wanted.items()):
            goldens = {golden for _, _, _, golden, _ in self.records.keys.holders(kind, found) if golden}
            self.records.touch([self.records.space], sorted(goldens))

    def _touch_who_points(self, ids: Sequence[str], earlier: Mapping[str, Observation]) -> None:
        """To records that are back before it was decided that they had gone: an app may have taken them from
        whoever pointed there."""
        back = [id for id in ids if id in earlier and earlier[id].state in ("archived", "deleted")]
        if back and self.sync.dependents:
            standing = self.records.standing_of(self.app.name, back)
            self.records.touch(self.sync.dependents, [golden for golden, _ in standing.values()])

    def _observation(
        self, record: Record, read_at: datetime, inside: bool, earlier: Observation | None
    ) -> Observation:
        slots = self.sync.slots(self.app.name)
        values: dict[str, Value] = {
            n: record.values[n] for n in slots if n in record.values and n not in self.gone
        }
        state: State = "archived" if record.archived else "found"
        if state == "found" and not self.in_scope(record, inside):
            state = "out"
        return Observation(
            self.app.name,
            record.id,
            values,
            read_at,
            record.stamp,
            record.stamps,
            state,
            keys=record.other_keys,
        ).with_consent_of(earlier, self._consent_slot)

    def in_scope(self, record: Record, inside: bool) -> bool:
        """Whether a record takes part; one whose condition cannot be evaluated stays what it is: `inside`,
        where it is linked and takes part."""
        only = self.sync.mapping.apps[self.app.name].only
        if only is None:
            return True
        try:
            return only(record.values)
        except ExpressionFailed:
            return inside

    def _outside(self, ids: Sequence[str]) -> set[str]:
        """Linked records that do not take part."""
        if self.sync.mapping.apps[self.app.name].only is None:
            return set()
        standing = self.records.standing_of(self.app.name, ids)
        return {id for id, (_, state) in standing.items() if state == "out"}

    def _held(self, obs: Observation) -> Value:
        return obs.values.get(self._consent_slot or "")

    def newer_consent(self, page: Sequence[Record]) -> dict[str, Value]:
        """The consent in versions of linked records that are later than what is known of them. Call inside a
        transaction or a view."""
        name = self._consent_slot
        links = self.records.links(self.app.name, [r.id for r in page if name in r.values] if name else [])
        return {
            r.id: r.values[str(name)]
            for r in page
            if (link := links.get(r.id)) is not None and r.stamp and link.stamp and r.stamp > link.stamp
        }

    def opts_out(self, record: Record) -> bool:
        """Whether a record shows an opt-out."""
        return self._consent_slot in record.values and (
            self._state(record.values[str(self._consent_slot)]) in OPT_OUTS
        )

    @property
    def _consent_slot(self) -> str | None:
        return self.sync.consent_slot(self.app.name)

    def _consent(self, obs: Observation) -> str | None:
        return self._state(self._held(obs)) if self._consent_slot in obs.values else None

    def _state(self, value: Value) -> str | None:
        """The state that a value of the consent slot stands for; None where nothing is said."""
        name = self._consent_slot
        return None if name is None else state_of(self.sync.slots(self.app.name)[name], value)


def _stored(keys: Keys) -> set[tuple[str, str]]:
    return {without_office(kind, key) for kind, key, _, _ in keys.stored()}


def observation_keys(sync: Sync, obs: Observation, office: str = "") -> Keys:
    """The match keys of what an app showed, and the company that it names. Unreadable fields give none."""
    match = sync.mapping.match
    kinds, slots = sync.key_fields, sync.key_slots[obs.app]
    values: dict[str, Value] = {}
    for slot in slots:
        if slot.name in obs.values:
            try:
                values.update(slot.split(obs.values[slot.name], {}))
            except BadValue:
                continue
    for name in kinds:
        if sync.mapping.fields[name].type.name == "phone" and not str(values.get(name) or "").startswith("+"):
            values.pop(name, None)  # a text that no country could be told of may be anything
    by_field = {slot.fields[0]: obs.keys[slot.name] for slot in slots if slot.name in obs.keys}
    return keys_of(obs.app, obs.id, values, by_field, kinds, match.names, match.exact, office)
