"""HubSpot's error bodies in words: which write, which property, and why. Every part of a body is optional."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, Final

import orjson

from connectors.contract import Result, Write
from connectors.hubspot.fields import COMPANY

Detail = Mapping[str, Any]
NOT_THERE: Final = "OBJECT_NOT_FOUND"  # the record, or any association of it

# Codes that speak of the property itself: whoever sends it is refused alike.
SCHEMA_CODES: Final = frozenset({"PROPERTY_DOESNT_EXIST", "READ_ONLY_VALUE"})

_REASONS: Final = {
    "PROPERTY_DOESNT_EXIST": "HubSpot has no such property",
    "READ_ONLY_VALUE": "HubSpot does not let this property be written",
    "INVALID_OPTION": "not one of the property's choices",
    "INVALID_EMAIL": "not a valid e-mail address",
    "INVALID_LONG": "not a whole number",
    "INVALID_DATE": "not a date that HubSpot accepts",
}
_EXISTING = re.compile(r"Existing ID:\s*(\d+)")


def refusal(write: Write, detail: Detail, redact: Callable[[object], str]) -> Result:
    """The result for one write that HubSpot refused with this body."""
    message = str(detail.get("message") or "")
    category = detail.get("category") or ""
    existing = _EXISTING.search(message)
    if write.kind == "create" and (existing or category == "CONFLICT"):
        id = existing.group(1) if existing else None
        return Result(write.ref, "existed", id, reason="a record with this key exists")
    if category == NOT_THERE and write.kind != "create":
        return Result(write.ref, "stale", write.id, reason="HubSpot no longer has a record with this id")
    if category == "RATE_LIMITS":
        return Result(write.ref, "retry", write.id, reason=redact(message))
    fields = {
        name: reason for name, (_, reason) in refused_fields(detail, redact).items() if name in write.values
    }
    if category == "CONFLICT" and "email" in write.values:
        fields.setdefault("email", "another contact has this address")
    if category == NOT_THERE and write.values.get(COMPANY):  # which a new contact brings along
        fields.setdefault(COMPANY, "HubSpot has no such company any more")
    plain = message.partition(": [{")[0]  # what follows repeats the values that were sent
    reason = "; ".join(f"{name}: {why}" for name, why in fields.items()) or redact(plain or "refused")
    return Result(write.ref, "rejected", write.id, reason=reason, fields=fields)


def refused_fields(detail: Detail, redact: Callable[[object], str]) -> dict[str, tuple[str, str]]:
    """property -> (code, reason), from ``errors`` or, in older bodies, the JSON inside ``message``."""
    found: dict[str, tuple[str, str]] = {}
    for error in [*(detail.get("errors") or ()), *_embedded(str(detail.get("message") or ""))]:
        code = str(error.get("code") or error.get("error") or "")
        context = error.get("context") or {}
        names = context.get("propertyName") or ([error["name"]] if error.get("name") else [])
        for name in [names] if isinstance(names, str) else names:
            reason = _REASONS.get(code) or redact(error.get("message") or code or "refused")
            found.setdefault(str(name), (code, reason))
    return found


def traced(detail: Detail) -> tuple[str, ...]:
    """The trace ids and record ids that one error of a batch names."""
    context = detail.get("context") or {}
    names: list[str] = []
    for key in ("objectWriteTraceId", "ids", "id"):
        value = context.get(key) or ()
        names += [value] if isinstance(value, str) else [str(item) for item in value]
    return tuple(names)


def _embedded(message: str) -> list[dict[str, Any]]:
    start = message.find("[{")
    if start < 0:
        return []
    try:
        parsed = orjson.loads(message[start : message.rfind("]") + 1])
    except orjson.JSONDecodeError:
        return []
    return [item for item in parsed if isinstance(item, dict)]
