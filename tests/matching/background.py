"""Unrelated people, so that names and places are as common as they are in an address book."""

from __future__ import annotations

from benchmarks.matching.generate import NOISES, rows
from syncer.matching.matcher import Matched
from syncer.matching.traits import Traits, person
from syncer.usecases.match_file import FACTS


def traits(app: str, id: str, **values: str) -> Traits:
    """A record from plain values, as an export has them."""
    mails, phones = [values.pop("email", "")], [values.pop("phone", "")]
    facts = [(kind, values.pop(kind, "")) for kind in FACTS]
    return person(app, id, values, mails, phones, facts)


def background(people: int = 400, seed: int = 99) -> list[Traits]:
    return [
        person(r.app, f"b{r.id}", r.values, [r.values["email"]], [r.values["phone"]])
        for r in rows(people, seed, NOISES["mild"])
    ]


def groups(found: Matched) -> dict[tuple[str, str], int]:
    return {record.key: n for n, group in enumerate(found.groups) for record in group}
