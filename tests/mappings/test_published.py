"""The published JSON Schemas: the files that ship fit them, mistakes do not, and every key is explained."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft7Validator
from ruamel.yaml import YAML
from typer.testing import CliRunner

from syncer.cli.init import contents
from syncer.cli.main import app
from syncer.config import schemas

ROOT = Path(__file__).resolve().parents[2]
SHIPPED = {
    "config.example.yaml": "config",
    "syncer/cli/templates/config.yaml": "config",
    "syncer/cli/templates/config.sandbox.yaml": "config",
    "mappings/contacts.yaml": "mapping",
    "mappings/companies.yaml": "mapping",
}
CONFIG = {"apps": {"hub": {"connector": "hubspot"}}, "syncs": {"people": {"mapping": "people.yaml"}}}
MAPPING = {
    "object": "contact",
    "apps": {"hub": {"object": "contacts"}},
    "fields": {"a": {"in": {"hub": "a"}}},
}


def loaded(path: Path) -> Any:
    yaml = YAML(typ="safe")
    yaml.version = (1, 2)  # as syncer and editors read: on, off and no are words
    return yaml.load(path.read_text())


def with_key(said: Any, path: str, value: Any) -> Any:
    changed = json.loads(json.dumps(said))
    *front, last = path.split("/")
    inner = changed
    for step in front:
        inner = inner.setdefault(step, {})
    inner[last] = value
    return changed


@pytest.mark.parametrize("name", SHIPPED)
def test_what_ships_fits(name: str) -> None:
    Draft7Validator(schemas.schema(SHIPPED[name])).validate(loaded(ROOT / name))


@pytest.mark.parametrize(
    ("kind", "path", "value", "fits"),
    [
        ("config", "apps/hub/writes", "off", True),
        ("config", "apps/hub/writes", "of", False),
        ("config", "apps/hub/conector", "hubspot", False),
        ("config", "apps/hub/max_records", "${MOST:-100}", True),
        ("config", "apps/hub/max_records", "many", False),
        ("config", "syncs/people/schedule", {"every": "15m"}, True),
        ("config", "syncs/people/schedule", {"every": "15 minutes"}, False),
        ("config", "state", "sqlite:///other.db", True),
        ("config", "state", {"url": "sqlite:///other.db", "key": "${KEY}"}, True),
        ("mapping", "rule", {"prefer": ["hub"]}, True),
        ("mapping", "rule", "newst", False),
        ("mapping", "rule", {"prefr": ["hub"]}, False),
        ("mapping", "fields/a/type", "phone", True),
        ("mapping", "fields/a/type", "phon", False),
        ("mapping", "fields/a/region", "ID", True),
        ("mapping", "fields/a/in/hub", {"field": "a", "as": "code"}, True),
        ("mapping", "fields/a/in/hub", {"feld": "a"}, False),
        ("mapping", "fields/b", {}, False),
    ],
)
def test_a_key_fits_or_not(kind: str, path: str, value: Any, fits: bool) -> None:
    said = CONFIG if kind == "config" else MAPPING
    assert Draft7Validator(schemas.schema(kind)).is_valid(with_key(said, path, value)) is fits


def keys(schema: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for part in (schema, *schema["definitions"].values()):
        yield from part.get("properties", {}).items()


@pytest.mark.parametrize("kind", schemas.KINDS)
def test_every_key_is_explained_and_open_ones_have_an_example(kind: str) -> None:
    schema = schemas.schema(kind)
    Draft7Validator.check_schema(schema)
    for name, said in keys(schema):
        assert said.get("description"), name
        if said.get("type") == "string" and "enum" not in said and "const" not in said:
            assert said.get("examples") or said.get("default"), name
        for example in said.get("examples", ()):
            Draft7Validator({**said, "definitions": schema["definitions"]}).validate(example)


def test_the_published_files_are_those_of_this_version() -> None:
    for path, text in schemas.files(ROOT / "config.yaml").items():
        assert path.read_text() == text, "run: syncer schema --write"


def test_the_line_of_each_file_leads_to_a_schema(tmp_path: Path) -> None:
    for sandbox in (True, False):
        made = contents(tmp_path / "config.yaml", sandbox, 8765)
        for path, text in made.items():
            if path.suffix == ".yaml":
                target = text.splitlines()[0].removeprefix("# yaml-language-server: $schema=")
                assert (path.parent / target).resolve() in {p.resolve() for p in made}


def test_the_command_prints_one_or_both() -> None:
    both = json.loads(CliRunner().invoke(app, ["schema"]).stdout)
    assert set(both) == {"config", "mapping"}
    for kind in both:
        assert json.loads(CliRunner().invoke(app, ["schema", kind]).stdout) == both[kind]
    assert CliRunner().invoke(app, ["schema", "mappings"]).exit_code == 2
