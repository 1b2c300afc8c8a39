"""Weekdays of a cron line. A crontab counts from Sunday, which is 0 and 7; APScheduler from Monday. Pure."""

from __future__ import annotations

import re
from typing import Final

DAYS: Final = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_PART = re.compile(r"(?:\*|(\w+)(?:-(\w+))?)(?:/(\d+))?")


def by_names(line: str) -> str:
    """The line with its weekdays by name, one by one: read alike by everybody. Raises `ValueError`."""
    fields = line.split()
    if len(fields) == 5 and fields[4] != "*":
        days = {day for part in fields[4].split(",") for day in _days(part)}
        fields[4] = ",".join(DAYS[day] for day in sorted(days))
    return " ".join(fields)


def _days(part: str) -> set[int]:
    found = _PART.fullmatch(part)
    if found is None:
        raise ValueError(f"{part} is no weekday")
    step = int(found[3] or 1)
    first = _number(found[1] or "0")
    last = first if found[1] and not found[3] else 6
    if found[2]:
        last = _number(found[2])
        last = 7 if last == 0 < first else last  # a week that ends on Sunday
    if step == 0 or last < first:
        raise ValueError(f"{part} holds no day")
    return {day % 7 for day in range(first, last + 1, step)}


def _number(day: str) -> int:
    number = int(day) if day.isdigit() else DAYS.index(day.lower())
    if number > 7:
        raise ValueError(f"{day} is no weekday")
    return number
