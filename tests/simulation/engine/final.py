"""What must be true at rest, when nobody edits any more and a run has written nothing.

convergence  every app holds the golden value of every mapped field, in its own form, or it is listed why not
scope        who is outside the filter of an app, and nobody else, takes no part there
missing      everybody is in every app that takes new records, or there is a reason
loss         what a person typed last is there, was replaced by somebody who had it, or is named in the log
invented     what passed for somebody's edit in a record was typed there by somebody
answerable   what waits for a person has an open conflict that a person can answer, and nothing else has
consent      an opt-out that was seen holds, unless an authority has a later opt-in
journal      replayed from the first row, it gives the golden records as they are
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from conflicts.consent import OPT_OUTS, rank
from connectors.contract import Value
from connectors.memory.traits import coerce
from mappings.model import Slot
from syncer.core.lens import direction
from syncer.model import FREEZE_AFTER, Golden, Link, Unit
from syncer.store import codec
from syncer.store.joins import Joins
from syncer.store.records import Records
from tests.simulation.engine.memory import Happening, Key, tokens
from tests.simulation.engine.settings import first_name

if TYPE_CHECKING:
    from tests.simulation.engine.world import World

FRESH = timedelta(seconds=62)


class AtRest:
    """The end of one history."""

    def __init__(self, world: World) -> None:
        self.w = world
        self.memory = world.memory
        self.watch = world.watch
        store = world.store
        with store.reading():
            records = Records(store, "contacts")
            joins = Joins(store, "contacts")
            self.units = records.units(records.all_golden())
            self.named: dict[tuple[str, str], list[dict[str, Any]]] = {}
            self.open: set[tuple[str, str]] = set()
            self.edits: list[tuple[str, str, str, Value]] = []  # field, app, record, value
            refused: list[tuple[str, str, str, Value]] = []  # somebody turned them down, and calls them edits
            for golden, field, kind, rule, status, body in store.rows(
                "SELECT golden, field, kind, rule, status, body FROM conflict ORDER BY seq"
            ):
                candidates = codec.loads(body)["candidates"]
                self.named.setdefault((joins.survivor(golden), first_name(field)), []).extend(candidates)
                if status == "held":
                    self.open.add((golden, field))
                if kind in ("conflict", "overruled"):
                    edits = [(field, c[1], c[2], c[0]) for c in candidates if c[4] == "edit"]
                    refused += edits if rule == "reject" else []
                    self.edits += [edit for edit in edits if edit not in refused]
            self.reviewed = {
                (r[0], r[1]) for r in store.rows("SELECT app, id FROM review WHERE status = 'open'")
            } | {
                (r[0], r[1])
                for r in store.rows("SELECT other_app, other_id FROM review WHERE status = 'open'")
            }
            self.flying = {(r[0], r[1]) for r in store.rows("SELECT golden, app FROM outbox")}
            self.journal = store.rows("SELECT golden, body FROM journal ORDER BY run")
            for _, body in self.journal:
                for field, (_, after, *origin) in codec.loads(body)["changed"].items():
                    if origin and origin[3] == "edit":
                        self.edits.append((field, origin[0], origin[1], after))

    def check(self) -> None:
        for unit in self.units.values():
            for link in unit.links:
                if link.state == "live" and link.app in self.w.mapping.apps and self._is_live(link.key):
                    for slot in self.w.mapping.apps[link.app].slots.values():
                        self._converged(unit.golden, link, slot)
                        self._nothing_lost(unit.golden, link, slot)
                if self._is_live(link.key):
                    self._takes_part(link)
            self._nobody_missing(unit)
            self._opt_outs_hold(unit)
        self._nobody_invented()
        self._can_be_answered()
        self._journal_replays()

    def _is_live(self, key: Key) -> bool:
        return key[1] in self.w.apps[key[0]].records

    def store_form(self, app: str, slot: str, value: Value) -> Value:
        """What the app makes of a value that is sent to it."""
        habits = self.w.apps[app].fields[slot].coerce + self.w.apps[app].traits.quirks.get(slot, ())
        value = coerce(value, habits)
        places = self.w.setting.rounds.get(app)
        if slot == "score" and places is not None and isinstance(value, int | float | str):
            return round(float(value), places)
        return value

    def _takes_part(self, link: Link) -> None:
        app = self.w.apps[link.app]
        outside = app.leaves_out(app.records[link.id])
        if link.state != "gone" and (link.state == "out") != outside:
            self.memory.report("scope", f"{link.key} is {link.state}, and outside the filter: {outside}")

    # -- convergence --------------------------------------------------------------------------------------

    def _converged(self, golden: Golden, link: Link, slot: Slot) -> None:
        fields = [f for f in slot.fields if f in golden.value]
        frozen = link.rewrites.get(slot.name, (None, 0))[1] > FREEZE_AFTER
        left_alone = slot.name in link.refused or slot.name in link.parted or frozen
        if not fields or not link.primary or left_alone:
            return
        if any(f in golden.held for f in slot.fields):
            return
        if all(direction(self.w.mapping.fields[f], link.app) == "from" for f in fields):
            return
        now = self.w.apps[link.app].records[link.id][slot.name]
        due = self.store_form(link.app, slot.name, slot.project(golden.value, now))
        agrees = slot.same(due, now)
        if "consent" in slot.fields:
            shown, closest = slot.split(now, {}).get("consent"), slot.split(due, {}).get("consent")
            closest_rank = max(0, rank(str(closest)))
            agrees |= closest_rank <= rank(str(shown)) <= rank(str(golden.value["consent"]))
        here = [x for k in sorted(self._became(link.key)) for x in self.memory.of_slot(k, slot.name)]
        shown_so = [x for x in here if slot.same(x.after, now)]
        if not agrees and not any(self._ignored_in_the_window(x) for x in shown_so):
            shown_golden = {f: golden.value[f] for f in fields}
            self.memory.report("convergence", f"{slot.name} of {link.key} is {now!r}, golden {shown_golden}")

    def _ignored_in_the_window(self, x: Happening) -> bool:
        """Somebody typed after the last reading, and the app called our write done without doing it: the
        value in its answer passes for what it made of ours."""
        sends = [seq for seq, _ in self.memory.sent.get((x.key, x.slot), ()) if seq > x.seq]
        shows = [s for s in self.memory.shows.get(x.key, ()) if s.seq > x.seq and s.call != "answer"]
        read = next((s.seq for s in shows if s.values.get(x.slot) == x.after), self.memory.seq)
        return x.who == "person" and bool(sends) and sends[0] < read

    def _nobody_missing(self, unit: Unit) -> None:
        if any(self.watch.joined(p) for k in unit.links if (p := self.memory.of(k.key)) is not None):
            return
        live = [k for k in unit.links if k.state == "live" and self._is_live(k.key)]
        gone = any(k.state == "gone" for k in unit.links)
        if not live or (gone and self.w.mapping.on_delete != "keep"):
            return  # by this policy who was deleted in one app is to go from all: nobody is created anew
        golden = unit.golden
        present = {k.app for k in unit.links} | {a for g, a in self.flying if g == golden.id}
        for name, app in self.w.mapping.apps.items():
            if name in present or not app.creates or name in golden.barred or name in golden.refused:
                continue
            traits, email = self.w.apps[name].traits, golden.value.get("email")
            rows = self.w.apps[name].rows.values()
            keys = [k for r in rows for k in r.other_keys.get("email", ())]
            keys += [x.after for x in self.memory.log if x.app == name and x.slot == "email"]
            taken = email and any(tokens(email) & tokens(k) for k in keys)
            state = golden.value.get("consent")
            unsure = traits.consent_on_new and state != traits.consent_on_new
            needy = traits.needs and (not email or "email" in golden.held)
            if not (taken or unsure or needy or "email" in golden.held):
                self.memory.report("missing", f"{golden.id} ({live[0].key}) is not in {name}")

    # -- loss ---------------------------------------------------------------------------------------------

    def _nothing_lost(self, golden: Golden, link: Link, slot: Slot) -> None:
        if "consent" in slot.fields or self.watch.restored_at >= 0:
            return
        here = self.memory.of_slot(link.key, slot.name)
        mine = [x for x in here if x.who == "person" and not slot.same(x.before, x.after)]
        met = self.watch.met(link.key, slot.name)
        if not mine or met is None:
            return
        last, first = mine[-1], self._first_decided(link.key, met)
        if "tags" in slot.fields:
            self._tags_kept(golden, link, last, first)
            return
        now = self.w.apps[link.app].records[link.id][slot.name]
        if now == last.after or slot.same(now, last.after):
            return
        if last.after is None and last.seq < first:
            return  # a blank found at the first contact is no candidate
        if last.after is None and any(last.seq < self.watch.renamed.get(f, 0) for f in slot.fields):
            return  # under another name all values meet as if for the first time
        if last.after is None and (self.watch.undone or link.key in self.watch.untied):
            return  # a blank that an undo or unlink left, or that golden has by one, gives way like any
        if (last.seq > first or link.key in self.watch.made) and self.watch.was_known(last):
            return  # typed and changed back before anybody looked, or what we had sent
        if self.watch.undone_before_it_counted(slot, last):
            return
        if self._stands(golden, link, slot, last):
            return
        if self._is_named(golden, slot, last) or self._is_replaced(golden, slot, last):
            return
        if self._ignored_in_the_window(last) and "ignored" in self.w.faults.rates:
            return
        if self._in_the_window(link.key, last) or self._passes_for_unsent(slot, last):
            return
        self.memory.report("loss", f"{slot.name}={last.after!r}, typed in {link.key} at {last.seq}")

    def _first_decided(self, key: Key, shown: int) -> int:
        """When it was first decided about a record of which this was first shown."""
        since = max(shown, self.watch.linked_at.get(key, 0))
        return min((d for d in self.watch.decisions if d >= since), default=self.memory.seq)

    def _stands(self, golden: Golden, link: Link, slot: Slot, x: Happening) -> bool:
        """Golden is what was typed, or at least all the parts of it that were news."""
        values = [golden.value.get(f) for f in slot.fields]
        if x.after is None:
            fresh = [f for f in slot.fields if f in golden.value]
            return not fresh or any(v is None for v in values)
        news = tokens(x.after) - tokens(x.before)
        held = {t for v in values for t in tokens(v)}
        return (news or tokens(x.after)) <= held

    def _is_named(self, golden: Golden, slot: Slot, x: Happening) -> bool:
        candidates = [c for f in slot.fields for c in self.named.get((golden.id, first_name(f)), ())]
        told = [codec.candidate(c) for c in candidates]
        if x.after is None:
            return any(c.value is None for c in told)
        news = tokens(x.after) - tokens(x.before) or tokens(x.after)
        return any(tokens(c.value) & news for c in told) if tokens(x.after) else True

    def _is_replaced(self, golden: Golden, slot: Slot, x: Happening) -> bool:
        """Somebody typed something else into a record that had shown it."""
        person = self.memory.of(x.key)
        unseen = max((d for d in self.watch.decisions if d < x.seq), default=0)  # at the same time, for us
        for field in slot.fields if person is not None else ():
            places = self.watch.slots_of(field)
            for y in self.memory.of_field(person or 0, places):
                news = y.seq > unseen or self.watch.first_shown(y) > x.seq
                if news and y.who == "person" and y.key != x.key and self._had(y, x):
                    return True
        return False

    def _had(self, y: Happening, x: Happening) -> bool:
        """Whether the record of `y` held the value of `x` then or later, before it was replaced there."""
        earlier = [z for z in self.memory.of_slot(y.key, y.slot) if z.seq < y.seq]
        if "ignored" in self.w.faults.rates:  # called done, and not done: it passes for what it was sent
            earlier = sorted([*earlier, *self._sends(y)], key=lambda z: z.seq)
        then = [z.after for z in earlier if z.seq < x.seq][-1:]
        held = [*then, *(z.after for z in earlier if z.seq > x.seq), y.before]
        if x.after is None:
            shared = len(self.w.setting.later.apps[y.app].slots[y.slot].fields) > 1
            return None in held or (shared and any(not tokens(v) & tokens(x.before) for v in held))
        return any(tokens(x.after) & tokens(value) for value in held)

    def _sends(self, y: Happening) -> list[Happening]:
        """What we sent to this field before, as if it had been done."""
        sends = self.memory.sent.get((y.key, y.slot), ())
        return [y._replace(seq=seq, who="engine", after=value) for seq, value in sends if seq < y.seq]

    def _in_the_window(self, key: Key, x: Happening) -> bool:
        """Typed after the last reading and written over within the minute that a reading is trusted for: the
        window that the documents name, in apps without conditional writes."""
        over = [y for y in self.memory.of_slot(key, x.slot) if y.seq > x.seq and y.who == "engine"]
        if not over:
            return False
        reads = [s for s in self.memory.shows.get(key, ()) if s.seq < over[0].seq and s.call != "answer"]
        began = max((r for r in self.watch.runs if r < over[0].seq), default=0)
        answers = [s for s in self.memory.shows.get(key, ()) if s.seq < over[0].seq]
        looked = [s for s in self.memory.looks.get(key, ()) if began <= s.seq < over[0].seq]
        if any(s.seq > x.seq and s.values.get(x.slot) == x.after for s in reads):
            return False  # it was read, and written over all the same
        vouched = max((s.at for s in [*answers, *looked]), default=None)
        lag = timedelta(seconds=self.w.apps[key[0]].traits.lag)
        pulled = [at - lag for at in self.memory.pulls.get(key[0], ()) if at <= over[0].at]
        trusted = max([*([vouched] if vouched else []), *pulled[-1:]], default=None)
        last = min(began, max((s.seq for s in answers), default=0))
        if any(last < seq < over[0].seq for seq in self.memory.clock_set):
            return True  # a clock that was set while it mattered
        return trusted is not None and over[0].at - trusted <= FRESH

    def _passes_for_unsent(self, slot: Slot, x: Happening) -> bool:
        """What stood there before our write, whether it landed or not, was typed again, and a clock was set
        meanwhile, or the app's is wrong: it cannot be told from a write that did not land."""
        earlier = [y for y in self.memory.of_slot(x.key, x.slot) if y.seq < x.seq]
        stood = [y.before for y in earlier if y.who == "engine"][-1:]
        for sent, _ in [s for s in self.memory.sent.get((x.key, x.slot), ()) if s[0] < x.seq][-1:]:
            stood += [y.after for y in earlier if y.seq < sent][-1:] or [None]
        wrong = self.memory.clock_set or x.app in self.w.kinds.clocks
        return bool(wrong) and any(slot.same(value, x.after) for value in stood)

    def _tags_kept(self, golden: Golden, link: Link, last: Happening, first: int) -> None:
        """A tag that was added is there, unless somebody took it away or the log says so."""
        before = _tags(last.before) if last.seq > first else set()
        added = _tags(last.after) - before
        # Left there by an undo, perhaps in a record that has become the second of its person since.
        left = "tags" in link.parted or (self.watch.undone and not link.primary)
        shown = _tags(self.w.apps[link.app].records[link.id]["tags"]) if left else set()
        for tag in sorted(added - _tags(golden.value.get("tags")) - shown):
            person = self.memory.of(link.key) or 0
            taken = any(
                tag in _tags(x.before) - _tags(x.after) and x.who == "person"
                for x in self.memory.of_field(person, self.watch.slots_of("tags"))
            )
            sent = self.memory.sent.get((link.key, "tags"), ())
            if self.watch.undone and any(tag in _tags(value) for _, value in sent):
                continue  # what we had sent, too, an undo takes back
            if (
                not taken
                and not self.named.get((golden.id, "tags"))
                and not self._in_the_window(link.key, last)
                and not self._ignored_in_the_window(last)
            ):
                self.memory.report("loss", f"tag {tag}, added in {link.key} at {last.seq}")

    def _nobody_invented(self) -> None:
        """An engine that takes its own writes for somebody's edits has them win over what was typed."""
        if self.watch.restored_at >= 0 or "ignored" in self.w.faults.rates:
            return
        for field, app, record, value in self.edits:
            place = self.watch.slots_of(field).get(app)
            if (
                place is None
                or field in ("tags", "consent")
                or (first_name(field) == "score" and self.w.setting.rounds)
            ):
                continue
            typed = [
                x
                for k in self._became((app, record))
                for x in self.memory.of_slot(k, place)
                if x.who == "person"
            ]
            if not any(tokens(value) <= tokens(x.after) for x in typed):
                self.memory.report("invented", f"{field}={value!r} as an edit in {(app, record)}")

    def _became(self, key: Key) -> set[Key]:
        """A record, and those that its app merged into it."""
        person = self.memory.of(key)
        family = set() if person is None else set(self.memory.family(person))
        merged = {x.key for x in self.memory.log if x.action == "merge" and x.app == key[0]}
        return {key, *(family & merged)}

    def _can_be_answered(self) -> None:
        waiting = {(id, field) for id, unit in self.units.items() for field in unit.golden.held}
        for golden, field in sorted(waiting ^ self.open):
            what = (
                "waits, and nobody is asked" if (golden, field) in waiting else "is asked, and does not wait"
            )
            self.memory.report("answerable", f"{field} of {golden} {what}")
        for golden, field in sorted(waiting):
            if field not in self.w.mapping.fields:
                self.memory.report("answerable", f"{field} of {golden} waits, and the mapping lost it")

    # -- consent and the journal --------------------------------------------------------------------------

    def _opt_outs_hold(self, unit: Unit) -> None:
        if "consent" not in unit.golden.value or self.watch.restored_at >= 0:
            return
        people = {p for k in unit.links if (p := self.memory.of(k.key)) is not None}
        apart = [p for p in sorted(people) if not self.watch.joined(p)]
        told = [t for p in apart for t in self.watch.told(p)]
        said = [t for p in apart for t in self.watch.told(p, lists=True)]
        authorities = self.watch.authorities
        now = rank(str(unit.golden.value["consent"]))
        linked = {k.key for k in unit.links}  # also where the record is gone
        for x, state in told:
            if state not in OPT_OUTS or rank(state) <= now or x.key not in linked:
                continue
            if not any(
                self.watch.passes_for_later(y, x) and y.app in authorities and rank(s) <= now for y, s in said
            ):
                self.memory.report("consent", f"{x} is lost: golden is {unit.golden.value['consent']}")

    def _journal_replays(self) -> None:
        if self.watch.restored_at >= 0:
            return
        replayed: dict[str, dict[str, Value]] = {}
        for golden, body in self.journal:
            changes = codec.loads(body)["changed"]
            replayed.setdefault(golden, {}).update({f: change[1] for f, change in changes.items()})
        for id, unit in self.units.items():
            told = replayed.get(id, {})
            # A value that nobody has, and that none ever had, is no news; nor is that of a lost field.
            known = {f: v for f, v in unit.golden.value.items() if v is not None or f in told}
            if {f: v for f, v in told.items() if v is not None or f in known} != known:
                self.memory.report("journal", f"{id}: {replayed.get(id)} is not {unit.golden.value}")


def _tags(value: Value) -> set[str]:
    return set(value) if isinstance(value, list) else set()
