"""What must be true when nobody edits any more: convergence, no silent loss, no lost opt-out."""

from __future__ import annotations

from datetime import datetime
from itertools import pairwise

from conflicts.candidate import Candidate
from conflicts.consent import OPT_OUTS, rank
from connectors.contract import Value
from mappings.model import Slot
from mappings.types.text import name_key
from syncer.core.lens import direction
from syncer.model import FREEZE_AFTER, Golden, Link, LinkKey
from tests.simulation.pure.apps import Happening, Held
from tests.simulation.pure.memory import Memory


class Settled(Memory):
    """The oracles of the end."""

    def settled(self) -> None:
        """Nobody edits any more and nothing is written: what must be true now."""
        for person, golden in self.h.goldens.items():
            for link in self.h.links[person].values():
                if link.state == "live" and link.app in self.h.mapping.apps:
                    held = self.h.held(link.key)
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
        if self._passes_for_ours(last):
            return
        if slot.same(self.h.held(link.key).values[slot.name], last.after):
            return  # it still stands where it was typed
        if self._stands(golden, slot, known if last.at > first else None, last.after):
            return
        if last.after is None and all(self._set_later(person, f, last.at) for f in slot.fields):
            return  # what golden has never had cannot be cleared
        if last.after is None and self._cleared(person, slot, (link.app, link.id)):
            return  # of a text with several parts, at least the parts that were known to be there
        if not self._named(golden, slot, last) and not self._superseded(person, slot, last):
            self.report("loss", f"{slot.name}={last.after!r} typed in {link.key} at {last.at:%H:%M:%S}")

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


def _tags(value: Value) -> set[str]:
    return set(value) if isinstance(value, list) else set()
