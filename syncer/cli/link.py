"""`syncer link` and `syncer unlink`: say who is one person, and who never is."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer import Exit

from syncer.cli.agreeing import Plan, Yes, agreed
from syncer.cli.codes import Code, leave
from syncer.cli.output import give, say, table, tell
from syncer.cli.reporting import value
from syncer.cli.session import CONFIG, AsJson, ConfigFile, hint, running

if TYPE_CHECKING:
    from syncer.model import LinkKey
    from syncer.runner import Runner
    from syncer.usecases.linking import Linking, Side, Tied

_NAME = "E-mail, phone, domain, golden id, or app:id."


def link(
    one: Annotated[str, typer.Argument(metavar="WHO", help=_NAME, show_default=False)],
    other: Annotated[str, typer.Argument(metavar="WHO", help=_NAME, show_default=False)],
    plan: Plan = False,
    yes: Yes = False,
    as_json: AsJson = False,
    config: ConfigFile = CONFIG,
) -> None:
    """Make one golden record of two people or companies. Shows first what that writes."""
    with running(config) as runner:
        linking, first, second = _sides(runner, one, other)
        if first == second:
            raise _ended(f"'{one}' and '{other}' are one already: {first.name}.", Code.DONE)
        command = f"link {one} {other}"
        _run(command, linking, lambda do: linking.link(first, second, do), (plan, yes, as_json), config)


def unlink(
    who: Annotated[list[str], typer.Argument(metavar="WHO...", help=_NAME, show_default=False)],
    plan: Plan = False,
    yes: Yes = False,
    as_json: AsJson = False,
    config: ConfigFile = CONFIG,
) -> None:
    """Take records out of the person they were linked to, for good: each side gets its own values back."""
    with running(config) as runner:
        linking, golden, leaving = _leaving(runner, who)
        command = "unlink " + " ".join(":".join(key) for key in leaving)
        _run(command, linking, lambda do: linking.unlink(golden, leaving, do), (plan, yes, as_json), config)


def _run(
    command: str,
    linking: Linking,
    act: Callable[[bool], Tied],
    flags: tuple[bool, bool, bool],
    config: Path,
) -> None:
    """Show it, ask, do it."""
    from syncer.usecases.linking import Held, NotPossible

    plan, yes, as_json = flags
    try:
        tied = act(False)
        if not as_json:
            _show(tied)
        if not plan and agreed(yes, as_json):
            tied = act(True)
    except NotPossible as error:
        raise _ended(str(error), Code.USAGE) from None
    except Held as error:
        raise _ended(str(error), Code.HELD) from None
    if as_json:
        give(_as_object(command.split()[0], linking.sync.name, tied))
    elif tied.report is None:
        tell(f"\nNothing was done. To do it: {hint(f'{command} --yes', config)}")
    else:
        tell(f"\nDone: {tied.report.written} written, as run {tied.run}.")
    report = tied.report
    troubled = report is not None and (report.leftovers or report.status != "done")
    raise leave(Code.LEFTOVERS if troubled else Code.DONE)


def _sides(runner: Runner, one: str, other: str) -> tuple[Linking, Side, Side]:
    """The sync in which both are known, and who they are; or the end of the command."""
    from syncer.usecases.linking import Linking, NotPossible, side_of

    names, unknown = (one, other), {one, other}
    for sync in _wired(runner):
        try:
            found = {name: side_of(sync, runner.db, name) for name in names}
        except NotPossible as error:
            raise _ended(str(error), Code.USAGE) from None
        sides = [side for name in names if (side := found[name]) is not None]
        if len(sides) == len(names):
            return Linking(sync, runner.db, runner.ports), sides[0], sides[1]
        unknown -= {name for name, side in found.items() if side is not None}
    who = " and ".join(f"'{name}'" for name in names if name in unknown) or "both in one sync"
    raise _ended(f"Nobody is known under {who}.", Code.FAILED)


def _leaving(runner: Runner, names: Sequence[str]) -> tuple[Linking, str, list[LinkKey]]:
    """The golden record that is left, and the records that leave it; or the end of the command."""
    from syncer.usecases.linking import Linking, NotPossible, leaving_of

    for sync in _wired(runner):
        try:
            found = leaving_of(sync, runner.db, names)
        except NotPossible as error:
            raise _ended(str(error), Code.USAGE) from None
        if found is not None:
            return Linking(sync, runner.db, runner.ports), *found
    who = ", ".join(f"'{name}'" for name in names)
    raise _ended(f"Nobody is known under {who}.", Code.FAILED)


def _wired(runner: Runner) -> Iterator[Any]:
    return (runner.wiring.sync(name) for name in runner.config.syncs)


def _ended(why: str, code: Code) -> Exit:
    """The end of the command, to be raised."""
    say(why)
    return leave(code)


def _as_object(action: str, sync: str, tied: Tied) -> dict[str, Any]:
    """The documented keys of `link --json` and `unlink --json`."""
    report = tied.report
    return {
        "sync": sync,
        "action": action,
        "run": tied.run or None,
        "status": report.status if report else "planned",
        "written": report.written if report else 0,
        "goldens": tied.goldens,
        "golden": [
            {"who": x.who, "field": x.field, "before": x.now, "after": x.back}
            for x in tied.lines
            if x.act == "golden"
        ],
        "writes": [
            {
                "app": item.app,
                "record": item.record,
                "who": item.golden,
                "kind": item.kind,
                "changes": [{"field": f, "before": b, "after": a} for f, b, a in _changes(item)],
            }
            for item in tied.items
        ],
        "left": [
            {"app": x.app, "record": x.record, "who": x.who, "field": x.field, "because": x.why}
            for x in tied.lines
            if x.act in ("left", "parted")
        ],
    }


def _changes(item: Any) -> list[tuple[str, Any, Any]]:
    from syncer.model import Mark

    return [(f, None if isinstance(b, Mark) else b, a) for f, (b, a) in item.slots.items()]


def _show(tied: Tied) -> None:
    rows = [("golden value", x.who, x.field or "", value(x.now), value(x.back), "") for x in tied.lines
            if x.act == "golden"]  # fmt: skip
    for item in tied.items:
        place = f"{item.app}:{item.record or '(new)'}"
        if not item.slots:
            rows.append((item.kind, place, "", "", "", ""))
        rows += [(item.kind, place, f, value(b), value(a), "") for f, b, a in _changes(item)]
    rows += [("leave", f"{x.app}:{x.record}", x.field or "", value(x.now), "", x.why) for x in tied.lines
             if x.act in ("left", "parted")]  # fmt: skip
    if rows:
        table(("what", "record", "field", "now", "then", "why"), rows)
    else:
        tell("No value changes anywhere.")
