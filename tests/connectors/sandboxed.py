"""The contract suite over a sandbox: one server for a class of cases, an empty app before each case."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

import httpx
import pytest

from connectors.contract import Connector, Options, Value
from connectors.contract_suite import ConnectorContract
from connectors.sandbox.server import Sandbox


class Sandboxed(ConnectorContract):
    """`app` is the prefix of the app; `credentials` are the connector's, `login` the headers of a person."""

    app: ClassVar[str]
    kind: ClassVar[Any]
    credentials: ClassVar[dict[str, str]]
    settings: ClassVar[dict[str, Any]] = {}
    login: ClassVar[httpx.Auth | dict[str, str]]
    sandbox: ClassVar[Sandbox]

    @pytest.fixture(autouse=True, scope="class")
    def _server(self, request: pytest.FixtureRequest) -> Iterator[None]:
        with Sandbox(people=0, limits="off") as sandbox, httpx.Client(base_url=sandbox.url) as http:
            request.cls.sandbox, request.cls.http = sandbox, http
            yield

    def begin(self) -> None:
        self.asks("POST", "/_sandbox/reset", json={"people": 0})

    def connect(self) -> Connector:
        return self.connected(self.credentials)

    def connect_refused(self) -> Connector:
        return self.connected({name: f"not-{value}" for name, value in self.credentials.items()})

    def connected(self, credentials: dict[str, str]) -> Connector:
        connector: Connector = self.kind(
            Options(self.app, f"{self.sandbox.url}/{self.app}", credentials, self.settings)
        )
        return connector

    def requests(self) -> int:
        return len(self.asks("GET", "/_sandbox/requests")[self.app])

    def asks(self, method: str, path: str, **parts: Any) -> Any:
        """A call to the server itself; its JSON answer."""
        answer = self.http.request(method, path, **parts)
        answer.raise_for_status()
        return answer.json() if answer.content else None

    def does(self, method: str, path: str, body: Any = None) -> Any:
        """What a person does, by the app's own API."""
        return self.asks(method, f"/{self.app}{path}", json=body, headers=self.login)


def text(value: Value) -> Any:
    return "" if value is None else value
