"""How far two records agree in each field: a small number, 0 where one of them says nothing.

Pairs are compared in bulk: first what equal numbers show, then, for the few unique pairs of texts that are
left, letter by letter.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from rapidfuzz.distance import OSA, JaroWinkler
from rapidfuzz.fuzz import ratio, token_set_ratio
from rapidfuzz.process import cpdist

from syncer.matching.columns import Columns, Names, Numbers, Vocabulary
from syncer.matching.fold import digits
from syncer.matching.nicknames import alike, nearly_alike

Levels = NDArray[np.int8]
Flags = NDArray[np.bool_]
Closeness = Callable[[Sequence[str], Numbers, Numbers], Flags]
Test = Callable[[str, str], bool]


class Level:
    """From no statement to the strongest one. Plain numbers: numpy compares with a member of an enum five
    times slower."""

    MISSING = 0
    DIFFERENT = 1
    AKIN = 2  # alike, as different names may be
    INITIAL = 3  # one is the first letter of the other
    PART = 4  # one is a part of the other
    CLOSE = 5  # a slip of the fingers apart
    VARIANT = 6  # another spelling, script or short form of it
    SAME = 7


LEVELS = {number: name for name, number in vars(Level).items() if name.isupper()}

ADULT = 14  # years between a parent and a child, at least
FEW = 200  # pairs of which those that are there twice are not looked for
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
    given, family, swapped = _names(c, i, j)
    _guesses(c, i, j, given, family)
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


# -- names -------------------------------------------------------------------------------------------


def _names(c: Columns, i: Numbers, j: Numbers) -> tuple[Levels, Levels, Flags]:
    gi, gj, fi, fj = c.given[i], c.given[j], c.family[i], c.family[j]
    given, family = _two_parts(c.names, (gi, gj), (fi, fj))
    whole = (c.full[i] == c.full[j]) & (c.full[i] > 0)
    given[whole & (given > 0)] = Level.SAME
    family[whole & ((family > 0) | (given == 0))] = Level.SAME
    bones = c.whole_bones
    alike_ = ~whole & (bones[0][j] > 0) & ((bones[0][i] == bones[0][j]) | (bones[1][i] == bones[0][j]))
    alike_ &= np.minimum(given, family) < Level.VARIANT
    given[alike_] = family[alike_] = Level.VARIANT
    swapped = np.zeros(len(i), dtype=bool)
    weak = np.flatnonzero(~whole & (np.minimum(given, family) <= Level.AKIN) & (gi + fi > 0) & (gj + fj > 0))
    one, other = _two_parts(c.names, (gi[weak], fj[weak]), (fi[weak], gj[weak]))
    both = (one > 0) & (other > 0)
    turned = both & (
        np.minimum(one, other) >= np.maximum(Level.INITIAL, np.minimum(given[weak], family[weak]) + 1)
    )
    given[weak[turned]], family[weak[turned]] = one[turned], other[turned]
    swapped[weak[turned]] = True
    first, second = c.names.stems[c.given[i]], c.names.stems[c.given[j]]
    given[(first != 0) & (first == -second) & ~swapped] = Level.DIFFERENT
    _lone(c, i[weak], j[weak], np.where(both, 0, one), np.where(both, 0, other), given, family, weak)
    return given, family, swapped


def _lone(
    c: Columns, i: Numbers, j: Numbers, one: Levels, other: Levels, given: Levels, family: Levels, at: Numbers
) -> None:
    """A single name may be the family name of somebody who has two, or the given name. `one`: level of i's
    given name with j's family name; `other`: the reverse."""
    across = np.maximum(one, other)
    better = (across > np.maximum(given[at], family[at])) & (across >= Level.CLOSE)
    lone_i, lone_j = c.family[i] * c.given[i] == 0, c.family[j] * c.given[j] == 0
    to_family = better & np.where(one >= other, lone_i, lone_j)
    to_given = better & ~to_family
    given[at[to_family]], family[at[to_family]] = Level.MISSING, across[to_family]
    given[at[to_given]], family[at[to_given]] = across[to_given], Level.MISSING


