"""The apps' own memory, and what can be told from it: who typed what, and what the engine could know."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from connectors.contract import Value
from mappings.model import Slot
from mappings.types.text import name_key
from syncer.model import LinkKey, LogEntry
from tests.simulation.pure.apps import Happening

if TYPE_CHECKING:
    from tests.simulation.pure.world import World


class Memory:
    """One history as the apps remember it. `violations`: lines ``kind: what``.

    log          the conflict log, entry by entry
    shown        link -> slots that the engine was ever shown
    first_read   (link, slot) -> when it was first decided about; reads: all such times
    looks        link -> when its consent was looked at, decided or not
    sent         (link, slot) -> when what was sent, in the app's form
    golden_past  (person, field) -> (time, value, record it came from), oldest first
    """

    def __init__(self, history: World) -> None:
        self.h = history
        self.violations: list[str] = []
        self.log: list[LogEntry] = []
        self.looks: dict[LinkKey, list[datetime]] = {}
        self.writes = 0
        self.sent: dict[tuple[LinkKey, str], list[tuple[datetime, Value]]] = {}
        self.shown: dict[LinkKey, set[str]] = {}
        self.first_read: dict[tuple[LinkKey, str], datetime] = {}
        self.reads: dict[tuple[LinkKey, str], list[datetime]] = {}
        self.golden_past: dict[tuple[int, str], list[tuple[datetime, Value, LinkKey]]] = {}

    def report(self, kind: str, what: str) -> None:
        self.violations.append(f"{kind}: {what}")

    def _happenings(self, person: int) -> list[Happening]:
        return [x for a in self.h.apps.values() for x in a.log if a.records[x.record].person == person]

    def _typed(self, person: int) -> list[Happening]:
        return [x for x in self._happenings(person) if x.who == "person"]

    def _slot(self, app: str, name: str) -> Slot | None:
        there = self.h.mapping.apps.get(app)
        return there.slots.get(name) if there else None

    def _slot_name(self, app: str, field: str) -> str:
        slots = self.h.mapping.apps[app].slots if app in self.h.mapping.apps else {}
        return next((s.name for s in slots.values() if field in s.fields), "")

    def _state(self, x: Happening) -> str | None:
        slot = self._slot(x.app, x.slot)
        state = slot.split(x.after, {}).get("consent") if slot else None
        return state if isinstance(state, str) else None

    def _reads_of(self, x: Happening) -> list[datetime]:
        return self.reads.get(((x.app, x.record), x.slot), [])

    def _carries(self, x: Happening, field: str, value: Value) -> bool:
        slot = self._slot(x.app, x.slot)
        if slot is None or field not in slot.fields or x.after is None:
            return False
        if len(slot.fields) > 1:
            return f" {name_key(str(value))} " in f" {name_key(str(x.after))} "
        return self.h.mapping.fields[field].type.same(slot.split(x.after, {})[field], value)

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

    def _known_before(self, here: Sequence[Happening], last: Happening) -> Value:
        """What the engine knew of a slot before the last edit: as it last read or wrote it."""
        read = max((t for t in self._reads_of(last) if t < last.at), default=last.at)
        value = here[0].before
        for x in here[: here.index(last)]:
            if x.at <= read or x.who == "engine":
                value = x.after
        return value

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
        return self._passes_for_ours(x)

    def _passes_for_ours(self, x: Happening) -> bool:
        """Whether somebody typed what we had sent and got no answer to: nobody can tell the two apart."""
        sends = [(at, v) for at, v in self.sent.get(((x.app, x.record), x.slot), ()) if at <= x.at]
        if not sends or any(sends[-1][0] < read < x.at for read in self._reads_of(x)):
            return False
        return sends[-1][1] == x.after
