"""`syncer forget`: take a person out of the apps and of everything that is kept here."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from syncer.cli.agreeing import Plan, Yes, agreed
from syncer.cli.codes import Code, leave
from syncer.cli.output import give, say, table, tell
from syncer.cli.session import CONFIG, AsJson, ConfigFile, hint, running

if TYPE_CHECKING:
    from syncer.runner import Runner
    from syncer.usecases.forgetting import Forgetting, Forgotten


def forget(
    who: Annotated[str, typer.Argument(metavar="WHO", help="E-mail, phone, domain, golden id, or app:id.")],
    plan: Plan = False,
    yes: Yes = False,
    as_json: AsJson = False,
    config: ConfigFile = CONFIG,
) -> None:
    """Archive a person in the apps and forget them here, for good. Shows first what that does."""
    with running(config) as runner:
        forgetting, shown = _found(runner, who)
        if not as_json:
            _show(shown)
        if plan or not agreed(yes, as_json, "There is no way back. "):
            if as_json:
                give(_as_object(shown))
            else:
                tell(f"\nNothing was done. To do it: {hint(f'forget {who} --yes', config)}")
            return
        done = forgetting.do(shown)
    if as_json:
        give(_as_object(done))
    else:
        _done(done)
    raise leave(Code.DONE if done.finished and not done.troubles else Code.LEFTOVERS)


def _found(runner: Runner, who: str) -> tuple[Forgetting, Forgotten]:
    """The one sync that knows somebody by this name, or the end of the command."""
    from syncer.usecases.forgetting import Forgetting

    found = []
    for name in runner.config.syncs:
        forgetting = Forgetting(runner.config, runner.wiring.sync(name), runner.db, runner.ports)
        shown = forgetting.show(who)
        if shown is not None:
            found.append((forgetting, shown))
    if len(found) > 1:
        several = ", ".join(shown.sync for _, shown in found)
        say(f"'{who}' is known in several syncs: {several}. Name the golden id (syncer explain shows it).")
        raise leave(Code.USAGE)
    if not found:
        say(f"Nobody is known under '{who}'.")
        raise leave(Code.FAILED)
    return found[0]


def _as_object(told: Forgotten) -> dict[str, Any]:
    """The documented keys of `forget --json`."""
    status = "planned" if told.report is None else "done" if told.finished else "failed"
    return {
        "sync": told.sync,
        "run": told.run or None,
        "status": status,
        "records": [asdict(fate) for fate in told.fates],
        "removed": dict(sorted(told.removed.items())),
        "marks": told.marks,
        "receipt": str(told.receipt) if told.receipt else None,
        "troubles": told.troubles,
    }


def _show(told: Forgotten) -> None:
    rows = [(f.outcome, f"{f.app}:{f.record}", f.who or "", f.because) for f in told.fates]
    table(("what", "record", "golden record", "why"), rows)
    tell("\nHere everything about them is removed: values, links, history, dead letters, conflicts, plans.")
    tell("A later record with the same address or id will wait in syncer review.")


def _done(told: Forgotten) -> None:
    if not told.finished:
        _show_failed(told)
        return
    tell(f"\nForgotten, as run {told.run}: {sum(told.removed.values())} entries were removed here.")
    for trouble in told.troubles:
        say(trouble)
    tell(f"Receipt: {told.receipt}. Older backups still hold the person: delete them when they are due.")


def _show_failed(told: Forgotten) -> None:
    for fate in told.fates:
        if fate.outcome == "failed":
            say(f"{fate.app}:{fate.record} could not be taken out: {fate.because}")
    say("So nothing was removed here, or they would come back. The same command tries again.")
