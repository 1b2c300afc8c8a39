"""A pydantic model held against a `Document`: every mistake with line, column and the nearest valid word."""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator, Sequence
from types import UnionType
from typing import Annotated, Any, Final, Literal, TypeVar, Union, get_args, get_origin

from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError
from pydantic_core import ErrorDetails, PydanticCustomError

from mappings.document import Document, Problem, Where
from mappings.spelling import nearest
from mappings.unreadable import glued, no_space

M = TypeVar("M", bound=BaseModel)

_NO_WHOLE: Final = (
    "this must be a whole number",
    "Write digits only, without point or comma, such as 200000 or 200_000.",
)

_SHAPES = {
    "string_type": ("this must be a text", "Put the value in quotes."),
    "string_too_short": ("this must not be empty", "Fill it in, or remove the line."),
    "list_type": ("this must be a list", "Write it as [one, two]."),
    "tuple_type": ("this must be a list", "Write it as [one, two]."),
    "dict_type": ("this must be a group of 'key: value' lines", "Indent them below, or write {key: value}."),
    "model_type": ("this must be a group of 'key: value' lines", "Indent them below, or write {key: value}."),
    "too_short": ("this must not be empty", "Fill it in."),
    "bool_type": ("this must be true or false", "Write it without quotes."),
    "bool_parsing": ("this must be true or false", "Write it without quotes."),
    "float_type": ("this must be a number", "Write it with a point, such as 0.3."),
    "float_parsing": ("this must be a number", "Write it with a point, such as 0.3."),
}

_BOUNDS = {
    "greater_than": ("gt", "more than"),
    "greater_than_equal": ("ge", "at least"),
    "less_than_equal": ("le", "at most"),
}


