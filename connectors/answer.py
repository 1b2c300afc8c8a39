"""What an app answered to a call."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import cached_property
from typing import Any

import orjson

from connectors.contract import Unexpected


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
            return orjson.loads(self.content)
        except orjson.JSONDecodeError as error:
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
        except (KeyError, ValueError):
            return None

    @property
    def retry_after(self) -> float | None:
        """Seconds from ``Retry-After``, which holds seconds or a date (RFC 9110, 10.2.3)."""
        text = self.headers.get("retry-after", "").strip()
        try:
            return max(0.0, float(text))
        except ValueError:
            pass
        try:
            return max(0.0, (parsedate_to_datetime(text) - (self.date or datetime.now(UTC))).total_seconds())
        except (ValueError, TypeError):
            return None
