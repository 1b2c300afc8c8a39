"""Histories in which somebody undoes a run: what it did goes back, and nothing that people typed is touched.

Each begins as a history of `history.py`. At rest, one of its last runs is undone, perhaps after people have
gone on working; then perhaps the undo itself: as a whole, or one person of it, or one field. Then the sync is
released, and people go on.

kept      an undo writes only to what its run wrote, where that still stands
back      what the run wrote, and nobody touched since, is what it was, or is listed with the reason
removed   what the run created, and nobody touched since, is archived, or is listed with the reason
stays     a run after it changes nothing, unless people have done something
"""

from __future__ import annotations

from dataclasses import dataclass

from connectors.contract import Value
from syncer.report import Report
from syncer.store import codec
from syncer.store.joins import Joins
from syncer.store.records import Records
from syncer.store.stories import Stories
from syncer.usecases.undoing import Undone, Wanted
from tests.simulation.engine.final import AtRest
from tests.simulation.engine.history import History, Played, played_to_its_end
from tests.simulation.engine.memory import Happening
from tests.simulation.engine.settings import ANYTHING, Wish
from tests.simulation.engine.world import World

CALM = Wish(faults={})
NOT_HERE = ("second", "frozen", "restore")  # whose run it was would not be plain; what it did is not known
LAST = 3  # of how many runs one is undone
GOES = ("archive", "delete", "merge")


@dataclass(frozen=True, slots=True)
class Ran:
    """A run, and what happened between its beginning and its end."""

    id: str
    began: int
    ended: int


class UndoneHistory(History):
    """Plays one world, undoes a run of it, and lets the syncs go on."""

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self.wrote: list[Ran] = []
        self.troubled = False  # an undo met faults: what it could not do is done by the next run

    def run(self, settle: bool = False) -> Report | None:
        began, id = self.w.memory.seq, f"run-{self.w.runs + 1:04d}"
        report = super().run(settle)
        if by_engine(self.w, began, self.w.memory.seq):
            self.wrote.append(Ran(id, began, self.w.memory.seq))
        return report

    def play(self, turned: bool = False) -> None:
        self.work()
        self._settle()
        if not self.wrote or self.w.memory.violations:
            return
        ran, last = self.rng.choice(self.wrote[-LAST:]), self.wrote[-1].ended
        self._work(0.5)
        undo = self._undo(ran)
        if self.rng.random() < 0.3:
            undo = self._undo(undo)
        self._settle()
        if not (self.troubled or self._people_since(last)):
            self._stays(undo.ended)
        self._work(0.7)
        self._settle()
        if not self.w.memory.violations:
            AtRest(self.w).check()

    def _undo(self, ran: Ran) -> Ran:
        self.w.clock.sleep(400)
        began = self.w.memory.seq
        wanted = self._wanted(ran.id)
        self.w.faults.on = bool(self.w.faults.rates) and self.rng.random() < 0.4
        self.troubled |= self.w.faults.on
        undone = self.w.undo(wanted)
        self.w.faults.on = False
        again = began
        if undone is None or undone.report is None or undone.report.leftovers:  # once more, in peace
            self.w.clock.sleep(400)
            again = self.w.memory.seq
            undone = self.w.undo(wanted)
        assert undone is not None
        self.waiting = undone.run if undone.held else self.waiting
        Reversal(self.w, ran, Ran(undone.run, began, self.w.memory.seq), undone, wanted).judge()
        return Ran(undone.run, again, self.w.memory.seq)

    def _wanted(self, run: str) -> Wanted:
        """What is asked for: all of a run, one golden record of it, or one field."""
        irreversible, part = self.rng.random() < 0.5, self.rng.random()
        goldens, field = None, None
        if part < 0.2:
            with self.w.store.reading():
                into = Joins(self.w.store, "contacts").followed()
                touched = Stories(self.w.store, "contacts").touched_by(run)
            one = self.rng.choice(touched or [""])
            goldens = frozenset([into.get(one, one)])
        if 0.1 < part < 0.4:
            field = self.rng.choice(list(self.w.mapping.fields))
        return Wanted(run, goldens, field, irreversible)

    def _people_since(self, seq: int) -> bool:
        return any(x.who == "person" and x.seq > seq for x in self.w.memory.log)

    def _stays(self, undone: int) -> None:
        """An undo may be the first to hear that a record went; and where it archived one, another record of
        that person may take its place."""
        memory = self.w.memory
        if any(x.action in GOES and x.who == "person" for x in memory.log):
            return
        gone = {(x.app, memory.of(x.key)) for x in by_engine(self.w, 0, undone) if x.action == "archive"}
        # By the consent of before somebody may be due in an app: a create is no surprise.
        edits = [x for x in by_engine(self.w, undone, memory.seq) if x.action != "create"]
        later = [x for x in edits if (x.app, memory.of(x.key)) not in gone]
        if later:
            memory.report("stays", f"after the undo, {later[0]}")


def by_engine(world: World, began: int, ended: int) -> list[Happening]:
    return [x for x in world.memory.log if x.who == "engine" and began < x.seq <= ended]


