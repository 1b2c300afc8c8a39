"""What a connection is told in its options: credentials, address, numbers, rates."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import replace
from typing import Final
from urllib.parse import urlsplit

from connectors.budget import Rate
from connectors.contract import AppError, AuthRefused, Options

LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})


def bearer(token: str) -> dict[str, str]:
    return {"authorization": f"Bearer {token}"}


def basic(user: str, password: str) -> dict[str, str]:
    return {"authorization": "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()}


def require(options: Options, needed: Sequence[str], title: str) -> dict[str, str]:
    """The named credentials. Raises `AuthRefused` where one is missing or blank."""
    found = {name: options.credentials.get(name, "").strip() for name in needed}
    missing = [name for name, value in found.items() if not value]
    if missing:
        raise AuthRefused(
            f"{title} ({options.name}) needs the credential {', '.join(missing)}: set it in config."
        )
    return found


def number(options: Options, setting: str, default: float) -> float:
    """A numeric setting. Raises `AppError` where it is no number."""
    given = options.settings.get(setting)
    try:
        return default if given is None else float(given)
    except ValueError as error:
        raise AppError(f"{options.name}: the setting {setting} must be a number.") from error


def checked(base_url: str | None, title: str) -> str:
    """The base URL without its final slash; https, or plain http to this machine."""
    parts = urlsplit(base_url or "")
    if not parts.hostname:
        raise AppError(f"{title} needs a base_url such as https://api.example.com.")
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in LOOPBACK):
        raise AppError(f"{title}: base_url must begin with https:// (plain http is for this machine only).")
    if parts.username or parts.password or parts.query or parts.fragment:
        raise AppError(f"{title}: base_url must be an address alone, without user, password, ? or #.")
    return str(base_url).rstrip("/")


def own_rates(rates: Sequence[Rate], options: Options, base: str) -> list[Rate]:
    """The limits to keep: `rate_limit` (calls a window, 0: none) replaces the general one, and `reserve` is
    the share left to other integrations. A loopback server states its limits in its answers."""
    if "rate_limit" not in options.settings and urlsplit(base).hostname in LOOPBACK:
        return []
    share = 1.0 - number(options, "reserve", 0.1)
    kept = [Rate(rate.name, max(1, int(rate.limit * share)), rate.window) for rate in rates]
    if "rate_limit" in options.settings:
        own = int(number(options, "rate_limit", 0.0))
        kept = [replace(rate, limit=own) if rate.name == "general" else rate for rate in kept]
    return [rate for rate in kept if rate.limit > 0]
