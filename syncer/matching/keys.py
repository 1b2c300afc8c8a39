"""Comparison keys: what is compared is folded, what is stored and written is never touched."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b

from syncer.model import Value

# Arabic and Persian letters that people type for one another, and what carries no sound.
_LETTERS = str.maketrans(
    {
        "ي": "ی",
        "ى": "ی",
        "ئ": "ی",
        "ك": "ک",
        "ة": "ه",
        "ۀ": "ه",
        "أ": "ا",
        "إ": "ا",
        "آ": "ا",
        "ؤ": "و",
        "ـ": "",
        "\u200c": " ",
        "\u200d": "",
        "’": "",
        "'": "",
        "`": "",
    }
)
_TITLES = frozenset(
    "mr mrs ms miss dr prof sir ir drs hj haji bapak ibu pak bu jr sr phd mba آقای خانم دکتر مهندس".split()
)
_LEGAL = frozenset(
    "inc ltd llc gmbh ag co corp corporation company limited plc pt cv tbk persero sa bv شرکت".split()
)


@lru_cache(maxsize=65536)
def fold(text: str) -> str:
    """Lower case, no marks, one form of each letter and digit, words divided by single spaces."""
    folded = unicodedata.normalize("NFKD", text.casefold().translate(_LETTERS))
    kept = []
    for char in folded:
        category = unicodedata.category(char)
        if category == "Nd":
            kept.append(str(unicodedata.digit(char)))
        elif category[0] == "L":
            kept.append(char)
        elif category[0] != "M":
            kept.append(" ")
    return " ".join("".join(kept).split())


def fold_name(text: str) -> str:
    """A person's or company's name without titles and legal forms, unless nothing else is left."""
    words = fold(text).split()
    kept = [w for w in words if w not in _TITLES and w not in _LEGAL]
    return " ".join(kept or words)


LONGEST = 160  # characters of a key, or of a part of a name
WHO = "who"  # the kind under which the index keeps names


@dataclass(frozen=True, slots=True)
class Keys:
    """What a record is compared by. `exact`: kind -> folded keys; `given` and `family` are folded names (a
    company has its name in `given`)."""

    app: str
    id: str
    exact: Mapping[str, tuple[str, ...]]
    given: str = ""
    family: str = ""
    city: str = ""
    golden: str | None = None

    @property
    def key(self) -> tuple[str, str]:
        return self.app, self.id

    @property
    def who(self) -> str:
        """The name as one key; what it begins with is a block."""
        return f"{self.family}|{self.given}" if self.given or self.family else ""

    @property
    def block(self) -> str:
        """Records with similar names begin with this."""
        return f"{self.family}|{self.given[0]}" if self.given else ""

    def stored(self) -> list[tuple[str, str, str, str]]:
        """(kind, key, app, id): what the index keeps. The name carries the city, the last part of it."""
        rows = [(kind, key, self.app, self.id) for kind, keys in self.exact.items() for key in keys]
        if self.who:
            rows.append((WHO, f"{self.who}|{self.city}", self.app, self.id))
        return rows


def fold_key(value: str) -> str:
    """An exact key as it is compared. A very long one is cut and told apart by a hash of the whole: an index
    takes no text of any length."""
    key = value.casefold().strip()
    if len(key) > LONGEST:
        key = f"{key[:LONGEST]}#{blake2b(key.encode(errors='replace'), digest_size=12).hexdigest()}"
    return key.replace("\0", "\ufffd")


def keys_of(
    app: str,
    id: str,
    values: Mapping[str, Value],
    other: Mapping[str, Sequence[str]],
    exact: Sequence[str],
    names: Sequence[str],
) -> Keys:
    """Keys of a record from its golden-form values and further values of its key fields."""
    found = {
        kind: tuple(dict.fromkeys(fold_key(str(v)) for v in (values.get(kind), *other.get(kind, ())) if v))
        for kind in exact
    }
    folded = [fold_name(str(values.get(name) or ""))[:LONGEST] for name in names]
    given, family = (folded[0], folded[1]) if len(folded) > 1 else (folded[0] if folded else "", "")
    city = fold(str(values.get("city") or ""))[:LONGEST]
    return Keys(app, id, {k: v for k, v in found.items() if v}, given, family, city)


def restored(app: str, id: str, golden: str | None, rows: Sequence[tuple[str, str]]) -> Keys:
    """Keys of a known record from the index: `rows` are (kind, key)."""
    exact: dict[str, list[str]] = {}
    family = given = city = ""
    for kind, key in rows:
        if kind == WHO:
            family, given, city = key.split("|", 2)
        else:
            exact.setdefault(kind, []).append(key)
    return Keys(app, id, {k: tuple(v) for k, v in exact.items()}, given, family, city, golden)
