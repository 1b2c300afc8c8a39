"""Mailchimp's error bodies in words: which write, which field, and why. Every part of a body is optional."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from connectors.contract import Result, Write
from connectors.mailchimp.fields import EMAIL, MERGE, STATUS

Redact = Callable[[object], str]

COMPLIANCE: Final = (
    "Mailchimp does not let this person be subscribed: they unsubscribed, bounced or complained themselves."
    " They have to subscribe again by a form"
)
FORGOTTEN: Final = (
    "deleted from Mailchimp for good: the address cannot be added again, they have to subscribe by a form"
)
TAKEN: Final = "another member has this address"

_ITEM = re.compile(r"members\.item:(\d+)\.?(.*)")
_LATER = ("signed up to a lot of lists", "too many signups")


def refusal(write: Write, detail: Mapping[str, Any], redact: Redact) -> Result:
    """The result for one write that was refused with this body."""
    said, title = str(detail.get("detail") or ""), str(detail.get("title") or "")
    if any(words in said for words in _LATER):
        return Result(write.ref, "retry", write.id, reason="Mailchimp takes no more sign-ups of them for now")
    if title == "Member Exists":
        return _refused(write, EMAIL, TAKEN)
    if title == "Member In Compliance State" or "in a compliance state" in said:
        return _refused(write, STATUS, COMPLIANCE)
    if title == "Forgotten Email Not Subscribed" or "permanently deleted" in said:
        return _refused(write, EMAIL, FORGOTTEN)
    fields: dict[str, str] = {}
    for error in detail.get("errors") or ():
        name = _field(write, str(error.get("field") or ""))
        if name:
            fields[name] = redact(error.get("message") or said or "refused")
    if not fields and "email address" in said and EMAIL in write.values:
        fields[EMAIL] = redact(said)
    reason = "; ".join(f"{name}: {why}" for name, why in fields.items()) or redact(said or title or "refused")
    return Result(write.ref, "rejected", write.id, reason=reason, fields=fields)


def refused_member(write: Write, error: Mapping[str, Any], redact: Redact) -> Result:
    """The result for one member of a batch that `errors` of its answer names."""
    if error.get("error_code") == "ERROR_CONTACT_EXISTS":
        return Result(write.ref, "existed", reason="the address is taken")
    named = (
        [{"field": error.get("field"), "message": error.get("field_message")}] if error.get("field") else ()
    )
    return refusal(write, {"detail": error.get("error"), "errors": named}, redact)


def poisoned(detail: Mapping[str, Any]) -> dict[int, Mapping[str, Any]]:
    """Place in the batch -> what is wrong there, where a refused batch says so."""
    found: dict[int, Mapping[str, Any]] = {}
    for error in detail.get("errors") or ():
        place = _ITEM.fullmatch(str(error.get("field") or ""))
        if place:
            named = {"field": place.group(2), "message": error.get("message")}
            found[int(place.group(1))] = {"detail": error.get("message"), "errors": [named]}
    return found


def _refused(write: Write, name: str, why: str) -> Result:
    fields = {name: why} if name in write.values else {}
    return Result(write.ref, "rejected", write.id, reason=f"{name}: {why}", fields=fields)


def _field(write: Write, said: str) -> str | None:
    """The field of the write that Mailchimp names by its tag or by its path in the body."""
    return next((name for name in (said, MERGE + said) if said and name in write.values), None)
