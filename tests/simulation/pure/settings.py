"""Small worlds drawn from a number: two to five apps with quirks, and a mapping over them, before and after
somebody widens it. The mappings are real ones, read from YAML."""

from __future__ import annotations

import random
import re
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from connectors.contract import FieldSpec, Value
from mappings.load import load
from mappings.model import ObjectMapping

TAGS = ("vip", "partner", "trial")
TEXT_QUIRKS = ((), (), ("trim",), ("lower",), ("cut:5",), ("trim", "lower", "cut:7"))
NAME_QUIRKS = ((), (), ("trim",), ("lower",), ("cut:9",))
PHONE_QUIRKS = ((), ("digits",))
FULL = ("subscribed", "pending", "unsubscribed", "bounced", "complained")
STATUS = {"active": "subscribed", "waiting": "pending", "out": "unsubscribed", "bounced": "bounced"}
STATUS_SET = {"subscribed": "active", **dict.fromkeys(("unsubscribed", "bounced", "complained"), "out")}
OPT_OUT = {"true": "unsubscribed"}
OPT_OUT_SET = dict.fromkeys(("unsubscribed", "bounced", "complained"), "true")


@dataclass(frozen=True, slots=True)
class Traits:
    """How one app behaves.

    answers    an applied write carries the record
    stamps     none, record, field, or coarse (whole minutes)
    lags       its lists show older values than single records
    finds      a create can be looked up again by our id
    ignores    a field that it says it wrote, and did not
    reformats  it writes phones and texts in a form of its own that it does not declare: the same value
    """

    name: str
    fields: Mapping[str, FieldSpec]
    answers: bool
    stamps: str
    lags: bool
    finds: bool
    reformats: bool
    archives: bool
    ignores: str

    def store(self, slot: str, value: Value) -> Value:
        """What the app makes of a value, whoever writes it."""
        if isinstance(value, list):
            return sorted(value) or None
        if not isinstance(value, str):
            return value
        for step in self.fields[slot].coerce:
            if step == "trim":
                value = value.strip()
            elif step == "lower":
                value = value.lower()
            elif step == "digits":
                value = "".join(c for c in value if c in "+0123456789")
            else:
                value = value[: int(step.removeprefix("cut:"))]
        if self.reformats and slot == "phone" and value.startswith("+62") and value[1:].isdigit():
            value = f"+62 {value[3:6]}-{value[6:]}"
        return value or None


@dataclass(frozen=True, slots=True)
class Setting:
    """The apps, the mapping that a history starts with, and the one that it may go over to."""

    apps: Mapping[str, Traits]
    first: ObjectMapping
    later: ObjectMapping


@lru_cache(256)
def setting(number: int, field: str = "") -> Setting:
    """The world with this number; on demand with one field only."""
    rng = random.Random(f"world {number}")
    names = [f"a{i}" for i in range(rng.choice((2, 2, 3, 3, 4, 5)))]
    fields = [field] if field else _fields(rng)
    places = {f: _places(rng, f, names) for f in fields}
    apps = {name: _traits(rng, name, places) for name in names}
    said = {f: _said(rng, f, sorted(places[f])) for f in fields}
    head = f"on_delete: {rng.choice(('keep', 'keep', 'archive'))}\nrule: newest\n"
    creating = {name: rng.random() < 0.8 for name in names}
    names = [name for name in names if apps[name].fields]
    apps = {name: apps[name] for name in names}
    later = _load(head, names, creating, fields, places, said, apps)
    fewer = {f: dict(where) for f, where in places.items()}
    kept = list(names)
    if len(names) > 2 and rng.random() < 0.3:
        kept = names[:-1]
    if rng.random() < 0.3:
        late = rng.choice(fields)
        for app in rng.sample(names, rng.randint(1, len(names))):
            if late not in ("first", "last"):
                fewer[late].pop(app, None)
    fewer = {f: {a: p for a, p in where.items() if a in kept} for f, where in fewer.items()}
    first = _load(head, kept, creating, fields, fewer, said, apps)
    return Setting(apps, first or later, later)


def _fields(rng: random.Random) -> list[str]:
    some = [["first", "last"], ["title"], ["note"], ["phone"], ["tags"], ["consent"]]
    return [f for group in rng.sample(some, rng.randint(1, 3)) for f in group]


