"""MailerLite's fields: the fixed ones of a subscriber, the account's own, and its groups as one set."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from connectors.contract import FieldSpec, Kind, ObjectSpec

SUBSCRIBERS: Final = "subscribers"
CUSTOM: Final = "fields."
GROUPS: Final = "groups"
STATUS: Final = "status"

READS: Final = {
    "active": "subscribed",
    "unconfirmed": "pending",
    "unsubscribed": "unsubscribed",
    "bounced": "bounced",
    "junk": "complained",
}
# An opt-in is written on creates only; whatever is stricter is an unsubscribe.
WRITES: Final = {
    "subscribed": "active",
    "pending": "unconfirmed",
    "unsubscribed": "unsubscribed",
    "bounced": "unsubscribed",
    "complained": "unsubscribed",
    "erased": "unsubscribed",
}
# In the order in which people usually move, so that whoever moves during a scan is met again later on.
STATUSES: Final = ("unconfirmed", "active", "unsubscribed", "bounced", "junk")

_TIMES: Final = ("created_at", "updated_at", "subscribed_at", "unsubscribed_at", "opted_in_at", "deleted_at")
_KINDS: Final[dict[str, Kind]] = {"number": "decimal", "date": "date"}


def subscriber_spec(
    own: Iterable[Mapping[str, Any]], groups: Iterable[str], page: int, batch: int, fetch: int
) -> ObjectSpec:
    """The spec of subscribers from the account's fields and group names."""
    fixed = [
        FieldSpec("email", label="E-mail", writable="create", coerce=("trim", "lower")),
        FieldSpec(STATUS, "consent", "Status", options=STATUSES, consent=READS, consent_set=WRITES),
        FieldSpec(GROUPS, "multi", "Groups", options=tuple(groups), groups=True),
        FieldSpec("source", label="Source", writable="no"),
        *(FieldSpec(name, "datetime", name, writable="no") for name in _TIMES),
    ]
    custom = [_custom(item) for item in own if item.get("key") and item["key"] != "email"]
    return ObjectSpec(
        SUBSCRIBERS,
        {spec.name: spec for spec in (*fixed, *custom)},
        unique=("email",),
        feed="scan",
        page=page,
        beside=len(STATUSES) - 1,
        batch=batch,
        fetch_batch=fetch,
        answers=True,
        archive="final",
        needs=(("email",),),
        consent_field=STATUS,
        consent_on_new="subscribed",
    )


def _custom(item: Mapping[str, Any]) -> FieldSpec:
    kind: Kind = _KINDS.get(item.get("type") or "", "text")
    return FieldSpec(CUSTOM + str(item["key"]), kind, str(item.get("name") or item["key"]))


def new_field(spec: FieldSpec) -> dict[str, str]:
    """The body that makes a field; the key is MailerLite's slug of the name, so the name is the key."""
    kind = "number" if spec.kind in ("integer", "decimal") else "date" if spec.kind == "date" else "text"
    return {"name": spec.name.removeprefix(CUSTOM), "type": kind}
