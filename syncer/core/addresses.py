"""What an address means for consent: some apps keep opt-outs by it, and not with the record. Pure."""

from __future__ import annotations

from conflicts.consent import OPT_OUTS
from mappings.model import Slot
from syncer.core.lens import Lens
from syncer.model import Link, Value


def is_address(lens: Lens, slot: Slot, value: Value) -> bool:
    return bool(value) and any(lens.mapping.fields[field].type.name == "email" for field in slot.fields)


def ask_again(lens: Lens, link: Link) -> None:
    """The record has another address, or gets one: an opt-out that its app refused for the one before, or for
    want of any, may be taken now."""
    slot = lens.slot_of(link.app, lens.mapping.consent or "")
    refusal = link.refused.get(slot.name) if slot is not None else None
    if slot is None or refusal is None:
        return
    if slot.split(refusal.value, {}).get(slot.fields[0]) in OPT_OUTS:
        del link.refused[slot.name]
