"""`syncer link` and `syncer unlink`: say who is one person, and who never is."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer import Exit

from syncer.cli.codes import Code, leave
from syncer.cli.confirm import Plan, Yes, agreed
from syncer.cli.link_told import show_tied, tied_object
from syncer.cli.names import WHO, lines_of, parts_of
from syncer.cli.output import give, say, tell
from syncer.cli.session import CONFIG, AsJson, ConfigFile, hint, running
from syncer.words import counted

if TYPE_CHECKING:
    from syncer.running.runner import Runner
    from syncer.store.database import Database
    from syncer.sync import Sync
    from syncer.usecases.linking import Leaving, Linking, Tied
    from syncer.usecases.sides import Side
    from syncer.usecases.who import People

Limit = Annotated[int, typer.Option(help="How many lines to show; 0: all.", min=0)]

Found = tuple["Linking", list[Any], dict[str, str]]  # what is to be done, and lines left out with the reason
Read = Callable[["Sync", "Database", "People", Sequence[str]], Any]  # what a line means; None: nothing
Flags = tuple[bool, bool, bool]


def link(
    one: Annotated[str, typer.Argument(metavar="WHO", help=f"{WHO} Two names a line.", show_default=False)],
    other: Annotated[
        str | None, typer.Argument(metavar="WHO", help="The other one.", show_default=False)
    ] = None,
    plan: Plan = False,
    yes: Yes = False,
    limit: Limit = 20,
    as_json: AsJson = False,
    config: ConfigFile = CONFIG,
) -> None:
    """Make one golden record of two people or companies, or of many twos. Shows first what that writes."""
    with running(config) as runner:
        lines = lines_of(one) if other is None else [f"{one}\t{other}"]
        if lines is None:
            raise _ended(
                "Name two, or a file with two names a line: @FILE, or - for standard input.", Code.USAGE
            )
        linking, pairs, left = _found(runner, lines, _pair)
        command = f"link {one} {other}" if other is not None else f"link {one}"
        act = partial(linking.link, pairs)
        _run(command, linking, act, (plan, yes, as_json), None if other else left, limit, config)


def unlink(
    who: Annotated[list[str], typer.Argument(metavar="WHO...", help=WHO, show_default=False)],
    plan: Plan = False,
    yes: Yes = False,
    limit: Limit = 20,
    as_json: AsJson = False,
    config: ConfigFile = CONFIG,
) -> None:
    """Take records out of the person they were linked to, for good: each side gets its own values back."""
    with running(config) as runner:
        many = lines_of(who[0]) if len(who) == 1 else None
        lines = ["\t".join(who)] if many is None else many
        linking, leavings, left = _found(runner, lines, _leaving)
        command = f"unlink {who[0]}"
        if many is None:
            command = "unlink " + " ".join(":".join(key) for key in leavings[0][1])
        act = partial(linking.unlink, _once(leavings, left))
        _run(command, linking, act, (plan, yes, as_json), None if many is None else left, limit, config)


def _run(
    command: str,
    linking: Linking,
    act: Callable[[bool], Tied],
    flags: Flags,
    left: Mapping[str, str] | None,
    limit: int,
    config: Path,
) -> None:
    """Show it, ask, do it. `left`: the lines that cannot be done, where there were many."""
    from syncer.usecases.sides import Held, NotPossible

    plan, yes, as_json = flags
    try:
        tied = act(False)
        if left is not None:
            left = {**left, **{f"{one.name} {other.name}": why for (one, other), why in tied.barred}}
        if not as_json:
            show_tied(tied, left or {}, limit)
        if not plan and agreed(yes, as_json):
            tied = act(True)
    except NotPossible as error:
        raise _ended(str(error), Code.USAGE) from None
    except Held as error:
        raise _ended(str(error), Code.HELD) from None
    if as_json:
        give(tied_object(command.split()[0], linking.sync.name, tied, left))
    elif tied.report is None:
        tell(f"\nNothing was done. To do it: {hint(f'{command} --yes', config)}")
    else:
        tell(f"\nDone: {tied.report.written} written, as run {tied.run}.")
        for app, row in tied.report.apps.items():
            if row.failed:
                records = counted(row.failed, "record", "records")
                tell(f"{app}: {records} could not be written; {hint('failures list', config)} says why.")
    report = tied.report
    troubled = report is not None and (report.leftovers or report.status != "done")
    raise leave(Code.LEFTOVERS if troubled or left else Code.DONE)


def _found(runner: Runner, lines: Sequence[str], read: Read) -> Found:
    """What the lines mean, in the one sync that knows them; or the end of the command. A single line that
    cannot be done ends it; of several, it is left out."""
    from syncer.usecases.linking import Linking

    found, ended = _meant(runner, lines, read)
    if len(lines) == 1 and ended:
        raise _ended(*ended[lines[0]])
    if not found:
        raise _ended("None of the lines can be done.", Code.FAILED)
    if len(found) > 1:
        several = ", ".join(sync.name for sync, _ in found)
        raise _ended(f"These are of several syncs, a file each: {several}.", Code.USAGE)
    ((sync, meant),) = found
    left = {line: ended[line][0] for line in lines if line in ended}
    return Linking(sync, runner.db, runner.ports), meant, left


def _meant(
    runner: Runner, lines: Sequence[str], read: Read
) -> tuple[list[tuple[Sync, list[Any]]], dict[str, tuple[str, Code]]]:
    """What the lines mean in the first sync that knows them, and why the others are left out. All names are
    looked up at once; a sync is made ready only where a line is left for it."""
    from syncer.usecases.sides import AlreadyOne, NotPossible
    from syncer.usecases.who import look_up, look_up_known

    found: dict[str, tuple[Sync, list[Any]]] = {}
    ended: dict[str, tuple[str, Code]] = {}
    waiting = {line: parts_of(line) for line in lines}
    somebody = set[str]()
    here: dict[str, set[str]] = {name: set() for name in runner.config.syncs}
    # Any app:id may be a record that no run has read yet. So it counts only beside a name that is known, and
    # only where no sync knows all names of the line.
    for sync_name, look in [(name, look) for look in (look_up_known, look_up) for name in here]:
        if not waiting:
            break
        names = [name for parts in waiting.values() for name in parts]
        sync = runner.wiring.sync(sync_name)
        people = look(sync, runner.db, names)
        if look is look_up_known:
            here[sync_name].update(name for name in names if people.known(name))
            somebody |= here[sync_name]
        for line, parts in list(waiting.items()):
            if here[sync_name].isdisjoint(parts):
                continue
            try:
                one = read(sync, runner.db, people, parts)
            except NotPossible as error:
                ended[line] = str(error), Code.DONE if isinstance(error, AlreadyOne) else Code.USAGE
            else:
                if one is None:
                    continue
                found.setdefault(sync_name, (sync, []))[1].append(one)
            del waiting[line]
    for line, parts in waiting.items():
        ended[line] = _nobody(parts, somebody), Code.FAILED
    return list(found.values()), ended


def _nobody(names: Sequence[str], somebody: Collection[str]) -> str:
    """Why no sync can do anything with these names; `somebody`: those that are known."""
    unknown = [f"'{name}'" for name in names if name not in somebody]
    if unknown:
        return f"Nobody is known under {' and '.join(unknown)}."
    told = " and ".join(f"'{name}'" for name in names)
    if len(names) == 1:
        return f"{told} is not linked to anything."
    return f"{told} are not known in one and the same sync, or not linked to anything."


def _pair(sync: Sync, db: Database, people: People, names: Sequence[str]) -> tuple[Side, Side] | None:
    """The two sides of a line; None where one of them is not known here."""
    from syncer.usecases.sides import AlreadyOne, NotPossible, side_of

    if len(names) != 2:
        raise NotPossible(f"A line has two names, with a tab or comma between: {' '.join(names)}")
    one, other = (side_of(people, name) for name in names)
    if one is None or other is None:
        return None
    if one == other:
        raise AlreadyOne(f"'{names[0]}' and '{names[1]}' are one already: {one.name}.")
    return one, other


def _leaving(sync: Sync, db: Database, people: People, names: Sequence[str]) -> Leaving | None:
    from syncer.usecases.sides import leaving_of

    return leaving_of(sync, db, people, names)


def _once(leavings: Sequence[Leaving], left: dict[str, str]) -> list[Leaving]:
    """One line for each golden record: what is left of it after the first has to be looked at again."""
    first: dict[str, Leaving] = {}
    for golden, keys in leavings:
        if golden in first and list(first[golden][1]) != list(keys):
            left[" ".join(":".join(key) for key in keys)] = (
                f"another line leaves {golden}: run this one again"
            )
        first.setdefault(golden, (golden, keys))
    return list(first.values())


def _ended(why: str, code: Code) -> Exit:
    """The end of the command, to be raised."""
    say(why)
    return leave(code)
