"""Which records a person means who types an address, a phone, a domain, a golden id, or app:id."""

from __future__ import annotations

from collections.abc import Iterator

from connectors.contract import AppError
from mappings.model import BadValue
from syncer.matching.keys import fold_key
from syncer.model import LinkKey
from syncer.setup import App, Sync
from syncer.store.database import Database
from syncer.store.joins import Joins
from syncer.store.records import Records


def find(sync: Sync, db: Database, who: str) -> tuple[LinkKey, ...]:
    """The records of one person or company in all apps, as far as they are known; for somebody new, those
    that the apps themselves find under that address. Empty where nobody is found."""
    return known(sync, db, who) or tuple(dict.fromkeys(_asked(sync, dict(_keys(sync, who)))))


def named(sync: Sync, db: Database, who: str) -> tuple[LinkKey, ...]:
    """The records that themselves go by a name: the one under an id, the holders of an address; all of a
    golden record where its id was given."""
    records = Records(db, sync.name)
    with db.reading():
        found = _named(sync, who) or _holders(records, dict(_keys(sync, who)))
        whole = records.units([Joins(db, sync.name).survivor(who)]).values()
    return tuple(dict.fromkeys((*found, *(link.key for unit in whole for link in unit.links))))


def known(sync: Sync, db: Database, who: str) -> tuple[LinkKey, ...]:
    """The same, as far as the state knows: no app is asked."""
    records = Records(db, sync.name)
    with db.reading():
        named = _named(sync, who) or _holders(records, dict(_keys(sync, who)))
        goldens = {
            Joins(db, sync.name).survivor(who),
            *(g for app, id in named for g in records.golden_of(app, [id]).values()),
        }
        linked = [link.key for unit in records.units(sorted(goldens)).values() for link in unit.links]
    return tuple(dict.fromkeys((*named, *linked)))


def _named(sync: Sync, who: str) -> list[LinkKey]:
    app, _, id = who.partition(":")
    return [(app, id)] if app in sync.apps and id else []


def _keys(sync: Sync, who: str) -> Iterator[tuple[str, str]]:
    """(field, value in golden form) for each key field that can hold such a text."""
    for name in sync.key_fields:
        try:
            value = sync.mapping.fields[name].type.read(who)
        except BadValue:
            continue
        if isinstance(value, str) and value:
            yield name, value


def _holders(records: Records, keys: dict[str, str]) -> list[LinkKey]:
    rows = [row for kind, value in keys.items() for row in records.keys.holders(kind, [fold_key(value)])]
    return [(app, id) for _, app, id, _, _ in rows]


def _asked(sync: Sync, keys: dict[str, str]) -> Iterator[LinkKey]:
    for app in sync.apps.values():
        for slot, value in _lookups(sync, app, keys):
            try:
                found = app.connector.find(app.object, slot, [value], sync.fields(app.name))
            except AppError:
                continue  # the run itself tells which app cannot be used
            yield from ((app.name, record.id) for record in found)


def _lookups(sync: Sync, app: App, keys: dict[str, str]) -> Iterator[tuple[str, str]]:
    """(slot, value in the app's form) that the app can look up."""
    for slot in sync.slots(app.name).values():
        if slot.name in (*app.spec.unique, *app.spec.lookup) and slot.fields[0] in keys:
            shown = slot.project({slot.fields[0]: keys[slot.fields[0]]}, None)
            if isinstance(shown, str):
                yield slot.name, shown
