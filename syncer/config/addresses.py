"""The addresses that alerts go to, held against what Apprise knows before the first alert.

Nothing is sent, and no message shows more of an address than the service in front of it. To load Apprise
takes a third of a second, so only those ask who need to know.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Final

from mappings import document as yaml
from mappings.document import Document, Problem, ProblemsFound
from mappings.spelling import nearest
from syncer.config.files import Config, load_config

_FORM: Final = "Write it as Apprise has it: the service, then ://, such as slack://... or mailto://..."
_WEB: Final = "Write the service's own form, such as slack://..., or jsons:// in place of https://."
_PARTS: Final = "Compare it with Apprise's page of that service; in a password write %40 for @ and %2F for /."


def load_sendable(path: Path) -> Config:
    """As `load_config`, but an address that Apprise does not know is a mistake, too."""
    return sendable(load_config(path))


def sendable(config: Config) -> Config:
    """The config, whose alerts can be sent. Raises `ProblemsFound`."""
    problems = unknown_addresses(config)
    if problems:
        raise ProblemsFound(problems)
    return config


def unknown_addresses(config: Config) -> list[Problem]:
    """What is wrong with the addresses under ``alerts.to``."""
    wrong = {
        i: found for i, to in enumerate(config.model.alerts.to) if (found := _wrong(to.get_secret_value()))
    }
    document = yaml.read(config.path) if wrong else Document(str(config.path))
    return [document.problem(("alerts", "to", i), what, cure) for i, (what, cure) in wrong.items()]


def _wrong(address: str) -> tuple[str, str] | None:
    """What is wrong with an address, and the cure."""
    import apprise
    from apprise import manager_plugins

    if not address.strip():
        return (
            "this address is empty",
            "Fill it in, or remove it; without any, alerts stand in the log alone.",
        )
    if apprise.Apprise().add(address):
        return None
    found = re.match(r"\s*([A-Za-z0-9]+)://", address)
    if found is None:
        return "this is not an address of Apprise", _FORM
    plugins: Any = manager_plugins
    service, known = found[1].lower(), plugins.NotificationManager().schemas()
    if service in known:
        return f"Apprise knows {service}://, but a part of this address is missing or wrong", _PARTS
    if service in ("http", "https"):
        return "Apprise knows no service at this web address", _WEB
    return "Apprise knows no service of this name", nearest(service, known, "", sure=75) or _FORM
