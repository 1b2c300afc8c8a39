"""`syncer`: the commands."""

from __future__ import annotations

import gc
import os
import sys
from io import TextIOWrapper
from typing import Annotated, TextIO

import typer

from syncer import __version__
from syncer.cli import (
    apply,
    auth,
    check,
    conflicts,
    conflicts_resolve,
    conflicts_review,
    demo,
    duplicates,
    explain,
    export,
    failures,
    forget,
    init,
    link,
    mapping,
    match,
    pause,
    plan,
    resync,
    review,
    runs,
    sandbox,
    schema,
    serve,
    state,
    status,
    sync,
    undo,
    verify,
    webhooks,
)
from syncer.cli.codes import Guarded

app = typer.Typer(
    cls=Guarded,
    name="syncer",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich" if sys.stdout and sys.stdout.isatty() else None,
)


def _tell_version(asked: bool) -> None:
    if asked:
        typer.echo(f"syncer {__version__}")
        raise typer.Exit


@app.callback()
def syncer(
    version: Annotated[
        bool, typer.Option("--version", callback=_tell_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Keeps customer data in step between apps: both ways, planned, bounded, explained."""


app.command()(init.init)
app.command()(demo.demo)
app.command()(sandbox.sandbox)
app.command()(check.check)
app.add_typer(mapping.app, name="mapping")
app.command()(schema.schema)
app.command()(plan.plan)
app.command()(apply.apply)
app.command()(sync.sync)
app.command()(serve.serve)
app.add_typer(webhooks.app, name="webhooks")
app.add_typer(auth.app, name="auth")
app.add_typer(state.app, name="state")
app.command()(resync.resync)
app.command()(status.status)
app.command()(runs.runs)
app.command()(runs.show)
app.command()(verify.verify)
app.command()(undo.undo)
app.add_typer(failures.app, name="failures")
app.command()(explain.explain)
app.command()(explain.history)
app.command()(export.export)
app.command()(forget.forget)
conflicts.app.command()(conflicts_resolve.resolve)
conflicts.app.command()(conflicts_review.review)
app.add_typer(conflicts.app, name="conflicts")
app.add_typer(review.app, name="review")
app.command()(duplicates.duplicates)
app.command()(link.link)
app.command()(link.unlink)
app.add_typer(match.app, name="match")
app.command()(pause.pause)
app.command()(pause.resume)


def run() -> None:
    """The entry point. A command is one short process: looking for cyclic garbage among a million values that
    are all in use would take a sixth of a first sync, and find a few megabytes. Each statement on the
    database lets the other threads run, and waits this long to go on. Where a stream was closed, nobody wants
    what it would be told."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, "w"))  # noqa: SIM115 - as long as the process
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # a terminal without these letters shows the others
    gc.disable()
    sys.setswitchinterval(0.0005)
    try:
        app()
    finally:
        for stream in (sys.stdout, sys.stderr):
            _end(stream)


def _end(stream: TextIO) -> None:
    """What is left in a stream that takes nothing is lost: it changes no exit code."""
    try:
        stream.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
