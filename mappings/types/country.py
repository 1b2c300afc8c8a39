"""Countries by ISO 3166 (the pycountry package)."""

from __future__ import annotations

import unicodedata
from collections.abc import Hashable
from functools import cache, lru_cache

from mappings.model import Value
from mappings.types.base import Form, Kind, Shower, text_of

# What people write that the standard does not: short, older and native names.
_ALSO = {
    "AE": "UAE; الإمارات",
    "AT": "Österreich",
    "BE": "België; Belgique",
    "BN": "Brunei",
    "BR": "Brasil",
    "CD": "DR Congo; Congo-Kinshasa",
    "CG": "Congo-Brazzaville; Republic of the Congo",
    "CH": "Schweiz; Suisse; Svizzera",
    "CI": "Ivory Coast",
    "CN": "PR China; 中国",
    "CV": "Cape Verde",
    "CZ": "Czech Republic; Česko",
    "DE": "Deutschland",
    "EG": "مصر",
    "ES": "España",
    "GB": "UK; U.K.; Great Britain; Britain; England; Scotland; Wales; Northern Ireland",
    "GR": "Hellas; Ελλάδα",
    "IN": "Bharat; भारत",
    "IQ": "العراق",
    "IR": "Islamic Republic of Iran; Persia; ایران; ايران",
    "IT": "Italia",
    "JP": "Nippon; 日本",
    "KP": "North Korea",
    "KR": "South Korea; Korea; 대한민국; 한국",
    "LA": "Laos",
    "MK": "Macedonia",
    "MM": "Burma",
    "MX": "México",
    "NL": "Holland; The Netherlands; Nederland",
    "PL": "Polska",
    "RU": "Russia; Россия",
    "SA": "KSA; السعودية",
    "SY": "Syria; سوريا",
    "SZ": "Swaziland",
    "TL": "East Timor",
    "TR": "Turkey; Turkiye",
    "TZ": "Tanzania",
    "US": "USA; U.S.; U.S.A.; America; United States of America",
    "VA": "Vatican",
    "VN": "Vietnam; Viet Nam; Việt Nam",
}

# English names as people write them, where the standard's own is turned round or long.
_SHOWN = {
    "BN": "Brunei",
    "CD": "DR Congo",
    "CI": "Ivory Coast",
    "FM": "Micronesia",
    "PS": "Palestine",
    "RU": "Russia",
    "VA": "Vatican City",
    "VG": "British Virgin Islands",
    "VI": "US Virgin Islands",
}


class Country(Kind):
    """A country. Golden is its ISO 3166 code (``IR``), read from codes and from English and some native
    names; text that is no country stays as it is. Same: equal codes, other text whatever its case. Blank:
    nothing but space. Shown as its English name, or with ``as: code`` as the code."""

    name = "country"
    shows = ("name", "code")

    def read(self, value: Value) -> Value:
        text = text_of(value)
        return None if text is None else code_of(text)

    def show(self, golden: Value) -> Value:
        return name_of(golden) if isinstance(golden, str) else golden

    def key(self, golden: Value) -> Hashable:
        return _fold(golden) if isinstance(golden, str) else None

    def shower(self, form: Form) -> Shower:
        return _unchanged if form.as_ == "code" else self.show


def _unchanged(golden: Value) -> Value:
    return golden


@lru_cache(4096)
def code_of(text: str) -> str:
    """The ISO code of a country's name or code, else the text."""
    return _tables()[0].get(_fold(text), text)


@lru_cache(4096)
def name_of(code: str) -> str:
    """The English name of a code, else the text."""
    return _tables()[1].get(code, code)


@cache
def _tables() -> tuple[dict[str, str], dict[str, str]]:
    """(folded name or code -> code, code -> name)."""
    import pycountry

    codes: dict[str, str] = {}
    names: dict[str, str] = {}
    for country in pycountry.countries:
        code = country.alpha_2
        common = getattr(country, "common_name", country.name)
        names[code] = _SHOWN.get(code, common)
        spelled = [code, country.alpha_3, country.name, common, names[code]]
        spelled.append(getattr(country, "official_name", ""))
        spelled += _ALSO.get(code, "").split(";")
        codes.update({_fold(word): code for word in spelled if word.strip()})
    return codes, names


def _fold(text: str) -> str:
    """Case, accents and punctuation do not make another country."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    plain = "".join(c for c in plain if not unicodedata.combining(c))
    return " ".join(unicodedata.normalize("NFC", plain).replace(".", "").replace("&", " and ").split())
