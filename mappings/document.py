"""YAML files that people edit: read safely, with line and column of every key and value.

A file becomes plain dicts, lists and scalars; tags that would build other objects are refused, and so are
files, nestings and aliases beyond any honest size. Keys are always text. Booleans are YAML 1.2 (``true`` and
``false``); ``on``, ``off`` and ``no`` are words.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import TypeAlias

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from mappings import unreadable

Where: TypeAlias = tuple[str | int, ...]

MAX_BYTES = 1_000_000
MAX_NODES = 50_000
MAX_DEPTH = 20

_ENV = re.compile(r"\$\$(?=\{)|\$\{([A-Za-z_][A-Za-z0-9_]*)(:-([^}]*))?\}|\$\{[^}]*\}?")
_NUMBER = re.compile(r"[-+]?(\d+(\.\d*)?|\.\d+)([eE][-+]?\d+)?")


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One mistake in a file: where it stands (1-based), what is wrong, and what to do about it. `minor`: the
    file can be used all the same."""

    file: str
    line: int
    column: int
    where: str
    what: str
    cure: str = ""
    minor: bool = False

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}:{self.column}"
        text = f"{place}: {self.where}: {self.what}." if self.where else f"{place}: {self.what}."
        return f"{text} {self.cure}" if self.cure else text


