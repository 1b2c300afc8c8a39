"""Small translations that several connectors need."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from connectors.contract import Unexpected


def moment(text: str | None) -> datetime | None:
    """An aware UTC time from ISO 8601; a time without zone is taken as UTC. None where there is none."""
    if not text:
        return None
    try:
        at = datetime.fromisoformat(text)
    except ValueError as error:
        raise Unexpected("a time in the app's answer is not ISO 8601") from error
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)


def named(fields: Sequence[str], prefix: str) -> tuple[tuple[str, str], ...]:
    """(flat name, key inside the container) of the fields that live in the container `prefix`."""
    return tuple((field, field[len(prefix) :]) for field in fields if field.startswith(prefix))
