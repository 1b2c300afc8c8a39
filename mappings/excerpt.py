"""The line of a mistake with a caret under it. Lines that may hold a secret are not shown."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from mappings.document import Problem

WIDEST = 110
# A word, a text in quotes, or a small group up to where it ends.
_PART = re.compile(r"\"[^\"]*\"?|'[^']*'?|\[[^\]]*\]?|\{[^}]*\}?|[^\s,\[\]{}:#]+")
_SECRET = re.compile(r"credential|oauth|token|secret|passw|state|url|key", re.IGNORECASE)


def told(problem: Problem, lines: Mapping[str, list[str]]) -> str:
    """A problem with its place, its line, and its cure below."""
    place = f"{problem.file}:{problem.line}:{problem.column}: "
    parts = [place + (f"{problem.where}: " if problem.where else "") + problem.what]
    parts += _marked(problem, lines.get(problem.file, []))
    if problem.cure:
        parts.append(f"  {problem.cure}")
    return "\n".join(parts)


def lines_of(files: Mapping[str, Path]) -> dict[str, list[str]]:
    """The lines of files that can be read, by the names that problems give them."""
    found = {}
    for name, path in files.items():
        try:
            found[name] = path.read_text(encoding="utf-8-sig").splitlines()
        except (OSError, UnicodeDecodeError):
            continue
    return found


def _marked(problem: Problem, lines: list[str]) -> list[str]:
    if not 0 < problem.line <= len(lines):
        return []
    line = lines[problem.line - 1].expandtabs(1)
    secret = _SECRET.search(problem.where or line) or "://" in line or problem.where.startswith("alerts.to")
    if secret or len(line) > WIDEST or not line.strip():
        return []
    part = _PART.match(line, problem.column - 1)
    width = max(1, min(len(part[0]) if part else 1, len(line) - problem.column + 1))
    gutter = f"{problem.line:>5} | "
    return [gutter + line, " " * len(gutter) + " " * (problem.column - 1) + "^" * width]
