"""A mapping that has changed: what is known follows it, where that is more than reading some fields anew.

- Consent is the same under another name: it goes along, so that no opt-out is forgotten.
- A field that the mapping has no more waits for nobody: its held conflicts are closed.
- An app that may be written to again gets what was left alone meanwhile.
- An app that the mapping leaves out takes no part: its links are set aside, and come back with the app, which
  is read from the start then.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from syncer.store import codec
from syncer.store.aside import bring_back, set_aside
from syncer.store.conflicts import Conflicts
from syncer.store.database import chunks
from syncer.store.history import History
from syncer.store.ledger import Ledger
from syncer.store.records import Records
from syncer.store.shadows import forget
from syncer.sync import Sync


def is_followed(history: History, sync: Sync) -> bool:
    former = _former(history, sync)
    return former == _mapped(sync, former.get("consent"))


def follow(history: History, sync: Sync) -> None:
    """Call inside a transaction, while nobody else works in the space."""
    db, former = history.db, _former(history, sync)
    records, was, now = Records(db, sync.name), former.get("consent"), sync.mapping.consent
    set_aside(db, sync.name, sync.apps)
    for app in bring_back(db, sync.name, sync.apps):
        slots = sync.slot_names()
        forget(records, app, slots[app], slots)
        Ledger(db, sync.name).save_reader(app, cursor=None, scan_began=None)
    if was and now and was != now:
        _rename(records, was, now)
    if former and _written(sync) - set(former.get("writes", _written(sync))):
        records.mark_due(records.all_golden())  # what was left alone while the app was not written to
    _close(records, sync, set(former.get("fields", ())) - {now, *sync.mapping.fields})
    history.keep_fact(f"follows:{sync.name}", codec.dumps(_mapped(sync, was)))


def _former(history: History, sync: Sync) -> dict[str, Any]:
    return dict(codec.loads(history.fact(f"follows:{sync.name}") or "{}"))


def _mapped(sync: Sync, was: str | None) -> dict[str, Any]:
    """What to compare with later. Consent that is not mapped for a while is remembered by its last name."""
    mapping = sync.mapping
    return {
        "apps": sorted(sync.apps),
        "writes": sorted(_written(sync)),
        "consent": mapping.consent or was,
        "fields": sorted(mapping.fields),
    }


def _written(sync: Sync) -> set[str]:
    return {app.name for app in sync.apps.values() if app.writes}


def _rename(records: Records, was: str, now: str) -> None:
    for ids in chunks(records.all_golden()):
        units = records.units(ids)
        for golden in (unit.golden for unit in units.values()):
            if was in golden.value:
                golden.value[now] = golden.value.pop(was)
            if was in golden.provenance:
                golden.provenance[now] = golden.provenance.pop(was)
        records.save_goldens((unit.golden, unit.due) for unit in units.values())


def _close(records: Records, sync: Sync, lost: Collection[str]) -> None:
    """Nobody can answer what is asked about these fields."""
    table = Conflicts(records.db, {sync.name: sync.mapping.object})
    for ids in chunks(sorted(table.close_fields(sync.name, sorted(lost)))):
        units = records.units(ids)
        for golden in (unit.golden for unit in units.values()):
            golden.held = {name: held for name, held in golden.held.items() if name not in lost}
        records.save_goldens((unit.golden, unit.due) for unit in units.values())
