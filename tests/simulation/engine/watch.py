"""What must be true at every step, judged by what really happened in the apps.

consent      no write gives more consent than the people's own words, as far as they were shown, allow
duplicate    nobody is created twice by us in one app, nor beside a record that was there to be read
identity     no value of one person is written to another
echo         nothing is written to a field of somebody in which nothing was changed
scope        nothing is written to a record that was last shown outside the filter, and is; nor is what only
             such records have shown written anywhere
held         a held run has changed nothing but consent, and that only downwards
brake        an unasked run stays within the limits
exclusion    an engine that lost its lease commits nothing
cursor       a cursor never passes a change that was not shown
transaction  no call is made inside a transaction
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from conflicts.consent import OPT_OUTS, rank
from connectors.contract import Value
from syncer.engine import Engine, Plan
from syncer.report import Report
from syncer.store.database import Database
from syncer.store.outbox import Outbox
from syncer.store.records import Records
from tests.simulation.engine.memory import Happening, Key, Showing, tokens
from tests.simulation.engine.shown import Shown
from tests.simulation.engine.store import Stepped

if TYPE_CHECKING:
    from tests.simulation.engine.world import World

FINAL = frozenset({"bounced", "complained", "erased"})
Print = tuple[dict[str, dict[str, Value]], dict[Key, tuple[str, dict[str, Value]]]]


class Watch(Shown):
    """Watches one history while it goes on."""

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self.decided_at = 0
        self.held_at = -1
        self.kept_at = 0  # when the last decision was begun that came to its end
        self.run_began = 0
        self.runs: list[int] = []  # when each began
        self.fresh_start = True
        self.mapped_at = 0
        self.linked: dict[Key, str] = {}
        self.rows_before = 0
        self.made: set[Key] = set()
        self.fenced: Stepped | None = None
        self.clean = False  # the last run left nothing over
        self.before: Print | None = None
        self.asked = False
        self.rounds = 0
        self.was_first = True
        self.undone = False  # a person had a run undone: what we made may go
        self.untied: set[Key] = set()  # records that a person took apart: each side has its own values again

    # -- the run ------------------------------------------------------------------------------------------

    def begins(self, asked: bool) -> None:
        """`asked`: a held plan is answered in this run."""
        self.run_began = self.memory.seq
        self.runs.append(self.run_began)
        self.asked = asked
        self.rounds = 0
        self.memory.latest.clear()  # an earlier run came to its end and kept it, or it was forgotten by then
        self.was_first = not self.decisions
        self.fenced = None

    def ended(self, report: Report | None) -> None:
        if report is None:
            self._notice_what_was_decided()
            self._forget_what_was_not_kept()
            self._note_what_is_in_flight()
        self._cursors()
        self._limits()
        self.clean = report is not None and report.status == "done" and not self._something_is_left()

    def _something_is_left(self) -> bool:
        """Whether something that passed the brakes is still to be sent, or to be seen in its app."""
        store = self.w.store
        with store.reading():
            due = store.rows("SELECT id FROM golden WHERE due")
            return bool(due or Outbox(store, "contacts").in_flight())

    def _notice_what_was_decided(self) -> None:
        """A process that died right after it committed a decision had no time to tell us. Lowered consent is
        written down while a plan is held, too. What another engine decided tells nothing of ours."""
        if self.held_at == self.decided_at or self.decided_at in self.decisions:
            return
        if self.kept_at < self.decided_at and self._written_down(self.w.store) > self.rows_before:
            self._kept(self.w.store)
            self.decisions.append(self.decided_at)

    def _forget_what_was_not_kept(self) -> None:
        """The process died: what it was shown last it may not have kept."""
        with self.w.store.reading():
            records = Records(self.w.store, "contacts")
            for app, shown in self.memory.latest.items():
                waiting = records.waiting(app, [id for (_, id), _ in shown])
                for (_, id), showing in list(shown):
                    kept = waiting[id].values if id in waiting else {}
                    if showing.seq < self.kept_at or dict(showing.values).items() <= kept.items():
                        shown.remove(((app, id), showing))
        self.memory.forget_last_shows()

    def _note_what_is_in_flight(self) -> None:
        """The process died: what it had marked it may have sent, as far as anybody can know afterwards."""
        with self.w.store.reading():
            flights = Outbox(self.w.store, "contacts").in_flight()
        for app, record, slots in ((f.item.app, f.item.record, f.item.slots) for f in flights):
            for slot, (_, value) in slots.items() if record else ():
                form = (
                    self.w.apps[app]._clean({slot: value})[slot] if slot in self.w.apps[app].fields else value
                )
                self.marked.setdefault(((app, record or ""), slot), []).append((self.memory.seq, form))

    def gate(self, what: str) -> None:
        if what == "committed" and self.fenced is self.w.store and self.w.store.before_commit:
            self.memory.report("exclusion", "an engine committed after it lost its lease")

    def taken_over(self, store: Stepped) -> None:
        self.fenced = store

    def restored(self) -> None:
        self.restored_at = self.memory.seq
        self._know_links(self.w.store)

    def mapping_changed(self) -> None:
        self.mapped_at = self.memory.next()

    # -- deciding -----------------------------------------------------------------------------------------

    def deciding(self, engine: Engine, failed: Sequence[str]) -> None:
        """`failed`: the apps that could not be read to the end."""
        self._note_what_was_not_taken_in(engine, failed)
        self.decided_at = self.memory.next()
        self.rows_before = self._written_down(engine.db)
        self.rounds += 1
        self.before = self._print(engine)

    def _note_what_was_not_taken_in(self, engine: Engine, failed: Sequence[str]) -> None:
        """What an app showed before another call of it failed is read again, in the next run."""
        for app in failed:
            shown = {
                key: s
                for key, shows in self.memory.shows.items()
                for s in shows
                if key[0] == app and s.seq > self.run_began and s.call != "answer"
            }
            ids = [id for _, id in shown]
            with engine.db.reading():
                waiting, links = engine.records.waiting(app, ids), engine.records.links(app, ids)
            for (_, id), showing in shown.items():
                kept = {**(links[id].seen if id in links else {})}
                kept |= waiting[id].values if id in waiting else {}
                if any(kept.get(name) != value for name, value in showing.values.items()):
                    self.passed_over.add(showing.seq)

    def holding_back(self) -> None:
        self.held_at = self.decided_at

    def decided(self, engine: Engine, plan: Plan) -> None:
        self._kept(engine.db)
        (self.lowered if plan.held else self.decisions).append(self.decided_at)
        if plan.held and self.before is not None:
            self._held(engine, self.before)

    def _kept(self, db: Database) -> None:
        self._know_links(db)
        if not self.w.nested:
            self.kept_at = self.decided_at
        for key in self.linked:
            self.linked_at.setdefault(key, self.decided_at)

    def _written_down(self, db: Database) -> int:
        """How many rows decisions have written so far."""
        with db.reading():
            return sum(int(db.rows(f"SELECT COUNT(*) FROM {t}")[0][0]) for t in ("journal", "conflict"))

    def _know_links(self, db: Database) -> None:
        with db.reading():
            rows = db.rows("SELECT app, id, golden FROM link WHERE space = :space", space="contacts")
            self.linked = {(r[0], r[1]): r[2] for r in rows}

    def _print(self, engine: Engine) -> Print:
        """What is known of everybody, without consent."""
        with engine.db.reading():
            units = engine.records.units(engine.records.all_golden())
        golden = {id: _sans_consent(u.golden.value) for id, u in units.items()}
        links = {k.key: (k.state, _sans_consent(k.seen)) for u in units.values() for k in u.links}
        return golden, links

    def _held(self, engine: Engine, before: Print) -> None:
        after = self._print(engine)
        if after != before:
            self.memory.report("held", "a held run changed a link, a golden value or a shadow")
        for x in self.memory.log:
            if x.seq > self.decided_at and x.who == "engine":
                old, new = self.state(x.app, x.before), self.state(x.app, x.after)
                shown = any(s.values.get(x.slot) == x.before for s in self.shown_before(x))
                if not shown and x.slot == "consent":
                    continue  # typed within the minute for which a reading is trusted
                if x.slot != "consent" or rank(new) < max(rank(old), rank("pending")):
                    self.memory.report("held", f"a held run wrote {x}")

    def _limits(self) -> None:
        """An unasked run after one that left nothing over changes no more records than the limits allow."""
        limit = self.w.setting.limits.get("updates")
        if limit is None or self.asked or self.was_first or not self.clean or self.restored_at >= 0:
            return
        mine = [x for x in self.memory.log if x.seq > self.run_began and x.who == "engine"]
        for app in self.w.apps:
            updated = {x.key for x in mine if x.app == app and x.action == "edit" and x.slot != "consent"}
            if len(updated) > limit.count * max(1, self.rounds):
                self.memory.report("brake", f"{len(updated)} updates in {app}, unasked, limit {limit.count}")

    # -- writing ------------------------------------------------------------------------------------------

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

    # -- cursors ------------------------------------------------------------------------------------------

    def _cursors(self) -> None:
        with self.w.store.reading():
            rows = self.w.store.rows("SELECT app, cursor FROM reader WHERE cursor IS NOT NULL")
        for name, cursor in rows:
            app = self.w.apps[name]
            if app.traits.feed != "changes" or self.restored_at >= 0:
                continue
            at = datetime.fromisoformat(cursor.partition("|")[0])
            for id, row in app.rows.items():
                if row.state == "live" and row.stamp < at and not self._has_shown((name, id), row.revision):
                    self.memory.report(
                        "cursor", f"{name} stands at {at}, and {id} was changed at {row.stamp}"
                    )

    def _has_shown(self, key: Key, revision: int) -> bool:
        """Also where what moved the record last was our own write."""
        if self.memory.revision.get(key, -1) >= revision:
            return True
        mine = [x for x in self.memory.log if x.key == key]
        return bool(mine) and mine[-1].who == "engine"


def _sans_consent(values: Mapping[str, Value]) -> dict[str, Value]:
    return {name: value for name, value in values.items() if name != "consent"}
