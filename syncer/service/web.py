"""The service's server: health, metrics and webhooks, on a thread of its own."""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

import orjson
import uvicorn
from starlette.applications import Starlette
from starlette.background import BackgroundTask
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from connectors.hooks import HookCall, Hooks
from syncer.logs import log
from syncer.service.metrics import Metrics
from syncer.service.receiving import LARGEST, STATUS, Outcome, Receiving
from syncer.service.repeats import Repeats
from syncer.service.service import Service
from syncer.service.view import View
from syncer.service.worker import Done
from syncer.store.database import StateError
from syncer.store.hooksecrets import HookSecrets
from syncer.store.vault import Vault
from syncer.wiring.connections import connect

STUCK: Final = 900.0  # seconds without any progress, after which the service is not called healthy
SLOWEST: Final = 5.0  # seconds that a body may take to arrive
FRESH: Final = 2.0  # seconds that the secrets of webhooks are known by heart


class Web:
    """A `syncer.service.service.Part`. Listens from `start` to `stop`."""

    def __init__(self, listen: str) -> None:
        self.host, _, port = listen.rpartition(":")
        self.port = int(port)

    def start(self, service: Service) -> None:
        self._service = service
        self._socket = _bound(self.host.strip("[]"), self.port)
        self.port = self._socket.getsockname()[1]
        self._view = View(lambda: service.config, service.ports)
        self._metrics = Metrics(self._view)
        self._secrets: tuple[float, dict[str, tuple[Hooks, Sequence[str]]]] = (-FRESH, {})
        self._repeats = Repeats(service.config.state, time.time())
        self._receiving = Receiving(service.config, self._hooks, service.inbox.tell, repeats=self._repeats)
        routes = [
            Route("/healthz", self.healthz),
            Route("/readyz", self.readyz),
            Route("/metrics", self.metrics),
            Route("/webhooks/{app}", self.webhook, methods=["GET", "HEAD", "POST"]),
        ]
        config = uvicorn.Config(
            Starlette(routes=routes),
            lifespan="off",
            log_level="critical",
            access_log=False,
            server_header=False,
            ws="none",
            http="h11",
            timeout_graceful_shutdown=1,
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(
            target=self._server.run, kwargs={"sockets": [self._socket]}, name="web", daemon=True
        )
        self._thread.start()
        log().info("listening", port=self.port)

    def told(self, done: Done) -> None:
        self._metrics.told(done)

    def look(self, now: datetime) -> None: ...

    def stop(self) -> None:
        self._server.should_exit = True
        self._thread.join(3.0)
        self._repeats.keep()
        self._socket.close()
        self._view.close()

    # -- health -------------------------------------------------------------------------------------------

    async def healthz(self, request: Request) -> Response:
        """Whether the service makes progress: else it is better started again."""
        silent = self._service.silent
        return _json(
            {"ok": silent < STUCK, "silent_seconds": round(silent, 1)}, 200 if silent < STUCK else 503
        )

    async def readyz(self, request: Request) -> Response:
        """Whether it can work: it is not about to stop, and its state can be read."""
        stopping, problem = self._service.inbox.stopping, self._service.watch.problem
        said: dict[str, Any] = {"ready": not stopping, "config": "refused" if problem else "in force"}
        try:
            said["syncs"] = await asyncio.to_thread(self._standing)
        except StateError:
            said |= {"ready": False, "state": "cannot be read"}
        return _json(said, 200 if said["ready"] else 503)

    def _standing(self) -> dict[str, Any]:
        return {
            one["sync"]: {
                "last_success": one["last_success"],
                "next_run": one["next_run"],
                "held": one["held"] is not None,
                "paused": one["paused"],
            }
            for one in self._view.syncs()
        }

    async def metrics(self, request: Request) -> Response:
        try:
            text = await asyncio.to_thread(self._metrics.text)
        except StateError:
            return Response(status_code=503)
        return Response(text, media_type="text/plain; version=0.0.4; charset=utf-8")

    # -- webhooks -----------------------------------------------------------------------------------------

    async def webhook(self, request: Request) -> Response:
        """Answered at once: what a call tells of is looked at later. GET is how an app tries an address."""
        app = request.path_params["app"]
        if request.method != "POST":
            return Response(status_code=200 if app in self._service.config.apps else 404)
        outcome: Outcome = "oversized"
        try:
            async with asyncio.timeout(SLOWEST):
                body = await _body(request)
        except (TimeoutError, ClientDisconnect):
            return Response(status_code=408)
        if body is not None:
            self._receiving.config = self._service.config
            public = self._service.config.model.service.public_url
            query = f"?{request.url.query}" if request.url.query else ""
            base = (public or f"{request.url.scheme}://{request.url.netloc}").rstrip("/")
            headers = {name.lower(): value for name, value in request.headers.items()}
            call = HookCall(f"{base}{request.url.path}{query}", headers, body)
            outcome = self._receiving.take(app, call)
        known = app if app in self._service.config.apps else "unknown"
        self._metrics.received(known, outcome)
        if outcome != "taken":
            log(app=known).warning("a webhook was not taken", reason=outcome)
        return _json({"outcome": outcome}, STATUS[outcome], BackgroundTask(self._repeats.keep))

    def _hooks(self, app: str) -> tuple[Hooks, Sequence[str]] | None:
        """How an app's calls are read, and what they may be signed with. A secret that was got a moment ago
        by `syncer webhooks register` is known after two seconds at the latest."""
        read_at, known = self._secrets
        if self._service.clock() - read_at >= FRESH:
            known = self._all_hooks()
            self._secrets = (self._service.clock(), known)
        return known.get(app)

    def _all_hooks(self) -> dict[str, tuple[Hooks, Sequence[str]]]:
        config = self._service.config
        found: dict[str, tuple[Hooks, Sequence[str]]] = {}
        with self._view.reading() as db:
            secrets = HookSecrets(db, Vault(config.state_keys))
            kept = {app: secrets.get(app) for app in config.apps}
        for app, model in config.apps.items():
            connector = connect(app, model)
            hooks: Hooks | None = getattr(connector, "hooks", None)
            connector.close()
            hook = kept[app]
            if hooks is not None:
                signed = [hooks.own_secret, hook.secret if hook else ""]
                found[app] = (hooks, [one for one in signed if one])
        return found


async def _body(request: Request) -> bytes | None:
    """The body; None where it is too large, of which no more is read than that takes."""
    declared = request.headers.get("content-length", "")
    if declared.isdecimal() and int(declared) > LARGEST:
        return None
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > LARGEST:
            return None
    return bytes(body)


def _bound(host: str, port: int) -> socket.socket:
    """Raises `StateError`, in words, where the address cannot be listened on."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    made = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        made.bind((host, port))
        made.listen(128)
    except OSError as error:
        made.close()
        raise NotListening(host, port, error) from error
    return made


class NotListening(StateError):
    """The address is taken, or none of this machine's."""

    def __init__(self, host: str, port: int, error: OSError) -> None:
        super().__init__(
            f"Nothing can listen on {host}:{port}: {error.strerror}. Stop what listens there, or set"
            " service.listen in the config to another address, or to off."
        )


def _json(body: Any, status: int, after: BackgroundTask | None = None) -> Response:
    return Response(orjson.dumps(body), status, media_type="application/json", background=after)
