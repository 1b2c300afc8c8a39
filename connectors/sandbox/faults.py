"""Faults on demand: which calls of which app go wrong, how, and how often."""

from __future__ import annotations

import random
import re
from dataclasses import dataclass, field
from typing import Any

KINDS = ("status", "delay", "drop_before", "drop_after", "partial", "ignore")
_LISTS = ("inputs", "requests", "users", "organizations", "organization_memberships")


@dataclass(slots=True)
class Fault:
    """One rule. With `count` the next calls that match, with `probability` that share of them.

    status       answer `status` with `body`, without effect; with `seconds` also a Retry-After
    delay        wait `seconds`, then go on as usual
    drop_before  close the connection without effect
    drop_after   close the connection after the effect
    partial      do and answer only the first half of a batch
    ignore       answer a write as usual, without effect
    """

    app: str
    path: re.Pattern[str]
    kind: str
    method: str | None = None
    count: int | None = None
    probability: float = 1.0
    status: int = 503
    seconds: float = 0.0
    body: Any = None
    random: random.Random = field(default_factory=lambda: random.Random(0))

    def strikes(self, app: str, method: str, path: str) -> bool:
        if self.count == 0 or self.app not in ("*", app) or not self.path.search(path):
            return False
        if self.method not in (None, method) or self.random.random() >= self.probability:
            return False
        if self.count is not None:
            self.count -= 1
        return True


def halved(body: Any) -> Any:
    """A batch without the second half of its items; anything else as it is."""
    if not isinstance(body, dict):
        return body
    return {
        name: value[: len(value) // 2] if name in _LISTS and isinstance(value, list) else value
        for name, value in body.items()
    }


def parsed(rule: dict[str, Any]) -> Fault:
    """A fault from its JSON form; raises ValueError that says what is wrong."""
    kind = rule.get("kind")
    if kind not in KINDS:
        raise ValueError(f"kind: {kind!r} is none of {', '.join(KINDS)}")
    known = {"app", "path", "kind", "method", "count", "probability", "status", "seconds", "body", "seed"}
    if unknown := sorted(set(rule) - known):
        raise ValueError(f"unknown keys: {', '.join(unknown)}; known are {', '.join(sorted(known))}")
    count, probability = rule.get("count"), rule.get("probability")
    if count is None and probability is None:
        count = 1
    method = rule.get("method")
    return Fault(
        app=rule.get("app", "*"),
        path=re.compile(rule.get("path", "")),
        kind=kind,
        method=method.upper() if method else None,
        count=None if count is None else int(count),
        probability=1.0 if probability is None else float(probability),
        status=int(rule.get("status", 503)),
        seconds=float(rule.get("seconds", 0.1 if kind == "delay" else 0.0)),
        body=rule.get("body"),
        random=random.Random(rule.get("seed", 0)),
    )
