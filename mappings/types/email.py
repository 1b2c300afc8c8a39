"""E-mail addresses."""

from __future__ import annotations

import unicodedata

from mappings.model import BadValue, Value
from mappings.types.base import Kind, text_of


class Email(Kind):
    """An address. Golden is in lower case, so that it serves as a key. Same: equal golden form. Blank:
    nothing but space. What is not one address is a bad value, not a blank."""

    name = "email"

    def read(self, value: Value) -> Value:
        text = text_of(value)
        if text is None:
            return None
        text = text.lower() if text.isascii() else unicodedata.normalize("NFC", text.lower())
        local, at, domain = text.partition("@")
        if not (local and at and domain) or "@" in domain or len(text.split()) != 1:
            raise BadValue("expected one e-mail address")
        return text
