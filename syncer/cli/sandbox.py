"""`syncer sandbox`: the simulated apps, until stopped."""

from __future__ import annotations

from typing import Annotated, Literal

import typer

from syncer.cli.codes import Code, leave
from syncer.cli.output import say, table, tell
from syncer.cli.session import CONFIG, ConfigFile


def sandbox(
    port: Annotated[int, typer.Option(help="Where to listen on 127.0.0.1.", min=0, max=65535)] = 8765,
    people: Annotated[int, typer.Option(help="How many people each app begins with.", min=0)] = 300,
    seed: Annotated[int, typer.Option(help="Another seed gives other people.")] = 1,
    empty: Annotated[bool, typer.Option("--empty", help="Begin without records.")] = False,
    limits: Annotated[
        Literal["real", "fast", "off"],
        typer.Option(help="Rate limits: as the apps have them, with windows 100 times shorter, or none."),
    ] = "fast",
    config: ConfigFile = CONFIG,
) -> None:
    """Run simulated HubSpot, MailerLite and Zendesk until stopped (Ctrl-C)."""
    from connectors.sandbox.server import ADDRESS, CREDENTIALS, serve

    accepts = {
        "hubspot": f"bearer {CREDENTIALS['hubspot']['token']}",
        "mailerlite": f"bearer {CREDENTIALS['mailerlite']['token']}",
        "zendesk": f"basic {CREDENTIALS['zendesk']['email']}/token:{CREDENTIALS['zendesk']['token']}",
    }
    table(
        ("app", "base URL", "accepts"),
        [(app, f"http://{ADDRESS}:{port}/{app}", login) for app, login in accepts.items()],
    )
    tell(f"\nA config for these: syncer init --sandbox{'' if port == 8765 else f' --port {port}'}")
    tell(f"Calls so far: http://{ADDRESS}:{port}/_sandbox/requests. Stop with Ctrl-C.")
    import sys

    sys.stdout.flush()
    try:
        serve(port, people, seed, limits, empty)
    except OSError as error:
        say(f"Port {port} cannot be used: {error.strerror}. Name another one: syncer sandbox --port 8766")
        raise leave(Code.FAILED) from None
