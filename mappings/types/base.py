"""What all field types share: reading, comparing by a key, and showing in one app's form."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field
from typing import Any

from mappings.model import BadValue, Value

Reader = Callable[[Value], Value]
Shower = Callable[[Value], Value]

_BROKEN = "\ufffd\ufdd0"  # as connectors show what is no character in the app
_DIGITS = {ord(c): str(i % 10) for i, c in enumerate("٠١٢٣٤٥٦٧٨٩۰۱۲۳۴۵۶۷۸۹０１２３４５６７８９")}


@dataclass(frozen=True, slots=True)
class Form:
    """How one app shows a field, as the mapping says it there. `values` maps golden to app values; `options`
    are the values that the app itself allows (none: any)."""

    format: str = ""
    as_: str = ""
    values: Mapping[str, str] = field(default_factory=dict)
    options: tuple[str, ...] = ()
    transform: tuple[Any, ...] = ()


class Kind:
    """A field type. Two golden values are the same when their keys are equal, hence an equivalence.

    `formats` and `shows` are the words that `format:` and `as:` may take; `maps`: it takes `values:`.
    """

    name = ""
    is_set = False
    formats: tuple[str, ...] = ()
    shows: tuple[str, ...] = ()
    maps = False

    def read(self, value: Value) -> Value:
        return text_of(value)

    def written_out(self, form: Form) -> bool:
        """Whether the app is shown a text that a field of the app's own kind for this type may refuse."""
        return False

    def show(self, golden: Value) -> Value:
        return golden

    def key(self, golden: Value) -> Hashable:
        return golden  # type: ignore[return-value]

    def same(self, a: Value, b: Value) -> bool:
        return a == b or self.key(a) == self.key(b)

    def reader(self, form: Form) -> Reader:
        """`read` for one app's form."""
        return self.read

    def shower(self, form: Form) -> Shower:
        """`show` for one app's form."""
        return self.show


def text_of(value: Value) -> str | None:
    """A value as text in NFC without space around it; None where blank. Raises `BadValue` for a list, and for
    a broken text: what its app holds is not known."""
    if value is None:
        return None
    if isinstance(value, str):
        text = value.strip()
        return (text if text.isascii() else unicodedata.normalize("NFC", unbroken(text)).strip()) or None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        raise BadValue("expected one value, found a list")
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def unbroken(text: str) -> str:
    """The text itself. Raises `BadValue` where a part of it is no character."""
    if _BROKEN in text:
        raise BadValue("expected text that is whole; a character of it is broken in the app")
    return text


def latin_digits(text: str) -> str:
    """The text with Persian, Arabic and full-width digits written as 0-9."""
    return text if text.isascii() else text.translate(_DIGITS)
