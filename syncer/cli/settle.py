"""`syncer conflicts resolve`: settle held conflicts, one or many."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from conflicts.log import shown
from syncer.cli.codes import OF_STATUS, Code, existing, leave, worst
from syncer.cli.conflicts import ByRule, Newer, OfApp, OfField, Older, asked
from syncer.cli.output import give, say, table, tell
from syncer.cli.session import CONFIG, AsJson, ConfigFile, hint, running

if TYPE_CHECKING:
    from conflicts.log import Entry
    from syncer.report import Report
    from syncer.runner import Runner
    from syncer.store.conflicts import Sought
    from syncer.usecases.settling import Settled, Settling, Wish

Numbers = Annotated[
    list[int] | None, typer.Argument(metavar="NUMBER", help="Their numbers in the list, or use filters.")
]


def resolve(
    numbers: Numbers = None,
    take: Annotated[str | None, typer.Option(metavar="APP", help="What this app holds counts.")] = None,
    value: Annotated[str | None, typer.Option(metavar="VALUE", help="This value counts.")] = None,
    keep: Annotated[bool, typer.Option("--keep", help="The golden value stands.")] = False,
    name: Annotated[str | None, typer.Option("--sync", metavar="SYNC", help="Only of this sync.")] = None,
    of_app: OfApp = None,
    field: OfField = None,
    rule: ByRule = None,
    older: Older = None,
    newer: Newer = None,
    always: Annotated[
        bool, typer.Option("--always", help="With --take: prefer this app from now on, in the mapping too.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do it without asking.")] = False,
    as_json: AsJson = False,
    config: ConfigFile = CONFIG,
) -> None:
    """Settle conflicts that wait: by the value of an app, a value of your own, or the golden value."""
    from syncer.usecases.settling import Wish

    if sum((take is not None, value is not None, keep)) != 1:
        raise typer.BadParameter("say how: one of --take APP, --value VALUE and --keep")
    if always and take is None:
        raise typer.BadParameter("--always goes with --take: a rule prefers an app, it holds no value")
    filters = (name, of_app, field, rule, older, newer)
    if bool(numbers) == any(f is not None for f in filters):
        raise typer.BadParameter("say which: numbers of the list, or filters such as --field")
    with running(config) as runner:
        if take is not None and take not in runner.config.apps:
            known = ", ".join(runner.config.apps)
            raise typer.BadParameter(f"there is no app '{take}'. The config has: {known}.")
        sought = asked(runner.config, *filters)
        wanted = _numbered(runner, numbers) if numbers else waiting(runner, sought)
        wishes = [(entry, Wish(take, value, keep)) for entry in wanted]
        if not wishes:
            say("No conflict waits for you.")
        if always:
            from syncer.cli.always import settle_always

            codes = settle_always(runner, wishes, yes, as_json, config)
        else:
            codes = settle(runner, wishes, as_json, config)
    raise leave(worst(codes))


def settle(runner: Runner, wishes: Sequence[tuple[Entry, Wish]], as_json: bool, config: Path) -> list[Code]:
    """One run for each sync."""
    from syncer.usecases.settling import Settling, by_sync

    codes = []
    for name, some in by_sync(wishes).items():
        settling = Settling(runner, runner.wiring.sync(name))
        settling.prepare(some)
        outcome = settling.run()
        codes.append(report(settling, outcome.report if outcome else None, as_json, config))
    return codes


def report(settling: Settling, run: Report | None, as_json: bool, config: Path) -> Code:
    """Tell what became of the conflicts of one sync; how the command ends."""
    done = sorted(settling.done, key=lambda s: s.entry.seq)
    if as_json:
        for one in done:
            give(one.as_json(run.run if run else None))
    elif done:
        table(
            ("#", "who", "field", "outcome", "value", "why"), [_row(one) for one in done], settling.sync.name
        )
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
        tell(f"{run.leftovers} records could not be written yet; the next sync tries again.")


def _row(one: Settled) -> tuple[Any, ...]:
    value = shown(one.value) if one.outcome == "settled" else ""
    return one.entry.seq, one.entry.who, one.entry.field, one.outcome, value, one.because


def _numbered(runner: Runner, numbers: Sequence[int]) -> list[Entry]:
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
