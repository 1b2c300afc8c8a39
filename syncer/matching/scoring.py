"""Score pairs of records, and of groups, by the weights: log2 of the odds that they are one person."""

from __future__ import annotations

from copy import copy
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from syncer.matching.bulk import LEVELS, Level
from syncer.matching.columns import Columns, Numbers
from syncer.matching.frequencies import holders, others_of, people_by_value
from syncer.matching.levels import Compared
from syncer.matching.traits import ROLES
from syncer.matching.weights import CLASSES, SHARES, Weights, table

Floats = NDArray[np.float64]
# How often values that have nothing to do with each other reach a level; equal ones do as often as they are
# common.
CHANCE: dict[str, dict[int, float]] = {
    "given": {
        Level.VARIANT: 0.002,
        Level.CLOSE: 0.003,
        Level.PART: 0.004,
        Level.INITIAL: 0.002,
        Level.AKIN: 0.015,
    },
    "family": {
        Level.VARIANT: 0.0005,
        Level.CLOSE: 0.001,
        Level.PART: 0.003,
        Level.INITIAL: 0.0005,
        Level.AKIN: 0.01,
    },
    "mail": {Level.CLOSE: 2e-5, Level.PART: 2e-5},
    "phone": {Level.CLOSE: 2e-6},
    "office": {Level.VARIANT: 1e-4, Level.CLOSE: 0.002},
    "city": {Level.CLOSE: 0.005},
    "country": {},
    "birth_date": {Level.CLOSE: 1e-3, Level.AKIN: 0.3},
    "postcode": {Level.CLOSE: 0.01},
    "street": {Level.CLOSE: 0.01},
    "number": {Level.CLOSE: 1e-5},
}
OTHER = "number"  # any other thing that a person has only one of is like a national number
# The same mailbox name at another provider: one that only this person has, and one that is the plain name.
MAILBOX = (0.15, 0.002, 0.001, 0.01, 0.01, 1e-5)
PLAIN_BOX = (0.12, 0.002, 0.02, 0.08, 0.08, 0.02)
SIMILAR = (0.005, 0.002, 0.01, 0.01)  # addresses of different people that differ by a letter
# "Jr." on both, two different ones, on one side only: of one person, of others, of parent and child.
GENERATIONS = {
    Level.SAME: (0.5, 0.25, 0.02), Level.DIFFERENT: (0.005, 0.25, 0.4), Level.MISSING: (0.4, 0.5, 0.58)
}  # fmt: skip
SUFFIXED = 0.6  # parents and children of the name, where "Jr." or "Sr." says that there are some
NAMESAKES = 0.05  # namesakes beyond those
CULTURES = 5.0  # names of one culture go together: so much commoner is a full name than its parts let expect
SHOWN = 0.6  # of the people who have a name, so many have it, spelled so, in the largest app
LONE = 0.02  # how common a full name is that lacks one part
COUNTRY = 0.2  # how often two strangers live in one country
SAME_INITIAL = 0.08  # how often different names begin with one letter
ACCIDENT = 0.02  # people who have an address or number by mistake
UNSEEN = 0.3  # further holders of a name or an office that the data does not show
STAFF = 0.02  # of all people, so many are in one company, where weights did not count them
SECOND = (0.01, 0.3)  # how many of a person's records have the second address: between these
OFFICE_BOX = -3.0  # log2: a person who is known by a mailbox of the office alone, and by another address
SHARED_BOX = 0.5  # how often relatives and colleagues share an address that is known to be shared
ONE_HOME = 0.8  # how often relatives who share an address share the phone
TWIN_MAIL = 0.6  # how often two records of a person in one app share an address: many apps keep it unique


@dataclass
class Scores:
    """For each pair the score: log2 of the odds that it is one person; and the evidence: field -> log2 of the
    likelihood in each class (rows: classes)."""

    total: Floats
    prior: Floats
    evidence: dict[str, Floats]

    @property
    def likelihoods(self) -> Floats:
        return self.prior + sum(self.evidence.values())


