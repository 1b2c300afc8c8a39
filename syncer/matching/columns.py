"""Many records as columns of numbers, so that millions of pairs are compared by array operations.

Each text becomes its place in a `Vocabulary`; 0 is the missing text. Only unique texts are ever folded into
sounds and skeletons or compared letter by letter.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache

import numpy as np
from anyascii import anyascii
from numpy.typing import NDArray

from syncer.matching.fold import digits, is_abjad, latin, skeleton, sound
from syncer.matching.nicknames import known_as
from syncer.matching.traits import ROLES, Traits

Numbers = NDArray[np.int64]
_PARTICLES = frozenset("al el abd abdul de da di la le van von bin ibn".split())
_YEAR = re.compile("^(?:19|20)[0-9]{2}|(?:19|20)[0-9]{2}$")
TURNED = 2.0  # log2 of the odds
_LITTLE = frozenset("www co com ac or net org go the".split())


class Vocabulary:
    """Unique texts and their numbers, from 1; number 0 is the missing text."""

    def __init__(self) -> None:
        self.texts: list[str] = [""]
        self._numbers: dict[str, int] = {"": 0}

    def numbers(self, texts: Iterable[str]) -> Numbers:
        known, kept = self._numbers, self.texts
        found = []
        for text in texts:
            number = known.get(text)
            if number is None:
                number = known[text] = len(kept)
                kept.append(text)
            found.append(number)
        return np.array(found, dtype=np.int64)

    def mapped(self, form: Callable[[str], str], into: Vocabulary) -> Numbers:
        """A lookup array: number here -> number of that form in another vocabulary."""
        return into.numbers(map(form, self.texts))

    def flags(self, test: Callable[[str], bool]) -> NDArray[np.bool_]:
        return np.fromiter(map(test, self.texts), dtype=bool, count=len(self.texts))


@dataclass(frozen=True)
class Forms:
    """A form of each text of a vocabulary: its number, and the texts of the numbers."""

    of: Numbers
    texts: list[str]


@dataclass
class Names:
    """The vocabulary of name parts, with the forgiving forms of each."""

    words: Vocabulary = field(default_factory=Vocabulary)

    @cached_property
    def latin(self) -> list[str]:
        return [latin(t) for t in self.words.texts]

    @cached_property
    def joined(self) -> Numbers:
        return self.words.mapped(lambda t: t.replace(" ", ""), Vocabulary())

    @cached_property
    def sounds(self) -> Forms:
        into = Vocabulary()
        return Forms(self.words.mapped(sound, into), into.texts)

    @cached_property
    def bones(self) -> list[str]:
        """Consonants; of a name without any, all letters."""
        return [skeleton(t) or latin(t) for t in self.words.texts]

    @cached_property
    def skeletons(self) -> Numbers:
        return Vocabulary().numbers(self.bones)

    @cached_property
    def abjad(self) -> NDArray[np.bool_]:
        return self.words.flags(is_abjad)

    @cached_property
    def stems(self) -> Numbers:
        """Of a name in -o its number, of one in -a the same with a minus: a brother's and a sister's."""
        signs = [{"o": 1, "a": -1}.get(t[-1:], 0) if len(t) > 3 else 0 for t in self.latin]
        found: Numbers = Vocabulary().numbers(t[:-1] for t in self.latin) * np.array(signs, dtype=np.int64)
        return found

    @cached_property
    def lengths(self) -> Numbers:
        return np.array([len(t) for t in self.latin], dtype=np.int64)

    @cached_property
    def bone_lengths(self) -> Numbers:
        return np.array([len(t) for t in self.bones], dtype=np.int64)

    @cached_property
    def initials(self) -> Numbers:
        return np.array([ord(t[0]) if t else 0 for t in self.latin], dtype=np.int64)

    @cached_property
    def first_words(self) -> list[str]:
        """The first word of each, in Latin letters: what a nickname stands for."""
        return [latin(t.partition(" ")[0]) for t in self.words.texts]

    @cached_property
    def counts(self) -> Numbers:
        """Words in each."""
        return np.array([len(t.split()) for t in self.words.texts], dtype=np.int64)

    def latin_words(self, number: int) -> list[str]:
        return [latin(word) for word in self.words.texts[number].split()]

    @cached_property
    def known(self) -> NDArray[np.bool_]:
        """Whether something is known of a name's short forms."""
        return np.array([t not in _PARTICLES and bool(known_as(t)) for t in self.first_words])

    @cached_property
    def several(self) -> NDArray[np.bool_]:
        return self.words.flags(lambda t: " " in t)


