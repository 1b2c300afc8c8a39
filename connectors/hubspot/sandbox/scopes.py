"""The scopes that HubSpot's calls ask for in the sandbox."""

from __future__ import annotations

from collections.abc import Collection

from connectors.hubspot.sandbox.account import KINDS
from connectors.hubspot.sandbox.answers import error
from connectors.sandbox.wire import Answer

READS = ("/search", "/batch/read")
OBJECTS = ("contacts", "companies", "deals")
TEXT = "This app hasn't been granted all required scopes to make this call."


def missing(scope: str) -> Answer:
    required = [{"message": "missing", "context": {"requiredGranularScopes": [scope]}}]
    return error(403, "MISSING_SCOPES", TEXT, errors=required)


def lacking(granted: Collection[str] | None, method: str, path: str) -> str | None:
    """The scope that a call asks for and the token has not; None where it may go on. `granted` None: all."""
    if granted is None:
        return None
    scope = needed(method, path)
    both = "communication_preferences.read_write"
    either = {scope, both} if scope and scope.startswith("communication_preferences.") else {scope}
    return scope if scope and not either & set(granted) else None


def needed(method: str, path: str) -> str | None:
    """Of what is simulated; `path` is the versioned one (v3, v4)."""
    verb = "read" if method == "GET" or path.endswith(READS) else "write"
    match path.split("/")[1:]:
        case ["crm", _, "objects" | "associations", kind, *_]:
            return _of_kind("crm.objects", kind, verb)
        case ["crm", _, "properties", kind, *_]:
            return _of_kind("crm.schemas", kind, verb)
        case ["crm", _, "lists", *_]:
            return f"crm.lists.{verb}"
        case ["communication-preferences", *_]:
            return f"communication_preferences.{verb}"
    return None


def _of_kind(family: str, name: str, verb: str) -> str | None:
    kind = KINDS.get(name, "")
    if kind in OBJECTS:
        return f"{family}.{kind}.{verb}"
    return {"tickets": "tickets", "emails": "sales-email-read"}.get(kind)
