"""`syncer failures`: what an app refused for good or keeps changing back, and what to do about it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from syncer.cli.called import in_rows, in_values
from syncer.cli.codes import Code, leave, worst
from syncer.cli.output import facts, give, say, table, tell
from syncer.cli.reporting import value
from syncer.cli.session import CONFIG, AsJson, ConfigFile, SyncNames, chosen, hint, running

if TYPE_CHECKING:
    from syncer.running.runner import Runner
    from syncer.usecases.failures import Failure

app = typer.Typer(
    help="List, show or retry failures: what an app refused for good or keeps changing back, and the cure.",
    no_args_is_help=True,
)


@app.command("list")
def list_(names: SyncNames = None, as_json: AsJson = False, config: ConfigFile = CONFIG) -> None:
    """List failures: what was refused for good or keeps being changed back, with the reason."""
    with running(config) as runner:
        found = _all(runner, names)
        told = [] if as_json else _by_name(runner, found)
    if as_json:
        give([asdict(f) for f in found])
        return
    if not told:
        tell("No app refuses anything.")
        return
    rows = [
        (f.id, f.kind, f"{f.app}:{f.record or '(new)'}", f.field or "", _shown(f), f.reason) for f in told
    ]
    table(("id", "what", "record", "field", "value", "why"), rows)
    tell(f"\n{hint('failures show ID', config)} says what to do about one of them.")


@app.command("show")
def show(
    id: Annotated[str, typer.Argument(metavar="ID", help="Its id in the list.")],
    as_json: AsJson = False,
    config: ConfigFile = CONFIG,
) -> None:
    """Show one failure: the record, the reason, and the cure."""
    with running(config) as runner:
        (failure,) = _named(runner, [id])
        values = _golden(runner, failure)
        (by_name,) = _by_name(runner, [failure])
        told_values = in_values(runner.config, runner.db, failure.sync, values)
    if as_json:
        give({**asdict(failure), "values": values})
        return
    told = {"sync": failure.sync, "app": failure.app, "record": failure.record or "(none yet)"}
    told |= {"field": failure.field, "value": _shown(by_name)} if failure.field else {}
    facts({**told, "why": failure.reason, "what to do": failure.cure})
    tell(f"\nThe golden record {failure.who}:")
    facts({f"  {name}": value(v) for name, v in told_values.items()})
    tell(f"\nTo send it once more as it is: {hint(f'failures retry {id}', config)}")


@app.command("retry")
def retry(
    ids: Annotated[list[str] | None, typer.Argument(metavar="ID", help="Ids of the list.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="All of them.")] = False,
    as_json: AsJson = False,
    config: ConfigFile = CONFIG,
) -> None:
    """Send what was refused once more."""
    if bool(ids) == everything:
        raise typer.BadParameter("name the ids to retry, or --all")
    with running(config) as runner:
        wanted = _all(runner, None) if everything else _named(runner, ids or [])
        by_sync: dict[str, list[Failure]] = defaultdict(list)
        for failure in wanted:
            by_sync[failure.sync].append(failure)
        codes = [_retried(runner, name, some, as_json, config) for name, some in by_sync.items()]
    if not wanted:
        say("No app refuses anything.")
    raise leave(worst(codes))


def _retried(runner: Runner, name: str, retried: Sequence[Failure], as_json: bool, config: Path) -> Code:
    """One run of one sync, narrowed to these golden records."""
    from syncer.engine import Options
    from syncer.selecting import Selection
    from syncer.usecases.failures import failures, retry, waiting

    sync = runner.wiring.sync(name)
    records = tuple(retry(sync, runner.db, runner.ports, retried))
    options = Options(kind="retry", selection=Selection(records=records), read=False)
    outcome = runner.run(name, options) if records else None
    ran = outcome.report if outcome is not None else None
    again = {f.id: f.reason for f in failures(sync, runner.db)}
    if ran is not None and ran.status in ("done", "partial"):
        waits = waiting(sync, runner.db, retried, ran)
    elif not records:  # whoever it was about is gone
        waits = {}
    else:
        waits = {f.id: "" for f in retried}
    results = [_result(f, again.get(f.id), waits.get(f.id)) for f in retried]
    if as_json:
        for result in results:
            give(result)
    else:
        rows = [(r["id"], f"{r['app']}:{r['record'] or '(new)'}", r["outcome"], r["reason"]) for r in results]
        table(("id", "record", "outcome", "why"), rows, name)
    if ran is not None and ran.status == "held":
        say(f"{name} is held, so nothing was sent; {hint('status', config)} says why.")
        return Code.HELD
    if any(r["outcome"] == "waits" for r in results):
        say("What waits was not sent; the next sync tries again.")
    return Code.DONE if all(r["outcome"] == "done" for r in results) else Code.LEFTOVERS


def _result(failure: Failure, refused: str | None, waits: str | None) -> dict[str, Any]:
    """`refused`, `waits`: why, where it was refused once more, or not sent."""
    outcome = "refused" if refused is not None else "waits" if waits is not None else "done"
    reason = refused or waits or ""
    said = {"id": failure.id, "sync": failure.sync, "app": failure.app, "record": failure.record}
    return {**said, "field": failure.field, "outcome": outcome, "reason": reason}


def _all(runner: Runner, names: Sequence[str] | None) -> list[Failure]:
    from syncer.usecases.failures import failures

    wired = [runner.wiring.sync(name) for name in chosen(runner.config, names)]
    return [f for sync in wired for f in failures(sync, runner.db)]


def _named(runner: Runner, ids: Sequence[str]) -> list[Failure]:
    """These failures, or the end of the command."""
    known = {f.id: f for f in _all(runner, None)}
    for id in ids:
        if id not in known:
            say(f"There is no failure {id}. syncer failures list shows them.")
            raise leave(Code.USAGE)
    return [known[id] for id in ids]


def _golden(runner: Runner, failure: Failure) -> dict[str, Any]:
    from syncer.store.records import Records

    with runner.db.reading():
        found = Records(runner.db, failure.sync).goldens([failure.who])
    return dict(found[failure.who].value) if failure.who in found else {}


def _by_name(runner: Runner, found: Sequence[Failure]) -> list[Failure]:
    from syncer.usecases.referents import Spot

    return in_rows(runner.config, runner.db, found, lambda f: Spot(f.sync, f.field or "", f.app), "value")


def _shown(failure: Failure) -> str:
    return "" if failure.kind == "create" else value(failure.value)
