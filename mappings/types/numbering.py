"""How a country numbers its phones, for the plain case, which needs no parsing: digits alone, as people
write them there. What counts as a number is the knowledge of the phonenumbers package."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

LONGEST = 17  # digits of a number
NEVER = "(?!)"


@dataclass(frozen=True, slots=True)
class Numbering:
    """`code`: the country's; `zero`: numbers are written with a 0 before them; `prefix`: what is taken away
    before a number, `plain`: that 0 and nothing of another kind; `exists`: what is a number here; `anywhere`:
    and in all countries of this code."""

    code: int
    zero: bool
    prefix: re.Pattern[str]
    plain: bool
    exists: re.Pattern[str]
    anywhere: re.Pattern[str]

    def read(self, digits: str) -> str | None:
        """E.164 of a text that is a number; "" where it cannot be one; None where more is needed to tell."""
        if not digits.isdecimal() or len(digits) > LONGEST:
            return None
        taken = self.prefix.match(digits)
        if self.zero:
            if not taken or taken.group() != "0" or digits[1:2] in ("", "0"):
                return None
            digits = digits[1:]
        elif taken or digits[:1] == "0":
            return None
        if self.exists.fullmatch(digits):
            return f"+{self.code}{digits}"
        return "" if self.plain and not self.anywhere.fullmatch(digits) else None


@lru_cache(1024)
def numbering(region: str) -> Numbering | None:
    """None where other rules apply. Of several countries with one code, the first is asked first."""
    import phonenumbers as lib

    known = lib.PhoneMetadata.metadata_for_region(region, None)
    if known is None or known.country_code is None or known.national_prefix_transform_rule:
        return None
    regions = lib.COUNTRY_CODE_TO_REGION_CODE[known.country_code]
    if regions[0] != region or (len(regions) > 1 and known.leading_digits):
        return None
    prefix = known.national_prefix_for_parsing or NEVER
    others = [lib.PhoneMetadata.metadata_for_region(other, None) for other in regions]
    return Numbering(
        known.country_code,
        has_zero(region),
        re.compile(prefix),
        re.fullmatch(r"0(\|\d+)*", prefix) is not None,
        re.compile(_exists(known)),
        re.compile("|".join(_exists(other) for other in others if other is not None)),
    )


@lru_cache(1024)
def has_zero(region: str) -> bool:
    """Whether numbers are written with a 0 before them."""
    import phonenumbers as lib

    return lib.ndd_prefix_for_region(region, True) == "0"


def _exists(known: Any) -> str:
    """What all numbers of a country have in common, and then any of their kinds."""
    kinds = (
        known.fixed_line,
        known.mobile,
        known.premium_rate,
        known.toll_free,
        known.shared_cost,
        known.voip,
        known.personal_number,
        known.pager,
        known.uan,
        known.voicemail,
    )
    shapes = [shape for kind in kinds if (shape := _shape(kind))]
    common = _shape(known.general_desc)
    return rf"(?={common}\Z)(?:{'|'.join(shapes)})" if common and shapes else NEVER


def _shape(desc: Any) -> str:
    """The numbers that a description is of; "" where it is of none."""
    if desc is None or not desc.national_number_pattern:
        return ""
    lengths = "|".join(rf"\d{{{n}}}" for n in desc.possible_length if n > 0)
    if desc.possible_length and not lengths:
        return ""
    return rf"(?:(?=(?:{lengths or '.*'})\Z)(?:{desc.national_number_pattern})\Z)"
