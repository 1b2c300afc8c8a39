"""Make one golden record out of two in the state: the older id goes on, the other stays an alias of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from syncer.core.joining import join
from syncer.core.lens import Lens
from syncer.deciding import refs
from syncer.model import LinkKey
from syncer.store import codec
from syncer.store.joins import Joins
from syncer.store.ledger import Ledger
from syncer.store.records import Records
from syncer.sync import Sync


@dataclass(frozen=True, slots=True)
class Joining:
    """Joins golden records of one sync. Call inside a transaction."""

    sync: Sync
    records: Records
    ledger: Ledger
    run: str
    now: Callable[[], datetime]

    def join(self, one: str, other: str, gone: LinkKey | None = None) -> str:
        """The id that goes on. It is due: the next decision finds what is to be written. `gone`: the record
        that an app merged into one of the other."""
        joins = Joins(self.records.db, self.records.space)
        into, part = joins.older_first(one, other)
        units = self.records.units([into, part])
        lens = Lens(self.sync.mapping, refs.load(self.sync, self.records.db, units.values()))
        joined = join(units[into], units[part], lens, self.run, gone)
        golden = joined.unit.golden
        self.records.save_goldens([(golden, True)])
        self.records.save_links(joined.unit.links, self.sync.slot_names())
        joins.remember(part, into, self.run)
        joins.repoint(self.sync.dependents, part, into)
        refs.save(self.sync, self.records, [(golden, self.sync.mapping.fields)])
        self.ledger.log(self.run, self.now(), joined.log)
        if joined.changed:
            body = codec.journal_body(joined.changed, golden.provenance, joined.was)
            self.ledger.journal(self.run, [(into, body)])
        return into
