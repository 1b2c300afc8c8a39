"""Faults on demand: which calls of which app go wrong, how, and how often. What they do: bending.py."""

from __future__ import annotations

import random
import re
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any, Final

from connectors.sandbox.wire import Call, Json

KINDS: Final = (
    "status",
    "delay",
    "drop_before",
    "drop_after",
    "partial",
    "repeat_page",
    "skip_page",
    "lag",
    "clock_skew",
    "expired_token",
    "ignore",
)
# The same in other words; blanks and hyphens read as underscores.
SYNONYMS: Final = {
    "dropped_before": "drop_before",
    "dropped_after": "drop_after",
    "partial_batch": "partial",
    "repeated_page": "repeat_page",
    "skipped_page": "skip_page",
    "success_without_effect": "ignore",
}
SECONDS: Final = {"delay": 0.1, "lag": 30.0, "clock_skew": 300.0}
_KEYS: Final = (
    "app",
    "path",
    "kind",
    "method",
    "holds",
    "count",
    "skip",
    "probability",
    "status",
    "seconds",
    "body",
    "seed",
)
_GOES_ON: Final = ("after", "cursor", "page[after]", "page", "offset", "start_time")
_BY_ID: Final = re.compile(r"/(batch|batch/read|show_many)(\.json)?$")


@dataclass(slots=True)
class Fault:
    """One rule. With `count` the next calls that match, with `probability` that share of them; `skip` calls
    that match are let through before.

    status         answer `status` with `body`, without effect; with `seconds` also a Retry-After
    delay          wait `seconds`, then go on as usual
    drop_before    close the connection without effect
    drop_after     close the connection after the effect
    partial        do and answer only the first half of a batch
    repeat_page    answer a call for a further page of a list with the page before it, as it was
    skip_page      answer a page of a list without its records, as if they were not there
    lag            leave out of lists and searches what changed in the last `seconds`
    clock_skew     handle the call with a clock that is `seconds` ahead (below 0: behind)
    expired_token  refuse the credential, in the app's own words
    ignore         answer a write as usual, without effect
    """

    app: str
    path: re.Pattern[str]
    kind: str
    method: str | None = None
    holds: re.Pattern[str] | None = None
    count: int | None = None
    skip: int = 0
    probability: float = 1.0
    status: int = 503
    seconds: float = 0.0
    body: Any = None
    random: random.Random = field(default_factory=lambda: random.Random(0))

    def strikes(self, app: str, call: Call) -> bool:
        if self.count == 0 or self.app not in ("*", app) or not self.path.search(call.path):
            return False
        if self.method not in (None, call.method) or not self._fits(call):
            return False
        if self.holds and not self.holds.search(call.raw.decode(errors="replace")):
            return False
        if self.random.random() >= self.probability:
            return False
        if self.skip:
            self.skip -= 1
            return False
        if self.count is not None:
            self.count -= 1
        return True

    def _fits(self, call: Call) -> bool:
        """Faults of pages wait for a call that can have them."""
        if self.kind == "repeat_page":
            return is_list(call) and goes_on(call)
        return is_list(call) if self.kind in ("skip_page", "lag") else True

    def shown(self) -> Json:
        """The rule in its JSON form, with the strikes that are left."""
        return {
            "app": self.app,
            "path": self.path.pattern,
            "kind": self.kind,
            "method": self.method,
            "count": self.count,
            "probability": self.probability,
        }


def is_list(call: Call) -> bool:
    """Whether a call may ask for a page of a list: reads by id do not."""
    if _BY_ID.search(call.path):
        return False
    return call.method == "GET" or call.path.endswith("/search")


def goes_on(call: Call) -> bool:
    """Whether a call asks for a further page, not for the first."""
    asked = [call.query.get(name) or (call.body.get(name) if call.raw else None) for name in _GOES_ON]
    return any(value not in (None, "", "0", "1", 0, 1) for value in asked)


def parsed(rule: dict[str, Any], apps: Collection[str] = ()) -> Fault:
    """A fault from its JSON form, of one of `apps` where they are given; raises ValueError that says what is
    wrong."""
    said = str(rule.get("kind", "")).strip().lower().replace(" ", "_").replace("-", "_")
    kind = SYNONYMS.get(said, said)
    if kind not in KINDS:
        raise ValueError(f"kind: {rule.get('kind')!r} is none of {', '.join(KINDS)}")
    if unknown := sorted(set(rule) - set(_KEYS)):
        raise ValueError(f"unknown keys: {', '.join(unknown)}; known are {', '.join(sorted(_KEYS))}")
    if apps and rule.get("app", "*") not in ("*", *apps):
        raise ValueError(f"app: {rule['app']!r} is none of {', '.join(apps)}")
    count, probability = rule.get("count"), rule.get("probability")
    if count is None and probability is None:
        count = 1
    if probability is not None and not 0 <= float(probability) <= 1:
        raise ValueError(f"probability: {probability} is not between 0 and 1")
    method = rule.get("method")
    return Fault(
        app=rule.get("app", "*"),
        path=re.compile(rule.get("path", "")),
        kind=kind,
        method=method.upper() if method else None,
        holds=re.compile(rule["holds"]) if rule.get("holds") else None,
        count=None if count is None else int(count),
        skip=int(rule.get("skip", 0)),
        probability=1.0 if probability is None else float(probability),
        status=int(rule.get("status", 503)),
        seconds=float(rule.get("seconds", SECONDS.get(kind, 0.0))),
        body=rule.get("body"),
        random=random.Random(rule.get("seed", 0)),
    )
