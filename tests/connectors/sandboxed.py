"""The contract suite over a sandbox: one server for a class of cases, an empty app before each case."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

import httpx
import pytest

from connectors.contract import Connector, Options
from connectors.contract_suite import ConnectorContract
from connectors.sandbox.server import Sandbox


class Sandboxed(ConnectorContract):
    """`app` is the prefix of the app; `credentials` and `settings` are the connector's; `login` is a
    person's; `habits` are the app's own settings."""

    app: ClassVar[str]
    kind: ClassVar[Any]
    credentials: ClassVar[dict[str, str]]
    settings: ClassVar[dict[str, Any]] = {}
    habits: ClassVar[dict[str, Any]] = {}
    login: ClassVar[dict[str, str]]
    sandbox: ClassVar[Sandbox]
    http: ClassVar[httpx.Client]

    @pytest.fixture(autouse=True, scope="class")
    @classmethod
    def _server(cls) -> Iterator[None]:
        with Sandbox(empty=True) as sandbox, httpx.Client(base_url=sandbox.url) as http:
            cls.sandbox, cls.http = sandbox, http
            yield

    @pytest.fixture(autouse=True)
    def _nothing_ignored(self) -> Iterator[None]:
        """A connector sends nothing that the app takes without effect."""
        yield
        ignored = [call for call in self.asks("GET", "/_sandbox/requests")[self.app] if "ignored" in call]
        assert not ignored, str(ignored)

    def begin(self) -> None:
        self.asks("POST", "/_sandbox/reset")
        self.asks("POST", "/_sandbox/settings", json={self.app: self.habits})
        self.offset = 0.0

    def settle(self) -> None:
        """Move the app's clock past the lag that the connector declares."""
        self.offset += self.spec.lag + 1
        self.asks("POST", "/_sandbox/clock", json={"offset": self.offset})

    def now(self) -> datetime:
        return datetime.now(UTC) + timedelta(seconds=self.offset)

    def connect(self) -> Connector:
        return self.connected(self.credentials)

    def connect_refused(self) -> Connector:
        return self.connected({name: f"not-{value}" for name, value in self.credentials.items()})

    def connected(self, credentials: dict[str, str]) -> Connector:
        url = f"{self.sandbox.url}/{self.app}"
        connector: Connector = self.kind(Options(self.app, url, credentials, self.settings, now=self.now))
        return connector

    def requests(self) -> int:
        return int(self.asks("GET", "/_sandbox/counts")[self.app])

    def asks(self, method: str, path: str, **parts: Any) -> Any:
        """A call to the server itself; its JSON answer."""
        answer = self.http.request(method, path, **parts)
        answer.raise_for_status()
        return answer.json() if answer.content else None

    def does(self, method: str, path: str, body: Any = None) -> Any:
        """What a person does, by the app's own API."""
        return self.asks(method, f"/{self.app}{path}", json=body, headers=self.login)
