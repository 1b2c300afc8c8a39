"""Which pairs of records are compared: those that share one of several independent keys.

Few records are compared all with all. A key that many records share is split by a second one (city,
organisation, mailbox), never dropped; what is still too many is sorted, and neighbours are compared.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from syncer.matching.columns import Columns, Numbers, Vocabulary
from syncer.matching.fold import skeleton

CROWD = 24  # records that share a key; more are split
FEW = 24  # so many records are compared with each other whatever they share
WINDOW = 8  # neighbours in what cannot be split


def pairs(c: Columns, known: NDArray[np.bool_], names: bool = True) -> tuple[Numbers, Numbers]:
    """Rows (i, j), i < j, of all pairs to compare; each once, in order. Two known records are settled."""
    i, j = _all(np.flatnonzero(~known), c.size) if names and _few(known) else _keyed(c, names)
    new = ~(known[i] & known[j])
    return i[new], j[new]


def _few(known: NDArray[np.bool_]) -> bool:
    return len(known) * (len(known) - int(np.count_nonzero(known))) <= FEW * FEW


def _all(new: Numbers, size: int) -> tuple[Numbers, Numbers]:
    """Every pair with one of these rows."""
    one, other = np.repeat(new, size), np.tile(np.arange(size, dtype=np.int64), len(new))
    codes = _distinct((np.minimum(one, other) * size + np.maximum(one, other))[one != other])
    return codes // max(size, 1), codes % max(size, 1)


def _keyed(c: Columns, names: bool) -> tuple[Numbers, Numbers]:
    found = [_distinct(np.concatenate([*_within(key, splits, c)])) for key, splits in _keys(c, names)]
    codes = _distinct(np.concatenate(found))
    return codes // c.size, codes % c.size


def _distinct(codes: Numbers) -> Numbers:
    codes.sort()
    return codes[np.concatenate(([True], codes[1:] != codes[:-1]))] if len(codes) else codes


def _keys(c: Columns, names: bool) -> Iterator[tuple[Numbers, list[Numbers]]]:
    """Keys (0: none), each with the keys that split it."""
    bones, sounds = c.names.skeletons, c.names.sounds.of
    given, family = bones[c.given], bones[c.family]
    place, handle = c.city_bones, c.handles[0]
    office = np.where(c.house > 0, c.house, c.org + len(c.domains.texts) * (c.org > 0))
    by = [c.phone, c.local, office, place, handle]
    low, high = np.minimum(given, family), np.maximum(given, family)
    for column, more in ((c.mail, c.more_mails), (c.phone, c.more_phones)):
        yield column, [_both(given, family), given, family, place]
        yield from ((other, []) for other in _additional(column, more))
    for column in c.facts.values():
        yield column, [given, family]
    if not names:
        return
    yield _both(low, high) * (low > 0), by
    yield given * (family == 0), by
    yield c.full, by
    if c.size:
        yield c.whole_bones.min(axis=0) * (c.whole_bones.min(axis=0) > 0), by
    yield c.local, [_both(low, high), given, family]
    yield c.slips, [_both(low, high), place]
    for usual in c.usual:
        yield from _across(handle, usual, c.full == 0)
    first, start = c.names.initials[c.given], _starts(c)[c.family]
    yield _both(family, first), by
    yield _both(given, start), by
    for part in (sounds[c.given], sounds[c.family]):
        yield _both(part, office), [place, handle]
        yield _both(part, place), [office, handle]
    yield _both(office, place) * ((given == 0) | (family == 0)), []
    yield _both(office, c.handle_starts), []


def _both(a: Numbers, b: Numbers) -> Numbers:
    """One key of two; none where one of them is missing."""
    return (a * (int(b.max(initial=0)) + 1) + b) * ((a > 0) & (b > 0))


def _starts(c: Columns) -> Numbers:
    return c.names.words.mapped(lambda t: skeleton(t)[:2], Vocabulary())


def _additional(column: Numbers, more: dict[int, Numbers]) -> Iterator[Numbers]:
    """Further values of some records, each as a column in which all others have their main one."""
    for place in range(1, max((len(v) for v in more.values()), default=0)):
        other = column.copy()
        for row, values in more.items():
            other[row] = values[place] if place < len(values) else 0
        yield other


def _across(
    mailbox: Numbers, usual: Numbers, nameless: NDArray[np.bool_]
) -> Iterator[tuple[Numbers, list[Numbers]]]:
    """A nameless mailbox and the name that it is made of."""
    if nameless.any():
        of_nameless = np.unique(mailbox[nameless])
        yield np.where(nameless, mailbox, usual * np.isin(usual, of_nameless)), [mailbox]


def _within(key: Numbers, splits: list[Numbers], c: Columns) -> Iterator[Numbers]:
    rows, sizes = _blocks(key, np.flatnonzero(key))
    small = sizes <= CROWD
    yield _neighbours(key, rows[small], CROWD, c.size)
    large = np.sort(rows[~small])
    if not len(large):
        return
    for split in splits:
        finer = np.zeros_like(key)
        finer[large] = _both(key[large], split[large])
        some, many = _blocks(finer, large[finer[large] > 0])
        fits = many <= CROWD
        yield _neighbours(finer, some[fits], CROWD, c.size)
        if not fits.all():
            yield _neighbours(finer, _sorted(finer, some[~fits], c), WINDOW, c.size)


def _blocks(key: Numbers, rows: Numbers) -> tuple[Numbers, Numbers]:
    """Rows ordered by key, and for each the size of its block."""
    ordered = rows[np.argsort(key[rows], kind="stable")]
    _, inverse, counts = np.unique(key[ordered], return_inverse=True, return_counts=True)
    return ordered, counts[inverse]


def _sorted(key: Numbers, rows: Numbers, c: Columns) -> Numbers:
    return rows[np.lexsort((c.phone[rows], c.local[rows], c.full[rows], key[rows]))]


def _neighbours(key: Numbers, rows: Numbers, reach: int, size: int) -> Numbers:
    """Codes of the pairs that stand within `reach` of each other and share the key."""
    found, values = [], key[rows]
    for step in range(1, min(reach, len(rows))):
        at = np.flatnonzero(values[:-step] == values[step:])
        if not len(at):
            break
        a, b = rows[at], rows[at + step]
        found.append(np.minimum(a, b) * size + np.maximum(a, b))
    return np.concatenate(found) if found else np.empty(0, dtype=np.int64)
