"""A mapping that has changed: what is known follows it, where that is more than reading some fields anew.

- Consent is the same under another name: it goes along, so that no opt-out is forgotten.
- A field that the mapping has no more waits for nobody: its held conflicts are closed.
- An app whose records are known cannot be left out: they would be strangers, should it come back. Nor can
  consent: who opted out would be created anew as subscribed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from mappings.document import Problem, ProblemsFound
from mappings.load import Draft
from mappings.model import ObjectMapping
from syncer.core.carry import rename
from syncer.model import Golden
from syncer.ports import Ports
from syncer.store.conflicts import Conflicts
from syncer.store.database import Database, chunks
from syncer.store.history import History
from syncer.store.lease import Busy, hold
from syncer.store.ledger import Ledger
from syncer.store.records import Records
from syncer.store.shadows import note_fields_read
from syncer.sync import Sync
from syncer.wiring import stopping
from syncer.wiring.renaming import follow_names


def refuse_left_out(db: Database, ready: Sync, draft: Draft) -> None:
    """Raises `ProblemsFound` where the mapping leaves out an app whose records are known, or consent."""
    with db.reading():
        problem = missed(Records(db, ready.name), ready.mapping, draft)
    if problem is not None:
        raise ProblemsFound([problem])


def missed(records: Records, mapping: ObjectMapping, draft: Draft) -> Problem | None:
    """An app whose records are known, or consent, that the mapping leaves out. Call inside a reading."""
    apps, consent = left_out(records, mapping), lost_consent(records, mapping)
    if consent:
        what = f"the consent field is left out, and {records.space} knows who opted out ('{consent}')"
        cure = (
            "Put it back, under any name: without it new records would be created as subscribed, and"
            " opt-outs would stay where they are."
        )
        return draft.document.problem(("fields",), what, cure, key=True)
    if apps:
        what = f"'{apps[0]}' is left out, and {records.space} knows which of its records are whose"
        cure = (
            f"Put it back, under the same name; to read it no more: syncer pause {apps[0]}; to write"
            f" nothing to it: apps.{apps[0]}.writes: off."
        )
        return draft.document.problem(("apps",), what, cure, key=True)
    return None


def take_over(db: Database, ready: Sync, draft: Draft, ports: Ports) -> None:
    """Where the mapping gained a field of an app, that app is read from the start: records that do not
    change hold values in it too. What was known of it from an earlier time does not count any more. So is
    an app whose filter (`only`) changed: that shows who enters it and who leaves."""
    history, ledger = History(db), Ledger(db, ready.name)
    wanted = {app: (set(ready.fields(app)), ready.readings(app)) for app in ready.apps}
    filters = {app: said.only or "" for app, said in draft.model.apps.items()}
    with db.reading():
        known = {app: (ledger.fields_read(app), ledger.readings(app)) for app in ready.apps}
        same = stopping.is_kept(history, ready)
        filtered = {app: history.fact(_filter_of(ledger, app)) for app in filters}
        followed = is_followed(ledger, ready)
    if known == wanted and same and filtered == filters and followed:
        return
    try:
        with hold(db, ready.name, ports.holder, ports.now, ports.alive), db.transaction():
            stopping.keep(history, ready)
            follow(ledger, ready)
            follow_filters(ledger, filters)
            follow_fields(Records(db, ready.name), ledger, ready)
    except Busy:
        return


def follow_filters(ledger: Ledger, filters: Mapping[str, str]) -> None:
    """An app whose filter is another one than before is read from the start. `filters`: app -> its text,
    empty where it has none. Call inside a transaction, while nobody else works in the space."""
    history = History(ledger.db)
    for app, only in filters.items():
        if history.fact(_filter_of(ledger, app)) not in (None, only):
            ledger.save_reader(app, cursor=None, scan_began=None)
        history.keep_fact(_filter_of(ledger, app), only)


def _filter_of(ledger: Ledger, app: str) -> str:
    return f"only:{ledger.space}:{app}"


def follow_fields(records: Records, ledger: Ledger, sync: Sync) -> None:
    """What is known goes by the present names of the fields, and what is read in another way since is marked,
    before anything is compared with it; its app is read from the start. Call inside a transaction, while
    nobody else works in the space."""
    follow_names(records, ledger, sync)
    for app in sync.apps:
        wider = note_fields_read(ledger, records, sync, app)
        if ledger.is_read_again(app) or wider:
            ledger.save_reader(app, cursor=None, scan_began=None)


def is_followed(ledger: Ledger, sync: Sync) -> bool:
    return sync.mapping.consent is None or ledger.consent_field() in (None, sync.mapping.consent)


def follow(ledger: Ledger, sync: Sync) -> None:
    """Have golden consent go by its present name. Call inside a transaction, while nobody else works in the
    space."""
    was, now = ledger.consent_field(), sync.mapping.consent
    if was is not None and now is not None and was != now:
        _rename(Records(ledger.db, sync.name), was, now)
        ledger.set_consent_field(now)


def left_out(records: Records, mapping: ObjectMapping) -> list[str]:
    """Apps whose records are known here, and that the mapping does not name."""
    rows = records.db.rows("SELECT app FROM reader WHERE space = :space ORDER BY app", space=records.space)
    return [row[0] for row in rows if row[0] not in mapping.apps and records.any_links(row[0])]


def lost_consent(records: Records, mapping: ObjectMapping) -> str:
    """The name of the consent field that the mapping had and has no more; empty where it lost none, or nobody
    is known yet."""
    if mapping.consent is not None or not any(records.any_links(app) for app in mapping.apps):
        return ""
    return Ledger(records.db, records.space).consent_field() or ""


def close_lost(records: Records, sync: Sync) -> None:
    """Nobody can answer what is asked about a field that the mapping has no more. Call inside the transaction
    that takes the mapping over."""
    table = Conflicts(records.db, {sync.name: sync.mapping.object})
    lost = table.held_fields(sync.name) - set(sync.mapping.fields)
    if not lost:
        return

    def close(golden: Golden) -> None:
        golden.held = {name: held for name, held in golden.held.items() if name not in lost}

    _change(records, sorted(table.close_fields(sync.name, sorted(lost))), close)


def _rename(records: Records, was: str, now: str) -> None:
    _change(records, records.all_golden(), lambda golden: rename(golden, (), {now: was}))


def _change(records: Records, goldens: Sequence[str], change: Callable[[Golden], None]) -> None:
    for ids in chunks(goldens):
        units = records.units(ids)
        for unit in units.values():
            change(unit.golden)
        records.save_goldens((unit.golden, unit.due) for unit in units.values())
