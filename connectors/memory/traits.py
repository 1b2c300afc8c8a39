"""What a memory app is like: its fields, its abilities and its bad habits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from connectors.contract import FieldSpec, ObjectSpec, Value


@dataclass(frozen=True, slots=True, kw_only=True)
class Traits:
    """One object of a memory app. What `ObjectSpec` has too means the same here; the rest:

    quirks          coercions that the app makes and does *not* declare, by field (as `FieldSpec.coerce`)
    case            unique keys that differ in case only are different keys
    jitter          each change becomes visible after a random part of `lag`, so later ones may show first
    find_lags       `find` looks into the lagging index, as `pull` does
    granularity     seconds that stamps are rounded down to; 0 keeps the microseconds
    field_stamps    records say when each single field last changed
    lists_archived  archived records stay in `pull`, marked as archived
    tells_deleted   `fetch` says ``deleted`` of a deleted record; otherwise ``unknown``
    locked          consent values that only the person can lift; a write by API is refused
    mails_on        consent values that make the app send the person a mail when a write sets them
    token           the only accepted credential ``token``; None accepts any connection
    """

    fields: tuple[FieldSpec, ...]
    object: str = "contacts"
    account: str = "memory"
    token: str | None = field(default=None, repr=False)
    unique: tuple[str, ...] = ()
    case: bool = False
    external_id: str | None = None
    needs: tuple[tuple[str, ...], ...] = ()
    feed: Literal["changes", "scan"] = "changes"
    lag: float = 0.0
    jitter: bool = False
    lists_lag: bool = False
    find_lags: bool = False
    granularity: float = 0.001
    field_stamps: bool = False
    answers: bool = True
    page_size: int = 100
    batch: int = 100
    archive: Literal["restorable", "final", "none"] = "restorable"
    lists_archived: bool = False
    tells_deleted: bool = True
    consent_on_new: str | None = None
    locked: tuple[str, ...] = ()
    mails_on: tuple[str, ...] = ()
    quirks: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def spec(self, fields: Mapping[str, FieldSpec]) -> ObjectSpec:
        """The object as the app describes it, with the fields that it has now."""
        return ObjectSpec(
            name=self.object,
            fields=dict(fields),
            unique=tuple(name for name in self.unique if name in fields),
            external_id=self.external_id,
            feed=self.feed,
            lag=self.lag,
            lists_lag=self.lists_lag,
            batch=self.batch,
            fetch_batch=self.batch,
            answers=self.answers,
            archive=self.archive,
            needs=self.needs,
            consent_field=consent_field(fields),
            consent_on_new=self.consent_on_new,
        )


def consent_field(fields: Mapping[str, FieldSpec]) -> str | None:
    """The name of the field of kind ``consent``, if there is one."""
    return next((name for name, spec in fields.items() if spec.kind == "consent"), None)


def coerce(value: Value, steps: tuple[str, ...]) -> Value:
    """What an app with these habits makes of a value; the steps are those of `FieldSpec.coerce`."""
    if isinstance(value, str):
        for step in steps:
            value = _coerce_text(value, step)
    return None if value in ("", []) else value


def _coerce_text(text: str, step: str) -> str:
    match step.partition(":"):
        case ("trim", _, _):
            return text.strip()
        case ("lower", _, _):
            return text.lower()
        case ("digits", _, _):
            return "".join(char for char in text if char.isdigit() or char == "+")
        case ("cut", _, length):
            return text[: int(length)]
    raise ValueError(f"unknown coercion {step!r}; known: trim, lower, digits, cut:N")


def complaint(spec: FieldSpec, value: Value) -> str | None:
    """Why the app refuses this value by API, or None where it takes it. Blank is checked by nobody."""
    if value is None:
        return None
    if spec.kind == "multi":
        if not isinstance(value, list):
            return "a list of text is expected"
        closed = spec.options and not spec.groups
        return "not one of the options" if closed and not set(value) <= set(spec.options) else None
    expected = {"integer": int, "boolean": bool, "decimal": int | float | str}.get(spec.kind, str)
    if not isinstance(value, expected) or (spec.kind != "boolean" and isinstance(value, bool)):
        return f"{spec.kind} is expected"
    if spec.kind == "consent" and value not in spec.consent_set.values():
        return "cannot be set to this"
    if spec.kind == "choice" and spec.options and value not in spec.options:
        return "not one of the options"
    if spec.max_length is not None and len(str(value)) > spec.max_length:
        return f"longer than {spec.max_length} characters"
    return None
