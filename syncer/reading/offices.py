"""Which company the records of an app name: evidence for matching people. A reference is followed to the name
of the golden company; an app that has only a text shows the name itself."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from mappings.model import Slot
from syncer.model import LinkKey, Value, as_text
from syncer.store.database import Database
from syncer.store.records import Records
from syncer.sync import Sync

CALLED = frozenset(("company", "organization", "organisation", "employer", "account"))  # fields and objects
NAME = "name"  # what a company is called, where no app is shown another field of it


def office_slot(sync: Sync, app: str) -> Slot | None:
    """Where an app shows the company of a person: a field, or a reference to an object, that is called so."""
    if len(sync.mapping.match.names) < 2:  # one name is a company's own
        return None
    for slot in sync.slots(app).values():
        golden = sync.mapping.fields[slot.fields[0]]
        target = sync.mapping.fields[golden.derived[0]] if golden.derived else golden
        if target.reference in CALLED or (target.name in CALLED and not target.reference):
            return slot
    return None


@dataclass(slots=True)
class Offices:
    """Looks companies up in the neighbouring space, each once. Call inside a transaction or a reading."""

    sync: Sync
    db: Database
    _names: dict[LinkKey, str] = field(default_factory=dict)

    def of(self, app: str, shown: Iterable[tuple[str, Mapping[str, Value]]]) -> dict[str, str]:
        """Record id -> company, of (record id, values by slot); records that name none are left out."""
        slot = office_slot(self.sync, app)
        if slot is None:
            return {}
        values = {id: text for id, held in shown if (text := as_text(held.get(slot.name)))}
        if not slot.reference:
            return values
        self._follow(app, slot, {*values.values()})
        return {id: name for id, target in values.items() if (name := self._names[app, target])}

    def _follow(self, app: str, slot: Slot, targets: set[str]) -> None:
        new = sorted(target for target in targets if (app, target) not in self._names)
        if not new or slot.reference not in self.sync.targets:
            self._names.update(((app, target), "") for target in new)
            return
        space = Records(self.db, self.sync.targets[slot.reference])
        golden_of = space.golden_of(app, new)
        goldens = space.goldens(sorted({*golden_of.values()}))
        name = self._called(slot.fields[0])
        for target in new:
            golden = goldens.get(golden_of.get(target, ""))
            self._names[app, target] = as_text(golden.value.get(name)) or "" if golden else ""

    def _called(self, reference: str) -> str:
        """The field of the company that apps without references are shown."""
        derived = (f.derived for f in self.sync.mapping.fields.values())
        return next((d[1] for d in derived if d and d[0] == reference), NAME)
