"""Questions in a terminal, one after the other: a key decides, the last answer can be taken back."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

import typer

from syncer.cli.output import say, tell

Asked = TypeVar("Asked")
Said = TypeVar("Said")

_ALWAYS = {"s": "skip", "u": "undo the last answer", "q": "stop here"}


def one_by_one(
    asked: Sequence[Asked],
    show: Callable[[Asked], None],
    keys: Callable[[Asked], Mapping[str, str]],
    answer: Callable[[Asked, str], Said | None],
) -> list[tuple[Asked, Said]]:
    """The answers that were given, in order. `keys` are those that answer a question, with their meaning;
    `answer` makes an answer of one, or None to be asked again. Whoever stops keeps what was answered; an
    interruption (Ctrl-C) forgets it all."""
    given: dict[int, Said] = {}
    at = 0
    while at <= len(asked):
        over = at == len(asked)
        if over and (not given or not sys.stdin.isatty()):
            break
        if not over:
            tell(f"\n{at + 1} of {len(asked)}")
            show(asked[at])
        key = _pressed({"d": "done, use these answers"} if over else keys(asked[at]))
        if key == "q" or (over and key == "d"):
            break
        if key == "u":
            if given:
                at = list(given)[-1]
                del given[at]
            else:
                say("There is no answer to undo.")
        elif key == "s" and not over:
            at += 1
        elif not over and key in keys(asked[at]):
            said = answer(asked[at], key)
            if said is not None:
                given[at] = said
                at += 1
        else:
            say(f"'{key}' is no answer here.")
    return [(asked[n], given[n]) for n in sorted(given)]


def typed(prompt: str) -> str:
    """A line of text."""
    if sys.stdin.isatty():
        return str(typer.prompt(prompt, default="", show_default=False, err=True))
    return sys.stdin.readline().strip()


def _pressed(keys: Mapping[str, str]) -> str:
    """One key; from a file or a pipe, the first character of a line, and `q` where it ends."""
    if not sys.stdin.isatty():
        return (sys.stdin.readline().strip().lower() or "q")[:1]
    say("  ".join(f"[{key}] {meaning}" for key, meaning in {**keys, **_ALWAYS}.items()))
    return str(typer.getchar()).lower()
