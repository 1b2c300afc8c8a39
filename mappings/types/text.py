"""Text, and names of people."""

from __future__ import annotations

import unicodedata
from collections.abc import Hashable
from functools import lru_cache

from mappings.model import Value
from mappings.types.base import Kind

# Letters that look alike but are typed differently on Arabic and Persian keyboards, and marks one cannot see.
_LOOKALIKES = str.maketrans(
    {
        "ي": "ی",
        "ى": "ی",
        "ك": "ک",
        "\u0640": None,
        "\u200c": None,
        "\u200d": None,
        "\u200e": None,
        "\u200f": None,
    }
)


class Text(Kind):
    """Free text. Same: in NFC, without space around it, all line endings alike; case counts. Blank: nothing
    but space. Golden keeps the text as it was typed."""

    name = "text"

    def key(self, golden: Value) -> Hashable:
        if isinstance(golden, str) and "\r" in golden:
            return golden.replace("\r\n", "\n").replace("\r", "\n")
        return golden  # type: ignore[return-value]


class Name(Kind):
    """A name or part of one. Same: as text, with runs of space taken as one and Arabic and Persian forms of
    a letter taken as one; case counts, for a person may correct it. Blank: nothing but space."""

    name = "name"

    def key(self, golden: Value) -> Hashable:
        return name_key(golden) if isinstance(golden, str) else None


@lru_cache(65536)
def name_key(text: str) -> str:
    """What is compared of a name."""
    if not text.isascii():
        text = unicodedata.normalize("NFC", unicodedata.normalize("NFC", text).translate(_LOOKALIKES))
    return " ".join(text.split())
