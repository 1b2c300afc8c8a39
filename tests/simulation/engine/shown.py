"""What the engine was shown of what happened, and what it could know by that."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from conflicts.consent import OPT_OUTS
from connectors.contract import Value
from mappings.model import Slot
from tests.simulation.engine.clocks import FURTHEST_APART
from tests.simulation.engine.memory import Happening, Key
from tests.simulation.engine.settings import first_name

if TYPE_CHECKING:
    from tests.simulation.engine.world import World


class Shown:
    """One history, as the engine could see it.

    restored_at  when an older state was put back; -1: never
    decisions    when each decision was begun that was kept; lowered: those of held runs, about opt-outs alone
    marked       what was in flight where a process died, by record and slot
    linked_at    the decision that linked a record
    renamed      when a field was given the name that it has
    left         when the mapping lost a field of an app; back: when it had it again, unknown until then
    passed_over  what was shown and could not be taken in, save its consent, because a later call failed
    """

    def __init__(self, world: World) -> None:
        self.w = world
        self.memory = world.memory
        self.restored_at = -1
        self.decisions: list[int] = []
        self.lowered: list[int] = []
        self.marked: dict[tuple[Key, str], list[tuple[int, Value]]] = {}
        self.linked_at: dict[Key, int] = {}
        self.passed_over: set[int] = set()
        self.renamed: dict[str, int] = {}
        self.left: dict[tuple[str, str], int] = {}
        self.back: dict[tuple[str, str], int] = {}

    def slots_of(self, field: str) -> dict[str, str]:
        """App -> its slot for a field, also where the mapping does not have it just now."""
        apps, field = self.w.setting.later.apps, first_name(field)
        return {a: s.name for a, m in apps.items() for s in m.slots.values() if field in s.fields}

    def state(self, app: str, value: Value) -> str | None:
        part = self.w.setting.later.apps.get(app)  # also where the mapping does not have it just now
        slot = part.slots.get("consent") if part else None
        state = slot.split(value, {}).get("consent") if slot else None
        return state if isinstance(state, str) else None

    @property
    def authorities(self) -> Sequence[str]:
        """The apps whose opt-ins count, or did at some time."""
        return self.w.setting.later.fields["consent"].rule.apps

    def passes_for_later(self, x: Happening, y: Happening) -> bool:
        """Whether `x` was later than `y`, or can pass for it by the wrong clock of an app."""
        wrong = not self.w.kinds.clocks.keys().isdisjoint((x.app, y.app))
        return x.seq >= y.seq or (wrong and y.at - x.at <= FURTHEST_APART)

    def joined(self, person: int) -> bool:
        """Somebody whom an app joined with another: we go on keeping them apart elsewhere."""
        return person in self.memory.same.values()

    def told(self, person: int, lists: bool = False) -> list[tuple[Happening, str]]:
        """What people said of their consent, save what nobody could know to be news. `lists`: also what only
        a list that lags has shown."""
        keys = set(self.memory.family(person))
        found = []
        for x in self.memory.log:
            if x.slot != "consent" or x.key not in keys or x.who != "person" or self._left_before(x):
                continue
            state = self.state(x.app, x.after)
            if state is not None and self.shown_between(x, None, lists) and not self.was_known(x):
                found.append((x, state))
        return found

    def _left_before(self, x: Happening) -> bool:
        """Whether the mapping lost the field before what was typed there had been decided about."""
        left, shown = self.left.get((x.app, x.slot), -1), self.first_shown(x)
        return x.seq < left and not any(shown <= d < left for d in (*self.decisions, *self.lowered))

    def shown_between(self, x: Happening, until: int | None, lists: bool = False) -> bool:
        """Whether the engine was shown the value while it stood."""
        later = [y.seq for y in self.memory.of_slot(x.key, x.slot) if y.seq > x.seq]
        end = min(later, default=self.memory.seq + 1)
        end = end if until is None else min(end, until)
        # What a lagging list shows is asked for once more.
        lags = self.w.apps[x.app].traits.lists_lag and not lists
        since = max(x.seq, self.restored_at)  # what an older state was never shown, it cannot know
        return any(
            since < s.seq < end and s.values.get(x.slot) == x.after and not (lags and s.call == "pull")
            for s in self.memory.shows.get(x.key, ())
        )

    def was_known(self, x: Happening) -> bool:
        """Whether this is what the engine had read or written there last, or may have sent: then nobody can
        see that it was said again."""
        noted = [m.get((x.key, x.slot), ()) for m in (self.memory.sent, self.marked)]
        sends = sorted(((n, v) for some in noted for n, v in some), key=lambda s: s[0])
        if any(x.seq < n < self.first_shown(x) and _same(v, x.after) for n, v in sends):
            return True  # typed while we were sending just that
        sends = [(n, v) for n, v in sends if n < x.seq]
        shows = [(s.seq, s.values[x.slot]) for s in self.counted_before(x)]
        writes = [
            (y.seq, y.after)
            for y in self.memory.of_slot(x.key, x.slot)
            if y.who == "engine" and y.seq < x.seq
        ]
        known = max([*shows, *writes, *sends], key=lambda k: k[0], default=None)
        if known is not None and _same(known[1], x.after):
            return True
        last = max([*sends, *writes], key=lambda k: k[0], default=None)  # of a create nothing else tells
        return last is not None and _same(last[1], x.after) and not self._shown_otherwise(x, last[0])

    def _shown_otherwise(self, x: Happening, sent: int) -> bool:
        """Whether it was decided, before the engine was shown `x`, about another value that the record showed
        since that was sent."""
        before = self.first_shown(x)
        decided = max((d for d in self.decisions if d < before), default=0)
        lowered = max((d for d in self.lowered if d < before and x.slot == "consent"), default=0)
        return any(
            sent < s.seq and s.revision >= 0 and s.values[x.slot] != x.after
            for s in self.counted_before(x)
            if s.seq < decided or (s.seq < lowered and self.state(x.app, s.values[x.slot]) in OPT_OUTS)
        )

    def undone_before_it_counted(self, slot: Slot, x: Happening) -> bool:
        """Typed and changed back since it was last decided, or since an answer to our write showed it: it
        counts what the record shows in the end. What it showed while it took no part was not decided
        about."""
        decided = max((d for d in self.decisions if d < x.seq), default=0)
        known = [s for s in self.counted_before(x) if s.seq < decided or s.call == "answer"]
        shown = [s for s in known if s.counts]
        writes = [y.seq for y in self.memory.of_slot(x.key, x.slot) if y.who == "engine" and y.seq < x.seq]
        writes += [seq for seq, _ in self.memory.sent.get((x.key, x.slot), ()) if seq < x.seq]
        if not shown or max(writes, default=0) >= shown[-1].seq:
            return False
        return slot.same(shown[-1].values[x.slot], x.after)

    def met(self, key: Key, slot: str) -> int | None:
        """When the engine was first shown this field of a record that took part: of one that is archived or
        outside the filter, consent alone is taken in. What was passed over is shown again."""
        since = self.back.get((key[0], slot), -1)
        shows = [s for s in self.memory.shows.get(key, ()) if s.seq > since]
        counted = [s for s in shows if slot == "consent" or s.seq not in self.passed_over]
        return min((s.seq for s in counted if slot in s.values and s.counts), default=None)

    def first_shown(self, x: Happening) -> int:
        """When the engine was first shown what was typed here. What was passed over is shown again."""
        shows = self.memory.shows.get(x.key, ())
        counted = [s for s in shows if x.slot == "consent" or s.seq not in self.passed_over]
        return min(
            (s.seq for s in counted if s.seq > x.seq and s.values.get(x.slot) == x.after),
            default=self.memory.seq,
        )

    def counted_before(self, x: Happening) -> list[Any]:
        """What was taken in of it. Of what a list that lags showed of a known record consent alone counts:
        the rest is asked for once more. Of what was passed over, an opt-out does. So it is of a record that
        the filter leaves out."""
        shown = self.shown_before(x)
        if x.slot == "consent":
            over = self.passed_over
            return [
                s for s in shown if s.seq not in over or self.state(x.app, s.values["consent"]) in OPT_OUTS
            ]
        lags, known = self.w.apps[x.app].traits.lists_lag, self.linked_at.get(x.key, self.memory.seq)
        believed = [s for s in shown if not s.out and not (lags and s.call == "pull" and s.seq > known)]
        return [s for s in believed if s.seq not in self.passed_over]

    def shown_before(self, x: Happening) -> list[Any]:
        return [s for s in self.memory.shows.get(x.key, ()) if s.seq < x.seq and x.slot in s.values]


def _same(one: Value, other: Value) -> bool:
    """Whether two values are the same to an engine, which sends no outer blanks."""
    return one == other or (isinstance(one, str) and isinstance(other, str) and one.strip() == other.strip())
