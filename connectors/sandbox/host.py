"""The simulated apps behind one Starlette application.

Each app has a prefix that stands for its host (``/hubspot``, ``/mailerlite``, ``/mailchimp``, ``/zendesk``).
What the sandbox itself offers is under ``/_sandbox``: the request log, the state, faults, settings, the
clock.
"""

from __future__ import annotations

import asyncio
import gc
import re
from collections import deque
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from email.utils import formatdate
from pathlib import Path
from typing import Any

import orjson
from starlette.applications import Starlette
from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount, Route
from starlette.types import Receive, Scope, Send

from connectors.hubspot.sandbox import HubSpot
from connectors.mailchimp.sandbox import Mailchimp
from connectors.mailerlite.sandbox import MailerLite
from connectors.sandbox.bending import Bending
from connectors.sandbox.clock import DAY_US, Clock, iso_ms, offset_to
from connectors.sandbox.faults import Fault, parsed
from connectors.sandbox.journal import Beginning, Journal
from connectors.sandbox.limits import SCALE, Limits, Pace
from connectors.sandbox.people import World, world
from connectors.sandbox.webhooks import Sender
from connectors.sandbox.wire import App, Call, Json, Query, not_covered
from connectors.zendesk.sandbox import Zendesk

LOGGED = 100_000
DROP = "sandbox.drop"  # scope key: closes the connection without an answer


class Host:
    """The apps, their log and the faults in force. Calls are handled one at a time, in one thread. A world
    that the file `kept` holds is continued, else the new one is kept there. Raises `WorldError`."""

    def __init__(
        self, people: int, seed: int, limits: Pace, empty: bool, url: str, kept: Path | None = None
    ) -> None:
        self._people = 0 if empty else people
        self._seed = seed
        self._pace = limits
        self._url = url
        self._journal = Journal(kept)
        before = self._journal.beginning()
        if before is None:
            self.reset()
            return
        self._people, self._seed = before.people, before.seed
        with _no_collection():
            self._fill(before.start)
            self._continue()

    def reset(self) -> None:
        """Start again from the seed: records, log, faults, settings, limits and the clock."""
        start = Clock().now() // DAY_US * DAY_US
        with _no_collection():
            self._fill(start)
        self._journal.begin(Beginning(self._people, self._seed, start))

    def _continue(self) -> None:
        """Repeat what was done before; that counts against no limit."""
        for app in self.apps.values():
            app.limits.scale = 0.0
        self._journal.replay(self.apps, self.clock, self._url)
        for app in self.apps.values():
            app.outgoing()  # was sent when it happened
            app.limits.scale = SCALE[self._pace]

    def _fill(self, start: int) -> None:
        self.apps: dict[str, App[Any]] = {}  # lets go of the old world before the new one is made
        self.clock = Clock()
        made = world(self._people, self._seed) if self._people else World()
        hubspot = HubSpot(self.clock, self._limits(), made, start)
        mailerlite = MailerLite(self.clock, self._limits(), made, start)
        mailchimp = Mailchimp(self.clock, self._limits(), made, start)
        zendesk = Zendesk(self.clock, self._limits(), made, start, f"{self._url}/zendesk")
        self.apps = {app.name: app for app in (hubspot, mailerlite, mailchimp, zendesk)}
        self.log: dict[str, deque[Json]] = {name: deque(maxlen=LOGGED) for name in self.apps}
        self.counts: dict[str, int] = dict.fromkeys(self.apps, 0)
        self.open: dict[str, int] = dict.fromkeys(self.apps, 0)
        self.faults: list[Fault] = []
        self.webhooks = Sender()
        self._bending = Bending(self.clock, self._journal.handle)

    def _limits(self) -> Limits:
        return Limits(self.clock, self._pace)

    # -- the apps --------------------------------------------------------------------------------

    def mounted(self, name: str) -> Callable[[Scope, Receive, Send], Awaitable[None]]:
        async def endpoint(scope: Scope, receive: Receive, send: Send) -> None:
            request = Request(scope, receive)
            root = scope.get("root_path", "")
            call = Call(
                method=request.method,
                path=scope["path"].removeprefix(root),
                query=_parameters(request.query_params),
                headers=request.headers,
                raw=await request.body(),
                base=f"{scope['scheme']}://{request.headers.get('host', '')}{root}",
            )
            self.open[name] += 1
            call.connections = self.open[name]
            try:
                response = await self._answer(name, call, scope.get(DROP))
            finally:
                self.open[name] = max(0, self.open[name] - 1)  # a reset begins at 0 again
            if response is not None:
                await response(scope, receive, send)

        return endpoint

    async def _answer(self, name: str, call: Call, drop: Callable[[], None] | None) -> Response | None:
        """The app's answer, bent by the first fault that strikes; None where the connection was dropped."""
        path = call.path
        fault = next((item for item in self.faults if item.strikes(name, call)), None)
        if fault and fault.kind == "delay":
            await asyncio.sleep(fault.seconds)
        remember = any(item.kind == "repeat_page" for item in self.faults)
        try:
            answer = self._bending.answer(fault, self.apps[name], call, remember)
            date = formatdate(self.clock.now() / 1_000_000, usegmt=True)
        finally:
            self.clock.skew = 0.0
        self._note(name, call.method, path, answer.status, call.ignored, fault.kind if fault else "")
        self.webhooks.post(name, self.apps[name].outgoing())
        if answer.status == 0:
            if drop is not None:
                drop()
                await asyncio.sleep(0)
            return None
        content, media = answer.encoded()
        return Response(content, answer.status, {"date": date, **answer.headers}, media)

    def _note(self, name: str, method: str, path: str, status: int, ignored: list[str], fault: str) -> None:
        entry: Json = {"method": method, "path": path, "status": status}
        if ignored:
            entry["ignored"] = list(dict.fromkeys(ignored))
        if fault:
            entry["fault"] = fault
        self.log[name].append(entry)
        self.counts[name] += 1

    # -- what the sandbox offers -----------------------------------------------------------------

    async def requests(self, request: Request) -> Response:
        return _json({name: list(entries) for name, entries in self.log.items()})

    async def count(self, request: Request) -> Response:
        return _json(self.counts)

    async def sent_webhooks(self, request: Request) -> Response:
        return _json(list(self.webhooks.sent))

    async def state(self, request: Request) -> Response:
        return _json({name: app.state() for name, app in self.apps.items()})

    async def start_again(self, request: Request) -> Response:
        self.reset()
        return _json({"status": "reset"})

    async def set_faults(self, request: Request) -> Response:
        """One rule or a list of rules, added to those in force; GET shows them, DELETE takes all away."""
        if request.method == "GET":
            return _json([fault.shown() for fault in self.faults])
        if request.method == "DELETE":
            self.faults = []
            return _json({"faults": 0})
        try:
            given = orjson.loads(await request.body())
            rules = given if isinstance(given, list) else [given]
            self.faults += [parsed(rule, self.apps) for rule in rules]
        except (ValueError, TypeError, AttributeError, re.error) as error:
            return _json({"error": "invalid_fault", "message": str(error)}, 400)
        return _json({"faults": len(self.faults)})

    async def set_clock(self, request: Request) -> Response:
        """``{"offset": seconds}`` from the wall clock, or ``{"now": "2030-01-01T00:00:00Z"}``; it goes on
        from there. GET shows both."""
        if request.method == "POST":
            try:
                given = orjson.loads(await request.body())
                self.clock.offset = offset_to(given["now"]) if "now" in given else float(given["offset"])
            except (ValueError, TypeError, KeyError):
                text = 'send {"offset": seconds} or {"now": "2030-01-01T00:00:00Z"}'
                return _json({"error": "invalid_clock", "message": text}, 400)
        return _json({"offset": self.clock.offset, "now": iso_ms(self.clock.now())})

    async def set_settings(self, request: Request) -> Response:
        """``{app: {setting: value}}``."""
        try:
            given = orjson.loads(await request.body())
            for name, settings in given.items():
                self.apps[name].mode.settings.update(settings)
        except (ValueError, TypeError, KeyError, AttributeError):
            return _json({"error": "invalid_settings", "message": "send {app: {setting: value}}"}, 400)
        return _json({name: app.mode.settings for name, app in self.apps.items()})