class Strict(BaseModel):
    """A part of a file: unknown keys are mistakes, and nothing changes after loading."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


def mistake(what: str, cure: str = "", *, inside: Sequence[str | int] = (), key: bool = False) -> Exception:
    """To be raised in a validator; `inside` leads on from the validated value to the wrong part of it."""
    context = {"what": what, "cure": cure, "inside": tuple(inside), "key": key}
    return PydanticCustomError("mistake", "{what}", context)


def whole(value: Any, *, inside: Sequence[str | int] = ()) -> Any:
    """A whole number, for a validator. A number with a point is none, whatever stands behind it: in much of
    the world ``200.000`` is two hundred thousand."""
    digits = isinstance(value, str) and re.fullmatch(r"\s*[-+]?\d+(_\d+)*\s*", value)
    if type(value) is not int and not digits:
        raise mistake(*_NO_WHOLE, inside=inside)
    return value


Whole = Annotated[int, BeforeValidator(whole)]


def validated(document: Document, model: type[M]) -> tuple[M | None, list[Problem]]:
    """The document as a model, and everything wrong with it. Entries (``fields.phone``) that hold a mistake
    are left out of the model, so that the sound ones can be looked at further; None if no model is left."""
    problems = list(document.problems)
    data = copy.deepcopy(document.data)
    while True:
        try:
            return model.model_validate(data), problems
        except ValidationError as error:
            details = error.errors(include_url=False)
        fresh = [_problem(document, model, detail) for detail in details if not _dropped(document, detail)]
        problems += [p for p in fresh if p not in problems]
        before = repr(data)
        for detail in details:
            _drop(data, detail)
        if repr(data) == before:
            return None, problems


def _dropped(document: Document, detail: ErrorDetails) -> bool:
    """Whether something is missing only because it was wrong and therefore left out."""
    there = document.at(tuple(detail["loc"]))
    return there is not None if detail["type"] == "missing" else detail["type"] == "too_short" and bool(there)


def _drop(data: Any, detail: ErrorDetails) -> None:
    """Take the entry that holds a mistake out of `data`: the outer two steps of its place."""
    where = detail["loc"][:-1] if detail["type"] == "missing" else detail["loc"]
    if len(where) == 1 and isinstance(data, dict):
        data.pop(where[0], None)
    elif len(where) > 1:
        outer = data.get(where[0])
        outer.pop(where[1], None) if isinstance(outer, dict) else data.pop(where[0], None)


def _problem(document: Document, model: type[BaseModel], detail: ErrorDetails) -> Problem:
    where: Where = tuple(detail["loc"])
    kind = detail["type"]
    context = detail.get("ctx", {})
    if kind == "missing":
        name = str(where[-1])
        return document.problem(where[:-1], f"'{name}' is missing", f"Add '{name}: ...'.", key=True)
    if kind == "extra_forbidden":
        word = str(where[-1])
        cure = nearest(word, _keys(_at(model, where[:-1])), "Keys here: {}.")
        return document.problem(where, f"'{word}' is not a key here", cure, key=True)
    if kind == "mistake":
        where = (*where, *context["inside"])
        return document.problem(where, context["what"], context["cure"], key=context["key"])
    if kind == "literal_error":
        return _not_one_of(document, where, _choices(_at(model, where)), _label(model, where))
    if kind == "string_type" and not isinstance(document.at(where), (bool, int, float)):
        return document.problem(where, "this must be a text", "Write one word or text here.")
    if kind in _BOUNDS:
        name, words = _BOUNDS[kind]
        return document.problem(where, f"this must be {words} {context[name]:g}", "Change the number.")
    if kind in ("dict_type", "model_type") and (name := _glued(document, where)):
        return document.problem(where, *no_space(name), at=len(name))
    what, cure = _SHAPES.get(kind, (f"this does not fit: {detail['msg'].lower()}", ""))
    return document.problem(where, what, cure)


def _glued(document: Document, where: Where) -> str:
    """The key in a text such as ``email:text`` where a group belongs."""
    value = document.at(where)
    return glued(value) if isinstance(value, str) and where not in document.expanded else ""


def _not_one_of(document: Document, where: Where, known: Sequence[str], label: str) -> Problem:
    if where in document.expanded:
        return document.problem(
            where, f"the expanded value is not a valid {label}", f"Use: {', '.join(known)}."
        )
    value = document.at(where)
    word = str(value).lower() if isinstance(value, bool) else str(value)
    cure = nearest(word, known, "Choose one of: {}.")
    return document.problem(where, f"'{word}' is not a valid {label}", cure)


def _label(model: type[BaseModel], where: Where) -> str:
    """The key that gives a value its meaning: ``direction`` in ``direction: {hubspot: from}``."""
    places = range(len(where) - 1, -1, -1)
    return next((str(where[i]) for i in places if where[i] in _keys(_at(model, where[:i]))), "value")


def _at(model: Any, where: Where) -> Any:
    """The annotation at a place of a model."""
    found: Any = model
    for step in where:
        found = next(_inside(found, step), None)
    return found


def _inside(annotation: Any, step: str | int) -> Iterator[Any]:
    for part in _alternatives(annotation):
        if isinstance(part, type) and issubclass(part, BaseModel):
            for name, field in part.model_fields.items():
                if step == (field.alias or name):
                    yield field.annotation
        elif get_args(part) and get_origin(part) is not Literal:
            yield get_args(part)[-1] if get_origin(part) is dict else get_args(part)[0]


def _alternatives(annotation: Any) -> Iterator[Any]:
    if get_origin(annotation) in (Union, UnionType):
        for part in get_args(annotation):
            yield from _alternatives(part)
    elif get_origin(annotation) is Annotated:
        yield from _alternatives(get_args(annotation)[0])
    elif annotation is not type(None):
        yield annotation


def _keys(annotation: Any) -> list[str]:
    return [
        field.alias or name
        for part in _alternatives(annotation)
        if isinstance(part, type) and issubclass(part, BaseModel)
        for name, field in part.model_fields.items()
    ]


def _choices(annotation: Any) -> list[str]:
    return [
        str(choice)
        for part in _alternatives(annotation)
        if get_origin(part) is Literal
        for choice in get_args(part)
    ]
