"""A golden record being merged, and what a merge does to it: take a value, and log a choice."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from conflicts.candidate import Candidate
from mappings.model import Field
from syncer.core.lens import Lens
from syncer.model import ABSENT, Golden, Link, LogEntry, LogKind, Mark, Provenance, Value


def changes(
    before: Golden, now: Golden
) -> tuple[dict[str, tuple[Value | Mark, Value]], dict[str, Provenance]]:
    """Golden field -> (before, after) where it changed, and where the value before had come from."""
    changed = {
        name: (was, value)
        for name, value in now.value.items()
        if (was := before.value.get(name, ABSENT)) != value
    }
    changed |= {name: (was, None) for name, was in before.value.items() if name not in now.value}
    return changed, {name: p for name in changed if (p := before.provenance.get(name)) is not None}


@dataclass(slots=True)
class Merging:
    """`golden` is changed in place; `links` are those after reading; `log` gathers what was chosen.
    `deserted`: no record that golden is known from is there any more."""

    golden: Golden
    links: Sequence[Link]
    lens: Lens
    run: str
    log: list[LogEntry]
    deserted: bool = False

    def take(self, field: Field, c: Candidate, rule: str) -> None:
        """The candidate becomes golden."""
        self.golden.value[field.name] = c.value
        self.golden.provenance[field.name] = Provenance(c.app, c.record, c.time, rule, self.run)

    def golden_candidate(self, field: Field) -> Candidate | None:
        """Golden as it stands; None where nothing is known of where it came from."""
        source = self.golden.provenance.get(field.name)
        if source is None:
            return None
        value = self.golden.value.get(field.name)
        return Candidate(value, source.app, source.record, source.time, "golden", "golden")

    def note(
        self,
        kind: LogKind,
        field: Field,
        candidates: Sequence[Candidate],
        rule: str,
        note: str = "",
        winner: Candidate | None = None,
        status: Literal["decided", "held"] = "decided",
    ) -> None:
        """A row for the log. Without a `winner` it is golden as it stands; where it is held, nobody."""
        value, app = None, None
        if winner is not None:
            value, app = winner.value, winner.app
        elif status == "decided":
            source = self.golden.provenance.get(field.name)
            value, app = self.golden.value.get(field.name), (source.app or None) if source else None
        self.log.append(
            LogEntry(kind, self.golden.id, field.name, tuple(candidates), rule, value, app, status, note)
        )
