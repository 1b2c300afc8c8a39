"""Freshdesk's contact fields as field specs: what every account has, and the account's own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from connectors.contract import FieldSpec, Kind, ObjectSpec

CONTACTS: Final = "contacts"
CUSTOM: Final = "custom_fields."

_KINDS: Final[dict[str, Kind]] = {
    "custom_checkbox": "boolean",
    "custom_date": "date",
    "custom_decimal": "decimal",
    "custom_dropdown": "choice",
    "custom_number": "integer",
}
_FIELDS: Final = (
    FieldSpec("name", label="Name"),
    FieldSpec("email", label="Primary e-mail", coerce=("trim", "lower")),
    FieldSpec("phone", label="Work phone"),
    FieldSpec("mobile", label="Mobile phone"),
    FieldSpec("job_title", label="Title"),
    FieldSpec("address", label="Address"),
    FieldSpec("description", label="About"),
    FieldSpec("language", label="Language", default="en"),
    FieldSpec("tags", "multi", "Tags"),
    FieldSpec("active", "boolean", "Verified", writable="no"),
    FieldSpec("created_at", "datetime", "Created", writable="no"),
    FieldSpec("updated_at", "datetime", "Updated", writable="no"),
)


def contact_spec(own: Iterable[Mapping[str, Any]], lag: float) -> ObjectSpec:
    """The spec of contacts from the account's own fields (``GET /contact_fields``)."""
    fields = {spec.name: spec for spec in _FIELDS}
    for item in own:
        if not item.get("default"):
            spec = _custom(item)
            fields[spec.name] = spec
    return ObjectSpec(
        CONTACTS,
        fields,
        unique=("email",),
        feed="changes",
        lag=lag,
        batch=20,
        fetch_batch=20,
        answers=True,
        archive="restorable",
        needs=(("name",), ("email", "phone", "mobile")),
    )


def _custom(item: Mapping[str, Any]) -> FieldSpec:
    choices = item.get("choices")
    return FieldSpec(
        CUSTOM + str(item["name"]),
        _KINDS.get(str(item.get("type")), "text"),
        str(item.get("label") or item["name"]),
        options=tuple(map(str, choices)) if isinstance(choices, list) else (),
    )