def _parameters(given: QueryParams) -> Query:
    """A parameter that is given several times is a list, as ``a,b`` is."""
    return Query({name: ",".join(given.getlist(name)) for name in given})


def application(host: Host) -> Starlette:
    return Starlette(
        routes=[
            Route("/_sandbox/requests", host.requests),
            Route("/_sandbox/counts", host.count),
            Route("/_sandbox/state", host.state),
            Route("/_sandbox/webhooks", host.sent_webhooks),
            Route("/_sandbox/reset", host.start_again, methods=["POST"]),
            Route("/_sandbox/faults", host.set_faults, methods=["GET", "POST", "DELETE"]),
            Route("/_sandbox/clock", host.set_clock, methods=["GET", "POST"]),
            Route("/_sandbox/settings", host.set_settings, methods=["POST"]),
            *(Mount(f"/{name}", host.mounted(name)) for name in host.apps),
            Route("/{path:path}", nowhere, methods=["GET", "POST", "PUT", "PATCH", "DELETE"]),
        ]
    )


async def nowhere(request: Request) -> Response:
    """An address of no app."""
    answer = not_covered(f"{request.method} {request.url.path}")
    return _json(answer.body, answer.status)


@contextmanager
def _no_collection() -> Iterator[None]:
    """A big world is nothing but new, live objects: looking for garbage among them takes longer than
    making them. What stays is never looked at again."""
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


def _json(body: Any, status: int = 200) -> Response:
    return Response(orjson.dumps(body), status, media_type="application/json")
