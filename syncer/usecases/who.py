"""Which records a person means who types an address, a phone, a domain, a golden id, or app:id."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from connectors.contract import AppError
from mappings.model import BadValue
from syncer.model import LinkKey, fold_key
from syncer.store.database import Database
from syncer.store.joins import Joins
from syncer.store.records import Records
from syncer.store.stories import Stories
from syncer.sync import App, Sync

BY: Final = "domain, e-mail, phone, golden id, or app:id"


@dataclass(frozen=True, slots=True)
class People:
    """What the state knows of names that were looked up together.

    own       name -> the records that themselves go by it: the one under an id, the holders of an address
    survivor  name -> itself, or the golden record that a golden record of this id became part of
    records   golden record -> all its records
    golden    record -> its golden record, of those that have one
    gone      holders of an address that are archived or deleted in their apps
    """

    own: Mapping[str, Sequence[LinkKey]]
    survivor: Mapping[str, str]
    records: Mapping[str, Sequence[LinkKey]]
    golden: Mapping[LinkKey, str]
    gone: Collection[LinkKey] = ()

    def known(self, who: str) -> tuple[LinkKey, ...]:
        """The records of one person or company in all apps, as far as the state knows."""
        return self._with(self.own[who], sorted({self.survivor[who], *self.goldens(self.own[who])}))

    def standing(self, who: str) -> tuple[LinkKey, ...]:
        """The same, by records that are there, unless an address is held by none but those that are gone."""
        own = [key for key in self.own[who] if key not in self.gone] or self.own[who]
        return self._with(own, sorted({self.survivor[who], *self.goldens(own)}))

    def named(self, who: str) -> tuple[LinkKey, ...]:
        """The records that themselves go by a name; all of a golden record where its id was given."""
        return self._with(self.own[who], [self.survivor[who]])

    def goldens(self, keys: Iterable[LinkKey]) -> list[str]:
        """The golden records of these records."""
        return sorted({self.golden[key] for key in keys if key in self.golden})

    def _with(self, own: Sequence[LinkKey], goldens: Iterable[str]) -> tuple[LinkKey, ...]:
        linked = (key for golden in goldens for key in self.records.get(golden, ()))
        return tuple(dict.fromkeys((*own, *linked)))


def look_up(sync: Sync, db: Database, names: Iterable[str]) -> People:
    """Look up many names at once. No app is asked."""
    names, records = list(dict.fromkeys(names)), Records(db, sync.name)
    with db.reading():
        own, gone = _own(sync, records, names)
        survivor = Joins(db, sync.name).survivors(names)
        goldens = records.goldens_of(key for keys in own.values() for key in keys)
        theirs = records.keys_of({*survivor.values(), *goldens.values()})
    golden = {key: golden for golden in theirs for key in theirs[golden]}
    return People(own, survivor, theirs, golden, gone)


def look_up_known(sync: Sync, db: Database, names: Iterable[str]) -> People:
    """The same, without records that the state has never heard of: an `app:id` may name anything."""
    return without_unheard(sync, db, look_up(sync, db, names))


def without_unheard(sync: Sync, db: Database, people: People) -> People:
    """These people, less records that the state has never heard of."""
    stories = Stories(db, sync.name)
    with db.reading():
        own = {
            name: [key for key in keys if key in people.golden or stories.knows(key)]
            for name, keys in people.own.items()
        }
    return replace(people, own=own)


def known(sync: Sync, db: Database, who: str) -> tuple[LinkKey, ...]:
    """The records of one person or company in all apps, as far as the state knows: no app is asked."""
    return look_up(sync, db, [who]).known(who)


def find(sync: Sync, db: Database, who: str) -> tuple[LinkKey, ...]:
    """The same; for somebody new, those that the apps themselves find under that address. Empty where nobody
    is found."""
    return known(sync, db, who) or tuple(dict.fromkeys(_asked(sync, dict(_keys(sync, who)))))


def _own(sync: Sync, records: Records, names: Sequence[str]) -> tuple[dict[str, list[LinkKey]], set[LinkKey]]:
    """The records that go by each name, and which of them are gone."""
    found = {name: _by_id(sync, name) for name in names}
    gone = set[LinkKey]()
    wanted: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for name in names:
        for kind, value in () if found[name] else _keys(sync, name):
            wanted[kind][fold_key(value)].append(name)
    for kind, holding in wanted.items():
        for key, app, id, _, state in records.keys.holders(kind, holding):
            if state == "gone":
                gone.add((app, id))
            for name in holding[key]:
                found[name].append((app, id))
    return found, gone


def _by_id(sync: Sync, who: str) -> list[LinkKey]:
    app, _, id = who.partition(":")
    return [(app, id)] if app in sync.apps and id else []


def _keys(sync: Sync, who: str) -> Iterator[tuple[str, str]]:
    """(field, value in golden form) for each key field that can hold such a text."""
    for name in sync.key_fields:
        type = sync.mapping.fields[name].type
        if "@" in who and type.name == "domain":
            continue  # an address is a person: the company's domain in it does not mean the company
        try:
            value = type.read(who)
        except BadValue:
            continue
        if isinstance(value, str) and value:
            yield name, value


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
