"""Take a person's answer to a conflict back, as part of an undo: the field waits for a person again. Pure.

Every app is to hold the value that it had before the answer, and nothing else is written there while the
conflict is open. See `syncer.core.reversal`, which has put golden and the apps' values back by then.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from conflicts.candidate import Candidate
from mappings.model import Slot
from syncer.core.deeds import Reversal
from syncer.core.lens import Lens
from syncer.model import DISAGREES, Golden, Link, LogEntry, Value


@dataclass(frozen=True, slots=True)
class Answered:
    """A conflict that the run settled: its candidates, and the value that they were settled to."""

    candidates: Sequence[Candidate]
    value: Value


def reopen(r: Reversal, before: Golden, answered: Mapping[str, Answered], lens: Lens) -> list[LogEntry]:
    """Hold these fields again, where golden was still what the answer made of it (`before`). Returns what is
    to be logged."""
    log = []
    for name, said in answered.items():
        field, golden = lens.mapping.fields.get(name), r.unit.golden
        if field is None or name in golden.held or not field.type.same(before.value.get(name), said.value):
            continue
        candidates = [c for c in said.candidates if c.kind != "golden"]
        golden.held[name] = candidates
        for link in r.unit.links:
            slot = lens.slot_of(link.app, name)
            if slot is not None and link.state == "live":
                _wait(r, link, slot)
        note, rule = "its answer was undone", field.rule.word
        entry = LogEntry("conflict", golden.id, name, tuple(candidates), rule, None, None, "held", note)
        log.append(entry)
    return log


def _wait(r: Reversal, link: Link, slot: Slot) -> None:
    """What was put back here is still written; what the app holds of its own waits as a candidate."""
    mine = [x for x in r.lines if (x.app, x.record, x.field) == (link.app, link.id, slot.name)]
    back = next((x for x in mine if x.act == "restore"), None)
    fields = [f for f in slot.fields if f in r.unit.golden.value]
    if back is not None and fields:
        link.parted[slot.name] = back.back
        link.agreed.update({f: r.unit.golden.value[f] for f in fields})
        return
    link.parted.pop(slot.name, None)
    link.undone.pop(slot.name, None)
    link.agreed.update(dict.fromkeys(slot.fields, DISAGREES))
    r.lines[:] = [x for x in r.lines if x not in mine or x.act != "parted"]
