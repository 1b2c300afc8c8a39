"""What the apps of a sync can do, as plain facts for the pure core."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping

from syncer.core.plan import Abilities
from syncer.matching.outcome import Review
from syncer.model import Link, LinkKey
from syncer.store.ledger import Ledger
from syncer.store.records import Records
from syncer.sync import App, Sync


def abilities_of(sync: Sync, ledger: Ledger) -> Abilities:
    """What may be created and archived where, by now. Call inside a transaction or a reading."""
    apps = sync.apps.values()
    read = {a.name for a in apps if ledger.reader(a.name)["complete_at"] is not None}
    creates = [a.name for a in apps if a.writes and a.name in read and sync.mapping.apps[a.name].creates]
    return Abilities(
        creates=creates,
        archives=[a.name for a in apps if a.writes and _archives(sync, a)],
        needs={a.name: _needs(a) for a in apps},
        unique={a.name: a.spec.unique for a in apps},
        consent_new={a.name: a.spec.consent_on_new for a in apps if a.spec.consent_on_new},
    )


def _needs(app: App) -> tuple[tuple[str, ...], ...]:
    """What a record has to bring: our id is in every new one."""
    return tuple(group for group in app.spec.needs if app.spec.external_id not in group)


def _archives(sync: Sync, app: App) -> bool:
    """`on_delete: archive` never uses an archive that nothing comes back from."""
    return app.spec.archive == "restorable" or (
        app.spec.archive == "final" and sync.mapping.on_delete == "delete"
    )


def creating_in(ledger: Ledger) -> dict[str, frozenset[str]]:
    """Golden id -> apps in which a create of ours has no answer yet: it is never planned twice."""
    creating: dict[str, set[str]] = defaultdict(set)
    for flight in ledger.outbox.in_flight():
        if flight.item.kind == "create":
            creating[flight.item.golden].add(flight.item.app)
    return {golden: frozenset(apps) for golden, apps in creating.items()}


def waiting_for_review(links: Iterable[Link], doubted: Mapping[LinkKey, Collection[str]]) -> frozenset[str]:
    """Apps in which nothing is created beside these links: a record there may be the same person."""
    return frozenset(app for link in links for app in doubted.get(link.key, ()))


def doubted_in(
    sync: Sync, records: Records, ledger: Ledger, reviews: Iterable[Review] = ()
) -> dict[LinkKey, set[str]]:
    """Record -> apps in which one that resembles it, or has its address, is under review: since before, or
    from now on (`reviews`)."""
    pairs = [*ledger.doubts(), *((r.record, r.other) for r in reviews)]
    waits_for = dict(pairs)
    pairs += records.keys.sharing(sync.mapping.match.exact[:1], waits_for)
    doubted: dict[LinkKey, set[str]] = defaultdict(set)
    for record, other in pairs:
        passed = {record}
        while other not in passed:  # one that waits itself resembles what it waits for
            doubted[other].add(record[0])
            passed.add(other)
            other = waits_for.get(other, other)
    return doubted