def _places(rng: random.Random, field: str, names: list[str]) -> dict[str, str]:
    """Where a field lives: app -> the app's own name for it."""
    where = dict.fromkeys(names, field)
    if field in ("first", "last"):
        return where
    for name in list(where):
        if len(where) > 2 and rng.random() < 0.15:
            del where[name]
    return where


def _traits(rng: random.Random, name: str, places: dict[str, dict[str, str]]) -> Traits:
    if "first" in places:  # both parts live in one text, or in two
        whole = rng.random() < 0.4
        for part in ("first", "last"):
            places[part][name] = f"name.{part}" if whole else part
    fields = {}
    for where in places.values():
        if name in where:
            spec = _spec(rng, where[name].partition(".")[0])
            fields[spec.name] = spec
    return Traits(
        name,
        fields,
        answers=rng.random() < 0.7,
        stamps=rng.choice(("none", "record", "record", "field", "coarse")),
        lags=rng.random() < 0.25,
        finds=rng.random() < 0.8,
        reformats=rng.random() < 0.3,
        archives=rng.random() < 0.5,
        ignores=rng.choice(sorted(fields)) if fields and rng.random() < 0.04 else "",
    )


def _spec(rng: random.Random, name: str) -> FieldSpec:
    if name == "phone":
        return FieldSpec(name, coerce=rng.choice(PHONE_QUIRKS))
    if name in ("first", "last", "name"):
        return FieldSpec(name, coerce=rng.choice(NAME_QUIRKS))
    if name == "tags":
        return FieldSpec(name, kind="multi")
    if name != "consent":
        return FieldSpec(name, coerce=rng.choice(TEXT_QUIRKS))
    style = rng.choice(("full", "full", "status", "opt-out"))
    if style == "full":
        return FieldSpec(name, kind="choice", options=FULL)
    if style == "status":
        return FieldSpec(name, kind="consent", consent=STATUS, consent_set=STATUS_SET)
    return FieldSpec(name, kind="consent", consent=OPT_OUT, consent_set=OPT_OUT_SET)


def _said(rng: random.Random, field: str, apps: list[str]) -> dict[str, str]:
    """What the mapping says of a field, besides where it lives."""
    if field == "consent":
        return {"type": "consent", "authority": f"[{', '.join(rng.sample(apps, rng.randint(1, len(apps))))}]"}
    if field == "tags":
        return {"type": "tags", "only": f"[{', '.join(TAGS)}]", "rule": "union"}
    kind = {"first": "name", "last": "name", "phone": "phone"}.get(field, "text")
    shuffled = ", ".join(rng.sample(apps, len(apps)))
    rules = ("newest", "newest", "newest", "longest", f"{{prefer: [{shuffled}]}}", "manual")
    said = {"type": kind, "rule": rng.choice(rules)}
    if rng.random() < 0.05:
        said["rule"] = f"{{only: {rng.choice(apps)}}}"
    elif rng.random() < 0.1 and len(apps) > 1:
        said["direction"] = f"{{{rng.choice(apps)}: {rng.choice(('from', 'to'))}}}"
    if rng.random() < 0.2:
        said["on_join"] = "rule"
    if rng.random() < 0.15:
        said["blank"] = "keep"
    return said


def _load(
    head: str,
    names: list[str],
    creating: Mapping[str, bool],
    fields: list[str],
    places: Mapping[str, Mapping[str, str]],
    said: Mapping[str, Mapping[str, str]],
    apps: Mapping[str, Traits],
) -> ObjectMapping | None:
    used = {app for where in places.values() for app in where}
    lines = [f"object: contact\n{head}apps:"]
    for name in names:
        if name in used:
            lines.append(f"  {name}: {{object: things, creates: {str(creating[name]).lower()}}}")
    lines.append("fields:")
    for field in fields:
        if not places[field]:
            continue
        keys = dict(said[field])
        keys = {k: v for k, v in keys.items() if all(a in places[field] for a in _apps_in(v))}
        where = ", ".join(f"{app}: {place}" for app, place in places[field].items())
        lines.append(f"  {field}: {{{', '.join(f'{k}: {v}' for k, v in keys.items())}, in: {{{where}}}}}")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "things.yaml"
        path.write_text("\n".join(lines))
        return load(path, {name: apps[name].fields for name in names if name in used}) if used else None


def _apps_in(text: str) -> list[str]:
    return re.findall(r"\ba\d\b", text)
