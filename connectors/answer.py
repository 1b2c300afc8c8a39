"""What an app answered to a call."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import cached_property
from typing import Any, Final

import orjson

from connectors.contract import BROKEN, Unavailable, Unexpected

LONGEST: Final = 86_400.0  # seconds that an app may ask us to wait
_HALVES: Final = re.compile("[\ud800-\udfff]+")


@dataclass(frozen=True)
class Answer:
    """An HTTP answer: status, headers, body. Statuses outside 2xx reach a caller only if it allowed them."""

    status: int
    headers: Mapping[str, str]
    content: bytes

    @cached_property
    def json(self) -> Any:
        """The parsed body, None where it is empty. Raises `Unexpected`."""
        if not self.content.strip():
            return None
        try:
            return parsed(self.content)
        except ValueError as error:
            raise Unexpected("the app's answer is not the JSON that its documentation promises") from error

    @property
    def detail(self) -> Mapping[str, Any]:
        """The body of an error where it is a JSON object, else nothing: error bodies promise no shape."""
        try:
            body = self.json
        except Unexpected:
            return {}
        return body if isinstance(body, dict) else {}

    def items(self, key: str) -> list[dict[str, Any]]:
        """The list of objects under `key`. Raises `Unexpected` where there is none."""
        body = self.json
        found = body.get(key) if isinstance(body, dict) else None
        if not isinstance(found, list) or not all(isinstance(item, dict) for item in found):
            raise Unexpected(f"the app's answer holds no list named {key}, as its documentation promises")
        return found

    @property
    def date(self) -> datetime | None:
        """The server's clock, whole seconds."""
        try:
            return parsedate_to_datetime(self.headers["date"]).astimezone(UTC)
        except (KeyError, ValueError, OverflowError):
            return None

    @property
    def retry_after(self) -> float | None:
        """Seconds from ``Retry-After``, which holds seconds or a date (RFC 9110, 10.2.3); a day at most: then
        the app is asked again, whatever it may have meant."""
        text = self.headers.get("retry-after", "").strip()
        with suppress(ValueError):
            return min(max(0.0, float(text)), LONGEST)
        with suppress(ValueError, TypeError, OverflowError):
            left = parsedate_to_datetime(text) - (self.date or datetime.now(UTC))
            return min(max(0.0, left.total_seconds()), LONGEST)
        return None


def is_missing(answer: Answer, title: str, own: bool) -> bool:
    """Whether the app has no such thing. `own`: a 404 is in its own words. Raises `Unavailable` for one in
    other words: what something on the way says of it says nothing."""
    if answer.status == 404 and not own:
        raise Unavailable(f"{title} was answered for by a bare 404, as by a proxy. Later runs try again.")
    return answer.status == 404


def parsed(content: bytes) -> Any:
    """JSON, also where a text in it is broken: half of an emoji, which JSON can spell and UTF-8 cannot, or
    bytes that are not UTF-8. Such a text reads `BROKEN` there, so that one record does not keep all others
    from being read. What the app holds in its place is not known, hence the mark: a value with it is neither
    spread nor written over, whereas a plain U+FFFD is the app's own character. Raises `ValueError`."""
    try:
        return orjson.loads(content)
    except orjson.JSONDecodeError:
        return _mended(content)


def _mended(content: bytes) -> Any:
    """Anything else that is wrong with the JSON stays wrong."""
    try:
        found = json.loads(content.decode(errors="surrogateescape"))
    except RecursionError as error:
        raise ValueError("too deep") from error
    return orjson.loads(_HALVES.sub(BROKEN, json.dumps(found, ensure_ascii=False)))
