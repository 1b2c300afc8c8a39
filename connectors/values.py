"""Small things that several connectors need: times, prefixed fields, sets, names as an app spells
them, runs of a list."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any, Final, TypeVar
from unicodedata import normalize

from connectors.contract import Unexpected, Value

T = TypeVar("T")
SECONDS: Final = 1e11  # since 1970 that a time may hold; more are milliseconds
LATEST: Final = 1e13  # of these, in the year 2286; more are no time
DAY: Final = 8  # digits of a day without dashes; more of them are a number


def moment(text: str | None) -> datetime | None:
    """An aware UTC time from ISO 8601; a time without zone is taken as UTC. None where there is none."""
    if not text:
        return None
    try:
        at = datetime.fromisoformat(text)
        return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise Unexpected("a time in the app's answer is not ISO 8601") from error


def stamped(said: Any) -> datetime | None:
    """When a record changed, as it says itself: ISO 8601, or seconds or milliseconds since 1970. None where
    that is no time: it is no reason to leave the record unread, and all others with it."""
    if isinstance(said, str) and not (said.isdecimal() and len(said) > DAY):
        with suppress(Unexpected):
            return moment(said)
    try:
        number = float(said)
    except (TypeError, ValueError, OverflowError):
        return None
    if isinstance(said, bool) or not 0 < number < LATEST:
        return None
    return datetime.fromtimestamp(number / 1000 if number > SECONDS else number, UTC)


def named(fields: Sequence[str], prefix: str) -> tuple[tuple[str, str], ...]:
    """(flat name, key inside the container) of the fields that live in the container `prefix`."""
    return tuple((field, field[len(prefix) :]) for field in fields if field.startswith(prefix))


def elements(value: Value) -> list[str]:
    """A set-valued field as a list; blank is empty."""
    return value if isinstance(value, list) else []


def spelled(name: str, known: Collection[str]) -> str:
    """A name as the app spells it: exactly so, else in another case, with space around it, or with accents in
    another form of Unicode; one that it does not know as it is. Mappings compare tags so: another spelling
    must not become a second one."""
    if name in known:
        return name
    key = folded(name)
    return next((own for own in known if folded(own) == key), name)


def folded(name: str) -> str:
    """What is compared of a name."""
    return normalize("NFC", normalize("NFC", name.strip()).casefold()).strip()


def chunks(items: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    """The items in runs of at most `size`, in order."""
    for start in range(0, len(items), size):
        yield items[start : start + size]
