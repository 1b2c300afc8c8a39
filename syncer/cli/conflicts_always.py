"""`syncer conflicts resolve --always`: the answer becomes a rule of the mapping. Shows the changed lines and
the plan, asks once, and then settles, adopts the changed mapping, and writes the file."""

from __future__ import annotations

import difflib
import os
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from mappings.rewrite import CannotRewrite, prefer, with_rule
from syncer.cli.codes import Code, leave, worst
from syncer.cli.conflicts_told import report, waiting
from syncer.cli.output import say, tell
from syncer.cli.reporting import examples
from syncer.cli.session import hint
from syncer.words import counted

if TYPE_CHECKING:
    from conflicts.log import Entry
    from syncer.config.files import Config
    from syncer.model import Item
    from syncer.report import Report
    from syncer.running.runner import Runner
    from syncer.usecases.settling import Settling, Wish


def settle_always(
    runner: Runner, wishes: Sequence[tuple[Entry, Wish]], yes: bool, as_json: bool, config: Path
) -> list[Code]:
    """One file and one run for each sync."""
    from syncer.usecases.settling import by_sync

    return [_one(runner, name, some, yes, as_json, config) for name, some in by_sync(wishes).items()]


def _one(
    runner: Runner, name: str, wishes: Sequence[tuple[Entry, Wish]], yes: bool, as_json: bool, config: Path
) -> Code:
    from syncer.running.runner import Runner
    from syncer.usecases.settling import Settling

    path = Path(runner.config.syncs[name].draft.path)
    draft = path.resolve().with_name(f".{path.name}.changed")  # beside the file itself, where that is a link
    text = path.read_text(encoding="utf-8")
    try:
        changed = _written(runner.config, name, wishes, text, draft)
        trial = Runner(changed, runner.db, runner.ports)
        try:
            settling = Settling(trial, trial.wiring.sync(name))
            settling.prepare(wishes)
            shown = settling.run(whole=True, dry_run=True)
            items = shown.plan.decided.items if shown is not None and shown.plan is not None else []
            _show(settling, path, text, draft.read_text(encoding="utf-8"), items, say if as_json else tell)
            if settling.answers and not _agreed(settling, items, yes):
                say(f"\nNothing was done. To do it, add --yes, or see more: {hint(f'plan {name}', config)}")
                return Code.DONE
            if _moved(path, text):
                say(f"Nothing was done: {path} was changed meanwhile. Give the command once more.")
                return Code.LEFTOVERS
            ran, stands = _settled(settling, items, path, draft)
        finally:
            trial.close()
        if ran is not None and stands:
            _tell_others(runner, name, wishes, config)
        code = report(settling, ran, as_json, config)
        return code if stands else worst([code, Code.LEFTOVERS])
    finally:
        with suppress(FileNotFoundError):
            draft.unlink()


def _settled(settling: Settling, items: list[Item], path: Path, draft: Path) -> tuple[Report | None, bool]:
    """The run, and whether the changed mapping is in its file as it should be. It goes there first: what was
    cut off can be asked for again then, and goes on under the mapping under which it was decided."""
    if not settling.answers:
        return None, True
    former, changed, ran = path.read_bytes(), draft.read_text(encoding="utf-8"), None
    draft.replace(path.resolve())
    try:
        outcome = settling.run(whole=True, approved=items)
        ran = outcome.report if outcome is not None else None
    finally:
        stands = _stands(settling, ran, path, former, changed, draft)
    return ran, stands


def _stands(
    settling: Settling, ran: Report | None, path: Path, former: bytes, changed: str, draft: Path
) -> bool:
    """Whether the changed mapping stays in its file: as it was before, where nothing was decided under it."""
    if _moved(path, changed):
        say(f"{path} was changed meanwhile and left as it is. Put the lines with a + above into it by hand.")
        return False
    if settling.is_adopted():
        say(f"The rule stands in {path} now. An undo of this run leaves it there: edit the file as well.")
        return True
    draft.write_bytes(former)
    draft.chmod(os.stat(path).st_mode & 0o777)
    draft.replace(path.resolve())
    say(f"{path} is as it was: {ran.reason if ran is not None and ran.reason else 'the run failed'}.")
    return False


def _moved(path: Path, text: str) -> bool:
    """Whether somebody has changed the file since it was read: what is typed there is never written over."""
    try:
        return path.read_text(encoding="utf-8") != text
    except FileNotFoundError:
        return True


def _written(
    config: Config, name: str, wishes: Sequence[tuple[Entry, Wish]], text: str, draft: Path
) -> Config:
    """The config with the changed mapping, whose text lies in a file of its own. Raises `ProblemsFound`."""
    from mappings.load import read

    sync = config.syncs[name]
    try:
        for field, app in dict.fromkeys((entry.field, wish.take or "") for entry, wish in wishes):
            rule = sync.draft.fields[field].rule
            if rule.kind == "only":
                raise CannotRewrite(f"{field} is taken from {rule.apps[0]} only; change that by hand")
            known = rule.apps if rule.kind == "prefer" else ()
            text = with_rule(text, field, prefer([app, *(a for a in known if a != app)]))
    except CannotRewrite as why:
        say(f"{sync.draft.path} cannot be changed by syncer. {why}")
        raise leave(Code.USAGE) from None
    draft.write_text(text, encoding="utf-8")
    draft.chmod(os.stat(sync.draft.path).st_mode & 0o777)
    changed = replace(sync, draft=read(draft, shown=sync.draft.path))
    return replace(config, syncs={**config.syncs, name: changed})


def _show(
    settling: Settling, path: Path, before: str, after: str, items: list[Item], out: Callable[[str], None]
) -> None:
    """The changed lines, and what would be written."""
    lines = difflib.unified_diff(
        before.splitlines(), after.splitlines(), str(path), f"{path} (changed)", lineterm="", n=2
    )
    out("\n".join(lines) or f"{path} says so already.")
    mine = sum(item.golden in settling.answers for item in items)
    out(f"\nTo be written: {mine} records of these conflicts, and {len(items) - mine} others.")
    for line in examples(settling.runner, settling.sync.name, items):
        out(f"  {line}")
    out("")


def _tell_others(runner: Runner, name: str, wishes: Sequence[tuple[Entry, Wish]], config: Path) -> None:
    """A rule speaks from now on: what waits already goes on waiting."""
    from syncer.store.conflicts import Sought

    for field, app in dict.fromkeys((entry.field, wish.take or "") for entry, wish in wishes):
        if number := len(waiting(runner, Sought(name, field=field))):
            command = hint(f"conflicts resolve --field {field} --take {app}", config)
            wait = counted(number, f"conflict about {field} waits", f"conflicts about {field} wait")
            say(f"{wait} as before; {command} settles what waits, too.")


def _agreed(settling: Settling, items: list[Item], yes: bool) -> bool:
    """On a terminal somebody says so; elsewhere the changed rule alone may write nothing more."""
    if yes:
        return True
    if not sys.stdin.isatty():
        return all(item.golden in settling.answers for item in items)
    return typer.confirm("Do this?", err=True)
