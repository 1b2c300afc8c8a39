"""Rules of one's own: functions in other packages, found by their entry points.

    [project.entry-points."syncer.rules"]
    nearest = "acme_rules:nearest"

Such a function is a `conflicts.rules.Rule`: it gets the candidates and the order of apps, names the winner or
returns None, and must give the same answer for the same candidates: no clock, no randomness, no calls.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from importlib.metadata import entry_points
from typing import Final

from conflicts.candidate import Candidate
from conflicts.rules import Rule

GROUP: Final = "syncer.rules"


class RuleFailed(Exception):
    """A rule of one's own raised, or named somebody who is no candidate; the text is for the log."""


def names() -> list[str]:
    """The rules that installed packages offer, sorted."""
    return sorted({point.name for point in entry_points(group=GROUP)})


@cache
def own_rule(name: str) -> Rule:
    """The rule of that name. It raises `RuleFailed` and nothing else, also where there is no such rule."""
    found = next((point for point in entry_points(group=GROUP) if point.name == name), None)

    def rule(candidates: Sequence[Candidate], order: Sequence[str]) -> Candidate | None:
        if found is None:
            raise RuleFailed(f"no package offers a rule named {name}")
        try:
            winner: Candidate | None = found.load()(list(candidates), tuple(order))
        except Exception as error:
            raise RuleFailed(f"the rule {name} failed ({type(error).__name__})") from error
        if winner is not None and winner not in candidates:
            raise RuleFailed(f"the rule {name} named none of the candidates")
        return winner

    return rule
