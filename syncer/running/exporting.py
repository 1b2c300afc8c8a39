"""Write the conflict log's files from the conflict table after a commit, and drop what is too old in both."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from conflicts import log as conflict_log
from conflicts.log import Entry
from syncer.config.files import Config
from syncer.logs import log
from syncer.ports import Ports
from syncer.store.conflicts import Conflicts, Sought
from syncer.store.database import Database
from syncer.store.history import History
from syncer.store.lease import Busy, hold


@dataclass(frozen=True, slots=True)
class Exporting:
    """The conflict log of one sync. What another process exports just now is left to it."""

    config: Config
    db: Database
    ports: Ports
    sync: str

    def run(self) -> None:
        """Add what is new, by number; once a day, drop what has been kept long enough."""
        with self.db.reading():
            done, last = self._done(), Conflicts(self.db).last(self.sync)
        cutoff = self._cutoff()
        if last <= done and cutoff is None:
            return
        ports, folder = self.ports, self.config.conflicts_dir
        try:
            with hold(self.db, self.sync, ports.holder, ports.now, ports.alive, waits=False):
                known: conflict_log.Written = {}
                while entries := self._new_entries():
                    conflict_log.append(folder, entries, known)
                    with self.db.transaction():
                        History(self.db).keep_fact(f"exported:{self.sync}", str(entries[-1].seq))
                if cutoff is not None:
                    self._forget(folder, cutoff)
        except Busy:
            return
        except OSError as error:
            told = "the conflict log cannot be written; the next run tries again"
            log(sync=self.sync).error(told, file=str(error.filename or folder), reason=error.strerror)

    def _done(self) -> int:
        return int(History(self.db).fact(f"exported:{self.sync}") or 0)

    def _new_entries(self) -> list[Entry]:
        with self.db.reading():
            return Conflicts(self.db, self.config.objects).after(self._done(), Sought(self.sync))

    def _cutoff(self) -> datetime | None:
        """The beginning of the oldest day that is kept; None where nothing is to be dropped just now."""
        keep, now = self.config.model.conflicts.keep, self.ports.now()
        if keep is None:
            return None
        with self.db.reading():
            if History(self.db).fact(f"forgot:{self.sync}") == now.date().isoformat():
                return None
        return (now - keep).replace(hour=0, minute=0, second=0, microsecond=0)

    def _forget(self, folder: Path, cutoff: datetime) -> None:
        conflict_log.drop_before(folder, cutoff.date())
        with self.db.transaction():
            Conflicts(self.db).forget(self.sync, cutoff)
            History(self.db).keep_fact(f"forgot:{self.sync}", self.ports.now().date().isoformat())
