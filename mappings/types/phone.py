"""Phone numbers, by Google's metadata (the phonenumbers package)."""

from __future__ import annotations

from functools import lru_cache

from mappings.model import Value
from mappings.types.base import Form, Kind, Shower, latin_digits, text_of


class Phone(Kind):
    """A phone number. Golden is E.164 (``+62811234567``, an extension after ``ext.``). A number without a
    country code is completed where it is a valid number, written as people there write it, in exactly one of
    `regions`; what could be a number of two countries, or of none, stays as it is. Same: equal golden form.
    Blank: nothing but space."""

    name = "phone"
    formats = ("e164", "international", "national")

    def __init__(self, regions: tuple[str, ...] = ()) -> None:
        self.regions = regions

    def read(self, value: Value) -> Value:
        text = text_of(value)
        return None if text is None else parse(text, self.regions)

    def shower(self, form: Form) -> Shower:
        regions = self.regions
        if form.format in ("", "e164"):
            return self.show
        return lambda golden: formatted(golden, form.format, regions) if isinstance(golden, str) else golden


def known_regions() -> frozenset[str]:
    """The two-letter regions that numbers can be completed by."""
    import phonenumbers

    return frozenset(phonenumbers.SUPPORTED_REGIONS)


# A number costs 30 microseconds to parse and is met again and again, mostly in its golden form: `lru_cache`
# would parse that form once more.
_parsed: dict[tuple[str, tuple[str, ...]], str] = {}
_MOST = 200_000


def parse(text: str, regions: tuple[str, ...]) -> str:
    """E.164 of a written number, or the text (in Latin digits) where it is none."""
    golden = _parsed.get((text, regions))
    if golden is None:
        if len(_parsed) >= _MOST:
            _parsed.clear()
        golden = _parsed[text, regions] = _parse(text, regions)
        _parsed[golden, regions] = golden
    return golden


def _parse(text: str, regions: tuple[str, ...]) -> str:
    text = latin_digits(text)
    if text.startswith("+"):
        return _number(text, None) or text
    found = {number for region in regions if (number := _number(text, region))}
    if not found and text.startswith("00"):
        return _number("+" + text[2:], None) or text
    return found.pop() if len(found) == 1 else text


def _number(text: str, region: str | None) -> str | None:
    """E.164 of a number, with its extension. A country code that was typed is believed; one that we add must
    make a number that exists, from a text that begins with the 0 where that country uses one."""
    import phonenumbers as lib

    try:
        number = lib.parse(text, region)
    except lib.NumberParseException:
        return None
    if region is None:
        if not lib.is_possible_number(number):
            return None
    else:
        trunk = lib.ndd_prefix_for_region(region, True) == "0"
        if trunk is not lib.normalize_digits_only(text).startswith("0") or not lib.is_valid_number(number):
            return None
    plain = lib.format_number(number, lib.PhoneNumberFormat.E164)
    return f"{plain} ext. {number.extension}" if number.extension else plain


@lru_cache(65536)
def formatted(golden: str, format: str, regions: tuple[str, ...]) -> str:
    """A golden number for people. National only where it reads back as the same number."""
    import phonenumbers as lib

    try:
        number = lib.parse(golden, None)
    except lib.NumberParseException:
        return golden
    if format == "national":
        shown = lib.format_number(number, lib.PhoneNumberFormat.NATIONAL)
        if parse(shown, regions) == golden:
            return shown
    shown = lib.format_number(number, lib.PhoneNumberFormat.INTERNATIONAL)
    return shown if parse(shown, regions) == golden else golden
