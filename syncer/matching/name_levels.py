"""How far two names agree: given and family name, in any order, script, and short form."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from rapidfuzz.distance import OSA, JaroWinkler

from syncer.matching.bulk import Flags, Level, Levels, raise_where, similar, unique
from syncer.matching.columns import Columns, Names, Numbers
from syncer.matching.fold import skeleton
from syncer.matching.nicknames import alike, nearly_alike


def compare_names(c: Columns, i: Numbers, j: Numbers) -> tuple[Levels, Levels, Flags]:
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
    _compound(c, i, j, given, family, weak[~turned])
    return given, family, swapped


def _compound(c: Columns, i: Numbers, j: Numbers, given: Levels, family: Levels, at: Numbers) -> None:
    """A family name of several words looks like a whole name where the given name is missing: "Garcia Lopez"
    is Javier Garcia Lopez. "Ahmed Hassan" is hardly Sara Ahmed Hassan: only a word that others have for a
    family name, and few for a given one, begins one."""
    counts, words = c.names.counts, c.names.latin_words
    for bare, named in ((i[at], j[at]), (j[at], i[at])):
        parts = counts[c.family[named]]
        compound = (parts > 1) & (counts[c.given[bare]] + counts[c.family[bare]] == parts)
        for n in np.flatnonzero(compound & c.surnames[c.given[bare]] & (family[at] > 0)).tolist():
            whole = [*words(c.given[bare[n]]), *words(c.family[bare[n]])]
            if level := _same_words(whole, words(c.family[named[n]])):
                given[at[n]], family[at[n]] = Level.MISSING, max(level, family[at[n]])


def _same_words(one: Sequence[str], other: Sequence[str]) -> int:
    """The level of a name of several words; 0 where it is another."""
    if one == other:
        return Level.SAME
    if [skeleton(w) for w in one] == [skeleton(w) for w in other]:
        return Level.VARIANT
    return Level.CLOSE if OSA.distance(" ".join(one), " ".join(other)) <= 1 else 0


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


def weigh_guesses(c: Columns, i: Numbers, j: Numbers, given: Levels, family: Levels) -> None:
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
    levels = unique(a, b, lambda x, y: _part_levels(names, x, y))
    return levels[: len(one[0])], levels[len(one[0]) :]


def _part_levels(n: Names, a: Numbers, b: Numbers) -> Levels:
    """The same for unique pairs, different and present. Scripts without vowels are compared by consonants."""
    levels = np.full(len(a), Level.DIFFERENT, dtype=np.int8)
    mixed = n.abjad[a] != n.abjad[b]
    jaro = similar(JaroWinkler.normalized_similarity, n.latin, a, b)
    slips = similar(OSA.distance, n.latin, a, b)
    shorter, longer = np.minimum(n.lengths[a], n.lengths[b]), np.maximum(n.lengths[a], n.lengths[b])
    begin = n.initials[a] == n.initials[b]
    levels[(jaro >= 0.84) & (begin | (shorter >= 4)) | (slips <= 1) & (shorter >= 3)] = Level.AKIN
    levels[begin & (shorter == 1)] = Level.INITIAL
    raise_where(levels, n.several[a] | n.several[b], Level.PART, a, b, n.words.texts, _is_part)
    slip = ((slips <= 1) & (shorter >= 4)) | ((slips <= 2) & (shorter >= 7) & (jaro >= 0.9))
    sounds = n.sounds
    slip |= (similar(OSA.distance, sounds.texts, sounds.of[a], sounds.of[b]) <= 1) & (shorter >= 5)
    levels[slip & ~mixed] = Level.CLOSE
    prefix = begin & (jaro >= 0.6) & ~mixed & (shorter >= 3)
    raise_where(levels, prefix, Level.PART, a, b, n.latin, _begins)
    same_bones = n.skeletons[a] == n.skeletons[b]
    bones, other_bones = n.bone_lengths[a], n.bone_lengths[b]
    levels[same_bones & (bones >= 3) & ((jaro >= 0.8) | (longer - shorter <= 1) & (jaro >= 0.7)) & ~mixed] = (
        Level.VARIANT
    )
    levels[(sounds.of[a] == sounds.of[b]) | (n.joined[a] == n.joined[b])] = Level.VARIANT
    known = n.known
    raise_where(levels, known[a] & known[b] & ~mixed, Level.VARIANT, a, b, n.first_words, alike)
    raise_where(levels, (known[a] | known[b]) & prefix, Level.CLOSE, a, b, n.first_words, nearly_alike)
    if mixed.any():
        near = (similar(OSA.distance, n.bones, a, b) <= 1) & (np.maximum(bones, other_bones) >= 3)
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
