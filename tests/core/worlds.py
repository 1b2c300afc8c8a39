"""Small made-up mappings and states for the tables of the pure core: real mappings read from YAML, up to
three apps, one golden record."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from connectors.contract import FieldSpec
from mappings.load import load
from mappings.model import ObjectMapping
from syncer.core.decide import decide
from syncer.core.lens import Lens, NoRefs
from syncer.core.plan import Abilities
from syncer.model import Decision, Golden, Link, LinkKey, Observation, Provenance, StubConsent, Unit, Value

NOON = datetime(2030, 1, 1, 12, 0, tzinfo=UTC)
CONSENT = ("subscribed", "pending", "unsubscribed", "bounced", "complained", "erased")

FIELDS = """
  email: {type: email, in: {crm: email, mail: email, desk: email}}
  first: {type: name, in: {crm: first, mail: first, desk: name.first}}
  last: {type: name, in: {crm: last, mail: last, desk: name.last}}
  title: {type: text, in: {crm: title, mail: title, desk: title}}
  note: {type: text, in: {crm: note, mail: note, desk: note}, rule: manual}
  tags: {type: tags, only: [vip, partner, trial], in: {crm: tags, desk: tags}, rule: union}
  consent: {type: consent, in: {crm: optout, mail: status, desk: consent}, authority: [mail]}
"""
SHAPES: Mapping[str, Mapping[str, FieldSpec]] = {
    "crm": {
        "email": FieldSpec("email"),
        "first": FieldSpec("first"),
        "last": FieldSpec("last"),
        "title": FieldSpec("title"),
        "note": FieldSpec("note"),
        "tags": FieldSpec("tags", kind="multi"),
        "optout": FieldSpec(
            "optout",
            kind="consent",
            consent={"true": "unsubscribed"},
            consent_set=dict.fromkeys(("unsubscribed", "bounced", "complained", "erased"), "true"),
        ),
    },
    "mail": {
        "email": FieldSpec("email", coerce=("lower",)),
        "first": FieldSpec("first", coerce=("cut:4",)),
        "last": FieldSpec("last"),
        "title": FieldSpec("title", coerce=("lower",)),
        "note": FieldSpec("note"),
        "status": FieldSpec(
            "status",
            kind="consent",
            consent={
                "active": "subscribed",
                "waiting": "pending",
                "out": "unsubscribed",
                "bounced": "bounced",
            },
            consent_set={"subscribed": "active", **dict.fromkeys(CONSENT[2:], "out")},
        ),
    },
    "desk": {
        "email": FieldSpec("email"),
        "name": FieldSpec("name"),
        "title": FieldSpec("title", coerce=("cut:6",)),
        "note": FieldSpec("note"),
        "tags": FieldSpec("tags", kind="multi"),
        "consent": FieldSpec("consent", kind="choice", options=CONSENT),
    },
}


@lru_cache
def mapping(fields: str = FIELDS, extra: str = "", apps: str = "crm mail desk") -> ObjectMapping:
    """A mapping over the shapes above. `extra` goes to the top of the file."""
    lines = "\n".join(f"  {name}: {{object: people}}" for name in apps.split())
    text = f"object: person\n{extra}\napps:\n{lines}\nrule: newest\nfields:{fields}"
    with TemporaryDirectory() as folder:
        path = Path(folder) / "people.yaml"
        path.write_text(text)
        return load(path, {name: SHAPES[name] for name in apps.split()})


def one(field: str, **said: str) -> ObjectMapping:
    """A mapping of this one field, in the apps that have it, with some keys said otherwise."""
    line = next(x for x in FIELDS.splitlines() if x.strip().startswith(f"{field}:"))
    for key, value in said.items():
        if f", {key}: manual" in line:
            line = line.replace(f", {key}: manual", "")
        line = line[:-1] + f", {key}: {value}}}"
    apps = " ".join(
        app for app in ("crm", "mail", "desk") if f"{app}:" in line.partition("in:")[2].partition("}")[0]
    )
    return mapping("\n" + line + "\n", apps=apps)


def lens(of: ObjectMapping) -> Lens:
    return Lens(of, NoRefs())


def at(minutes: float) -> datetime:
    return NOON + timedelta(minutes=minutes)


def golden(source: str = "crm", minutes: float = -60, **value: Value) -> Golden:
    """Golden values that came from one app."""
    origin = Provenance(source, f"{source}-1", at(minutes), "edit", "r0")
    return Golden("g", dict(value), dict.fromkeys(value, origin))


def link(app: str, seen: Mapping[str, Value], agreed: Mapping[str, Any] | None = None, **more: Any) -> Link:
    """The link to record ``APP-1``."""
    more.setdefault("observed_at", at(-30))
    return Link(app, more.pop("id", f"{app}-1"), "g", seen=dict(seen), agreed=dict(agreed or {}), **more)


def seen(app: str, minutes: float = 0, **values: Any) -> Observation:
    """What the app showed of record ``APP-1``, changed and read at this minute."""
    more = {
        k: values.pop(k)
        for k in ("state", "consent", "stamps", "id", "stamp")
        if k in values and k != "consent"
    }
    slots = {**values}
    stamp = more.pop("stamp", at(minutes))
    return Observation(app, more.pop("id", f"{app}-1"), slots, at(minutes), stamp, **more)


def agreeing(of: ObjectMapping, record: Golden, *apps: str) -> list[Link]:
    """Links of apps that hold golden, each in its own form."""
    links = []
    for app in apps or tuple(of.apps):
        slots = of.apps[app].slots.values()
        shown = {s.name: s.project(record.value, None) for s in slots}
        agreed = {f: record.value[f] for s in slots for f in s.fields if f in record.value}
        links.append(link(app, shown, agreed, version=of.version))
    return links


def run(
    of: ObjectMapping,
    record: Golden,
    links: list[Link],
    *observations: Observation,
    stubs: tuple[StubConsent, ...] = (),
    abilities: Abilities | None = None,
    creating: frozenset[str] = frozenset(),
    restored: bool = False,
) -> Decision:
    """Decide about one golden record."""
    observed: dict[LinkKey, Observation] = {o.key: o for o in observations}
    unit = Unit(record, links, observed, stubs, creating, restored=restored)
    return decide(unit, lens(of), abilities or Abilities(), "r1")


def due(decision: Decision) -> dict[str, dict[str, Value]]:
    """What is to be written: app -> slot -> value."""
    return {i.app: {s: after for s, (_, after) in i.slots.items()} for i in decision.items}


def logged(decision: Decision) -> list[tuple[str, str, Value]]:
    """The log as (kind, field, winner)."""
    return [(e.kind, e.field, e.winner) for e in decision.log]
