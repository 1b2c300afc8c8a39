"""Phone numbers, by Google's metadata (the phonenumbers package)."""

from __future__ import annotations

import re
from functools import lru_cache

from mappings.model import Value
from mappings.types.base import Form, Kind, Shower, latin_digits, text_of
from mappings.types.country import code_of, name_of
from mappings.types.numbering import has_zero, numbering


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


# Languages that are taken for countries -> where they are spoken.
_LANGUAGES = {
    "CS": "CZ",
    "DA": "DK",
    "EL": "GR",
    "EN": "GB or US",
    "FA": "IR",
    "HI": "IN",
    "JA": "JP",
    "KO": "KR",
    "ZH": "CN",
}


def region_meant(word: str) -> str:
    """The cure for a region that is not known: UK, USA, Germany, and languages such as EN."""
    code = code_of(word)
    if code in known_regions():
        return f"The two-letter code is {code} ({name_of(code)})."
    if word.upper() in _LANGUAGES:
        return f"That is a language; write the country, such as {_LANGUAGES[word.upper()]}."
    return "Use the two capital letters of a country, such as ID, IR or DE."


# A number costs up to 100 microseconds to parse and is met again and again, mostly in its golden form:
# `lru_cache` would parse that form once more.
_parsed: dict[tuple[str, tuple[str, ...]], str] = {}
_MOST = 200_000


def parse(text: str, regions: tuple[str, ...]) -> str:
    """E.164 of a written number, or the text (in Latin digits) where it is none."""
    golden = _parsed.get((text, regions))
    if golden is None:
        if len(_parsed) >= _MOST:
            _parsed.clear()
        text_in_latin = latin_digits(text)
        golden = _parsed[text, regions] = _e164(text_in_latin, regions) or text_in_latin
        _parsed[golden, regions] = golden
    return golden


def _e164(text: str, regions: tuple[str, ...]) -> str | None:
    """A number of digits and punctuation alone is read by its digits: each way to write it is the same."""
    digits = text.translate(_PUNCTUATION)
    if digits.removeprefix("+").isdecimal():
        return _by_digits(digits, regions)
    return _by_library(text, regions)


@lru_cache(65536)
def _by_digits(digits: str, regions: tuple[str, ...]) -> str | None:
    return digits if _is_e164(digits) else _by_library(digits, regions)


def _by_library(text: str, regions: tuple[str, ...]) -> str | None:
    if text.startswith("+"):
        return _number(text, None)
    found = {number for region in regions if (number := _number(text, region))}
    if not found and text.startswith("00"):
        return _number("+" + text[2:], None)
    return found.pop() if len(found) == 1 else None


def _number(text: str, region: str | None) -> str | None:
    """E.164 of a number, with its extension. A country code that was typed is believed; one that we add must
    make a number that exists, from a text that begins with the 0 where that country uses one."""
    import phonenumbers as lib

    if region is not None:
        known = numbering(region)
        read = known.read(text.translate(_PUNCTUATION)) if known is not None else None
        if read is not None:
            return read or None
        shown = text if text.isdecimal() else lib.normalize_digits_only(text)
        if has_zero(region) is not shown.startswith("0"):
            return None
    try:
        number = lib.parse(text, region)
    except lib.NumberParseException:
        return None
    if not (lib.is_possible_number(number) if region is None else lib.is_valid_number(number)):
        return None
    plain = lib.format_number(number, lib.PhoneNumberFormat.E164)
    return f"{plain} ext. {number.extension}" if number.extension else plain


def _is_e164(digits: str) -> bool:
    """Whether these are E.164 as they stand, in the plain case: a country code, then a number of a length
    that the country has and that begins with no prefix which the library would take away."""
    if digits[:1] != "+" or digits[1:2] in ("", "0"):
        return False
    for size in (1, 2, 3):
        lengths, prefix = _international(digits[1 : 1 + size])
        national = digits[1 + size :]
        if lengths:
            return len(national) in lengths and national[0] != "0" and not prefix.match(national)
    return False


@lru_cache(1024)
def _international(code: str) -> tuple[frozenset[int], re.Pattern[str]]:
    """How long the numbers of a country code are, without the code (nothing: no such code), and what is taken
    away at their beginning."""
    import phonenumbers as lib

    regions = lib.COUNTRY_CODE_TO_REGION_CODE.get(int(code)) if code else None
    known = lib.PhoneMetadata.metadata_for_region(regions[0], None) if regions else None
    if known is None:
        return frozenset(), re.compile("")
    lengths = known.general_desc.possible_length if known.general_desc else ()
    prefix = known.national_prefix_for_parsing
    return frozenset(lengths), re.compile(prefix if prefix else r"(?!)")


_PUNCTUATION = str.maketrans("", "", " -.()/")


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
