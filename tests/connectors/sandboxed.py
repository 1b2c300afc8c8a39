"""The contract suite over a sandbox: one server for a class of cases, an empty app before each case."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from time import sleep
from typing import Any, ClassVar, Literal

import httpx
import pytest

from connectors.contract import Connector, Options
from connectors.contract_suite import ConnectorContract
from connectors.sandbox.server import Sandbox


class Sandboxed(ConnectorContract):
    """`app` is the prefix of the app; `credentials` and `settings` are the connector's; `login` is a
    person's; `habits` are the app's own settings; creates and updates are
    told by their paths (`writing`) by their methods (`verbs`), or by their
    bodies (`holding`)."""

    app: ClassVar[str]
    kind: ClassVar[Any]
    credentials: ClassVar[dict[str, str]]
    settings: ClassVar[dict[str, Any]] = {}
    habits: ClassVar[dict[str, Any]] = {}
    login: ClassVar[dict[str, str]]
    writing: ClassVar[str] = ""
    verbs: ClassVar[tuple[str, ...]] = ()
    holding: ClassVar[str] = ""
    own_404 = True
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
        self.elapse(self.spec.lag + 1)

    def elapse(self, seconds: float) -> None:
        self.offset += seconds
        self.asks("POST", "/_sandbox/clock", json={"offset": self.offset})

    def now(self) -> datetime:
        return datetime.now(UTC) + timedelta(seconds=self.offset)

    def connect(self) -> Connector:
        return self.connected(self.credentials)

    def connect_refused(self) -> Connector:
        return self.connected({name: f"not-{value}" for name, value in self.credentials.items()})

    def connected(self, credentials: dict[str, str]) -> Connector:
        url = f"{self.sandbox.url}/{self.app}"
        options = Options(self.app, url, credentials, self.settings, now=self.now, sleep=nap)
        connector: Connector = self.kind(options)
        return connector

    def fault(self, kind: str, on: Literal["read", "write", ""] = "", **rule: Any) -> None:
        """All reads of an app are GET, unless it is said which paths are writes."""
        if kind == "ignore":
            pytest.skip("this sandbox's own answer shows what it has not kept")
        if not (self.writing or self.verbs or self.holding):
            pytest.skip("it is not said which calls of this app create and update")
        for where in self.places(on):
            self.asks("POST", "/_sandbox/faults", json={"app": self.app, "kind": kind, **where, **rule})

    def places(self, on: str) -> list[dict[str, str]]:
        if not on:
            return [{}]
        if self.writing:
            return [{"path": self.writing if on == "write" else f"^(?!.*({self.writing}))"}]
        if self.holding and on == "write":
            return [{"holds": self.holding}]
        return [{"method": verb} for verb in (self.verbs if on == "write" else ("GET",))]

    def no_faults(self) -> None:
        self.asks("DELETE", "/_sandbox/faults")

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


def nap(seconds: float) -> None:
    """Long pauses need not be lived through."""
    sleep(min(seconds, 0.02))
