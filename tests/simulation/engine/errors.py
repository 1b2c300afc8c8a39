"""Deliberate errors of the engine, each a function that gives the patches which plant it. In which worlds
they are looked for: `mutants.py`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any
from unittest.mock import patch

from syncer.core import brakes, merge, observe, settle
from syncer.core import decide as deciding
from syncer.engine import Engine, planner
from syncer.reading.intake import Intake
from syncer.steps.pull import Puller
from syncer.steps.recover import Recovery
from syncer.steps.write import Writer
from syncer.store.outbox import Outbox
from syncer.sync import Sync
from syncer.wiring import remapped
from tests.simulation.pure import mutants as pure

Patches = Callable[[], Sequence[Any]]

# -- writing and the shadows ------------------------------------------------------------------------------


def base_before_the_write() -> Sequence[Any]:
    original = Writer._write

    def write_(self: Any, ref: str, item: Any) -> Any:
        if item.record is not None:
            records = self.intake.records
            with records.db.transaction():
                link = records.links(self.app.name, [item.record])[item.record]
                for name, (_, after) in item.slots.items():
                    link.seen[name] = after
                    fields = self.sync.slots(self.app.name)[name].fields
                    link.agreed.update({f: item.values[f] for f in fields if f in item.values})
                records.save_links([link], self.sync.slot_names())
        return original(self, ref, item)

    return (patch.object(Writer, "_write", write_),)


def no_reading_before_overwriting() -> Sequence[Any]:
    return (patch.object(Writer, "_is_old", lambda *_: False),)


def never_marked_in_flight() -> Sequence[Any]:
    return (patch.object(Outbox, "mark", lambda *_: None),)


def timed_out_create_is_settled() -> Sequence[Any]:
    """A create without an answer is taken for one that did not happen, and sent again."""
    original = settle._settle_create

    def settle_create(sent: Any, result: Any, golden: Any) -> Any:
        done = original(sent, result, golden)
        done.in_flight = False
        return done

    return (patch.object(settle, "_settle_create", settle_create),)


def unanswered_update_is_believed() -> Sequence[Any]:
    """An update without an answer is taken for done."""
    original = settle._write_into

    def write_into(link: Any, sent: Any, result: Any, golden: Any) -> Any:
        after = original(link, sent, result, golden)
        for name, pending in dict(after.pending).items():
            after.seen[name] = pending.sent
            after.agreed.update(pending.parts)
            del after.pending[name]
        return after

    return (patch.object(settle, "_write_into", write_into),)


def updates_in_flight_are_forgotten() -> Sequence[Any]:
    """After a crash nothing is known of the updates that were on their way."""

    def settle_updates(self: Any, flights: Any) -> None:
        self.ledger.outbox.unmark(f.ref for f in flights)

    return (patch.object(Recovery, "settle_updates", settle_updates),)


def recovery_stores_what_it_read() -> Sequence[Any]:
    """After a crash the record is read, and what it shows becomes the shadow."""
    original = Recovery.settle_updates

    def settle_updates(self: Any, flights: Any) -> None:
        original(self, flights)
        records = self.intake.records
        ids = [f.item.record for f in flights if f.item.record]
        links = records.links(self.app.name, ids)
        for link in links.values():
            row = self.app.connector.app.rows.get(link.id)
            if row is not None and row.state == "live":
                names = [n for n in link.seen if n in row.values]
                link.seen.update({n: row.values[n] for n in names})
                link.pending.clear()
        records.save_links(list(links.values()), self.sync.slot_names())

    return (patch.object(Recovery, "settle_updates", settle_updates),)


def recovery_does_not_look_up() -> Sequence[Any]:
    def look_up(self: Any, flights: Any) -> Iterator[Any]:
        with self.intake.records.db.transaction():
            self.ledger.outbox.unmark(f.ref for f in flights)
        return self.result
        yield

    return (patch.object(Recovery, "look_up", look_up),)


def lag_is_not_waited_for() -> Sequence[Any]:
    return (patch.object(Recovery, "_patience", lambda self: timedelta(seconds=-1)),)


def filter_is_not_asked_again() -> Sequence[Any]:
    """The look just before a write does not ask whether the record still takes part."""
    original = Writer._moved

    def moved(self: Any, *args: Any) -> bool:
        with patch.object(Intake, "in_scope", lambda *_, **__: True):
            return original(self, *args)

    return (patch.object(Writer, "_moved", moved),)


# -- reading ----------------------------------------------------------------------------------------------


def cursor_before_its_page() -> Sequence[Any]:
    """The cursor is committed first, the page in a transaction of its own."""
    original, save = Puller._pages, Intake.save

    def pages(self: Any, *args: Any) -> Any:
        late: list[Any] = []
        task, answer = original(self, *args), None
        while True:
            with patch.object(Intake, "save", lambda *page: late.append(page)):
                call = next(task, None) if answer is None else _sent(task, answer)
            for page in late:
                with self.intake.records.db.transaction():
                    save(*page)
            late.clear()
            if call is None:
                return
            answer = yield call

    return (patch.object(Puller, "_pages", pages),)


def _sent(task: Any, answer: Any) -> Any:
    try:
        return task.send(answer)
    except StopIteration:
        return None


def cursor_is_the_latest_seen() -> Sequence[Any]:
    """`>` and the greatest stamp seen, where the start of the read less the lag would be safe."""
    from connectors.memory import MemoryApp

    def horizon(self: Any) -> Any:
        stamps = [row.stamp for row in self._index]
        return max(stamps, default=self.now())

    original = MemoryApp.page

    def page(self: Any, position: Any) -> Any:
        if position is not None and position[1] == "":
            position = (position[0], "\uffff")
        return original(self, position)

    return (patch.object(MemoryApp, "horizon", horizon), patch.object(MemoryApp, "page", page))


def missing_is_deleted() -> Sequence[Any]:
    """A record that a listing did not show is taken for deleted."""
    from syncer.model import Observation

    def ask(self: Any, ids: Any) -> Iterator[Any]:
        with self.intake.records.db.transaction():
            self.intake.records.save_observations(
                Observation(self.app.name, id, {}, self.now(), state="deleted") for id in ids
            )
        return None
        yield

    return (patch.object(Puller, "_ask_about", ask),)


def short_listing_proves_absence() -> Sequence[Any]:
    original = Puller._ask_about

    def ask(self: Any, ids: Any) -> Any:
        answered = yield from original(self, ids)
        self.result.short = False
        return answered

    return (patch.object(Puller, "_ask_about", ask),)


def short_listing_vouches() -> Sequence[Any]:
    """Records that a listing left out pass for read though asking about them failed."""
    original = Puller._ask_about

    def ask(self: Any, ids: Any) -> Any:
        yield from original(self, ids)
        return True

    return (patch.object(Puller, "_ask_about", ask),)


def gained_field_is_not_read() -> Sequence[Any]:
    return (patch.object(remapped, "note_fields_read", lambda *_: False),)


def lagging_list_is_truth() -> Sequence[Any]:
    original = Puller._pages

    def pages(self: Any, start: Any, seen: Any) -> Any:
        return original(self, replace(start, lagging=False), seen)

    return (patch.object(Puller, "_pages", pages),)


# -- deciding ---------------------------------------------------------------------------------------------


def create_before_the_app_was_read() -> Sequence[Any]:
    original, read = planner.abilities_of, Engine._read

    def abilities(sync: Any, ledger: Any) -> Any:
        creates = [a.name for a in sync.apps.values() if a.writes and sync.mapping.apps[a.name].creates]
        return replace(original(sync, ledger), creates=creates)

    def read_(self: Any, run: Any, *more: Any) -> None:
        read(self, run, *more)
        run.readable |= set(self.sync.apps)

    return (
        patch.object(planner, "abilities_of", abilities),
        patch.object(Engine, "_read", read_),
        _beside_their_own(),
    )


def create_beside_a_review() -> Sequence[Any]:
    return (patch.object(planner, "doubted_in", lambda *_: {}), _beside_their_own())


def create_planned_twice() -> Sequence[Any]:
    return (patch.object(planner, "creating_in", lambda _: {}),)


def new_records_are_never_matched() -> Sequence[Any]:
    from syncer.steps import match

    return (patch.object(match, "_known", lambda *_: []), _beside_their_own())


def _beside_their_own() -> Any:
    """That nobody is created beside a record with their address hides errors that would do so."""
    return patch.object(Sync, "_own_keys", lambda _: ())


def brakes_are_off() -> Sequence[Any]:
    return (patch.object(brakes, "tripped", lambda *_: []),)


def held_run_is_kept() -> Sequence[Any]:
    """What a held run decided is committed all the same."""

    def plan(self: Any, run: Any, options: Any) -> Any:
        with self.db.transaction():
            return self._inside(run, options)

    return (patch.object(planner.Planner, "plan", plan),)


def held_run_writes_everything() -> Sequence[Any]:
    def lower(unit: Any, lens: Any, run: str) -> Any:
        from syncer.core.plan import Abilities

        return deciding.decide(unit, lens, Abilities(), run)

    from syncer.deciding import one_pass as pass_

    return (patch.object(pass_, "lower_consent", lower),)


def outside_is_read() -> Sequence[Any]:
    """What a record shows that takes no part is merged."""
    return (patch.object(deciding, "_consent_only", lambda obs, _: obs),)


def outside_is_deleted() -> Sequence[Any]:
    """A record that is archived after it left the filter counts as a deletion."""
    original = deciding._follow_state

    def follow(link: Any, obs: Any) -> bool:
        was_out = link.state == "out"
        return original(link, obs) or (was_out and link.state == "gone")

    return (patch.object(deciding, "_follow_state", follow),)


def blank_is_no_edit() -> Sequence[Any]:
    """A clearing is taken for a value that was not returned."""
    original = merge._is_candidate

    def is_candidate(m: Any, field: Any, offer: Any) -> bool:
        return offer.candidate.value is not None and original(m, field, offer)

    return (patch.object(merge, "_is_candidate", is_candidate),)


def losing_value_is_not_logged() -> Sequence[Any]:
    def choose(m: Any, field: Any, candidates: Any) -> None:
        from conflicts.rules import rule_for

        winner = rule_for(field.rule.kind, field.rule.apps)(candidates, m.lens.mapping.order)
        winner = winner or candidates[0]
        if winner.kind != "golden":
            m.take(field, winner, field.rule.kind)

    return (patch.object(merge, "_choose", choose),)


def lease_is_not_checked() -> Sequence[Any]:
    from syncer.store.lease import Lease

    return (patch.object(Lease, "check", lambda _: None),)


def clock_of_yesterday_is_trusted() -> Sequence[Any]:
    return (
        patch.object(Puller, "_sent_before", lambda *_: None),
        patch.object(Outbox, "sent_before", lambda *_: None),
    )


def only_the_last_consent_counts() -> Sequence[Any]:
    """A later observation replaces an opt-out that was not decided about yet."""
    original = Intake._observation

    def observation(self: Any, *args: Any) -> Any:
        return replace(original(self, *args), consent=())

    return (patch.object(Intake, "_observation", observation),)


def of_the_core(name: str) -> Patches:
    return pure.CORE[name]


def newest_is_read_last() -> Sequence[Any]:
    """An edit is dated by when it was read: the order in which apps are read decides."""
    return (patch.object(observe, "date_of", lambda link, slot, obs, known: (obs.read_at, "observed")),)
