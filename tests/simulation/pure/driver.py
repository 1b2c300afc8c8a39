"""The pure core driven exactly as the engine does, in one random history.

Read, decide all that waits about a golden record at once, mark in flight, read again what is to be
overwritten, write, settle. Time-outs before and after the effect, crashes, refusals, held runs and late apps
come from the seed.
"""

from __future__ import annotations

from collections import Counter
from copy import deepcopy
from datetime import timedelta

from connectors.contract import Result, Value
from syncer.core.decide import decide, lower_consent
from syncer.core.plan import Abilities
from syncer.core.settle import Sent, Settled, adopt, settle
from syncer.model import Decision, Golden, Item, Link, LinkKey, Observation, StubConsent, Unit
from tests.simulation.pure.apps import Held, SimApp
from tests.simulation.pure.world import Flight, World

LAG = timedelta(seconds=90)
ROUNDS = 3


class Crash(Exception):
    """The process is gone; what was committed stays."""


class Driver(World):
    """Runs."""

    # -- a run --------------------------------------------------------------------------------------------

    def run(self) -> bool:
        """One run; True when it wrote or logged something."""
        self.runs += 1
        before = len(self.oracle.log), self.oracle.writes
        self.tick(self.rng.choice((61, 70, 150)))
        try:
            self._recover()
            self._read()
            for _ in range(ROUNDS):
                if not self._round():
                    break
        except Crash:
            pass
        return before != (len(self.oracle.log), self.oracle.writes)

    def _round(self) -> bool:
        """Decide and act once. True when there is news."""
        touched = self._touched()
        units = [(p, self._unit(p)) for p in touched]
        decided = [(p, self._decide(unit)) for p, unit in units if unit.links]
        if self.faults and self.rng.random() < 0.06 and any(d.items for _, d in decided):
            return self._hold_back(touched, decided)
        items = [i for p, d in decided for i in self._commit(p, d, used=True)]
        if self.faults:
            self.meddle(0.15)
        return self._act(items)

    def _touched(self) -> list[int]:
        waiting = {self.held(key).person for key in self.waiting}
        version = self.mapping.version
        moved = {p for p, links in self.links.items() if any(k.version != version for k in links.values())}
        return sorted(waiting | self.dirty | {p for p in moved if p in self.goldens})

    def _recover(self) -> None:
        flights, self.in_flight = self.in_flight, []
        for flight in flights:
            item, person = flight.item, int(flight.item.golden[1:])
            if item.kind != "create":
                link = self.links[person][item.app, item.record or ""]
                done = settle(self._sent(flight), Result("", "unknown"), self.goldens[person], link)
                if self.switches.recovery_believes_reading and done.link:
                    done.link.seen.update(self._mapped(item.app, self.held(link.key).values))
                    done.link.pending.clear()
                self._keep(person, done)
            elif not self.apps[item.app].traits.finds:
                self.lost.add((person, item.app))
                self.in_flight.append(flight)
            elif flight.made is not None:
                link = adopt(self._sent(flight), flight.made, self.goldens[person])
                self.links[person][link.key] = link
                self._observe(item.app, self.held(link.key))

    def _sent(self, flight: Flight) -> Sent:
        return Sent(flight.item, flight.sent_at, self.now, self.mapping)

    def _mapped(self, app: str, values: dict[str, Value]) -> dict[str, Value]:
        slots = self.mapping.apps[app].slots
        return {name: value for name, value in values.items() if name in slots}

    def _read(self) -> None:
        self.readable = set()
        names = [name for name in self.apps if name in self.mapping.apps]
        self.rng.shuffle(names)
        for name in names:
            if self.faults and self.rng.random() < 0.12:
                continue
            if self._read_app(self.apps[name]):
                self.readable.add(name)
                if name not in self.complete:
                    self.complete.add(name)
                    self.dirty |= set(self.goldens)
            if self.faults:
                self.meddle(0.08)

    def _read_app(self, app: SimApp) -> bool:
        name = app.traits.name
        records = list(app.records.values())
        self.rng.shuffle(records)
        for n, held in enumerate(records):
            if self.faults and n and self.rng.random() < 0.05:
                return False
            link = self.links[held.person].get((name, held.id))
            if link is not None and link.pending:
                self._observe(name, held)
                continue
            listed = held.values
            if self.faults and app.traits.lags:
                shown = app.listed(held, self.now, LAG)
                if shown is None:
                    continue
                listed = shown
            if self._is_news(held, link, listed):
                if self.switches.list_is_truth:
                    self._observe(name, held, listed)
                else:
                    self._observe(name, held)
        return True

    def _is_news(self, held: Held, link: Link | None, listed: dict[str, Value]) -> bool:
        app = held.id.partition("-")[0]
        if link is None or (app, held.id) in self.waiting:
            return True
        if (held.state == "found") != (link.state == "live") or (held.state == "archived") != (
            link.state == "gone"
        ):
            return True
        shown = self._mapped(app, listed)
        return link.state == "live" and any(n not in link.seen or link.seen[n] != v for n, v in shown.items())

    def _observe(self, app: str, held: Held, values: dict[str, Value] | None = None) -> None:
        """Keep what the app shows of a record, with the consent of an observation that this one replaces."""
        record = self.apps[app].shown(held)
        obs = Observation(
            app,
            held.id,
            self._mapped(app, values or dict(record.values)),
            self.tick(),
            record.stamp,
            {s: t for s, t in record.stamps.items() if s in self.mapping.apps[app].slots},
            held.state,
        )
        self.oracle.looking(obs)
        earlier = self.waiting.get(obs.key)
        if earlier is not None and "consent" in earlier.values and not self.switches.last_consent_only:
            obs.consent = (*earlier.consent, earlier.values["consent"])
        self.waiting[obs.key] = obs

    # -- decide -------------------------------------------------------------------------------------------

    def _unit(self, person: int) -> Unit:
        """All that is known of a person, with the records that have just been matched."""
        golden = self.goldens.get(person) or Golden(f"g{person}")
        links = dict(self.links[person])
        observations, unmatched = {}, set()
        for key, obs in self.waiting.items():
            held = self.held(key)
            if held.person != person:
                continue
            if key in links:
                observations[key] = obs
            elif held.joins_in <= 0 and obs.state == "found":
                primary = not any(k.app == key[0] and k.primary for k in links.values())
                links[key] = Link(*key, golden.id, primary=primary)
                observations[key] = obs
            else:
                unmatched.add(key[0])
        for held in self.family(person):
            app = held.id.partition("-")[0]
            if (app, held.id) not in links and app in self.mapping.apps and app in self.complete:
                unmatched.add(app)
        creating = {
            f.item.app for f in self.in_flight if f.item.kind == "create" and f.item.golden == golden.id
        }
        return Unit(
            golden,
            list(links.values()),
            observations,
            self._stubs(person, links),
            frozenset(creating | unmatched),
        )

    def _stubs(self, person: int, links: dict[LinkKey, Link]) -> tuple[StubConsent, ...]:
        """The consent of records that are not linked because they are archived or out of scope."""
        found = []
        for held in self.family(person):
            app = held.id.partition("-")[0]
            if held.state == "found" or (app, held.id) in links or app not in self.complete:
                continue
            slot = self.mapping.apps[app].slots.get("consent") if app in self.mapping.apps else None
            state = slot.split(held.values["consent"], {}).get("consent") if slot else None
            if isinstance(state, str):
                found.append(StubConsent(state, app, held.id, held.stamp or held.born))
        return tuple(found)

    def _abilities(self) -> Abilities:
        return Abilities(
            creates=[a for a in self.mapping.apps if a in self.complete and self.mapping.apps[a].creates],
            archives=[a for a in self.mapping.apps if self.apps[a].traits.archives],
        )

    def _decide(self, unit: Unit) -> Decision:
        if self.switches.page_wise:
            return self._decide_page_wise(unit)
        decision = decide(unit, self.lens, self._abilities(), f"r{self.runs}")
        self.oracle.order(unit, decision, self._abilities())
        return decision

    def _decide_page_wise(self, unit: Unit) -> Decision:
        """The planted error: each observation is decided alone."""
        log, items, whole = [], [], unit
        decision = None
        for key, obs in list(unit.observations.items()) or [(None, None)]:
            whole.observations = {key: obs} if key else {}
            decision = decide(whole, self.lens, self._abilities(), f"r{self.runs}")
            whole = Unit(decision.unit.golden, decision.unit.links, {}, (), unit.creating)
            log += decision.log
            items = [i for i in items if i.kind == "create"] + decision.items
        assert decision is not None
        return Decision(decision.unit, items, log, decision.changed)

    def _hold_back(self, touched: list[int], decided: list[tuple[int, Decision]]) -> bool:
        """The brakes throw the decision away; consent is lowered all the same."""
        goldens, links = deepcopy(self.goldens), deepcopy(self.links)
        if self.switches.keeps_held_run:
            for person, decision in decided:
                self._commit(person, decision, used=True)
        items = []
        for person in touched:
            if person not in self.goldens:
                continue
            unit = self._unit(person)
            unit.links = [k for k in unit.links if k.key in self.links[person]]
            before = deepcopy(unit)
            lowered = lower_consent(unit, self.lens, f"r{self.runs}")
            self.oracle.unchanged(before, unit)
            if lowered is not None:
                self.oracle.only_consent(before, lowered)
                items += self._commit(person, lowered, used=False)
        self.oracle.held_run(goldens, links)
        self._act(items)
        return False

    def _commit(self, person: int, decision: Decision, used: bool) -> list[Item]:
        golden = decision.unit.golden
        self.oracle.decided(person, decision, self.goldens.get(person), used)
        self.goldens[person] = golden
        for link in decision.unit.links:
            self.links[person][link.key] = link
            if used:
                self.waiting.pop(link.key, None)
        if used:
            for held in self.family(person):
                held.joins_in -= 1
        if decision.items or used:
            (self.dirty.add if decision.items else self.dirty.discard)(person)
        return decision.items

    # -- act ----------------------------------------------------------------------------------------------

    def _act(self, items: list[Item]) -> bool:
        """Write what is due. True when there is news to be merged in this same run."""
        planned = Counter(i.golden for i in items)
        settled: Counter[str] = Counter()
        news = False
        self.rng.shuffle(items)
        if self.switches.base_before_write:
            self._record_base(items)
        for item in items:
            if item.app not in self.readable:
                continue
            if self.faults:
                self.meddle(0.04)
            if item.kind != "create" and not self.switches.no_reread and self._moved(item):
                news = True
                continue
            due: Item | None = item
            while due is not None:
                done = self._write(due)
                news |= done.extra is not None
                if done.finished:
                    settled[item.golden] += 1
                due = done.again
        for golden, count in planned.items():
            person = int(golden[1:])
            updated = any(i.kind == "update" for i in items if i.golden == golden)
            owes = self.goldens[person].deleted and updated  # the archive comes after its opt-out
            if settled[golden] >= count and not owes:
                self.dirty.discard(person)
        return news

    def _record_base(self, items: list[Item]) -> None:
        """The planted error: the shadows are moved before the write is known to have landed."""
        for item in items:
            person = int(item.golden[1:])
            if item.record is not None:
                link = self.links[person][item.app, item.record]
                for slot, (_, after) in item.slots.items():
                    link.seen[slot] = after
                    fields = self.mapping.apps[item.app].slots[slot].fields
                    link.agreed.update({f: self.goldens[person].value.get(f) for f in fields})

    def _moved(self, item: Item) -> bool:
        """Read again what is to be overwritten; a record that moved is merged again instead."""
        held = self.held((item.app, item.record or ""))
        link = self.links[held.person][item.app, held.id]
        before = {s: b for s, (b, _) in item.slots.items()} if item.kind == "update" else link.seen
        slots = self.mapping.apps[item.app].slots
        if held.state == "archived" or any(not slots[s].same(held.values[s], b) for s, b in before.items()):
            self._observe(item.app, held)
            return True
        return False

    def _write(self, item: Item) -> Settled:
        person, app = int(item.golden[1:]), self.apps[item.app]
        flight = Flight(item, self.tick())
        self.in_flight.append(flight)
        link = self.links[person].get((item.app, item.record or ""))
        if link is not None:
            self.oracle.sending(link.key, item)
        chance = self.rng.random() if self.faults else 1.0
        refused = {
            s: "not allowed"
            for s, (_, a) in item.slots.items()
            if item.app in self.refusing and "q" in str(a)
        }
        result = Result("", "unknown")
        if chance < 0.04:
            pass
        elif chance < 0.08:
            result = Result("", "retry")
        elif chance < 0.09:
            raise Crash
        elif chance < 0.11:
            result = Result("", "rejected", reason="no")
        elif refused or (chance < 0.13 and item.slots):
            result = Result("", "rejected", fields=refused or {min(item.slots): "not allowed"})
        elif chance < 0.15 and link is not None and item.kind == "update" and app.traits.answers:
            result = app.answer(self.held(link.key))
        else:
            result = self._apply(flight, person, app)
            if chance < 0.20:
                result = Result("", "unknown")
            elif chance < 0.22:
                raise Crash
        done = settle(self._sent(flight), result, self.goldens[person], link)
        if not done.in_flight:
            self.in_flight.remove(flight)
        self._keep(person, done)
        return done

    def _apply(self, flight: Flight, person: int, app: SimApp) -> Result:
        item = flight.item
        values = {s: a for s, (_, a) in item.slots.items()}
        self.oracle.writing(person, item)
        if item.kind == "create":
            held = app.create(person, values, self.now, by_engine=item.golden)
            flight.made = held.id
            self.oracle.sending((item.app, held.id), item)
        else:
            held = self.held((item.app, item.record or ""))
            if item.kind == "archive":
                held.state = "archived"
            app.write(held, values, self.now, "engine")
        return app.answer(held)

    def _keep(self, person: int, done: Settled) -> None:
        if done.link is not None:
            self.links[person][done.link.key] = done.link
            self.oracle.known(done.link)
        if done.golden is not None:
            self.goldens[person] = done.golden
            self.dirty.add(person)
        if done.extra is not None:
            self.oracle.looking(done.extra)
            earlier = self.waiting.get(done.extra.key)
            if earlier is not None:
                done.extra.values = {**earlier.values, **done.extra.values}
                done.extra.consent = earlier.consent
            self.waiting[done.extra.key] = done.extra
