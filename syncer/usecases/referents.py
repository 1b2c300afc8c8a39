"""What people call the golden records that references point to: nobody can tell one id from another."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeAlias

from conflicts.log import shown
from mappings.draft import Draft
from syncer.config.files import Config
from syncer.model import BLANK, Value
from syncer.store.database import Database
from syncer.store.joins import Joins
from syncer.store.records import Records

Key: TypeAlias = tuple[str, str]  # app and record; of a golden record "" and its id
_LONGEST = 40  # leaves room for an id behind it where values are cut


class Spot(NamedTuple):
    """Where a value stands: in a golden field of a sync, or in a field of one of its apps."""

    sync: str
    field: str
    app: str = ""


@dataclass(frozen=True, slots=True)
class Referents:
    """Names of what was pointed to at certain spots, by its id there."""

    names: Mapping[tuple[Spot, str], str]

    def told(self, spot: Spot, value: Any) -> Any:
        """The name behind a reference; any other value as it is."""
        return self.names.get((spot, str(value)), value)


def referents(config: Config, db: Database, cells: Iterable[tuple[Spot, Any]]) -> Referents:
    """The names of all that these values point to, looked up at once."""
    targets = dict(_targets(config))
    wanted = {(spot, str(v)) for spot, v in cells if spot in targets and v is not None and v not in BLANK}
    known: dict[str, dict[Key, str]] = {}
    with db.reading():
        for sync in sorted({targets[spot] for spot, _ in wanted}):
            keys = {(spot.app, id) for spot, id in wanted if targets[spot] == sync}
            known[sync] = _names(config.syncs[sync].draft, db, sync, keys)
    names = {(spot, id): known[targets[spot]].get((spot.app, id)) for spot, id in wanted}
    return Referents({place: name for place, name in names.items() if name is not None})


def _targets(config: Config) -> Iterator[tuple[Spot, str]]:
    """Where references stand, and the sync that each leads to."""
    keepers = config.keepers
    for name, sync in config.syncs.items():
        for said in sync.draft.fields.values():
            if (target := keepers.get(said.model.to or "")) is None:
                continue
            yield Spot(name, said.name), target
            for place in said.places.values():
                if not place.form.as_:  # else the app has a text there
                    yield Spot(name, place.field, place.app), target


def _names(draft: Draft, db: Database, sync: str, keys: Collection[Key]) -> dict[Key, str]:
    """What these are called, so far as there is a name."""
    goldens = _goldens(db, sync, keys)
    values = {id: one.value for id, one in Records(db, sync).goldens(sorted({*goldens.values()})).items()}
    names = {key: _name(draft, values[golden]) for key, golden in goldens.items() if golden in values}
    return _told_apart({key: name for key, name in names.items() if name}, goldens)


def _told_apart(names: Mapping[Key, str], goldens: Mapping[Key, str]) -> dict[Key, str]:
    """With the id behind a name that another golden record, or another id in the same app, goes by, too."""
    several = Counter(_look(name) for name, _ in {(name, goldens[key]) for key, name in names.items()})
    in_app = Counter((app, _look(name)) for (app, _), name in names.items())
    return {
        (app, id): name if several[_look(name)] == in_app[app, _look(name)] == 1 else f"{name} ({id})"
        for (app, id), name in names.items()
    }


def _goldens(db: Database, sync: str, keys: Collection[Key]) -> dict[Key, str]:
    """The golden records that go by these keys by now."""
    own = {id for app, id in keys if not app}
    joined = {("", id): now for id, now in Joins(db, sync).survivors(own).items()}
    return {**joined, **Records(db, sync).goldens_of(key for key in keys if key[0])}


def _name(draft: Draft, values: Mapping[str, Value]) -> str:
    """The name, else a domain, an address, or what else it is recognised by."""
    match = draft.model.match
    name = " ".join(shown(values[field]) for field in match.names if values.get(field))
    kinds = [f.name for kind in ("domain", "email") for f in draft.fields.values() if f.type.name == kind]
    keys = (shown(values[field]) for field in (*kinds, *match.exact) if values.get(field))
    found = name or next(keys, "")
    return found if len(found) <= _LONGEST else found[: _LONGEST - 3] + "..."


def _look(name: str) -> str:
    return " ".join(name.split()).casefold()
