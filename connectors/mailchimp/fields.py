"""Mailchimp's fields: the fixed ones of a member, the audience's merge fields, and its tags as one set."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from connectors.contract import AppError, FieldSpec, Kind, ObjectSpec

MEMBERS: Final = "members"
MERGE: Final = "merge_fields."
EMAIL: Final = "email_address"
STATUS: Final = "status"
TAGS: Final = "tags"

READS: Final = {
    "subscribed": "subscribed",
    "pending": "pending",
    "unsubscribed": "unsubscribed",
    "cleaned": "bounced",
}
# Whatever is stricter than an unsubscribe is written as one: `cleaned` would be for ever.
WRITES: Final = {
    "subscribed": "subscribed",
    "unsubscribed": "unsubscribed",
    "bounced": "unsubscribed",
    "complained": "unsubscribed",
    "erased": "unsubscribed",
}
NEW: Final = "transactional"  # a member who never opted in: the status of those created without consent
OPTIONS: Final = ("subscribed", "unsubscribed", "cleaned", "pending", "transactional", "archived")
ADDRESS_PARTS: Final = ("addr1", "addr2", "city", "state", "zip", "country")
LONGEST_TAG: Final = 10

_TIMES: Final = ("timestamp_signup", "timestamp_opt", "last_changed")
_READ_ONLY: Final = ("full_name", "unique_email_id", "source", "unsubscribe_reason")
_KINDS: Final[dict[str, Kind]] = {
    "number": "decimal",
    "date": "date",
    "dropdown": "choice",
    "radio": "choice",
}


def member_spec(
    own: Iterable[Mapping[str, Any]], tags: Sequence[str] | None, lag: float, batch: int, mails: bool
) -> ObjectSpec:
    """The spec of members from the audience's merge fields and tags (None: not all are known). `mails`:
    opt-in mails may be sent."""
    writes = {**WRITES, "pending": "pending"} if mails else WRITES
    fixed = [
        FieldSpec(EMAIL, label="E-mail", coerce=("trim",)),
        FieldSpec(STATUS, "consent", "Status", options=OPTIONS, consent=READS, consent_set=writes),
        FieldSpec(TAGS, "multi", "Tags", options=tuple(tags or ()), groups=tags is not None),
        FieldSpec("language", label="Language", coerce=("trim",)),
        FieldSpec("vip", "boolean", "VIP", default=False),
        *(FieldSpec(name, label=name, writable="no") for name in _READ_ONLY),
        *(FieldSpec(name, "datetime", name, writable="no") for name in _TIMES),
    ]
    custom = [spec for item in own if item.get("tag") for spec in _merge_field(item)]
    return ObjectSpec(
        MEMBERS,
        {spec.name: spec for spec in (*fixed, *custom)},
        unique=(EMAIL,),
        lag=lag,
        page=1000,
        beside=1,  # the archived ones are asked for by name
        batch=batch,
        updates=1,
        fetch_batch=batch,
        archive="restorable",
        needs=((EMAIL,),),
        consent_field=STATUS,
    )


def _merge_field(item: Mapping[str, Any]) -> Iterator[FieldSpec]:
    """An address is shown in its parts, which can be read only: Mailchimp takes it as a whole."""
    tag, label, kind = str(item["tag"]), str(item.get("name") or item["tag"]), item.get("type") or "text"
    if kind == "address":
        for part in ADDRESS_PARTS:
            yield FieldSpec(f"{MERGE}{tag}.{part}", label=f"{label}: {part}", writable="no")
        return
    own = _KINDS.get(kind, "text")
    choices = tuple((item.get("options") or {}).get("choices") or ()) if own == "choice" else ()
    trimmed = ("trim",) if own == "text" else ()
    yield FieldSpec(MERGE + tag, own, label, options=choices, coerce=trimmed)


def new_field(spec: FieldSpec) -> dict[str, Any]:
    """The body that makes a merge field."""
    tag = spec.name.removeprefix(MERGE)
    if (
        not tag.isascii()
        or not tag.replace("_", "").isalnum()
        or len(tag) > LONGEST_TAG
        or tag != tag.upper()
    ):
        raise AppError(
            f"mailchimp: a merge field cannot be called {tag}: at most {LONGEST_TAG} capital letters, digits"
            " and _. Name it so in the mapping."
        )
    body: dict[str, Any] = {"tag": tag, "name": spec.label or tag.capitalize(), "type": "text"}
    if spec.kind in ("integer", "decimal"):
        body["type"] = "number"
    elif spec.kind == "date":
        body |= {"type": "date", "options": {"date_format": "YYYY-MM-DD"}}
    elif spec.kind == "choice" and spec.options:
        body |= {"type": "dropdown", "options": {"choices": list(spec.options)}}
    return body
