"""A memory app whose every change is remembered, and the wire to it: what can happen to calls and answers."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Literal

from connectors.contract import Fetched, Options, Page, Record, Result, Value, Write
from connectors.memory import MemoryApp, MemoryConnector, Traits
from connectors.memory.app import Action, Who
from connectors.memory.index import Row
from tests.simulation.engine.memory import Happening, Memory, Showing

if TYPE_CHECKING:
    from tests.simulation.engine.faults import Faults


class SimApp(MemoryApp):
    """Tells the memory of each change. `places`: decimal places that it keeps of a number."""

    def __init__(
        self,
        traits: Traits,
        now: Callable[[], datetime],
        rng: random.Random,
        memory: Memory,
        places: int | None,
    ) -> None:
        super().__init__(traits, now, rng)
        self.memory = memory
        self.places = places
        self.mapped: Callable[[], Iterable[str]] = lambda: ()  # the fields that we ask for
        self.known: Callable[[], bool] = lambda: True  # whether we know of records here

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
    """

    def __init__(self, options: Options, app: SimApp, faults: Faults, conditional: bool) -> None:
        super().__init__(options, app)
        self.app = app
        self.faults = faults
        self.conditional = conditional
        self.showed: dict[str, int] = {}

    def pull(self, object: str, cursor: str | None, fields: Sequence[str]) -> Iterator[Page]:
        pages = super().pull(object, cursor, fields)
        self.app.memory.pulls.setdefault(self.app.account, []).append(self.app.now())
        emptied = self.app.traits.feed == "scan" and self.app.known()
        for page in self.faults.pages(pages, emptied):
            self._show("pull", page.records)
            yield page

    def fetch(self, object: str, ids: Sequence[str], fields: Sequence[str]) -> Sequence[Fetched]:
        answers = super().fetch(object, ids, fields)
        self._show("fetch", [a.record for a in answers if a.record is not None])
        return answers

    def find(self, object: str, field: str, values: Sequence[str], fields: Sequence[str]) -> Sequence[Record]:
        records = super().find(object, field, values, fields)
        self._show("find", records)
        return records

    def write(self, object: str, writes: Sequence[Write]) -> Sequence[Result]:
        moved = [w for w in writes if self.conditional and self._moved(w)]
        try:
            results = list(super().write(object, [w for w in writes if w not in moved]))
        finally:
            self._note_sent(writes)
        results += [Result(w.ref, "stale", w.id, reason="the record moved") for w in moved]
        self._show("answer", [r.record for r in results if r.record is not None])
        results = self.faults.answers(results)
        refused = {r.ref for r in results if r.outcome in ("retry", "stale", "rejected")}
        self._forget_sent([w for w in writes if w.ref in refused])
        return results

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
            seen = Showing(memory.next(), self.app.now(), call, values, revision)
            shown.append(((self.app.account, record.id), seen))
        memory.show(self.app.account, shown)
