"""Consent is a lattice, not a field: the most restrictive state wins, and it is hardly ever raised.

    erased > complained > bounced > unsubscribed > pending > subscribed        (unknown says nothing)

The functions here are pure and are the only ones that decide about consent.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

STATES = ("subscribed", "pending", "unsubscribed", "bounced", "complained", "erased")
RANK = {state: i for i, state in enumerate(STATES)}
OPT_OUTS = frozenset(STATES[2:])
MARGIN = timedelta(minutes=1)  # clocks differ, and stamps may be coarse


def rank(state: str | None) -> int:
    """Higher is more restrictive; unknown ranks below all."""
    return RANK.get(state or "", -1)


def most_restrictive(states: Iterable[str | None]) -> str | None:
    """The state that must hold when all of these were seen; None when nothing is known."""
    return max(states, key=rank, default=None)


@dataclass(frozen=True, slots=True)
class OptOut:
    """The golden state: since when, by which app, and whether several records chose it on their own
    (`again`), so that having held it does not tell what came first."""

    state: str
    since: datetime
    app: str
    again: bool = False


@dataclass(frozen=True, slots=True)
class OptIn:
    """An app now shows a less restrictive state than golden.

    held_before the state that this app was last known to hold
    settled     nothing of ours is on its way to this field of the app
    stamp       when the consent itself changed, where the app keeps that
    earliest    when the record was last looked at before
    latest      it surely changed no later than this, where the record's own stamp says so
    """

    app: str
    state: str
    held_before: str | None
    settled: bool
    stamp: datetime | None = None
    earliest: datetime | None = None
    latest: datetime | None = None


def may_raise(golden: OptOut, opt_in: OptIn, authorities: Iterable[str]) -> bool:
    """Whether an opt-in lifts the golden state.

    Only in an app named as authority, never out of a bounce, a complaint or an erasure. It must be later than
    the opt-out: because that same app had held the opt-out, with nothing of ours pending there, or clearly so
    by the field's own stamp. A stamp that says it is older forbids it. A pending confirmation is lifted only
    where it waits.
    """
    if opt_in.app not in authorities or rank(golden.state) > RANK["unsubscribed"]:
        return False
    if golden.state == "pending" and opt_in.app != golden.app:
        return False
    latest = opt_in.stamp or opt_in.latest
    if not opt_in.settled or (latest is not None and latest <= golden.since):
        return False
    if opt_in.stamp is not None and opt_in.stamp > golden.since + MARGIN:
        return True
    if golden.again and (opt_in.earliest is None or opt_in.earliest < golden.since):
        return False
    return rank(opt_in.held_before) >= rank(golden.state)


def decide(
    golden: OptOut | None,
    seen: Iterable[str | None],
    opt_ins: Iterable[OptIn],
    authorities: Iterable[str],
) -> str | None:
    """The golden consent after a run. `seen` are the states of all new observations, also of those that a
    later one replaced; anything more restrictive among them beats every opt-in of the same run."""
    lowest = most_restrictive(tuple(seen))
    if golden is None:
        return lowest
    if rank(lowest) > rank(golden.state):
        return lowest
    named = tuple(authorities)
    raised = [o.state for o in opt_ins if rank(lowest) <= rank(o.state) and may_raise(golden, o, named)]
    return most_restrictive(raised) if raised else golden.state
