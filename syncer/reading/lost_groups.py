"""Words of a set that records do not show any more since the app lost the group or list of that name: nobody
was taken out of it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from connectors.contract import Record
from mappings.model import Slot
from syncer.model import Link
from syncer.reading.intake import Intake
from syncer.store import specs
from syncer.store.groups import keep, known, there

Words = Mapping[str, frozenset[str]]  # slot -> golden words


def missing(linked: Collection[tuple[Record, Link]], groups: Iterable[Slot]) -> Words:
    """Words of linked records that are not shown any more, of slots whose words are groups of the app:
    somebody may have been taken out, or the group may be gone."""
    found: dict[str, frozenset[str]] = {}
    for slot in groups:
        shown = [
            (link.seen.get(slot.name), r.values[slot.name]) for r, link in linked if slot.name in r.values
        ]
        words = (slot.words(before) - slot.words(now) for before, now in shown)
        found[slot.name] = frozenset[str]().union(*words) - slot.lost
    return {name: words for name, words in found.items() if words}


def keep_lost(intake: Intake, missing: Words) -> None:
    """Of these words, take those whose group is gone, by what the app said when it was asked, for lost: in
    this run, and in the next, which knows what the app said. Call inside a transaction."""
    spec, slots = intake.described, intake.sync.slots(intake.app.name)
    if spec is None:
        return
    lost = {name: words - there(slots[name], spec) for name, words in missing.items()}
    if any(lost.values()):
        _lose(intake, lost)
        if not intake.gone:
            intake.ledger.save_reader(intake.app.name, spec=specs.dumps(spec))


def _lose(intake: Intake, lost: Words) -> None:
    found = known(intake.records, intake.app.name)
    for name, words in lost.items():
        intake.sync.slots(intake.app.name)[name].lost |= words
        found[name] = {**found.get(name, {}), **dict.fromkeys(words, False)}
    keep(intake.records, intake.app.name, found)
