"""The ports: everything that a run takes from outside, so that a test can hand in its own.

The engine reads no clock, uses no randomness and starts no thread but through these.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Generator, Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from hashlib import blake2b
from itertools import count
from pathlib import Path
from threading import Event, Thread
from typing import Any, Protocol, TypeVar

R = TypeVar("R")
Call = Callable[[], Any]
Task = Generator[Call, Any, R]


class Stopping(BaseException):
    """Raised by `progress` where a run is to end before its time. What is on its way is still answered and
    settled; nothing more is asked of an app."""


class Workers(Protocol):
    """Runs tasks: generators that yield calls to apps and are sent the answers."""

    def drive(self, tasks: Mapping[str, Task[R]]) -> dict[str, R]:
        """Run all tasks to their ends; the generators run on the calling thread, only calls elsewhere."""
        ...

    def alongside(self, beat: Callable[[], None], every: float) -> AbstractContextManager[None]:
        """While it lasts, `beat` is called every so many seconds, beside everything else."""
        ...


class Threads:
    """Each task's calls run on a thread of its own, side by side with those of the others."""

    def drive(self, tasks: Mapping[str, Task[R]]) -> dict[str, R]:
        results: dict[str, R] = {}
        if not tasks:
            return results
        stopped: Stopping | None = None
        with ThreadPoolExecutor(max_workers=len(tasks)) as pool:
            running: dict[Future[Any], str] = {}
            for name, task in tasks.items():
                self._step(name, task, None, pool, running, results)
            while running:
                done, _ = wait(running, return_when=FIRST_COMPLETED)
                for future in sorted(done, key=lambda f: running[f]):
                    name = running.pop(future)
                    try:
                        self._step(name, tasks[name], future, pool, running, results)
                    except Stopping as stop:
                        stopped = stop  # the others get the answers that are on their way
        if stopped is not None:
            raise stopped
        return results

    @contextmanager
    def alongside(self, beat: Callable[[], None], every: float) -> Iterator[None]:
        over = Event()

        def beats() -> None:
            while not over.wait(every):
                beat()

        thread = Thread(target=beats, name="heartbeat", daemon=True)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()

    @staticmethod
    def _step(
        name: str,
        task: Task[R],
        answer: Future[Any] | None,
        pool: ThreadPoolExecutor,
        running: dict[Future[Any], str],
        results: dict[str, R],
    ) -> None:
        error = answer.exception() if answer is not None else None
        try:
            if error is not None:
                call = task.throw(error)
            else:
                call = task.send(answer.result() if answer is not None else None)
        except StopIteration as end:
            results[name] = end.value
        else:
            running[pool.submit(call)] = name


class Inline:
    """All on the calling thread, in turns: the order is the same each time. Nothing happens beside it."""

    def alongside(self, beat: Callable[[], None], every: float) -> AbstractContextManager[None]:
        return nullcontext()

    def drive(self, tasks: Mapping[str, Task[R]]) -> dict[str, R]:
        results: dict[str, R] = {}
        turn: list[tuple[str, Task[R], Any, BaseException | None]] = [
            (name, task, None, None) for name, task in sorted(tasks.items())
        ]
        while turn:
            name, task, answer, error = turn.pop(0)
            try:
                call = task.throw(error) if error is not None else task.send(answer)
            except StopIteration as end:
                results[name] = end.value
                continue
            try:
                turn.append((name, task, call(), None))
            except Exception as raised:
                turn.append((name, task, None, raised))
        return results


_NONCE = os.urandom(3).hex()


@cache
def _machine() -> str:
    """Where process numbers mean the same: this start of this machine, and this container of it. Empty where
    that cannot be told."""
    with suppress(OSError):
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        return blake2b(f"{boot} {os.readlink('/proc/self/ns/pid')}".encode(), digest_size=4).hexdigest()
    return ""


def _holder() -> str:
    return f"{socket.gethostname()}:{os.getpid()}:{_NONCE}:{_machine()}"


def holder_is_alive(holder: str) -> bool:
    """False only where the holder is known to be dead: a process of this machine that is gone. Of another
    machine, or another container under the same name, nothing is known."""
    host, pid, nonce, machine = (*holder.split(":"), "", "", "")[:4]
    if host != socket.gethostname() or not pid.isdigit() or machine not in ("", _machine()):
        return True
    if int(pid) == os.getpid():
        return nonce == _NONCE
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return not _has_ended(int(pid))


def _has_ended(pid: int) -> bool:
    """Whether a process has ended and only waits for its parent to take notice."""
    try:
        said = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False
    return said.rpartition(")")[2].split()[:1] == ["Z"]


_counter = count()


def new_run_id(now: datetime) -> str:
    """Sorts as text in the order of time, also within one millisecond of one process."""
    return (
        f"{now:%Y%m%dT%H%M%S}{now.microsecond // 1000:03d}-{next(_counter) % 4096:03x}{os.urandom(2).hex()}"
    )


def _behind(last: str | None, now: datetime) -> datetime:
    """Now, or the millisecond after the one that a run id names, where that is later."""
    try:
        named = datetime.strptime((last or "").partition("-")[0], "%Y%m%dT%H%M%S%f").replace(tzinfo=UTC)
    except ValueError:
        return now
    return max(now, named + timedelta(milliseconds=1))


@dataclass(frozen=True, slots=True)
class Ports:
    """The outside, as one argument."""

    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    run_id: Callable[[datetime], str] = new_run_id
    workers: Workers = field(default_factory=Threads)
    holder: str = field(default_factory=_holder)
    alive: Callable[[str], bool] = holder_is_alive
    progress: Callable[[str, str, int], None] = lambda stage, app, number: None

    def run_id_behind(self, last: str | None, now: datetime) -> str:
        """The id of a run that begins now. It sorts behind that of the last run, whose clock may have been
        ahead: set back since, or another computer's. These ids tell what came later in the history."""
        return self.run_id(_behind(last, now))
