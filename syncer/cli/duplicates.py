"""`syncer duplicates`: people that one app holds several times."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from syncer.cli.called import by_name
from syncer.cli.codes import Code, leave, worst
from syncer.cli.confirm import Yes, agreed, asks
from syncer.cli.duplicate_group import Group
from syncer.cli.duplicates_told import by_hand, show, show_apart, show_merged, show_noted
from syncer.cli.output import give, say, tell
from syncer.cli.review import stewards, stewards_of
from syncer.cli.session import CONFIG, AsJson, ConfigFile, hint, need_app, running

if TYPE_CHECKING:
    from syncer.cli.called import Tell
    from syncer.cli.duplicate_group import Row
    from syncer.model import LinkKey
    from syncer.running.runner import Runner
    from syncer.usecases.sides import Side
    from syncer.usecases.steward import Steward


def duplicates(
    app: Annotated[str | None, typer.Argument(metavar="APP", help="Only in this app.")] = None,
    merge: Annotated[
        bool,
        typer.Option(
            "--merge", help="Merge them in the app, for good, where it can; else link them: one is written."
        ),
    ] = False,
    yes: Yes = False,
    as_json: AsJson = False,
    config: ConfigFile = CONFIG,
) -> None:
    """List people that one app holds several times, as far as what syncer knows of them tells."""
    found = _found(app, as_json, config)
    twice = [group for group in found if group.pairs]
    if not as_json:
        show(twice)
        show_apart(found)
    code = Code.DONE
    if merge and twice:
        code = _merge(twice, yes, as_json, config)
    elif not as_json and any(not group.by_hand for group in twice):
        merges = hint("duplicates --merge", config)
        tell(f"\n{merges} merges them in apps that can, and links them elsewhere.")
    if as_json:
        give([group.as_json() for group in found])
    raise leave(code)


def _found(app: str | None, as_json: bool, config: Path) -> list[Group]:
    found = list[Group]()
    with running(config) as runner:
        if app is not None:
            need_app(runner.config, app)
        for steward in stewards_of(runner.config, runner.db):
            apps = [name for name in runner.config.syncs[steward.space].apps if app in (None, name)]
            groups = [group for name in apps for group in steward.duplicates(name)]
            found += _groups(runner, steward, groups, config)
        if not as_json:
            _tell_by_name(runner, found)
    return found


def _tell_by_name(runner: Runner, found: Sequence[Group]) -> None:
    from syncer.usecases.referents import Spot

    def rows(told: Tell, group: Group) -> list[Row]:
        places = runner.config.syncs[group.sync].draft.places[group.app]
        spots = {name: Spot(group.sync, places[name], group.app) for name, *_ in group.fields}
        return [
            (name, [told(spots[name], value) for value in held], told(spots[name], after))
            for name, held, after in group.fields
        ]

    tables = by_name(runner.config, runner.db, lambda told: [rows(told, group) for group in found])
    for group, table in zip(found, tables, strict=True):
        group.told = table


def _groups(
    runner: Runner, steward: Steward, found: Sequence[Sequence[LinkKey]], config: Path
) -> Iterator[Group]:
    from syncer.usecases.merging import merges

    told_apart = steward.told_apart(found)
    for group in found:
        for one in steward.twice(group, told_apart):
            apart = {id: _why_apart(pair, config) for (_, id), pair in one.apart.items()}
            app = one.records[0][0]
            object = runner.config.syncs[steward.space].draft.objects[app]
            able, who = merges(runner.wiring.connector(app), object), steward.one_golden(one.records)
            fields = steward.preview(one.records, able)
            yield Group(steward.space, app, object, one.records, who, able, fields, apart)


def _why_apart(pair: tuple[LinkKey, LinkKey], config: Path) -> str:
    one, other = (":".join(key) for key in pair)
    link = hint(f"link {one} {other}", config)
    return f"{one} and {other} were unlinked, or said to be two people; if they are one: {link}"


def _merge(found: Sequence[Group], yes: bool, as_json: bool, config: Path) -> Code:
    """In apps that merge, if somebody says yes to what nobody can take back; else they are linked."""
    able = [group for group in found if group.merges]
    rest = [group for group in found if not group.merges and not group.by_hand]
    sure = not (able or rest) or agreed(yes, as_json, _warning(able))
    if not sure and asks(yes, as_json):
        tell("\nNothing was done.")
        return Code.DONE
    if not sure:
        _note([*able, *rest], config)
        if not as_json:
            show_noted(len(able) + len(rest), config)
        return Code.DONE
    for group in (group for group in found if group.by_hand):
        why = f"one golden record already; {by_hand(group)}"
        group.left = {id: why for _, id in group.records[1:]}
    codes, linked = [Code.DONE], list[Group]()
    if able or rest:
        with running(config) as runner:
            codes.append(_in_apps(runner, able))
            linked, code = _linked(runner, rest)
            codes.append(code)
    if not as_json:
        show_merged(found, linked, config)
    return worst([*codes, Code.LEFTOVERS if any(group.left for group in found) else Code.DONE])


def _warning(able: Sequence[Group]) -> str:
    number, apps = sum(len(g.pairs) for g in able), ", ".join(sorted({g.app for g in able}))
    return f"{number} records are merged in {apps}: no app takes a merge back. " if able else ""


def _in_apps(runner: Runner, groups: Sequence[Group]) -> Code:
    from syncer.usecases.merging import MergingInApp
    from syncer.usecases.sides import Held

    of: dict[str, list[Group]] = defaultdict(list)
    for group in groups:
        of[group.sync].append(group)
    for name, mine in of.items():
        pairs = [pair for group in mine for pair in group.pairs]
        try:
            merged = MergingInApp(runner.wiring.sync(name), runner.db, runner.ports).merge(pairs)
        except Held as error:
            say(str(error))
            return Code.HELD
        for group in mine:
            group.merged = {k[1]: merged.into[k][1] for k in group.records if k in merged.into}
            group.left = {k[1]: merged.left[k] for k in group.records if k in merged.left}
    return Code.DONE


def _linked(runner: Runner, groups: Sequence[Group]) -> tuple[list[Group], Code]:
    """In apps that merge nothing: one golden record each. Returns those that are one now."""
    from syncer.usecases.linking import Linking
    from syncer.usecases.sides import Held, NotPossible

    codes, linked = [Code.DONE], list[Group]()
    for name in dict.fromkeys(group.sync for group in groups):
        mine = [group for group in groups if group.sync == name]
        linking = Linking(runner.wiring.sync(name), runner.db, runner.ports)
        twos = _sides(runner, name, mine)
        try:
            tied = linking.link(twos, do=True) if twos else None
        except (Held, NotPossible) as error:
            say(str(error))
            codes.append(Code.HELD if isinstance(error, Held) else Code.LEFTOVERS)
            continue
        one_now = [group for group in mine if not _sides(runner, name, [group])]
        linked += one_now
        whole = tied is None or tied.report is None or tied.report.status == "done"
        if len(one_now) < len(mine) or not whole:
            codes.append(Code.LEFTOVERS)
        for names, why in tied.barred if tied is not None else ():
            say(f"{' and '.join(names)} were not linked: {why}")
    return linked, worst(codes)


def _sides(runner: Runner, sync: str, groups: Sequence[Group]) -> list[tuple[Side, Side]]:
    """The pairs that are not one golden record."""
    from syncer.store.records import Records
    from syncer.usecases.sides import side_of_record

    records = Records(runner.db, sync)
    with runner.db.reading():
        twos = [
            (side_of_record(records, one), side_of_record(records, other))
            for group in groups
            for one, other in group.pairs
        ]
    return [(one, other) for one, other in twos if one.golden is None or one.golden != other.golden]


def _note(groups: Sequence[Group], config: Path) -> None:
    """Remember that they are one, and ask no more about them: the next sync acts on it."""
    with stewards(config) as each:
        of = {steward.space: steward for steward in each}
        for group in groups:
            for survivor, other in group.pairs:
                of[group.sync].decide(survivor, other, "together", datetime.now(UTC))
