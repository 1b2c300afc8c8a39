"""What is judged of an edit that is made alone, while all is at rest.

arrives  the value becomes golden where its app may be read, and nothing else moves; what says the same as
         before, what no type can read, and what is typed where golden is only written to, moves nothing
words    a word that is added to a set or removed from it is added or removed, and no other
blank    a clearing clears golden, unless the mapping says `blank: keep`; a set is cleared when no word is
         left that the mapping knows, and keeps those that its app cannot show

That golden then arrives in all apps is judged at rest (`rest.py`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from connectors.contract import Value
from mappings.model import BadValue, Slot, Unshown
from syncer.core.lens import direction
from syncer.model import DISAGREES, Golden, Link

if TYPE_CHECKING:
    from tests.simulation.typed.world import World


@dataclass(frozen=True, slots=True)
class Edit:
    """One edit: where, what stood there and stands there now, and the person's golden record before."""

    link: Link
    slot: Slot
    was: Value
    now: Value
    golden: Golden


def edit_alone(w: World) -> None:
    """Somebody edits one value; all comes to rest again; what became of golden is judged."""
    places = [
        (unit.golden, link, slot)
        for unit in w.units().values()
        for link, slot in w.places(unit)
        if (link.app, slot.name) in w.drawn.typed
    ]
    if not places:
        return
    golden, link, slot = w.rng.choice(places)
    w.clock.sleep(120)
    was = w.apps[link.app].records[link.id][slot.name]
    now = w.type(link.app, link.id, slot.name, value_for(w, link.app, slot.name, was))
    w.settle()
    after = w.units().get(golden.id)
    if after and not w.violations:
        Moved(w, Edit(link, slot, was, now, golden), after.golden).judge()


def value_for(w: World, app: str, slot: str, was: Value) -> Value:
    """What somebody types where something stands: something new, nothing, or a part of a list."""
    if slot != "consent" and w.rng.random() < 0.2:
        return None
    if isinstance(was, list) and w.rng.random() < 0.5:
        return [item for item in was if w.rng.random() < 0.5] or None
    return w.drawn.typed[app, slot](w.rng)


class Moved:
    """How golden moved by one edit."""

    def __init__(self, world: World, edit: Edit, after: Golden) -> None:
        self.w, self.edit, self.after = world, edit, after
        self.field = world.mapping.fields[edit.slot.fields[0]]
        self.was: Any = edit.golden.value.get(self.field.name)
        self.got: Any = after.value.get(self.field.name)

    def judge(self) -> None:
        edit, field, before = self.edit, self.field, self.edit.golden.value
        if field.name == self.w.mapping.consent or field.name in {*edit.golden.held, *self.after.held}:
            return  # consent has rules of its own, and a conflict waits for a person
        moved = {f for f, value in self.after.value.items() if value != before.get(f)}
        others = {f for f in moved if f != field.name and not self.w.mapping.fields[f].follows}
        self._expect(not others, "arrives", f"{others} moved")
        try:
            value: Any = edit.slot.split(edit.now, before)[field.name]
        except BadValue:
            self._expect(field.name not in moved, "arrives", "what no type can read became golden")
            return
        if edit.slot.same(edit.was, edit.now) or field.follows or direction(field, edit.link.app) == "to":
            self._expect(field.follows or field.name not in moved, "arrives", "golden moved")
        elif field.blank == "keep" and (
            value is None or (field.type.is_set and not edit.slot.words(edit.now))
        ):
            self._expect(field.name not in moved, "blank", "golden moved")
        elif not self._agreed():
            return  # an earlier edit here lost: what is typed now meets the value that won
        elif field.type.is_set:
            former: Any = edit.slot.split(edit.was, {})[field.name]
            words, known = set(value or ()), set(former or ())
            due = (set(self.was or ()) | (words - known)) - (known - words)
            self._expect(set(self.got or ()) == due, "words", f"due is {sorted(due)}")
        elif value is None:
            self._expect(self.got is None, "blank", "golden stays")
        else:
            arrived = self.got is not None and field.type.same(self.got, value)
            self._expect(arrived or self._is_shown(), "arrives", f"{value!r} is not golden")

    def _agreed(self) -> bool:
        """Whether the app was in step before."""
        if self.field.name not in self.edit.golden.value:
            return True
        agreed = self.edit.link.agreed.get(self.field.name, DISAGREES)
        return agreed is not DISAGREES and self.field.type.same(agreed, self.was)

    def _is_shown(self) -> bool:
        """Whether what was typed is how this app shows a fuller value that golden has had all along."""
        slot, now = self.edit.slot, self.edit.now
        try:
            return slot.same(slot.project({self.field.name: self.got}, now), now)
        except Unshown:
            return False

    def _expect(self, true: bool, kind: str, what: str) -> None:
        if not true:
            e = self.edit
            typed = f"{e.link.key} {e.slot.name} {e.was!r} -> {e.now!r}, golden {self.was!r} -> {self.got!r}"
            self.w.report(kind, f"{typed}: {what}")
