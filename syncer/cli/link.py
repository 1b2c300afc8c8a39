"""`syncer link` and `syncer unlink`: say who is one person, and who never is."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer import Exit

from syncer.cli.codes import Code, leave
from syncer.cli.confirm import Plan, Yes, agreed
from syncer.cli.link_told import show_tied, tied_object
from syncer.cli.names import WHO, known_in, lines_of, one_sync_a_file, parts_of
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


@dataclass(frozen=True)
class _Place:
    """A sync, what its state tells of all names, and which of these it knows (`here`)."""

    sync: Sync
    people: People
    here: set[str]


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
        _run(runner, command, linking, act, (plan, yes, as_json), None if other else left, limit, config)


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
        left_out = None if many is None else left
        _run(runner, command, linking, act, (plan, yes, as_json), left_out, limit, config)


def _run(
    runner: Runner,
    command: str,
    linking: Linking,
    act: Callable[[bool], Tied],
    flags: Flags,
    left: Mapping[str, str] | None,
    limit: int,
    config: Path,
) -> None:
    """Show it, ask, do it. `left`: the lines that cannot be done, where there were many."""
    from syncer.usecases.sides import Changed, Held, NotPossible

    plan, yes, as_json = flags
    try:
        tied = act(False)
        if left is not None:
            left = {**left, **{" ".join(names): why for names, why in tied.barred}}
        if not as_json:
            show_tied(runner, linking.sync.name, tied, left or {}, limit)
        if not plan and agreed(yes, as_json):
            tied = act(True)
    except NotPossible as error:
        raise _ended(str(error), Code.FAILED if isinstance(error, Changed) else Code.USAGE) from None
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
        raise _ended(one_sync_a_file([sync.name for sync, _ in found]), Code.USAGE)
    ((sync, meant),) = found
    left = {line: ended[line][0] for line in lines if line in ended}
    return Linking(sync, runner.db, runner.ports), meant, left


def _meant(
    runner: Runner, lines: Sequence[str], read: Read
) -> tuple[list[tuple[Sync, list[Any]]], dict[str, tuple[str, Code]]]:
    """What the lines mean in the one sync that knows them, and why the others are left out."""
    from syncer.usecases.sides import AlreadyOne, NotPossible

    found: dict[str, tuple[Sync, list[Any]]] = {}
    ended: dict[str, tuple[str, Code]] = {}
    parts = {line: parts_of(line) for line in lines}
    places = _places(runner, [name for names in parts.values() for name in names])
    somebody = set[str]().union(*(place.here for place in places))
    for line, names in parts.items():
        meanings = _meanings(runner.db, places, names, read)
        if not meanings:
            ended[line] = _nobody(names, somebody), Code.FAILED
        elif len(meanings) > 1:
            ended[line] = known_in(" ".join(names), [sync.name for sync, _ in meanings]), Code.USAGE
        else:
            ((sync, one),) = meanings
            if isinstance(one, NotPossible):
                ended[line] = str(one), Code.DONE if isinstance(one, AlreadyOne) else Code.USAGE
            else:
                found.setdefault(sync.name, (sync, []))[1].append(one)
    return list(found.values()), ended


def _places(runner: Runner, names: Sequence[str]) -> list[_Place]:
    """All syncs, with what they know of these names, which are looked up at once."""
    from syncer.usecases.who import look_up, without_unheard

    places = []
    for sync in map(runner.wiring.sync, runner.config.syncs):
        people = look_up(sync, runner.db, names)
        heard = without_unheard(sync, runner.db, people)
        places.append(_Place(sync, people, {name for name in names if heard.known(name)}))
    return places


def _meanings(
    db: Database, places: Sequence[_Place], names: Sequence[str], read: Read
) -> list[tuple[Sync, Any]]:
    """The syncs in which a line means something, and what; a `NotPossible` where that cannot be done.

    Any app:id may be a record that no run has read yet. So it counts only beside a name that is known, and
    only where no sync knows all names of the line."""
    from syncer.usecases.sides import NotPossible

    knowing_all = [place for place in places if place.here.issuperset(names)]
    knowing_some = [place for place in places if not place.here.isdisjoint(names)]
    found: list[tuple[Sync, Any]] = []
    for place in knowing_all or knowing_some:
        try:
            one = read(place.sync, db, place.people, names)
        except NotPossible as error:
            one = error
        if one is not None:
            found.append((place.sync, one))
    return found


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
    for side, keys in leavings:
        if side.name in first and list(first[side.name][1]) != list(keys):
            left[" ".join(":".join(key) for key in keys)] = (
                f"another line leaves {side.name}: run this one again"
            )
        first.setdefault(side.name, (side, keys))
    return list(first.values())


def _ended(why: str, code: Code) -> Exit:
    """The end of the command, to be raised."""
    say(why)
    return leave(code)
