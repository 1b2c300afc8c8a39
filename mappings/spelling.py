"""What was probably meant by a word that is not known here: by its letters, by its sound, or by what other
tools call it. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Final

from rapidfuzz import fuzz, process

# What spreadsheets, databases and other tools call our types and rules.
TYPES_ELSEWHERE: Final[Mapping[str, str]] = {
    **dict.fromkeys(("string", "str", "varchar", "textarea"), "text"),
    **dict.fromkeys(("number", "int", "bigint"), "integer"),
    **dict.fromkeys(("float", "double", "numeric", "percent"), "decimal"),
    **dict.fromkeys(("currency", "amount", "price"), "money"),
    **dict.fromkeys(("bool", "checkbox", "flag"), "boolean"),
    **dict.fromkeys(("timestamp", "moment"), "datetime"),
    **dict.fromkeys(("enum", "select", "dropdown", "radio", "picklist"), "choice"),
    **dict.fromkeys(("multiselect", "checkboxes", "list"), "multi_choice"),
    **dict.fromkeys(("mobile", "tel", "telephone"), "phone"),
    **dict.fromkeys(("link", "website", "uri"), "url"),
    **dict.fromkeys(("lookup", "relation", "association"), "reference"),
    **dict.fromkeys(("labels", "groups"), "tags"),
    **dict.fromkeys(("object", "dict", "map"), "json"),
    **dict.fromkeys(("locale", "lang"), "language"),
    **dict.fromkeys(("opt_in", "subscription"), "consent"),
}
RULES_ELSEWHERE: Final[Mapping[str, str]] = {
    **dict.fromkeys(("latest", "last", "recent"), "newest"),
    **dict.fromkeys(("oldest", "earliest"), "first"),
    **dict.fromkeys(("max", "maximum", "largest"), "highest"),
    **dict.fromkeys(("min", "minimum", "smallest"), "lowest"),
    **dict.fromkeys(("ask", "hold", "review"), "manual"),
    **dict.fromkeys(("priority", "order", "preferred"), "prefer"),
    **dict.fromkeys(("merge", "all"), "union"),
}
_SOUNDS: Final = (("ph", "f"), ("ck", "k"), ("c", "k"), ("z", "s"), ("y", "i"))


def nearest(
    word: str,
    known: Iterable[str],
    otherwise: str = "Known here: {}.",
    sure: int = 60,
    elsewhere: Mapping[str, str] | None = None,
) -> str:
    """A cure for a misspelt word: the word that was probably meant, else all that are known. `sure`: how
    alike two words have to be, of 100; `elsewhere`: what other tools call a known word."""
    meant = (elsewhere or {}).get(word.lower())
    if meant is not None:
        return f"Did you mean '{meant}'?"
    choices = sorted(set(known))
    # Spelling and sound first; then words that one is part of, such as city and fields.city.
    for scorer, cutoff in ((_alike, sure), (_part_of, max(sure, 80))):
        found = process.extractOne(
            word.lower(), choices, scorer=scorer, processor=str.lower, score_cutoff=cutoff
        )
        if found is not None and found[0] != word:
            return f"Did you mean '{found[0]}'?"
    return otherwise.format(", ".join(choices)) if choices else ""


def _alike(one: str, other: str, **_: object) -> float:
    """Of 100. Words that sound alike are as near as their sounds: fone and phone, not fone and money."""
    one, other = _ends(one, other)
    return max(fuzz.ratio(one, other), fuzz.ratio(_sound(one), _sound(other)))


def _part_of(one: str, other: str, **_: object) -> float:
    return fuzz.WRatio(*_ends(one, other))


def _ends(one: str, other: str) -> tuple[str, str]:
    """Without a path that both begin with: fields.key is no nearer to fields.city than key is to city."""
    path = one[: one.rfind(".") + 1]
    return (one[len(path) :], other[len(path) :]) if other.startswith(path) else (one, other)


def _sound(word: str) -> str:
    for letters, sound in _SOUNDS:
        word = word.replace(letters, sound)
    return re.sub(r"(.)\1", r"\1", word)
