"""Runs the sandbox: in a thread of this process (tests, the demo), or blocking (``syncer sandbox``)."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Callable
from pathlib import Path
from types import TracebackType

import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send

from connectors.sandbox.host import DROP, Host, application
from connectors.sandbox.journal import WorldError
from connectors.sandbox.limits import Pace

ADDRESS = "127.0.0.1"
CREDENTIALS = {
    "hubspot": {"token": "sandbox-hubspot"},
    "mailerlite": {"token": "sandbox-mailerlite"},
    "mailchimp": {"token": "sandbox-us1"},
    "zendesk": {"email": "admin@sandbox.test", "token": "sandbox-zendesk"},
}


class Sandbox:
    """The simulated apps on a port of their own, as a context manager::

        with Sandbox(people=300, seed=1) as sandbox:
            httpx.get(sandbox.hubspot + "/account-info/v3/details", ...)

    `url` is the server's address; `hubspot`, `mailerlite`, `mailchimp` and `zendesk` are the apps' base
    URLs. Port 0 takes a free one. A world that the file `kept` holds is continued; else the new one is
    kept there.
    """

    def __init__(
        self,
        people: int = 300,
        seed: int = 1,
        port: int = 0,
        limits: Pace = "off",
        empty: bool = False,
        kept: Path | None = None,
    ) -> None:
        self._socket = _bound(port)
        self.url = f"http://{ADDRESS}:{self._socket.getsockname()[1]}"
        try:
            self.host = Host(people, seed, limits, empty, self.url, kept)
        except WorldError:
            self._socket.close()
            raise
        self._server = uvicorn.Server(_config(self.host))
        self._thread = threading.Thread(
            target=self._server.run, kwargs={"sockets": [self._socket]}, name="sandbox", daemon=True
        )

    @property
    def hubspot(self) -> str:
        return f"{self.url}/hubspot"

    @property
    def mailerlite(self) -> str:
        return f"{self.url}/mailerlite"

    @property
    def mailchimp(self) -> str:
        return f"{self.url}/mailchimp"

    @property
    def zendesk(self) -> str:
        return f"{self.url}/zendesk"

    def __enter__(self) -> Sandbox:
        """The socket is bound already, so calls made from now on wait in its queue at worst."""
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.should_exit = True
        self._thread.join()
        self._socket.close()


def serve(
    port: int = 8765,
    people: int = 300,
    seed: int = 1,
    limits: Pace = "fast",
    empty: bool = False,
    ready: Callable[[str], object] | None = None,
    kept: Path | None = None,
) -> None:
    """Run until stopped; Ctrl-C ends it without an error. `ready` is told the server's address as soon as
    calls are accepted; `kept` is the file that keeps the world. Raises OSError where the port is taken, and
    `WorldError`."""
    bound = _bound(port)
    url = f"http://{ADDRESS}:{bound.getsockname()[1]}"
    try:
        server = uvicorn.Server(_config(Host(people, seed, limits, empty, url, kept)))
        if ready is not None:
            ready(url)
        server.run(sockets=[bound])
    except KeyboardInterrupt:
        pass
    finally:
        bound.close()


def _bound(port: int) -> socket.socket:
    """A listening socket, so that nobody can be refused between binding and serving. The protocol has to be
    named: only then asyncio turns Nagle's algorithm off, which would cost 40 ms a call."""
    made = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        made.bind((ADDRESS, port))
        made.listen(128)
    except OSError:
        made.close()
        raise
    return made


def _config(host: Host) -> uvicorn.Config:
    return uvicorn.Config(
        _droppable(application(host)),
        lifespan="off",
        log_level="critical",
        access_log=False,
        date_header=False,  # the apps send their own, by the sandbox's clock
        ws="none",
        http="h11",
        timeout_graceful_shutdown=1,
        timeout_keep_alive=75,
    )


def _droppable(app: ASGIApp) -> ASGIApp:
    """Gives each call the means to lose its connection, which ASGI itself does not know."""

    async def wrapped(scope: Scope, receive: Receive, send: Send) -> None:
        transport = getattr(getattr(send, "__self__", None), "transport", None)
        if isinstance(transport, asyncio.Transport):
            scope[DROP] = transport.abort
        await app(scope, receive, send)

    return wrapped
