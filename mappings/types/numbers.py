"""Booleans and numbers."""

from __future__ import annotations

from decimal import Decimal as Exact
from decimal import InvalidOperation

from mappings.model import BadValue, Value
from mappings.types.base import Form, Kind, Shower, latin_digits, text_of

_WORDS = {
    **dict.fromkeys(("true", "yes", "y", "on", "1"), True),
    **dict.fromkeys(("false", "no", "n", "off", "0"), False),
}
_MAX_EXPONENT = 30
_WHOLE = range(-(2**63), 2**64)  # what the state's JSON holds exactly


class Boolean(Kind):
    """Yes or no. Reads true/false, yes/no, on/off, 1/0. Same: equal. Blank: nothing but space; a blank is
    neither yes nor no. ``as: text`` shows ``true`` or ``false``."""

    name = "boolean"
    shows = ("native", "text")

    def read(self, value: Value) -> Value:
        text = text_of(value)
        if text is None:
            return None
        try:
            return _WORDS[text.lower()]
        except KeyError:
            raise BadValue("expected yes or no") from None

    def shower(self, form: Form) -> Shower:
        return _as_text if form.as_ == "text" else self.show


class Integer(Kind):
    """A whole number of up to 64 bits. Reads numbers and their text (``17``, ``17.0``). Same: equal. Blank:
    nothing but space; 0 is a value. ``as: text`` shows digits in a text."""

    name = "integer"
    shows = ("native", "text")

    def read(self, value: Value) -> Value:
        number = _exact(value, "a whole number")
        if number is None:
            return None
        if number != number.to_integral_value():
            raise BadValue("expected a whole number")
        whole = int(number)
        if whole not in _WHOLE:
            raise BadValue("expected a whole number of a usual size")
        return whole

    def shower(self, form: Form) -> Shower:
        return _as_text if form.as_ == "text" else self.show


class Decimal(Kind):
    """A number with decimals. Golden is its exact text without needless zeros (``12.5``). Same: equal
    numbers. Blank: nothing but space; 0 is a value. Shown as a number where that loses nothing, else as
    text; ``as: text`` always shows text."""

    name = "decimal"
    shows = ("native", "text")

    def read(self, value: Value) -> Value:
        number = _exact(value, "a number")
        return None if number is None else _plain(number)

    def show(self, golden: Value) -> Value:
        if not isinstance(golden, str):
            return golden
        number = float(golden)
        return number if _plain(Exact(repr(number))) == golden else golden

    def shower(self, form: Form) -> Shower:
        return _as_text if form.as_ == "text" else self.show


def _exact(value: Value, expected: str) -> Exact | None:
    if isinstance(value, bool):
        raise BadValue(f"expected {expected}")
    text = text_of(value)
    if text is None:
        return None
    try:
        number = Exact(latin_digits(text))
    except InvalidOperation:
        raise BadValue(f"expected {expected}") from None
    if not number.is_finite() or abs(number.adjusted()) > _MAX_EXPONENT or len(number.as_tuple().digits) > 60:
        raise BadValue(f"expected {expected} of a usual size")
    return number


def _plain(number: Exact) -> str:
    text = f"{number:f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text


def _as_text(golden: Value) -> Value:
    return text_of(golden)
