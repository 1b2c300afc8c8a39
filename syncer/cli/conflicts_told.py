"""Which conflicts wait, and what became of those that were settled."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from conflicts.log import shown
from syncer.cli.called import in_rows
from syncer.cli.codes import OF_STATUS, Code, existing, leave, worst
from syncer.cli.output import give, say, table, tell
from syncer.cli.session import hint
from syncer.words import counted

if TYPE_CHECKING:
    from conflicts.log import Entry
    from syncer.report import Report
    from syncer.running.runner import Runner
    from syncer.store.conflicts import Sought
    from syncer.usecases.settling import Settled, Settling


def numbered(runner: Runner, numbers: Sequence[int]) -> list[Entry]:
    """These conflicts, each as it is open now; the end of the command where one does not wait."""
    from syncer.store.conflicts import Conflicts

    found = []
    with runner.db.reading():
        known = Conflicts(runner.db, runner.config.objects)
        for number in dict.fromkeys(numbers):
            missing = f"There is no conflict {number}. syncer conflicts list --held shows those that wait."
            entry = existing(known.entry(number), missing)
            if entry.status != "held":
                now = known.open_one(entry.sync, entry.who, entry.field)
                say(f"Conflict {number} does not wait: it is {entry.status}." + _instead(now))
                raise leave(Code.LEFTOVERS if now else Code.USAGE)
            found.append(entry)
    return found


def _instead(now: Entry | None) -> str:
    """Where it goes on."""
    return f" It was changed in an app since, and is open as {now.seq}: look at that one." if now else ""


def waiting(runner: Runner, wanted: Sought) -> list[Entry]:
    """Those that wait, the oldest first."""
    from syncer.store.conflicts import Conflicts

    with runner.db.reading():
        known = Conflicts(runner.db, runner.config.objects)
        return known.newest(1_000_000, replace(wanted, status="held"))[::-1]


def report(settling: Settling, run: Report | None, as_json: bool, config: Path) -> Code:
    """Tell what became of the conflicts of one sync; how the command ends."""
    from syncer.usecases.referents import Spot

    done = sorted(settling.done, key=lambda s: s.entry.seq)
    if as_json:
        for one in done:
            give(one.as_json(run.run if run else None))
    elif done:
        runner, columns = settling.runner, ("#", "who", "field", "outcome", "value", "why")
        told = in_rows(
            runner.config, runner.db, done, lambda one: Spot(one.entry.sync, one.entry.field), "value"
        )
        table(columns, [_row(one) for one in told], settling.sync.name)
        _after(done, run, config)
    code = OF_STATUS[run.status] if run else Code.DONE
    left = any(one.outcome in ("reopened", "left") for one in done)
    return worst([code, Code.LEFTOVERS if left else Code.DONE])


def _after(done: Sequence[Settled], run: Report | None, config: Path) -> None:
    for one in done:
        if one.now is not None and one.now != one.entry.seq:
            tell(f"{one.entry.seq} is open again: {hint(f'conflicts show {one.now}', config)}")
    if run is None or not any(one.outcome == "settled" for one in done):
        return
    tell(f"\n{run.written} written, as run {run.run}. To take it back: {hint(f'undo {run.run}', config)}")
    if run.leftovers:
        left = counted(run.leftovers, "record", "records")
        tell(f"{left} could not be written yet; the next sync tries again.")


def _row(one: Settled) -> tuple[Any, ...]:
    value = shown(one.value) if one.outcome == "settled" else ""
    return one.entry.seq, one.entry.who, one.entry.field, one.outcome, value, one.because
