"""The records behind names, sync by sync, and who of them nobody knows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from syncer.cli.codes import Code, leave
from syncer.cli.names import unknown
from syncer.cli.output import say

if TYPE_CHECKING:
    from syncer.model import LinkKey
    from syncer.running.runner import Runner
    from syncer.sync import Sync


@dataclass
class Meant:
    """`keys`: the records that these names lead to, by sync; `missing`: the names that lead nowhere."""

    names: Sequence[str]
    runner: Runner
    syncs: Sequence[Sync]
    keys: list[tuple[Sync, list[LinkKey]]] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        from syncer.usecases.who import look_up_known

        missing = dict.fromkeys(self.names)
        for sync in self.syncs:
            people = look_up_known(sync, self.runner.db, self.names)
            keys = dict.fromkeys(key for name in self.names for key in people.known(name))
            if keys:
                self.keys.append((sync, list(keys)))
            missing = dict.fromkeys(name for name in missing if not people.known(name))
        self.missing = list(missing)

    def told(self) -> None:
        """Say who is missing; ends the command where nobody is known."""
        if not self.names:
            say("No name was given: a line each is read, without those that begin with #.")
        if self.missing:
            unknown(self.missing)
        if not self.keys:
            raise leave(Code.FAILED)

    @property
    def code(self) -> Code:
        return Code.LEFTOVERS if self.missing else Code.DONE
