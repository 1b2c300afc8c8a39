"""Match records that have no link: with each other, and with what is known."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from hashlib import blake2b

from syncer.matching.cluster import Group, Matches, match
from syncer.matching.keys import Keys, restored
from syncer.model import LinkKey
from syncer.setup import Sync
from syncer.store.records import Records


def find_matches(
    sync: Sync, records: Records, complete: Collection[str], reviewed: Collection[LinkKey]
) -> Matches:
    """Groups of unlinked records, each with the golden record that it joins, and what is in doubt.

    Only apps that were read completely once take part (`complete`): a half-read app would found golden
    records that the other half belongs to. Records whose review is open wait on,
    whatever was written to the others.
    """
    waiting = [key for key in records.unlinked() if key[0] in complete]
    if all(key in reviewed for key in waiting):
        return Matches([], [])
    new = [restored(app, id, None, rows) for (app, id), rows in records.keys_by_record(waiting).items()]
    spec = sync.mapping.match
    matches = match([*new, *_known(sync, records, new)], spec.exact, spec.fuzzy, sync.mapping.order)
    if not reviewed:
        return matches
    groups = [Group(g.golden, tuple(k for k in g.members if k not in reviewed)) for g in matches.groups]
    reviews = [r for r in matches.reviews if r.record not in reviewed]
    return Matches([g for g in groups if g.members], reviews)


def _known(sync: Sync, records: Records, new: list[Keys]) -> list[Keys]:
    """Linked records that share an exact key or a block of names with a new one."""
    if not any(records.any_links(app) for app in sync.apps):
        return []
    near: set[LinkKey] = set()
    for kind in sync.mapping.match.exact:
        keys = {key for k in new for key in k.exact.get(kind, ())}
        near.update((app, id) for _, app, id, golden, _ in records.holders(kind, keys) if golden)
    if sync.mapping.match.fuzzy:
        for block in sorted({k.block for k in new if k.block}):
            near.update(records.named_like(block))
    by_app: dict[str, list[str]] = defaultdict(list)
    for app, id in sorted(near):
        by_app[app].append(id)
    return [k for app, ids in by_app.items() for k in _restore(records, app, ids)]


def _restore(records: Records, app: str, ids: list[str]) -> list[Keys]:
    rows: dict[str, list[tuple[str, str]]] = defaultdict(list)
    golden: dict[str, str | None] = {}
    for id, golden_id, kind, key in records.keys_of(app, ids):
        rows[id].append((kind, key))
        golden[id] = golden_id
    return [restored(app, id, golden[id], found) for id, found in rows.items() if golden[id]]


def golden_id(space: str, founder: LinkKey) -> str:
    """The id of a golden record, from the record that founded it: deciding the same things again gives the
    same ids."""
    return "g" + blake2b("\x1f".join((space, *founder)).encode(), digest_size=8).hexdigest()
