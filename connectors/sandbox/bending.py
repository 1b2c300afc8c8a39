"""What a fault makes of a call: before, while and after the app handles it. The rules: faults.py."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Final

from connectors.sandbox.clock import Clock
from connectors.sandbox.faults import Fault, is_list
from connectors.sandbox.wire import Answer, App, Call, Json

DROPPED: Final = Answer(0)  # no answer: the connection is closed
READS: Final = ("GET", "HEAD")
_BATCHES: Final = (
    *("inputs", "requests", "operations", "members"),
    *("users", "organizations", "organization_memberships", "identities"),
)
_STAMPS: Final = ("updatedAt", "updated_at", "last_changed")

Handle = Callable[[App[Any], Call, Clock], Answer]


class Bending:
    """Applies faults. It remembers the page that each list gave last, to give it again."""

    def __init__(self, clock: Clock, handle: Handle) -> None:
        self._clock = clock
        self._handle = handle
        self._pages: dict[tuple[str, str], Answer] = {}

    def answer(self, fault: Fault | None, app: App[Any], call: Call, remember: bool) -> Answer:
        """The app's answer under the fault. With `remember`, pages are kept for later ``repeat_page``."""
        if fault is None or fault.kind == "delay":
            return self._asked(app, call, remember)
        if fault.kind == "drop_before":
            return DROPPED
        if fault.kind == "status":
            return _failing(fault)
        if fault.kind == "expired_token":
            return app.expired(call)
        if fault.kind == "repeat_page":
            before = self._pages.get((app.name, call.path))
            return before or self._asked(app, call, remember)
        if fault.kind == "partial" and not call.malformed:
            _halve(call)
        with self._habits(fault, app, call):
            answer = self._asked(app, call, remember)
            if fault.kind == "lag":
                until = self._clock.now() / 1_000_000 - fault.seconds
                return _with_records(answer, lambda records: [row for row in records if _stamp(row) <= until])
        if fault.kind == "drop_after":
            return DROPPED
        return _with_records(answer, lambda _: []) if fault.kind == "skip_page" else answer

    def _asked(self, app: App[Any], call: Call, remember: bool) -> Answer:
        path = call.path  # the app may rewrite it
        answer = self._handle(app, call, self._clock)
        if remember and answer.status == 200 and is_list(call):
            self._pages[app.name, path] = answer
        return answer

    @contextmanager
    def _habits(self, fault: Fault, app: App[Any], call: Call) -> Iterator[None]:
        app.mode.muted = fault.kind == "ignore" and call.method not in READS
        app.mode.lag = fault.seconds if fault.kind == "lag" else 0.0
        self._clock.skew = fault.seconds if fault.kind == "clock_skew" else 0.0
        try:
            yield
        finally:
            app.mode.muted, app.mode.lag = False, 0.0


def _failing(fault: Fault) -> Answer:
    headers = {"Retry-After": f"{fault.seconds:g}"} if fault.seconds else {}
    return Answer(fault.status, fault.body if fault.body is not None else {"message": "fault"}, headers)


def _halve(call: Call) -> None:
    """Take away the second half of a batch, in the body or among the ids of the query."""
    if isinstance(call.parsed, dict):
        for name in _BATCHES:
            items = call.parsed.get(name)
            if isinstance(items, list):
                call.parsed[name] = items[: len(items) // 2]
    ids = call.query.get("ids", "").split(",")
    if len(ids) > 1 and call.method not in READS:
        call.query["ids"] = ",".join(ids[: len(ids) // 2])


def _with_records(answer: Answer, change: Callable[[list[Json]], list[Json]]) -> Answer:
    """The answer with the records of its page changed; what is no page stays as it is."""
    body = answer.body
    if answer.status != 200 or not isinstance(body, dict):
        return answer
    lists = [
        name
        for name, value in body.items()
        if isinstance(value, list) and all(isinstance(item, dict) for item in value)
    ]
    return replace(answer, body={**body, lists[0]: change(body[lists[0]])}) if lists else answer


def _stamp(row: Json) -> float:
    """When a record changed, in seconds since 1970; a record without stamp is old."""
    text = next((row[name] for name in _STAMPS if row.get(name)), None)
    if not isinstance(text, str):
        return 0.0
    at = datetime.fromisoformat(text)
    return (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()