class Columns:
    """The columns of some records, in the order given. Additional addresses and numbers are in `more_mails`
    and `more_phones` (row -> numbers)."""

    def __init__(self, records: Sequence[Traits]) -> None:
        self.records = records
        self.size = len(records)
        self.names = Names()
        self.given = self.names.words.numbers(r.given for r in records)
        self.family = self.names.words.numbers(r.family for r in records)
        self._turn()
        self.guessed = np.array([r.guessed for r in records], dtype=bool)
        self.mails, self.phones, self.orgs = Vocabulary(), Vocabulary(), Vocabulary()
        self.cities, self.domains, self.locals = Vocabulary(), Vocabulary(), Vocabulary()
        self.mail = self.mails.numbers(r.mails[0] if r.mails else "" for r in records)
        self.phone = self.phones.numbers(r.phones[0] if r.phones else "" for r in records)
        self.org = self.orgs.numbers(r.org for r in records)
        self.city = self.cities.numbers(r.city for r in records)
        self.country = Vocabulary().numbers(r.country for r in records)
        self.generation = Vocabulary().numbers(r.generation for r in records)
        self.app = Vocabulary().numbers(f"{r.app}, away" if r.away else r.app for r in records)
        self.domain = self.domains.numbers(r.domain for r in records)
        locals_ = [local_of(t) for t in self.mails.texts]
        self.local = self.locals.numbers(locals_)[self.mail]
        self.more_mails = {n: self.mails.numbers(r.mails) for n, r in enumerate(records) if len(r.mails) > 1}
        self.more_phones = {
            n: self.phones.numbers(r.phones) for n, r in enumerate(records) if len(r.phones) > 1
        }
        self.house = self._houses()
        self.kinds = sorted({kind for r in records for kind, _ in r.facts})
        self.fact_texts = {kind: Vocabulary() for kind in self.kinds}
        self.facts = {
            kind: self.fact_texts[kind].numbers(dict(r.facts).get(kind, "") for r in records)
            for kind in self.kinds
        }

    def _turn(self) -> None:
        """Given and family name change places where all others have them so."""
        whole = (self.given > 0) & (self.family > 0)
        size = len(self.names.words.texts)
        first, last = (np.bincount(x[whole], minlength=size) + 1.0 for x in (self.given, self.family))
        odds = np.log2(last / first)
        turned = np.flatnonzero(whole & (odds[self.given] - odds[self.family] > TURNED))
        self.given[turned], self.family[turned] = self.family[turned], self.given[turned]

    @cached_property
    def surnames(self) -> NDArray[np.bool_]:
        """Of each name part: whether other records tell that it begins family names."""
        texts = self.names.words.texts
        numbers = {text: n for n, text in enumerate(texts)}
        heads = np.array([numbers.get(text.partition(" ")[0], 0) for text in texts])
        whole = (self.given > 0) & (self.family > 0)
        first = np.bincount(self.given[whole], minlength=len(texts))
        last = np.bincount(heads[self.family[whole]], minlength=len(texts))
        found: NDArray[np.bool_] = np.log2((last + 1.0) / (first + 1.0)) >= TURNED
        return found

    @cached_property
    def years(self) -> Numbers:
        """The years of birth; 0 where none is told."""
        found = [_YEAR.search(t) for t in self.fact_texts["birth_date"].texts]
        return np.array([int(y.group()) if y else 0 for y in found])[self.facts["birth_date"]]

    def _houses(self) -> Numbers:
        """The organisation of each record, numbered as `domains`: by the domain of its address, else by that
        of others in a company of this name, else by the domain that is made of its name."""
        known = np.zeros(len(self.orgs.texts), dtype=np.int64)
        label = {slug(t.rsplit(".", 1)[0]): n for n, t in reversed([*enumerate(self.domains.texts)]) if n}
        for n, text in enumerate(self.orgs.texts):
            known[n] = label.get(slug(text), 0) if n else 0
        both = np.flatnonzero((self.org > 0) & (self.domain > 0))
        top = len(self.domains.texts)
        codes, counts = np.unique(self.org[both] * top + self.domain[both], return_counts=True)
        order = np.lexsort((codes, counts))
        known[codes[order] // top] = codes[order] % top  # the most frequent comes last, and stays
        return np.where(self.domain > 0, self.domain, known[self.org])

    @cached_property
    def full(self) -> Numbers:
        """The whole name, whatever the order of its words and where it was divided."""
        self._full = Vocabulary()
        return self._full.numbers("".join(sorted(f"{r.given} {r.family}".split())) for r in self.records)

    @cached_property
    def whole_bones(self) -> Numbers:
        """The consonants of the whole name in the order given, and of it turned round; 0 for few of them."""
        into, texts = Vocabulary(), self.names.words.texts
        heads = [skeleton(t) for t in texts]
        tails = [skeleton(f"b{latin(t)}" if not is_abjad(t) else f"ب{t}")[1:] for t in texts]

        def whole(first: Numbers, second: Numbers) -> Numbers:
            rows = zip(first.tolist(), second.tolist(), strict=True)
            bones = (heads[a] + tails[b] if a and b else "" for a, b in rows)
            return into.numbers(t if len(t) > 4 else "" for t in bones)

        return np.array([whole(self.given, self.family), whole(self.family, self.given)])

    @property
    def full_texts(self) -> list[str]:
        return self._full.texts if len(self.full) else [""]

    @cached_property
    def city_bones(self) -> Numbers:
        return self.cities.mapped(skeleton, Vocabulary())[self.city]

    @cached_property
    def handles(self) -> tuple[Numbers, list[str]]:
        """The letters of the mailbox, and their texts."""
        self._handles = Vocabulary()
        letters = self._handles.numbers("".join(filter(str.isalpha, t)) for t in self.locals.texts)
        return letters[self.local], self._handles.texts

    @cached_property
    def slips(self) -> Numbers:
        """What is left of a mailbox whose letters were mistyped: its consonants in alphabetical order, and
        its number."""
        return self.locals.mapped(_kernel, Vocabulary())[self.local]

    @cached_property
    def handle_starts(self) -> Numbers:
        """How the name begins or, of the nameless, the mailbox: letters of it, as a number."""
        letters, texts = self.handles
        first = np.array([ord(t[0]) if t else 0 for t in texts])[letters]
        given, family = self.names.initials[self.given], self.names.initials[self.family]
        return np.where(given > 0, given, np.where(family > 0, family, first))

    @cached_property
    def plain(self) -> NDArray[np.bool_]:
        """Whether the mailbox is made of the name and nothing else: namesakes have it elsewhere."""
        letters, texts = self.handles
        words, latin_ = self.locals.texts, self.names.latin
        found = []
        for n, (mailbox, whole) in enumerate(zip(letters.tolist(), self.local.tolist(), strict=True)):
            parts = (latin_[self.given[n]], latin_[self.family[n]])
            named = any(len(p) > 2 and p in texts[mailbox] for p in parts) or not any(parts)
            found.append(named and not any(c.isdigit() for c in words[whole]))
        return np.array(found, dtype=bool)

    @cached_property
    def usual(self) -> list[Numbers]:
        """What mailboxes of this name are usually called (both names, initial and family name), numbered like
        `handles`."""
        _, latin_ = self.handles, self.names.latin
        both = [
            (latin_[g], latin_[f]) for g, f in zip(self.given.tolist(), self.family.tolist(), strict=True)
        ]
        return [
            self._handles.numbers(a[:letters] + b if a and b else "" for a, b in both)
            for letters in (None, 1)
        ]


@lru_cache(maxsize=65_536)
def slug(text: str) -> str:
    """The letters of a company's name or of a domain, without "and" and a closing number."""
    words = re.split(r"[^a-z0-9]+", anyascii(text).lower())
    return "".join(w for w in words if w not in _LITTLE).rstrip("0123456789").replace("and", "")


def _kernel(mailbox: str) -> str:
    bones = "".join(sorted(set(skeleton("".join(filter(str.isalpha, mailbox))))))
    return bones + digits(mailbox) if len(bones) > 2 else ""


def local_of(address: str) -> str:
    """The mailbox, unless it is an office's."""
    local, at, _ = address.partition("@")
    return "" if not at or local in ROLES or len(local) < 4 else local