def _guesses(c: Columns, i: Numbers, j: Numbers, given: Levels, family: Levels) -> None:
    """A name that the mailbox suggests speaks for one person; against, only where its family name
    agrees."""
    guess = c.guessed[i] | c.guessed[j]
    twice = guess & (c.local[i] == c.local[j])  # what the mailbox says is compared as an address already
    # "katherine.greenham" is not Kathleen Greenham's
    other = ~twice & (given == Level.DIFFERENT) & (family >= Level.CLOSE)
    for levels in (given, family):
        levels[twice & (levels >= Level.CLOSE)] = Level.MISSING
        levels[guess & (levels >= Level.CLOSE)] = Level.CLOSE
        levels[guess & (levels < Level.CLOSE) & ~other] = Level.MISSING
    letters, words = c.handles
    for n in np.flatnonzero((c.full[i] == 0) != (c.full[j] == 0)).tolist():
        bare, named = (i[n], j[n]) if c.full[i[n]] == 0 else (j[n], i[n])
        first, last = c.names.latin[c.given[named]], c.names.latin[c.family[named]]
        mailbox = words[letters[bare]]
        own = words[letters[named]] if words[letters[named]] != mailbox else ""
        if not first or not last or not mailbox:
            continue
        if mailbox in (first + last, last + first, own):
            given[n] = family[n] = Level.CLOSE
        elif mailbox == first[0] + last or _shortened(mailbox, own):
            given[n], family[n] = Level.INITIAL, Level.CLOSE
        elif mailbox[1:] == last:
            given[n], family[n] = Level.DIFFERENT, Level.CLOSE


def _shortened(a: str, b: str) -> bool:
    """One mailbox is the other with an initial: mkarimi and mehdikarimi."""
    short, long = sorted((a, b), key=len)
    return 5 <= len(short) < len(long) and short[0] == long[0] and long.endswith(short[1:])


def _two_parts(
    names: Names, one: tuple[Numbers, Numbers], other: tuple[Numbers, Numbers]
) -> tuple[Levels, Levels]:
    """Levels of two columns of pairs of name parts."""
    a, b = (np.concatenate(both) for both in zip(one, other, strict=True))
    levels = _unique(a, b, lambda x, y: _part_levels(names, x, y))
    return levels[: len(one[0])], levels[len(one[0]) :]


def _part_levels(n: Names, a: Numbers, b: Numbers) -> Levels:
    """The same for unique pairs, different and present. Scripts without vowels are compared by consonants."""
    levels = np.full(len(a), Level.DIFFERENT, dtype=np.int8)
    mixed = n.abjad[a] != n.abjad[b]
    jaro = _similar(JaroWinkler.normalized_similarity, n.latin, a, b)
    slips = _similar(OSA.distance, n.latin, a, b)
    shorter, longer = np.minimum(n.lengths[a], n.lengths[b]), np.maximum(n.lengths[a], n.lengths[b])
    begin = n.initials[a] == n.initials[b]
    levels[(jaro >= 0.84) & (begin | (shorter >= 4)) | (slips <= 1) & (shorter >= 3)] = Level.AKIN
    levels[begin & (shorter == 1)] = Level.INITIAL
    _set(levels, n.several[a] | n.several[b], Level.PART, a, b, n.words.texts, _is_part)
    slip = ((slips <= 1) & (shorter >= 4)) | ((slips <= 2) & (shorter >= 7) & (jaro >= 0.9))
    sounds = n.sounds
    slip |= (_similar(OSA.distance, sounds.texts, sounds.of[a], sounds.of[b]) <= 1) & (shorter >= 5)
    levels[slip & ~mixed] = Level.CLOSE
    prefix = begin & (jaro >= 0.6) & ~mixed & (shorter >= 3)
    _set(levels, prefix, Level.PART, a, b, n.latin, _begins)
    same_bones = n.skeletons[a] == n.skeletons[b]
    bones, other_bones = n.bone_lengths[a], n.bone_lengths[b]
    levels[same_bones & (bones >= 3) & ((jaro >= 0.8) | (longer - shorter <= 1) & (jaro >= 0.7)) & ~mixed] = (
        Level.VARIANT
    )
    levels[(sounds.of[a] == sounds.of[b]) | (n.joined[a] == n.joined[b])] = Level.VARIANT
    known = n.known
    _set(levels, known[a] & known[b] & ~mixed, Level.VARIANT, a, b, n.first_words, alike)
    _set(levels, (known[a] | known[b]) & prefix, Level.CLOSE, a, b, n.first_words, nearly_alike)
    if mixed.any():
        near = (_similar(OSA.distance, n.bones, a, b) <= 1) & (np.maximum(bones, other_bones) >= 3)
        levels[mixed] = np.where(near[mixed], Level.AKIN, Level.DIFFERENT)
        levels[mixed & near & (bones >= 5)] = Level.CLOSE
        levels[mixed & same_bones] = np.where((bones >= 2) | (jaro >= 0.8), Level.VARIANT, Level.CLOSE)[
            mixed & same_bones
        ]
        levels[mixed & (shorter == 1)] = Level.AKIN
    return levels


