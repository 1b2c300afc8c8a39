"""What an app lost while it goes on in others: how much, and the command that makes it again."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING, Any

from syncer.cli.output import say, tell
from syncer.cli.session import hint
from syncer.words import counted

if TYPE_CHECKING:
    from syncer.engine import Options
    from syncer.report import Report
    from syncer.running.runner import Runner
    from syncer.store.database import Database

MANY = 5  # deletions at once, or a tenth of what was linked: perhaps nobody meant them


def to_bring_back(sync: str, app: str, config: Path) -> str:
    """The command that makes again what is gone in an app."""
    return hint(f"resync {sync} --app {app} --bring-back", config)


def in_status(one: dict[str, Any], config: Path) -> None:
    """Of each app, what is gone there. `one`: as `syncer status` tells it."""
    for app, said in one["apps"].items():
        if said["gone"]:
            were = counted(said["gone"], "linked record was", "linked records were")
            tell(f"{app}: {were} deleted or archived there, and not in the other apps")
            tell(f"  to make them again there: {to_bring_back(one['sync'], app, config)}")


def after_run(db: Database, report: Report, options: Options, config: Path) -> None:
    """What this run found to be gone, and what it could not bring back."""
    from syncer.usecases.gone import gone_in

    asked = options.bring_back if options.reject is None else None
    with db.reading():
        many = _many(db, report)
        back = gone_in(db, report.sync, {*many, *([asked] if asked in report.apps else [])})
    for app, number in report.gone.items():
        tell(f"{app}: {counted(number, 'linked record is', 'linked records are')} not there any more.")
        if app in many and app != asked and back[app] and report.status != "held":
            tell(f"  If nobody meant that: {to_bring_back(report.sync, app, config)} makes them again.")
    if asked in back and not options.dry_run and not report.apps[asked].error:
        _after_asked(report, asked, back[asked])


def _many(db: Database, report: Report) -> Collection[str]:
    """Apps that lost many records in this run."""
    from syncer.store.records import Records

    linked = Records(db, report.sync).linked_counts()
    return [a for a, n in report.gone.items() if n >= MANY or n * 10 >= linked.get(a, 0) + n]


def _after_asked(report: Report, app: str, left: int) -> None:
    """`left`: records that are gone there still, after a run that was to make them again."""
    if report.status == "held" and report.held_run != report.run:
        tell(f"Another plan waits for an answer. When that is given, ask again for what is gone in {app}.")
    elif report.status != "held" and left:
        stay = counted(left, "linked record stays", "linked records stay")
        tell(
            f"{app}: {stay} gone. None may be made there: the mapping says so (creates, create_when), consent"
            " forbids it, the app refused it or keeps the address for an archived record, or somebody like"
            " them waits in syncer review."
        )


def not_waiting(runner: Runner, run: str, app: str | None, config: Path) -> None:
    """Of a run that cannot be turned down any more: what it found to be gone is made again all the same."""
    from syncer.store.history import History
    from syncer.usecases.gone import gone_in

    with runner.db.reading():
        found = History(runner.db).run(run)
        if found is None or found["sync"] not in runner.config.syncs:
            return
        apps = [app] if app is not None else found["report"].get("gone", ())
        known = [a for a in apps if a in runner.config.syncs[found["sync"]].apps]
        lost = gone_in(runner.db, found["sync"], known)
    for name in [name for name, number in lost.items() if number]:
        say(f"To make again what is gone in {name}: {to_bring_back(found['sync'], name, config)}")
