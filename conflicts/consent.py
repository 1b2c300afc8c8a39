"""Consent is a lattice, not a field: the most restrictive state wins, and it is hardly ever raised.

    erased > complained > bounced > unsubscribed > pending > subscribed        (unknown says nothing)

The functions here are pure and are the only ones that decide about consent.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

STATES = ("subscribed", "pending", "unsubscribed", "bounced", "complained", "erased")
RANK = {state: i for i, state in enumerate(STATES)}
OPT_OUTS = frozenset(STATES[2:])


def rank(state: str | None) -> int:
    """Higher is more restrictive; unknown ranks below all."""
    return RANK.get(state or "", -1)


def most_restrictive(states: Iterable[str | None]) -> str | None:
    """The state that must hold when all of these were seen; None when nothing is known."""
    return max(states, key=rank, default=None)


@dataclass(frozen=True, slots=True)
class OptIn:
    """An app now shows a less restrictive state than golden.

    stamp       when the consent itself changed, where the app keeps that
    held_before the state that this app was last known to hold
    settled     nothing of ours is on its way to this field of the app
    """

    app: str
    state: str
    held_before: str | None
    settled: bool
    stamp: datetime | None = None


def may_raise(
    golden: str, since: datetime | None, source: str | None, opt_in: OptIn, authorities: Iterable[str]
) -> bool:
    """Whether an opt-in lifts the golden state, set at `since` by the app `source`.

    Only in an app named as authority, never out of a bounce, a complaint or an erasure. With its own stamp
    the opt-in must be later than the opt-out. Without one it is later only if that same app had itself held
    the opt-out, with nothing of ours pending there. A pending confirmation is lifted only where it waits.
    """
    if opt_in.app not in authorities or rank(golden) > RANK["unsubscribed"]:
        return False
    if golden == "pending" and opt_in.app != source:
        return False
    if opt_in.stamp is not None and since is not None:
        return opt_in.settled and opt_in.stamp > since
    return opt_in.settled and rank(opt_in.held_before) >= rank(golden)


def decide(
    golden: str | None,
    since: datetime | None,
    source: str | None,
    seen: Iterable[str | None],
    opt_ins: Iterable[OptIn],
    authorities: Iterable[str],
) -> str | None:
    """The golden consent after a run. `seen` are the states of all new observations, also of those that a
    later one replaced; any lowering among them beats every opt-in of the same run."""
    lowest = most_restrictive([golden, *seen])
    if golden is None or rank(lowest) > rank(golden):
        return lowest
    named = tuple(authorities)
    raised = [o.state for o in opt_ins if may_raise(golden, since, source, o, named)]
    return most_restrictive(raised) if raised else golden
