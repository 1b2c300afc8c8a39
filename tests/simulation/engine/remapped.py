"""Histories in which somebody goes on changing the mapping: fields leave apps and come back, get another
name, rule or direction, or are read in another way, and filters come and go.

Each is a history with a steward (`stewarded.py`); every promise of a history holds all the same.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from tests.simulation.engine.history import Played, played_to_its_end
from tests.simulation.engine.settings import AGAIN, ANYTHING, FILTER, Draft, Wish, first_name
from tests.simulation.engine.stewarded import StewardedHistory
from tests.simulation.engine.world import World

OFTEN = 3  # as often as a steward does anything else
FIXED = ("email", "first", "last")

RULES = ("newest", "manual", "longest")
TYPES = ("text", "name")
TRANSFORMS = ("[trim]", "[{case: upper}]", "[{truncate: 12}]", '[{prefix: "X-"}]', '[{default: "none"}]')


class RemappedHistory(StewardedHistory):
    """Plays one world, and changes its mapping between the runs."""

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self.draft = world.setting.draft
        self.mine = world.setting.later
        self.out: list[tuple[str, str]] = []  # field, app
        changes: tuple[Callable[[], None], ...] = (
            self._leave,
            self._come_back,
            self._rename,
            self._change_the_rule,
            self._change_the_direction,
            self._read_otherwise,
        )
        if self.draft.only:
            changes += (self._change_the_filter,)
        self.does = (*self.does, *changes * OFTEN)

    def widen(self) -> None:
        if self.w.mapping is self.w.setting.first:
            super().widen()

    # -- what is changed ----------------------------------------------------------------------------------

    def _leave(self) -> None:
        """A field of one app. Of consent one app at least stays, whose opt-ins count."""
        places = [(f, a) for f in self.draft.places if f not in FIXED for a in self.draft.places[f]]
        if not places or self.w.mapping is not self.mine:
            return
        field, app = self.rng.choice(places)
        where = {a: p for a, p in self.draft.places[field].items() if a != app}
        said = self.draft.said
        if field == "consent":
            count = [a for a in said[field]["authority"].strip("[]").split(", ") if a != app]
            said = {**said, field: {**said[field], "authority": f"[{', '.join(count)}]"}}
            if not count:
                return
        self.out.append((first_name(field), app))
        self.w.watch.left[app, first_name(field)] = self.w.memory.next()
        self._put(f"{field} leaves {app}", places={**self.draft.places, field: where}, said=said)

    def _come_back(self) -> None:
        if not self.out or self.w.mapping is not self.mine:
            return
        was, app = self.out.pop(self.rng.randrange(len(self.out)))
        field = next(f for f in self.draft.places if first_name(f) == was)
        where = {**self.draft.places[field], app: was}
        self.w.watch.back[app, was] = self.w.memory.next()
        self._put(f"{field} is back in {app}", places={**self.draft.places, field: where})

    def _rename(self) -> None:
        fields = [f for f in self._fields() if f != "tags"]
        if fields:
            field = self.rng.choice(fields)
            new = first_name(field) if field.endswith(AGAIN) else field + AGAIN
            places = {new if f == field else f: where for f, where in self.draft.places.items()}
            self.w.watch.renamed[new] = self.w.memory.next()
            said = {new if f == field else f: keys for f, keys in self.draft.said.items()}
            self._put(f"{field} is called {new}", places=places, said=said)

    def _change_the_rule(self) -> None:
        self._say("rule", self.rng.choice(RULES))

    def _change_the_direction(self) -> None:
        ways = [f"{{{app}: {way}}}" for app in self.draft.creating for way in ("from", "to", "both")]
        self._say("direction", self.rng.choice(ways))

    def _read_otherwise(self) -> None:
        """As another type, or in one app by a transform."""
        fields = [f for f in self._fields() if first_name(f) in ("title", "note") and self.draft.places[f]]
        if not fields:
            return
        field = self.rng.choice(fields)
        if self.rng.random() < 0.3:
            self._say("type", self.rng.choice(TYPES), field)
            return
        app = self.rng.choice(list(self.draft.places[field]))
        place = first_name(field)
        if self.rng.random() < 0.7:
            place = f"{{field: {place}, transform: {self.rng.choice(TRANSFORMS)}}}"
        where = {**self.draft.places[field], app: place}
        self._put(f"{field} is {place} in {app}", places={**self.draft.places, field: where})

    def _change_the_filter(self) -> None:
        """One app that has a filter, or had one, has it no more, or again."""
        app, only = self.rng.choice(sorted(self.w.setting.draft.only)), dict(self.draft.only)
        if only.pop(app, None) is None:
            only[app] = FILTER
        self._put(f"the filters are {only}", only=only)

    # -- how ----------------------------------------------------------------------------------------------

    def _fields(self) -> list[str]:
        return [f for f in self.draft.places if f not in (*FIXED, "consent")]

    def _say(self, key: str, value: str, field: str = "") -> None:
        fields = [field] if field else [f for f in self._fields() if f != "tags"]
        if fields:
            field = field or self.rng.choice(fields)
            said = {**self.draft.said, field: {**self.draft.said[field], key: value}}
            self._put(f"{key} of {field} is {value}", said=said)

    def _put(self, what: str, **changed: Any) -> None:
        """From now on the mapping is this one; one that the history has not come to yet is left alone."""
        if self.w.mapping is self.mine:
            self.draft: Draft = replace(self.draft, **changed)
            self.mine = self.draft.load(self.w.setting.traits)
            self.w.mapping = self.mine
            self.w.watch.mapping_changed()
            self.w.memory.note(f"the mapping is another one: {what}")


def play(seed: int, wish: Wish = ANYTHING) -> Played:
    """Play the history with this seed."""
    world = World(seed, wish)
    return played_to_its_end(world, RemappedHistory(world).play)
