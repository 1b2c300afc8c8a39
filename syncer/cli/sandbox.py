"""`syncer sandbox`: the simulated apps, until stopped."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Literal

import typer

from syncer.cli.codes import Code, leave
from syncer.cli.output import say, table, tell
from syncer.cli.session import CONFIG, ConfigFile

WORLD = "sandbox.jsonl"  # next to a config: what its simulated apps have become
PEOPLE, SEED = 300, 1


def sandbox(
    port: Annotated[int, typer.Option(help="Where to listen on 127.0.0.1.", min=0, max=65535)] = 8765,
    people: Annotated[
        int | None,
        typer.Option(help="How many people each app begins with.", min=0, show_default=str(PEOPLE)),
    ] = None,
    seed: Annotated[
        int | None, typer.Option(help="Another seed gives other people.", show_default=str(SEED))
    ] = None,
    empty: Annotated[bool, typer.Option("--empty", help="Begin without records.")] = False,
    limits: Annotated[
        Literal["real", "fast", "off"],
        typer.Option(help="Rate limits: as the apps have them, with windows 100 times shorter, or none."),
    ] = "fast",
    world: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help=f"Keep the records in this file, and continue them. What the demo left as {WORLD} next to"
            " the config is continued unasked, unless --people, --seed or --empty ask for other people.",
        ),
    ] = None,
    config: ConfigFile = CONFIG,
) -> None:
    """Run simulated HubSpot, MailerLite, Mailchimp and Zendesk until stopped (Ctrl-C)."""
    from connectors.sandbox.journal import WorldError
    from connectors.sandbox.server import serve

    try:
        world = world or _left_by_demo(config.parent / WORLD, people, seed, empty)
        if world is not None and not _begun_with(world, people, seed, empty):
            text = f"{world} says whom its apps began with: leave out --people, --seed and --empty"
            raise typer.BadParameter(text)
    except WorldError as error:
        say(f"{error}.")
        raise leave(Code.FAILED) from None
    known = world is not None and world.exists()

    def ready(url: str) -> None:
        _tell(url, world, known)

    try:
        serve(
            port,
            PEOPLE if people is None else people,
            SEED if seed is None else seed,
            limits,
            empty,
            ready,
            kept=world,
        )
    except WorldError as error:
        say(f"{error}.")
        raise leave(Code.FAILED) from None
    except OSError as error:
        say(f"Port {port} cannot be used: {error.strerror}. Name another one: syncer sandbox --port 8766")
        raise leave(Code.FAILED) from None


def _tell(url: str, world: Path | None, known: bool) -> None:
    """Where the apps are, what they accept, and what they began from."""
    from connectors.sandbox.server import CREDENTIALS

    accepts = {
        "hubspot": f"bearer {CREDENTIALS['hubspot']['token']}",
        "mailerlite": f"bearer {CREDENTIALS['mailerlite']['token']}",
        "mailchimp": f"basic any:{CREDENTIALS['mailchimp']['token']}",
        "zendesk": f"basic {CREDENTIALS['zendesk']['email']}/token:{CREDENTIALS['zendesk']['token']}",
    }
    table(("app", "base URL", "accepts"), [(app, f"{url}/{app}", login) for app, login in accepts.items()])
    if world is not None:
        tell(f"\n{'Continued from' if known else 'Kept in'} {world}: what changes is kept there.")
    elif (elsewhere := Path("demo", WORLD)).exists():
        tell(f"\nThese are fresh. To continue those of the demo: syncer sandbox --world {elsewhere}")
    port = url.rpartition(":")[2]
    tell(f"\nA config for these: syncer init --sandbox{'' if port == '8765' else f' --port {port}'}")
    tell(f"Calls so far: {url}/_sandbox/requests. Stop with Ctrl-C.")
    sys.stdout.flush()


def _left_by_demo(kept: Path, people: int | None, seed: int | None, empty: bool) -> Path | None:
    """The world next to the config, unless another one is asked for."""
    return kept if kept.exists() and _begun_with(kept, people, seed, empty) else None


def _begun_with(kept: Path, people: int | None, seed: int | None, empty: bool) -> bool:
    """Whether a world that is kept in a file, if any, is one of these people."""
    from connectors.sandbox.journal import Journal

    began = Journal(kept).beginning()
    if began is None:
        return True
    return not empty and people in (None, began.people) and seed in (None, began.seed)
