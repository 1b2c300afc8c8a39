"""Narrow a run to a few records: a pilot of so many people, or one person."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from syncer.matching.outcome import Group, Matches, golden_id
from syncer.model import LinkKey
from syncer.store.records import Records


@dataclass(frozen=True, slots=True)
class Selection:
    """`pilot`: at most so many golden records: new ones first, of these those in most apps. `records`: only
    golden records that have one of these (app, id); `only`: those with one of these ids, known or to be
    founded."""

    pilot: int | None = None
    records: tuple[LinkKey, ...] = ()
    only: frozenset[str] | None = None

    @property
    def narrows(self) -> bool:
        return self.pilot is not None or bool(self.records) or self.only is not None

    def narrow(self, matches: Matches, records: Records) -> Matches:
        """The groups of unlinked records that are chosen: also those of a chosen person, for whom another
        record would else be created beside the one that waits."""
        groups = matches.groups
        if self.records:
            chosen, people = set(self.records), set(self.goldens([], records))
            groups = [g for g in groups if chosen & set(g.members) or g.golden in people]
        if self.only is not None:
            groups = [g for g in groups if (g.golden or golden_id(records.space, g.members[0])) in self.only]
        if self.pilot is not None:
            groups = sorted(groups, key=_by_size)[: self.pilot]
        return Matches(groups, matches.reviews)

    def goldens(self, touched: Sequence[str], records: Records, groups: int = 0) -> list[str]:
        """The golden records that are chosen, of those that something waits for. `groups`: how many people
        are chosen already, of those in unlinked records."""
        if self.records:
            found = {records.golden_of(app, [id]).get(id) for app, id in self.records}
            return sorted(g for g in found if g is not None)
        if self.only is not None:
            return [g for g in touched if g in self.only]
        return list(touched)[: max(0, self.pilot - groups)] if self.pilot is not None else list(touched)


def _by_size(group: Group) -> tuple[int, tuple[LinkKey, ...]]:
    return -len({app for app, _ in group.members}), group.members
