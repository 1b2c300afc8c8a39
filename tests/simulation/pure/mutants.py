"""Deliberate errors, each of which the random histories must find: a check that finds nothing proves nothing.

Some are switches of the driver (what the engine around the pure core could do wrong), the others replace one
function of the core.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any
from unittest.mock import patch

from conflicts.candidate import Candidate
from conflicts.consent import most_restrictive
from syncer.core import consent, merge, observe, plan, settle
from syncer.model import DISAGREES

Patches = Callable[[], Sequence[Any]]

DRIVER = (
    "base_before_write",
    "page_wise",
    "no_reread",
    "recovery_believes_reading",
    "list_is_truth",
    "keeps_held_run",
    "last_consent_only",
)


def _one_shared_shadow() -> Sequence[Any]:
    """What was sent stands for what the app holds: no form of its own is known."""
    original = settle._confirm

    def confirm(link: Any, slot: Any, before: Any, sent: Any, shown: Any, parts: Any) -> None:
        original(link, slot, before, sent, shown, parts)
        golden = next(iter(parts.values()), None)
        link.seen[slot.name] = sent if len(parts) != 1 or isinstance(golden, list) else golden

    return (patch.object(settle, "_confirm", confirm),)


def _agreed_survives_a_lost_edit() -> Sequence[Any]:
    original = observe._offer

    def offer(reading: Any, link: Any, slot: Any, field: str, *rest: Any) -> None:
        agreed = link.agreed.get(field, DISAGREES)
        original(reading, link, slot, field, *rest)
        link.agreed[field] = agreed

    return (patch.object(observe, "_offer", offer),)


def _golden_is_never_a_rival() -> Sequence[Any]:
    return (patch.object(merge, "_golden_rival", lambda *_: []),)


def _answer_swallowed_whole() -> Sequence[Any]:
    """All that an answer shows goes into `seen`, not only what was sent."""

    def extra(link: Any, sent: Any, result: Any) -> None:
        if result.outcome == "applied" and result.record is not None:
            slots = sent.mapping.apps[link.app].slots
            link.seen.update({n: v for n, v in result.record.values.items() if n in slots})

    return (patch.object(settle, "_extra", extra),)


def _narrower_forms_are_rivals() -> Sequence[Any]:
    def distinct(m: Any, field: Any, candidates: Sequence[Candidate]) -> list[Candidate]:
        found: list[Candidate] = []
        for c in candidates:
            if not any(field.type.same(c.value, d.value) for d in found):
                found.append(c)
        return found

    return (patch.object(merge, "fullest", distinct), patch.object(merge, "is_narrower", lambda *_: False))


def _consent_by_the_newest() -> Sequence[Any]:
    def newest(golden: Any, seen: Any, opt_ins: Any, authorities: Any) -> Any:
        return [golden and golden.state, *seen][-1]

    return (patch.object(consent.lattice, "decide", newest),)


def _opt_in_of_any_app() -> Sequence[Any]:
    def decide(golden: Any, seen: Any, opt_ins: Any, authorities: Any) -> Any:
        lowest = most_restrictive([golden and golden.state, *seen])
        return next((o.state for o in opt_ins), None) or lowest

    return (patch.object(consent.lattice, "decide", decide),)


def _raise_sent_again() -> Sequence[Any]:
    """A raise of consent that did not land is simply due again."""
    original = settle._write_into

    def write_into(*args: Any) -> Any:
        link = original(*args)
        link.pending = {name: replace(p, raises=False) for name, p in link.pending.items()}
        return link

    return (patch.object(settle, "_write_into", write_into),)


def _held_conflict_taken_by_the_next_edit() -> Sequence[Any]:
    def go_on(m: Any, field: Any, offered: Any) -> None:
        if offered:
            del m.golden.held[field.name]
            m.take(field, offered[-1].candidate, "edit")

    return (patch.object(merge, "_continue_held", go_on),)


def _never_frozen() -> Sequence[Any]:
    return (patch.object(plan, "FREEZE_AFTER", 1_000_000),)


def _looks_alike_confirms() -> Sequence[Any]:
    """An unconfirmed write counts as landed where the value merely begins alike."""
    original = observe.outcome_of

    def outcome(slot: Any, value: Any, pending: Any) -> Any:
        alike = str(pending.sent or "").lower().startswith(str(value or "").lower()[:2])
        return "landed" if alike else original(slot, value, pending)

    return (patch.object(observe, "outcome_of", outcome),)


def _refused_is_no_rival() -> Sequence[Any]:
    """An app that refused a value passes for one that has it."""
    original = settle._write_into

    def write_into(link: Any, sent: Any, result: Any, golden: Any) -> Any:
        after = original(link, sent, result, golden)
        for name in after.refused if result.outcome == "rejected" else ():
            for field in sent.mapping.apps[link.app].slots[name].fields:
                if field in golden.value:
                    after.agreed[field] = golden.value[field]
        return after

    return (patch.object(settle, "_write_into", write_into),)


def _unknown_is_blank() -> Sequence[Any]:
    """A slot that was never read is taken for an empty one."""
    original = plan.compare

    def compare(p: Any, link: Any, slots: Any, moved: bool = False) -> Any:
        slots = list(slots)
        for slot in slots:
            link.seen.setdefault(slot.name, None)
        return original(p, link, slots, moved)

    return (patch.object(plan, "compare", compare),)


CORE: dict[str, Patches] = {
    "one_shared_shadow": _one_shared_shadow,
    "agreed_survives_a_lost_edit": _agreed_survives_a_lost_edit,
    "golden_is_never_a_rival": _golden_is_never_a_rival,
    "answer_swallowed_whole": _answer_swallowed_whole,
    "narrower_forms_are_rivals": _narrower_forms_are_rivals,
    "consent_by_the_newest": _consent_by_the_newest,
    "opt_in_of_any_app": _opt_in_of_any_app,
    "raise_sent_again": _raise_sent_again,
    "held_conflict_taken_by_the_next_edit": _held_conflict_taken_by_the_next_edit,
    "never_frozen": _never_frozen,
    "looks_alike_confirms": _looks_alike_confirms,
    "refused_is_no_rival": _refused_is_no_rival,
    "unknown_is_blank": _unknown_is_blank,
}

NAMES = (*DRIVER, *CORE)


@contextmanager
def planted(name: str) -> Iterator[dict[str, bool]]:
    """Plant one error; gives the switches to play histories with."""
    if name in DRIVER:
        yield {name: True}
        return
    patches = CORE[name]()
    for each in patches:
        each.start()
    try:
        yield {}
    finally:
        for each in patches:
            each.stop()
