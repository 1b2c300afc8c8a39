"""Structured logs to standard error: events with a run and record ids, never values of customers."""

from __future__ import annotations

import logging
import sys
from contextlib import suppress
from typing import Any, Final, Literal, TextIO

Level = Literal["debug", "info", "warning", "error"]
Format = Literal["text", "json"]


class Unfailing:
    """A stream that takes what it can: where the disk is full or nobody reads any more, lines are lost, and
    what they tell of goes on."""

    def __init__(self, stream: TextIO) -> None:
        self._stream: Final = stream

    def write(self, text: str) -> int:
        with suppress(OSError):
            self._stream.write(text)
        return len(text)

    def flush(self) -> None:
        with suppress(OSError):
            self._stream.flush()


def setup(level: Level = "info", form: Format = "text", on_terminal: bool = False) -> None:
    """How this process logs. A person at a terminal sees progress and results, so there `info` is left out of
    the text form, unless it is wanted there."""
    import structlog

    if form == "text" and level == "info" and sys.stderr.isatty() and not on_terminal:
        level = "warning"
    show: Any = (
        structlog.processors.JSONRenderer(sort_keys=False)
        if form == "json"
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), pad_event_to=0)
    )
    stream: Any = Unfailing(sys.stderr)
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            show,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(getattr(logging, level.upper())),
        logger_factory=structlog.PrintLoggerFactory(stream),
        cache_logger_on_first_use=False,
    )


def log(**context: Any) -> Any:
    """A logger that adds this context (run, sync, app, record) to each event."""
    import structlog

    return structlog.get_logger(**context)
