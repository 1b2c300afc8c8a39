"""How far two records agree in each field: a small number, 0 where one of them says nothing.

Pairs are compared in bulk: first what equal numbers show, then, for the few unique pairs of texts that are
left, letter by letter.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from rapidfuzz.distance import OSA
from rapidfuzz.fuzz import ratio, token_set_ratio

from syncer.matching.bulk import Flags, Level, Levels, similar, unique
from syncer.matching.columns import Columns, Numbers, Vocabulary
from syncer.matching.fold import digits
from syncer.matching.name_levels import compare_names, weigh_guesses

Closeness = Callable[[Sequence[str], Numbers, Numbers], Flags]

ADULT = 14  # years between a parent and a child, at least
PAIRS = 50_000  # pairs compared at once
FIELDS = ("given", "family", "mail", "phone", "office", "city", "country", "generation")


@dataclass
class Compared:
    """Levels by field for pairs of rows (i, j), the kinds of facts among them. Where `swapped`, one's given
    name is the other's family name."""

    i: Numbers
    j: Numbers
    levels: dict[str, Levels]
    swapped: Flags

    def every(self, step: int) -> Compared:
        """Every so manieth pair."""
        return self._cut(slice(None, None, step))

    def between(self, start: int, end: int) -> Compared:
        return self._cut(slice(start, end))

    def of(self, c: Columns, i: Numbers, j: Numbers) -> Compared:
        """These pairs: what was compared already is looked up. Own pairs are in order, each with i < j."""
        codes, wanted = self.i * c.size + self.j, np.minimum(i, j) * c.size + np.maximum(i, j)
        at = np.minimum(np.searchsorted(codes, wanted), max(len(codes) - 1, 0))
        there = codes[at] == wanted if len(codes) else np.zeros(len(i), dtype=bool)
        if not there.any():
            return compare(c, i, j)
        found = self._cut(at)
        found.i, found.j = i, j
        given, family, turned = found.levels["given"], found.levels["family"], found.swapped & (i > j)
        given[turned], family[turned] = family[turned], given[turned]
        if not there.all():
            new = compare(c, i[~there], j[~there])
            for name, levels in found.levels.items():
                levels[~there] = new.levels[name]
            found.swapped[~there] = new.swapped
        return found

    def borne_out(self) -> Flags:
        """Whether anything but the name and the country agrees."""
        fields = [
            v for name, v in self.levels.items() if name not in ("given", "family", "country", "generation")
        ]
        agreed: Flags = np.max(fields, axis=0) >= Level.AKIN
        return agreed

    def _cut(self, at: slice | Numbers) -> Compared:
        levels = {name: v[at] for name, v in self.levels.items()}
        return Compared(self.i[at], self.j[at], levels, self.swapped[at])


def compare(c: Columns, i: Numbers, j: Numbers) -> Compared:
    """All fields of all pairs, in portions."""
    if len(i) <= PAIRS:
        return _compare(c, i, j)
    found = [_compare(c, i[at : at + PAIRS], j[at : at + PAIRS]) for at in range(0, len(i), PAIRS)]
    levels = {name: np.concatenate([p.levels[name] for p in found]) for name in found[0].levels}
    return Compared(i, j, levels, np.concatenate([p.swapped for p in found]))


def _compare(c: Columns, i: Numbers, j: Numbers) -> Compared:
    given, family, swapped = compare_names(c, i, j)
    weigh_guesses(c, i, j, given, family)
    mail = _mails(c, i, j)
    levels = {
        "given": given,
        "family": family,
        "mail": mail,
        "phone": _any(c.phone, c.more_phones, i, j, c.phones, _one_slip),
        "office": _offices(c, i, j, mail),
        "city": _cities(c, i, j),
        "country": _equal(c.country, i, j),
        "generation": _equal(c.generation, i, j),
    }
    for kind, f in c.facts.items():
        close = _like_street if kind == "street" else _like_number
        levels[kind] = _texts(f[i], f[j], c.fact_texts[kind], close)
    if "birth_date" in levels:
        _generation(levels["birth_date"], c.years[i], c.years[j])
    return Compared(i, j, levels, swapped)


# -- the other fields --------------------------------------------------------------------------------


