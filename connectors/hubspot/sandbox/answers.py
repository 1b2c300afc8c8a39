"""HubSpot's answers in the sandbox: error bodies and the batch envelope."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from connectors.sandbox.clock import iso_ms
from connectors.sandbox.wire import Answer, Json

_numbers = itertools.count(1)


def correlation() -> str:
    """An id that looks like HubSpot's and names the call."""
    return str(UUID(int=next(_numbers) | 1 << 126))


def error(status: int, category: str, message: str, **more: Any) -> Answer:
    body = {
        "status": "error",
        "message": message,
        "correlationId": correlation(),
        "category": category,
        **more,
    }
    return Answer(status, body)


def not_found(kind: str = "resource") -> Answer:
    return error(404, "OBJECT_NOT_FOUND", f"{kind} not found")


def bad_request(message: str) -> Answer:
    return error(400, "VALIDATION_ERROR", message)


def conflict(kind: str, id: int) -> Answer:
    text = f"{kind.capitalize()} already exists. Existing ID: {id}"
    return error(409, "CONFLICT", text)


def batch(status: int, now: int, results: list[Any], errors: list[Json] | None = None) -> Answer:
    """The batch envelope; with `errors` it is 207."""
    at = iso_ms(now)
    body: Json = {"status": "COMPLETE", "results": results, "startedAt": at, "completedAt": at}
    if errors:
        body |= {"numErrors": len(errors), "errors": errors}
    return Answer(207 if errors else status, body)


def as_batch_error(answer: Answer, context: Mapping[str, list[str]]) -> Json:
    """One input's refusal as an item of ``errors``."""
    return {
        "status": "error",
        "category": answer.body["category"],
        "message": answer.body["message"],
        "context": {**context},
    } | ({"errors": answer.body["errors"]} if "errors" in answer.body else {})
