"""What an address means for consent: some apps keep opt-outs by it, and not with the record. Pure."""

from __future__ import annotations

from conflicts.consent import OPT_OUTS
from mappings.model import Slot
from syncer.core.lens import Lens, state_of
from syncer.model import Link, Value


def ask_again(lens: Lens, link: Link, slot: Slot, value: Value) -> None:
    """Where a record has another address in this slot, or gets one: an opt-out that its app refused for the
    one before, or for want of any, may be taken now."""
    own = lens.slot_of(link.app, lens.mapping.consent or "") if link.refused else None
    refusal = link.refused.get(own.name) if own is not None else None
    if own is None or refusal is None or not value or not _holds_address(lens, slot):
        return
    if state_of(own, refusal.value) in OPT_OUTS:
        del link.refused[own.name]


def _holds_address(lens: Lens, slot: Slot) -> bool:
    return any(lens.mapping.fields[field].type.name == "email" for field in slot.fields)
