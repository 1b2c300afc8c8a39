"""Webhooks as connectors understand them. What one says is a hint of where to look: only which records it
names is taken from it, and nothing of that before its signature was found right. Pure: no clock, no I/O."""

from __future__ import annotations

import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal, Protocol

from connectors import answer

OLDEST: Final = 300.0  # seconds that a signed time may lie behind us, or before
MOST: Final = 1000  # records that one call may name

Why = Literal["forged", "late", "malformed"]


class HookRefused(Exception):
    """A call that is not taken. The text is for the log: it repeats nothing of the call."""

    def __init__(self, why: Why, told: str) -> None:
        super().__init__(told)
        self.why: Why = why


@dataclass(frozen=True, slots=True)
class HookCall:
    """A call as it came. `url`: the whole address as the sender knows it; names of headers in lower case."""

    url: str
    headers: Mapping[str, str]
    body: bytes
    method: str = "POST"


@dataclass(frozen=True, slots=True)
class Touched:
    """A record that something happened to: its id, or where the app does not tell that, a field and a value
    by which `find` finds it."""

    object: str
    id: str = ""
    field: str = ""
    value: str = ""


@dataclass(frozen=True, slots=True)
class Hook:
    """A webhook at the app. `secret`: what it signs with, where the app tells that just now."""

    id: str
    url: str
    active: bool = True
    secret: str = ""


class ByHand(Exception):
    """The app has no API for this; the text says what a person has to do there. `{url}` stands for ours."""


class Hooks(Protocol):
    """What the connection to an app can do with its webhooks. Methods but `read` raise `AppError`."""

    @property
    def own_secret(self) -> str:
        """What the app signs with, where the config tells that; else each webhook has a secret of its own."""
        ...

    def read(self, call: HookCall, secret: str, now: float) -> Sequence[Touched]:
        """The records that a call names. `now`: seconds since 1970. Raises `HookRefused`."""
        ...

    def there(self) -> Sequence[Hook]:
        """The webhooks that the app has. Raises `ByHand`."""
        ...

    def register(self, url: str) -> Hook:
        """Make one that tells of everything we keep in step, with its secret. Raises `ByHand`."""
        ...

    def remove(self, id: str) -> None: ...


def same(given: str | None, expected: str) -> bool:
    """Compared in a time that does not tell how much was right."""
    return hmac.compare_digest((given or "").encode(), expected.encode())


def on_time(at: float, now: float) -> None:
    """Raises `HookRefused` for what was signed too long ago, or in the future."""
    if abs(now - at) > OLDEST:
        raise HookRefused("late", "it was signed more than five minutes ago, or ahead of our clock")


def forged() -> HookRefused:
    return HookRefused("forged", "its signature is not right, or it has none")


def malformed() -> HookRefused:
    return HookRefused("malformed", "it does not have the documented shape")


def parsed(body: bytes) -> Any:
    """The JSON of a body. Raises `HookRefused`."""
    try:
        return answer.parsed(body)
    except ValueError:
        raise malformed() from None


def bounded(found: Sequence[Touched]) -> Sequence[Touched]:
    """Raises `HookRefused` where one call names very many records."""
    if len(found) > MOST:
        raise malformed()
    return found
