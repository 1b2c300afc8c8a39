"""A sync that the state knows under another name, which the config has no more."""

from __future__ import annotations

from collections.abc import Container, Mapping

from syncer.store import specs
from syncer.store.database import Database
from syncer.store.ledger import Ledger
from syncer.store.records import Records


def former_name(db: Database, name: str, objects: Mapping[str, str], syncs: Container[str]) -> str:
    """The sync that kept these records, where `name` is new and that one is not among `syncs`; else empty.
    `objects`: app -> its object."""
    with db.reading():
        if Ledger(db, name).planned() is not None:
            return ""
        rows = db.rows("SELECT space, app, spec FROM reader WHERE spec IS NOT NULL ORDER BY space, app")
        for space, app, spec in rows:
            if space in syncs or app not in objects or not Records(db, space).any_links(app):
                continue
            if specs.loads(spec).name == objects[app]:
                return str(space)
    return ""
