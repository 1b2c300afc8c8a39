"""What a connection is told in its options: credentials, address, numbers, rates."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final, TypeAlias
from urllib.parse import urlsplit

from connectors.budget import Rate
from connectors.contract import AppError, AuthRefused, Options

Takes: TypeAlias = (
    type[str | int | float | bool] | tuple[str, ...]
)  # what a setting takes; words: one of them
EVERY: Final[Mapping[str, Takes]] = {"rate_limit": int, "timeout": float}  # what every app over HTTP has
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
            f"{titled(title, options)} needs the credential {', '.join(missing)}: set it in config."
        )
    return found


def titled(title: str, options: Options) -> str:
    """An app as messages name it: with its name in the config, where that is another."""
    return title if options.name.casefold() == title.casefold() else f"{title} ({options.name})"


def token_header(options: Options, needed: Sequence[str], title: str) -> dict[str, str]:
    """The header of the one token that is needed; none where the config gives a login in its place."""
    if options.oauth:
        return {}
    return bearer(require(options, needed, title)[needed[0]])


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


def own_rates(rates: Sequence[Rate], options: Options, base: str) -> dict[str, Rate]:
    """The limits to keep, by class, less the reserve; `rate_limit` (calls a window, 0: none) replaces the
    general one. A loopback server states its limits in its answers."""
    if "rate_limit" not in options.settings and is_loopback(base):
        return {}
    kept = [less(rate, options.reserve) for rate in rates]
    if "rate_limit" in options.settings:
        own = int(number(options, "rate_limit", 0.0))
        kept = [replace(rate, limit=own) if rate.name == "general" else rate for rate in kept]
    return {rate.name: rate for rate in kept if rate.limit > 0}


def less(rate: Rate, reserve: float) -> Rate:
    """The rate without the share that is left to other integrations."""
    return replace(rate, limit=max(1, int(rate.limit * (1.0 - reserve) + 1e-9)))


def is_loopback(url: str) -> bool:
    return urlsplit(url).hostname in LOOPBACK
