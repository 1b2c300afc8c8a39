"""The environment as a config sees it: a variable may be given as a file. Where NAME is not set and NAME_FILE
is, its value is what that file holds (Docker's and Kubernetes' secrets, systemd's credentials)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from syncer.config.stamps import Stamp, stamp

LARGEST: Final = 65_536  # bytes; no secret is larger


class Environment(Mapping[str, str]):
    """`files`: those that values were taken from, as they were just before, so that they can be watched."""

    def __init__(self, given: Mapping[str, str]) -> None:
        self._given = given
        self.files: dict[Path, Stamp] = {}

    def __getitem__(self, name: str) -> str:
        if self._given.get(name):
            return self._given[name]
        file = self._given.get(f"{name}_FILE")
        if not file:
            return self._given[name]
        path = Path(file)
        self.files.setdefault(path, stamp(path))
        try:
            with path.open(encoding="utf-8") as opened:
                return opened.read(LARGEST).strip()
        except (OSError, UnicodeDecodeError):
            raise KeyError(name) from None

    def __iter__(self) -> Iterator[str]:
        return iter(self._given)

    def __len__(self) -> int:
        return len(self._given)