class Reversal:
    """Judges one undo, by what its run had done."""

    def __init__(self, world: World, ran: Ran, undo: Ran, undone: Undone, wanted: Wanted) -> None:
        self.w = world
        self.ran = ran
        self.undo = undo
        self.wanted = wanted
        self.did = [x for x in by_engine(world, ran.began, ran.ended) if self._is_meant(x)]
        self.told = {(x.app, x.record, x.field) for x in undone.lines if x.act in ("left", "parted")}
        with world.store.reading():
            sql = "SELECT app, record, kind, body FROM written WHERE run = :run AND outcome = 'rejected'"
            refused = world.store.rows(sql, run=undo.id)
        self.kept = {(app, record) for app, record, kind, _ in refused if kind == "archive"}
        self.refused = {
            (app, id, slot) for app, id, _, body in refused for slot in codec.loads(body)["slots"]
        }

    def judge(self) -> None:
        for x in by_engine(self.w, self.undo.began, self.undo.ended):
            if not self._may_write(x):
                self.w.memory.report("kept", f"the undo of {self.ran.id} wrote {x}")
        for x in self.did:
            if x.key[1] in self.w.apps[x.app].records:
                self._is_back(x) if x.action == "edit" else self._is_removed(x)

    def _is_meant(self, x: Happening) -> bool:
        """Whether this is of what was asked to be undone."""
        wanted, slots = self.wanted, self.w.mapping.apps[x.app].slots
        if wanted.field is not None:
            slot = slots.get(x.slot)
            if x.action != "edit" or slot is None or wanted.field not in slot.fields:
                return False
        return wanted.goldens is None or self._owner(x) in wanted.goldens

    def _owner(self, x: Happening) -> str:
        """The golden record to which a record belongs today, or did when it was last written to."""
        store = self.w.store
        with store.reading():
            found = Records(store, "contacts").golden_of(x.app, [x.record])
            into = Joins(store, "contacts").followed()
            sql = "SELECT golden FROM written WHERE app = :app AND record = :record ORDER BY seq DESC"
            last = store.one(sql, app=x.app, record=x.record)
        was = last[0] if last else ""
        return found.get(x.record, into.get(was, was))

    def _may_write(self, x: Happening) -> bool:
        if not self._is_meant(x):
            return False
        if any(y.action == "merge" and y.app == x.app for y in self.w.memory.log):
            return True  # what the run wrote may live on in another record
        if x.action == "create":
            return any(y.action == "archive" and y.app == x.app for y in self.did)
        if x.action == "archive":
            return any(y.action == "create" and y.key == x.key for y in self.did)
        sent, same = self._sent(x), self.w.mapping.apps[x.app].slots[x.slot].same
        stood = [y for y in self.w.memory.of_slot(x.key, x.slot) if y.seq < x.seq][-1]
        shows = self.w.memory.shows.get(x.key, ())
        seen = any(stood.seq < s.seq < x.seq and s.values.get(x.slot) == stood.after for s in shows)
        ours = stood.who == "engine" or any(same(v, stood.after) for v in sent)
        return bool(sent) and (ours or not seen)

    def _sent(self, x: Happening) -> list[object]:
        """What the run sent to this field, or may have sent where it died: perhaps just what somebody had
        typed there meanwhile."""
        return [value for _, value in self._sends(x)]

    def _sends(self, x: Happening) -> list[tuple[int, object]]:
        noted = self.w.memory.sent, self.w.watch.marked
        sends = [send for some in noted for send in some.get((x.key, x.slot), ())]
        return [(seq, value) for seq, value in sends if self.ran.began < seq <= self.ran.ended]

    def _touched_since(self, x: Happening, slot: str = "") -> bool:
        return any(
            y.key == x.key and slot in ("", y.slot) and (y.who == "person" or y.seq <= self.undo.began)
            for y in self.w.memory.log
            if self.ran.ended < y.seq <= self.undo.ended
        )

    def _is_removed(self, x: Happening) -> None:
        if x.action != "create" or x.key not in self.w.watch.linked:
            return  # of an unanswered create in an app without keys nobody can tell which record it made
        if x.key in self.kept:
            return
        if not self._touched_since(x) and (*x.key, None) not in self.told:
            self.w.memory.report("removed", f"{x.key}, created in {self.ran.id}, is there, unexplained")

    def _is_back(self, x: Happening) -> None:
        first = next(y for y in self.did if y.key == x.key and y.slot == x.slot)
        slot = self.w.mapping.apps[x.app].slots.get(x.slot)
        if x is not first or slot is None or self._touched_since(x, x.slot):
            return
        now, told = self.w.apps[x.app].records[x.record][x.slot], (*x.key, x.slot) in self.told
        # It cannot know what was typed just before it wrote, though it was what it then wrote.
        wrote = min([x.seq, *(seq for seq, _ in self._sends(x))])
        shown = [self.w.watch.counted_before(x._replace(seq=seq)) for seq in (wrote, x.seq)]
        known = [s.values[x.slot] for shows in shown for s in shows[-1:]]
        told = told or (*x.key, x.slot) in self.refused
        if not (told or any(self._same(x, now, v) for v in (x.before, *known))):
            was = f"{x.slot} of {x.key} was {x.before!r} before {self.ran.id}"
            self.w.memory.report("back", f"{was}, and is {now!r}, unexplained")

    def _same(self, x: Happening, now: Value, before: Value) -> bool:
        """Of one field alone its part goes back, beside what stood there: alone it may pass for another."""
        slot, field = self.w.mapping.apps[x.app].slots[x.slot], self.wanted.field
        if field is None or len(slot.fields) == 1:
            return slot.same(now, before)
        stood = [y for y in self.w.memory.of_slot(x.key, x.slot) if y.seq <= self.undo.began][-1].after
        parts = slot.split(stood, {})
        return slot.same(now, slot.project({**parts, field: slot.split(before, parts).get(field)}, stood))


def play(seed: int, wish: Wish | None = None) -> Played:
    """Play the history with this seed. Where nothing is wished every other one has faults, until it rests."""
    world = World(seed, wish or (ANYTHING if seed % 2 else CALM))
    for kind in NOT_HERE:
        world.faults.rates.pop(kind, None)
    return played_to_its_end(world, UndoneHistory(world).play)
