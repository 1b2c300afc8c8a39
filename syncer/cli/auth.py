"""`syncer auth`: log in to an app by a browser."""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated

import typer

from syncer.cli.codes import Code, leave
from syncer.cli.output import give, say, tell
from syncer.cli.session import CONFIG, AsJson, ConfigFile, need_app, running

if TYPE_CHECKING:
    from connectors.authorize import Way
    from connectors.contract import Tokens
    from syncer.running.runner import Runner

PORT = 8767
PATIENCE = 300.0  # seconds that a person may take

app = typer.Typer(help="Log in to an app by a browser.", no_args_is_help=True)


@app.command()
def login(
    name: Annotated[str, typer.Argument(metavar="APP", help="An app of the config.", show_default=False)],
    port: Annotated[
        int, typer.Option(help="Of the address that the app sends back to.", min=1, max=65535)
    ] = PORT,
    no_browser: Annotated[bool, typer.Option("--no-browser", help="Only print the page's address.")] = False,
    as_json: AsJson = False,
    config: ConfigFile = CONFIG,
) -> None:
    """Log in to an app: agree in the browser, and the token is kept in the state."""
    with running(config) as runner:
        way, tokens = _way(runner, name)
        redirect, state, verifier = (
            f"http://127.0.0.1:{port}/",
            secrets.token_urlsafe(32),
            secrets.token_urlsafe(64),
        )
        address = way.address(redirect, state, verifier)
        say(f"Agree in the browser, where {name} asks. If none opens, open this page:\n{address}")
        say(f"The app has to know the address it sends back to: {redirect}")
        code = _code(port, state, lambda: None if no_browser else _open(address))
        proof = {"code_verifier": verifier} if way.pkce else {}
        with tokens.alone():
            tokens.keep(way.grant({"code": code, "redirect_uri": redirect, **proof}))
        account = runner.wiring.connector(name).check()
    if as_json:
        give({"app": name, "account": account.id})
    else:
        tell(f"{name}: logged in as {account.name}. The token is kept in the state and renewed by itself.")


def _way(runner: Runner, name: str) -> tuple[Way, Tokens]:
    """How to log in to an app, and where its token is kept."""
    need_app(runner.config, name)
    connector = runner.wiring.connector(name)
    way: Way | None = getattr(connector, "login", None)
    tokens = runner.wiring.tokens(name)
    if way is None or tokens is None:
        raise typer.BadParameter(f"'{name}' has no login by a browser: give its credentials in the config.")
    return way, tokens


def _open(address: str) -> None:
    import webbrowser

    webbrowser.open(address)


def _code(port: int, state: str, begin: Callable[[], None]) -> str:
    """Wait at a loopback address for the browser that the app sends back; the code that it brings. What comes
    with another `state` is not ours and is passed over."""
    from http.server import BaseHTTPRequestHandler, HTTPServer
    from time import monotonic
    from urllib.parse import parse_qs, urlsplit

    got: dict[str, str] = {}

    class Back(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            said = {k: v[-1] for k, v in parse_qs(urlsplit(self.path).query).items()}
            ours = hmac.compare_digest(said.get("state", "").encode(), state.encode())
            if ours and (said.get("code") or said.get("error")):
                got.update(said)
            text = b"You can close this page." if ours else b"This is not the login that was begun."
            self.send_response(200 if ours else 400)
            self.send_header("content-type", "text/plain; charset=utf-8")
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, format: str, *args: object) -> None:
            """The address holds the code: nothing of it is logged."""

    try:
        server = HTTPServer(("127.0.0.1", port), Back)
    except OSError as error:
        say(f"Nothing can listen on 127.0.0.1:{port}: {error.strerror}. Choose another with --port.")
        raise leave(Code.FAILED) from None
    with server:
        server.timeout = 1.0
        begin()
        until = monotonic() + PATIENCE
        while not got and monotonic() < until:
            server.handle_request()
    if "code" not in got:
        why = "it was refused there" if got else "nobody agreed within five minutes"
        say(f"Not logged in: {why}.")
        raise leave(Code.FAILED)
    return got["code"]
