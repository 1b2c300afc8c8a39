"""The service as a whole: clockwork, inbox, worker and what watches over them.

    timer, webhooks  ->  inbox  ->  one thread: reload, take a job, do it, tell

One thread does all the work, so no two runs ever overlap. It holds a lease on itself for as long as it lives:
a second service is refused, and commands know that they have to wait for their turn.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final, Protocol

import orjson

from syncer.config.addresses import load_sendable
from syncer.config.files import Config
from syncer.logs import log
from syncer.ports import Ports, Stopping, Threads
from syncer.service.desk import Desk
from syncer.service.inbox import Inbox
from syncer.service.reload import Watch
from syncer.service.timer import Timer
from syncer.service.tracing import configured, span_of, traced
from syncer.service.worker import Done, Worker
from syncer.store import codec, turns
from syncer.store.database import Database
from syncer.store.errors import StateError
from syncer.store.history import History
from syncer.store.lease import BEAT, hold

LOOK: Final = 1.0  # seconds between two looks at the files
TOLD: Final = timedelta(seconds=20)  # how outdated what `status` reads may be


class Part(Protocol):
    """Something that works beside the worker (a server, alerts)."""

    def start(self, service: Service) -> None: ...

    def told(self, done: Done) -> None:
        """A job was done."""
        ...

    def look(self, now: datetime) -> None:
        """Called every second or so, between jobs."""
        ...

    def stop(self) -> None: ...


@dataclass
class Service:
    """`run` it on the main thread; `stop` it from anywhere."""

    config: Config
    ports: Ports = field(default_factory=Ports)
    parts: Sequence[Part] = ()
    load: Callable[[Path], Config] = load_sendable
    inbox: Inbox = field(default_factory=Inbox)
    clock: Callable[[], float] = time.monotonic
    timer: Timer = field(init=False)
    desk: Desk = field(init=False)
    watch: Watch = field(init=False)
    since: datetime = field(init=False)

    def __post_init__(self) -> None:
        tracer = configured()
        self.ports = traced(replace(self.ports, progress=self._progress), tracer)
        self.desk = Desk(self.config, self.ports)
        self.watch = Watch(self.config, self.load)
        self.timer = Timer(self.inbox.ask, self.ports.now, steady=self.clock)
        self.since = self.ports.now()
        self._worker = Worker(self.desk, self.inbox, self._told, span_of(tracer))
        self._published = self.since - TOLD
        self._heard = self.clock()
        self._scheduled = False

    @property
    def silent(self) -> float:
        """Seconds since there was any progress."""
        return self.clock() - self._heard

    def run(self) -> None:
        """Until `stop`. Raises `Busy` where another service works on this state, `StateError` where the state
        cannot be opened, `LeaseLost` where another service took over."""
        with ExitStack() as stack:
            guard = Database(self.config.state)
            stack.callback(guard.close)
            ports = self.ports
            lease = stack.enter_context(hold(guard, turns.SERVICE, ports.holder, ports.now, ports.alive))
            stack.enter_context(Threads().alongside(lease.beat, BEAT))
            stack.callback(self.desk.close)
            stack.callback(self.timer.stop)
            for part in self.parts:
                part.start(self)
                stack.callback(part.stop)
            self._schedule()
            self.timer.start()
            log().info("service started", syncs=list(self.config.syncs), process=ports.holder.split(":")[1])
            with suppress(Stopping):
                self._loop(guard)
            log().info("service stopped")

    def stop(self) -> None:
        """Finish what is on its way, and end. Safe in a signal handler."""
        self.inbox.stop()

    def _loop(self, guard: Database) -> None:
        while not self.inbox.stopping:
            self._heard = self.clock()
            self._reload()
            self.timer.look()
            self._publish(guard)
            job = self.inbox.take(LOOK)
            if job is not None:
                self._worker.do(job)
                self._published = self.since - TOLD
            for part in self.parts:
                part.look(self.ports.now())

    def _told(self, done: Done) -> None:
        for part in self.parts:
            part.told(done)

    def _progress(self, stage: str, app: str, number: int) -> None:
        self._heard = self.clock()
        if self.inbox.stopping:
            raise Stopping

    def _reload(self) -> None:
        config = self.watch.changed()
        if config is not None:
            said, kept = config.model, self.config.model
            if said.service.listen != kept.service.listen or config.state != self.config.state:
                log().warning("state and service.listen are taken from the config at the next start only")
            # The lease on the state that it works on is this service's; there is none on another.
            self.config = replace(config, model=said.model_copy(update={"state": kept.state}))
            self.desk.use(self.config)
            self._scheduled = False
        if not self._scheduled:
            try:
                self._schedule()
            except StateError as error:
                if config is not None:
                    log().error("the schedules wait for the state", reason=str(error))

    def _schedule(self) -> None:
        self.inbox.keep_only(tuple(self.config.syncs))
        self.timer.set(self.desk.entries())
        self._scheduled = True

    def _publish(self, guard: Database) -> None:
        """Leave in the state what `syncer status` tells of the service."""
        now = self.ports.now()
        if timedelta(0) <= now - self._published < TOLD:
            return
        self._published = now
        said = {
            "since": codec.iso(self.since),
            "at": codec.iso(now),
            "next": {id: codec.iso(at) for id, at in self.timer.next().items()},
            "listen": self.config.model.service.listen,
            "problem": self.watch.problem,
        }
        try:
            with guard.transaction():
                turns.forget_dead(guard, now)
                History(guard).keep_fact("service", orjson.dumps(said).decode())
        except StateError as error:
            log().error("the state takes no writes", reason=str(error))
