"""Zendesk's fields as field specs: the system ones, which no API lists, and the account's own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from connectors.contract import AppError, FieldSpec, Kind, ObjectSpec, Value

ORGANIZATION: Final = "organization_id"
STATES: Final = ("subscribed", "pending", "unsubscribed", "bounced", "complained", "erased")
STATUSES: Final = ("new", "open", "pending", "hold", "solved", "closed")

_KINDS: Final[dict[str, Kind]] = {
    "checkbox": "boolean",
    "date": "date",
    "decimal": "decimal",
    "dropdown": "choice",
    "integer": "integer",
    "multiselect": "multi",
    "tagger": "choice",
}
# The fields that every ticket has are listed with the account's own; these are their types.
_SYSTEM_TYPES: Final = frozenset(
    "subject description status custom_status tickettype priority basic_priority group assignee".split()
)
_TYPES: Final = {
    "boolean": "checkbox",
    "choice": "dropdown",
    "consent": "dropdown",
    "date": "date",
    "decimal": "decimal",
    "integer": "integer",
    "multi": "multiselect",
}
_USER: Final = (
    FieldSpec("name", label="Name", coerce=("trim",)),
    FieldSpec("email", label="Primary e-mail", coerce=("trim", "lower")),
    FieldSpec("phone", label="Phone", coerce=("trim",)),
    FieldSpec("locale", label="Language"),
    FieldSpec(ORGANIZATION, "reference", "Default organization", reference="organizations"),
    FieldSpec("role", "choice", "Role", writable="no", options=("end-user", "agent", "admin")),
    FieldSpec("active", "boolean", "Not deleted", writable="no"),
    FieldSpec("verified", "boolean", "Verified", writable="no"),
    FieldSpec("suspended", "boolean", "Suspended"),
    FieldSpec("alias", label="Alias"),
    FieldSpec("time_zone", label="Time zone"),
)
_ORGANIZATION: Final = (
    FieldSpec("name", label="Name", coerce=("trim",)),
    FieldSpec("domain_names", "multi", "Domain names", coerce=("trim", "lower")),
)
_BOTH: Final = (
    FieldSpec("external_id", label="External id", coerce=("trim",)),
    FieldSpec("tags", "multi", "Tags"),
    FieldSpec("notes", label="Notes"),
    FieldSpec("details", label="Details"),
    FieldSpec("created_at", "datetime", "Created", writable="no"),
    FieldSpec("updated_at", "datetime", "Updated", writable="no"),
)


_TICKET: Final = tuple(
    replace(spec, writable="no")
    for spec in (
        FieldSpec("subject", label="Subject"),
        FieldSpec("description", label="First comment"),
        FieldSpec(
            "status", "choice", "Status", options=("new", "open", "pending", "hold", "solved", "closed")
        ),
        FieldSpec("priority", "choice", "Priority", options=("low", "normal", "high", "urgent")),
        FieldSpec("type", "choice", "Type", options=("problem", "incident", "question", "task")),
        FieldSpec("requester_id", "reference", "Requester", reference="users"),
        FieldSpec("submitter_id", "reference", "Submitter", reference="users"),
        FieldSpec("assignee_id", "reference", "Assignee", reference="users"),
        FieldSpec(ORGANIZATION, "reference", "Organization", reference="organizations"),
        FieldSpec("external_id", label="External id"),
        FieldSpec("tags", "multi", "Tags"),
        FieldSpec("created_at", "datetime", "Created"),
        FieldSpec("updated_at", "datetime", "Updated"),
    )
)


@dataclass(frozen=True, slots=True)
class ObjectFacts:
    """How one object is spelt in paths and bodies.

    container    what holds its custom fields in a record: a mapping, or a list of ids and values
    definitions  where these fields are described
    key          by what a field is named in the container
    rates        the classes of calls that its export counts in
    """

    name: str
    one: str
    container: str
    fields: tuple[FieldSpec, ...]
    unique: tuple[str, ...]
    definitions: str
    rates: tuple[str, ...]
    key: str = "key"
    writable: bool = True

    @property
    def prefix(self) -> str:
        return f"{self.container}."


OBJECTS: Final = {
    facts.name: facts
    for facts in (
        ObjectFacts(
            "users", "user", "user_fields", _USER + _BOTH, ("email",), "user_fields", ("general", "users")
        ),
        ObjectFacts(
            "organizations",
            "organization",
            "organization_fields",
            _ORGANIZATION + _BOTH,
            ("name",),
            "organization_fields",
            ("general", "exports"),
        ),
        ObjectFacts(
            "tickets",
            "ticket",
            "custom_fields",
            _TICKET,
            (),
            "ticket_fields",
            ("general", "exports"),
            key="id",
            writable=False,
        ),
    )
}


def object_spec(
    facts: ObjectFacts, own: Iterable[Mapping[str, Any]], consent: str, locale: str, lag: float
) -> ObjectSpec:
    """The spec of an object from the account's own fields. `consent` names the field that holds the
    consent to marketing; the account may lack it. `locale` is the language that it gives to new users."""
    fields = {spec.name: spec for spec in facts.fields}
    if "locale" in fields:
        fields["locale"] = replace(fields["locale"], default=locale)
    for item in own:
        if item.get("active", True) and item.get("type") not in _SYSTEM_TYPES:
            spec = _field(facts, item)
            fields[spec.name] = _as_consent(spec) if spec.name == consent else spec
    return ObjectSpec(
        facts.name,
        fields,
        unique=facts.unique,
        external_id="external_id" if facts.writable else None,
        feed="changes",
        lag=lag,
        page=1000,
        lanes=3,
        batch=100,
        fetch_batch=100,
        answers=True,
        archive="final" if facts.writable else "none",
        needs=(("name",),) if facts.writable else (),
        consent_field=consent if consent in fields else None,
    )


def _field(facts: ObjectFacts, item: Mapping[str, Any]) -> FieldSpec:
    """A checkbox is never blank: one that nobody ticked says nothing until somebody takes the tick away."""
    options = item.get("custom_field_options") or ()
    return FieldSpec(
        facts.prefix + str(item[facts.key]),
        _KINDS.get(item.get("type") or "", "text"),
        str(item.get("title") or item[facts.key]),
        writable="yes" if facts.writable else "no",
        options=tuple(str(option["value"]) for option in options),
        joins="tags" if options else "",
        default=False if item.get("type") == "checkbox" else None,
    )


def _as_consent(spec: FieldSpec) -> FieldSpec:
    """A drop-down whose choices are states of consent; a state without a choice of its own is written as
    an unsubscribe where it is stricter than one."""
    known: list[str] = [state for state in STATES if state in spec.options]
    written = {state: state for state in known}
    if "unsubscribed" in known:
        for state in ("bounced", "complained", "erased"):
            written.setdefault(state, "unsubscribed")
    return replace(spec, kind="consent", consent={state: state for state in known}, consent_set=written)


def new_field(spec: FieldSpec, facts: ObjectFacts) -> dict[str, Any]:
    """The body that makes a field of that name and kind."""
    key = spec.name.removeprefix(facts.prefix)
    body: dict[str, Any] = {"key": key, "title": spec.label or key, "type": _TYPES.get(spec.kind, "text")}
    options = spec.options or (STATES[:-1] if spec.kind == "consent" else ())
    if body["type"] in ("dropdown", "multiselect"):
        if not options:
            raise AppError(f"zendesk: {spec.name} needs its choices: make it in Zendesk.")
        body["custom_field_options"] = [{"name": option, "value": option} for option in options]
    return body


def body_of(facts: ObjectFacts, values: Mapping[str, Value]) -> dict[str, Any]:
    """Values as a user or organization takes them: custom fields in their container, ids as numbers,
    ``null`` clears."""
    body: dict[str, Any] = {}
    own: dict[str, Value] = {}
    for name, value in values.items():
        if name.startswith(facts.prefix):
            own[name.removeprefix(facts.prefix)] = None if value == "" else value
        elif name == ORGANIZATION:
            body[name] = int(str(value)) if value else None
        elif name in ("tags", "domain_names"):
            body[name] = value or []
        else:
            body[name] = None if value == "" else value
    if own:
        body[facts.container] = own
    return body
