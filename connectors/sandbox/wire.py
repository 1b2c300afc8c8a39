"""What one simulated app is made of: calls, answers, routes, and the order in which a call is judged."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

import orjson

from connectors.sandbox.limits import Denied, Limits
from connectors.sandbox.webhooks import Delivery

Json = dict[str, Any]


class Query(dict[str, str]):
    """The parameters of a call. It knows which ones nobody asked for: those had no effect."""

    def __init__(self, given: Mapping[str, str] | None = None) -> None:
        super().__init__(given or {})
        self._asked: set[object] = set()

    def __getitem__(self, name: str) -> str:
        self._asked.add(name)
        return super().__getitem__(name)

    def __contains__(self, name: object) -> bool:
        self._asked.add(name)
        return super().__contains__(name)

    def get(self, name: str, default: Any = None) -> Any:
        self._asked.add(name)
        return super().get(name, default)

    def ignored(self) -> list[str]:
        return [f"?{name}" for name in self if name not in self._asked]


@dataclass(slots=True)
class Call:
    """One request as an app sees it; `path` is the app's own, without the sandbox's prefix.

    `ignored` collects what the app accepts without effect; the request log shows it. `connections` counts
    the app's calls that are on their way, this one included.
    """

    method: str
    path: str
    query: Query = field(default_factory=Query)
    headers: Mapping[str, str] = field(default_factory=dict)
    raw: bytes = b""
    base: str = ""
    args: Mapping[str, str] = field(default_factory=dict)
    ignored: list[str] = field(default_factory=list)
    parsed: Any = None
    connections: int = 1

    @property
    def body(self) -> Json:
        """The request's JSON object; anything else reads as an empty one."""
        if self.parsed is None:
            try:
                self.parsed = orjson.loads(self.raw) if self.raw else {}
            except orjson.JSONDecodeError:
                self.parsed = {}
        return self.parsed if isinstance(self.parsed, dict) else {}

    @property
    def malformed(self) -> bool:
        if not self.raw or self.parsed is not None:
            return False
        try:
            self.parsed = orjson.loads(self.raw)
        except orjson.JSONDecodeError:
            return True
        return False

    def flag(self, name: str) -> bool:
        """Whether a parameter is set to true, in whatever case clients write it."""
        return str(self.query.get(name)).lower() == "true"

    def number(self, name: str, default: int) -> int:
        """A whole number from the query; what is no number reads as -1."""
        text = self.query.get(name)
        if text is None or text == "":
            return default
        return int(text) if text.isdecimal() else -1


@dataclass(slots=True)
class Answer:
    """`body` is sent as JSON; text is sent as text/plain, bytes as they are, None as an empty body."""

    status: int
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)

    def encoded(self) -> tuple[bytes, str | None]:
        if self.body is None:
            return b"", None
        if isinstance(self.body, bytes):
            return self.body, "application/octet-stream"
        if isinstance(self.body, str):
            return self.body.encode(), "text/plain; charset=utf-8"
        return orjson.dumps(self.body), "application/json"


class Refused(Exception):
    """Ends a call with this answer; nothing has been changed."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer.status)
        self.answer = answer


S = TypeVar("S")
Handler = Callable[[S, Call], Answer]
Routes = dict[tuple[str, str], Handler[S]]


class Router(Generic[S]):
    """Finds a handler by method and path; ``{name}`` stands for one path segment."""

    def __init__(self, *tables: Routes[S]) -> None:
        self._fixed: dict[tuple[str, str], Handler[S]] = {}
        self._open: dict[str, list[tuple[re.Pattern[str], Handler[S]]]] = {}
        for (method, path), handler in (item for table in tables for item in table.items()):
            if "{" not in path:
                self._fixed[method, path] = handler
                continue
            pattern = re.compile(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", path))
            self._open.setdefault(method, []).append((pattern, handler))

    def find(self, method: str, path: str) -> tuple[Handler[S], dict[str, str]] | None:
        if fixed := self._fixed.get((method, path)):
            return fixed, {}
        for pattern, handler in self._open.get(method, ()):
            if match := pattern.fullmatch(path):
                return handler, match.groupdict()
        return None


@dataclass(slots=True)
class Mode:
    """How an app behaves at the moment, shared by all its parts.

    muted     changes are answered but not kept ("success without effect")
    lag       feeds give nothing of the last seconds; set for one call by the fault of that name
    settings  what ``POST /_sandbox/settings`` has set, by name
    """

    muted: bool = False
    lag: float = 0.0
    settings: Json = field(default_factory=dict)


class App(Generic[S]):
    """A simulated app over its account `S`. A call is authenticated, counted against the limits, handled."""

    name: str

    def __init__(self, account: S, router: Router[S], limits: Limits, mode: Mode) -> None:
        self.account = account
        self.router = router
        self.limits = limits
        self.mode = mode

    def handle(self, call: Call) -> Answer:
        headers: dict[str, str] = {}
        try:
            self.authenticate(call)
            call.path = self.own_path(call.path)
            headers = self.throttle(call)
            if call.malformed:
                raise Refused(self.malformed())
            answer = self.dispatch(call)
            call.ignored += call.query.ignored() if answer.status < 400 else ()
        except Denied as denied:
            answer = self.limited(denied, call)
        except Refused as refused:
            answer = refused.answer
        answer.headers = {**headers, **answer.headers}
        return answer

    def dispatch(self, call: Call) -> Answer:
        found = self.router.find(call.method, call.path)
        if found is None:
            return not_covered(f"{call.method} {call.path} of {self.name}")
        handler, call.args = found
        return handler(self.account, call)

    def own_path(self, path: str) -> str:
        """The path under which the routes know the call."""
        return path

    def authenticate(self, call: Call) -> None:
        """Raises `Refused` in the app's own form."""
        raise NotImplementedError

    def expired(self, call: Call) -> Answer:
        """How the app refuses a credential that was good until now; as one that never was, unless told."""
        try:
            self.authenticate(Call(call.method, call.path))
        except Refused as refused:
            return refused.answer
        raise AssertionError(f"{self.name} takes calls without a credential")

    def throttle(self, call: Call) -> dict[str, str]:
        """Count the call; the rate headers of its answer. Raises `Denied`."""
        raise NotImplementedError

    def limited(self, denied: Denied, call: Call) -> Answer:
        raise NotImplementedError

    def malformed(self) -> Answer:
        raise NotImplementedError

    def outgoing(self) -> list[Delivery]:
        """What webhooks are to be sent now; asked for once."""
        return []

    def state(self) -> Json:
        """All records, for tests that compare."""
        raise NotImplementedError


def not_covered(what: str) -> Answer:
    return Answer(501, {"error": "not_covered", "message": f"The sandbox does not cover {what}."})
