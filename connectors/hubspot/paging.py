"""HubSpot's lists, page by page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def following(body: Mapping[str, Any]) -> str | None:
    """Where the page after this one begins; None for the last."""
    return ((body.get("paging") or {}).get("next") or {}).get("after")
