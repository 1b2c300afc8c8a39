"""What must be true at every step, judged by what really happened in the apps: of each write
(`writes.py`), and of a run.

held         a held run has changed nothing but consent, and that only downwards
brake        an unasked run stays within the limits
exclusion    an engine that lost its lease commits nothing
cursor       a cursor never passes a change that was not shown
transaction  no call is made inside a transaction
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from conflicts.consent import rank
from connectors.contract import Value
from syncer.engine import Engine, Plan
from syncer.report import Report
from syncer.store.database import Database
from syncer.store.outbox import Outbox
from syncer.store.records import Records
from tests.simulation.engine.memory import Key
from tests.simulation.engine.store import Stepped
from tests.simulation.engine.writes import Writes

if TYPE_CHECKING:
    from tests.simulation.engine.world import World

Print = tuple[dict[str, dict[str, Value]], dict[Key, tuple[str, dict[str, Value]]]]


class Watch(Writes):
    """Watches one history while it goes on."""

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self.held_at = -1
        self.kept_at = 0  # when the last decision was begun that came to its end
        self.runs: list[int] = []  # when each began
        self.fresh_start = True
        self.rows_before = 0
        self.fenced: Stepped | None = None
        self.clean = False  # the last run left nothing over
        self.before: Print | None = None
        self.asked = False
        self.rounds = 0
        self.was_first = True
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
