"""HubSpot's signature of webhooks, version 3: who sent it, unchanged, and not long ago. Pure: no clock."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from typing import Final

SIGNATURE: Final = "X-HubSpot-Signature-v3"
TIMESTAMP: Final = "X-HubSpot-Request-Timestamp"  # milliseconds since 1970
OLDEST: Final = 300_000  # milliseconds

# What HubSpot decodes in an address before it signs, and nothing else.
_DECODED: Final = {
    "%3A": ":",
    "%2F": "/",
    "%3F": "?",
    "%40": "@",
    "%21": "!",
    "%24": "$",
    "%27": "'",
    "%28": "(",
    "%29": ")",
    "%2A": "*",
    "%2C": ",",
    "%3B": ";",
}
_ESCAPE: Final = re.compile("|".join(_DECODED), re.IGNORECASE)


def sign(secret: str, method: str, uri: str, body: bytes, timestamp: str) -> str:
    """The signature of one request; `uri` is the whole address as the sender called it."""
    plain = _ESCAPE.sub(lambda found: _DECODED[found.group().upper()], uri)
    signed = f"{method.upper()}{plain}".encode() + body + timestamp.encode()
    return base64.b64encode(hmac.new(secret.encode(), signed, hashlib.sha256).digest()).decode()


def is_valid(
    secret: str, method: str, uri: str, body: bytes, timestamp: str, signature: str, now: float
) -> bool:
    """Whether a request is HubSpot's and not older than five minutes; `now` in seconds since 1970. Without
    a secret nothing is valid."""
    if not secret or not timestamp.isdecimal() or abs(now * 1000 - int(timestamp)) > OLDEST:
        return False
    return hmac.compare_digest(sign(secret, method, uri, body, timestamp), signature)