def _mails(c: Columns, i: Numbers, j: Numbers) -> Levels:
    """SAME; CLOSE: a slip; PART: the same mailbox name at another provider, AKIN where people of one name
    have it."""
    levels = _any(c.mail, c.more_mails, i, j, c.mails, _one_key)
    mailbox = (levels == Level.DIFFERENT) & (c.local[i] == c.local[j]) & (c.local[i] > 0)
    if mailbox.any():
        levels[mailbox] = np.where(c.plain[i[mailbox]] | c.plain[j[mailbox]], Level.AKIN, Level.PART)
    return levels


def _offices(c: Columns, i: Numbers, j: Numbers, mail: Levels) -> Levels:
    """SAME company name; VARIANT: the same domain; CLOSE or PART: similar names. An equal address says its
    domain already."""
    levels = _texts(c.org[i], c.org[j], c.orgs, _like)
    domain = (c.house[i] == c.house[j]) & (c.house[i] > 0) & (mail < Level.CLOSE)
    levels[domain & (levels < Level.SAME)] = Level.VARIANT
    return levels


def _cities(c: Columns, i: Numbers, j: Numbers) -> Levels:
    levels = _texts(c.city[i], c.city[j], c.cities, _like)
    spelled = (levels == Level.DIFFERENT) & (c.city_bones[i] == c.city_bones[j]) & (c.city_bones[i] > 0)
    levels[spelled] = Level.CLOSE
    return levels


def _equal(column: Numbers, i: Numbers, j: Numbers) -> Levels:
    levels = np.where(column[i] == column[j], Level.SAME, Level.DIFFERENT)
    return np.where((column[i] > 0) & (column[j] > 0), levels, Level.MISSING).astype(np.int8)


def _texts(a: Numbers, b: Numbers, words: Vocabulary, close: Closeness) -> Levels:
    """SAME, CLOSE, DIFFERENT."""

    def letters(x: Numbers, y: Numbers) -> Levels:
        return np.where(close(words.texts, x, y), Level.CLOSE, Level.DIFFERENT).astype(np.int8)

    return unique(a, b, letters)


def _any(
    column: Numbers, more: dict[int, Numbers], i: Numbers, j: Numbers, words: Vocabulary, close: Closeness
) -> Levels:
    """The best level of any value of the one with any of the other."""
    levels = _texts(column[i], column[j], words, close)
    if more:
        several = np.isin(i, list(more)) | np.isin(j, list(more))
        for n in np.flatnonzero(several & (levels < Level.SAME)):
            a, b = more.get(int(i[n]), column[i[n] : i[n] + 1]), more.get(int(j[n]), column[j[n] : j[n] + 1])
            if np.intersect1d(a[a > 0], b).size:
                levels[n] = Level.SAME
    return levels


def _one_slip(texts: Sequence[str], a: Numbers, b: Numbers) -> Flags:
    return similar(OSA.distance, texts, a, b) <= 1


def _like_number(texts: Sequence[str], a: Numbers, b: Numbers) -> Flags:
    """A slip, or its digits in another order: day and month."""
    near = _one_slip(texts, a, b)
    for n in np.flatnonzero(~near).tolist():
        near[n] = sorted(texts[a[n]]) == sorted(texts[b[n]])
    return near


def _generation(levels: Levels, one: Numbers, other: Numbers) -> None:
    """AKIN: another date, but not of a parent and a child."""
    near = (one > 0) & (other > 0) & (np.abs(one - other) < ADULT)
    levels[near & (levels == Level.DIFFERENT)] = Level.AKIN


def _like_street(texts: Sequence[str], a: Numbers, b: Numbers) -> Flags:
    return similar(ratio, texts, a, b) >= 75


def _one_key(texts: Sequence[str], a: Numbers, b: Numbers) -> Flags:
    """A slip in an address. Another number in it, or another initial, is another address."""
    near = _one_slip(texts, a, b)
    for n in np.flatnonzero(near).tolist():
        one, other = texts[a[n]], texts[b[n]]
        short = min(one.find("@"), other.find("@")) < 4
        near[n] = not short and one[0] == other[0] and digits(one) == digits(other)
    return near


def _like(texts: Sequence[str], a: Numbers, b: Numbers) -> Flags:
    return similar(token_set_ratio, texts, a, b) >= 88
