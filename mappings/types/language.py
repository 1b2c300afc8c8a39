"""Languages by ISO 639-1 (names by the pycountry package)."""

from __future__ import annotations

from collections.abc import Hashable
from functools import cache, lru_cache

from mappings.model import Value
from mappings.types.base import Form, Kind, Shower, text_of

_ALSO = {
    "ar": "العربية",
    "de": "Deutsch",
    "el": "Greek",
    "es": "Español; Castilian",
    "fa": "Farsi; فارسی; فارسي; Parsi",
    "fr": "Français",
    "id": "Bahasa Indonesia; Bahasa",
    "it": "Italiano",
    "ja": "日本語",
    "ko": "한국어",
    "ms": "Malay; Bahasa Melayu",
    "ne": "Nepali",
    "nl": "Nederlands",
    "pt": "Português",
    "ru": "Русский",
    "sw": "Swahili",
    "tr": "Türkçe",
    "zh": "Mandarin; 中文",
}
_WITHDRAWN = {"in": "id", "iw": "he", "ji": "yi"}
_LOCALES = {"en": "en-US"}


class Language(Kind):
    """A language. Golden is its two-letter code (``fa``), read from codes, locales (``en-US``, ``fa_IR``) and
    names; the country of a locale is not kept. Other text stays as it is. Same: equal codes, other text
    whatever its case. Blank: nothing but space. ``as: locale`` shows a locale: by ``values: {en: en-GB}``,
    else the one the app offers."""

    name = "language"
    shows = ("code", "locale")
    maps = True

    def read(self, value: Value) -> Value:
        text = text_of(value)
        return None if text is None else code_of(text)

    def key(self, golden: Value) -> Hashable:
        return golden.casefold() if isinstance(golden, str) else None

    def shower(self, form: Form) -> Shower:
        if form.as_ != "locale" and not form.values:
            return self.show
        shown: dict[str, str] = {}
        for option in form.options:
            shown.setdefault(code_of(option), option)
        shown.update({code: code for code in form.options if len(code) == 2})
        default = {
            code: locale for code, locale in _LOCALES.items() if not form.options or locale in form.options
        }
        shown |= {**default, **form.values}
        return lambda golden: shown.get(golden, golden) if isinstance(golden, str) else golden


@lru_cache(4096)
def code_of(text: str) -> str:
    """The ISO 639-1 code in a code, locale or name, else the text."""
    head = text.replace("_", "-").partition("-")[0].strip().lower()
    if len(head) == 2 and head.isascii() and head.isalpha():
        return _WITHDRAWN.get(head, head)
    names = _names()
    return names.get(text.casefold()) or names.get(head) or text


@cache
def _names() -> dict[str, str]:
    import pycountry

    codes: dict[str, str] = {}
    for language in pycountry.languages:
        code = getattr(language, "alpha_2", None)
        if code is not None:
            spelled = [language.name, language.alpha_3, getattr(language, "bibliographic", "")]
            spelled += _ALSO.get(code, "").split(";")
            codes.update({word.strip().casefold(): code for word in spelled if word.strip()})
    return codes
