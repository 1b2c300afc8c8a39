"""What must be true of a history, judged by what the apps themselves remember, never by the shadows alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import deepcopy
from datetime import datetime
from itertools import pairwise
from typing import TYPE_CHECKING

from conflicts.candidate import Candidate
from conflicts.consent import OPT_OUTS, rank
from connectors.contract import Value
from mappings.model import Slot
from mappings.types.text import name_key
from syncer.core.decide import decide
from syncer.core.lens import direction
from syncer.core.plan import FREEZE_AFTER, Abilities
from syncer.model import Decision, Golden, Item, Link, LinkKey, LogEntry, Unit
from tests.simulation.pure.apps import Happening, Held

if TYPE_CHECKING:
    from tests.simulation.pure.history import History

CHECK_ORDER = 0.08


class Oracle:
    """Watches one history. `violations`: lines ``kind: what``."""

    def __init__(self, history: History) -> None:
        self.h = history
        self.violations: list[str] = []
        self.log: list[LogEntry] = []
        self.looks: dict[LinkKey, list[datetime]] = {}
        self.writes = 0
        self.sent: dict[tuple[LinkKey, str], tuple[datetime, Value]] = {}
        self.shown: dict[LinkKey, set[str]] = {}
        self.first_read: dict[tuple[LinkKey, str], datetime] = {}
        self.reads: dict[tuple[LinkKey, str], list[datetime]] = {}
        self.golden_past: dict[tuple[int, str], list[tuple[datetime, Value, LinkKey]]] = {}

    def report(self, kind: str, what: str) -> None:
        self.violations.append(f"{kind}: {what}")

    # -- while it goes on ---------------------------------------------------------------------------------

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

    def _carries(self, x: Happening, field: str, value: Value) -> bool:
        slot = self._slot(x.app, x.slot)
        if slot is None or field not in slot.fields or x.after is None:
            return False
        if len(slot.fields) > 1:
            return f" {name_key(str(value))} " in f" {name_key(str(x.after))} "
        return self.h.mapping.fields[field].type.same(slot.split(x.after, {})[field], value)

    def writing(self, person: int, item: Item) -> None:
        """A write is about to have its effect in the app."""
        self.writes += 1
        if item.kind == "create":
            self._no_twin(person, item)
            return
        held = self.h._held((item.app, item.record or ""))
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

    def _told(self, person: int) -> list[tuple[Happening, str]]:
        """What people said of their consent, save what they took back before anybody looked."""
        found = []
        for app in self.h.apps.values():
            for held in (h for h in app.records.values() if h.person == person):
                here = [x for x in app.log if (x.record, x.slot) == (held.id, "consent")]
                for n, x in enumerate(here):
                    state = self._state(x)
                    if x.who == "engine" or state is None or self._was_known(here[:n], x):
                        continue
                    until = here[n + 1].at if n + 1 < len(here) else None
                    looks = self.looks.get((x.app, x.record), ())
                    if until is None or any(x.at <= look < until for look in looks):
                        found.append((x, state))
        return sorted(found, key=lambda told: told[0].at)

    def _was_known(self, earlier: Sequence[Happening], x: Happening) -> bool:
        """Whether this is what the engine had read or written there last: then nobody can see that it was
        said again."""
        read = max((t for t in self._reads_of(x) if t < x.at), default=None)
        known = [y for y in earlier if y.who == "engine" or (read is not None and y.at <= read)]
        if known and known[-1].after == x.after:
            return True
        at, value = self.sent.get(((x.app, x.record), x.slot), (x.at, None))
        since = max([t for t in (read, known[-1].at if known else None) if t is not None], default=at)
        # Or it passes for a write of ours that was not answered.
        return since <= at < x.at and value == x.after

    def _reads_of(self, x: Happening) -> list[datetime]:
        return self.reads.get(((x.app, x.record), x.slot), [])

    def _state(self, x: Happening) -> str | None:
        slot = self._slot(x.app, x.slot)
        state = slot.split(x.after, {}).get("consent") if slot else None
        return state if isinstance(state, str) else None

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
            if (last.who == "engine" or until > last.at) and self._matches(slot, field, value, before):
                meant = value
        made = self.h.apps[source.app].traits.store(there.name, there.project({field: meant}, None))
        narrow, now = there.split(made, {})[field], golden.value[field]
        if type.same(narrow, now) and not type.same(meant, now) and not slot.same(before, after):
            what = f"{before!r} in {held.id} becomes {after!r}"
            self.report("spread", f"{what}, which {source.app} made of it")

    def _slot_name(self, app: str, field: str) -> str:
        slots = self.h.mapping.apps[app].slots if app in self.h.mapping.apps else {}
        return next((s.name for s in slots.values() if field in s.fields), "")

    def known(self, link: Link) -> None:
        """A write was answered: what was sent or shown is known."""
        self.shown.setdefault(link.key, set()).update({*link.seen, *link.pending})

    # -- when all is quiet --------------------------------------------------------------------------------

    def settled(self) -> None:
        """Nobody edits any more and nothing is written: what must be true now."""
        for person, golden in self.h.goldens.items():
            for link in self.h.links[person].values():
                if link.state == "live" and link.app in self.h.mapping.apps:
                    held = self.h._held(link.key)
                    for slot in self.h.mapping.apps[link.app].slots.values():
                        self._converged(golden, link, held, slot)
                        self._nothing_lost(person, golden, link, slot)
            if "consent" in golden.value:
                self._opt_outs_hold(person, golden)

    def _converged(self, golden: Golden, link: Link, held: Held, slot: Slot) -> None:
        fields = [f for f in slot.fields if f in golden.value]
        listed = slot.name in link.refused or link.rewrites.get(slot.name, (None, 0))[1] > FREEZE_AFTER
        if not fields or not link.primary or listed or any(f in golden.held for f in slot.fields):
            return
        if all(direction(self.h.mapping.fields[f], link.app) == "from" for f in fields):
            return
        now = held.values[slot.name]
        due = self.h.apps[link.app].traits.store(slot.name, slot.project(golden.value, now))
        if "consent" in slot.fields:
            shown, closest = slot.split(now, {}).get("consent"), slot.split(due, {}).get("consent")
            agrees = max(0, rank(str(closest))) <= rank(str(shown)) <= rank(str(golden.value["consent"]))
        else:
            agrees = False
        if not agrees and not slot.same(due, now):
            shown = {f: golden.value[f] for f in fields}
            self.report("convergence", f"{slot.name} of {link.key} is {now!r}, golden {shown}")

    def _nothing_lost(self, person: int, golden: Golden, link: Link, slot: Slot) -> None:
        """Each value that a person typed stands, was replaced by a later edit, or is named in the log."""
        if "consent" in slot.fields:
            return
        all_here = [x for x in self.h.apps[link.app].log if (x.record, x.slot) == (link.id, slot.name)]
        mine = [x for x in all_here if x.who == "person"]
        first = self.first_read.get((link.key, slot.name))
        if not mine or first is None:
            return
        last = mine[-1]
        if "tags" in slot.fields:
            self._tags_kept(person, golden, last, first)
            return
        if last.after is None and last.at <= first:
            return  # a blank found at the first contact is no candidate
        known = self._known_before(all_here, last)
        wrote = any(x.who == "engine" for x in all_here[: all_here.index(last)])
        if (last.at > first or wrote) and slot.same(last.after, known):
            return  # typed and changed back before anybody looked
        if slot.same(self.h._held(link.key).values[slot.name], last.after):
            return  # it still stands where it was typed
        if self._stands(golden, slot, known if last.at > first else None, last.after):
            return
        if last.after is None and all(self._set_later(person, f, last.at) for f in slot.fields):
            return  # what golden has never had cannot be cleared
        if last.after is None and self._cleared(person, slot, (link.app, link.id)):
            return  # of a text with several parts, at least the parts that were known to be there
        if not self._named(golden, slot, last) and not self._superseded(person, slot, last):
            self.report("loss", f"{slot.name}={last.after!r} typed in {link.key} at {last.at:%H:%M:%S}")

    def _known_before(self, here: Sequence[Happening], last: Happening) -> Value:
        """What the engine knew of a slot before the last edit: as it last read or wrote it."""
        read = max((t for t in self._reads_of(last) if t < last.at), default=last.at)
        value = here[0].before
        for x in here[: here.index(last)]:
            if x.at <= read or x.who == "engine":
                value = x.after
        return value

    def _stands(self, golden: Golden, slot: Slot, before: Value, after: Value) -> bool:
        """Whether golden is what was typed, in this app's form; of a text with several parts, the parts that
        were changed."""
        if slot.same(self.h.apps[slot.app].traits.store(slot.name, slot.project(golden.value, after)), after):
            return True
        if len(slot.fields) == 1:
            return False
        if after is not None and any(_ends_in(after, golden.value.get(f)) for f in slot.fields):
            return True  # a part of it is hidden behind the cut
        if f" {name_key(str(after or ''))} " in f" {name_key(str(slot.project(golden.value, None) or ''))} ":
            return after is not None  # the parts may begin elsewhere
        was = slot.split(before, golden.value)
        same = self.h.mapping.fields[slot.fields[0]].type.same
        return all(
            same(part, was.get(field)) or same(part, golden.value.get(field))
            for field, part in slot.split(after, golden.value).items()
        )

    def _named(self, golden: Golden, slot: Slot, x: Happening) -> bool:
        """Whether the log names the value, or a part of it."""
        entries = [e for e in self.log if e.golden == golden.id and e.field in slot.fields]
        if len(slot.fields) > 1:
            return any(_names_part(c, x) for e in entries for c in e.candidates)
        (field,) = slot.fields
        return any(self._matches(slot, field, c.value, x.after) for e in entries for c in e.candidates)

    def _set_later(self, person: int, field: str, at: datetime) -> bool:
        return all(when > at for when, _, _ in self.golden_past.get((person, field), ()))

    def _cleared(self, person: int, slot: Slot, key: LinkKey) -> bool:
        past = [p for field in slot.fields for p in self.golden_past.get((person, field), ())]
        return len(slot.fields) > 1 and any(value is None and by == key for _, value, by in past)

    def _superseded(self, person: int, slot: Slot, x: Happening) -> bool:
        """Golden took the value, and was then changed in a record that had held it too."""
        for field in slot.fields:
            past = self.golden_past.get((person, field), [])
            for (_, value, _), (until, _, by) in pairwise(past):
                if until < x.at or not self._matches(slot, field, value, x.after):
                    continue
                if by == (x.app, x.record) or self._held_there(person, field, value, by, until):
                    return True
        return False

    def _matches(self, slot: Slot, field: str, value: Value, stored: Value) -> bool:
        """Whether an app that shows `stored` holds this golden value."""
        if len(slot.fields) > 1:  # a part may be hidden behind the cut
            text = name_key(str(stored or "")).lower()
            cut = any(c.startswith("cut") for c in self.h.apps[slot.app].traits.fields[slot.name].coerce)
            return value is None or cut or f" {name_key(str(value)).lower()} " in f" {text} "
        made = self.h.apps[slot.app].traits.store(slot.name, slot.project({field: value}, stored))
        return slot.same(made, stored)

    def _held_there(self, person: int, field: str, value: Value, key: LinkKey, until: datetime) -> bool:
        slot = self._slot(key[0], self._slot_name(key[0], field))
        return slot is not None and any(
            self._matches(slot, field, value, shown)
            for x in self._happenings(person)
            if (x.app, x.record, x.slot) == (*key, slot.name) and x.at <= until
            for shown in (x.before, x.after)
        )

    def _tags_kept(self, person: int, golden: Golden, last: Happening, first: datetime) -> None:
        """A tag that was added is there, unless somebody took it away or the log says so."""
        added = _tags(last.after) - (_tags(last.before) if last.at > first else set())
        for tag in added - _tags(golden.value.get("tags")):
            taken = any(
                tag in _tags(x.before) - _tags(x.after) and x.who == "person"
                for x in self._happenings(person)
                if x.slot == "tags"
            )
            if not taken and not any(e.field == "tags" and e.golden == golden.id for e in self.log):
                self.report("loss", f"tag {tag} added in {last.app} {last.record}")

    def _opt_outs_hold(self, person: int, golden: Golden) -> None:
        """An opt-out that was seen holds, unless an authority has a later opt-in."""
        told = self._told(person)
        authorities = self.h.mapping.fields["consent"].rule.apps
        now = rank(str(golden.value["consent"]))
        for x, state in told:
            key = (x.app, x.record)
            link = self.h.links[person].get(key)
            if state not in OPT_OUTS or rank(state) <= now or link is None or link.state != "live":
                continue
            if not any(y.at >= x.at and y.app in authorities and rank(s) <= now for y, s in told):
                self.report("consent", f"{state} of {key} is lost: golden is {golden.value['consent']}")

    # -- the apps' own memory -----------------------------------------------------------------------------

    def _happenings(self, person: int) -> list[Happening]:
        return [x for a in self.h.apps.values() for x in a.log if a.records[x.record].person == person]

    def _typed(self, person: int) -> list[Happening]:
        return [x for x in self._happenings(person) if x.who == "person"]

    def _slot(self, app: str, name: str) -> Slot | None:
        there = self.h.mapping.apps.get(app)
        return there.slots.get(name) if there else None


def _names_part(c: Candidate, x: Happening) -> bool:
    """Whether a candidate is a part of a text that was typed; its last word may be cut there."""
    words = name_key(str(x.after or "")).lower()
    if c.value is None:
        return x.after is None or (c.app, c.record) == (x.app, x.record)
    part = name_key(str(c.value)).lower()
    return f" {part} " in f" {words} " or _ends_in(x.after, c.value)


def _ends_in(text: Value, part: Value) -> bool:
    """Whether the last word of a text is how a part of a name begins."""
    words = name_key(str(text or "")).lower()
    return bool(words) and name_key(str(part or "")).lower().startswith((words, words.split()[-1]))


def _sans_consent(values: Mapping[str, Value]) -> dict[str, Value]:
    return {name: value for name, value in values.items() if name != "consent"}


def _tags(value: Value) -> set[str]:
    return set(value) if isinstance(value, list) else set()


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
