"""What the engine writes, judged by what it was shown and by what really happened in the apps.

consent      no write gives more consent than the people's own words, as far as they were shown, allow
duplicate    nobody is created twice by us in one app, nor beside a record that was there to be read
identity     no value of one person is written to another
echo         nothing is written to a field of somebody in which nothing was changed
scope        nothing is written to a record that was last shown outside the filter, and is; nor is what only
             such records have shown written anywhere
absence      nothing is archived because of a record that had been outside the filter
unread       nothing is written to a field that was never read
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from conflicts.consent import OPT_OUTS, rank
from connectors.contract import Value
from tests.simulation.engine.memory import Happening, Key, Showing, tokens
from tests.simulation.engine.shown import Shown

if TYPE_CHECKING:
    from tests.simulation.engine.world import World

FINAL = frozenset({"bounced", "complained", "erased"})


class Writes(Shown):
    """Judges each write of one history when it has its effect."""

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self.decided_at = 0
        self.run_began = 0
        self.mapped_at = 0
        self.linked: dict[Key, str] = {}
        self.made: set[Key] = set()
        self.undone = False  # a person had a run undone: what we made may go

    def wrote(self, action: str, changes: list[Happening]) -> None:
        """The engine's write had its effect in an app."""
        person = self.memory.of(changes[0].key)
        if action == "create":
            self.made.add(changes[0].key)
        if person is None:
            self.memory.report("identity", f"{changes[0].key} holds nothing that anybody typed")
            return
        if action == "create":
            self._no_twin(person, changes)
        elif action == "archive" and not (self.undone and changes[0].key in self.made):
            self._not_for_absence(person, changes[0])
        if action in ("edit", "archive"):
            self._in_scope(changes[0])
        for x in changes:
            strangers = {
                t for t in tokens(x.after) if self.memory.who(self.memory.typed.get(t, -1)) != person
            }
            self._not_from_outside(person, x)
            if strangers and x.slot in self.w.mapping.apps[x.app].slots:
                self.memory.report("identity", f"{x} is another person's")
            if x.slot == "consent":
                self._consent(person, x)
            elif action == "edit":
                self._no_echo(person, x)
            if action == "edit" and x.key not in self.made and x.slot not in self.memory.read.get(x.key, ()):
                self.memory.report("unread", f"{x}")

    def _in_scope(self, x: Happening) -> None:
        """What left the filter after the last look, the engine could not know."""
        app, shows = self.w.apps[x.app], self.memory.shows.get(x.key)
        if app.leaves_out(app.rows[x.record].values) and shows and shows[-1].out:
            self.memory.report("scope", f"{x}, outside the filter since it was shown at {shows[-1].seq}")

    def _not_from_outside(self, person: int, x: Happening) -> None:
        if not self.w.setting.draft.only:
            return
        looks = [s for key in self.memory.family(person) for s in self.memory.looks.get(key, ())]
        for token in tokens(x.after):
            shown = [s for s in looks if any(token in tokens(value) for value in s.values.values())]
            if shown and all(s.out for s in shown):
                self.memory.report("scope", f"{x}, which only a record outside the filter has shown")

    def _not_for_absence(self, person: int, x: Happening) -> None:
        keys = set(self.memory.family(person))
        reasons = ("archive", "delete", "merge")
        went = [y for y in self.memory.log if y.key in keys and y.who == "person" and y.action in reasons]
        if all(self._had_left(y) for y in went):
            self.memory.report("absence", f"{x}, and nobody archived or deleted anything that took part")

    def _had_left(self, x: Happening) -> bool:
        """Whether it had been decided before that the record is outside the filter."""
        decided = max((d for d in self.decisions if d < x.seq), default=0)
        shows = [s for s in self.memory.shows.get(x.key, ()) if s.seq < x.seq]
        return bool(shows) and shows[-1].out and shows[-1].seq < decided

    def _archived_unknown(self, key: Key) -> bool:
        """Made without an answer in an app without any key, and archived before it was taken in: nothing
        tells it from what was archived there before, and it may be brought back after the app was read."""
        traits = self.w.apps[key[0]].traits
        shown = [s for s in self.memory.shows.get(key, ()) if s.seq < self.decided_at]
        back = any(x.key == key and x.action == "restore" and x.seq > self.run_began for x in self.memory.log)
        keyless = not traits.unique and traits.external_id is None
        return keyless and key not in self.linked and (shown[-1].archived if shown else back)

    def _linked_when_gone(self, person: int) -> bool:
        """A record was read, deleted in an app that does not tell, and linked only then: who is entered anew
        under its address passes for somebody else."""
        keys = set(self.memory.family(person))
        return any(
            x.key in keys
            and x.action == "delete"
            and not self.w.apps[x.app].traits.tells_deleted
            and self.linked_at.get(x.key, 0) > x.seq
            for x in self.memory.log
        )

    def _no_twin(self, person: int, changes: list[Happening]) -> None:
        app, key = changes[0].app, changes[0].key
        if self.joined(person) or (self.memory.clock_set and self.w.apps[app].traits.lag):
            return  # a clock that was set makes the time to wait for a list too short
        if self._linked_when_gone(person):
            return
        mine = {x.key for x in self.memory.log if x.who == "engine" and x.action == "create"}
        records = self.w.apps[app].records
        others = [k for k in self.memory.family(person) if k[0] == app and k != key]
        email = next((x.after for x in changes if x.slot == "email"), None)
        if self.restored_at >= 0:  # what an older state does not know, and a list does not show yet
            lag = timedelta(seconds=self.w.apps[app].traits.lag)
            born = {x.key: x.at for x in self.memory.log if x.action == "create"}
            others = [k for k in others if born[k] + lag < changes[0].at and self._is_reached_by(email, k)]
        ours = [k for k in others if k in mine and (k in self.linked or k[1] in records)]
        put_away = {x.key for x in self.memory.log if x.who == "engine" and x.action == "archive"}
        ours = [k for k in ours if k not in put_away and not self._archived_unknown(k)]
        if ours:
            self.memory.report("duplicate", f"{key} was created beside {ours}")
            return
        for other in others:
            shown = [s for s in self.memory.shows.get(other, ()) if s.seq < self.decided_at]
            if not shown or self._came_back(other, shown[-1]):
                continue
            if other[1] in records and tokens(shown[0].values.get("email")) & tokens(email):
                self.memory.report("duplicate", f"{key} was created beside {other}, which was read")

    def _is_reached_by(self, email: Value, key: Key) -> bool:
        """Whether a record still has the address: where somebody changed it since, in a record that the state
        does not know, nothing tells whose it is."""
        now = self.w.apps[key[0]].records.get(key[1], {}).get("email")
        return not email or not now or bool(tokens(now) & tokens(email))

    def _came_back(self, key: Key, last: Showing) -> bool:
        """Whether a record that was read last as archived, perhaps in a list that lagged, is there again."""
        restored = [x.seq for x in self.memory.log if x.key == key and x.action == "restore"]
        return any(seq > last.seq or last.revision < 0 for seq in restored)

    def _no_echo(self, person: int, x: Happening) -> None:
        """Before we write the same value to a record again, somebody changed something in that field."""
        slot = self.w.mapping.apps[x.app].slots.get(x.slot)
        earlier = [y for y in self.memory.of_slot(x.key, x.slot) if y.who == "engine" and y.seq < x.seq]
        again = [y.seq for y in earlier if y.after == x.after]
        if slot is None or not again or max(self.mapped_at, self.restored_at) > again[-1]:
            return
        if any(
            shows and shows[0].seq > again[-1]
            for key in self.memory.family(person)
            if (shows := self.memory.shows.get(key))
        ):
            return  # a record that was read for the first time since
        for field in slot.fields:
            places = self.slots_of(field)
            if "score" in places.values() and self.w.setting.rounds:
                return  # an app that rounds without saying so passes for a person, once
            for y in self.memory.of_field(person, places):
                if y.who == "person" and max(y.seq, self.first_shown(y)) > again[-1]:
                    return
        self.memory.report("echo", f"{x} once more, and nobody changed anything since {again[-1]}")

    def _consent(self, person: int, x: Happening) -> None:
        new, old = self.state(x.app, x.after), self.state(x.app, x.before)
        if (
            self.joined(person)
            or new is None
            or new in OPT_OUTS
            or (old is not None and rank(new) >= rank(old))
        ):
            return
        told = self.told(person)
        read = [(y, s) for y, s in told if self.shown_between(y, self.decided_at) and y.key in self.linked]
        outs = [y for y, s in read if s in OPT_OUTS and rank(s) > rank(new)]
        ins = [
            y for y, s in self.told(person, lists=True) if rank(s) <= rank(new) and y.app in self.authorities
        ]
        last = max(outs, key=lambda y: y.seq, default=None)
        if any(s in FINAL for _, s in read):
            self.memory.report("consent", f"{x} after a bounce or a complaint")
        elif last is not None and not any(self.passes_for_later(y, last) for y in ins):
            self.memory.report("consent", f"{x} although somebody opted out at {last.seq}")
