"""What the service works with: the config in force, its state, and a runner. Kept open between runs."""

from __future__ import annotations

from datetime import datetime

from syncer.config.files import Config
from syncer.config.service import ScheduleModel
from syncer.ports import Ports
from syncer.running.runner import Runner
from syncer.service import tidying
from syncer.service.timer import Entry
from syncer.service.timing import resting
from syncer.service.waiting import Job
from syncer.store.database import Database
from syncer.store.history import History
from syncer.store.ledger import Ledger
from syncer.usecases import verified

TIDY = ScheduleModel(every=tidying.EVERY)


class Desk:
    """Used by one thread. After an error of the state, `close` it: it opens again by itself."""

    def __init__(self, config: Config, ports: Ports) -> None:
        self.config = config
        self.ports = ports
        self._runner: Runner | None = None

    @property
    def runner(self) -> Runner:
        if self._runner is None:
            self._runner = Runner(self.config, Database(self.config.state), self.ports)
        return self._runner

    @property
    def db(self) -> Database:
        return self.runner.db

    def use(self, config: Config) -> None:
        """Another config is in force from the next job on."""
        self.close()
        self.config = config

    def close(self) -> None:
        runner, self._runner = self._runner, None
        if runner is not None:
            runner.close()
            runner.db.close()

    # -- what the state says ------------------------------------------------------------------------------

    def entries(self) -> dict[str, Entry]:
        """What is to be done again and again, with when it last began."""
        made: list[Entry] = []
        verify = self.config.model.service.verify
        with self.db.reading():
            for number, (name, sync) in enumerate(self.config.syncs.items()):
                history = History(self.db)
                ended, cut_off = history.last_read(name), history.cut_off(name)
                last = datetime.fromisoformat(ended["started"]) if ended is not None else None
                made.append(Entry(Job("sync", name), sync.schedule, last, cut_off))
                made.append(Entry(Job("tidy", name), TIDY, tidying.last(history, name)))
                if verify is not None:
                    made.append(Entry(Job("verify", name), verify, self._last_verify(name, number)))
        return {entry.id: entry for entry in made}

    def resting(self, name: str) -> frozenset[str]:
        """The apps of a sync that were listed too lately to be listed again."""
        ledger = Ledger(self.db, name)
        with self.db.reading():
            scans = {app: ledger.scan(app) for app in self.config.syncs[name].apps}
        return resting(scans, self.ports.now())

    def _last_verify(self, name: str, number: int) -> datetime | None:
        """When it was last compared in full. What never was is spread over the time to come."""
        found = verified.last(History(self.db), name)
        if found is not None:
            return datetime.fromisoformat(found["at"])
        verify = self.config.model.service.verify
        if verify is None or verify.every is None:
            return None
        now = self.ports.now()
        return now - verify.every * (len(self.config.syncs) - number) / (len(self.config.syncs) + 1)
