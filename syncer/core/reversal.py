"""The way back from one run, for one golden record. Pure.

What the run wrote is put back where the app still holds it; golden goes back to what it was; what the run
created is to be archived. An app that holds another value is left alone and parted (`Link.parted`); what a
person changed since is left alone and told. Consent is never raised. What is put back is not sent from here:
the state says what each app is to hold, and `syncer.core.plan` plans it as any other write.
"""

from __future__ import annotations

from dataclasses import replace

from mappings.model import BadValue, Slot
from syncer.core.consent import read_consent
from syncer.core.deeds import Deed, Reversal, Rules
from syncer.core.lens import Lens
from syncer.core.observe import outcome_of, read
from syncer.core.reversal_fields import put_fields_back
from syncer.core.reversal_records import put_records_back
from syncer.model import BLANK, Link, Observation, Unit, Value


def reverse(unit: Unit, deed: Deed, rules: Rules, lens: Lens) -> Reversal:
    """The state after undoing a deed, and what there is to tell about it. `unit` is not changed."""
    r = look(unit, lens)
    put_fields_back(r, deed, rules, lens)
    if rules.only is None:
        put_records_back(r, deed, rules, lens)
    left = {(x.app, x.record, x.field) for x in r.lines if x.act == "left"}
    r.lines[:] = [x for x in r.lines if x.act != "parted" or (x.app, x.record, x.field) not in left]
    return r


def look(unit: Unit, lens: Lens) -> Reversal:
    """Take in what the apps show, as far as it is no news; what is stays to be merged by the next run, and so
    does what the mapping reads in another way since it was seen. `unit` is not changed."""
    r = Reversal(Unit(unit.golden.copy(), [link.copy() for link in unit.links]))
    golden = r.unit.golden
    for link in r.unit.links:
        obs = unit.observations.get(link.key)
        if obs is None:
            continue
        r.looked_at.append(link.key)
        if obs.state == "found" and link.state != "live":  # that it is back is for the next run to follow
            r.waiting.append(obs)
            r.back.add(link.key)
            continue
        if obs.state != "found":
            r.waiting.append(obs)
            r.moved.add(link.key)
            if obs.state in ("archived", "deleted", "merged"):
                r.away.add(link.key)
            elif obs.state == "out":  # nothing is written into what takes no part
                link.state = "out"
            continue
        slots = lens.mapping.apps[link.app].slots
        news = {n: v for n, v in obs.values.items() if n in slots and _is_news(link, slots[n], v, obs)}
        if link.moved_to(obs.stamp):
            r.moved.add(link.key)
        r.news |= {(link.key, name) for name in news}
        late = news | {n: v for n, v in obs.values.items() if n in link.anew and n not in link.pending}
        known = {n: v for n, v in obs.values.items() if n not in late}
        before = link.stamp, link.ours, link.observed_at
        calm = replace(obs, values=known, consent=())
        read([(link, calm)], golden, lens)
        read_consent([(link, calm)], lens)
        if late or link.key in r.moved:
            link.stamp, link.ours, link.observed_at = before
        if late:
            r.waiting.append(replace(obs, values=late))
    return r


def _is_news(link: Link, slot: Slot, value: Value, obs: Observation) -> bool:
    """Whether a person changed this since we last knew it: to be merged, and never taken for ours."""
    pending = link.pending.get(slot.name)
    if pending is not None:
        return obs.read_at <= pending.sent_at or outcome_of(slot, value, pending) == "edit"
    if slot.name not in link.seen:
        return value != slot.default and _says_something(slot, value)
    return not slot.same(value, link.seen[slot.name])


def _says_something(slot: Slot, value: Value) -> bool:
    """Whether a value that we never knew holds anything of what is mapped."""
    try:
        return any(part not in BLANK for part in slot.split(value, {}).values())
    except BadValue:
        return True
