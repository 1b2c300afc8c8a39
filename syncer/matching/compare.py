"""Compare two records: what speaks for one person, and what against."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from rapidfuzz.distance import JaroWinkler
from rapidfuzz.fuzz import token_sort_ratio

from syncer.matching.keys import Keys

Names = Literal["same", "close", "unknown", "against"]


@dataclass(frozen=True, slots=True)
class Verdict:
    """link: one person; review: a person decides; apart: nothing links them. `score` from 0 to 1."""

    outcome: Literal["link", "review", "apart"]
    score: float
    reason: str


APART = Verdict("apart", 0.0, "nothing speaks for it")


def names(a: Keys, b: Keys) -> Names:
    """Whether the names can belong to one person. Two scripts cannot be compared; a missing name says
    nothing; a different given name speaks against."""
    if not a.who or not b.who:
        return "unknown"
    if a.who == b.who:
        return "same"
    full_a, full_b = f"{a.given} {a.family}".strip(), f"{b.given} {b.family}".strip()
    if full_a == full_b or sorted(full_a.split()) == sorted(full_b.split()):
        return "same"
    if full_a.isascii() != full_b.isascii():
        return "unknown"
    if not a.given or not b.given:
        return "unknown"
    return _given(a, b, full_a, full_b)


def _given(a: Keys, b: Keys, full_a: str, full_b: str) -> Names:
    first_a, first_b = a.given.split()[0], b.given.split()[0]
    initial = min(len(first_a), len(first_b)) == 1 and first_a[0] == first_b[0]
    alike = initial or first_a == first_b or JaroWinkler.similarity(first_a, first_b) >= 0.88
    if alike or token_sort_ratio(full_a, full_b) >= 88:
        return "close"
    return "against"


def by_key(kind: str, first: bool, a: Keys, b: Keys) -> Verdict:
    """Two records share an exact key. The first kind of the mapping (an e-mail address, a domain) is a
    person's own; the others (a phone) are shared by families and offices."""
    verdict = names(a, b)
    what = f"the same {kind}"
    if a.app == b.app:
        if verdict in ("same", "close"):
            return Verdict("review", 0.9, f"{what} and name, twice in {a.app}")
        return Verdict("apart", 0.2, f"{what}, both in {a.app}")
    if verdict == "same":
        return Verdict("link", 1.0 if first else 0.97, f"{what} and name")
    if first:
        if verdict == "against":
            return Verdict("review", 0.6, f"{what}, but different names")
        return Verdict("link", 0.98 if verdict == "close" else 0.95, what)
    if verdict == "close":
        return Verdict("link", 0.93, f"{what} and a similar name")
    if verdict == "unknown":
        return Verdict("review", 0.5, f"{what}, and names that cannot be compared")
    return Verdict("apart", 0.1, f"{what}, but different names")


def by_name(exact: Sequence[str], a: Keys, b: Keys) -> Verdict:
    """Two records share no exact key but have similar names: other signs must speak for one person."""
    shared = sorted(set(a.exact) & set(b.exact) & set(exact))
    if a.app == b.app:
        twice = a.who == b.who and not shared and (not a.family or (a.city and a.city == b.city))
        return Verdict("review", 0.7, f"the same name, twice in {a.app}") if twice else APART
    full_a, full_b = f"{a.given} {a.family}", f"{b.given} {b.family}"
    alike = token_sort_ratio(full_a, full_b)
    if alike < 92 or not (a.given and b.given):
        return APART
    signs, reasons = 0.0, ["similar names"]
    if a.city and a.city == b.city:
        signs, reasons = signs + 0.5, [*reasons, "the same city"]
    for kind in shared:
        near = max(_near(x, y) for x in a.exact[kind] for y in b.exact[kind])
        signs += 1.0 if near else -0.5
        reasons.append(f"{kind} nearly the same" if near else f"another {kind}")
    score = min(0.9, 0.5 + signs / 4)
    if signs >= 1.5:
        return Verdict("link", score, ", ".join(reasons))
    if signs >= 1.0:
        return Verdict("review", score, ", ".join(reasons))
    return Verdict("apart", score, ", ".join(reasons))


def _near(a: str, b: str) -> bool:
    """One slip apart: the same mailbox name in a similar domain, or a number with one digit mistyped."""
    if "@" in a and "@" in b:
        mailbox_a, mailbox_b = a.split("@")[0], b.split("@")[0]
        return len(mailbox_a) > 4 and JaroWinkler.similarity(mailbox_a, mailbox_b) >= 0.96
    return JaroWinkler.similarity(a[::-1], b[::-1]) >= 0.96
