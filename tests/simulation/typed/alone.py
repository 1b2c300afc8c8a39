"""What is judged of an edit that is made alone, while all is at rest.

arrives  the value becomes golden where its app may be read, and nothing else moves; what says the same as
         before, what no type can read, and what is typed where golden is only written to, moves nothing
words    a word that is added to a set or removed from it is added or removed, and no other
blank    a clearing clears golden, unless the mapping says `blank: keep`; a set is cleared when no word is
         left that the mapping knows, and keeps those that its app cannot show

That golden then arrives in all apps is judged at rest (`rest.py`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from connectors.contract import Value
from mappings.model import BadValue, Slot, Unshown
from syncer.core.lens import Unresolved, direction
from syncer.model import DISAGREES, Golden, Link

if TYPE_CHECKING:
    from tests.simulation.typed.space import Space
    from tests.simulation.typed.world import World


Values = Mapping[tuple[str, str], Mapping[str, Value]]


@dataclass(frozen=True, slots=True)
class Edit:
    """One edit: where, what stood there and stands there now, and the golden record before."""

    space: Space
    link: Link
    slot: Slot
    was: Value
    now: Value
    golden: Golden


def edit_alone(w: World) -> tuple[str, str, str, str] | None:
    """Somebody edits one value; all comes to rest again; what became of golden is judged. Which value, by
    object, app, record and field."""
    places = [
        (space, unit.golden, link, slot)
        for space in reversed(w.spaces)
        for unit in space.units().values()
        for link, slot in space.places(unit)
        if (link.app, slot.name) in space.can_type
    ]
    if not places:
        return None
    space, golden, link, slot = w.rng.choice(places)
    w.clock.sleep(120)
    before = golden_values(w)
    was = space.apps[link.app].records[link.id][slot.name]
    now = space.type(link.app, link.id, slot.name, space.value_for(link.app, slot.name, was))
    w.settle()
    if not w.violations:
        Moved(w, Edit(space, link, slot, was, now, golden), before).judge()
    return space.name, link.app, link.id, slot.name


class Moved:
    """How golden moved by one edit."""

    def __init__(self, world: World, edit: Edit, before: Values) -> None:
        self.w, self.edit, self.lens = world, edit, edit.space.lens()
        self.after = edit.space.goldens()[edit.golden.id]
        self.field = edit.space.mapping.fields[edit.slot.fields[0]]
        self.was: Any = edit.golden.value.get(self.field.name)
        self.got: Any = self.after.value.get(self.field.name)
        self.others = moved(world, before, but=(edit.space.name, edit.golden.id))

    def judge(self) -> None:
        edit, field, before = self.edit, self.field, self.edit.golden.value
        if field.name == self.edit.space.mapping.consent or field.name in {
            *edit.golden.held,
            *self.after.held,
        }:
            return  # consent has rules of its own, and a conflict waits for a person
        moved = {f for f, value in self.after.value.items() if value != before.get(f)}
        moved -= edit.golden.held.keys()  # it closes when all apps show the same
        others = {f for f in moved if f != field.name and not self.edit.space.mapping.fields[f].follows}
        self._expect(not others, "arrives", f"{others} moved")
        self._expect(not self.others, "arrives", f"{self.others} moved")
        try:
            value: Any = self.lens.split(edit.slot, edit.now, before)[field.name]
        except Unresolved:
            return  # a company that nobody knows yet, since it is doubtful which it is
        except BadValue:
            self._expect(field.name not in moved, "arrives", "what no type can read became golden")
            return
        if edit.slot.reference and edit.was and not self.lens.stands(edit.slot, edit.was):
            return  # as if the app had taken it away together with its record
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
        if self.edit.slot.name in self.edit.link.parted:
            return False  # an undo left it here
        agreed = self.edit.link.agreed.get(self.field.name, DISAGREES)
        return agreed is not DISAGREES and self.field.type.same(agreed, self.was)

    def _is_shown(self) -> bool:
        """Whether what was typed is how this app shows a fuller value that golden has had all along."""
        slot, now = self.edit.slot, self.edit.now
        try:
            return slot.same(self.lens.project(slot, {self.field.name: self.got}, now), now)
        except (Unshown, Unresolved):
            return False

    def _expect(self, true: bool, kind: str, what: str) -> None:
        if not true:
            e = self.edit
            typed = f"{e.space.name} {e.link.key} {e.slot.name} {e.was!r} -> {e.now!r}"
            self.w.report(kind, f"{typed}, golden {self.was!r} -> {self.got!r}: {what}")


def golden_values(w: World) -> Values:
    """Of all golden records what people chose: not what follows from it."""
    return {
        (space.name, id): {f: v for f, v in golden.value.items() if not space.mapping.fields[f].follows}
        for space in w.spaces
        for id, golden in space.goldens().items()
    }


def moved(w: World, before: Values, but: tuple[str, str] | None = None) -> list[str]:
    now = golden_values(w)
    return [
        f"{key} {f}: {v!r} -> {now[key].get(f)!r}"
        for key, values in before.items()
        for f, v in values.items()
        if key in now and key != but and now[key].get(f) != v
    ]
