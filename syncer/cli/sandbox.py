"""`syncer sandbox`: the simulated apps, until stopped."""

from __future__ import annotations

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
            " the config is continued by itself, unless --people, --seed or --empty asks for others.",
        ),
    ] = None,
    config: ConfigFile = CONFIG,
) -> None:
    """Run simulated HubSpot, MailerLite and Zendesk until stopped (Ctrl-C)."""
    from connectors.sandbox.journal import WorldError
    from connectors.sandbox.server import ADDRESS, CREDENTIALS, serve

    others = people is not None or seed is not None or empty
    if world is None and not others and (config.parent / WORLD).exists():
        world = config.parent / WORLD
    elif world is not None and world.exists() and others:
        raise typer.BadParameter(
            f"{world} says whom its apps began with: leave out --people, --seed, --empty"
        )

    accepts = {
        "hubspot": f"bearer {CREDENTIALS['hubspot']['token']}",
        "mailerlite": f"bearer {CREDENTIALS['mailerlite']['token']}",
        "zendesk": f"basic {CREDENTIALS['zendesk']['email']}/token:{CREDENTIALS['zendesk']['token']}",
    }
    table(
        ("app", "base URL", "accepts"),
        [(app, f"http://{ADDRESS}:{port}/{app}", login) for app, login in accepts.items()],
    )
    if world is not None:
        tell(f"\n{'Continued from' if world.exists() else 'Kept in'} {world}: what changes is kept there.")
    tell(f"\nA config for these: syncer init --sandbox{'' if port == 8765 else f' --port {port}'}")
    tell(f"Calls so far: http://{ADDRESS}:{port}/_sandbox/requests. Stop with Ctrl-C.")
    import sys

    sys.stdout.flush()
    try:
        serve(
            port,
            PEOPLE if people is None else people,
            SEED if seed is None else seed,
            limits,
            empty,
            kept=world,
        )
    except WorldError as error:
        say(f"{error}.")
        raise leave(Code.FAILED) from None
    except OSError as error:
        say(f"Port {port} cannot be used: {error.strerror}. Name another one: syncer sandbox --port 8766")
        raise leave(Code.FAILED) from None
