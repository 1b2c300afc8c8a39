"""A score in words: what was compared, what it weighs, and what else the pair could be."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from syncer.matching.bulk import Level
from syncer.matching.levels import Compared
from syncer.matching.scoring import Scores
from syncer.matching.traits import Traits, untagged
from syncer.matching.weights import CLASSES

_WHAT = {
    "given": "given name", "family": "family name", "mail": "e-mail address", "phone": "phone", "office":
    "company",
    "city": "city", "country": "country", "street": "address",
}  # fmt: skip
# A company's name is kept as a given name, its domain as an address.
_OF_COMPANY = {"given": "name", "mail": "domain", "office": "company"}
_HOW = {
    Level.SAME: "the same {}",
    Level.VARIANT: "another spelling or short form of the {}",
    Level.CLOSE: "nearly the same {}",
    Level.PART: "one {} is part of the other",
    Level.INITIAL: "one {} is the initial of the other",
    Level.AKIN: "a similar {}",
    Level.DIFFERENT: "another {}",
}
_SPECIAL = {
    ("mail", Level.PART): "the same mailbox at another provider",
    ("mail", Level.AKIN): "the name as mailbox at another provider",
    ("office", Level.VARIANT): "the same e-mail domain",
    ("birth_date", Level.AKIN): "another birth date",
    ("generation", Level.SAME): "the same generation (Jr., Sr.)",
    ("generation", Level.DIFFERENT): "another generation (Jr., Sr.)",
}
SLIGHT = 0.15  # weights below this are not worth a word


@dataclass(frozen=True, slots=True)
class Evidence:
    """Why a pair has its score (log2 of the odds that it is one person). `rival`: what it would be else, most
    likely; `prior`: the weight of that before anything is compared; `parts`: (what was found, its weight
    against the rival)."""

    score: float
    rival: str
    prior: float
    parts: tuple[tuple[str, float], ...]

    @property
    def text(self) -> str:
        """What speaks for and against, strongest first, without figures."""
        said = sorted((p for p in self.parts if abs(p[1]) >= SLIGHT), key=lambda p: -abs(p[1]))
        return "; ".join(what for what, _ in said) or "nothing was to be compared"


def evidence_of(p: Compared, s: Scores, n: int, one: Traits, other: Traits) -> Evidence:
    """The evidence on the n-th pair, which is these two."""
    what_is = _WHAT | (_OF_COMPANY if one.is_company or other.is_company else {})
    rival = 1 + int(s.likelihoods[1:, n].argmax())
    parts = []
    for name, by_class in s.evidence.items():
        weight = float(by_class[0, n] - by_class[rival, n])
        if what := _words(p, name, n, weight, what_is):
            if name == "mail" and p.levels[name][n] == Level.SAME:
                what += _how_far_alike(one, other)
            parts.append((what, weight))
    prior = float(s.prior[0, n] - s.prior[rival, n])
    return Evidence(float(s.total[n]), CLASSES[rival], prior, tuple(parts))


def _words(p: Compared, name: str, n: int, weight: float, what_is: Mapping[str, str]) -> str:
    """What was found in a field; "" where nothing was compared."""
    if name == "app":
        return "both in one app" if weight < 0 else "in different apps" if weight > 0 else ""
    level = int(p.levels[name][n])
    if level == Level.MISSING:
        return "one is named Jr. or Sr." if name == "generation" and weight else ""
    if name == "family" and p.swapped[n]:
        return "given and family name in each other's place"
    return _SPECIAL.get((name, level)) or _HOW[level].format(what_is.get(name, name.replace("_", " ")))


def _how_far_alike(one: Traits, other: Traits) -> str:
    """What two addresses differ in that count as the same."""
    mine, theirs = one.written or one.mails, other.written or other.mails
    if {*mine} & {*theirs}:
        return ""
    if {*map(untagged, mine)} & {*map(untagged, theirs)}:
        return ", but for what stands behind the plus"
    return ", in another spelling"
