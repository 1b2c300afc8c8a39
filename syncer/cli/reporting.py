"""What people see of a run: a row an app, what it came to, and where to look next."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from conflicts.log import shown
from syncer.cli import gone_told, stopped_told
from syncer.cli.called import in_items
from syncer.cli.output import STATUS_WORDS, table, tell
from syncer.cli.session import hint
from syncer.model import ABSENT, BLANK, Item, Value
from syncer.report import PAUSED, of_app
from syncer.store.conflicts import Conflicts, Sought
from syncer.store.history import History
from syncer.words import counted

if TYPE_CHECKING:
    from syncer.engine import Options, Plan
    from syncer.report import Report
    from syncer.running.runner import Outcome, Runner

EXAMPLES = 10
COUNTED = ("conflict", "first_merge")
_RELINKED = {
    "gone": "is archived or deleted there; it was {}",
    "join": "would join {}",
    "merge": "was merged there; it was {}",
}
_TELLING = {"archive": 0, "blank": 1, "update": 2, "create": 3}


def show(runner: Runner, outcome: Outcome, options: Options, config: Path) -> None:
    """The result of one run."""
    report = outcome.report
    with runner.db.reading():
        history = History(runner.db)
        conflicts = _conflicts_by_app(history, report)
        reviews = Counter(str(row["app"]) for row in history.reviews(report.sync) if row["run"] == report.run)
    columns = ["app", "read", "linked", "created", "updated", "unchanged", "conflicts", "for review", "calls"]
    rows = [
        [app, r.read, r.linked, r.created, r.updated, r.unchanged, conflicts[app], reviews[app], r.calls]
        for app, r in report.apps.items()
    ]
    for name, numbers in (
        ("archived", [r.archived for r in report.apps.values()]),
        ("failed", [r.failed for r in report.apps.values()]),
        ("held" if report.status == "held" else "planned", [r.held for r in report.apps.values()]),
    ):
        if any(numbers):
            columns.append(name)
            rows = [[*row, number] for row, number in zip(rows, numbers, strict=True)]
    what = "what a run would do" if options.dry_run else _heading(report)
    table(columns, rows, f"{report.sync}: {what}  (run {report.run}, {report.seconds:.1f} s)")
    _notes(runner, report)
    gone_told.after_run(runner.db, report, options, config)
    if options.dry_run and options.bring_back is not None and outcome.plan is not None:
        _would(runner, report.sync, outcome.plan.decided.items)
    if options.dry_run and outcome.plan is not None and outcome.plan.held:
        tell(f"It would be held: {outcome.plan.held}.")
    elif report.status == "held" and outcome.plan is not None:
        _held(runner, report, outcome.plan, config)
    elif report.status == "held":
        tell(f"{'It would be held' if options.dry_run else 'It is held'}: {report.reason}.")
        if not options.dry_run:
            tell("\nTo let the new account in: " + hint(f"sync {report.sync} --approve {report.run}", config))
    _next(report, options, config)


def _heading(report: Report) -> str:
    return f"{STATUS_WORDS.get(report.status, report.status)}, {report.written} written"


def _conflicts_by_app(history: History, report: Report) -> Counter[str]:
    """App -> conflicts of this run in which it had a say."""
    counts: Counter[str] = Counter()
    if report.conflicts:
        sought = Sought(report.sync, COUNTED, run=report.run)
        for entry in Conflicts(history.db).newest(1_000_000, sought):
            counts.update({c.app for c in entry.candidates} & set(report.apps))
    return counts


def _notes(runner: Runner, report: Report) -> None:
    for app, row in report.apps.items():
        if row.error == PAUSED:
            tell(f"{app} is paused: it was not read.")
        elif row.error:
            tell(of_app(app, row.error))
    for app, number in report.merged.items():
        tell(
            f"{app}: {counted(number, 'linked record was', 'linked records were')} merged into another there."
        )
    for app, moves in report.scope.items():
        came = counted(moves["entered"], "record", "records")
        tell(f"{app}: {came} came into its filter, {moves['left']} went out of it.")
    stopped_told.fields(report.stopped)
    stopped_told.groups(report.stopped)
    blamed = any(row.error not in ("", PAUSED) for row in report.apps.values())
    if report.status == "failed" and report.reason and not blamed:
        tell(f"It failed: {report.reason}")
    if report.left_out:
        changes = counted(
            len(report.left_out),
            "change of the plan does not hold any more and was left out",
            "changes of the plan do not hold any more and were left out",
        )
        tell(f"{changes}:")
        for line in examples(runner, report.sync, report.left_out):
            tell(f"  {line}")
        tell("What is due there now is planned like any other change, in this run or in the next.")
    if report.leftovers:
        records = counted(report.leftovers, "record", "records")
        tell(f"{records} could not be brought up to date; the next run tries again.")


def _held(runner: Runner, report: Report, plan: Plan, config: Path) -> None:
    if report.written:  # lowered consent waits for nobody
        written = counted(report.written, "opt-out was", "opt-outs were")
        waits = counted(len(plan.decided.items), "change waits", "changes wait")
        tell(f"\n{written} written already; {waits}, because {plan.held}.")
    else:
        tell(f"\nNothing was written, because {plan.held}.")
    _would(runner, report.sync, plan.decided.items)
    relinks = plan.decided.relinks if any(trip.kind == "links" for trip in plan.trips) else []
    if relinks:
        tell("\nLinks that change, among others:" if len(relinks) > EXAMPLES else "\nLinks that change:")
    for link in relinks[:EXAMPLES]:
        tell(f"  {link.app} {link.record}  {_RELINKED[link.kind].format(link.golden)}")
    tell()
    gone = sorted({link.app for link in plan.decided.lost})
    run = plan.held_run or report.run
    if plan.decided.items and not plan.undone:
        tell("To see all of it:    " + hint(f"show {run} --limit 0", config))
    answers(report.sync, run, config, plan.undone, gone)


def _would(runner: Runner, sync: str, items: list[Item]) -> None:
    if items:
        tell("\nIt would, among others:" if len(items) > EXAMPLES else "\nIt would:")
    for line in examples(runner, sync, items):
        tell(f"  {line}")


def answers(sync: str, run: str, config: Path, undone: bool = False, gone: Sequence[str] = ()) -> None:
    """How to answer a held plan. `undone`: an undo holds the sync; `gone`: apps that lost records."""
    if undone:
        tell("To release it:       " + hint(f"sync {sync} --approve {run}", config))
        return
    tell("To do exactly this:  " + hint(f"sync {sync} --approve {run}", config))
    tell("To refuse it:        " + hint(f"sync {sync} --reject {run}", config))
    for app in gone:
        tell(
            f"To make again what is gone in {app}: "
            + hint(f"sync {sync} --reject {run} --bring-back {app}", config)
        )


def _next(report: Report, options: Options, config: Path) -> None:
    places = []
    if report.conflicts and report.status != "held" and not options.dry_run:
        places.append(hint("conflicts list", config))
    if report.reviews or report.status in ("partial", "failed"):
        places.append(hint("status", config))
    if report.written:
        places.append(hint(f"show {report.run}", config))
    if places:
        tell(f"Look next: {', '.join(places)}")


def examples(runner: Runner, sync: str, items: list[Item]) -> list[str]:
    """The most telling, a line each."""
    return [described(item) for item in in_items(runner.config, runner.db, sync, most_telling(items))]


def most_telling(items: list[Item]) -> list[Item]:
    """What removes or empties first, then changes, then creates; apps in turns."""
    turns: Counter[tuple[int, str]] = Counter()
    ranked = []
    for item in items:
        kind = _TELLING["blank" if _blanks(item) else item.kind]
        turns[kind, item.app] += 1
        ranked.append((kind, turns[kind, item.app], item.sort_key, item))
    return [item for *_, item in sorted(ranked, key=lambda r: r[:3])[:EXAMPLES]]


def described(item: Item) -> str:
    """An item in one line."""
    where = f"{item.kind} {item.app} {item.record or '(new)'}"
    changes = [
        f"{name}: {value(after)}" if before is ABSENT else f"{name}: {value(before)} -> {value(after)}"
        for name, (before, after) in item.slots.items()
    ]
    return f"{where}  {'; '.join(changes)}".rstrip()


def value(of: object) -> str:
    """A value of an app, as people read it."""
    known: Value = of if isinstance(of, str | int | float | bool | list) else None
    text = shown(known)
    return text if known is None or len(text) <= 60 else text[:57] + "..."


def _blanks(item: Item) -> bool:
    return item.kind == "update" and any(after in BLANK for _, after in item.slots.values())