class ProblemsFound(ValueError):
    """All mistakes found, in the order of the files."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(sorted(set(problems)))
        super().__init__("\n".join(map(str, self.problems)))


@dataclass(frozen=True, slots=True)
class Spot:
    """Where a key or value begins (1-based). `inner` is the column of a one-line text inside its quotes."""

    line: int
    column: int
    inner: int


@dataclass(slots=True)
class Document:
    """A file's data with the spots of its parts. `expanded` holds values that came out of the environment:
    they may be secrets, so no message repeats them."""

    file: str
    data: object = None
    keys: dict[Where, Spot] = field(default_factory=dict)
    values: dict[Where, Spot] = field(default_factory=dict)
    expanded: set[Where] = field(default_factory=set)
    problems: list[Problem] = field(default_factory=list)

    def problem(self, where: Where, what: str, cure: str = "", *, key: bool = False, at: int = 0) -> Problem:
        """A problem at a value (or its key), or at the nearest part around it that stands in the file. `at`
        counts characters into a text."""
        spots = (self.keys, self.values) if key else (self.values, self.keys)
        for length in range(len(where), -1, -1):
            for table in spots:
                spot = table.get(where[:length])
                if spot is not None:
                    column = spot.inner + at if at else spot.column
                    return Problem(self.file, spot.line, column, dotted(where), what, cure)
        return Problem(self.file, 1, 1, dotted(where), what, cure)

    def at(self, where: Where) -> object:
        """The value there; None where there is none."""
        found = self.data
        for step in where:
            if isinstance(found, dict):
                found = found.get(step)
            elif isinstance(found, list) and isinstance(step, int) and step < len(found):
                found = found[step]
            else:
                return None
        return found


def dotted(where: Where) -> str:
    """A path as people write it: ``fields.phone.rule.prefer[0]``."""
    text = ""
    for step in where:
        text += f"[{step}]" if isinstance(step, int) else f".{step}" if text else str(step)
    return text


def read(path: Path, env: Mapping[str, str] | None = None, shown: str = "") -> Document:
    """Read a YAML file; with `env`, expand ``${NAME}`` and ``${NAME:-default}`` in its texts. The file is
    called `shown` in messages. Raises `ProblemsFound`; mistakes that leave the rest readable are left in
    `Document.problems`."""
    document = Document(shown or str(path))
    try:
        raw = path.read_bytes()
    except OSError as error:
        reason, cure = "it cannot be read", "Check the path and its permissions."
        if isinstance(error, FileNotFoundError):
            reason = "there is no such file"
        elif isinstance(error, IsADirectoryError):
            reason, cure = "it is a folder, not a file", "Name the file in it."
        raise ProblemsFound([document.problem((), reason, cure)]) from None
    if len(raw) > MAX_BYTES:
        raise ProblemsFound([document.problem((), f"the file is larger than {MAX_BYTES // 1000} kB")])
    node = _compose(raw, document)
    if not isinstance(node, MappingNode):
        what = "the file is empty" if node is None else "the file must be a group of 'key: value' lines"
        raise ProblemsFound([document.problem((), what, "Start from a file that 'syncer init' writes.")])
    document.data = _Builder(document, env).build(node, ())
    return document


def _compose(raw: bytes, document: Document) -> Node | None:
    try:
        text = raw.decode("utf-8-sig")
        return _nodes(text)
    except UnicodeDecodeError:
        what, cure = "the file is not UTF-8 text", "Save it again as UTF-8."
        raise ProblemsFound([Problem(document.file, 1, 1, "", what, cure)]) from None
    except RecursionError:
        raise ProblemsFound([Problem(document.file, 1, 1, "", "the file is nested too deeply")]) from None
    except MarkedYAMLError as error:
        raise ProblemsFound([_unreadable(document, text, error)]) from None
    except YAMLError as error:
        what = "not valid YAML: it holds a character that YAML does not allow"
        before = text[: getattr(error, "position", 0)]
        line, column = before.count("\n") + 1, len(before) - before.rfind("\n")
        raise ProblemsFound([Problem(document.file, line, column, "", what, "Remove it.")]) from None


def _unreadable(document: Document, text: str, error: MarkedYAMLError) -> Problem:
    found = unreadable.explain(text, error)
    return Problem(document.file, found.line, found.column, "", found.what, found.cure)


@lru_cache(maxsize=32)
def _nodes(text: str) -> Node | None:
    """The nodes of a YAML text. They are only read, so that equal texts may share them."""
    # An alias may not contain itself, and nesting beyond any honest file would exhaust the parser.
    return YAML(typ="safe", pure=True).compose(text)  # type: ignore[no-any-return]


class _Builder:
    """Turns nodes into plain data, noting spots."""

    def __init__(self, document: Document, env: Mapping[str, str] | None) -> None:
        self.document = document
        self.env = env
        self.nodes = 0

    def build(self, node: Node, where: Where) -> object:
        self.nodes += 1
        document = self.document
        document.values.setdefault(where, _spot(node))
        if len(where) > MAX_DEPTH or self.nodes > MAX_NODES:
            problem = document.problem(where[:2], "the file unfolds into too much", "Remove nested aliases.")
            raise ProblemsFound([problem])
        if isinstance(node, MappingNode):
            return self._mapping(node, where)
        if isinstance(node, SequenceNode):
            return [self.build(item, (*where, i)) for i, item in enumerate(node.value)]
        return self._scalar(node, where)

    def _mapping(self, node: MappingNode, where: Where) -> dict[str, object]:
        found: dict[str, object] = {}
        for key_node, value_node in node.value:
            if not isinstance(key_node, ScalarNode):
                self._note(
                    (*where,), "a key must be a word", "Put it in quotes if it holds brackets.", key_node
                )
                continue
            key = key_node.value
            if key == "<<":
                cure = "Write out the lines that were to be merged here."
                self._note(where, "merging (<<) is not supported", cure, key_node)
                continue
            if _blank(value_node) and not key_node.style and (glued := unreadable.glued(key)):
                self._note(where, *unreadable.no_space(glued), key_node)  # the rest of it may be a secret
                continue
            self._look_for_odd_spaces(key_node, (*where, key))
            if key in found:
                first = self.document.keys[(*where, key)].line
                what = f"'{key}' stands here twice (first in line {first})"
                self._note((*where, key), what, "Keep one of the two.", key_node)
                continue
            self.document.keys[(*where, key)] = _spot(key_node)
            if _blank(value_node) and not value_node.style:  # it stands nowhere: it is missing at its key
                self.document.values[(*where, key)] = _spot(key_node)
            found[key] = self.build(value_node, (*where, key))
        return found

    def _look_for_odd_spaces(self, node: Node, where: Where) -> None:
        """In words without quotes: what is quoted or takes several lines may be meant so."""
        plain = isinstance(node, ScalarNode) and not node.style and node.start_mark.line == node.end_mark.line
        odd = unreadable.odd_space(node.value) if plain else None
        if odd is not None:
            at, what, cure = odd
            self._note(where, what, cure, node, at)

    def _note(self, where: Where, what: str, cure: str, node: Node, at: int = 0) -> None:
        spot = _spot(node)
        self.document.problems.append(
            Problem(self.document.file, spot.line, spot.column + at, dotted(where), what, cure)
        )

    def _scalar(self, node: Node, where: Where) -> object:
        text: str = node.value
        self._look_for_odd_spaces(node, where)
        kind = str(node.tag).removeprefix("tag:yaml.org,2002:")
        if kind == "null":
            return None
        if kind == "bool":
            return text.lower() == "true"
        if kind in ("int", "float") and _NUMBER.fullmatch(text.replace("_", "")):
            plain = text.replace("_", "")
            return int(plain) if kind == "int" else float(plain)
        if kind not in ("str", "int", "float", "timestamp"):
            self._note(
                where, "only plain values are allowed here", "Remove the tag that begins with '!'.", node
            )
            return None
        return self._expanded(text, where) if self.env is not None and "${" in text else text

    def _expanded(self, text: str, where: Where) -> str:
        env = self.env or {}
        self.document.expanded.add(where)

        def value(match: re.Match[str]) -> str:
            if match[0] == "$$":
                return "$"
            name, default = match[1], match[3]
            if name is None:
                cure = "Write ${NAME} or ${NAME:-default}; a literal '${' is written '$${'."
                self._missing(where, "this is not the name of a variable", cure, match.start())
                return ""
            if env.get(name):
                return env[name]
            if match[2] is None:
                what = f"the environment variable {name} is not set or empty"
                cure = f"Set it (export {name}=...), or give a default: ${{{name}:-...}}"
                self._missing(where, what, cure, match.start())
            return default or ""

        return _ENV.sub(value, text)

    def _missing(self, where: Where, what: str, cure: str, at: int) -> None:
        self.document.problems.append(self.document.problem(where, what, cure, at=at))


def _blank(node: Node) -> bool:
    return isinstance(node, ScalarNode) and not node.value


def _spot(node: Node) -> Spot:
    mark = node.start_mark
    quoted = isinstance(node, ScalarNode) and node.style in ("'", '"')
    return Spot(mark.line + 1, mark.column + 1, mark.column + (2 if quoted else 1))
