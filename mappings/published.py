"""The keys of a file as JSON Schema, from the models that check it: editors complete and explain by it."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema

DIALECT = "http://json-schema.org/draft-07/schema#"
FOLDER = "schemas"  # beside the config file; the first line of each file leads there
VARIABLE = {"type": "string", "pattern": r"^\$\{", "description": "From the environment: ${NAME}."}


def line(kind: str, folder: str) -> str:
    """The first line of a file that names its schema (``config`` or ``mapping``) for editors."""
    return f"# yaml-language-server: $schema={folder}/{kind}.json\n"


def schema_of(model: type[BaseModel], title: str, variables: bool = False) -> dict[str, Any]:
    """JSON Schema (draft 7, which every editor knows) of a file. `variables`: ${NAME} may stand for any
    value."""
    made = model.model_json_schema(
        by_alias=True, schema_generator=_Plain, ref_template="#/definitions/{model}"
    )
    definitions = {name: _tidy(part, variables) for name, part in made.pop("$defs", {}).items()}
    return {
        "$schema": DIALECT,
        "title": title,
        **_tidy(made, variables),
        "definitions": dict(sorted(definitions.items())),
    }


class _Plain(GenerateJsonSchema):
    """No titles, which would only repeat the keys."""

    def field_title_should_be_set(self, schema: Any) -> bool:
        return False

    def default_schema(self, schema: core_schema.WithDefaultSchema) -> JsonSchemaValue:
        """Only plain defaults are shown; those of a group are shown inside it."""
        if isinstance(schema.get("default"), (str, int, float, bool)):
            return super().default_schema(schema)
        return self.generate_inner(schema["schema"])


def _tidy(part: dict[str, Any], variables: bool) -> dict[str, Any]:
    part.pop("title", None)
    for name, said in part.get("properties", {}).items():
        part["properties"][name] = _key(said, variables)
    return part


def _key(said: dict[str, Any], variables: bool) -> dict[str, Any]:
    """One key: without null, which means the same as leaving it out, and without marks for programs."""
    choices = [_plain(each) for each in said.pop("anyOf", ()) if each != {"type": "null"}]
    if len(choices) == 1:
        said = {**choices[0], **said}
    elif choices:
        said["anyOf"] = choices
    said = _plain(said)
    if variables and said.get("type") in ("integer", "number", "boolean"):
        told: dict[str, Any] = {
            key: said.pop(key) for key in ("description", "default", "examples") if key in said
        }
        said = {"anyOf": [said, VARIABLE], **told}
    return said


def _plain(said: dict[str, Any]) -> dict[str, Any]:
    """Secrets are texts in a file."""
    said = {k: v for k, v in said.items() if k != "writeOnly" and (k, v) != ("format", "password")}
    for inner in ("items", "additionalProperties"):
        if isinstance(said.get(inner), dict):
            said[inner] = _plain(said[inner])
    return said
