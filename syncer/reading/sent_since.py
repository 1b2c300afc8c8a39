"""What was sent after a backup was made: the log still tells of it where the backup was put back.

Without it, what we wrote and archived ourselves would pass for what people typed and deleted since.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from mappings.model import Slot
from syncer.model import DISAGREES, Item, Link, Pending
from syncer.store.database import chunks
from syncer.store.ledger import Ledger
from syncer.store.records import Records
from syncer.sync import Sync


def take_in_what_was_sent(records: Records, ledger: Ledger, sync: Sync, now: datetime) -> None:
    """Once after a restore: what was sent since waits to be found in the apps; what was archived is gone.
    Consent is left as it is: an opt-out is believed, whoever wrote it. Call inside a transaction, while
    nobody else works in the space."""
    since = ledger.told_until()
    if since is None:
        return
    for app in sync.apps:
        sent = ledger.outbox.sent_since(since, app)
        slots = {n: s for n, s in sync.slots(app).items() if sync.mapping.consent not in s.fields}
        for ids in chunks(sent):
            links = records.links(app, ids)
            for link in links.values():
                _take_in(link, sent[link.id], slots, now)
            records.save_links(links.values(), sync.slot_names())


def _take_in(link: Link, sent: Sequence[Item], slots: Mapping[str, Slot], now: datetime) -> None:
    if sent[-1].kind == "archive":
        link.state = "gone" if link.state == "live" else link.state
        return
    latest = {name: after for item in sent for name, (_, after) in item.slots.items()}
    for name, after in latest.items():
        if name in slots and name in link.seen and not slots[name].same(after, link.seen[name]):
            link.pending.setdefault(name, Pending(link.seen[name], after, {}, now))
            link.agreed.update(dict.fromkeys(slots[name].fields, DISAGREES))