class Scorer:
    """Scores pairs of the rows of some columns."""

    def __init__(self, w: Weights, c: Columns) -> None:
        self.w, self.c = w, c
        self.names = others_of(w, "names", c.names.words.texts)
        self.bones = others_of(w, "bones", c.names.bones)
        self.cities = others_of(w, "cities", c.cities.texts)
        counted = w.version >= 3 and "orgs" in w.held
        self.orgs = others_of(w, "orgs", c.orgs.texts, 0.0 if counted else STAFF * w.people)
        self.domains = others_of(w, "domains", c.domains.texts)
        self.of_mail, self.of_phone = holders(c, c.mail), holders(c, c.phone)
        self.of_fact = {kind: people_by_value(column, c.app) for kind, column in c.facts.items()}
        self.namesakes = self._namesakes(others_of(w, "full", c.full_texts, 0.0)[c.full])
        role = np.array([t.partition("@")[0] in ROLES for t in c.mails.texts])
        self.office_box = role[c.mail] & (c.full == 0)
        self.spelled = (c.given > 0) & ~c.guessed & (c.names.lengths[c.given] > 1)
        self.shared_box = role[c.mail] | (self.of_mail[c.mail] > 1)

    def weighing(self, w: Weights) -> Scorer:
        """The same with other shares, noise and partners."""
        other = copy(self)
        other.w = w
        return other

    def score(self, p: Compared) -> Scores:
        """Scores of compared pairs."""
        evidence = {name: self._field(p, name) for name in p.levels if name != "generation"}
        known = (p.levels["city"] >= Level.CLOSE) | (p.levels["city"] == Level.DIFFERENT)
        evidence["country"][:, known] = 0.0  # a city says its country
        self._mailboxes(p, evidence["mail"])
        self._households(p, evidence["phone"])
        evidence["generation"] = self._generations(p)
        evidence["app"] = self._side_by_side(self.c.app[p.i] == self.c.app[p.j])
        prior = self._priors(p)
        return Scores(_odds(prior + sum(evidence.values())) + self.w.leaning, prior, evidence)

    def score_groups(self, p: Compared, of: Numbers, overlap: NDArray[np.bool_]) -> Floats:
        """Scores of pairs of groups, from the pairs of their records: `of` names the pair of groups of each,
        0 .. n - 1; `overlap`: the two have records of one app. Each field counts once, where it agrees best:
        two records of a person may each know half of the third."""
        s = self.score(p)
        best = _first_of(of, -s.total)
        sums = s.prior[:, best] + self._side_by_side(overlap)
        for name, levels in p.levels.items():
            evidence = s.evidence[name]
            best = _first_of(of, self._rank(p, name, evidence))
            sums = sums + evidence[:, best]
            if name in ("mail", "phone"):
                sums[0] += self._kept(p, of, name, levels[best] < Level.CLOSE)
        return _odds(sums) + self.w.leaning

    def _rank(self, p: Compared, name: str, evidence: Floats) -> Floats:
        """The lowest is the best pair of a field. An initial or a mailbox, that fits many given names, says
        nothing where both sides spell theirs out."""
        rank: Floats = -p.levels[name].astype(float)
        if name == "generation":
            rank = evidence[0] - evidence[4]
        elif name == "given":
            spelled = self.spelled[p.i] & self.spelled[p.j] & (p.levels[name] > Level.MISSING)
            rank[~spelled] += len(LEVELS)
        return rank

    def _kept(self, p: Compared, of: Numbers, name: str, apart: NDArray[np.bool_]) -> Floats:
        """log2 of how unlikely it is that a person's records never mix two addresses (or numbers), where two
        and more stand on one side, and two and more on the other."""
        column = self.c.mail if name == "mail" else self.c.phone
        (a, values), (b, others) = (_records_and_values(of, rows, column) for rows in (p.i, p.j))
        clear = apart & (values == 1) & (others == 1) & (np.minimum(a, b) > 1)
        a, b = np.where(clear, a, 1), np.where(clear, b, 1)
        rare = float(np.clip((1 - np.sqrt(max(2 * self.w.shares[name][0] - 1, 0.0))) / 2, *SECOND))
        often = 1 - rare
        mixed = (rare**a * often**b + rare**b * often**a) / (2 * rare * often)
        return np.where(clear, np.log2(mixed / ((often**a + rare**a) * (often**b + rare**b))), 0.0)

    def _field(self, p: Compared, name: str) -> Floats:
        """log2 P(level | class), by class and pair."""
        if not p.levels[name].any():
            return np.zeros((len(CLASSES), len(p.i)))
        seen, by_chance = self.chances(p, name)
        shares = np.repeat(np.array(self.w.shares[sort_of(name)])[:, None], len(p.i), axis=1)
        if name == "mail" and not self.w.single:
            shares[0, self.c.app[p.i] == self.c.app[p.j]] = TWIN_MAIL
        found = np.log2(np.maximum(shares * seen + (1 - shares) * by_chance, 1e-12))
        found[:, p.levels[name] == Level.MISSING] = 0.0
        if name == "birth_date":
            found[4, p.levels[name] == Level.AKIN] = -12.0  # a parent and a child are not of one age
        return found

    def chances(self, p: Compared, name: str) -> tuple[Floats, Floats]:
        """How likely the level of each pair is where one value is behind both, and where two strangers'
        values are."""
        levels, common = p.levels[name], self._common(p, name)
        by_chance = np.where(levels == Level.SAME, common, _chance_of(sort_of(name))[levels])
        loose = (levels == Level.VARIANT) | (levels == Level.CLOSE)
        by_chance = np.where(loose, np.maximum(by_chance, common * 0.3), by_chance)
        seen = self.w.tables[sort_of(name)][levels]
        return seen, np.where(levels == Level.INITIAL, seen * SAME_INITIAL, by_chance)

    def _common(self, p: Compared, name: str) -> Floats:
        """How likely a stranger has the value that this pair agrees in."""
        c, people = self.c, self.w.people
        match name:
            case "given" | "family":
                return self._common_name(p, name) / people
            case "office":
                return (self._office(p) + UNSEEN) / people
            case "city":
                return (self.cities[c.city[p.i]] + UNSEEN) / people
            case "mail":
                return (self.of_mail[c.mail[p.i]] - 1 + ACCIDENT) / people
            case "phone":
                return (self.of_phone[c.phone[p.i]] - 1 + ACCIDENT) / people
            case "country":
                return np.full(len(p.i), COUNTRY)
        return (self.of_fact[name][c.facts[name][p.i]] - 1 + UNSEEN) / people

    def _common_name(self, p: Compared, name: str) -> Floats:
        column, other = (self.c.given, self.c.family) if name == "given" else (self.c.family, self.c.given)
        i = np.where(column[p.i] > 0, column[p.i], other[p.i])
        j = np.where(p.swapped | (column[p.j] == 0), other[p.j], column[p.j])
        exact, loose = np.maximum(self.names[i], self.names[j]), np.maximum(self.bones[i], self.bones[j])
        return np.where(p.levels[name] == Level.SAME, exact, loose) + UNSEEN

    def _office(self, p: Compared) -> Floats:
        """How many others are in the office that a pair has in common."""
        c = self.c
        org = np.where(p.levels["office"] == Level.SAME, self.orgs[c.org[p.i]], 0.0)
        same = (c.house[p.i] == c.house[p.j]) & (c.house[p.i] > 0)
        return np.maximum(org, np.where(same, self.domains[c.house[p.i]], 0.0))

    def _namesakes(self, seen: Floats) -> Floats:
        """How many others have each row's name: those the data shows, and those it does not show.

        Its parts let expect some; that the data shows more, or fewer, says how wrong that is (a gamma prior
        worth one person, and Poisson's law for what is seen)."""
        c, people = self.c, self.w.people
        part = (self.names + UNSEEN) / people
        expected = CULTURES * people * part[c.given] * np.where(c.family > 0, part[c.family], LONE)
        hidden = (1 - SHOWN) * (1 + seen) / (1 / expected + SHOWN)
        return seen + hidden + NAMESAKES

    def _priors(self, p: Compared) -> Floats:
        """log2 of how many such partners a record has."""
        one, relatives, colleague, namesake, child = self.w.partners
        suffix = (self.c.generation[p.i] > 0) | (self.c.generation[p.j] > 0)
        rows = np.empty((len(CLASSES), len(p.i)))
        rows[0], rows[1] = one, relatives
        rows[2] = colleague * (self._office(p) + UNSEEN)
        rows[3] = namesake * np.maximum(self.namesakes[p.i], self.namesakes[p.j])
        rows[4] = np.where(suffix, SUFFIXED, child)
        rows[5] = 2.2 * self.w.people
        return np.log2(rows)

    def _mailboxes(self, p: Compared, mail: Floats) -> None:
        """What is peculiar to addresses."""
        c, level = self.c, p.levels["mail"]
        nameless = (c.full[p.i] == 0) & (c.full[p.j] == 0)
        mail[1:3, (level == Level.SAME) & self.shared_box[p.i] & ~nameless] = np.log2(SHARED_BOX)
        for kind, by_class in ((Level.PART, MAILBOX), (Level.AKIN, PLAIN_BOX)):
            at = level == kind
            for row, chance in enumerate(by_class):
                mail[row, at] = np.log2((1 - self.w.shares["mail"][row]) * chance)
        office = (self.office_box[p.i] != self.office_box[p.j]) & (level == Level.DIFFERENT)
        mail[0, office] += OFFICE_BOX
        similar = level == Level.CLOSE
        mail[1:5, similar] = np.maximum(mail[1:5, similar], np.log2(SIMILAR)[:, None])
        mail[0, level == Level.DIFFERENT] += np.log2(1 - MAILBOX[0] - PLAIN_BOX[0])

    def _households(self, p: Compared, phone: Floats) -> None:
        """Relatives who share an address share the phone as well."""
        both = (p.levels["mail"] == Level.SAME) & (p.levels["phone"] == Level.SAME)
        for row in (1, 4):
            phone[row, both] = np.maximum(phone[row, both], np.log2(ONE_HOME))

    def _generations(self, p: Compared) -> Floats:
        """Junior and senior are two; one that is named on one side only may be either."""
        column, found = self.c.generation, np.zeros((len(CLASSES), len(p.i)))
        one_sided = (column[p.i] > 0) != (column[p.j] > 0)
        for level, (same, other, child) in GENERATIONS.items():
            at = one_sided if level == Level.MISSING else p.levels["generation"] == level
            found[0, at], found[1:, at], found[4, at] = np.log2(same), np.log2(other), np.log2(child)
        return found

    def _side_by_side(self, together: NDArray[np.bool_]) -> Floats:
        """Two records in one app are two people, as a rule; where there is one app only, that says
        nothing."""
        if self.w.single:
            return np.zeros((len(CLASSES), len(together)))
        same = np.array([self.w.twice] + [1 / 3] * 5)[:, None]
        return np.log2(np.where(together, same, 1 - same))


def _odds(of_class: Floats) -> Floats:
    against: Floats = np.logaddexp2.reduce(of_class[1:], axis=0)
    odds: Floats = of_class[0] - against
    return odds


def _first_of(of: Numbers, rank: Floats) -> Numbers:
    """For each group pair the place of its lowest rank."""
    order = np.lexsort((rank, of))
    return order[np.searchsorted(of[order], np.arange(int(of.max(initial=-1)) + 1))]


@cache
def _chance_of(sort: str) -> Floats:
    return table(CHANCE[sort])


def _records_and_values(of: Numbers, rows: Numbers, column: Numbers) -> tuple[Numbers, Numbers]:
    """For each pair of groups: how many of these rows have a value, and how many values they have."""
    size, known = int(of.max(initial=-1)) + 1, column[rows] > 0
    return _unique_in(of[known], rows[known], size), _unique_in(of[known], column[rows[known]], size)


def _unique_in(of: Numbers, what: Numbers, size: int) -> Numbers:
    top = int(what.max(initial=0)) + 1
    return np.bincount(np.unique(of * top + what) // top, minlength=size)


def sort_of(name: str) -> str:
    """The field by whose figures a field is weighed."""
    return name if name in SHARES else OTHER
