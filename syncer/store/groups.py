"""Groups and lists of an app that stand for words of a set (tags): which it had, and which it has lost."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from connectors.contract import ObjectSpec
from mappings.model import Slot
from syncer.core.forms import elements
from syncer.store import codec
from syncer.store.history import History
from syncer.store.records import Records

Known = dict[str, dict[str, bool]]  # slot -> golden word -> whether its group is there


def grouped(slots: Mapping[str, Slot], spec: ObjectSpec) -> list[Slot]:
    """The slots whose words are groups of the app."""
    return [slot for name, slot in slots.items() if name in spec.fields and spec.fields[name].groups]


def there(slot: Slot, spec: ObjectSpec) -> frozenset[str]:
    """The golden words of which the app has a group now."""
    field = spec.fields.get(slot.name)
    return slot.words(list(field.options)) if field is not None else frozenset()


def known(records: Records, app: str) -> Known:
    """Call inside a transaction or a reading, like all here."""
    kept = History(records.db).fact(_fact(records, app))
    return dict(codec.loads(kept)) if kept else {}


def keep(records: Records, app: str, found: Known) -> None:
    History(records.db).keep_fact(_fact(records, app), codec.dumps(found))


def lost_of(slot: Slot, spec: ObjectSpec, was: Mapping[str, bool]) -> frozenset[str]:
    """Of the words that had a group once (`was`), those that have none now. One that the mapping does not
    name any more is nothing to us."""
    gone = was.keys() - there(slot, spec)
    return frozenset(word for word in gone if slot.names(word))


def people_with(records: Records, field: str, word: str) -> Iterator[str]:
    """The golden records that hold a word in a field."""
    rows = records.db.rows(
        "SELECT id, body FROM golden WHERE space = :space AND body LIKE :holding ORDER BY id",
        space=records.space,
        holding=f"%{codec.dumps(word)}%".replace("\\", "_"),  # narrows; a wildcard too many does no harm
    )
    return (id for id, body in rows if word in elements(codec.golden(id, body).value.get(field)))


def _fact(records: Records, app: str) -> str:
    return f"groups:{records.space}:{app}"
