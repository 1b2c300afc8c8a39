"""Bring back what is gone in one app: a golden record that goes on elsewhere is made there again. Pure.

Somebody asks for it, perhaps long after the deletion was taken in. It is planned as any create is. The links
that are gone stay, for a create may come to nothing: the app may keep an archived record's address.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from syncer.core.lens import Lens
from syncer.core.plan import Abilities, Planning, plan
from syncer.model import Decision, Golden, Link, LinkKey, Unit


def lost(golden: Golden, links: Sequence[Link], app: str) -> list[LinkKey]:
    """The records that a golden record had in an app, all of them gone there while it goes on elsewhere. None
    where its deletion is to reach every app, or where it is not to be in this one: an undo put it away, or
    its create was turned down."""
    mine = [link for link in links if link.app == app]
    goes_on = any(link.state == "live" for link in links)
    if not goes_on or golden.deleted or app in golden.barred or any(link.state != "gone" for link in mine):
        return []
    return [link.key for link in mine]


def bring_back(decision: Decision, unit: Unit, lens: Lens, abilities: Abilities, app: str) -> Decision:
    """The decision with a create in place of what is gone in this app, if one may be made. `unit` is what was
    decided about."""
    golden, links = decision.unit.golden.copy(), [link.copy() for link in decision.unit.links]
    if _left_just_now(decision, unit) == {app}:
        golden.deleted = unit.golden.deleted  # it has reached nobody yet, and is taken back
    gone = lost(golden, links, app)
    if any((obs := unit.observations.get(key)) is not None and obs.state == "merged" for key in gone):
        return decision
    left = [link for link in links if link.key not in gone]
    planning = Planning(golden, lens, abilities, [], list(decision.log), [])
    plan(planning, left, unit.creating)
    made = [item for item in planning.items if gone and item.kind == "create" and item.app == app]
    if not made:
        return decision
    for item in made:
        item.again = True
    return replace(
        decision,
        unit=Unit(golden, links),
        items=planning.items,
        log=planning.log,
        notes=planning.notes,
    )


def _left_just_now(decision: Decision, unit: Unit) -> set[str]:
    """Apps in which a record of it was found to be gone in this run."""
    before = {link.key: link.state for link in unit.links}
    return {k.app for k in decision.unit.links if k.state == "gone" and before[k.key] != "gone"}
