"""HubSpot's properties in the sandbox: their definitions, and the check of what is written to them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any

import orjson

from connectors.hubspot.sandbox.answers import error
from connectors.sandbox.names import INDUSTRIES, TAGS
from connectors.sandbox.wire import Answer, Json, Refused

TYPES = ("string", "number", "date", "datetime", "enumeration", "bool", "phone_number")
GROUPS = {
    "contacts": "contactinformation",
    "companies": "companyinformation",
    "deals": "dealinformation",
    "tickets": "ticketinformation",
    **dict.fromkeys(("emails", "calls", "meetings", "notes", "tasks"), "engagement"),
}
MODIFIED = {kind: "lastmodifieddate" if kind == "contacts" else "hs_lastmodifieddate" for kind in GROUPS}
STAGES = {
    "deals": ("appointmentscheduled", "qualifiedtobuy", "contractsent", "closedwon", "closedlost"),
    "tickets": ("1", "2", "3", "4"),
}
LIFECYCLE = (
    "subscriber",
    "lead",
    "marketingqualifiedlead",
    "salesqualifiedlead",
    "opportunity",
    "customer",
    "evangelist",
)
MAX_TEXT = 65_536
EMAIL = re.compile(r"[^@\s,;<>()\"]+@[^@\s,;<>()\"]+\.[^@\s,;<>().\"]{2,}")
_NUMBER = re.compile(r"-?\d+(\.\d+)?")
_TEXTS = {
    "contacts": "firstname lastname company jobtitle city country address zip state website salutation",
    "companies": "name domain website city country address zip state description",
    "deals": "dealname description",
    "tickets": "subject content",
    "emails": "hs_timestamp hs_email_subject hs_email_text",
    "calls": "hs_timestamp hs_call_title hs_call_body",
    "meetings": "hs_timestamp hs_meeting_title hs_meeting_body",
    "notes": "hs_timestamp hs_note_body",
    "tasks": "hs_timestamp hs_task_subject hs_task_body",
}


def standard(kind: str) -> dict[str, Json]:
    """The properties that an account has from the start, and the one that the shipped mappings add."""
    made = [definition(kind, name, "string", "text") for name in _TEXTS[kind].split()]
    made += [
        definition(kind, "hs_object_id", "number", "number", read_only=True),
        definition(kind, "createdate", "datetime", "date", read_only=True),
        definition(kind, MODIFIED[kind], "datetime", "date", read_only=True),
        definition(kind, "hs_merged_object_ids", "enumeration", "checkbox", read_only=True),
        definition(kind, "hubspot_owner_id", "string", "text"),
    ]
    further = {
        "contacts": _of_contacts,
        "companies": _of_companies,
        "deals": _of_deals,
        "tickets": _of_tickets,
    }
    made += further[kind](kind) if kind in further else []
    return {item["name"]: item for item in made}


def _of_contacts(kind: str) -> list[Json]:
    tags = definition(kind, "customer_tags", "enumeration", "checkbox", options=TAGS, custom=True)
    return [
        definition(kind, "phone", "string", "phonenumber"),
        definition(kind, "lifecyclestage", "enumeration", "radio", options=LIFECYCLE),
        definition(kind, "email", "string", "text", unique=True),
        definition(kind, "mobilephone", "string", "phonenumber"),
        definition(kind, "hs_additional_emails", "enumeration", "checkbox"),
        definition(kind, "hs_language", "enumeration", "select", options=("en", "fa", "id", "de", "fr")),
        definition(kind, "hs_email_optout", "bool", "booleancheckbox", read_only=True),
        definition(kind, "hs_email_optout_1", "bool", "booleancheckbox", read_only=True),
        definition(kind, "hs_email_last_send_date", "datetime", "date", read_only=True),
        definition(kind, "date_of_birth", "string", "text"),
        {**tags, "label": "Customer tags"},
    ]


def _of_companies(kind: str) -> list[Json]:
    return [
        definition(kind, "phone", "string", "phonenumber"),
        definition(kind, "lifecyclestage", "enumeration", "radio", options=LIFECYCLE),
        definition(kind, "industry", "enumeration", "select", options=INDUSTRIES),
        definition(kind, "numberofemployees", "number", "number"),
        definition(kind, "annualrevenue", "number", "number"),
    ]


def _of_deals(kind: str) -> list[Json]:
    return [
        definition(kind, "pipeline", "enumeration", "select", options=("default",)),
        definition(kind, "dealstage", "enumeration", "radio", options=STAGES[kind]),
        definition(kind, "amount", "number", "number"),
        definition(kind, "closedate", "datetime", "date"),
    ]


def _of_tickets(kind: str) -> list[Json]:
    return [
        definition(kind, "hs_pipeline", "enumeration", "select", options=("0",)),
        definition(kind, "hs_pipeline_stage", "enumeration", "radio", options=STAGES[kind]),
        definition(kind, "hs_ticket_priority", "enumeration", "select", options=("LOW", "MEDIUM", "HIGH")),
    ]


def definition(
    kind: str,
    name: str,
    type: str,
    widget: str,
    options: tuple[str, ...] | list[str] = (),
    read_only: bool = False,
    unique: bool = False,
    custom: bool = False,
) -> Json:
    return {
        "name": name,
        "label": name.removeprefix("hs_").replace("_", " ").capitalize(),
        "type": type,
        "fieldType": widget,
        "description": "",
        "groupName": GROUPS[kind],
        "options": [
            {"label": value.replace("_", " ").title(), "value": value, "displayOrder": at, "hidden": False}
            for at, value in enumerate(options)
        ],
        "displayOrder": -1,
        "calculated": False,
        "externalOptions": False,
        "hasUniqueValue": unique,
        "hidden": False,
        "hubspotDefined": not custom,
        "archived": False,
        "formField": not read_only,
        "dataSensitivity": "non_sensitive",
        "modificationMetadata": {
            "archivable": custom,
            "readOnlyDefinition": not custom,
            "readOnlyOptions": not custom,
            "readOnlyValue": read_only,
        },
    }


def checked(known: Mapping[str, Json], properties: Mapping[str, Any]) -> tuple[dict[str, str], list[str]]:
    """The values as they are stored, and the names that are ignored. Raises `Refused` with all mistakes."""
    values: dict[str, str] = {}
    ignored: list[str] = []
    mistakes: list[tuple[str, str, str]] = []
    for name, given in properties.items():
        found = known.get(name)
        if found is None or found["archived"]:
            mistakes.append((name, "PROPERTY_DOESNT_EXIST", f'Property "{name}" does not exist'))
        elif found["modificationMetadata"]["readOnlyValue"] or found["calculated"]:
            mistakes.append(
                (name, "READ_ONLY_VALUE", f'"{name}" is a read only property; its value cannot be set')
            )
        elif given is None:
            ignored.append(name)
        else:
            value = as_text(given)
            if wrong := value and _mistake(found, value):
                mistakes.append((name, *wrong))
            values[name] = value
    if mistakes:
        raise Refused(invalid(mistakes))
    return values, ignored


def invalid(mistakes: list[tuple[str, str, str]]) -> Answer:
    """400 with each mistake twice, as HubSpot does: as JSON inside the message, and in ``errors``."""
    embedded = [
        {"isValid": False, "message": text, "error": code, "name": name, "localizedErrorMessage": text}
        for name, code, text in mistakes
    ]
    errors = [
        {"message": text, "code": code, "context": {"propertyName": [name]}} for name, code, text in mistakes
    ]
    message = f"Property values were not valid: {orjson.dumps(embedded).decode()}"
    return error(400, "VALIDATION_ERROR", message, errors=errors)


def as_text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str) else orjson.dumps(value).decode()


def _mistake(found: Json, value: str) -> tuple[str, str] | None:
    """What is wrong with a value, as code and text."""
    name, type = found["name"], found["type"]
    if type not in ("string", "phone_number") and value != value.strip() and value.strip():
        return "INVALID_VALUE_FORMAT", f"{value!r} must not begin or end with blanks"
    if name == "email" and not EMAIL.fullmatch(value.strip()):
        return "INVALID_EMAIL", f"Email address {value} is invalid"
    check = _CHECKS.get(type)
    return check(found, value) if check else _too_long(value)


def _too_long(value: str) -> tuple[str, str] | None:
    if len(value) > MAX_TEXT:
        return "PROPERTY_VALUE_TOO_LONG", f"The value is longer than {MAX_TEXT} characters"
    return None


def _number(found: Json, value: str) -> tuple[str, str] | None:
    return None if _NUMBER.fullmatch(value) else ("INVALID_LONG", f"{value} was not a valid number")


def _bool(found: Json, value: str) -> tuple[str, str] | None:
    return None if value in ("true", "false") else ("INVALID_OPTION", f"{value} was not one of true, false")


def _option(found: Json, value: str) -> tuple[str, str] | None:
    if found["name"] == "hs_additional_emails":
        wrong = [part for part in value.split(";") if part and not EMAIL.fullmatch(part.strip())]
        return ("INVALID_EMAIL", f"Email address {wrong[0]} is invalid") if wrong else None
    known = {option["value"] for option in found["options"]}
    parts = value.removeprefix(";").split(";") if found["fieldType"] == "checkbox" else [value]
    if wrong := [part for part in parts if part not in known]:
        return "INVALID_OPTION", f"{wrong[0]} was not one of the allowed options: {sorted(known)}"
    return None


def _date(found: Json, value: str) -> tuple[str, str] | None:
    day = 86_400_000
    if value.lstrip("-").isdigit():
        good = int(value) % day == 0 or found["type"] == "datetime"
    else:
        try:
            if found["type"] == "date":
                date.fromisoformat(value)
            else:
                datetime.fromisoformat(value)
            good = True
        except ValueError:
            good = False
    return None if good else ("INVALID_DATE", f"{value} was not a valid {found['type']}")


_CHECKS: dict[str, Callable[[Json, str], tuple[str, str] | None]] = {
    "number": _number,
    "bool": _bool,
    "enumeration": _option,
    "date": _date,
    "datetime": _date,
}
