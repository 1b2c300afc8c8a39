"""A memory app whose every change is remembered, and the wire to it: what can happen to calls and answers."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Literal, TypeVar

from connectors.contract import Fetched, Options, Page, Record, Result, Unavailable, Value, Write
from connectors.memory import MemoryApp, MemoryConnector, Traits
from connectors.memory.app import Action, Who
from connectors.memory.index import Row
from tests.simulation.engine.clocks import AppClock
from tests.simulation.engine.memory import Happening, Memory, Showing
from tests.simulation.engine.settings import KIND, OUTSIDE

if TYPE_CHECKING:
    from tests.simulation.engine.faults import Faults

T = TypeVar("T")


class SimApp(MemoryApp):
    """Tells the memory of each change, at true time, and stamps its records by a clock of its own.
    `places`: decimal places that it keeps of a number."""

    def __init__(
        self,
        traits: Traits,
        now: Callable[[], datetime],
        rng: random.Random,
        memory: Memory,
        places: int | None,
        clock: AppClock,
    ) -> None:
        super().__init__(traits, now, rng)
        self.clock = clock
        self.memory = memory
        self.places = places
        self.mapped: Callable[[], Iterable[str]] = lambda: ()  # the fields that we ask for
        self.filtered: Callable[[], bool] = lambda: False  # whether only a part of the records takes part
        self.known: Callable[[], bool] = lambda: True  # whether we know of records here

    def leaves_out(self, values: Mapping[str, Value]) -> bool:
        """Whether the filter leaves out a record with these values."""
        return self.filtered() and values.get(KIND) == OUTSIDE

    def horizon(self) -> datetime:
        """As a connector has it that knows how far the app's clock may step back, and how coarse its stamps
        are."""
        return super()._rounded(super().horizon() - self.clock.back)

    def _rounded(self, at: datetime) -> datetime:
        return super()._rounded(self.clock(at))

    def _put(self, row: Row, who: Who, action: Action) -> Row:
        row = super()._put(row, who, action)
        entry, memory = self.log[-1], self.memory
        doer: Literal["person", "engine"] = "person" if who == "user" else "engine"
        changes: list[tuple[str, Value, Value]] = [(n, entry.before[n], v) for n, v in entry.after.items()]
        changes.sort(key=lambda c: c[0] != "email")
        memory.keep(
            action,
            [
                Happening(memory.next(), entry.at, doer, action, self.account, row.id, name, before, after)
                for name, before, after in changes or [("", None, None)]
            ],
        )
        return row

    def _clean(self, values: Mapping[str, Value]) -> dict[str, Value]:
        clean = super()._clean(values)
        score = clean.get("score")
        if self.places is not None and isinstance(score, int | float | str):
            clean["score"] = round(float(score), self.places)
        return clean


class Wire(MemoryConnector):
    """The connector of a simulated app. It notes what the engine is shown, and lets `faults` spoil answers.

    conditional  a record that moved since this connection last showed it is not overwritten
    backwards    each answer and each page from the end
    """

    def __init__(
        self, options: Options, app: SimApp, faults: Faults, conditional: bool, backwards: bool
    ) -> None:
        super().__init__(options, app)
        self.app = app
        self.faults = faults
        self.conditional = conditional
        self.backwards = backwards
        self.showed: dict[str, int] = {}

    def pull(self, object: str, cursor: str | None, fields: Sequence[str]) -> Iterator[Page]:
        pages = super().pull(object, cursor, fields)
        self.app.memory.pulls.setdefault(self.app.account, []).append(self.app.now())
        emptied = self.app.traits.feed == "scan" and self.app.known()
        for page in self.faults.pages(pages, emptied):
            page = replace(page, records=self._ordered(page.records))
            self._show("pull", page.records)
            yield page

    def fetch(self, object: str, ids: Sequence[str], fields: Sequence[str]) -> Sequence[Fetched]:
        answers = self._ordered(super().fetch(object, ids, fields))
        self._show("fetch", [a.record for a in answers if a.record is not None])
        return answers

    def find(self, object: str, field: str, values: Sequence[str], fields: Sequence[str]) -> Sequence[Record]:
        records = self._ordered(super().find(object, field, values, fields))
        self._show("find", records)
        return records

    def write(self, object: str, writes: Sequence[Write]) -> Sequence[Result]:
        moved = [w for w in writes if self.conditional and self._moved(w)]
        try:
            results = list(super().write(object, [w for w in writes if w not in moved]))
        finally:
            self._note_sent(writes)
        results += [Result(w.ref, "stale", w.id, reason="the record moved") for w in moved]
        results = self._ordered(self.faults.answers(results))
        self._show("answer", [r.record for r in results if r.record is not None])
        refused = {r.ref for r in results if r.outcome in ("retry", "stale", "rejected")}
        self._forget_sent([w for w in writes if w.ref in refused])
        return results

    def _send(self, app: MemoryApp, writes: Sequence[Write]) -> list[Result]:
        untaken = {w.ref: answer for w in writes if (answer := self.faults.single(w)) is not None}
        taken = [w for w in writes if w.ref not in untaken]
        part = self.faults.part(len(taken))
        results = super()._send(app, taken[:part])
        if part is not None:
            raise Unavailable(f"{app.account}: the connection broke")
        return [*results, *untaken.values()]

    def _ordered(self, answers: Sequence[T]) -> list[T]:
        return list(answers[::-1] if self.backwards else answers)

    def _forget_sent(self, writes: Sequence[Write]) -> None:
        """The app said that it did nothing: so these were not sent, as far as anybody is concerned."""
        for write in writes:
            for slot in write.values if write.id else ():
                self.app.memory.sent[(self.app.account, write.id or ""), slot].pop()

    def _note_sent(self, writes: Sequence[Write]) -> None:
        memory = self.app.memory
        for write in writes:
            for slot, value in write.values.items() if write.id else ():
                sent = self.app._clean({slot: value})[slot] if slot in self.app.fields else value
                memory.sent.setdefault(((self.app.account, write.id or ""), slot), []).append(
                    (memory.next(), sent)
                )

    def _moved(self, write: Write) -> bool:
        row = self.app.rows.get(write.id or "")
        return row is not None and row.id in self.showed and self.showed[row.id] < row.revision

    def _show(self, call: str, records: Sequence[Record]) -> None:
        memory, shown = self.app.memory, []
        for record in records:
            row = self.app.rows[record.id]
            now = record.archived == (row.state == "archived") and all(
                row.values.get(name) == value for name, value in record.values.items()
            )
            revision = row.revision if now else -1  # a list that lags
            self.showed[record.id] = revision
            values = {n: record.values[n] for n in self.app.mapped() if n in record.values}
            out = self.app.leaves_out(record.values)
            seen = Showing(memory.next(), self.app.now(), call, values, revision, record.archived, out)
            shown.append(((self.app.account, record.id), seen))
        memory.show(self.app.account, call, shown)
