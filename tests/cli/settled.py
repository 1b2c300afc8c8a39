"""How a first sync ended, kept so that the next test that begins with one need not play it again."""

from __future__ import annotations

import copy
import shutil
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from connectors.sandbox.clock import Clock
from connectors.sandbox.host import Host


@dataclass(frozen=True)
class Ended:
    """A copy of the folder, and the apps with the clock that they went by."""

    folder: Path
    apps: dict[str, Any]
    clock: Clock


@dataclass(frozen=True)
class Settled:
    """Endings by the config and the mappings of a folder."""

    host: Host
    place: Path
    endings: dict[str, Ended] = field(default_factory=dict)

    def keep(self, folder: Path) -> None:
        copied = self.place / str(len(self.endings))
        shutil.copytree(folder, copied)
        clock = self.host.clock
        self.endings[_written(folder)] = Ended(copied, _copied(self.host.apps, clock, clock), clock)

    def bring_back(self, folder: Path) -> bool:
        """False where it is not known how such a folder ends."""
        ended = self.endings.get(_written(folder))
        if ended is None:
            return False
        shutil.copytree(ended.folder, folder, dirs_exist_ok=True)
        self.host.apps = _copied(ended.apps, ended.clock, self.host.clock)
        return True


def _copied(apps: dict[str, Any], clock: Clock, new: Clock) -> dict[str, Any]:
    return copy.deepcopy(apps, {id(clock): new})


def _written(folder: Path) -> str:
    """What an admin wrote there."""
    return "\n".join(
        f"{path.relative_to(folder)}\n{path.read_text()}" for path in sorted(folder.rglob("*.yaml"))
    )
