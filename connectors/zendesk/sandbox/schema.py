"""Zendesk's custom fields in the sandbox, and the check of what is written to them."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

from connectors.sandbox.names import INDUSTRIES
from connectors.sandbox.wire import Json
from connectors.zendesk.sandbox.answers import Mistakes, mistake

CONSENTS = ("subscribed", "unsubscribed", "pending", "bounced", "complained")
TYPES = "checkbox date decimal dropdown integer lookup multiselect regexp text textarea".split()
LOCALES = {"en-US": 1, "en-GB": 1176, "de": 8, "fa": 1091, "fr": 16, "id": 77, "es": 2}
EMAIL = re.compile(r"[^@\s,;<>()\"]+@[^@\s,;<>()\"]+\.[^@\s,;<>().\"]{2,}")
FIRST_FIELD = 7_201_000_000_001


def standard_user_fields() -> list[Json]:
    made = [
        definition(FIRST_FIELD + at, key, "text") for at, key in enumerate(("job_title", "city", "country"))
    ]
    return [*made, definition(FIRST_FIELD + 9, "marketing_consent", "dropdown", CONSENTS)]


def standard_organization_fields() -> list[Json]:
    made = [
        definition(FIRST_FIELD + 20 + at, key, "text") for at, key in enumerate(("phone", "city", "country"))
    ]
    made.append(definition(FIRST_FIELD + 27, "size", "integer"))
    return [
        *made,
        definition(FIRST_FIELD + 28, "industry", "dropdown", [name.lower() for name in INDUSTRIES]),
    ]


def standard_ticket_fields() -> list[Json]:
    """What every account has, and one custom field of each of two kinds."""
    types = ("subject", "description", "status", "tickettype", "priority", "group", "assignee")
    made = [definition(FIRST_FIELD + 40 + at, type, type) for at, type in enumerate(types)]
    made.append(definition(FIRST_FIELD + 50, "order_number", "text"))
    return [*made, definition(FIRST_FIELD + 51, "product", "tagger", ("tea", "coffee"))]


def definition(id: int, key: str, type: str, options: Any = ()) -> Json:
    """`options` are values, or objects with a name and a value."""
    made: Json = {
        "id": id,
        "key": key,
        "type": type,
        "title": key.replace("_", " ").capitalize(),
        "description": "",
        "raw_title": key.replace("_", " ").capitalize(),
        "position": id % 1000,
        "active": True,
        "system": False,
        "regexp_for_validation": None,
        "tag": None,
        "created_at": "2024-01-10T08:00:00Z",
        "updated_at": "2024-01-10T08:00:00Z",
    }
    if type in ("dropdown", "multiselect", "tagger"):
        made["custom_field_options"] = [
            {"id": id * 100 + at, "name": str(option["name"]), "raw_name": str(option["name"]),
             "value": str(option["value"])}
            if isinstance(option, dict)
            else {"id": id * 100 + at, "name": str(option).capitalize(), "raw_name": str(option).capitalize(),
                  "value": str(option)}
            for at, option in enumerate(options)
        ]  # fmt: skip
    return made


def checked(fields: dict[str, Json], given: Any, details: Mistakes, ignored: list[str], name: str) -> Json:
    """Custom field values as they are stored. Unknown keys have no effect; null and "" clear."""
    values: Json = {}
    for key, value in (given or {}).items() if isinstance(given, dict) else ():
        if key not in fields:
            ignored.append(f"{name}.{key}")
        elif value is None or value == "":
            values[key] = False if fields[key]["type"] == "checkbox" else None
        else:
            values[key], wrong = _stored(fields[key], value)
            if wrong:
                mistake(details, key, wrong)
    return values


def _stored(found: Json, value: Any) -> tuple[Any, str | None]:
    """The stored form of a value, or what is wrong with it."""
    type, text = found["type"], str(value).strip()
    if type == "checkbox":
        return (value, None) if isinstance(value, bool) else (None, "must be true or false")
    if type == "integer":
        return (int(text), None) if re.fullmatch(r"-?\d+", text) else (None, f"{text} is not a number")
    if type == "decimal":
        return (
            (float(text), None) if re.fullmatch(r"-?\d+(\.\d+)?", text) else (None, f"{text} is not a number")
        )
    if type == "date":
        try:
            return f"{datetime.fromisoformat(text):%Y-%m-%d}T00:00:00+00:00", None
        except ValueError:
            return None, f"{text} is not a date"
    if type == "dropdown":
        known = {option["value"] for option in found["custom_field_options"]}
        return (text, None) if text in known else (None, f"'{text}' is an invalid option")
    if type == "multiselect":
        known = {option["value"] for option in found["custom_field_options"]}
        wrong = [part for part in value if part not in known] if isinstance(value, list) else [text]
        return (None, f"'{wrong[0]}' is an invalid option") if wrong else (value, None)
    return str(value), None


def field_tags(fields: dict[str, Json], values: Json) -> set[str]:
    """The tags that dropdown values put on their record."""
    return {
        value
        for key, value in values.items()
        if value and key in fields and fields[key]["type"] == "dropdown"
    }
