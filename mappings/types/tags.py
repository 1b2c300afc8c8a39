"""Sets of tags, labels or group names."""

from __future__ import annotations

import unicodedata
from collections.abc import Hashable
from functools import lru_cache

from mappings.model import BadValue, Value
from mappings.types.base import Kind, unbroken


class Tags(Kind):
    """The tags that the mapping names (`only`) or that begin with a prefix; all others are the app's own
    affair. Golden is a sorted list: listed tags as they are listed, prefixed ones in lower case. Same: equal
    sets, whatever the case in the app. Blank: no mapped tag."""

    name = "tags"
    is_set = True

    def __init__(self, only: tuple[str, ...] = (), prefix: str = "") -> None:
        self.prefix = tag_key(prefix)
        self.listed = {tag_key(tag): tag for tag in only}

    def mapped(self, tag: str) -> str | None:
        """The golden form of a tag, or None where it is not one of ours."""
        word = tag_key(tag)
        if self.prefix and word.startswith(self.prefix):
            return word
        return self.listed.get(word)

    def read(self, value: Value) -> Value:
        if value is None or value == "":
            return None
        if not isinstance(value, list):
            raise BadValue("expected a list of tags")
        return sorted({golden for tag in value if (golden := self.mapped(unbroken(tag))) is not None}) or None

    def key(self, golden: Value) -> Hashable:
        return tuple(golden) if isinstance(golden, list) and golden else None


@lru_cache(4096)
def tag_key(tag: str) -> str:
    """What is compared of a tag."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", tag.strip()).casefold()).strip()
