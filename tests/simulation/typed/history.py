"""One history with a drawn mapping: a first sync, then edits made alone, and busy times with faults."""

from __future__ import annotations

import hashlib
import traceback

from connectors.memory import Fault, Flaky
from tests.simulation.engine.history import Played
from tests.simulation.engine.settings import KIND, OUTSIDE
from tests.simulation.engine.store import read_all_anew
from tests.simulation.typed.alone import edit_alone
from tests.simulation.typed.changing import change_alone
from tests.simulation.typed.going import gone_alone
from tests.simulation.typed.rest import judge, judge_stillness
from tests.simulation.typed.world import PEOPLE, World

FAULTS: tuple[Fault, ...] = ("down", "timeout_before", "timeout_after", "retry", "partial")
LAST = 60


def play(seed: int) -> Played:
    """Play the history with this seed, up to the first violation."""
    world = World(seed)
    try:
        History(world).play()
    except Exception as error:
        world.notes += traceback.format_exc().splitlines()
        world.report("error", f"{type(error).__name__}: {error}")
    finally:
        world.raw.close()
    trace = hashlib.blake2b("\n".join(world.notes).encode(), digest_size=12).hexdigest()
    events = tuple(world.notes[-LAST:]) if world.violations else ()
    return Played(seed, tuple(world.violations), trace, events, world.runs, len(world.notes))


class History:
    """Plays one world to its end."""

    def __init__(self, world: World) -> None:
        self.w = world
        self.rng = world.rng

    def play(self) -> None:
        w, rng = self.w, self.rng
        if rng.random() < 0.15:
            w.off.add(rng.choice(list(w.people.apps)))
        for _ in range(rng.randint(1, 3) if w.companies else 0):
            w.companies.found()
        for person in range(rng.randint(1, 3)):
            for app in w.people.apps:
                if rng.random() < 0.75:
                    w.create(app, person)
                    w.clock.sleep(rng.choice((0, 1, 70)))
        if w.cuts.on:
            self._run()
        w.settle()
        self._judge()
        for _ in range(rng.randint(1, 4)):
            if w.violations:
                return
            if w.companies is not None and rng.random() < 0.2:
                gone_alone(w)
            elif w.changing is not None and rng.random() < 0.45:
                change_alone(w, w.changing)
            elif w.steward is not None and rng.random() < 0.45:
                w.steward.act_alone()
            elif rng.random() < 0.55:
                edit_alone(w)
            else:
                self._busy()
            self._judge()

    def _judge(self) -> None:
        if not self.w.violations:
            judge(self.w)
        if not self.w.violations and self.rng.random() < 0.5:
            judge_stillness(self.w)

    def _busy(self) -> None:
        """Several edits at once, apps that fail, pauses, writes switched on and off; then all is well."""
        w, rng = self.w, self.rng
        faulty = rng.random() < 0.5
        for _ in range(rng.randint(1, 2)):
            for _ in range(rng.randint(1, 5)):
                w.clock.sleep(rng.choice((1, 5, 70)))
                self._act(rng.choice(list(w.people.apps)))
            if rng.random() < 0.1:
                w.paused ^= {rng.choice(list(w.people.apps))}
            if rng.random() < 0.08:
                w.off ^= {rng.choice(list(w.people.apps))}
            if w.changing is not None and rng.random() < 0.4:
                w.changing.change()
            if w.steward is not None and rng.random() < 0.4:
                w.steward.act()
            for app in w.all_apps() if faulty else ():
                app.faults = Flaky(rng, {f: rng.choice((0.1, 0.3)) for f in FAULTS if rng.random() < 0.25})
            self._run()
            for app in w.all_apps():
                app.faults = None
        w.paused.clear()
        read_all_anew(w.store)
        w.settle()

    def _run(self) -> None:
        """One that may be cut off."""
        self.w.cuts.begin()
        self.w.run()
        self.w.cuts.end()

    def _act(self, name: str) -> None:
        """Somebody does something in this app."""
        w, rng, app = self.w, self.rng, self.w.people.apps[name]
        if w.companies and rng.random() < 0.4:
            w.companies.act()
            return
        x, live = rng.random(), sorted(app.records)
        gone = sorted(row.id for row in app.rows.values() if row.state == "archived")
        if x < 0.1 or not live:
            w.create(name, rng.randrange(PEOPLE))
        elif x < 0.15 and app.traits.archive != "none":
            app.user_archive(rng.choice(live))
        elif x < 0.2 and gone:
            app.user_restore(rng.choice(gone))
        elif x < 0.25 and name in w.drawn.filtered:
            app.user_edit(rng.choice(live), {KIND: rng.choice((OUTSIDE, "user"))})
        else:
            slots = sorted(slot for there, slot in w.people.can_type if there == name)
            if slots:
                id, slot = rng.choice(live), rng.choice(slots)
                w.people.type(name, id, slot, w.people.value_for(name, slot, app.records[id].get(slot)))
