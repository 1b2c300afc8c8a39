"""Somebody changes the mapping in the middle of a history, in a third of them: what is said of a field, how
one is read or shown in an app, a field that leaves an app or the mapping, and comes back.

What a changed mapping brings about by itself is held once, and approved by the next run.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from connectors.contract import FieldSpec
from mappings.document import ProblemsFound
from tests.simulation.engine.settings import AGAIN, FILTER, first_name
from tests.simulation.typed.alone import golden_values, moved
from tests.simulation.typed.draft import Draft, Line, keys
from tests.simulation.typed.drawn import decided
from tests.simulation.typed.forms import FORMS, SAID, Form

if TYPE_CHECKING:
    from tests.simulation.typed.world import World

SHARE = 0.35
KEPT = ("email", "consent")  # a mapping without these is refused, or of other people
DECIDED = ("rule", "direction", "on_join", "blank")
TRIES = 5


def is_on(seed: int) -> bool:
    return random.Random(f"changing {seed}").random() < SHARE


class Changing:
    """Changes the mapping of people in one world. `out`: fields and places that the mapping has no more."""

    def __init__(self, world: World) -> None:
        self.w, self.rng, self.space = world, world.rng, world.people
        self.out: list[tuple[str, Line]] = []
        self.does: tuple[Callable[[], Draft | None], ...] = (
            self._decide_otherwise,
            self._decide_otherwise,
            self._say_otherwise,
            self._show_otherwise,
            self._show_otherwise,
            self._leave,
            self._take_out,
            self._come_back,
            self._come_back,
            self._rename,
            self._create_otherwise,
            self._filter_otherwise,
        )

    def change(self) -> str:
        """Which field the mapping says something else of now; empty where it is the same as before, or where
        that is more than one."""
        for _ in range(TRIES):
            former, draft = self.space.draft, self.rng.choice(self.does)()
            if draft is None or draft == former:
                continue
            try:
                self.space.put(draft)
            except ProblemsFound as problem:
                self.w.note(f"no mapping: {problem}")
                continue
            lines = {f for f in {**former.lines, **draft.lines} if former.lines.get(f) != draft.lines.get(f)}
            self.w.note(
                f"the mapping changes: {[f'{f}: {draft.lines[f].text}' for f in lines & draft.lines.keys()]}"
            )
            self.w.notes += draft.text.splitlines()
            return lines.pop() if len(lines) == 1 else ""
        return ""

    # -- what is changed ----------------------------------------------------------------------------------

    def _any(self) -> tuple[str, Line]:
        """A field that can be changed in every way."""
        lines = [x for x in self.space.draft.lines.items() if x[0] not in KEPT and "type" in x[1].said]
        return self.rng.choice(lines) if lines else ("", Line({}, {}))

    def _with(self, name: str, line: Line) -> Draft:
        draft = self.space.draft
        return replace(draft, lines={**draft.lines, name: line})

    def _decide_otherwise(self) -> Draft | None:
        name, line = self._any()
        if len(line.places) < 2:
            return None
        said = {key: what for key, what in line.said.items() if key not in DECIDED}
        anew = keys(decided(self.rng, line.said["type"], sorted(line.places)))
        return self._with(name, replace(line, said={**said, **anew}))

    def _say_otherwise(self) -> Draft | None:
        """Of its type: words that an app does not know, a zone, a region, which tags."""
        name, line = self._any()
        ways = SAID.get(line.said.get("type", ""))
        if not ways:
            return None
        of_type = {key for way in ways for key in keys([way])}
        said = {key: what for key, what in line.said.items() if key not in of_type}
        return self._with(name, replace(line, said={**said, **keys([self.rng.choice(ways)])}))

    def _show_otherwise(self) -> Draft | None:
        """In one app, whose field is what it was."""
        name, line = self._any()
        if not line.places:
            return None
        app = self.rng.choice(sorted(line.places))
        slot = self._slot(line.places[app])
        field = self.space.apps[app].fields[slot]
        ways = [way for way in FORMS.get(line.said["type"], ()) if FieldSpec(slot, **way.spec) == field]
        if not ways:
            return None
        form: Form = self.rng.choice(ways)
        self.space.can_type[app, slot] = form.typed
        place = f"{{field: {slot}{form.place and ', '}{form.place}}}"
        return self._with(name, replace(line, places={**line.places, app: place}))

    @staticmethod
    def _slot(place: str) -> str:
        """The name of an app's field: this is how all places are written."""
        return place.removeprefix("{field: ").rstrip("}").partition(",")[0]

    def _leave(self) -> Draft | None:
        """A field leaves an app."""
        name, line = self._any()
        if len(line.places) < 2:
            return None
        app = self.rng.choice(sorted(line.places))
        self.out.append((name, Line(line.said, {app: line.places[app]})))
        return self._with(name, self._without(line, app))

    @staticmethod
    def _without(line: Line, app: str) -> Line:
        return Line(line.said, {a: place for a, place in line.places.items() if a != app})

    def _take_out(self) -> Draft | None:
        name, line = self._any()
        if not name:
            return None
        self.out.append((name, line))
        draft = self.space.draft
        return replace(draft, lines={f: x for f, x in draft.lines.items() if f != name})

    def _come_back(self) -> Draft | None:
        if not self.out:
            return None
        name, line = self.out.pop(self.rng.randrange(len(self.out)))
        now = self.space.draft.lines.get(name, Line(line.said, {}))
        return self._with(name, replace(now, places={**now.places, **line.places}))

    def _rename(self) -> Draft | None:
        name, _ = self._any()
        draft = self.space.draft
        if not name or name in {f for f, _ in self.out}:
            return None
        new = first_name(name) if name.endswith(AGAIN) else name + AGAIN
        return replace(draft, lines={new if f == name else f: x for f, x in draft.lines.items()})

    def _create_otherwise(self) -> Draft | None:
        app = self.rng.choice(sorted(self.space.draft.apps))
        ways: tuple[Mapping[str, str], ...] = (
            {},
            {"creates": "false"},
            {"create_when": f'"{self.rng.choice(list(self.space.draft.lines))} != null"'},
        )
        return self._say_of(app, ("creates", "create_when"), self.rng.choice(ways))

    def _filter_otherwise(self) -> Draft | None:
        """Only where people have what it asks for."""
        if not self.w.drawn.filtered:
            return None
        (app,) = self.w.drawn.filtered
        return self._say_of(app, ("only",), self.rng.choice(({}, {"only": f'"{FILTER}"'})))

    def _say_of(self, app: str, former: tuple[str, ...], now: Mapping[str, str]) -> Draft:
        draft = self.space.draft
        said = {key: what for key, what in draft.apps[app].items() if key not in former}
        return replace(draft, apps={**draft.apps, app: {**said, **now}})


def change_alone(w: World, changing: Changing) -> None:
    """Somebody changes the mapping, and all comes to rest: no other field moves, or is written."""
    w.clock.sleep(120)
    before, logged = golden_values(w), {name: len(app.log) for name, app in w.people.apps.items()}
    field = changing.change()
    w.settle()
    if not field or w.violations:
        return
    for what in moved(w, {key: {f: v for f, v in g.items() if f != field} for key, g in before.items()}):
        w.report("arrives", f"{what}, since {field} is mapped otherwise")
    for name, app in w.people.apps.items():
        for entry in app.log[logged[name] :]:
            slots = w.people.mapping.apps[name].slots
            others = {f for slot in entry.after for f in slots[slot].fields if f != field}
            others = {f for f in others if not w.people.mapping.fields[f].follows}
            if entry.action == "edit" and others:
                w.report(
                    "arrives", f"{name}/{entry.id} {others} are written, since {field} is mapped otherwise"
                )
