"""What an undo has left different in an app, once golden moves on. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from conflicts.candidate import Candidate
from mappings.model import BadValue, Slot
from syncer.core.lens import Lens, Unresolved
from syncer.model import DISAGREES, Golden, Link, LogEntry, Value


def end_parted(lens: Lens, golden: Mapping[str, Value], link: Link, slot: Slot) -> None:
    """From here on this slot counts like any other. It was said to agree with golden, so as to be left alone:
    of that only what it shows is true, and no later edit there passes for one that knew golden."""
    if slot.name not in link.parted:
        return
    del link.parted[slot.name]
    try:
        shown = lens.split(slot, link.seen[slot.name], golden)
    except (BadValue, Unresolved):
        shown = {}
    for name in slot.fields:
        same = lens.mapping.fields[name].type.same
        if name in golden and not (name in shown and same(shown[name], golden[name])):
            link.agreed[name] = DISAGREES


def given_way(lens: Lens, golden: Golden, link: Link, slot: Slot) -> list[LogEntry]:
    """Rows for the log about what is written over here: whoever changed the field elsewhere never saw it."""
    try:
        parts = lens.split(slot, link.seen[slot.name], golden.value)
    except (BadValue, Unresolved):
        return []
    log = []
    for name, part in parts.items():
        source, now = golden.provenance.get(name), golden.value.get(name)
        if part is None or source is None or lens.mapping.fields[name].type.same(part, now):
            continue
        left = Candidate(part, link.app, link.id, link.observed_at or source.time, "join")
        note = "an undo had left it there; since then the field was changed elsewhere"
        log.append(LogEntry("overruled", golden.id, name, (left,), "undo", now, source.app, note=note))
    return log
