"""How one field of one record stands against golden: in step, on its way, or left alone, and why. Pure.

Asks what `syncer.core.plan` asks, in the same order, but only to tell: nothing is noted and nothing planned.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from mappings.model import Slot
from syncer.core.lens import Lens, Unresolved
from syncer.core.observe import agrees
from syncer.core.plan import is_readable, refusal_of, shows_consent
from syncer.model import FREEZE_AFTER, Golden, Link, Value

Code = Literal[
    "in_step",
    "due",
    "pending",
    "unread",
    "no_value",
    "held",
    "waits_for_target",
    "direction",
    "read_only",
    "writes_off",
    "second_record",
    "unreadable",
    "unshown",
    "refused",
    "frozen",
    "parted",
    "outside",
    "gone",
]

WORDS: dict[Code, str] = {
    "in_step": "holds the golden value, in its own form",
    "due": "is to be written by the next run",
    "pending": "was written, and the app has not shown yet whether it took it",
    "unread": "was never read, and nothing is written over what was not read",
    "no_value": "there is no golden value, so there is nothing to write",
    "held": "a conflict is held: nothing is written before a person decides",
    "waits_for_target": "the company it points to has no record in this app yet",
    "direction": "the mapping only reads this field here (direction: from), so it is not written",
    "read_only": "the app does not let anybody write this field",
    "writes_off": "nothing is written to this app (writes: off)",
    "second_record": "another record of this app is the one that is written",
    "unreadable": "holds a value that cannot be read as this type, so it is left alone",
    "unshown": "the app has no way to show the golden value, so what it holds is left alone",
    "refused": "the app refused the value for good",
    "frozen": "was changed back again and again, so it is left alone until the value changes",
    "parted": "was left as it is by an undo; the next edit of the field, here or elsewhere, ends that",
    "outside": "the record is outside the app's filter (only)",
    "gone": "the record was archived, deleted or merged in the app",
}


@dataclass(frozen=True, slots=True)
class Standing:
    """`wanted` is what the app is to hold, in its form: golden, or what an undo is to put back; `seen` what
    it was last known to hold; `reason` says more where there is more to say."""

    code: Code
    seen: Value = None
    wanted: Value = None
    reason: str = ""

    @property
    def words(self) -> str:
        said = WORDS[self.code]
        return f"{said}: {self.reason}" if self.reason else said


def standing(lens: Lens, golden: Golden, link: Link, slot: Slot, writes: bool = True) -> Standing:
    """How a slot of a link stands, as far as the state knows. `writes`: the app is written to."""
    if link.state != "live":
        return Standing("gone" if link.state == "gone" else "outside", link.seen.get(slot.name))
    if slot.name in link.pending:
        return Standing("pending", link.seen.get(slot.name), link.pending[slot.name].sent)
    if slot.name not in link.seen:
        return Standing("unread")
    seen, fields = link.seen[slot.name], [f for f in slot.fields if f in golden.value]
    parted = slot.name in link.parted and bool(fields)
    if parted and all(agrees(lens, link, f, golden.value) for f in fields):
        return _parted(lens, golden, link, slot, writes)
    if any(f in golden.held for f in slot.fields):
        return Standing("held", seen)
    if not fields:
        return Standing("no_value" if is_readable(lens, link, slot) else "unreadable", seen)
    try:
        wanted = lens.project(slot, golden.value, seen)
    except Unresolved:
        return Standing("waits_for_target" if slot.reference else "unshown", seen)
    if wanted == seen or slot.same(wanted, seen) or shows_consent(lens, golden, slot, wanted, seen):
        return Standing("in_step", seen, wanted)
    if slot.writable and not slot.flows_out:
        return Standing("direction", seen, wanted)
    if slot.writable and not link.primary:
        return Standing("second_record", seen, wanted)
    return _unwritten(lens, link, slot, wanted, writes)


def _parted(lens: Lens, golden: Golden, link: Link, slot: Slot, writes: bool) -> Standing:
    """Of what an undo is to put back: it is there, on its way, or refused. It is not what golden says, unless
    golden came to say it, too."""
    seen, target = link.seen[slot.name], link.parted[slot.name]
    if target != seen and not slot.same(target, seen):
        return _unwritten(lens, link, slot, target, writes)
    try:
        wanted = lens.project(slot, golden.value, seen)
    except Unresolved:
        return Standing("parted", seen)
    return Standing("in_step" if slot.same(wanted, seen) else "parted", seen, wanted)


def _unwritten(lens: Lens, link: Link, slot: Slot, wanted: Value, writes: bool) -> Standing:
    """The app is to hold another value: why it is left alone, or that it is due."""
    seen = link.seen[slot.name]
    if not slot.writable:
        return Standing("read_only", seen, wanted)
    if not is_readable(lens, link, slot):
        return Standing("unreadable", seen, wanted)
    refusal = refusal_of(lens, link, slot, wanted)
    if refusal is not None:
        return Standing("refused", seen, wanted, refusal.reason)
    value, times = link.rewrites.get(slot.name, (None, 0))
    if times >= FREEZE_AFTER and slot.same(value, wanted):
        return Standing("frozen", seen, wanted)
    return Standing("due" if writes else "writes_off", seen, wanted)
