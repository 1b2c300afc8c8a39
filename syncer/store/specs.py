"""What an app declared of an object, as JSON text: asked for once a day, remembered in between."""

from __future__ import annotations

from typing import Any

import orjson

from connectors.contract import FieldSpec, ObjectSpec


def dumps(spec: ObjectSpec) -> str:
    return orjson.dumps(spec, default=dict).decode()


def loads(text: str) -> ObjectSpec:
    """The spec in a text of `dumps`. Raises `TypeError` where another version wrote it."""
    body: dict[str, Any] = orjson.loads(text)
    fields = {name: _field(said) for name, said in body.pop("fields").items()}
    needs = tuple(tuple(group) for group in body.pop("needs"))
    unique, lookup = tuple(body.pop("unique")), tuple(body.pop("lookup"))
    return ObjectSpec(**body, fields=fields, unique=unique, lookup=lookup, needs=needs)


def _field(said: dict[str, Any]) -> FieldSpec:
    options, coerce = tuple(said.pop("options")), tuple(said.pop("coerce"))
    return FieldSpec(**said, options=options, coerce=coerce)
