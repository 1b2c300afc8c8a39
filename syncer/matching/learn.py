"""Move the weights toward the data at hand, without labels: expectation and maximisation.

Each pair counts for each class by its probability there; shares and noise are what these pairs show, with the
priors as so many pairs seen before. Small data therefore keeps the priors, and large data speaks for itself.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from syncer.matching.bulk import Level
from syncer.matching.levels import Compared
from syncer.matching.scoring import Floats, Scorer
from syncer.matching.weights import NOISE, PARTNERS, SHARES, TWICE, Weights, table

PRIOR = 300.0  # pairs that a prior counts for
SURE = {"birth_date": 2000.0, "number": 2000.0}  # of which a person has only one
RECORDS = 2000.0  # and records, where partners are counted
ENOUGH = 40_000  # pairs to learn from
ROUNDS = 3
COUNTED = (0, 1, 4)  # those whose partners are counted: parents and children of one name, too
LEARNT = (0, 1)  # the classes whose shares are learnt: one person, relatives


def learned(scorer: Scorer, p: Compared) -> Scorer:
    """The same with better weights for these pairs."""
    step = max(1, len(p.i) // ENOUGH)
    some = p.every(step)
    for _ in range(ROUNDS if len(some.i) else 0):
        scorer = scorer.weighing(_improved(scorer, some, float(step)))
    return scorer


def _improved(scorer: Scorer, p: Compared, step: float) -> Weights:
    w, found = scorer.w, scorer.score(p).likelihoods
    weight = 2.0 ** (found - np.logaddexp2.reduce(found, axis=0))
    shares, noise = dict(w.shares), dict(w.noise)
    same = scorer.c.app[p.i] == scorer.c.app[p.j]
    for name in SHARES:
        if name not in p.levels:
            continue
        levels = p.levels[name]
        said = (levels != Level.MISSING) & (
            (levels != Level.PART) & (levels != Level.AKIN) if name == "mail" else True
        )
        if name == "mail" and not w.single:
            said &= ~same
        seen, chance = scorer.chances(p, name)
        new = list(shares[name])
        for row in LEARNT:
            drawn = new[row] * seen / np.maximum(new[row] * seen + (1 - new[row]) * chance, 1e-12)
            counted = weight[row] * said
            pairs = float(counted.sum())
            new[row] = _mean(float(counted @ drawn), pairs, SHARES[name][row], SURE.get(name, PRIOR))
            if row == 0:
                noise[name] = _noise(name, levels, counted * drawn)
        shares[name] = tuple(new)
    twice = _mean(float(weight[0] @ same), float(weight[0].sum()), TWICE)
    partners = _partners(w, weight, scorer, step)
    return replace(w, shares=shares, noise=noise, partners=partners, twice=twice)


def _mean(seen: float, pairs: float, prior: float, worth: float = PRIOR) -> float:
    return min(max((seen + worth * prior) / (pairs + worth), 0.001), max(prior, 0.999))


def _noise(name: str, levels: np.ndarray, drawn: Floats) -> dict[int, float]:
    before, total, worth = table(NOISE[name]), float(drawn.sum()), SURE.get(name, PRIOR)
    return {
        level: (float(drawn[levels == level].sum()) + worth * float(before[level])) / (total + worth)
        for level in NOISE[name]
    }


def _partners(w: Weights, weight: Floats, scorer: Scorer, step: float) -> tuple[float, ...]:
    """Partners of a record: twice the pairs, since each is a partner of the other."""
    new = list(w.partners)
    for row in COUNTED:
        pairs = 2.0 * float(weight[row].sum()) * step
        new[row] = (pairs + RECORDS * PARTNERS[row]) / (scorer.c.size + RECORDS)
    return tuple(new)
