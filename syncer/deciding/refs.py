"""What the records being decided point to, looked up in the neighbouring space, a chunk at a time."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Container, Iterable
from dataclasses import dataclass, field

from syncer.core.lens import Unresolved
from syncer.model import Golden, Unit, Value, as_text
from syncer.store.database import Database
from syncer.store.keys import by_app
from syncer.store.records import Records
from syncer.sync import Sync


@dataclass(slots=True)
class ChunkRefs:
    """Answers for one chunk of golden records; see `syncer.core.lens.Refs`."""

    goldens: dict[tuple[str, str, str], str] = field(default_factory=dict)
    records: dict[tuple[str, str, str], str] = field(default_factory=dict)
    live: set[tuple[str, str, str]] = field(default_factory=set)
    values: dict[tuple[str, str], dict[str, Value]] = field(default_factory=dict)

    def golden_of(self, object: str, app: str, record: str) -> str | None:
        return self.goldens.get((object, app, record))

    def record_of(self, object: str, golden: str, app: str) -> str | None:
        return self.records.get((object, golden, app))

    def is_live(self, object: str, app: str, record: str) -> bool:
        return (object, app, record) in self.live

    def value_of(self, object: str, golden: str, field: str) -> Value:
        if (object, golden) not in self.values:
            raise Unresolved
        return self.values[object, golden].get(field)


def load(sync: Sync, db: Database, units: Iterable[Unit]) -> ChunkRefs:
    """Gather all targets that these units mention. Call inside a transaction or reading."""
    refs = ChunkRefs()
    if not sync.targets:
        return refs
    ids: dict[tuple[str, str], set[str]] = defaultdict(set)
    wanted: dict[str, set[str]] = defaultdict(set)
    for unit in units:
        for name, field_ in sync.mapping.fields.items():
            if field_.reference in sync.targets and isinstance(target := unit.golden.value.get(name), str):
                wanted[field_.reference].add(target)
        for obs in unit.observations.values():
            _mentioned(sync, obs.app, obs.values, ids)
        for link in unit.links:
            _mentioned(sync, link.app, link.seen, ids)
    for (object, app), records in ids.items():
        space = Records(db, sync.targets[object])
        away = space.leaving(app, sorted(records))
        for record, (golden, state) in space.standing_of(app, sorted(records)).items():
            refs.goldens[object, app, record] = golden
            wanted[object].add(golden)
            if state == "live" and record not in away:
                refs.live.add((object, app, record))
    for object, goldens in wanted.items():
        space = Records(db, sync.targets[object])
        main = space.records_of(sorted(goldens))
        there = by_app((app, id) for (_, app), id in main.items())
        leaving = {app: space.leaving(app, ids) for app, ids in there.items()}
        for (golden, app), record in main.items():
            if record not in leaving[app]:
                refs.records[object, golden, app] = record
        for id, found in space.goldens(sorted(goldens)).items():
            refs.values[object, id] = found.value
    return refs


def _mentioned(sync: Sync, app: str, values: dict[str, Value], ids: dict[tuple[str, str], set[str]]) -> None:
    for slot in sync.slots(app).values():
        object = sync.mapping.fields[slot.fields[0]].reference
        if object in sync.targets and (value := values.get(slot.name)):
            ids[object, app].add(str(value))


def save(sync: Sync, records: Records, goldens: Iterable[tuple[Golden, Container[str]]]) -> None:
    """Keep what golden records point to, as it stands; of each the fields that may have changed."""
    names = [f.name for f in sync.mapping.fields.values() if f.reference in sync.targets]
    records.save_references(
        (golden.id, name, as_text(golden.value.get(name)))
        for golden, changed in goldens
        for name in names
        if name in changed
    )
