"""A connector as syncer uses it: whatever goes wrong in one is an `AppError`, as its contract says. Else an
answer of another shape than the connector was made for would end the run, for all apps."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterator
from functools import cache, wraps
from pathlib import Path
from typing import Any, Final

from connectors.contract import Connector, Page, Unexpected

METHODS: Final = tuple("check describe fetch find write create_fields attached erase merge".split())
ODD: Final = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)


@cache
def guarded(kind: type[Connector]) -> type[Connector]:
    """The class, with methods that raise nothing else."""
    own = {name: _called(kind, name) for name in METHODS if hasattr(kind, name)}
    return type(kind.__name__, (kind,), {**own, "pull": _pulled(kind)})


def _called(kind: type[Connector], name: str) -> Callable[..., Any]:
    @wraps(getattr(kind, name))
    def call(self: Any, *args: Any, **named: Any) -> Any:
        try:
            return getattr(kind, name)(self, *args, **named)
        except ODD as error:
            raise _told(self, error) from error

    return call


def _pulled(kind: type[Connector]) -> Callable[..., Iterator[Page]]:
    @wraps(kind.pull)
    def pull(self: Any, *args: Any, **named: Any) -> Iterator[Page]:
        try:
            yield from kind.pull(self, *args, **named)
        except ODD as error:
            raise _told(self, error) from error

    return pull


def _told(connector: Any, error: BaseException) -> Unexpected:
    """In words that repeat nothing of the answer."""
    last = traceback.extract_tb(error.__traceback__)[-1]
    place = "/".join(Path(last.filename).parts[-2:])
    return Unexpected(
        f"{connector.title}: an answer has another shape than its connector expects"
        f" ({type(error).__name__} in {place}, line {last.lineno}). Nothing was taken from it. If this stays,"
        " report it with these words."
    )
