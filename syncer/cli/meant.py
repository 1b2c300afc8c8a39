"""The records behind names, sync by sync, and who of them nobody knows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from syncer.cli.codes import Code, leave
from syncer.cli.names import known_in, one_sync_a_file, unknown
from syncer.cli.output import say

if TYPE_CHECKING:
    from syncer.model import LinkKey
    from syncer.running.runner import Runner
    from syncer.sync import Sync


@dataclass
class Meant:
    """`keys`: the records that these names lead to, by sync; `missing`: the names that lead nowhere;
    `several`: those known in more than one sync, with these."""

    names: Sequence[str]
    runner: Runner
    syncs: Sequence[Sync]
    keys: list[tuple[Sync, list[LinkKey]]] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    several: dict[str, list[str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        from syncer.usecases.who import look_up_known

        where: dict[str, list[str]] = {name: [] for name in self.names}
        for sync in self.syncs:
            people = look_up_known(sync, self.runner.db, self.names)
            known = {name: keys for name in self.names if (keys := people.known(name))}
            if known:
                self.keys.append((sync, list(dict.fromkeys(key for keys in known.values() for key in keys))))
            for name in known:
                where[name].append(sync.name)
        self.missing = [name for name, syncs in where.items() if not syncs]
        self.several = {name: syncs for name, syncs in where.items() if len(syncs) > 1}

    def told(self) -> None:
        """Say who is missing; ends the command where nobody is known."""
        if not self.names:
            say("No name was given: a line each is read, without those that begin with #.")
        if self.missing:
            unknown(self.missing)
        if not self.keys:
            raise leave(Code.FAILED)

    def in_one_sync(self) -> Meant:
        """Only the names that are known in one sync alone, after the others were told; ends the command where
        none is left, or where they are of several syncs."""
        for name, syncs in self.several.items():
            say(known_in(name, syncs))
        if len(self.names) == len(self.several) == 1:
            raise leave(Code.USAGE)
        left = [name for name in self.names if name not in self.several]
        clear = Meant(left, self.runner, self.syncs) if self.several else self
        if not clear.keys:
            say("None of the lines can be done.")
            raise leave(Code.FAILED)
        if len(clear.keys) > 1:
            say(one_sync_a_file([sync.name for sync, _ in clear.keys]))
            raise leave(Code.USAGE)
        return clear

    @property
    def code(self) -> Code:
        return Code.LEFTOVERS if self.missing else Code.DONE
