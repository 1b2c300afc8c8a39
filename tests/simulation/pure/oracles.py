"""What must be true at every step of a history, judged by what the apps themselves remember, never by the
shadows alone."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from itertools import pairwise

from conflicts.candidate import Candidate
from conflicts.consent import OPT_OUTS, rank
from connectors.contract import Value
from mappings.model import Slot
from syncer.core.decide import decide
from syncer.core.lens import direction
from syncer.core.plan import Abilities
from syncer.model import Decision, Golden, Item, Link, LinkKey, Observation, Unit
from tests.simulation.pure.apps import Held
from tests.simulation.pure.final import Settled

CHECK_ORDER = 0.08


class Oracle(Settled):
    """Watches one history."""

    def order(self, unit: Unit, decision: Decision, abilities: Abilities) -> None:
        """The same things in another order come to the same, and deciding changes nothing it is given."""
        if self.h.rng.random() > CHECK_ORDER:
            return
        shuffled = deepcopy(unit)
        self.h.rng.shuffle(shuffled.links)
        keys = list(shuffled.observations)
        self.h.rng.shuffle(keys)
        shuffled.observations = {k: shuffled.observations[k] for k in keys}
        for obs in shuffled.observations.values():
            names = list(obs.values)
            self.h.rng.shuffle(names)
            obs.values = {n: obs.values[n] for n in names}
        before = deepcopy(shuffled)
        again = decide(shuffled, self.h.lens, abilities, f"r{self.h.runs}")
        self.unchanged(before, shuffled)
        if _canonical(again) != _canonical(decision):
            self.report("order", f"run {self.h.runs}: {_canonical(decision)} or {_canonical(again)}")

    def unchanged(self, before: Unit, after: Unit) -> None:
        if before != after:
            self.report("held", "deciding changed what it was given")

    def held_run(self, goldens: Mapping[int, Golden], links: Mapping[int, Mapping[LinkKey, Link]]) -> None:
        """A held run is over: nothing but consent has changed since `goldens` and `links` were taken down."""
        for person, golden in self.h.goldens.items():
            if person not in goldens:
                self.report("held", f"{golden.id} was made in a held run")
            elif _sans_consent(golden.value) != _sans_consent(goldens[person].value):
                self.report("held", f"{golden.id} changed in a held run")
            for key, link in self.h.links[person].items():
                was = links[person].get(key)
                if was is None or _sans_consent(was.seen) != _sans_consent(link.seen):
                    self.report("held", f"the link of {key} changed in a held run")

    def only_consent(self, before: Unit, lowered: Decision) -> None:
        """While a run is held nothing but consent may change, and only downwards."""
        after = lowered.unit.golden
        for field in after.value:
            if field != "consent" and after.value[field] != before.golden.value.get(field, Ellipsis):
                self.report("held", f"{field} of {after.id} changed in a held run")
        if rank(str(after.value.get("consent"))) < rank(str(before.golden.value.get("consent"))):
            self.report("held", f"consent of {after.id} rose in a held run")
        links = {k.key: k for k in before.links}
        for link in lowered.unit.links:
            was = links[link.key]
            for slot, value in link.seen.items():
                if slot != "consent" and was.seen.get(slot, Ellipsis) != value:
                    self.report("held", f"seen {slot} of {link.key} changed in a held run")

    def decided(self, person: int, decision: Decision, before: Golden | None, used: bool) -> None:
        """A decision is about to be kept."""
        self.log += decision.log
        golden = decision.unit.golden
        for link in decision.unit.links:
            obs = self.h.waiting.get(link.key)
            if obs is not None:
                names = [s for s in obs.values if used or s == "consent"]
                self.shown.setdefault(link.key, set()).update(names)
                for slot in names:
                    self.first_read.setdefault((link.key, slot), obs.read_at)
                    self.reads.setdefault((link.key, slot), []).append(obs.read_at)
        for field, value in golden.value.items():
            old = before.value.get(field, Ellipsis) if before else Ellipsis
            source = golden.provenance.get(field)
            if old == value or source is None:
                continue
            key = (source.app, source.record)
            self.golden_past.setdefault((person, field), []).append((self.h.now, value, key))
            if field not in ("tags", "consent") and value is not None:
                self._traced(person, field, value, key)

    def _traced(self, person: int, field: str, value: Value, key: LinkKey) -> None:
        """No invention, no spread: somebody typed this, in the record that it is said to come from."""
        typed = self._typed(person)
        if not any(self._carries(x, field, value) for x in typed):
            self.report("invention", f"{field}={value!r} of g{person}")
        elif not self._held_there(person, field, value, key, self.h.now):
            self.report("spread", f"{field}={value!r} of g{person} was never typed in {key}")

    def writing(self, person: int, item: Item) -> None:
        """A write is about to have its effect in the app."""
        self.writes += 1
        if item.kind == "create":
            self._no_twin(person, item)
            return
        held = self.h.held((item.app, item.record or ""))
        link = self.h.links[person][item.app, held.id]
        for name, (_, after) in item.slots.items():
            slot = self.h.mapping.apps[item.app].slots[name]
            if name not in self.shown.get(link.key, ()):
                self.report("unknown", f"{name} of {link.key} was written before it was ever read")
            if "consent" in slot.fields:
                self._not_raised(person, held, slot, after)
            elif "tags" not in slot.fields and len(slot.fields) == 1:
                self._not_narrower(person, held, slot, after)
        if item.kind == "archive":
            self._nothing_unread(held, link)

    def _no_twin(self, person: int, item: Item) -> None:
        if any(x.by_engine and x.person == person for x in self.h.apps[item.app].records.values()):
            self.report("duplicate", f"g{person} was created twice in {item.app}")

    def _nothing_unread(self, held: Held, link: Link) -> None:
        slots = self.h.mapping.apps[link.app].slots
        for name, value in link.seen.items():
            if name in slots and not slots[name].same(held.values[name], value):
                self.report("loss", f"{link.key} was archived over an unread edit of {name}")

    def _not_raised(self, person: int, held: Held, slot: Slot, after: Value) -> None:
        """A write lifts consent only after an opt-in that is later than every opt-out that was read."""
        new, old = (str(slot.split(v, {}).get("consent")) for v in (after, held.values[slot.name]))
        if rank(new) >= rank(old) or old == "None":
            return
        told = self._told(person)
        outs = [
            x.at
            for x, s in told
            if s in OPT_OUTS and rank(s) > rank(new) and x.at < max(self._reads_of(x), default=x.at)
        ]
        authorities = self.h.mapping.fields["consent"].rule.apps
        ins = [x.at for x, s in told if rank(s) <= rank(new) and x.app in authorities]
        if outs and (not ins or max(outs) > max(ins)):
            self.report("consent", f"{held.id} was lifted from {old} to {new}")

    def _not_narrower(self, person: int, held: Held, slot: Slot, after: Value) -> None:
        """No narrower form of what stands in an app is written over it."""
        field, before = slot.fields[0], held.values[slot.name]
        golden = self.h.goldens[person]
        source, type = golden.provenance.get(field), self.h.mapping.fields[field].type
        if source is None or before is None or after is None or source.app == slot.app:
            return
        if direction(self.h.mapping.fields[field], slot.app) == "to":
            return  # what stands in an app that is only written is nobody's word
        there = self._slot(source.app, self._slot_name(source.app, field))
        if there is None or len(there.fields) > 1:
            return
        # What we wrote there, or agreed with, stands for the golden value that it is a form of.
        meant = slot.split(before, {})[field]
        last = [x for x in self.h.apps[slot.app].log if (x.record, x.slot) == (held.id, slot.name)][-1]
        for (_, value, _), (until, _, _) in pairwise(self.golden_past.get((person, field), ())):
            since = max(last.at, self.first_read.get(((slot.app, held.id), slot.name), last.at))
            if (last.who == "engine" or until > since) and self._matches(slot, field, value, before):
                meant = value
        made = self.h.apps[source.app].traits.store(there.name, there.project({field: meant}, None))
        narrow, now = there.split(made, {})[field], golden.value[field]
        if type.same(narrow, now) and not type.same(meant, now) and not slot.same(before, after):
            what = f"{before!r} in {held.id} becomes {after!r}"
            self.report("spread", f"{what}, which {source.app} made of it")

    def looking(self, obs: Observation) -> None:
        """The engine is shown something; it may have to wait for its decision."""
        if "consent" in obs.values:
            self.looks.setdefault(obs.key, []).append(obs.read_at)

    def sending(self, key: LinkKey, item: Item) -> None:
        """A write goes out; whether it will land is another matter."""
        for slot, (_, after) in item.slots.items():
            value = self.h.apps[item.app].traits.store(slot, after)
            self.sent.setdefault((key, slot), []).append((self.h.now, value))

    def known(self, link: Link) -> None:
        """A write was answered: what was sent or shown is known."""
        self.shown.setdefault(link.key, set()).update({*link.seen, *link.pending})


def _sans_consent(values: Mapping[str, Value]) -> dict[str, Value]:
    return {name: value for name, value in values.items() if name != "consent"}


def _canonical(decision: Decision) -> tuple[object, ...]:
    """A decision as a value that does not depend on any order."""
    golden = decision.unit.golden
    return (
        sorted(golden.value.items()),
        sorted(golden.provenance.items()),
        {f: sorted(c, key=_by_app) for f, c in golden.held.items()},
        sorted(map(_link_form, decision.unit.links)),
        sorted(
            repr((i.kind, i.app, i.golden, i.record, sorted(i.slots.items()), i.raises))
            for i in decision.items
        ),
        sorted(
            repr(
                (e.kind, e.field, sorted(e.candidates, key=_by_app), e.rule, e.winner, e.winner_app, e.status)
            )
            for e in decision.log
        ),
    )


def _link_form(link: Link) -> str:
    parts: list[Mapping[str, object]] = [link.seen, link.agreed, link.pending, link.refused, link.rewrites]
    return repr((link.key, link.state, link.primary, [sorted(p.items(), key=str) for p in parts], link.ours))


def _by_app(c: Candidate) -> tuple[str, str, str, str]:
    return c.app, c.record, str(c.value), c.kind