def _begins(a: str, b: str) -> bool:
    """One is how the other begins: Fred and Frederik."""
    return a.startswith(b) or b.startswith(a)


def _is_part(a: str, b: str) -> bool:
    """One is some of the words of the other."""
    one, other = set(a.split()), set(b.split())
    shared = one & other
    return shared in (one, other) and any(len(w) > 2 for w in shared)


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

    return _unique(a, b, letters)


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
    return _similar(OSA.distance, texts, a, b) <= 1


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
    return _similar(ratio, texts, a, b) >= 75


def _one_key(texts: Sequence[str], a: Numbers, b: Numbers) -> Flags:
    """A slip in an address. Another number in it, or another initial, is another address."""
    near = _one_slip(texts, a, b)
    for n in np.flatnonzero(near).tolist():
        one, other = texts[a[n]], texts[b[n]]
        short = min(one.find("@"), other.find("@")) < 4
        near[n] = not short and one[0] == other[0] and digits(one) == digits(other)
    return near


def _like(texts: Sequence[str], a: Numbers, b: Numbers) -> Flags:
    return _similar(token_set_ratio, texts, a, b) >= 88


# -- in bulk -----------------------------------------------------------------------------------------


def _unique(a: Numbers, b: Numbers, levels_of: Callable[[Numbers, Numbers], Levels]) -> Levels:
    """Levels of pairs of numbers; the unequal ones once for each unique pair."""
    levels = np.where(a == b, Level.SAME, Level.DIFFERENT).astype(np.int8)
    levels[(a == 0) | (b == 0)] = Level.MISSING
    unequal = np.flatnonzero(levels == Level.DIFFERENT)
    if 0 < len(unequal) <= FEW:
        levels[unequal] = levels_of(a[unequal], b[unequal])
    elif len(unequal):
        low, high = np.minimum(a[unequal], b[unequal]), np.maximum(a[unequal], b[unequal])
        top = int(high.max()) + 1
        codes, back = np.unique(low * top + high, return_inverse=True)
        levels[unequal] = levels_of(codes // top, codes % top)[back]
    return levels


def _similar(
    scorer: Callable[..., float], texts: Sequence[str], a: Numbers, b: Numbers
) -> NDArray[np.float32]:
    """Similarity of pairs of texts, on all cores."""
    one, other = ([texts[n] for n in x.tolist()] for x in (a, b))
    workers = -1 if len(one) > 2000 else 1
    found: NDArray[np.float32] = cpdist(one, other, scorer=scorer, dtype=np.float32, workers=workers)
    return found


def _set(
    levels: Levels, where: Flags, level: int, a: Numbers, b: Numbers, texts: Sequence[str], test: Test
) -> None:
    """Raise to a level the pairs that pass a test which only Python can make."""
    for n in np.flatnonzero(where & (levels < level)).tolist():
        if test(texts[a[n]], texts[b[n]]):
            levels[n] = level
