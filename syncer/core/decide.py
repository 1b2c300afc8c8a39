"""Decide about one golden record: all waiting observations of all its apps at once. Pure.

`decide` takes what is known and gives what is to be kept and what is to be done. It changes nothing that it
was given: a run that is held throws the answer away.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from conflicts.consent import rank
from syncer.core.carry import forget_lost, retype
from syncer.core.consent import merge_consent, read_consent
from syncer.core.lens import Lens
from syncer.core.merge import merge
from syncer.core.merging import Merging, changes
from syncer.core.observe import Reading, read
from syncer.core.plan import Abilities, Planning, compare, plan
from syncer.model import ABSENT, Decision, Golden, Item, Link, Observation, Unit


def decide(unit: Unit, lens: Lens, abilities: Abilities, run: str) -> Decision:
    """The state after this run, and the items that bring the apps there."""
    golden, links = unit.golden.copy(), _in_order([link.copy() for link in unit.links], lens)
    gone = [link for link in links if _follow_state(link, unit.observations.get(link.key))]
    gone = [link for link in gone if not any(k.app == link.app and k.state == "live" for k in links)]
    _choose_primary(links)
    forget_lost(golden, lens)
    retype(golden, links, lens)
    deserted = not any(k.state == "live" and k.seen for k in links)
    observed = _readable(unit, links, lens)
    consents = read_consent(observed, lens, unit.restored)
    reading = read(observed, golden, lens)
    merging = Merging(golden, links, lens, run, reading.log, deserted)
    merge_consent(merging, consents, unit.stubs)
    merge(merging, reading.offers)
    golden.deleted = _is_deleted(golden, unit, links, gone, lens) and not _edited(reading)
    items: list[Item] = []
    notes: list[tuple[str, str]] = []
    plan(Planning(golden, lens, abilities, items, merging.log, notes), links, unit.creating)
    changed, was = changes(unit.golden, golden)
    return Decision(Unit(golden, links), items, merging.log, changed, reading.waiting, notes, was)


def _in_order(links: list[Link], lens: Lens) -> list[Link]:
    place = {app: i for i, app in enumerate(lens.mapping.order)}
    return sorted(links, key=lambda k: (place[k.app], k.id))


def _follow_state(link: Link, obs: Observation | None) -> bool:
    """Take over whether the record is there. True when somebody has just deleted it: a record that was merged
    into another is not deleted, nor is one that an undo was to put away, or that had left the filter."""
    if obs is None or obs.state == "glimpsed":
        return False
    was, ours = link.state, bool(link.doomed)
    if obs.state in ("archived", "deleted", "merged"):
        link.state, link.doomed = "gone", ""
    else:
        link.state = "out" if obs.state == "out" else "live"
    return link.state == "gone" and was == "live" and obs.state != "merged" and not ours


def _is_deleted(golden: Golden, unit: Unit, links: Sequence[Link], gone: Sequence[Link], lens: Lens) -> bool:
    """Whether a deletion is to reach the other apps: one of just now, or one that is not done everywhere yet.
    Whoever is entered again in the app where they were deleted is there again."""
    if lens.mapping.on_delete == "keep" or not (gone or golden.deleted):
        return False
    known = {link.key: link.state for link in unit.links if link.seen or link.observed_at is not None}
    left = {link.app for link in unit.links if link.state == "gone"}
    live = [link for link in links if link.state == "live"]
    if any(link.app in left and known.get(link.key) != "live" for link in live):
        return False
    return any(link.key in known for link in live)


def _choose_primary(links: Sequence[Link]) -> None:
    """Of several records of one app on one golden record, one that is there is written."""
    for app in {link.app for link in links}:
        mine = [link for link in links if link.app == app]
        if not any(link.primary and link.state == "live" for link in mine):
            first = next((link for link in mine if link.state == "live"), None)
            if first is not None:
                for link in mine:
                    link.primary = link is first


def lower_consent(unit: Unit, lens: Lens, run: str) -> Decision | None:
    """What must not wait while a run is held: consent lowered on existing links. None where nothing is.

    Only the consent slots are read and compared, and only writes that lower consent are planned; all else of
    the observations goes on waiting, to be dated and merged as if nobody had looked yet. Their consent is
    used up: once it is written over, what was read before would pass for an edit of what we wrote.
    """
    name = lens.mapping.consent
    golden, links = unit.golden.copy(), _in_order([link.copy() for link in unit.links], lens)
    if name is None:
        return None
    observed = [(k, o) for k in links if (o := unit.observations.get(k.key)) is not None]
    merging = Merging(golden, links, lens, run, [])
    merge_consent(merging, read_consent(observed, lens), unit.stubs)
    before, after = unit.golden.value.get(name), golden.value.get(name)
    if rank(str(after)) <= max(rank("subscribed"), rank(str(before))):
        return None  # what nobody knew before lowers nothing by becoming a yes
    planning = Planning(golden, lens, Abilities(), [], merging.log, [])
    for link in links:
        slot, obs = lens.slot_of(link.app, name), unit.observations.get(link.key)
        there = link.state == "live" and (obs is None or obs.state in ("found", "glimpsed"))
        if slot is not None and there:
            item = compare(planning, link, [slot])
            if item is not None and not item.raises:
                planning.items.append(item)
    changed = {name: (unit.golden.value.get(name, ABSENT), after)}
    source = unit.golden.provenance.get(name)
    was = {name: source} if source is not None else {}
    rest = [_without_consent(obs, lens) for _, obs in observed]
    return Decision(Unit(golden, links), planning.items, merging.log, changed, rest, was=was)


def _readable(unit: Unit, links: Sequence[Link], lens: Lens) -> list[tuple[Link, Observation]]:
    """What may be read: all of a live record, and of any other its consent alone."""
    found = []
    for link in links:
        obs = unit.observations.get(link.key)
        if obs is None:
            continue
        if link.state != "live":
            obs = _consent_only(obs, lens)
        if obs.values:
            found.append((link, obs))
    return found


def _consent_only(obs: Observation, lens: Lens) -> Observation:
    slot = lens.slot_of(obs.app, lens.mapping.consent or "")
    values = {name: value for name, value in obs.values.items() if slot is not None and name == slot.name}
    return replace(obs, values=values, into="")


def _without_consent(obs: Observation, lens: Lens) -> Observation:
    slot = lens.slot_of(obs.app, lens.mapping.consent or "")
    values = {name: value for name, value in obs.values.items() if slot is None or name != slot.name}
    return replace(obs, values=values, consent=())


def _edited(reading: Reading) -> bool:
    """An edit beats a delete: it ends the spreading of the delete."""
    return any(offer.candidate.kind == "edit" for offers in reading.offers.values() for offer in offers)
