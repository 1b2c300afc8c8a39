"""Why a text cannot be read as YAML, in words: from where the parser stopped and the lines around. Pure.

The parser often notices a mistake lines after it was made; what is told is where it was made. No text of the
file is repeated, since it may be a secret.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

from ruamel.yaml.error import MarkedYAMLError, StreamMark

_BEGINS: Final = r"(?:^\s*|[\[{,]\s*|(?<=[:\-?])\s+)"  # where a value may begin
_COMMENT: Final = re.compile(r"(?:^|(?<=\s))#.*")
_QUOTED: Final = re.compile(
    f"{_COMMENT.pattern}|{_BEGINS}" + r"(?:(?P<double>\"(?:\\.|[^\"\\])*\"?)|(?P<single>'(?:''|[^'])*'?))"
)
_KEY: Final = re.compile(r"\s*(?:- +)*(?!\s|- )(?:\"[^\"]*\"\s*|'[^']*'\s*|[^\s#\"'\[{][^#]*?):(?:\s|$)")
_GLUED: Final = re.compile(r"([A-Za-z_][\w-]*):(?!//)\S")
_WORD_AND_VALUE: Final = re.compile(r"\s*(?:- +)*" + _GLUED.pattern)
_WORDS: Final = re.compile(r"\s*(?!\s|- )[^\"'\[\]{},]+")
_DASHED: Final = re.compile(r"\s*-\w")
_SPACES: Final = "\u00a0\u2000-\u200a\u202f\u3000"  # that YAML takes for letters
_NOTHING: Final = "\u200b\u2060\ufeff"  # that nobody sees
_ODD_SPACE: Final = re.compile(rf"(?:^|[:,\[{{]|- )\s*?([{_SPACES}{_NOTHING}])")
_NEVER_MEANT: Final = re.compile(rf"^[{_SPACES}]|[{_SPACES}]$|[{_NOTHING}]")

_INDENTED: Final = (
    "Begin all lines of one group in the same column, and what belongs to one of them two further in."
)
_QUOTES: Final = "Put the value in quotes."
_ODD: Final = (
    "a character stands here that looks like a space, or like nothing, and is neither",
    "Type the line anew instead of copying it. A value that is meant so goes in quotes.",
)


class Unreadable(NamedTuple):
    """Where the mistake is (1-based), what it is, and what to do about it."""

    line: int
    column: int
    what: str
    cure: str


def glued(text: str) -> str:
    """The key in ``email:text``, which is one word to YAML; else nothing."""
    found = _GLUED.match(text)
    return found[1] if found else ""


def no_space(key: str) -> tuple[str, str]:
    """What is wrong with a key that is glued to its value, and the cure."""
    return "a space is missing behind the colon", f"Write '{key}: ' and then the value."


def odd_space(text: str) -> tuple[int, str, str] | None:
    """Where an unquoted word holds a character that nobody sees, as texts from a web page do, what is wrong
    and the cure. A no-break space between words is taken as it is."""
    found = _NEVER_MEANT.search(text)
    return None if found is None else (found.start(), *_ODD)


class _Stop(NamedTuple):
    """Where the parser stopped and why; `begun`: where what it was reading began. Counted from 0."""

    lines: Sequence[str]
    line: int
    column: int
    begun: int
    said: str

    @property
    def text(self) -> str:
        return self.lines[self.line] if self.line < len(self.lines) else ""


def explain(text: str, error: MarkedYAMLError) -> Unreadable:
    """What is wrong with a text that the parser refused."""
    mark: StreamMark | None = error.problem_mark or error.context_mark
    line, column = (mark.line, mark.column) if mark else (0, 0)
    begun = error.context_mark.line if error.context_mark else line
    stop = _Stop(text.splitlines(), line, column, begun, f"{error.context or ''} {error.problem or ''}")
    for look in _LOOKS:
        found = look(stop)
        if found is not None:
            return found
    what = f"not valid YAML: {error.problem or error.context}"
    if error.problem and error.context and error.context_mark:
        what += f" {error.context} that begins in line {begun + 1}"
    cure = "Check indentation, brackets and quotes just before this place."
    return Unreadable(line + 1, column + 1, what, cure)


def _tab(stop: _Stop) -> Unreadable | None:
    for line in (stop.line, stop.line - 1):
        text = stop.lines[line] if 0 <= line < len(stop.lines) else ""
        at = text[: len(text) - len(text.lstrip())].find("\t")
        if at >= 0:
            cure = "YAML takes spaces only: write two spaces for each level in place of the tab."
            return Unreadable(line + 1, at + 1, "a tab stands in the indentation", cure)
    if stop.text[stop.column : stop.column + 1] == "\t":
        cure = "Write a space in place of the tab."
        return Unreadable(stop.line + 1, stop.column + 1, "a tab stands where a space belongs", cure)
    return None


def _odd_space(stop: _Stop) -> Unreadable | None:
    """The last line up to there that was copied with a space which YAML does not know for one."""
    for number in range(min(stop.line, len(stop.lines) - 1), -1, -1):
        plain = _QUOTED.sub(lambda quoted: "x" * len(quoted[0]), stop.lines[number])
        found = _ODD_SPACE.search(plain)
        if found is not None:
            return Unreadable(number + 1, found.start(1) + 1, *_ODD)
    return None


def _second_document(stop: _Stop) -> Unreadable | None:
    if "another document" not in stop.said:
        return None
    what = "a line of --- stands inside the file"
    return Unreadable(stop.line + 1, stop.column + 1, what, "Take the line out.")


def _open_quote(stop: _Stop) -> Unreadable | None:
    """The first quote that nothing closes in its line, unless a text over several lines was plainly meant."""
    closing = ""
    for number, line in enumerate(stop.lines[: stop.line + 1]):
        rest = line
        if closing:
            end = line.find(closing)
            if end < 0:
                continue
            rest, closing = line[end + 1 :], ""
        for found in _QUOTED.finditer(rest):
            quoted = found["double"] or found["single"] or ""
            if not quoted or (len(quoted) > 1 and quoted[-1] == quoted[0]):
                continue
            if not _goes_on(stop.lines[number + 1 :], quoted[0]):
                column = len(line) - len(rest) + found.end() - len(quoted) + 1
                cure = f"Write {quoted[0]} at the end of the text, too."
                return Unreadable(number + 1, column, "the quote that begins here is not closed", cure)
            closing = quoted[0]
    return None


def _goes_on(following: Sequence[str], quote: str) -> bool:
    """Whether these lines go on with a quoted text and close it, rather than begin something new."""
    for line in following:
        if _KEY.match(line):
            return False
        if quote in line:
            return re.match(r"\s*(?:[,\]}].*|#.*)?$", line[line.index(quote) + 1 :]) is not None
    return False


def _behind_quotes(stop: _Stop) -> Unreadable | None:
    found = next((q for q in _QUOTED.finditer(stop.text[: stop.column]) if q["double"] or q["single"]), None)
    if found is None or "'<scalar>'" not in stop.said:
        return None
    quote = '"' if found["double"] else "'"
    other = "'" if quote == '"' else '"'
    cure = f"To have {quote} inside a text, put {other} around the whole of it."
    what = f"the text in quotes ended at the second {quote}, and more stands behind it"
    return Unreadable(stop.line + 1, stop.column + 1, what, cure)


def _variable(stop: _Stop) -> Unreadable | None:
    if stop.text[max(stop.column - 1, 0) : stop.column + 1] != "${":
        return None
    cure = 'Write it in quotes: "${NAME}".'
    return Unreadable(stop.line + 1, stop.column, "inside of { } a variable needs quotes", cure)


def _second_colon(stop: _Stop) -> Unreadable | None:
    if "mapping values" in stop.said and _KEY.match(stop.text[: stop.column]):
        return Unreadable(stop.line + 1, stop.column + 1, "a second colon stands in this line", _QUOTES)
    return None


def _no_colon(stop: _Stop) -> Unreadable | None:
    """A line that is no 'key: value', where one was to begin."""
    if "could not find expected ':'" in stop.said:
        return _bare(stop.lines, stop.begun)
    if "mapping values" not in stop.said:
        return None
    found = _bare_above(stop)
    if found is not None:
        return found
    what = "this line is indented further than the one above it, which has a value already"
    return Unreadable(stop.line + 1, _begin(stop.text), what, _INDENTED)


def _bare_above(stop: _Stop) -> Unreadable | None:
    """The first of the lines right above that are no 'key: value'."""
    first = None
    for line in range(min(stop.line, len(stop.lines)) - 1, -1, -1):
        text = _COMMENT.sub("", stop.lines[line])
        bare = _WORDS.fullmatch(text) or _WORD_AND_VALUE.match(text)
        if text.strip() and (_KEY.match(text) or not bare):
            break
        first = line if text.strip() else first
    return None if first is None else _bare(stop.lines, first)


def _bare(lines: Sequence[str], line: int) -> Unreadable | None:
    text = _COMMENT.sub("", lines[line])
    column = _begin(text)
    if found := _WORD_AND_VALUE.match(text):
        return Unreadable(line + 1, found.end(1) + 1, *no_space(found[1]))
    if _DASHED.match(text):
        return Unreadable(
            line + 1, column, "a space is missing behind the dash", "Write '- ' and then the value."
        )
    cure = "Write 'name: value', or 'name:' with the lines that belong to it indented below."
    return Unreadable(line + 1, column, "a colon is missing in this line", cure)


def _bracket(stop: _Stop) -> Unreadable | None:
    found = re.search(r"expected ',' or '([\]}])'", stop.said)
    if found is None:
        return None
    opening = "[" if found[1] == "]" else "{"
    what = f"a comma is missing before this, or the {opening} of line {stop.begun + 1} is not closed"
    cure = f"Write a comma between two entries, and {found[1]} behind the last."
    return Unreadable(stop.line + 1, stop.column + 1, what, cure)


def _mark(stop: _Stop) -> Unreadable | None:
    """A value that begins with a character which means something else in YAML."""
    column = stop.column
    if any(word in stop.said for word in ("anchor", "alias", "block scalar")):
        column = max(stop.text.rfind(mark, 0, column + 1) for mark in "*&|>")
    elif "cannot start any token" not in stop.said:
        return None
    mark = stop.text[column : column + 1]
    what = f"a value cannot begin with {mark}" if mark.strip() else "a value cannot begin like this"
    what += ", unless an & of that name stands above" if "undefined alias" in stop.said else ""
    return Unreadable(stop.line + 1, column + 1, what, _QUOTES)


def _backslash(stop: _Stop) -> Unreadable | None:
    if "unknown escape character" not in stop.said:
        return None
    what = "inside of double quotes a backslash changes what follows it"
    return Unreadable(
        stop.line + 1, stop.column, what, "Write it twice, or put single quotes around the text."
    )


def _indentation(stop: _Stop) -> Unreadable | None:
    ended = "expected <block end>" in stop.said or "expected '<document start>'" in stop.said
    if not ended or stop.text[: stop.column].strip():
        return None
    found = _bare_above(stop)
    if found is not None:
        return found
    what = "this line does not begin in the column of the lines that it stands among"
    return Unreadable(stop.line + 1, stop.column + 1, what, _INDENTED)


def _begin(text: str) -> int:
    return len(text) - len(text.lstrip()) + 1


_LOOKS: Final[tuple[Callable[[_Stop], Unreadable | None], ...]] = (
    _second_document,
    _tab,
    _odd_space,
    _open_quote,
    _behind_quotes,
    _variable,
    _second_colon,
    _no_colon,
    _bracket,
    _mark,
    _backslash,
    _indentation,
)
