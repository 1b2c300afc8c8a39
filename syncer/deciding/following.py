"""Follow what an app merged: the record that lives on takes the place of the one that went into it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Literal

from syncer.deciding.joining import Joining
from syncer.model import Link, LinkKey, Observation
from syncer.store.joins import Joins
from syncer.store.ledger import Ledger
from syncer.store.records import Records
from syncer.store.stories import Stories
from syncer.sync import Sync


@dataclass(frozen=True, slots=True)
class Relink:
    """A change of a link: a record that joins a golden record which stood already, whose link goes
    over to the record that it was merged into, or that is gone."""

    app: str
    record: str
    golden: str
    kind: Literal["join", "merge", "gone"]


@dataclass(slots=True)
class Followed:
    """`moved`: links that went over to another record or golden record. `waiting`: golden records of which a
    record went into one that nobody links, while a create of ours in that app has no answer: it may have made
    that record, so nothing is decided about them before this is known."""

    moved: list[Relink] = field(default_factory=list)
    waiting: set[str] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class Following:
    """Follows the merges that were read and not decided about. Call inside a transaction, before matching."""

    sync: Sync
    records: Records
    ledger: Ledger
    run: str
    now: Callable[[], datetime]

    def follow(self) -> Followed:
        """A link whose survivor has none of its own goes over to it, with all that is known; where the
        survivor belongs to another golden record, the two become one."""
        found = Followed()
        into = Joins(self.records.db, self.records.space).merged()
        flights = self.ledger.outbox.in_flight() if into else []
        creating = {f.item.app for f in flights if f.item.kind == "create"}
        for key in sorted(into):
            survivor = _end(key, into)
            if survivor is not None:
                self._follow(found, key, survivor, creating)
        return found

    def _follow(self, found: Followed, key: LinkKey, survivor: str, creating: Collection[str]) -> None:
        app, id = key
        links = self.records.links(app, [id, survivor])
        lost, won = links.get(id), links.get(survivor)
        if lost is None:
            return
        if won is None and app in creating:
            found.waiting.add(lost.golden)
        elif won is None:
            self._move(lost, survivor)
            found.moved.append(Relink(*key, lost.golden, "merge"))
        elif won.golden != lost.golden:  # else its golden record goes on with the survivor
            joining = Joining(self.sync, self.records, self.ledger, self.run, self.now)
            golden = joining.join(lost.golden, won.golden, lost.key)
            found.moved.append(Relink(*key, golden, "merge"))

    def _move(self, link: Link, survivor: str) -> None:
        """The same link under another id. What came from the record came from its survivor. Consent, and
        writes that nobody confirmed, were the other's: of these, the survivor's are a first contact."""
        old, golden = link.key, self.records.goldens([link.golden])[link.golden]
        takes_part = self._takes_part((link.app, survivor))
        self._hand_on_consent(link.app, link.id, survivor)
        self.records.drop_observations([old])
        self.records.drop_links([old])
        for name in (*link.pending, self.sync.consent_slot(link.app)):
            link.seen.pop(name or "", None)
        link.pending = {}
        link.id, link.state = survivor, "live" if takes_part else "out"
        link.observed_at = None  # under this id it is to be read yet
        self.records.save_links([link], self.sync.slot_names())
        for name, source in golden.provenance.items():
            if (source.app, source.record) == old:
                golden.provenance[name] = replace(source, record=survivor)
        self.records.save_goldens([(golden, True)])

    def _takes_part(self, key: LinkKey) -> bool:
        """Whether a record that nobody links was not read last outside the filter, or archived."""
        stories = Stories(self.records.db, self.records.space)
        return stories.is_waiting(key) or not stories.is_stub(key)

    def _hand_on_consent(self, app: str, gone: str, survivor: str) -> None:
        """What nobody has decided about yet of the record that went is its survivor's."""
        waiting, slot = self.records.waiting(app, [gone, survivor]), self.sync.consent_slot(app)
        lost = waiting.get(gone)
        if lost is not None and slot in lost.values:
            kept = waiting.get(survivor) or Observation(app, survivor, {}, lost.read_at, state="glimpsed")
            self.records.save_observations([kept.with_consent_of(lost, slot)])


def _end(key: LinkKey, into: Mapping[LinkKey, str]) -> str | None:
    """The id at the end of a chain of merges; None where the app named none, or names a circle."""
    app, id = key
    seen = {id}
    while (app, id) in into:
        id = into[app, id]
        if not id or id in seen:
            return None
        seen.add(id)
    return id
