"""Days and moments. A day has no zone and is never moved by one."""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable
from datetime import UTC, date, datetime, tzinfo
from zoneinfo import ZoneInfo

from mappings.model import BadValue, Value
from mappings.types.base import Form, Kind, Reader, Shower, latin_digits, text_of

_TIME = r"(?:T|\s+)(\d\d?):?(\d\d)(?::?(\d\d)(?:[.,]\d+)?)?(?:\s*(?:Z|UTC|GMT|[+-]\d\d(?::?\d\d)?))?"
_DAY = re.compile(rf"(\d{{4}})-(\d\d?)-(\d\d?)(?:{_TIME}|Z|[+-]\d\d:\d\d)?", re.IGNORECASE)
_EPOCH = re.compile(r"-?\d{9,14}")
_NUMBER = re.compile(r"-?\d+")
_ORDERS = {"YYYY-MM-DD": "ymd", "DD/MM/YYYY": "dmy", "MM/DD/YYYY": "mdy", "DD.MM.YYYY": "dmy"}
_MILLISECONDS = 100_000_000_000  # more than that is counted in thousandths of a second
_PER_SECOND = {"epoch": 1, "epoch_ms": 1000}


class Date(Kind):
    """A day, without a time and in no zone. Golden is ``2030-02-28``. Reads days, and moments at midnight, by
    which some apps show a day: the day as it is written there, never moved to another zone. A moment at
    another time of day is a bad value. Same: the same day. Blank: nothing but space. Shown as ``2030-02-28``,
    or by `format`: ``DD/MM/YYYY``, ``MM/DD/YYYY`` or ``DD.MM.YYYY``; ``epoch`` or ``epoch_ms`` as the seconds
    or thousandths of a second from 1970 to midnight in UTC. A number of which no `format` is said is
    read by its size."""

    name = "date"
    formats = (*_ORDERS, *_PER_SECOND)

    def read(self, value: Value) -> Value:
        text = _plain(value)
        if text is None:
            return None
        if _EPOCH.fullmatch(text):
            return _day_of(_from_epoch(text))
        found = _DAY.fullmatch(text)
        if found is None:
            raise BadValue("expected a day such as 2030-02-28")
        _midnight(*(int(part or 0) for part in found.groups()[3:6]))
        return _day(*map(int, found.groups()[:3]))

    def reader(self, form: Form) -> Reader:
        if per_second := _PER_SECOND.get(form.format):
            return _counted(per_second, _day_of, self.read)
        order = _ORDERS.get(form.format, "ymd")
        if order == "ymd":
            return self.read

        def read(value: Value) -> Value:
            text = _plain(value)
            parts = re.fullmatch(r"(\d\d?)[/.-](\d\d?)[/.-](\d{4})", text or "")
            if parts is None:
                return self.read(value)
            named = dict(zip(order, map(int, parts.groups()), strict=True))
            return _day(named["y"], named["m"], named["d"])

        return read

    def written_out(self, form: Form) -> bool:
        return _ORDERS.get(form.format, "ymd") != "ymd"

    def shower(self, form: Form) -> Shower:
        shown = form.format
        if per_second := _PER_SECOND.get(shown):
            return lambda golden: _since_then(f"{golden}T00:00:00Z", per_second)
        if _ORDERS.get(shown, "ymd") == "ymd":
            return self.show

        def show(golden: Value) -> Value:
            year, month, day = str(golden).split("-")
            return shown.replace("YYYY", year).replace("MM", month).replace("DD", day)

        return show


class DateTime(Kind):
    """A moment, to the second. Golden is in UTC: ``2030-02-28T12:30:00Z``. Reads ISO 8601, and seconds or
    thousandths of a second since 1970: as `format` says, else by their size. A time without a zone is taken
    in the field's `zone` (UTC where none is given). Same: the same moment; parts of a second are not
    kept. Blank: nothing but space. Shown in UTC, or by `format`: ``local`` (``2030-02-28 19:30:00`` in the
    field's zone; of the hour that comes twice when clocks are set back, the first is meant), ``epoch`` or
    ``epoch_ms``."""

    name = "datetime"
    formats = ("iso", "local", "epoch", "epoch_ms")

    def __init__(self, zone: str = "") -> None:
        self.zone: tzinfo = ZoneInfo(zone) if zone else UTC

    def read(self, value: Value) -> Value:
        text = _plain(value)
        if text is None:
            return None
        if _EPOCH.fullmatch(text):
            return _utc(_from_epoch(text))
        try:
            moment = datetime.fromisoformat(text)
            if moment.tzinfo is None:
                moment = moment.replace(tzinfo=self.zone)
            return _utc(moment.astimezone(UTC))
        except (ValueError, OverflowError):
            raise BadValue("expected a date and time such as 2030-02-28T12:30:00Z") from None

    def reader(self, form: Form) -> Reader:
        per_second = _PER_SECOND.get(form.format)
        return _counted(per_second, _utc, self.read) if per_second else self.read

    def written_out(self, form: Form) -> bool:
        return form.format == "local"

    def shower(self, form: Form) -> Shower:
        if form.format in ("", "iso"):
            return self.show

        def show(golden: Value) -> Value:
            if form.format != "local":
                return _since_then(str(golden), _PER_SECOND[form.format])
            return datetime.fromisoformat(str(golden)).astimezone(self.zone).strftime("%Y-%m-%d %H:%M:%S")

        return show

    def key(self, golden: Value) -> Hashable:
        return golden if isinstance(golden, str) else None


def _plain(value: Value) -> str | None:
    if isinstance(value, bool):
        raise BadValue("expected a day or a moment")
    text = text_of(value)
    return None if text is None else latin_digits(text)


def _day(year: int, month: int, day: int) -> str:
    try:
        return date(year, month, day).isoformat()
    except ValueError:
        raise BadValue("expected a day that the calendar has") from None


def _counted(per_second: int, golden: Callable[[datetime], str], else_read: Reader) -> Reader:
    """Reads numbers in a unit that is known, of any size."""

    def read(value: Value) -> Value:
        text = _plain(value)
        if text is None or not _NUMBER.fullmatch(text):
            return else_read(value)
        return golden(_since_1970(text, per_second))

    return read


def _since_then(moment: str, per_second: int) -> int:
    return int(datetime.fromisoformat(moment).timestamp()) * per_second


def _day_of(moment: datetime) -> str:
    _midnight(moment.hour, moment.minute, moment.second)
    return moment.date().isoformat()


def _midnight(hour: int, minute: int, second: int) -> None:
    if hour or minute or second:
        raise BadValue("expected a day, found a time of day too")


def _from_epoch(text: str) -> datetime:
    return _since_1970(text, 1000 if abs(int(text)) >= _MILLISECONDS else 1)


def _since_1970(text: str, per_second: int) -> datetime:
    try:
        return datetime.fromtimestamp(int(text) / per_second, UTC)
    except (ValueError, OverflowError, OSError):
        raise BadValue("expected a time of a usual size") from None


def _utc(moment: datetime) -> str:
    return moment.replace(microsecond=0, tzinfo=None).isoformat() + "Z"
