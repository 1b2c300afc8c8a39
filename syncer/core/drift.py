"""Compare what an app shows with golden: what drifted, and what differs for a reason. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal, cast

from syncer.core.lens import Lens
from syncer.core.standing import WORDS, Code, standing
from syncer.model import Golden, Link, Value

Kind = Code | Literal["missing", "unlinked", "in_review", "unknown"]

_WORDS: Mapping[str, str] = {
    "due": "differs from golden",
    "missing": "the app does not have the record any more",
    "unlinked": "the record has no golden record yet",
    "in_review": "a doubtful match, which waits for a person",
    "unknown": "the app does not say what became of the record",
}
NEVER_MADE = "the app should have a record of this, and never got one"
DRIFT: frozenset[str] = frozenset({"due", "missing", "unlinked"})


@dataclass(frozen=True, slots=True)
class Finding:
    """A field (None: the record as a whole) that is not as golden says. `record` is None where the app never
    got one. `holds` and `wanted` are in the app's form; `edited`: the app shows something else than it was
    last known to hold."""

    app: str
    record: str | None
    who: str | None
    field: str | None
    kind: Kind
    holds: Value = None
    wanted: Value = None
    edited: bool = False

    @property
    def is_drift(self) -> bool:
        return self.kind in DRIFT

    @property
    def words(self) -> str:
        if self.kind == "missing" and self.record is None:
            return NEVER_MADE
        if self.kind == "refused" and self.record is None:
            return "the app refused the new record for good"
        if self.kind == "due" and self.edited:
            return "was edited since the last run"
        return _WORDS.get(self.kind) or WORDS[cast(Code, self.kind)]


def compare(
    lens: Lens, golden: Golden, link: Link, shown: Mapping[str, Value], writes: bool = True
) -> tuple[int, list[Finding]]:
    """(number of fields compared, what differs) of one linked record. `writes`: its app is written to."""
    slots = lens.mapping.apps[link.app].slots
    values = {name: value for name, value in shown.items() if name in slots}
    there = replace(link, seen={**link.seen, **values}, pending={})
    found = []
    for name, value in values.items():
        stands = standing(lens, golden, there, slots[name], writes)
        edited = not slots[name].same(value, link.seen.get(name))
        if name not in link.seen and value == slots[name].default:
            edited = False  # of a new record, filled in by the app itself
        if stands.code == "in_step" or (stands.code == "no_value" and not edited):
            continue
        unread = stands.code == "no_value" or (stands.code == "writes_off" and edited)
        code: Kind = "due" if unread else stands.code
        found.append(Finding(link.app, link.id, link.golden, name, code, value, stands.wanted, edited))
    return len(values), found
