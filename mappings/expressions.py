"""Conditions in the Common Expression Language, compiled once: ``role == 'end-user'``.

A name that a record lacks is null. Names with a dot (``user_fields.city``) are fields as the app calls them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from importlib.machinery import PathFinder
from importlib.util import find_spec, module_from_spec
from itertools import product
from math import prod
from typing import Any

from mappings.model import ExpressionFailed, Predicate, Value, Worth
from mappings.spelling import nearest

_TEXT_FUNCTIONS = ("contains", "startsWith", "endsWith", "matches", "size", "has")
_CONVERSIONS = frozenset(
    ("int", "uint", "double", "string", "bool", "bytes", "type", "duration", "timestamp", "dyn")
)
_FUNCTIONS = frozenset((*_TEXT_FUNCTIONS, *_CONVERSIONS, "max", "min"))
_MANY = [f"{n}" for n in range(20)]
_SAMPLES: Mapping[str, tuple[Value, ...]] = {  # golden values; those of other types are texts
    "integer": (1,),
    "boolean": (True, False),
    "tags": (_MANY,),
    "multi_choice": (_MANY,),
}
_MOST_SAMPLES = 1000
_USUAL = "Usual ones: size, has, contains, startsWith, endsWith, matches."
_MACROS = frozenset(("all", "exists", "exists_one", "map", "filter"))
_TEXTS = re.compile(r"'(?:\\.|[^'\\])*'|\"(?:\\.|[^\"\\])*\"")
_PATHS = re.compile(r"(?<![\w.])[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*")
_CURLY = re.compile("[\u2018\u2019\u201c\u201d]")
_BOUND = re.compile(r"\.(?:all|exists|exists_one|map|filter)\(\s*([A-Za-z_]\w*)\s*,")
_SYNTAX = re.compile(r"<input>:(\d+):(\d+): Syntax error: ([^\n]*)")


class ExpressionInvalid(ValueError):
    """A condition that cannot be used: what is wrong, the cure, and at which character of the text."""

    def __init__(self, what: str, cure: str = "", at: int = 0) -> None:
        super().__init__(what)
        self.what = what
        self.cure = cure
        self.at = at


@dataclass(frozen=True, slots=True)
class Condition:
    """A compiled condition. `paths` are the names in it with where they stand, longest form first:
    ``user_fields.city.startsWith`` may be the field ``user_fields.city`` and a function."""

    text: str
    program: Any
    paths: tuple[tuple[str, int], ...]

    def names(self, known: Collection[str]) -> tuple[str, ...]:
        """The fields among `known` that the condition reads. Raises `ExpressionInvalid` for other names."""
        found: list[str] = []
        for path, at in self.paths:
            name = next((p for p in _prefixes(path) if p in known), None)
            if name is None:
                raise ExpressionInvalid(f"'{path}' is not a field here", nearest(path, known), at)
            found.append(name)
        return tuple(dict.fromkeys(found))

    def free_names(self) -> tuple[str, ...]:
        """What it reads, when the fields are not known: the names as they stand, without functions."""
        found: dict[str, None] = {}
        for path, _ in self.paths:
            front, dot, end = path.rpartition(".")
            found[front if dot and end in _FUNCTIONS | _MACROS else path] = None
        return tuple(found)

    def compared_with(self, name: str) -> Iterator[tuple[str, int]]:
        """The texts that a field is compared with, and where they stand."""
        for text in _TEXTS.finditer(self.text):
            before, after = self.text[: text.start()], self.text[text.end() :]
            left = re.search(rf"(?<![\w.]){name}\s*[=!]=\s*$", before)
            if left or re.match(rf"\s*[=!]=\s*{name}(?![\w.(])", after):
                yield text[0][1:-1], text.start()

    def fails_always(self, types: Mapping[str, str]) -> bool:
        """Whether it gives neither true nor false for any record. `types`: field that it reads -> its type.
        What turns a text into something else is not judged: it asks for texts of a certain form."""
        if not _CONVERSIONS.isdisjoint(self.program.functions()):
            return False
        texts = ("a", *(text[0][1:-1] for text in _TEXTS.finditer(self.text)))
        samples = [(*_SAMPLES.get(types[name], texts), None) for name in types]
        if prod(map(len, samples)) > _MOST_SAMPLES:
            return False
        holds = self.predicate(tuple(types))
        for values in product(*samples):
            with suppress(ExpressionFailed):
                holds(dict(zip(types, values, strict=True)))
                return False
        return True

    def worth(self, names: Collection[str]) -> Worth:
        """The expression as a function of the fields `names`, for its value. It raises `ExpressionFailed`."""
        build = _context(tuple(names))
        execute = self.program.execute
        text = self.text

        def worth(values: Mapping[str, Value]) -> Value:
            try:
                answer = execute(build(values))
            except Exception as error:
                raise ExpressionFailed(f"the expression {text!r} fails ({type(error).__name__})") from None
            if answer is None or isinstance(answer, str | int | float | bool):
                return answer
            raise ExpressionFailed(f"the expression {text!r} gives no text, number, true or false")

        return worth

    def predicate(self, names: Collection[str]) -> Predicate:
        """The condition as a function of the fields `names`. It raises `ExpressionFailed`."""
        build = _context(tuple(names))
        execute = self.program.execute
        text = self.text

        def holds(values: Mapping[str, Value]) -> bool:
            try:
                answer = execute(build(values))
            except Exception as error:
                raise ExpressionFailed(f"the condition {text!r} fails ({type(error).__name__})") from None
            if not isinstance(answer, bool):
                raise ExpressionFailed(
                    f"the condition {text!r} gives {type(answer).__name__}, not true or false"
                )
            return answer

        return holds


def compile_condition(text: str) -> Condition:
    """Compile a condition. Raises `ExpressionInvalid`."""
    try:
        program = _cel().compile(text)
    except ValueError as error:
        curly = _CURLY.search(_bare(text))
        if curly is not None:
            cure = "Write straight ones, as in: role == 'end-user'"
            raise ExpressionInvalid("curly quotes mean nothing here", cure, curly.start()) from None
        found = _SYNTAX.search(str(error))
        at = int(found[2]) - 1 if found and found[1] == "1" else 0
        if text[at : at + 1] == "=" and text[at + 1 : at + 2] not in ("<", ">"):
            cure = "Equality is written ==, as in: role == 'end-user'"
            raise ExpressionInvalid("this = does not compare", cure, at) from None
        ends = found is not None and "input '<EOF>'" in found[3]
        what = "the condition is not complete" if ends else "the condition cannot be understood"
        cure = "Write it like: role == 'end-user' && city != null"
        raise ExpressionInvalid(what, cure, min(at, len(text))) from None
    bare = _bare(text)
    for function in program.functions():
        if function.isidentifier() and not function.startswith("_") and function not in _FUNCTIONS:
            at = max(bare.find(function), 0)
            raise ExpressionInvalid(
                f"'{function}' is not a function", nearest(function, _FUNCTIONS, _USUAL), at
            )
    variables = set(program.variables()) - set(_BOUND.findall(bare))
    paths = tuple(
        (match[0], match.start())
        for match in _PATHS.finditer(bare)
        if match[0].partition(".")[0] in variables
    )
    return Condition(text, program, paths)


def _bare(text: str) -> str:
    """The condition with blanks in place of its quoted texts."""
    return _TEXTS.sub(lambda match: " " * len(match[0]), text)


@cache
def _cel() -> Any:
    """The native part of the package `cel`, without its command line, which costs each start 0.15 s."""
    package = find_spec("cel")
    spec = PathFinder.find_spec("cel.cel", package.submodule_search_locations) if package else None
    if spec is None or spec.loader is None:
        raise ImportError("the package common-expression-language is not installed")
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _prefixes(path: str) -> list[str]:
    parts = path.split(".")
    return [".".join(parts[:n]) for n in range(len(parts), 0, -1)]


def _context(names: tuple[str, ...]) -> Callable[[Mapping[str, Value]], dict[str, Any]]:
    """How to lay out field values for an evaluation: ``a.b`` becomes ``{"a": {"b": ...}}``."""
    plain = tuple(name for name in names if "." not in name)
    nested = tuple((name, tuple(name.split("."))) for name in names if "." in name)

    def build(values: Mapping[str, Value]) -> dict[str, Any]:
        context: dict[str, Any] = {name: values.get(name) for name in plain}
        for name, steps in nested:
            inner = context
            for step in steps[:-1]:
                inner = inner.setdefault(step, {})
            inner[steps[-1]] = values.get(name)
        return context

    return build
