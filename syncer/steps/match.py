"""Match records that have no link: with each other, and with what is known."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from syncer.matching.keys import BOX, SOUND, WHO, blocks_of, restored, sounds_like
from syncer.matching.outcome import Group, Matches, Review, chance
from syncer.matching.traits import Traits
from syncer.model import LinkKey
from syncer.store.decisions import Decisions
from syncer.store.nearby import known_near
from syncer.store.records import Records
from syncer.sync import Sync

if TYPE_CHECKING:
    from syncer.matching.matcher import Matched, Question

QUESTIONS = 0.03  # at most this share of a run's new records wait for a person
FEW = 20  # but always up to so many
WORTH = 0.3  # from this probability on, a record waits for an answer


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
    from syncer.matching.matcher import Decided, match

    decisions, kinds = Decisions(records.db, records.space), sync.mapping.match.exact
    rows = records.keys.by_record(waiting)
    new = [restored(app, id, None, found, kinds) for (app, id), found in rows.items()]
    known = _known(sync, records, new, rows)
    del rows  # as large as all records: not to be held while they are matched
    weights = decisions.weights(len(new))
    together, never = decisions.pairs()
    found = match(
        [*new, *known],
        weights,
        decided=Decided(together, never),
        single=True,
        names=sync.mapping.match.fuzzy,
    )
    if weights is None:
        decisions.save_weights(found.weights, len(new))
    place = {app: n for n, app in enumerate(sync.mapping.order)}
    reviews = _reviews(found.groups, found.questions, place, max(FEW, int(len(new) * QUESTIONS)))
    reviews = sorted((*reviews, *_colliding(found, reviews, place, {*never})), key=lambda r: r.record)
    open_ = {*reviewed, *(r.record for r in reviews)}
    return Matches(_groups(found.groups, open_, place), [r for r in reviews if r.record not in reviewed])


def _groups(
    groups: Sequence[Sequence[Traits]], waiting: Collection[LinkKey], place: dict[str, int]
) -> list[Group]:
    """The new records of each group; the first founds a golden record where there is none."""
    found = []
    for group in groups:
        golden = next((r.golden for r in group if r.golden), None)
        members = [r.key for r in group if r.golden is None and r.key not in waiting]
        if members:
            found.append(Group(golden, tuple(sorted(members, key=lambda k: (place.get(k[0], 99), *k)))))
    return sorted(found, key=lambda g: (g.golden or "", place.get(g.members[0][0], 99), g.members))


def _reviews(
    groups: Sequence[Sequence[Traits]], questions: Sequence[Question], place: dict[str, int], most: int
) -> list[Review]:
    """Of each doubtful pair the later record waits, if nothing was linked to it; the other goes on."""
    alone = {group[0].key for group in groups if len(group) == 1 and group[0].golden is None}
    found: dict[LinkKey, Review] = {}
    for q in questions:
        if q.chance < WORTH or len(found) == most:
            continue
        one, other = sorted((q.one, q.other), key=lambda r: (r.golden is None, place.get(r.app, 99), r.key))
        doubtful = next((r for r in (other, one) if r.key in alone), None)
        if doubtful is None or doubtful.key in found:
            continue
        resembled = one if doubtful is other else other
        if resembled.key in found and found[resembled.key].other == doubtful.key:
            continue
        found[doubtful.key] = Review(
            doubtful.key, resembled.key, round(q.chance, 3), f"{q.why}: {q.evidence.text}"
        )
    return [found[key] for key in sorted(found)]


def _colliding(
    found: Matched,
    asked: Sequence[Review],
    place: dict[str, int],
    never: Collection[tuple[LinkKey, LinkKey]],
) -> list[Review]:
    """New records with the address of somebody else. Apps that keep addresses unique would refuse one of the
    two, so a person is asked: about a record that nothing was linked to however much speaks against it, and
    about those that were linked with each other where they may be the other one as well."""
    from syncer.matching.matcher import explained

    doubted = {review.record for review in asked}
    group = {record.key: n for n, members in enumerate(found.groups) for record in members}
    new = {n for n, members in enumerate(found.groups) if not any(r.golden for r in members)}
    holders: dict[str, list[Traits]] = defaultdict(list)
    for members in found.groups:
        for record in members:
            for address in record.mails:
                holders[address].append(record)
    pairs = []
    for held in holders.values():
        ranked = sorted(held, key=lambda r: (r.golden is None, place.get(r.app, 99), r.key))
        for n, later in enumerate(ranked):
            mine = group[later.key]
            other = next((r for r in ranked[:n] if r.app != later.app and group[r.key] != mine), None)
            if other is not None and mine in new and tuple(sorted((later.key, other.key))) not in never:
                pairs.append((other, later, explained(other, later, found.weights)))
    reviews = []
    # The unlikely last: those whose companions all wait by then are alone.
    for other, later, evidence in sorted(pairs, key=lambda pair: -pair[2].score):
        odds = chance(evidence.score)
        going = [r for r in found.groups[group[later.key]] if r.key not in doubted]
        if later.key not in doubted and (len(going) == 1 or odds >= WORTH):
            doubted.add(later.key)
            reason = f"the same address, but they do not look like one: {evidence.text}"
            reviews.append(Review(later.key, other.key, round(odds, 3), reason))
    return reviews


def _known(
    sync: Sync, records: Records, new: list[Traits], rows: Mapping[LinkKey, list[tuple[str, str]]]
) -> list[Traits]:
    """Linked records that share an exact key, or names that begin or sound alike, with a new one. One that is
    not there any more speaks where nobody who is there has its address."""
    if not any(records.any_links(app) for app in sync.apps):
        return []
    wanted, kinds = _exact(sync, new, rows), sync.mapping.match.exact
    beginning: set[tuple[str, str]] = set()
    if sync.mapping.match.fuzzy:
        wanted.update((SOUND, sounds_like(t)) for t in new if t.given or t.family)
        beginning.update((WHO, block) for t in new for block in blocks_of(t))
    near = known_near(records.db, records.space, wanted, beginning)
    found = [
        replace(t, away=True) if known.away else t
        for (app, id), known in sorted(near.items())
        for t in (restored(app, id, known.golden, known.keys, kinds),)
    ]
    owned = {address for t in found if not t.away for address in t.mails}
    return [t for t in found if not t.away or (t.mails and owned.isdisjoint(t.mails))]


def _exact(
    sync: Sync, new: list[Traits], rows: Mapping[LinkKey, list[tuple[str, str]]]
) -> set[tuple[str, str]]:
    """The (kind, key) to look for in the index."""
    kinds = sync.mapping.match.exact
    boxes = {m for t in new for m in t.mails}
    told = {(kind, key) for found in rows.values() for kind, key in found if kind in kinds}
    return told | {(kind, box) for kind in (*kinds[:1], BOX) for box in boxes}
