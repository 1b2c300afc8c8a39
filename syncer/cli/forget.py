"""`syncer forget`: take a person out of the apps and of everything that is kept here."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from typer import Exit

from syncer.cli.codes import Code, leave
from syncer.cli.confirm import Plan, Yes, agreed
from syncer.cli.explain import Who, syncs
from syncer.cli.meant import Meant
from syncer.cli.names import names_of
from syncer.cli.output import give, say, table, tell
from syncer.cli.session import CONFIG, AsJson, ConfigFile, hint, running
from syncer.words import counted

if TYPE_CHECKING:
    from syncer.running.runner import Runner
    from syncer.usecases.forgetting import Forgetting, Forgotten

ROWS = 30


def forget(
    who: Who,
    plan: Plan = False,
    yes: Yes = False,
    as_json: AsJson = False,
    config: ConfigFile = CONFIG,
) -> None:
    """Archive a person in the apps and forget them here, for good. Shows first what that does."""
    from syncer.usecases.sides import NotPossible

    with running(config) as runner:
        names = names_of(who)
        earlier, receipts = (set[str](), []) if plan else _finished(runner, names)
        try:
            forgetting, shown, left = _found(runner, names)
        except Exit as end:
            if not earlier or end.exit_code != Code.FAILED:
                raise
            for receipt in receipts if as_json else ():
                give(receipt)
            raise leave(Code.DONE if earlier.issuperset(names) else Code.LEFTOVERS) from None
        number = _number(len(shown.people), forgetting.sync.mapping.object)
        if not as_json:
            _show(shown, number)
        warning = f"{number} will be forgotten. " if shown.people else ""
        if plan or not agreed(yes, as_json, f"{warning}There is no way back. "):
            if as_json:
                give(_as_object(shown))
            else:
                tell(f"\nNothing was done. To do it: {hint(f'forget {who} --yes', config)}")
            raise leave(Code.LEFTOVERS if left else Code.DONE)
        try:
            done = forgetting.do(shown)
        except NotPossible as error:
            say(str(error))
            raise leave(Code.FAILED) from None
    if as_json:
        give(_as_object(done))
    else:
        _done(done)
    raise leave(Code.DONE if done.finished and not done.troubles and not left else Code.LEFTOVERS)


def _finished(runner: Runner, names: Sequence[str]) -> tuple[set[str], list[dict[str, Any]]]:
    """Finish what was cut off when nothing was left but to clean up. Returns those of these names that it
    was about, under which nobody is known any more, and the documented keys of what that did."""
    from syncer.forgotten import Marks
    from syncer.running.cleaning import NAMES, finish

    marks, told, theirs = Marks(runner.config.forgotten_dir), list[dict[str, Any]](), set[str]()
    for said in finish(runner.db, marks):
        receipt, mine = marks.receipt_file(said["run"]), {n for n in names if marks.of_name(n) in said[NAMES]}
        say(f"Run {said['run']} was cut off. It is finished now: no trace is left. Receipt: {receipt}")
        done: dict[str, Any] = {"sync": said["sync"], "run": said["run"], "status": "done", "records": []}
        done |= {"removed": said["removed"], "marks": said["marks"], "receipt": str(receipt)}
        told += [{**done, "troubles": [], "doubtful": [], "people": []}] if mine else []
        theirs |= mine
    return theirs, told


def _found(runner: Runner, names: Sequence[str]) -> tuple[Forgetting, Forgotten, bool]:
    """The one sync that knows somebody by these names, what forgetting them does, and whether names are left
    out or records stay; or the end of the command."""
    from syncer.usecases.forgetting import Forgetting
    from syncer.usecases.sides import Held

    meant = Meant(names, runner, list(syncs(runner, None)))
    meant.told()
    ((sync, keys),) = meant.in_one_sync().keys
    forgetting = Forgetting(runner.config, sync, runner.db, runner.ports)
    try:
        shown = forgetting.show(keys)
        return forgetting, shown, bool(meant.missing or meant.several or shown.loose)
    except Held as error:
        say(str(error))
        raise leave(Code.HELD) from None


def _number(people: int, object: str) -> str:
    return counted(people, *(("company", "companies") if object == "company" else ("person", "people")))


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
        "doubtful": told.doubtful,
        "people": [{"who": who, "name": name} for who, name in told.people.items()],
    }


def _show(told: Forgotten, number: str) -> None:
    rows = [(f.outcome, f"{f.app}:{f.record}", f.who or "", f.because) for f in told.fates]
    table(("what", "record", "golden record", "why"), rows[:ROWS])
    if len(rows) > ROWS:
        counts = Counter(f.outcome for f in told.fates)
        tell(f"... in all {', '.join(f'{n} to {what}' for what, n in counts.items())}; --json shows all.")
    if told.people:
        tell(f"\nThat is {number}:")
        table(("golden record", "who"), list(told.people.items())[:ROWS])
        if len(told.people) > ROWS:
            tell(f"... and {len(told.people) - ROWS} more; --json shows all.")
    if told.doubtful:
        tell(f"\nPerhaps the same person: {', '.join(told.doubtful)}.")
        tell("The next sync takes what stays for somebody else. If it is them, say so before: syncer review.")
    kept = "values, links, history, failures, conflicts, plans"
    tell(f"\nOnce that is done, everything about them is removed here: {kept}.")
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
