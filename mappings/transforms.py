"""Named two-way functions between a field and one app: how a text is written there, and how it is read back.

Steps are done in order when a value is written, and undone in the opposite order when it is read. What cannot
be undone (a case that was changed, a text that was cut) is the same value in a narrower form: it is not taken
for an edit and does not spread. Pure.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from mappings.spelling import nearest

Step = Callable[[str], str]

# name -> (what it takes, an example, what it does there and back)
STEPS: dict[str, tuple[str, str, str]] = {
    "trim": ("nothing", "trim", "takes space away at both ends, there and back"),
    "case": ("`lower`, `upper` or `title`", "{case: upper}", "changes the case; read as it stands"),
    "prefix": ("a text", '{prefix: "CRM-"}', "puts it in front; taken away when it is read"),
    "template": ("a text with one `{}`", '{template: "Tel. {}"}', "puts the value into it, and takes it out"),
    "map": ("your text: the app's", "{map: {ID: Indonesia}}", "replaces whole values both ways; others pass"),
    "truncate": (
        "a length, or a length and a mark",
        '{truncate: {length: 20, mark: "..."}}',
        "cuts what is longer, the mark included; read as it stands",
    ),
    "default": ("a text", '{default: "n/a"}', "stands for a blank; read as a blank"),
}
CASES: dict[str, Step] = {"lower": str.lower, "upper": str.upper, "title": str.title}
TEXTUAL = ("text", "name", "email", "phone", "url", "domain", "country", "language", "choice", "address")


class BadStep(ValueError):
    """A step that cannot be used: what is wrong, the cure, and which part of it (``inside``)."""

    def __init__(self, what: str, cure: str, inside: tuple[str | int, ...] = ()) -> None:
        super().__init__(what)
        self.what = what
        self.cure = cure
        self.inside = inside


@dataclass(frozen=True, slots=True)
class Transform:
    """A chain of steps. `default` stands for a blank; `narrows`: reading back gives less than was written."""

    there: tuple[Step, ...] = ()
    back: tuple[Step, ...] = ()
    default: str = ""
    narrows: bool = False

    def show(self, text: str) -> str:
        for step in self.there:
            text = step(text)
        return text

    def read(self, text: str) -> str:
        if self.default and text.strip() == self.default:
            return ""
        for step in self.back:
            text = step(text)
        return text


def is_narrowed(text: str, full: str) -> bool:
    """Whether a text is what a case or a cut, with a mark behind it, may have made of a fuller one."""
    short, long = text.casefold(), full.casefold()
    head = next((short[:n] for n in range(len(short), 0, -1) if short[n - 1].isalnum()), "")
    return short == long or (bool(head) and len(short) < len(long) and long.startswith(head))


def transform(said: Sequence[Any]) -> Transform:
    """The chain that a mapping names. Raises `BadStep`."""
    there: list[Step] = []
    back: list[Step] = []
    default, narrows = "", False
    for i, step in enumerate(said):
        name, given = _parted(step, i)
        match name:
            case "trim":
                there.append(str.strip)
                back.append(str.strip)
            case "case":
                if given not in CASES:
                    raise BadStep(f"'{given}' is not a case", nearest(str(given), CASES), (i, name))
                there.append(CASES[given])
                narrows = True
            case "prefix":
                _text(given, i, name)
                there.append(partial(_wrapped, front=given))
                back.append(partial(_taken_out, front=given))
            case "template":
                front, end = _template(given, i)
                there.append(partial(_wrapped, front=front, end=end))
                back.append(partial(_taken_out, front=front, end=end))
            case "map":
                shown, known = _table(given, i)
                there.append(partial(_looked_up, table=shown))
                back.append(partial(_looked_up, table=known))
            case "truncate":
                length, mark = _length(given, i)
                there.append(partial(_cut, length=length, mark=mark))
                narrows = True
            case _:
                default = _text(given, i, name)
    return Transform(tuple(there), tuple(reversed(back)), default, narrows)


def _parted(step: Any, i: int) -> tuple[str, Any]:
    if isinstance(step, str):
        name, given = step, None
    elif isinstance(step, dict) and len(step) == 1:
        name, given = next(iter(step.items()))
    else:
        raise BadStep("this is not one step", "Write a word such as trim, or {prefix: CRM-}.", (i,))
    if name not in STEPS:
        raise BadStep(f"'{name}' is not a transform", nearest(name, STEPS, "There are: {}."), (i,))
    if given is None and name != "trim":
        raise BadStep(f"'{name}' needs to know more", f"Write {STEPS[name][1]}.", (i,))
    return name, given


def _text(given: Any, i: int, name: str) -> str:
    if not isinstance(given, str) or not given:
        raise BadStep("this must be a text", f"Write {STEPS[name][1]}.", (i, name))
    return given


def _template(given: Any, i: int) -> tuple[str, str]:
    if not isinstance(given, str) or given.count("{}") != 1:
        raise BadStep(
            "a template holds the value once, as {}", f"Write {STEPS['template'][1]}.", (i, "template")
        )
    front, _, end = given.partition("{}")
    return front, end


def _wrapped(text: str, front: str, end: str = "") -> str:
    return f"{front}{text}{end}"


def _taken_out(text: str, front: str, end: str = "") -> str:
    fits = text.startswith(front) and text.endswith(end) and len(text) >= len(front) + len(end)
    return text[len(front) : len(text) - len(end)] if fits else text


def _table(given: Any, i: int) -> tuple[Mapping[str, str], Mapping[str, str]]:
    if not isinstance(given, dict) or not given or not all(isinstance(v, str) for v in given.values()):
        raise BadStep("this must be a group of 'text: text'", f"Write {STEPS['map'][1]}.", (i, "map"))
    known: dict[str, str] = {}
    for ours, theirs in given.items():
        if known.setdefault(theirs, ours) != ours:
            what = f"'{known[theirs]}' and '{ours}' are both shown as '{theirs}', so it cannot be read back"
            raise BadStep(what, "Give each its own text.", (i, "map", ours))
    return given, known


def _looked_up(text: str, table: Mapping[str, str]) -> str:
    return table.get(text, text)


def _length(given: Any, i: int) -> tuple[int, str]:
    length, mark = (given.get("length"), given.get("mark", "")) if isinstance(given, dict) else (given, "")
    if type(length) is int and isinstance(mark, str) and length > len(mark):
        return length, mark
    what = "this must be a length that is longer than the mark"
    raise BadStep(what, f"Write {STEPS['truncate'][1]}.", (i, "truncate"))


def _cut(text: str, length: int, mark: str) -> str:
    return text if len(text) <= length else text[: length - len(mark)].rstrip() + mark
