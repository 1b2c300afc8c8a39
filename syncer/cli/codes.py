"""Exit codes, and how errors become one: a message in words on standard error, never a traceback."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Iterable
from enum import IntEnum
from typing import Any, TypeVar

from typer.core import TyperGroup
from typer.exceptions import Abort, Exit, TyperException

from syncer.cli.output import say

Found = TypeVar("Found")


class Code(IntEnum):
    """What a command ends with."""

    DONE = 0
    FAILED = 1
    USAGE = 2  # wrong use, config or mapping
    HELD = 3
    LEFTOVERS = 4
    BUSY = 5
    INTERRUPTED = 130


WORST_FIRST = (Code.USAGE, Code.FAILED, Code.HELD, Code.BUSY, Code.LEFTOVERS, Code.DONE)
_OF_TYPER = (Exit, Abort, TyperException, BrokenPipeError)
OF_STATUS = {"done": Code.DONE, "partial": Code.LEFTOVERS, "held": Code.HELD, "failed": Code.FAILED}


def worst(codes: Iterable[Code]) -> Code:
    """What a command with several syncs ends with."""
    return min(codes, key=WORST_FIRST.index, default=Code.DONE)


def leave(code: Code) -> Exit:
    """The exception that ends the command with this code: raise it."""
    return Exit(int(code))


def existing(found: Found | None, otherwise: str) -> Found:
    """What was asked for by its name; the end of the command, with these words, where there is no such."""
    if found is None:
        say(otherwise)
        raise leave(Code.USAGE)
    return found


def explain(error: BaseException) -> tuple[Code, str]:
    """The code and the words for an error. With SYNCER_DEBUG=1 it is raised again instead."""
    from connectors.contract import AppError
    from connectors.registry import UnknownConnector
    from mappings.document import ProblemsFound
    from syncer.store.database import StateError
    from syncer.store.lease import Busy, LeaseLost
    from syncer.store.migrate import NewerState

    if isinstance(error, _OF_TYPER) or os.environ.get("SYNCER_DEBUG") == "1":
        raise error
    match error:
        case ProblemsFound() | UnknownConnector():
            return Code.USAGE, str(error)
        case Busy() | LeaseLost():
            return Code.BUSY, str(error)
        case StateError() | NewerState() | AppError():
            return Code.FAILED, str(error)
        case KeyboardInterrupt():
            told = "Interrupted. What was done is recorded; the next run goes on from here."
            return Code.INTERRUPTED, told
        case OSError(filename=str() | os.PathLike() as file, strerror=str(why)):
            return Code.FAILED, f"{file} cannot be used: {why}. Check the path and its permissions."
        case OSError(errno=errno.ENOSPC | errno.EDQUOT | errno.EFBIG | errno.EIO, strerror=str(why)):
            return Code.FAILED, f"Nothing more can be written: {why}. Mend that, then do it again."
    where = "Run it again with SYNCER_DEBUG=1 to see where, and report that."
    return Code.FAILED, f"This is a mistake in syncer: {type(error).__name__}. {where}"


class Guarded(TyperGroup):
    """Commands whose errors are told in words."""

    def invoke(self, ctx: Any) -> Any:
        try:
            try:
                return super().invoke(ctx)
            finally:
                sys.stdout.flush()  # what cannot be written is told here, and not by Python's last words
        except (Exception, KeyboardInterrupt) as error:
            code, message = explain(error)
            say(message)
            raise leave(code) from None
