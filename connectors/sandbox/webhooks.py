"""Webhooks of the simulated apps. A call that changes something leaves deliveries in the app's outbox; once
it is answered, they are sent. Only addresses on this machine are called."""

from __future__ import annotations

import asyncio
import hashlib
from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlsplit

import httpx

LOOPBACK: Final = ("127.0.0.1", "localhost", "::1")
KEPT: Final = 10_000


@dataclass(frozen=True, slots=True)
class Delivery:
    """One event on its way to one address, signed in the app's own manner."""

    url: str
    content: bytes
    headers: Mapping[str, str] = field(default_factory=dict)


def is_near(url: object) -> bool:
    """Whether an address is one that the sandbox may call."""
    parts = urlsplit(str(url or ""))
    return parts.scheme in ("http", "https") and parts.hostname in LOOPBACK


def secret_of(app: str, id: str) -> str:
    """The secret of a webhook: another one for each, the same in each world."""
    return hashlib.sha256(f"{app} webhook {id}".encode()).hexdigest()[:32]


class Sender:
    """Sends deliveries one after the other, once each; `sent` tells what became of them."""

    def __init__(self) -> None:
        self.sent: deque[dict[str, object]] = deque(maxlen=KEPT)
        self._running: set[asyncio.Task[None]] = set()
        self._turn = asyncio.Lock()

    def post(self, app: str, deliveries: Iterable[Delivery]) -> None:
        """Begin to send; must be called while the server runs."""
        waiting = list(deliveries)
        if waiting:
            task = asyncio.get_running_loop().create_task(self._send(app, waiting))
            self._running.add(task)
            task.add_done_callback(self._running.discard)

    async def _send(self, app: str, deliveries: list[Delivery]) -> None:
        async with self._turn, httpx.AsyncClient(timeout=3.0, trust_env=False) as client:
            for item in deliveries:
                headers = {"content-type": "application/json", **item.headers}
                try:
                    status = (await client.post(item.url, content=item.content, headers=headers)).status_code
                except httpx.HTTPError:
                    status = 0
                self.sent.append({"app": app, "url": item.url, "status": status})
