"""`syncer verify`: does every app hold what golden says?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from syncer.cli.called import in_rows
from syncer.cli.codes import OF_STATUS, Code, explain, leave, worst
from syncer.cli.output import and_more, give, say, table, tell
from syncer.cli.reporting import value
from syncer.cli.session import CONFIG, AsJson, ConfigFile, SyncNames, chosen, hint, running
from syncer.report import PAUSED, of_app

if TYPE_CHECKING:
    from syncer.core.drift import Finding
    from syncer.report import Report
    from syncer.running.runner import Outcome, Runner
    from syncer.usecases.verifying import Verified, Verifying


def verify(
    names: SyncNames = None,
    repair: Annotated[
        bool, typer.Option("--repair", help="Bring back in step what drifted, within the brakes' limits.")
    ] = False,
    limit: Annotated[int, typer.Option(help="How many lines to show; 0: all.", min=0)] = 20,
    as_json: AsJson = False,
    config: ConfigFile = CONFIG,
) -> None:
    """Read every app in full and compare it with the golden records."""
    codes: list[Code] = []
    with running(config) as runner:
        for number, name in enumerate(chosen(runner.config, names)):
            if number and not as_json:
                tell()
            try:
                codes.append(_one(runner, name, repair, limit, as_json, config))
            except Exception as error:
                code, told = explain(error)
                codes.append(code)
                say(of_app(name, told))
    raise leave(worst(codes))


def _one(runner: Runner, name: str, repair: bool, limit: int, as_json: bool, config: Path) -> Code:
    from syncer.usecases.verified import keep
    from syncer.usecases.verifying import Verifying

    sync = runner.wiring.sync(name)
    verifying = Verifying(sync, runner.db, runner.ports)
    found = verifying.run()
    outcome = _repaired(runner, name, verifying, found) if repair and found.drift else None
    report = outcome.report if outcome is not None else None
    repaired = report is not None and report.status != "held"
    left = verifying.left(found.drift) if repaired else []
    if repaired or not found.drift:  # what stays as it was is told here alone: it may be an edit of just now
        keep(runner.db, runner.ports.now(), name, found, left)
    if as_json:
        give(_as_object(name, sync.mapping.object, found, report, left))
    else:
        _show(runner, name, found, limit, repair, config)
        _show_repair(name, report, config)
        _some(runner, name, "What is left of it", left, limit)
    return worst([_code(found, report), Code.LEFTOVERS if left else Code.DONE])


def _repaired(runner: Runner, name: str, verifying: Verifying, found: Verified) -> Outcome | None:
    """An ordinary run, narrowed to what drifted: the brakes hold it where that is too much."""
    return runner.run(name, verifying.prepare_repair(found.drift))


def _code(found: Verified, report: Report | None) -> Code:
    if any(app.error and app.error != PAUSED for app in found.apps.values()):
        return Code.FAILED
    if report is not None:
        return OF_STATUS[report.status]
    return Code.LEFTOVERS if found.drift else Code.DONE


def _as_object(
    name: str, object: str, found: Verified, report: Report | None, left: Sequence[Finding]
) -> dict[str, Any]:
    """The documented keys of `verify --json`."""
    repair = None
    if report is not None:
        repair = {"run": report.run, "status": report.status, "written": report.written}
        repair["left"] = [_finding(f) for f in left]
    return {
        "sync": name,
        "object": object,
        "run": found.run,
        "apps": {
            app: {
                "read": checked.read,
                "compared": checked.compared,
                "drift": sum(checked.count(True).values()),
                "apart": dict(Counter(f.kind for f in checked.findings if not f.is_drift)),
                "error": checked.error or None,
            }
            for app, checked in found.apps.items()
        },
        "drift": [_finding(f) for f in found.drift],
        "apart": [_finding(f) for f in found.apart],
        "repair": repair,
    }


def _finding(f: Finding) -> dict[str, Any]:
    said = {"app": f.app, "record": f.record, "who": f.who, "field": f.field, "kind": f.kind}
    return {**said, "holds": f.holds, "wanted": f.wanted, "because": f.words}


def _show(runner: Runner, name: str, found: Verified, limit: int, repair: bool, config: Path) -> None:
    rows = [
        (app, c.read, c.compared, sum(c.count(True).values()), sum(c.count(False).values()), c.error)
        for app, c in found.apps.items()
    ]
    table(("app", "records", "fields compared", "drift", "apart", ""), rows, f"{name}: compared in full")
    for app, checked in found.apps.items():
        for drift, what in ((True, "drift"), (False, "apart")):
            for (field, kind), number in sorted(checked.count(drift).items()):
                tell(f"{app}, {field}: {number} {what} ({kind})")
    _some(runner, name, "What drifted", found.drift, limit)
    _some(runner, name, "What differs for a reason", found.apart, limit)
    if not found.drift:
        tell(_without_drift(found))
    elif not repair:
        tell(f"\nTo bring it back in step: {hint(f'verify {name} --repair', config)}")


def _without_drift(found: Verified) -> str:
    """What can be said where no drift was seen: nothing of what was not read."""
    unread = [app for app, checked in found.apps.items() if checked.error]
    if not any(checked.compared for checked in found.apps.values()):
        return "Nothing could be compared." if unread else "There was nothing to compare."
    if unread:
        return f"Nothing drifted in what was compared. Not compared to the end: {', '.join(unread)}."
    return "Nothing drifted."


def _some(runner: Runner, sync: str, title: str, findings: Sequence[Finding], limit: int) -> None:
    from syncer.usecases.referents import Spot

    shown = findings if limit == 0 else findings[:limit]
    told = in_rows(
        runner.config, runner.db, shown, lambda f: Spot(sync, f.field or "", f.app), "holds", "wanted"
    )
    rows = [
        (
            f"{f.app}:{f.record}" if f.record else f"{f.app} (none of {f.who})",
            *((f.field, value(f.holds), value(f.wanted)) if f.field else ("",) * 3),
            f.words,
        )
        for f in told
    ]
    if rows:
        tell()
        table(("record", "field", "holds", "golden", "why"), rows, title)
        if len(shown) < len(findings):
            tell(and_more(f"{len(findings) - len(shown)} lines"))


def _show_repair(name: str, report: Report | None, config: Path) -> None:
    if report is None:
        return
    if report.status == "held":
        tell(f"\nThe repair is held, because {report.reason}.")
        tell(f"To do it:  {hint(f'sync {name} --approve {report.held_run or report.run}', config)}")
        return
    tell(f"\nRepaired: {report.written} written, as run {report.run}.")
