"""Read one app: pages become observations, and nothing is decided.

Pages are committed with their cursor, so that an interrupted read goes on where it was; many at once where
nothing is known of the app yet. A record that shows what it is known to show is no news and leaves no trace.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from connectors.contract import AppError, AuthRefused, Page, Record
from syncer.core.observe import MARGIN
from syncer.model import Observation, fold_key
from syncer.ports import Stopping, Task
from syncer.reading.intake import Intake
from syncer.reading.looking import believe, look_at
from syncer.reading.portion import Portion, ReadPage
from syncer.store import codec
from syncer.store.joins import Joins
from syncer.store.ledger import Ledger
from syncer.store.shadows import note_touched
from syncer.sync import App, Sync


class TooMany(AppError):
    """The app has more records than the configuration allows."""


@dataclass(slots=True)
class Pulled:
    """What reading an app gave. `error`: why it stopped early; `refused`: the credential was. `short`: a full
    listing left out records that are there, or was empty where there had been some, so what it does not show
    may be there as well."""

    read: int = 0
    complete: bool = False
    short: bool = False
    error: str = ""
    refused: bool = False


@dataclass(frozen=True, slots=True)
class Start:
    """How one reading begins.

    at        when this run began it; began: when the listing began, perhaps in an earlier run
    cursor    where to go on; None: at the beginning
    first     the app was never read completely
    resumed   a listing that an earlier run began goes on
    fresh     nothing is known of the app yet
    restored  what is known of it is of a backup: an opt-out that it shows may be a new one all the same
    lagging   its lists may show what we have written over
    open_ids  records with a write whose outcome is not known
    """

    at: datetime
    began: str
    cursor: str | None
    first: bool
    resumed: bool
    fresh: bool
    restored: bool
    lagging: bool
    open_ids: Sequence[str]


@dataclass(slots=True)
class Puller:
    """Reads one app of a sync into the store."""

    sync: Sync
    app: App
    intake: Intake
    ledger: Ledger
    now: Callable[[], datetime]
    progress: Callable[[str, str, int], None]
    result: Pulled = field(default_factory=Pulled)
    _new: list[str] = field(default_factory=list)  # records that showed something new
    _unkept: Portion = field(default_factory=Portion)
    _since: datetime | None = None  # what is stamped earlier was read to the end before

    def task(self) -> Task[Pulled]:
        """Read what changed, or everything the first time."""
        start = self._begin()
        partly = start.cursor is not None and self.app.spec.feed == "changes"
        seen = None if start.resumed or partly else set[str]()
        try:
            yield from self._fetch(start.open_ids)  # writes without an answer: this settles them
            yield from self._pages(start, seen)
            yield from self._fetch(self._rivals())
        except AppError as error:
            self.result.error, self.result.refused = str(error), isinstance(error, AuthRefused)
            return self.result
        gone = self._finish(start, seen)
        if gone and (yield from self._ask_about(gone)):
            with self.intake.records.db.transaction():
                self.ledger.save_reader(self.app.name, pulled_at=start.began)
        return self.result

    def _begin(self) -> Start:
        """Where to begin, noted before the first call."""
        at, name, records = self.now(), self.app.name, self.intake.records
        with records.db.transaction():
            state = self.ledger.reader(name)
            if state["pulled_at"] is not None:
                lag = timedelta(seconds=self.app.spec.lag)
                self._since = datetime.fromisoformat(state["pulled_at"]) - lag - MARGIN
            first = state["complete_at"] is None
            # One that stopped before its first page begins anew, and tells again who is missing.
            resumed = state["scan_began"] is not None and state["cursor"] is not None
            start = Start(
                at,
                began=state["scan_began"] if resumed else codec.iso(self.now()),
                cursor=state["cursor"],
                first=first,
                resumed=resumed,
                fresh=first and not resumed and not self._knows_any(),
                restored=first and self.ledger.restored() is not None,
                # While nothing is known a list that lags is believed: we have written over nothing in it.
                lagging=self.app.spec.lists_lag and (not first or records.any_links(name)),
                open_ids=records.open_links(name),
            )
            self._sent_before(start.open_ids, self.now())
            self.ledger.save_reader(name, scan_began=start.began)
        return start

    def _finish(self, start: Start, seen: set[str] | None) -> list[str]:
        """Note that the read is complete. Returns the linked and the waiting records that a whole listing did
        not show: unless they are asked about, it vouches for nothing."""
        name, scans = self.app.name, self.app.spec.feed == "scan"
        with self.intake.records.db.transaction():
            known = self._expected() if seen is not None and not start.fresh else ()
            gone = [id for id in known if seen is not None and id not in seen]
            changes: dict[str, str | None] = {"scan_began": None}
            if start.first:
                changes["complete_at"] = codec.iso(self.now())
            if not gone:
                changes["pulled_at"] = start.began
            self.ledger.save_reader(name, **changes)
            if scans:
                self.ledger.scanned(name, start.at, self.now() - start.at)
        self.result.complete = True
        self.result.short = start.resumed and scans  # the rest was listed some time ago
        return gone

    def _expected(self) -> list[str]:
        """What a whole listing should show: also what waits for a person, whose question goes with it."""
        records, name = self.intake.records, self.app.name
        return [*records.live_ids(name), *(id for app, id in records.unlinked() if app == name)]

    def _knows_any(self) -> bool:
        records = self.intake.records
        return records.any_links(self.app.name) or records.any_waiting(self.app.name)

    def _linked(self, ids: Sequence[str]) -> Collection[str]:
        if not ids:
            return ()
        with self.intake.records.db.reading():
            return self.intake.records.known(self.app.name, ids).keys()

    def _rivals(self) -> list[str]:
        """Records whose unique key or address another one has just shown: one of the two may have gone, or
        have gone into the other, though no listing says so."""
        kinds = sorted({field for field, _ in self.sync.owned_slots(self.app.name)})
        if not kinds or not self._new:
            return []
        records = self.intake.records
        with records.db.reading():
            return Joins(records.db, records.space).rivals(self.app.name, self._new, kinds)

    def _sent_before(self, ids: Sequence[str], now: datetime) -> None:
        """Unconfirmed writes were sent before now, also where the clock said otherwise and was set back: else
        nothing that is read would tell about them until it has caught up."""
        links = self.intake.records.links(self.app.name, ids).values()
        ahead = [link for link in links if any(p.sent_at > now for p in link.pending.values())]
        for link in ahead:
            for pending in link.pending.values():
                pending.sent_at = min(pending.sent_at, now, link.observed_at or now, link.stamp or now)
        self.intake.records.save_links(ahead, self.sync.slot_names())

    def _pages(self, start: Start, seen: set[str] | None) -> Task[None]:
        try:
            yield from self._each_page(start, seen)
        except (AppError, Stopping):
            self._keep()
            raise
        self._keep()

    def _each_page(self, start: Start, seen: set[str] | None) -> Task[None]:
        fields, fresh = self.sync.fields(self.app.name), start.fresh
        pages: Iterator[Page] = iter(self.app.connector.pull(self.app.object, start.cursor, fields))
        while True:
            read_at = self.now()  # before the call: the answer may have to wait for its turn
            page: Page | None = yield lambda: next(pages, None)
            if page is None:
                return
            self.result.read += len(page.records)
            if self.app.max_records is not None and self.result.read > self.app.max_records:
                raise TooMany(
                    f"{self.app.name}: more than max_records ({self.app.max_records}) records were listed;"
                    " nothing further was read. Raise max_records if that many are expected."
                )
            news = self._news(page.records, fresh, start.restored)
            if news and not fresh:
                news = yield from self._look_into(news, read_at, start.lagging)
            if fresh and seen is not None:  # what moves while it is listed is listed again: no longer new
                fresh = seen.isdisjoint(r.id for r in page.records)
            self._unkept.add(ReadPage(page, news, read_at, fresh))
            if not fresh or self._unkept.is_due(read_at):
                self._keep()
            if seen is not None:
                seen.update(r.id for r in page.records)
            self.progress("reading", self.app.name, self.result.read)
            if page.last:
                return

    def _keep(self) -> None:
        """Commit the pages that wait for it, with the cursor behind them."""
        pages = self._unkept.take()
        if not pages:
            return
        with self.intake.records.db.transaction():
            for one in pages:
                self._note_touched(one.page.records, one.news)
                self.intake.save(one.news, one.at, one.fresh)
            cursors = [one.page.cursor for one in pages if one.page.cursor is not None or one.page.last]
            if cursors:
                self.ledger.save_reader(self.app.name, cursor=cursors[-1])

    def _look_into(self, news: list[Record], read_at: datetime, lagging: bool) -> Task[list[Record]]:
        """Ask about what a page alone does not tell. Returns what of it is to be taken as it was listed."""
        with self.intake.records.db.reading():
            listed = self.intake.newer_consent(news) if lagging else {}
        up_to_date = [r for r in news if not lagging or r.id in listed]
        with self.intake.keeping_opt_outs(up_to_date, read_at):
            yield from believe(self.intake, news, read_at)
            if lagging:
                yield from look_at(self.intake, [r.id for r in news], self.now, listed)
                self._new += [r.id for r in news]
                return []
            away = self._linked([r.id for r in news if r.archived])
            yield from self._fetch(sorted(away))  # archived, deleted, or merged: it is asked which
        there = [r for r in news if r.id not in away]
        self._new += [r.id for r in there]
        return there

    def _note_touched(self, page: Sequence[Record], news: Sequence[Record]) -> None:
        """Where a record changed since the last reading and shows no news, that was in what is not mapped."""
        since, new = self._since, {record.id for record in news}
        late = [r for r in page if since and r.stamp and r.stamp > since and r.id not in new]
        if late:
            links = self.intake.records.links(self.app.name, [r.id for r in late])
            note_touched(self.intake.records, links, late, self.sync.slot_names())

    def _news(self, page: Sequence[Record], fresh: bool, restored: bool) -> list[Record]:
        """Records that do not simply show what they are known to show."""
        if fresh:
            return list(page)
        slots = self.sync.slot_names()[self.app.name]
        ids = [r.id for r in page]
        with self.intake.records.db.reading():
            known = self.intake.records.known(self.app.name, ids)
            waiting = (
                self.intake.records.waiting(self.app.name, ids)
                if self.intake.records.any_waiting(self.app.name)
                else {}
            )
            led = self._led_by([r.id for r in page if r.other_keys])
        return [
            r
            for r in page
            if r.archived
            or not self._is_known(r, known.get(r.id), waiting.get(r.id), slots)
            or not self.intake.in_scope(r, True)
            or (restored and self.intake.opts_out(r))
            or (r.other_keys and not self._further(r) <= led.get(r.id, set()))
        ]

    def _led_by(self, ids: Sequence[str]) -> dict[str, set[str]]:
        """The keys that are known to lead to these records. A further one is news: of a merge, perhaps."""
        led: dict[str, set[str]] = {}
        for id, _, _, key in self.intake.records.keys.of(self.app.name, ids) if ids else ():
            led.setdefault(id, set()).add(key)
        return led

    def _further(self, record: Record) -> set[str]:
        """Further unique keys that lead to a record, folded as in the index."""
        slots = [slot.name for _, slot in self.sync.unique_slots(self.app.name)]
        return {fold_key(value) for name in slots for value in record.other_keys.get(name, ())}

    @staticmethod
    def _is_known(
        record: Record, quiet: str | None, waiting: Observation | None, slots: tuple[str, ...]
    ) -> bool:
        """Whether a record shows just what is known of it, or what waits to be decided already: perhaps of
        later, where it was asked for and the list is behind."""
        if waiting is None:
            return quiet is not None and quiet == codec.quiet_hash(record.values, slots)
        if record.stamp and waiting.stamp and record.stamp < waiting.stamp and waiting.state == "found":
            return True
        shown = {name: record.values[name] for name in slots if name in record.values}
        return waiting.state == "found" and shown == waiting.values

    def _ask_about(self, ids: Sequence[str]) -> Task[bool]:
        """Records that a complete listing did not show: absence is a reason to ask, never a deletion. False
        where there was no answer: then the listing vouches for none of them."""
        try:
            found = yield from self._fetch(ids)
        except AppError as error:
            found, self.result.error = len(ids), str(error)
        self.result.short = self.result.short or found > 0 or not self.result.read
        return not self.result.error

    def _fetch(self, ids: Sequence[str]) -> Task[int]:
        return look_at(self.intake, ids, self.now)
