"""What happened to one person or company, from the journal, the writes and the conflict log."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from typing import Any

from syncer.model import LinkKey, Value
from syncer.store.codec import iso
from syncer.store.database import Database
from syncer.store.joins import Joins
from syncer.store.records import Records
from syncer.store.stories import Stories
from syncer.sync import Sync

_SENT = {"create": "created", "update": "updated", "archive": "archived", "merge": "merged"}


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened. `what`: changed (a golden value), a kind of the conflict log, or what was sent
    to an app: created, updated, archived, merged, or `create rejected` and the like. `time` is when the run
    began, in ISO 8601."""

    time: str
    run: str
    who: str
    what: str
    app: str | None
    record: str | None
    field: str | None
    before: Value
    after: Value
    because: str

    @property
    def order(self) -> tuple[str, str, int]:
        """Within a run: what was chosen, what that changed, what was sent."""
        return self.time, self.run, 2 if self.is_sent else int(self.what == "changed")

    @property
    def is_sent(self) -> bool:
        """Whether it was sent to the app: `field` is the app's then, else the mapping's."""
        return self.what.split()[0] in {*_SENT, *_SENT.values()}

    def as_json(self) -> dict[str, Any]:
        """The documented keys of `history --json`."""
        return asdict(self)


def timeline(sync: Sync, db: Database, keys: Iterable[LinkKey]) -> list[Event]:
    """All events of the golden records that these records belong to."""
    with db.reading():
        records, stories = Records(db, sync.name), Stories(db, sync.name)
        found = {*records.goldens_of(keys).values()}
        former = [gone for gone, to in Joins(db, sync.name).followed().items() if to in found]
        return [event for golden in sorted({*found, *former}) for event in _events(stories, golden)]


def _events(stories: Stories, golden: str) -> Iterator[Event]:
    began: dict[str, str] = {}
    for run, started, changed in stories.journal(golden):
        began[run] = started
        for field, (before, after, *origin) in changed.items():
            app, record = (origin[0] or None, origin[1] or None) if origin else (None, None)
            source = f"from {app}:{record}" if app else "typed by a person"
            why = f"{origin[3]}, {source}" if len(origin) > 3 else ""
            yield Event(started, run, golden, "changed", app, record, field, before, after, why)
    for entry in stories.conflicts(golden):
        why = f"{entry.rule}; {len(entry.candidates)} candidates, conflict {entry.seq}"
        why = f"held, {why}" if entry.status == "held" else why
        time = began.get(entry.run) or iso(entry.time)
        app = entry.winner_app
        yield Event(time, entry.run, golden, entry.kind, app, None, entry.field, None, entry.winner, why)
    for write in stories.writes(golden):
        yield from _write(golden, write)


def _write(golden: str, write: dict[str, Any]) -> Iterator[Event]:
    applied = write["outcome"] == "applied"
    what = _SENT[write["kind"]] if applied else f"{write['kind']} {write['outcome']}"
    where = write["started"], write["run"], golden, what, write["app"], write["record"]
    if not write["slots"]:
        yield Event(*where, None, None, None, write["reason"])
    for name, said in write["slots"].items():
        before = said[0] if len(said) > 1 else None
        yield Event(*where, name, before, said[-1], write["reason"])
