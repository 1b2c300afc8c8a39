"""A folder for syncs of the simulated apps, Mailchimp included, by the lines that docs/mappings.md gives."""

from __future__ import annotations

import io
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from syncer.cli.init import contents
from syncer.config.files import Config, load_config

DOCS = Path(__file__).resolve().parents[1] / "docs" / "mappings.md"
APPS = ("hubspot", "mailerlite", "mailchimp", "zendesk")


def added(kind: str) -> str:
    """The example of this kind in the section that adds an app."""
    section = DOCS.read_text().partition("\n## Add an app\n")[2].partition("\n## ")[0]
    found = re.search(rf"^ *```yaml {kind}\n(.*?)^ *```$", section, re.MULTILINE | re.DOTALL)
    assert found is not None
    return re.sub("^   ", "", found.group(1), flags=re.MULTILINE)


def with_lines(text: str, lines: str) -> str:
    """A YAML text with these lines put into the entries that they belong to."""
    yaml = YAML()
    whole = yaml.load(text)
    _put(whole, YAML(typ="safe").load(lines))
    return _text(whole)


def folder(path: Path, url: str, state: str, apps: Sequence[str] = APPS) -> Config:
    """A config with mappings for these simulated apps at `url`, in `path`; people alone where only some of
    the apps take part."""
    for file, text in contents(path / "config.yaml", True, int(url.rpartition(":")[2])).items():
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    config, mapping = path / "config.yaml", path / "mappings" / "contacts.yaml"
    said = YAML(typ="safe").load(with_lines(config.read_text(), f"apps:\n{_indented(added('apps'))}"))
    said["state"] = state
    mailchimp = said["apps"]["mailchimp"]
    mailchimp |= {"base_url": f"{url}/mailchimp", "credentials": {"token": "sandbox-us1"}}
    mailchimp["settings"]["lag"] = 0
    said["apps"] = {name: said["apps"][name] for name in apps}
    if set(apps) != set(APPS):
        del said["syncs"]["companies"]
    config.write_text(_text(said))
    whole = YAML(typ="safe").load(with_lines(mapping.read_text(), added("addition")))
    mapping.write_text(_text(whole if set(apps) == set(APPS) else _narrowed(whole, apps)))
    return load_config(config, {})


def _narrowed(mapping: dict[str, Any], apps: Sequence[str]) -> dict[str, Any]:
    """The mapping of some of its apps, without references."""
    fields: dict[str, Any] = {}
    for name, field in mapping["fields"].items():
        places = {app: place for app, place in field["in"].items() if app in apps}
        if not places or field["type"] == "reference":
            continue
        fields[name] = {**field, "in": places}
        rule = field.get("rule")
        if isinstance(rule, Mapping) and "prefer" in rule:
            named = [app for app in rule["prefer"] if app in apps and app in places]
            fields[name]["rule"] = {"prefer": named} if named else "newest"
        if "authority" in field:
            fields[name]["authority"] = [app for app in field["authority"] if app in apps]
    kept = {app: said for app, said in mapping["apps"].items() if app in apps}
    return {**mapping, "apps": kept, "fields": fields}


def _put(into: Any, lines: Mapping[str, Any]) -> None:
    for key, value in lines.items():
        if isinstance(value, Mapping) and isinstance(into.get(key), Mapping):
            _put(into[key], value)
        else:
            into[key] = value


def _indented(text: str) -> str:
    return "".join(f"  {line}" for line in text.splitlines(keepends=True))


def _text(whole: Any) -> str:
    out = io.StringIO()
    YAML().dump(whole, out)
    return out.getvalue()
