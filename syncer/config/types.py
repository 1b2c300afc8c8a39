"""Kinds of values in a config file, each with what is said where one is wrong."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BeforeValidator, WithJsonSchema

from connectors.settings import is_loopback
from mappings.checking import mistake
from syncer.config.crontab import by_names

_ANY_TIME = datetime(2000, 1, 1, tzinfo=UTC)
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


def span(text: str) -> timedelta | None:
    """``15m``, ``2h``: a number and one of s, m, h, d. None for anything else, and for no time at all."""
    found = re.fullmatch(r"(\d{1,6}) ?([smhd])", text)
    return timedelta(**{_UNITS[found[2]]: int(found[1])}) if found and int(found[1]) else None


def _interval(value: Any) -> Any:
    if isinstance(value, timedelta):
        return value
    found = span(value) if isinstance(value, str) else None
    if found is None:
        raise mistake("this is not a span of time", "Write a number and s, m, h or d, such as 15m.")
    return found


def _cron(value: str) -> str:
    from apscheduler.triggers.cron import CronTrigger

    try:
        trigger = CronTrigger.from_crontab(by_names(value), UTC)
    except ValueError:
        cure = 'Write minute, hour, day, month and weekday, such as "*/15 * * * *".'
        raise mistake("this is not a cron line", cure) from None
    if trigger.get_next_fire_time(None, _ANY_TIME) is None:
        raise mistake("this time never comes", "Write a day that the month has, or * for every day.")
    return value


def _zone(value: str) -> str:
    try:
        ZoneInfo(value)
    except (ZoneInfoNotFoundError, ValueError):
        cure = "Write a name such as Europe/Berlin or UTC."
        raise mistake(f"'{value}' is not a time zone", cure) from None
    return value


def _port_alone(value: Any) -> Any:
    if type(value) is int or (isinstance(value, str) and re.fullmatch(r":?\d+", value)):
        port = value if type(value) is int and 0 < value <= 65535 else 8766
        cure = (
            f"Write 127.0.0.1:{port} to be reached from this machine alone, 0.0.0.0:{port} from any, or off."
        )
        raise mistake("a port needs an address in front of it", cure)
    return value


def _listen(value: str) -> str:
    host, _, port = value.rpartition(":")
    if value != "off" and not (host and port.isdigit() and int(port) <= 65535):
        raise mistake("this is not an address to listen on", "Write 127.0.0.1:8766, or off.")
    return value


def _address(value: str) -> str:
    if not value.startswith(("http://", "https://")) or len(value.split()) != 1:
        raise mistake("this is not a web address", "Write it with https:// in front.")
    return value


def _base_url(value: str) -> str:
    if value.startswith("http://") and not is_loopback(value):
        cure = "Write https://; http:// is for this machine only."
        raise mistake("tokens would cross the network unprotected", cure)
    return value


def _scalar(value: Any) -> Any:
    if isinstance(value, (list, dict)):
        raise mistake("this must be one value", "Write a text, a number, true or false.")
    return value


Address = Annotated[str, AfterValidator(_address)]
BaseUrl = Annotated[Address, AfterValidator(_base_url)]
Setting = Annotated[str | int | float | bool | None, BeforeValidator(_scalar)]
Every = Annotated[
    timedelta, BeforeValidator(_interval), WithJsonSchema({"type": "string", "pattern": r"^\d{1,6} ?[smhd]$"})
]
Cron = Annotated[str, AfterValidator(_cron)]
Zone = Annotated[str, AfterValidator(_zone)]
Listen = Annotated[str, BeforeValidator(_port_alone), AfterValidator(_listen)]
