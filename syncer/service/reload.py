"""Notices that the config, a mapping or a file of a secret was edited. A broken edit changes nothing."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from mappings.document import ProblemsFound
from syncer.config.files import Config
from syncer.config.stamps import stamp
from syncer.logs import log


class Watch:
    """The files that a config consists of. `load` reads it."""

    def __init__(self, config: Config, load: Callable[[Path], Config]) -> None:
        self.config = config
        self.problem = ""
        self._load = load
        self._seen = dict(config.files)

    def changed(self) -> Config | None:
        """The new config, where the files were edited and what they say now is sound. While it is not, it is
        read each time: what mends it may be a file that the config in force does not name."""
        now = {path: stamp(path) for path in self.config.files}
        if now == self._seen and not self.problem:
            return None
        self._seen = now
        try:
            config = self._load(self.config.path)
        except ProblemsFound as found:
            if str(found) != self.problem:
                self.problem = str(found)
                log().error(
                    "the edited config cannot be used; the old one stays in force", reason=self.problem
                )
            return None
        self.config, self.problem, self._seen = config, "", dict(config.files)
        log().info("the edited config is in force", syncs=list(config.syncs))
        return config
