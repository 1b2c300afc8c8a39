"""Somebody looks after the sync, in a third of the histories: settles held conflicts, and undoes runs.

settled  what was chosen is golden, the conflict is over, and no other field moves
undone   where an edit made alone was undone, every app that it was written to shows what it showed before, or
         it is told why not; nothing else moves, then or later
"""

from __future__ import annotations

import random
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from connectors.contract import Value
from syncer.core.resolve import Answer
from syncer.engine import Engine, Options
from syncer.model import Golden, Link
from syncer.reading.looking import look_at_each
from syncer.selecting import Selection
from syncer.store import codec
from syncer.store.conflicts import Conflicts
from syncer.store.lease import hold
from syncer.usecases.undoing import Undoing, Wanted
from tests.simulation.typed.alone import Values, edit_alone, golden_values, moved
from tests.simulation.typed.draft import Draft

if TYPE_CHECKING:
    from tests.simulation.typed.space import Space
    from tests.simulation.typed.world import World

SHARE = 0.35


def is_on(seed: int) -> bool:
    return random.Random(f"steward {seed}").random() < SHARE


def asking(seed: int, draft: Draft) -> Draft:
    """The same mapping, with a field in which a person is asked."""
    rng = random.Random(f"asking {seed}")
    lines = [f for f, line in draft.lines.items() if "rule" in line.said and "only" not in line.said["rule"]]
    if not is_on(seed) or not lines:
        return draft
    name = rng.choice(lines)
    line = draft.lines[name]
    return replace(draft, lines={**draft.lines, name: replace(line, said={**line.said, "rule": "manual"})})


class Steward:
    """Somebody at work in one world."""

    def __init__(self, world: World) -> None:
        self.w, self.rng = world, world.rng

    def act(self) -> None:
        """While people are at work."""
        if self._open() and self.rng.random() < 0.7:
            self.settle()
        else:
            space = self.rng.choice(self.w.spaces)
            if space.wrote:
                self.undo(space, self.rng.choice(space.wrote[-3:]))

    def act_alone(self) -> None:
        """While all is at rest."""
        if self._open() and self.rng.random() < 0.7:
            self._settle_alone()
        else:
            self._undo_alone()

    # -- conflicts ----------------------------------------------------------------------------------------

    def _open(self) -> list[tuple[Space, Any, list[Link]]]:
        w, found = self.w, []
        for space in w.spaces:
            for id, unit in space.units().items():
                table = Conflicts(w.store, {space.name: space.mapping.object})
                for field in unit.golden.held:
                    with w.store.reading():
                        entry = table.open_one(space.name, id, field)
                    if field in space.mapping.fields and entry is not None:
                        found.append((space, entry, unit.links))
        return found

    def settle(self) -> tuple[Space, str, str, Value] | None:
        """One held conflict, by the value of an app or by golden as it is: which, and what is chosen."""
        open_ = self._open()
        if not open_:
            return None
        space, entry, links = self.rng.choice(open_)
        rivals = [c for c in entry.candidates if c.kind != "golden"]
        chosen = self.rng.choice([None, *rivals]) if rivals else None
        self.w.note(f"somebody settles {entry.field} of {entry.who} by {chosen}")
        options = Options(
            "resolve",
            selection=Selection(only=frozenset([entry.who])),
            read=False,
            ask=tuple(link.key for link in links if link.state == "live"),
            answers={entry.who: {entry.field: Answer(tuple(entry.candidates), chosen)}},
        )
        golden = space.goldens()[entry.who]
        with self.w.watched(space):
            ports = self.w.ports()
            engine = Engine(space.sync(), self.w.store, ports)
            with hold(self.w.store, space.name, ports.holder, ports.now, ports.alive):
                look_at_each(engine.intakes, options.ask, ports)
            engine.run(options)
        return (
            space,
            entry.who,
            entry.field,
            golden.value.get(entry.field) if chosen is None else chosen.value,
        )

    def _settle_alone(self) -> None:
        before = golden_values(self.w)
        self.w.clock.sleep(120)
        settled = self.settle()
        self.w.settle()
        if settled is None or self.w.violations:
            return
        space, who, field, chosen = settled
        golden: Golden = space.goldens()[who]
        if field in golden.held or not space.mapping.fields[field].type.same(golden.value.get(field), chosen):
            self.w.report(
                "settled", f"{field} of {who} is {golden.value.get(field)!r}, chosen was {chosen!r}"
            )
        self._others_stay(before, (space.name, who), field)

    def _others_stay(self, before: Values, key: tuple[str, str], field: str) -> None:
        rest = {**before, key: {f: v for f, v in before.get(key, {}).items() if f != field}}
        for what in moved(self.w, rest):
            self.w.report("settled", f"{what}, beside {field} of {key}")

    # -- undo ---------------------------------------------------------------------------------------------

    def undo(self, space: Space, run: str) -> set[tuple[str, str | None, str | None]]:
        """A whole run; the sync goes on with the next one. What is left alone."""
        self.w.note(f"somebody undoes {run} of {space.name}")
        with self.w.watched(space):
            undone = Undoing(space.sync(), self.w.store, self.w.ports()).do(Wanted(run))
            space.held = undone.run if undone.held else space.held
            for x in undone.lines:
                self.w.note(f"  {x.act} {x.app}/{x.record} {x.field}: {x.now!r} -> {x.back!r} {x.why}")
            return {(x.app, x.record, x.field) for x in undone.lines if x.act in ("left", "parted")}
        return set()

    def _undo_alone(self) -> None:
        """Somebody edits a value, and what that brought about is undone."""
        w, ran = self.w, [len(space.wrote) for space in self.w.spaces]
        before = _shown(w)
        typed = edit_alone(w)
        spread = [(s, s.wrote[n]) for s, n in zip(w.spaces, ran, strict=True) if len(s.wrote) == n + 1]
        if w.violations or len(spread) != 1:
            return
        ((space, run),) = spread
        edited, ours = _shown(w), _written(space, run, w)
        w.clock.sleep(120)
        told = self.undo(space, run)
        w.settle()
        for key, now in () if w.violations else _shown(w).items():
            was = before.get(key) if key in ours else edited.get(key)
            _, app, id, name = key
            if key == typed:
                continue  # the edit stays, or goes with what it brought about
            slot = space.mapping.apps[app].slots.get(name) if key[0] == space.name else None
            same = now == was or (slot is not None and slot.same(now, was))
            left = not told.isdisjoint([(app, id, name), (app, id, None)])  # a field, or the whole record
            if not (same or left or now == before.get(key)):
                w.report("undone", f"{key} was {before.get(key)!r}, then {edited.get(key)!r}, and is {now!r}")


Shown = dict[tuple[str, str, str, str], Value]


def _shown(w: World) -> Shown:
    """What every field of every record shows."""
    return {
        (space.name, name, id, slot): value
        for space in w.spaces
        for name, app in space.apps.items()
        for id, values in app.records.items()
        for slot, value in values.items()
    }


def _written(space: Space, run: str, w: World) -> set[tuple[str, str, str, str]]:
    """The fields that a run wrote."""
    with w.store.reading():
        rows = w.store.rows("SELECT app, record, body FROM written WHERE run = :run", run=run)
    return {(space.name, app, id, slot) for app, id, body in rows for slot in codec.loads(body)["slots"]}
