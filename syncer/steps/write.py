"""Write to one app: mark in flight, send, settle. Plans nothing.

Every write is committed to the outbox before it is sent and leaves it with its answer. What is at stake is
read again first, unless it was read a moment ago: a record that moved is not overwritten, it is merged again.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial

from connectors.contract import AppError, Fetched, Record, Result, Write
from syncer.core.settle import Sent, Settled, settle
from syncer.model import Golden, Item, Link, Mark, Observation, Value
from syncer.ports import Task
from syncer.reading.intake import Intake
from syncer.reading.looking import ask, settle_stale
from syncer.store.database import chunks
from syncer.store.groups import grouped
from syncer.store.ledger import Ledger
from syncer.store.outbox import Answer
from syncer.store.shadows import note_touched
from syncer.sync import App, Sync

FRESH = timedelta(minutes=1)
MET = "a record there that does not show, such as an archived one, has the same key"


@dataclass(slots=True)
class Wrote:
    """What became of an app's items. `settled`: golden ids whose item needs nothing more; `moved`: records
    that changed under the plan; `existed`: records that a create met; `error`: why writing stopped early;
    `unseen`: what the app called stale could not be looked at."""

    outcomes: Counter[str] = field(default_factory=Counter)
    applied: Counter[str] = field(default_factory=Counter)
    settled: list[str] = field(default_factory=list)
    moved: list[str] = field(default_factory=list)
    linked: list[str] = field(default_factory=list)
    existed: list[str] = field(default_factory=list)
    error: str = ""
    unseen: bool = False


@dataclass(slots=True)
class Writer:
    """Writes one app's items. `began`: when the run did; `intake` takes in what re-reading shows; `met`: of
    this run, golden ids whose create met a record, and records that an update did not find."""

    sync: Sync
    app: App
    run: str
    began: datetime
    items: Sequence[Item]
    intake: Intake
    ledger: Ledger
    now: Callable[[], datetime]
    progress: Callable[[str, str, int], None]
    next_ref: Callable[[], str]
    met: set[str]
    result: Wrote = field(default_factory=Wrote)

    def task(self) -> Task[Wrote]:
        """All items, in batches of one kind."""
        trimmed: list[Item] = []
        try:
            for batch in self._batches(self.items):
                trimmed += yield from self._batch(batch)
            for batch in self._batches(trimmed):
                yield from self._batch(batch)
        except AppError as error:
            self.result.error = str(error)
        return self.result

    def _batches(self, items: Iterable[Item]) -> Iterable[list[Item]]:
        for kind in ("archive", "create", "update"):
            yield from chunks((i for i in items if i.kind == kind), self.app.spec.batch)

    def _batch(self, batch: list[Item]) -> Task[list[Item]]:
        """One batch. Returns items to send again without the fields that the app refused."""
        links: Mapping[str, Link] = {}
        if batch[0].kind != "create":
            batch, links = yield from self._reread(batch)
        if not batch:
            return []
        sent_at = self.now()
        refs = [self.next_ref() for _ in batch]
        with self.intake.records.db.transaction():
            self.ledger.outbox.mark(self.run, list(zip(refs, batch, strict=True)), sent_at)
        writes = [self._write(ref, item) for ref, item in zip(refs, batch, strict=True)]
        stop: AppError | None = None
        try:
            results: Sequence[Result] = yield partial(self.app.connector.write, self.app.object, writes)
        except AppError as error:
            results, stop = (), error
        answered, items = (sent_at, self.now()), dict(zip(refs, batch, strict=True))
        results = self._met_again(items, results)
        stale = {r.ref: items.pop(r.ref) for r in results if r.outcome == "stale" and r.ref in items}
        with self.intake.records.db.transaction():
            again = self._settle(items, links, results, answered)
        if stale:
            ids = {ref: item.record for ref, item in stale.items() if item.record is not None}
            try:
                untold = yield from settle_stale(self.intake, ids, self.met, self.now)
                results = [*results, *untold]  # the last word counts
                self.result.moved += ids.values()
            except AppError as error:
                stop, self.result.unseen = error, True
            with self.intake.records.db.transaction():
                again += self._settle(stale, links, results, answered)
        self.progress("writing", self.app.name, sum(self.result.outcomes.values()))
        if stop is not None:
            raise stop
        return again

    def _met_again(self, items: Mapping[str, Item], results: Sequence[Result]) -> Sequence[Result]:
        """A create that meets a record once more, after that was looked at, is turned down: else it would be
        tried in every run."""
        met = {r.ref: items[r.ref].golden for r in results if r.outcome == "existed" and r.ref in items}
        again = {ref for ref, golden in met.items() if golden in self.met}
        self.met.update(met.values())
        return [replace(r, outcome="rejected", reason=MET) if r.ref in again else r for r in results]

    def _write(self, ref: str, item: Item) -> Write:
        if item.kind == "merge":
            raise ValueError("a merge inside an app is never part of a plan")
        values = {name: after for name, (_, after) in item.slots.items()}
        external = self.app.spec.external_id
        if item.kind == "create" and external is not None:
            values[external] = item.golden
        before = {name: was for name, (was, _) in item.slots.items() if not isinstance(was, Mark)}
        return Write(ref, item.kind, item.record, values, before)

    def _reread(self, batch: list[Item]) -> Task[tuple[list[Item], Mapping[str, Link]]]:
        """The items whose records still hold what the plan was made on, and the links of the batch."""
        ids = [i.record for i in batch if i.record is not None]
        with self.intake.records.db.reading():
            links = self.intake.records.links(self.app.name, ids)
            pulled = self.ledger.reader(self.app.name)["pulled_at"]
            old = [id for id in ids if self._is_old(links.get(id), pulled)]
            waiting = self.intake.records.waiting(self.app.name, old)
        if not old:
            return batch, links
        read_at = self.now()
        answers = yield from ask(self.intake, old, read_at)
        with self.intake.records.db.reading():  # it may have noted what an app took away
            links = self.intake.records.links(self.app.name, ids)
        by_id = {a.id: a for a in answers}
        shown = [a.record for a in answers if a.state == "found" and a.record is not None]
        moved = [
            i
            for i in batch
            if i.record in by_id
            and self._moved(i, by_id[i.record], links.get(i.record), waiting.get(i.record))
        ]
        unsure = {id for id in old if id not in by_id or by_id[id].state == "unknown"}
        with self.intake.records.db.transaction():
            self.intake.save_fetched([by_id[i.record] for i in moved if i.record], read_at)
            note_touched(self.intake.records, links, shown, self.sync.slot_names())
        self.result.moved += [str(i.record) for i in moved]
        self.result.outcomes["stale"] += len(moved)
        return [i for i in batch if i not in moved and i.record not in unsure], links

    def _is_old(self, link: Link | None, pulled: str | None) -> bool:
        """Whether what we know of a record is of an earlier run, or more than a minute old. A complete
        incremental read vouches for the records that it did not show, up to the app's lag before it, where
        its lists do not lag."""
        if link is None or link.observed_at is None:
            return True
        known, looked = link.observed_at, link.observed_at
        if pulled is not None and not self.app.spec.lists_lag:
            listed = datetime.fromisoformat(pulled)
            known, looked = max(known, listed - timedelta(seconds=self.app.spec.lag)), max(looked, listed)
        age = self.now() - known
        # A clock that was set back vouches for nothing, within a run or since the last one.
        return looked < self.began or age > FRESH or age < timedelta(0)

    def _moved(self, item: Item, answer: Fetched, link: Link | None, waiting: Observation | None) -> bool:
        """Whether a record is another than was known, also in fields that are not to be written, or takes no
        part any more: what was shown is never passed over. What waits to be merged already (an undo leaves it
        to the next run, and so does a reference without a target) is known, beside what is to be written."""
        if answer.state == "unknown":
            return False
        if answer.state != "found" or answer.record is None:
            return True
        if not self.intake.in_scope(answer.record, inside=True):
            return True
        before: dict[str, Value | Mark] = dict(link.seen) if link is not None else {}
        before.update((name, was) for name, (was, _) in item.slots.items())
        slots, shown = self.sync.slots(self.app.name), answer.record.values
        waits = {n: v for n, v in waiting.values.items() if n not in item.slots} if waiting else {}
        known = {n for n, v in waits.items() if n in slots and slots[n].same(shown.get(n), v)}
        return any(
            name in shown and not isinstance(value, Mark) and not slots[name].same(shown[name], value)
            for name, value in before.items()
            if name in slots and name not in known
        )

    def _settle(
        self,
        batch: dict[str, Item],
        links: Mapping[str, Link],
        results: Sequence[Result],
        times: tuple[datetime, datetime],
    ) -> list[Item]:
        """Take the answers in, item by item; one without an answer is unknown. `times`: sent, answered."""
        by_ref = {r.ref: r for r in results}
        history: list[tuple[Item, str | None, str, str]] = []
        settled: dict[str, Settled] = {}
        for ref, item in batch.items():
            result = by_ref.get(ref) or Result(ref, "unknown", reason="the app's answer did not name it")
            sent = Sent(item, *times, self.sync.mapping)
            link = links.get(item.record) if item.record is not None else None
            settled[ref] = settle(sent, result, Golden(item.golden, dict(item.values)), link)
            history += _noted(item, result)
            self._count(item, result, settled[ref])
        self._save_links([s.link for s in settled.values() if s.link], links)
        self._remember_refusals([s.golden for s in settled.values() if s.golden])
        self._save_extras([s.extra for s in settled.values() if s.extra])
        self._take_in_who_left([by_ref[ref].record for ref in batch if ref in by_ref], times[1])
        self.ledger.outbox.unmark(ref for ref, s in settled.items() if not s.in_flight)
        self.ledger.outbox.record(self.run, history)
        again = [(batch[ref], s.again) for ref, s in settled.items() if s.again]
        for item, rest in again:
            rest.values = item.values
        return [rest for _, rest in again]

    def _save_links(self, links: Sequence[Link], known: Mapping[str, Link]) -> None:
        """Most stay what they were but for what their records hold, which costs less to keep."""
        stays = {link.id for link in links if link.id in known and link.state == known[link.id].state}
        records, slots = self.intake.records, self.sync.slot_names()
        records.settle_links([link for link in links if link.id in stays], slots)
        records.save_links([link for link in links if link.id not in stays], slots)

    def _remember_refusals(self, refused: Sequence[Golden]) -> None:
        """A create that the app refused is kept with its golden record; an archive that it refused ends the
        deletion: the person is still there."""
        known = self.intake.records.goldens([g.id for g in refused])
        for golden in refused:
            known[golden.id].refused.update(golden.refused)
            known[golden.id].deleted = False
        self.intake.records.save_goldens((golden, True) for golden in known.values())

    def _count(self, item: Item, result: Result, settled: Settled) -> None:
        self.result.outcomes[result.outcome] += 1
        if result.outcome == "applied":
            self.result.applied[item.kind] += 1
            if item.kind == "create":
                self.result.linked.append(item.golden)
        if result.outcome == "existed" and result.id is not None:
            self.result.existed.append(result.id)
        if settled.finished:
            self.result.settled.append(item.golden)

    def _save_extras(self, extras: Sequence[Observation]) -> None:
        """Beside what may wait already of the same record. An answer says nothing of groups: whether one is
        gone is asked where records are read."""
        groups = {slot.name for slot in grouped(self.sync.slots(self.app.name), self.app.spec)}
        for extra in extras:
            extra.values = {name: v for name, v in extra.values.items() if name not in groups}
        extras = [extra for extra in extras if extra.values]
        waiting = self.intake.records.waiting(self.app.name, [o.id for o in extras])
        for extra in extras:
            if extra.id in waiting:
                extra.values = {**waiting[extra.id].values, **extra.values}
                extra.consent = waiting[extra.id].consent
        self.intake.records.save_observations(extras)
        self.result.moved += [o.id for o in extras]

    def _take_in_who_left(self, records: Iterable[Record | None], answered: datetime) -> None:
        """An answer may be the first to show that a record left the filter: what else it shows is no news.
        One that does not show all that was asked for tells nothing about the filter."""
        fields = set(self.sync.fields(self.app.name))
        whole = [r for r in records if r is not None and not r.archived and fields <= r.values.keys()]
        left = [record for record in whole if not self.intake.in_scope(record, inside=True)]
        self.intake.save(left, answered)
        self.result.moved += [record.id for record in left]


def _noted(item: Item, result: Result) -> Iterator[Answer]:
    """The rows for the log. What the app refused of a write that it took otherwise was not written."""
    record, refused = result.id or item.record, item.slots.keys() & result.fields.keys()
    if result.outcome != "applied" or not refused:
        yield item, record, result.outcome, result.reason
        return
    yield (
        replace(item, slots={n: s for n, s in item.slots.items() if n not in refused}),
        record,
        "applied",
        "",
    )
    rest = {n: s for n, s in item.slots.items() if n in refused}
    why = "; ".join(dict.fromkeys(result.fields[name] for name in rest))
    yield replace(item, kind="update", record=record, slots=rest), record, "rejected", why
