"""Match records: which of them are one person or company. Pure, and the same for any order of the records."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from syncer.matching import blocks
from syncer.matching.bulk import Level
from syncer.matching.clusters import NOTHING, Rules, group
from syncer.matching.columns import Columns, Numbers
from syncer.matching.explain import Evidence, evidence_of
from syncer.matching.frequencies import counted
from syncer.matching.learn import learned
from syncer.matching.levels import Compared, compare
from syncer.matching.outcome import chance
from syncer.matching.scoring import Scorer
from syncer.matching.traits import Traits
from syncer.matching.weights import Weights
from syncer.model import LinkKey

PORTION = 30_000  # pairs scored at once
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Question:
    """Two records of which a person should say whether they are one. `chance`: that they are."""

    one: Traits
    other: Traits
    chance: float
    why: str
    evidence: Evidence


@dataclass(frozen=True, slots=True)
class Matched:
    """`groups`: the records of each person, in the order of their first records; `questions`: those first
    that settle most; `weights`: what was used."""

    groups: list[list[Traits]]
    questions: list[Question]
    weights: Weights
    compared: int


@dataclass(frozen=True, slots=True)
class _Scoring:
    """Scores pairs, for `clusters`. `compared`: those that have been. `careful`: a name alone, which nothing
    else bears out, is no ground to link or to ask."""

    scorer: Scorer
    compared: Compared
    careful: bool

    def pairs(self, i: Numbers, j: Numbers) -> Floats:
        return self.total(compare(self.scorer.c, i, j))

    def total(self, p: Compared) -> Floats:
        """In portions, so that memory does not grow with the evidence of all pairs."""
        portions = [p.between(at, at + PORTION) for at in range(0, len(p.i), PORTION)]
        scores = [self._held_down(self.scorer.score(q).total, q.borne_out()) for q in portions]
        return np.concatenate(scores) if scores else np.empty(0)

    def groups(self, i: Numbers, j: Numbers, of: Numbers, overlap: NDArray[np.bool_]) -> Floats:
        p = self.compared.of(self.scorer.c, i, j)
        borne_out = np.zeros(len(overlap), dtype=bool)
        borne_out[of[p.borne_out()]] = True
        return self._held_down(self.scorer.score_groups(p, of, overlap), borne_out)

    def _held_down(self, total: Floats, borne_out: NDArray[np.bool_]) -> Floats:
        return np.where(borne_out, total, np.minimum(total, NOTHING)) if self.careful else total


@dataclass(frozen=True, slots=True)
class Decided:
    """What people decided about pairs of records: one person, or never together."""

    together: Collection[tuple[LinkKey, LinkKey]] = ()
    never: Collection[tuple[LinkKey, LinkKey]] = ()


def match(
    records: Sequence[Traits],
    weights: Weights | None = None,
    most: int | None = None,
    decided: Decided | None = None,
    single: bool = False,
    names: bool = True,
) -> Matched:
    """Group records. Without `weights` they are learnt from these. `most`: so many questions at most.
    `single`: a group holds at most one record of an app. Without `names` only records that share an address,
    a number or another fact are compared."""
    ranked = sorted(records, key=lambda r: r.key)
    columns = Columns(ranked)
    known = np.array([r.golden is not None for r in ranked], dtype=bool)
    i, j = blocks.pairs(columns, known, names)
    compared = compare(columns, i, j)
    scorer = Scorer(weights or counted(columns), columns)
    if weights is None:
        scorer = learned(scorer, compared)
    scoring = _Scoring(scorer, compared, careful=single)
    rules = replace(
        _rules(ranked, decided or Decided(), single),
        alone=scorer.w.single,
        first=compared.levels["mail"] == Level.SAME if single else None,
    )
    apps = range(columns.size) if scorer.w.single else columns.app.tolist()  # in one app nobody is a rival
    found = group(i, j, scoring.total(compared), apps, scoring, rules)
    groups: dict[int, list[Traits]] = {}
    for record, root in zip(ranked, found.of, strict=True):
        groups.setdefault(root, []).append(record)
    asked = found.doubts[:most]
    evidence = explain(scorer, [(d.i, d.j) for d in asked])
    questions = [
        Question(ranked[d.i], ranked[d.j], chance(d.score), d.why, said)
        for d, said in zip(asked, evidence, strict=True)
    ]
    return Matched(list(groups.values()), questions, scorer.w, len(i))


def _rules(ranked: Sequence[Traits], decided: Decided, single: bool) -> Rules:
    golden = [r.golden or "" for r in ranked] if any(r.golden for r in ranked) else []
    if not decided.together and not decided.never:
        return Rules(golden, single=single)
    row = {r.key: n for n, r in enumerate(ranked)}

    def rows(pairs: Collection[tuple[LinkKey, LinkKey]]) -> list[tuple[int, int]]:
        return sorted((row[a], row[b]) for a, b in pairs if a in row and b in row)

    return Rules(golden, rows(decided.together), rows(decided.never), single)


def explain(scorer: Scorer, rows: Sequence[tuple[int, int]]) -> list[Evidence]:
    """The evidence on some pairs of rows."""
    if not rows:
        return []
    compared = compare(scorer.c, np.array([i for i, _ in rows]), np.array([j for _, j in rows]))
    scores = scorer.score(compared)
    of = scorer.c.records
    return [evidence_of(compared, scores, n, of[i], of[j]) for n, (i, j) in enumerate(rows)]


def explained(one: Traits, other: Traits, weights: Weights | None = None) -> Evidence:
    """The evidence on two records by themselves."""
    columns = Columns(sorted((one, other), key=lambda r: r.key))
    return explain(Scorer(weights or Weights(), columns), [(0, 1)])[0]
