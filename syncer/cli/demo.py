"""`syncer demo`: the whole story with simulated apps, in one go."""

from __future__ import annotations

import os
import shutil
import sys
import time
from pathlib import Path
from typing import Annotated

import typer

from syncer.cli.codes import Code, leave
from syncer.cli.output import say, tell
from syncer.cli.sandbox import PEOPLE, SEED, WORLD

LEAST = 40


def demo(
    folder: Annotated[
        Path, typer.Option("--dir", metavar="DIR", help="The folder that it fills and leaves for you.")
    ] = Path("demo"),
    people: Annotated[int, typer.Option(help="How many people each app begins with.", min=LEAST)] = PEOPLE,
    seed: Annotated[int, typer.Option(help="Another seed gives other people.")] = SEED,
    port: Annotated[
        int, typer.Option(help="Where the apps listen meanwhile; 0: on a free port.", min=0, max=65535)
    ] = 0,
) -> None:
    """Tell the whole story with simulated apps: a first sync, a day of edits, a conflict, a quiet end."""
    from connectors.sandbox.server import Sandbox
    from syncer.demo import story
    from syncer.demo.edits import TooFew
    from syncer.demo.folder import CONFIG, NotOurs, clear, fill
    from syncer.demo.stage import NotAsTold, stage

    began = time.monotonic()
    try:
        done_before = clear(folder)
        sandbox = Sandbox(people, seed, port, "off", kept=folder / WORLD)
    except NotOurs as error:
        say(f"{error}.")
        raise leave(Code.USAGE) from None
    except OSError as error:
        say(f"The demo cannot begin: {error.strerror} ({error.filename or f'port {port}'}).")
        raise leave(Code.FAILED) from None
    with sandbox:
        story.apps_start(sandbox.host, sandbox.url)
        story.folder_is_filled(fill(folder), done_before)
        try:
            with stage(folder / CONFIG, sandbox) as set_up:
                story.first_sync(set_up)
                story.a_day_of_edits(set_up, seed)
                story.quiet_sync(set_up)
        except (NotAsTold, TooFew) as error:
            sys.stdout.flush()
            say(f"\nThe demo ends here, because {error}")
            raise leave(Code.FAILED) from None
    _farewell(folder, time.monotonic() - began)


def _farewell(folder: Path, seconds: float) -> None:
    """What to do next; the commands as they have to be typed here."""
    from syncer.demo.telling import chapter, para

    chapter("Now you")
    para(
        f"That took {seconds:.0f} seconds. All of it is in {folder}: config, mappings, state, the conflict"
        f" log, and what the apps have become ({WORLD}), so that you can go on from here."
    )
    enter = [f"cd {folder}"]
    if shutil.which("syncer") is None:
        enter.insert(0, f'export PATH="{Path(sys.argv[0]).resolve().parent}{os.pathsep}$PATH"')
    _block("In one terminal, start the apps again:", [*enter, "syncer sandbox"])
    _block(
        "In another one, look around:",
        [*enter, "syncer status", "syncer conflicts list", "syncer sync", "syncer plan"],
    )
    tell()
    para("Then change a rule in mappings/contacts.yaml, and see with syncer plan what would come of it.")


def _block(title: str, commands: list[str]) -> None:
    tell()
    tell(title)
    for command in commands:
        tell(f"  {command}")
