"""Where the story plays: the folder's config, its apps led to the running sandbox, and a runner on it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from connectors.sandbox.server import Sandbox
from syncer import logs
from syncer.cli.output import tell
from syncer.cli.progress import bars
from syncer.cli.reporting import show
from syncer.config.files import Config, load_config
from syncer.demo.apps import Apps
from syncer.engine import Options
from syncer.ports import Ports
from syncer.report import Report
from syncer.running.runner import Runner
from syncer.store.database import Database
from syncer.store.history import History


class NotAsTold(Exception):
    """Something did not come about that this demo promises."""


@dataclass(frozen=True, slots=True)
class Stage:
    """All that the story needs. `config` is the path of the folder's config."""

    config: Path
    runner: Runner
    apps: Apps

    def sync(self, tables: bool = True) -> dict[str, Report]:
        """Run all syncs, as `syncer sync` does; sync name -> what it did. Raises `NotAsTold`."""
        reports: dict[str, Report] = {}
        for name in self.runner.config.syncs:
            outcome = self.runner.run(name, Options())
            if outcome is None or outcome.report.status in ("failed", "held"):
                why = outcome.report.reason if outcome is not None else "it did not run"
                raise NotAsTold(f"the sync of {name} did not get through: {why}")
            if tables and reports:
                tell()
            reports[name] = outcome.report
            if tables:
                show(self.runner, outcome, Options(), self.config)
        return reports

    def writes(self, reports: dict[str, Report]) -> Counter[tuple[str, str]]:
        """(app, its field) -> writes of it that were applied in these runs."""
        with self.runner.db.reading():
            done = [w for r in reports.values() for w in History(self.runner.db).writes(r.run)]
        return Counter((w["app"], field) for w in done if w["outcome"] == "applied" for field in w["slots"])


@contextmanager
def stage(config: Path, sandbox: Sandbox) -> Iterator[Stage]:
    """Everything open, and closed again."""
    logs.setup("warning")
    loaded = _led_to(sandbox, load_config(config))
    db = Database(loaded.state)
    runner = Runner(loaded, db, Ports(progress=bars.show))
    try:
        with Apps(sandbox) as apps:
            yield Stage(config, runner, apps)
    finally:
        bars.clear()
        runner.close()
        db.close()


def _led_to(sandbox: Sandbox, config: Config) -> Config:
    """The config names the usual port of `syncer sandbox`; this sandbox may listen on another one."""
    apps = {
        name: app.model_copy(update={"base_url": f"{sandbox.url}/{name}"})
        for name, app in config.apps.items()
    }
    return replace(config, model=config.model.model_copy(update={"apps": apps}))
