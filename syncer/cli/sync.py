"""`syncer sync`: run the syncs."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from syncer.cli import gone_told
from syncer.cli.codes import OF_STATUS, Code, explain, leave, worst
from syncer.cli.output import give, say, tell
from syncer.cli.session import (
    CONFIG,
    AsJson,
    ConfigFile,
    SyncNames,
    chosen,
    hint,
    need_app,
    need_run,
    running,
)

if TYPE_CHECKING:
    from syncer.engine import Options
    from syncer.running.runner import Outcome, Runner
    from syncer.sync import Sync

DryRun = Annotated[bool, typer.Option("--dry-run", help="Read and decide, but write nothing.")]
Pilot = Annotated[
    int | None,
    typer.Option(metavar="N", min=1, help="Only so many people: new ones first."),
]
Record = Annotated[
    str | None,
    typer.Option(metavar="WHO", help="Only this one: e-mail, phone, domain, golden id, or app:id."),
]
Approve = Annotated[str | None, typer.Option(metavar="RUN", help="Do what this held run planned.")]
Reject = Annotated[str | None, typer.Option(metavar="RUN", help="Refuse what this held run planned.")]
BringBack = Annotated[
    str | None,
    typer.Option(metavar="APP", help="With --reject: write over what came from this app."),
]


def sync(
    names: SyncNames = None,
    dry_run: DryRun = False,
    pilot: Pilot = None,
    record: Record = None,
    approve: Approve = None,
    reject: Reject = None,
    bring_back: BringBack = None,
    as_json: AsJson = False,
    config: ConfigFile = CONFIG,
) -> None:
    """Read what changed in every app, decide, and write it to the others."""
    if sum(value is not None for value in (pilot, record, approve, reject)) > 1:
        raise typer.BadParameter("--pilot, --record, --approve and --reject exclude each other")
    if bring_back is not None and reject is None:
        raise typer.BadParameter("--bring-back goes with --reject: it names whose changes are refused")
    with running(config) as runner:
        if bring_back is not None:
            need_app(runner.config, bring_back)
        from syncer.engine import Options
        from syncer.selecting import Selection
        from syncer.store.history import History

        options = Options(dry_run=dry_run, approve=approve, reject=reject, selection=Selection(pilot=pilot))
        wanted = chosen(runner.config, names)
        answered = approve or reject
        if answered is not None:
            with runner.db.reading():
                need_run(History(runner.db), answered)
            waiting = {
                name: run for name in wanted if (run := waiting_run(runner, name, answered, bool(approve)))
            }
            if not waiting:
                others = [name for name in runner.config.syncs if name not in wanted]
                if elsewhere := [n for n in others if waiting_run(runner, n, answered, bool(approve))]:
                    raise typer.BadParameter(
                        f"run {answered} is one of {elsewhere[0]}: name that, or no sync"
                    )
                say(f"Run {answered} does not wait for an answer (any more); nothing was done.")
                if reject is not None:
                    gone_told.not_waiting(runner, reject, bring_back, config)
                return
            wanted, (run,) = list(waiting), waiting.values()
            options = replace(options, approve=approve and run, reject=reject and run, bring_back=bring_back)
        codes = run_all(runner, wanted, options, record, as_json, config)
    raise leave(worst(codes))


def run_all(
    runner: Runner,
    names: list[str],
    options: Options,
    record: str | None,
    as_json: bool,
    config: Path,
) -> list[Code]:
    """Run these syncs one after the other; what stops one does not stop the next."""
    from syncer.cli.reporting import show
    from syncer.report import of_app

    codes, ran, left_out = [], 0, False
    for name in names:
        if runner.paused(name):
            say(f"{name} is paused and was left out. {hint(f'resume {name}', config)} takes it up again.")
            left_out = True
            continue
        try:
            outcome = run_one(runner, name, options, record)
        except Exception as error:
            code, told = explain(error)
            codes.append(code)
            say(of_app(name, told))
            continue
        if outcome is None:
            continue
        if ran and not as_json:
            tell()
        ran += 1
        give(outcome.report.as_json()) if as_json else show(runner, outcome, options, config)
        codes.append(Code.DONE if options.dry_run and outcome.plan else OF_STATUS[outcome.report.status])
    if record is not None and not ran and not codes and not left_out:
        codes.append(not_found(record))
    return codes


def not_found(record: str) -> Code:
    """Say that neither the state nor an app knows whom `--record` means."""
    say(f"Nobody was found under '{record}': an e-mail, phone, domain, golden id, or app:id is looked up.")
    return Code.FAILED


def run_one(runner: Runner, name: str, options: Options, record: str | None) -> Outcome | None:
    """One run; None where the record that is meant is none of this sync's."""
    if record is None:
        return runner.run(name, options)

    def narrowed(sync: Sync) -> Options | None:
        from syncer.selecting import Selection
        from syncer.usecases.who import find

        found = find(sync, runner.db, record)
        return replace(options, selection=Selection(records=found)) if found else None

    return runner.run(name, options, narrowed)


def waiting_run(runner: Runner, name: str, answered: str, approve: bool = True) -> str | None:
    """The run under which the plan is kept that `answered` was held for; None where none waits. A plan that
    is held again and again keeps its first name, and goes by each of its runs. What an undo holds can only be
    released."""
    from syncer.store.history import History
    from syncer.store.ledger import Ledger

    with runner.db.reading():
        history, ledger = History(runner.db), Ledger(runner.db, name)
        run, held = history.run(answered), ledger.held()
        latest = history.runs(1, name)
        undone = held is not None and ledger.kind_of(held.run) == "undo"
    if undone and not approve:
        return None
    if held is not None and held.run == answered:
        return answered  # the same run, or the undo that holds the sync
    if run is None or run["sync"] != name or run["status"] != "held":
        return None
    if accounts := run["report"].get("accounts"):  # held before it had a plan: it can only be let in
        same = latest[0]["status"] == "held" and latest[0]["report"].get("accounts") == accounts
        return latest[0]["run"] if same and approve else None
    return held.run if held is not None and held.run <= answered else None
