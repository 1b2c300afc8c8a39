"""Groups that an app lost, and those that it has again: what becomes of the words (tags) they stand for."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

from connectors.contract import ObjectSpec
from mappings.model import ObjectMapping, Slot
from syncer.core.carry import meet_again
from syncer.report import stopped_row
from syncer.store import groups
from syncer.store.database import chunks
from syncer.store.ledger import Ledger
from syncer.store.records import Records
from syncer.sync import Sync


def losing(records: Records, apps: Iterable[str]) -> frozenset[str]:
    """Apps that are known to have lost a group: they are asked at each run whether it is there again. Call
    inside a reading."""
    return frozenset(
        app
        for app in apps
        if any(not is_there for was in groups.known(records, app).values() for is_there in was.values())
    )


def tell_slots(records: Records, sync: Sync) -> None:
    """Tell the slots which of their words have no group any more. What was lost since the apps said which
    groups they have stays lost until they are asked again. Call inside a reading."""
    for app, own in sync.apps.items():
        known = groups.known(records, app)
        for slot in groups.grouped(sync.slots(app), own.spec):
            slot.lost |= _lost(records, slot, own.spec, known.get(slot.name, {}))


def follow_groups(records: Records, ledger: Ledger, sync: Sync) -> None:
    """Remember which groups the apps have. Whoever holds the word of one that is there again is looked at
    anew, and the app read from the start. Call inside a transaction, before anything is compared, while
    nobody else works in the space."""
    tell_slots(records, sync)
    for app, own in sync.apps.items():
        before = groups.known(records, app)
        after = dict(before)
        for slot in groups.grouped(sync.slots(app), own.spec):
            now = groups.there(slot, own.spec) - slot.lost
            after[slot.name] = {**dict.fromkeys(sorted(now), True), **dict.fromkeys(sorted(slot.lost), False)}
            again = {word for word, was_there in before.get(slot.name, {}).items() if not was_there} & now
            if again:
                _meet_again(records, sync, app, slot, again)
                ledger.save_reader(app, cursor=None, scan_began=None)
        if after != before:
            groups.keep(records, app, after)


def lost_in(records: Records, mapping: ObjectMapping, app: str, spec: ObjectSpec) -> list[dict[str, Any]]:
    """What an app lost, by what it says now: the documented keys of `stopped`. Call inside a reading."""
    known, found = groups.known(records, app), []
    for slot in groups.grouped(mapping.apps[app].slots, spec):
        for word in sorted(_lost(records, slot, spec, known.get(slot.name, {}))):
            found.append(told(records, app, slot, word))
    return found


def told(records: Records, app: str, slot: Slot, word: str) -> dict[str, Any]:
    """The documented keys of `stopped`, for a word that has no group any more."""
    people = list(groups.people_with(records, slot.fields[0], word))
    ids = sorted(id for keys in records.keys_of(people).values() for name, id in keys if name == app)
    reason = f"{app} has no '{word}' in {slot.name} any more, it was deleted or renamed there"
    return stopped_row(app, slot.name, slot.fields, reason, len(people), ids, word)


def _lost(records: Records, slot: Slot, spec: ObjectSpec, was: dict[str, bool]) -> frozenset[str]:
    """What nobody has was ended: its group is not missed."""
    gone = groups.lost_of(slot, spec, was)
    return frozenset(word for word in gone if any(groups.people_with(records, slot.fields[0], word)))


def _meet_again(records: Records, sync: Sync, app: str, slot: Slot, words: Collection[str]) -> None:
    for ids in chunks(list(records.linked_ids(app))):
        links = list(records.links(app, ids).values())
        people = records.goldens([link.golden for link in links])
        changed = [link for link in links if meet_again(link, slot, people[link.golden], words)]
        records.save_links(changed, sync.slot_names())
        records.touch([records.space], [link.golden for link in changed])
