"""HubSpot's fields as field specs and back: what a property says of itself, and what we add to it.

Three fields are not properties: ``company`` (the id of a contact's primary company), ``lists`` (the names of
the static lists that a contact is in), and the write side of ``hs_email_optout`` (read-only as a property;
written through communication preferences).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from connectors.contract import AppError, FieldSpec, Kind, ObjectSpec, Value

COMPANY: Final = "company"
LISTS: Final = "lists"
OPT_OUT: Final = "hs_email_optout"
MERGED: Final = "hs_merged_object_ids"
LIFECYCLE: Final = "lifecyclestage"
MORE_EMAILS: Final = "hs_additional_emails"
MAX_TEXT: Final = 65_536

_KINDS: Final[dict[str, Kind]] = {
    "number": "decimal",
    "date": "date",
    "datetime": "datetime",
    "bool": "boolean",
    "enumeration": "choice",
}


@dataclass(frozen=True, slots=True)
class ObjectFacts:
    """What HubSpot's schema does not say about one of its objects.

    changed   the property that moves with every change
    identity  values by which an answer without trace id is recognised
    unguarded a unique field that HubSpot itself does not keep unique: looked up before each create
    read_only records are read and never written
    """

    name: str
    changed: str
    unique: tuple[str, ...]
    identity: tuple[str, ...]
    needs: tuple[tuple[str, ...], ...]
    group: str
    always: tuple[str, ...] = ()
    unguarded: str = ""
    lookup: tuple[str, ...] = ()
    read_only: bool = False


OBJECTS: Final = {
    "contacts": ObjectFacts(
        name="contacts",
        changed="lastmodifieddate",
        unique=("email",),
        identity=("email",),
        needs=(("email", "firstname", "lastname"),),
        group="contactinformation",
        always=(MORE_EMAILS,),
    ),
    "companies": ObjectFacts(
        name="companies",
        changed="hs_lastmodifieddate",
        unique=(),
        lookup=("domain",),
        identity=("domain", "name"),
        needs=(("name", "domain"),),
        group="companyinformation",
        unguarded="domain",
    ),
    "deals": ObjectFacts(
        name="deals",
        changed="hs_lastmodifieddate",
        unique=(),
        identity=(),
        needs=(),
        group="dealinformation",
        read_only=True,
    ),
    "tickets": ObjectFacts(
        name="tickets",
        changed="hs_lastmodifieddate",
        unique=(),
        identity=(),
        needs=(),
        group="ticketinformation",
        read_only=True,
    ),
}


def object_spec(
    facts: ObjectFacts, properties: list[dict[str, Any]], lag: float, lists: tuple[str, ...] = ()
) -> ObjectSpec:
    """The spec of an object from the account's own list of properties, and of static lists."""
    fields = {item["name"]: _field(item, facts) for item in properties if not item.get("archived")}
    if facts.read_only:
        fields = {name: replace(field, writable="no") for name, field in fields.items()}
    if lists:
        fields[LISTS] = FieldSpec(LISTS, "multi", "Static lists", options=lists, groups=True)
    if facts.name == "contacts":
        fields[COMPANY] = FieldSpec(COMPANY, "reference", "Primary company", reference="companies")
        fields[OPT_OUT] = FieldSpec(
            OPT_OUT,
            "consent",
            "Unsubscribed from all e-mail",
            options=("true", "false"),
            consent={"true": "unsubscribed"},
            consent_set=dict.fromkeys(("unsubscribed", "bounced", "complained", "erased"), "true"),
        )
    return ObjectSpec(
        facts.name,
        fields,
        unique=facts.unique,
        lookup=facts.lookup,
        feed="changes",
        lag=lag,
        lists_lag=True,
        beside=1 if facts.name == "contacts" else 0,
        batch=100,
        fetch_batch=100,
        answers=True,
        archive="none" if facts.read_only else "restorable",
        needs=facts.needs,
        consent_field=OPT_OUT if facts.name == "contacts" else None,
    )


def _field(item: Mapping[str, Any], facts: ObjectFacts) -> FieldSpec:
    kind: Kind = _KINDS.get(item.get("type") or "", "text")
    if kind == "choice" and item.get("fieldType") == "checkbox":
        kind = "multi"
    meta = item.get("modificationMetadata") or {}
    read_only = item.get("calculated") or meta.get("readOnlyValue")
    name = str(item["name"])
    return FieldSpec(
        name,
        kind,
        str(item.get("label") or name),
        writable="no" if read_only else "yes",
        max_length=MAX_TEXT if kind == "text" else None,
        options=tuple(str(option["value"]) for option in item.get("options") or ()),
        coerce=("trim", "lower") if name in ("email", *facts.lookup) else ("trim",) if kind == "text" else (),
    )


def new_property(spec: FieldSpec, group: str) -> dict[str, Any]:
    """The body that makes a property of that name and kind."""
    kind, widget = {
        "integer": ("number", "number"),
        "decimal": ("number", "number"),
        "boolean": ("bool", "booleancheckbox"),
        "choice": ("enumeration", "select"),
        "consent": ("enumeration", "select"),
        "multi": ("enumeration", "checkbox"),
        "date": ("date", "date"),
        "datetime": ("datetime", "date"),
    }.get(spec.kind, ("string", "text"))
    body: dict[str, Any] = {
        "groupName": group,
        "name": spec.name,
        "label": spec.label or spec.name,
        "type": kind,
        "fieldType": widget,
    }
    if kind == "bool":
        body["options"] = [{"label": "Yes", "value": "true"}, {"label": "No", "value": "false"}]
    elif kind == "enumeration" and not spec.options:
        raise AppError(f"hubspot: {spec.name} needs its choices: make it in HubSpot.")
    elif kind == "enumeration":
        body["options"] = [{"label": option, "value": option} for option in spec.options]
    return body


def encode(value: Value) -> str:
    """A value as HubSpot wants it: always text; "" clears; choices of a set joined by ``;``."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return ";".join(value)
    return value.strip() if isinstance(value, str) else str(value)
