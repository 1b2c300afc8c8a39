"""Numbers that are read without parsing are what the phonenumbers package makes of them."""

from __future__ import annotations

import random

import phonenumbers as lib
import pytest

from mappings.types.numbering import numbering

REGIONS = "AE AU BE CA CH DE FI FR GB ID IE IN IR IT JP NL NO NZ PL RU SE TR US ZA".split()


def parsed(text: str, region: str) -> str:
    """E.164 of a number that exists, by the package alone; "" of any other text."""
    try:
        number = lib.parse(text, region)
    except lib.NumberParseException:
        return ""
    return lib.format_number(number, lib.PhoneNumberFormat.E164) if lib.is_valid_number(number) else ""


def written(region: str) -> list[str]:
    """Numbers and what looks like them: an example, with other digits, one too many or too few, and with one
    of several beginnings."""
    draw = random.Random(region)
    known = lib.PhoneMetadata.metadata_for_region(region, None)
    assert known is not None
    kinds = (known.fixed_line, known.mobile, known.toll_free, known.premium_rate, known.voip, known.uan)
    examples = [kind.example_number for kind in kinds if kind is not None and kind.example_number]
    found = []
    for _ in range(200):
        digits = list(draw.choice(examples))
        for _ in range(draw.randint(0, 3)):
            digits[draw.randrange(len(digits))] = draw.choice("0123456789")
        end = draw.choice([0, 0, 0, 1, -1])
        digits = digits[:-1] if end < 0 else digits + [draw.choice("0123456789")] * end
        found.append(draw.choice(["", "0", "0", "00", "1", "8", str(known.country_code)]) + "".join(digits))
    return found


@pytest.mark.parametrize("region", REGIONS)
def test_a_number_is_what_the_package_makes_of_it(region: str) -> None:
    known = numbering(region)
    read = {text: known.read(text) for text in written(region)} if known is not None else {}
    told = {text: said for text, said in read.items() if said is not None}
    assert told == {text: parsed(text, region) for text in told}


PLAIN = [
    ("ID", "08123456789", "+628123456789"),
    ("ID", "07911123456", ""),
    ("IR", "09123456789", "+989123456789"),
    ("GB", "07400123456", "+447400123456"),
    ("GB", "07911123456", None),
    ("GB", "08123456789", ""),
    ("DE", "015112345678", "+4915112345678"),
    ("US", "6172345678", "+16172345678"),
    ("US", "16172345678", None),
    ("GB", "1534", None),
    ("ID", "call", None),
]


@pytest.mark.parametrize(("region", "text", "read"), PLAIN)
def test_the_plain_case_is_read_without_parsing(region: str, text: str, read: str | None) -> None:
    known = numbering(region)
    assert known is not None
    assert known.read(text) == read


@pytest.mark.parametrize("region", ["AR", "IM", "XX"])
def test_countries_with_rules_of_their_own_are_left_to_the_package(region: str) -> None:
    assert numbering(region) is None
