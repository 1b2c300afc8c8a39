"""Fields that do not fit an app any more: which records that affects, for people and programs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import orjson

from mappings.model import Stopped
from syncer.report import stopped_row
from syncer.store.history import History
from syncer.store.ledger import Ledger
from syncer.store.records import Records
from syncer.store.shadows import holding
from syncer.sync import Sync
from syncer.wiring.regrouping import told as lost_group


def fitted(history: History, sync: str, apps: Iterable[str]) -> dict[str, set[str]]:
    """App -> the fields that its mapping was once in step with: read under the last mapping, or stopped
    since."""
    ledger, found = Ledger(history.db, sync), {}
    for app in apps:
        stopped = history.fact(f"stopped:{sync}:{app}")
        found[app] = {*ledger.fields_read(app), *orjson.loads(stopped or "[]")}
    return found


def is_kept(history: History, sync: Sync) -> bool:
    return all((history.fact(name) or "[]") == text for name, text in _facts(sync))


def keep(history: History, sync: Sync) -> None:
    """Remember which fields are stopped, so that they are known when they come back. Call inside a
    transaction."""
    for name, text in _facts(sync):
        history.keep_fact(name, text)


def _facts(sync: Sync) -> Iterator[tuple[str, str]]:
    for app in sync.apps:
        names = sorted(s.slot for s in sync.mapping.stopped if s.app == app)
        yield f"stopped:{sync.name}:{app}", orjson.dumps(names).decode()


def stopped_in(sync: Sync, records: Records, gone: Mapping[str, set[str]]) -> list[dict[str, Any]]:
    """The documented keys of `stopped`, a field each, and a lost group each. `gone`: app -> fields that it
    turned out to have no more while it was read."""
    found = [_told(records, s) for s in sync.mapping.stopped]
    for app, names in gone.items():
        for name in sorted(names):
            what = f"{app} has no field '{name}' any more"
            found.append(_told(records, Stopped(app, name, sync.slots(app)[name].fields, what, what)))
    for app in sync.apps:
        lost = ((slot, word) for slot in sync.slots(app).values() for word in sorted(slot.lost))
        found += [one for slot, word in lost if (one := lost_group(records, app, slot, word))["records"]]
    return found


def _told(records: Records, stopped: Stopped) -> dict[str, Any]:
    ids = holding(records, stopped.app, stopped.slot)
    return stopped_row(stopped.app, stopped.slot, stopped.fields, stopped.told, len(ids), ids)
