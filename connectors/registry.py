"""Which connectors there are: installed ones by their entry points, and those that ship."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from importlib import import_module
from importlib.metadata import entry_points
from typing import Final, Protocol, cast

from connectors.contract import Connector, Options
from connectors.settings import EVERY, Takes

GROUP: Final = "syncer.connectors"

# Also known without an installed package, so that a plain checkout runs.
BUILT_IN: Final = {
    "hubspot": "connectors.hubspot:HubSpotConnector",
    "mailchimp": "connectors.mailchimp:MailchimpConnector",
    "mailerlite": "connectors.mailerlite:MailerLiteConnector",
    "memory": "connectors.memory:MemoryConnector",
    "zendesk": "connectors.zendesk:ZendeskConnector",
}

# Beside them: a config is checked without loading the connectors that it names.
SETTINGS: Final[Mapping[str, Mapping[str, Takes]]] = {
    "hubspot": {**EVERY, "api_version": str, "consent_batches": bool, "lag": float, "lists": str},
    "mailchimp": {
        **EVERY,
        "audience": str,
        "connections": int,
        "lag": float,
        "opt_in_mail": bool,
        "page_size": int,
    },
    "mailerlite": {**EVERY, "archive": ("delete", "forget"), "page_size": int, "scan_share": float},
    "memory": {},
    "zendesk": {**EVERY, "bulk": bool, "consent_field": str, "default_locale": str, "lag": float},
}
CREDENTIALS: Final = {
    "hubspot": ("token", "webhook_secret"),
    "mailchimp": ("token",),
    "mailerlite": ("token",),
    "memory": ("token",),
    "zendesk": ("email", "token"),
}


class ConnectorClass(Protocol):
    """A connector before it is connected: its title, the credentials it needs, its usual address. It may
    name its `settings` too, each with what it takes."""

    title: str
    credentials: tuple[str, ...]
    default_base_url: str | None

    def __call__(self, options: Options) -> Connector: ...


class UnknownConnector(LookupError):
    """No connector has this name; the text says which are near or known."""


def names() -> list[str]:
    """The names that a config may use, sorted."""
    return sorted(_table())


def load(name: str) -> ConnectorClass:
    """The connector class of that name. Raises `UnknownConnector`."""
    table = _table()
    if name not in table:
        near = difflib.get_close_matches(name, table, 1)
        hint = f"did you mean {near[0]}?" if near else f"known are {', '.join(sorted(table))}."
        raise UnknownConnector(f"there is no connector named {name}: {hint}")
    return table[name]()


def settings(name: str) -> Mapping[str, Takes] | None:
    """The settings that a connector knows, and what each takes; None where it does not say."""
    if name in SETTINGS or name not in _table():
        return SETTINGS.get(name)
    named: Mapping[str, Takes] | Sequence[str] | None = getattr(load(name), "settings", None)
    return named if named is None or isinstance(named, Mapping) else dict.fromkeys(named, str)


def credentials(name: str) -> tuple[str, ...] | None:
    """The names of all credentials that a connector takes; None for those of other packages."""
    return CREDENTIALS.get(name)


@cache
def _table() -> dict[str, Callable[[], ConnectorClass]]:
    table = {name: _importer(target) for name, target in BUILT_IN.items()}
    for point in entry_points(group=GROUP):
        table.setdefault(point.name, point.load)
    return table


def _importer(target: str) -> Callable[[], ConnectorClass]:
    module, _, attribute = target.partition(":")
    return lambda: cast(ConnectorClass, getattr(import_module(module), attribute))
