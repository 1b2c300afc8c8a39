"""`syncer resync`: read again from the start."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

import typer

from syncer.cli.codes import leave, worst
from syncer.cli.session import CONFIG, AsJson, ConfigFile, SyncNames, chosen, need_app, running
from syncer.cli.sync import DryRun, run_all

if TYPE_CHECKING:
    from syncer.running.runner import Runner


def resync(
    names: SyncNames = None,
    app: Annotated[str | None, typer.Option(metavar="APP", help="Only read this app again.")] = None,
    record: Annotated[
        str | None,
        typer.Option(metavar="WHO", help="Only this one: e-mail, phone, domain, golden id, or app:id."),
    ] = None,
    bring_back: Annotated[
        bool, typer.Option("--bring-back", help="With --app: make again what was deleted or archived there.")
    ] = False,
    dry_run: DryRun = False,
    as_json: AsJson = False,
    config: ConfigFile = CONFIG,
) -> None:
    """Read everything again, as if nothing had been seen for long, then sync."""
    if app is not None and record is not None:
        raise typer.BadParameter("--app and --record exclude each other")
    if bring_back and app is None:
        raise typer.BadParameter("--bring-back goes with --app: it names where what is gone is made again")
    with running(config, refresh=record is None) as runner:
        from syncer.engine import Options

        wanted = chosen(runner.config, names)
        if app is not None:
            need_app(runner.config, app)
            asked, wanted = wanted, [name for name in wanted if app in runner.config.syncs[name].apps]
            if not wanted:
                raise typer.BadParameter(f"'{app}' is no app of {' or '.join(asked)}: nothing is read there")
        options = Options(kind="resync", dry_run=dry_run, bring_back=app if bring_back else None)
        if record is not None:
            options = replace(options, read=False)
        else:
            for name in wanted:
                if not runner.paused(name):
                    forget(runner, name, [app] if app else list(runner.config.syncs[name].apps))
        codes = run_all(runner, wanted, options, record, as_json, config)
    raise leave(worst(codes))


def forget(runner: Runner, name: str, apps: list[str]) -> None:
    """Have these apps read from the start by the next run. Raises `Busy`."""
    from syncer.store.lease import hold
    from syncer.store.ledger import Ledger

    ports, ledger = runner.ports, Ledger(runner.db, name)
    with (
        hold(runner.db, name, ports.holder, ports.now, ports.alive),
        runner.db.transaction(),
    ):
        for app in apps:
            ledger.save_reader(app, cursor=None, scan_began=None)
