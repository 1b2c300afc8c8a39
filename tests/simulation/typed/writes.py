"""What is judged at every write of ours.

off        an app with ``writes: off`` and a paused app are never written
direction  a place that is only read from, or that the mapping does not name, is never written
consent    nobody who opted out is opted in by us, unless an authority has a later opt-in
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from conflicts.consent import OPT_OUTS
from connectors.contract import Value
from connectors.memory import Entry
from mappings.model import Slot
from syncer.core.lens import direction, state_of

if TYPE_CHECKING:
    from tests.simulation.typed.space import Space
    from tests.simulation.typed.world import World

OPT_INS = ("subscribed", "pending")


class Writes:
    """`opted_out`: by address, when somebody last typed an opt-out that the engine has read since."""

    def __init__(self, world: World) -> None:
        self.w = world
        self.opted_out: dict[str, datetime] = {}

    def judge(self, space: Space, logs: Mapping[str, Sequence[Entry]]) -> None:
        """Judge what a run of a sync did in each app."""
        for app, log in logs.items():
            for entry in log:
                what = f"{entry.action} {space.name} {app}/{entry.id} {dict(entry.after)}"
                self.w.notes.append(f"  {entry.who} {what}")
                if app in self.w.off | self.w.paused:
                    self.w.report("off", f"{space.name} {app}/{entry.id} is written")
                for slot in entry.after:
                    self._judge(space, app, entry, slot)
        if space.mapping.consent:
            self._take_in_opt_outs()

    def _judge(self, space: Space, app: str, entry: Entry, name: str) -> None:
        slot = space.mapping.apps[app].slots.get(name)
        given = entry.action == "create" and name == "consent"  # by the app itself, perhaps
        field = space.mapping.fields[slot.fields[0]] if slot else None
        if not given and (field is None or direction(field, app) == "from"):
            self.w.report("direction", f"{app}/{entry.id} {name} is written")
        if slot is not None and name == "consent":
            self._no_opt_in(app, entry, slot)

    def _no_opt_in(self, app: str, entry: Entry, slot: Slot) -> None:
        became = state_of(slot, entry.after[slot.name])
        email = str(self.w.people.apps[app].rows[entry.id].values["email"]).lower()
        since = self.opted_out.get(email)
        if became in OPT_INS and since and not self._opted_in_after(email, since):
            self.w.report("consent", f"{app}/{entry.id} {email} becomes {became}, opted out at {since}")

    def _opted_in_after(self, email: str, since: datetime) -> bool:
        return any(
            x.at > since
            and x.app in self.w.drawn.authority
            and self._consent(x.app, x.slot, x.value) in OPT_INS
            for x in self.w.people.typed
            if x.email == email and x.slot == "consent"
        )

    def _consent(self, app: str, name: str, value: Value) -> str | None:
        slot = self.w.people.mapping.apps[app].slots.get(name)
        return None if slot is None else state_of(slot, value)

    def _take_in_opt_outs(self) -> None:
        """What people typed and the engine has now read."""
        for unit in self.w.people.units().values():
            for link in unit.links:
                state = self._consent(link.app, "consent", link.seen.get("consent"))
                email = str(self.w.people.apps[link.app].rows[link.id].values["email"]).lower()
                mine = [
                    x for x in self.w.people.typed if (x.app, x.email, x.slot) == (link.app, email, "consent")
                ]
                if mine and state in OPT_OUTS and mine[-1].value == link.seen.get("consent"):
                    self.opted_out[email] = max(mine[-1].at, self.opted_out.get(email, mine[-1].at))
