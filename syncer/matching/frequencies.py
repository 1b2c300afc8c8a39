"""How common values are: how many people hold each, as far as the records show it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from syncer.matching.columns import Columns, Numbers
from syncer.matching.weights import Weights

Floats = NDArray[np.float64]


def others_of(w: Weights, kind: str, texts: Sequence[str], unknown: float = 0.0) -> Floats:
    """How many other people share each of these texts, as far as is known."""
    known = w.held.get(kind, {})
    return np.array([known.get(t, 1.0) for t in texts]) - 1.0 + unknown


def people_by_value(column: Numbers, app: Numbers) -> Floats:
    """How many people hold each value, at least: an app holds a person once, as a rule."""
    held = np.ones(int(column.max(initial=0)) + 1)
    present = np.flatnonzero(column)
    apps = int(app.max(initial=0)) + 1
    codes, counts = np.unique(column[present] * apps + app[present], return_counts=True)
    np.maximum.at(held, codes // apps, counts.astype(float))
    held[0] = 1.0
    return held


def holders(c: Columns, column: Numbers) -> Floats:
    """How many people hold each address or number, at least: one app holds it under so many given names."""
    given = c.names.skeletons[np.where(c.given > 0, c.given, c.family)]
    named = np.flatnonzero((column > 0) & (given > 0))
    top = int(given.max(initial=0)) + 1
    apps = int(c.app.max(initial=0)) + 1
    unique = np.unique((column[named] * apps + c.app[named]) * top + given[named]) // top
    codes, counts = np.unique(unique, return_counts=True)
    held = np.ones(int(column.max(initial=0)) + 1)
    np.maximum.at(held, codes // apps, counts.astype(float))
    return held


def counted(c: Columns) -> Weights:
    """Priors with the frequencies of these records."""
    people = float(max(np.bincount(c.app).max(initial=0), 10))
    parts, apps = np.concatenate((c.given, c.family)), np.concatenate((c.app, c.app))
    held = {
        "names": _held(c.names.words.texts, parts, apps),
        "bones": _held(list(dict.fromkeys(["", *c.names.bones])), c.names.skeletons[parts], apps),
        "full": _held(c.full_texts, c.full, c.app),
        "domains": _held(c.domains.texts, c.house, c.app),
        "cities": _held(c.cities.texts, c.city, c.app),
    }
    if c.org.any():  # else nothing is known of how common companies are
        held["orgs"] = _held(c.orgs.texts, c.org, c.app)
    return replace(Weights(), people=people, held=held, single=int(c.app.max(initial=0)) <= 1)


def _held(texts: list[str], column: Numbers, app: Numbers) -> dict[str, float]:
    held = people_by_value(column, app)
    return {texts[n]: float(held[n]) for n in np.flatnonzero(held > 1) if n}
