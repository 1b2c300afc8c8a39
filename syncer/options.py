"""How a run is asked for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from syncer.core.resolve import Answer
from syncer.model import Item, LinkKey
from syncer.selecting import Selection


@dataclass(frozen=True, slots=True)
class Options:
    """How to run. `dry_run` changes nothing but what was read; `approve` and `reject` name a held plan, and
    `approved` holds the items of one that was kept in a file; `bring_back`: of what is rejected, changes that
    came from this app are written over there; where nothing is rejected, what is gone there is made again;
    `selection` narrows the run to some golden records; without `read` it acts on what was read before; what
    is in `ask` is asked for what it shows now; `resting` apps are not read this time, and written to all the
    same. `answers`: golden id -> field -> how a person settles its conflict."""

    kind: Literal["sync", "plan", "resync", "webhook", "resolve", "retry"] = "sync"
    dry_run: bool = False
    approve: str | None = None
    reject: str | None = None
    selection: Selection = field(default_factory=Selection)
    read: bool = True
    approved: tuple[Item, ...] = ()
    bring_back: str | None = None
    resting: frozenset[str] = frozenset()
    ask: tuple[LinkKey, ...] = ()
    answers: Mapping[str, Mapping[str, Answer]] = field(default_factory=dict)
