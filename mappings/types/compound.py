"""Values with an inner order that apps keep in one field: postal addresses, and JSON."""

from __future__ import annotations

import json
from collections.abc import Hashable
from typing import Any

from mappings.model import BadValue, Value
from mappings.types.base import Form, Kind, Shower, text_of

_MAX_JSON = 100_000


class Address(Kind):
    """A postal address as one text. Golden has a line for each part, as typed. Same: the same words in the
    same order; line ends, commas, runs of space and case do not count. Blank: nothing but space. Shown in
    lines, or with ``as: line`` on one line, parts divided by commas: that form is never taken for an edit."""

    name = "address"
    shows = ("lines", "line")

    def read(self, value: Value) -> Value:
        text = text_of(value)
        if text is None:
            return None
        lines = (" ".join(line.split()).strip(" ,") for line in text.splitlines())
        return "\n".join(line for line in lines if line) or None

    def key(self, golden: Value) -> Hashable:
        return " ".join(golden.casefold().replace(",", " ").split()) if isinstance(golden, str) else None

    def shower(self, form: Form) -> Shower:
        if form.as_ != "line":
            return self.show
        return lambda golden: ", ".join(str(golden).split("\n"))


class Json(Kind):
    """Data of another program, as JSON in a text. Golden is the same data with sorted keys and no needless
    space. Same: equal data; the order of keys and the spelling of numbers do not count. Blank: nothing but
    space, or ``null``. What is not JSON is a bad value."""

    name = "json"

    def read(self, value: Value) -> Value:
        text = text_of(value)
        if text is None:
            return None
        if len(text) > _MAX_JSON:
            raise BadValue(f"expected JSON of at most {_MAX_JSON} characters")
        try:
            data = json.loads(text, parse_float=_number, parse_constant=_refused)
            return None if data is None else _dumped(data)
        except (ValueError, RecursionError):
            raise BadValue("expected JSON") from None


def _number(text: str) -> int | float:
    number = float(text)
    if number in (float("inf"), float("-inf")):
        raise ValueError("too large")
    return int(number) if number.is_integer() and abs(number) < 2**53 else number


def _refused(text: str) -> Any:
    raise ValueError(text)


def _dumped(data: Any) -> str:
    return json.dumps(data, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
