"""Worlds drawn from a number: two to five apps with abilities and bad habits, and a mapping over them, before
and after somebody widens it. The mappings are real ones, read from YAML. A `Wish` narrows what is drawn."""

from __future__ import annotations

import random
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

from connectors.contract import FieldSpec, ObjectSpec
from connectors.memory import Traits
from mappings.load import load
from mappings.model import ObjectMapping
from syncer.core.brakes import ChangeKind, Limit

OBJECT = "contacts"
KIND, OUTSIDE = "kind", "agent"  # a field that is not mapped, and by which a filter leaves a record out
FILTER = f"{KIND} != '{OUTSIDE}'"
AGAIN = "_again"  # a name that a field is given later is told from its first one by this
TAGS = ("vip", "partner", "trial")
TEXT_HABITS = ((), (), ("trim",), ("lower",), ("cut:6",), ("trim", "lower", "cut:8"))
TEXTS = ("title", "note")
FULL = ("subscribed", "pending", "unsubscribed", "bounced", "complained")
STATUS = {"active": "subscribed", "waiting": "pending", "out": "unsubscribed", "bounced": "bounced"}
STATUS_SET = {
    "subscribed": "active",
    **dict.fromkeys(("unsubscribed", "bounced", "complained", "erased"), "out"),
}
OPT_OUT = {"true": "unsubscribed"}
OPT_OUT_SET = dict.fromkeys(("unsubscribed", "bounced", "complained", "erased"), "true")
BRAKED: tuple[ChangeKind, ...] = ("creates", "updates", "archives", "blanks", "unsubscribes")


@dataclass(frozen=True, slots=True)
class Wish:
    """What a world must be like. Nothing wished is drawn.

    apps, people  how many; fields: those mapped besides the e-mail address
    traits        abilities and habits of every app (fields of `Traits`); said: keys of every field's mapping
    texts         what every text field of every app is like (fields of `FieldSpec`)
    sly           what the first app makes of texts without saying so (as `FieldSpec.coerce`)
    faults        what goes wrong, with its rate (see `faults.py`); anything else does not happen
    acts          what people do (see `people.py`), with weights; anything else is not done. Where somebody
                  moves records out of a filter there is one
    limits        the brakes are on
    calm          the mapping and the apps never change
    unlike        the names of one person are unlike, so that it is doubtful who is who
    twice         the part that is played in another order too (see `kinds.py`)
    """

    apps: int | None = None
    people: int | None = None
    fields: tuple[str, ...] = ()
    traits: Mapping[str, Any] = field(default_factory=dict, hash=False)
    said: Mapping[str, str] = field(default_factory=dict, hash=False)
    texts: Mapping[str, Any] = field(default_factory=dict, hash=False)
    sly: tuple[str, ...] = ()
    faults: Mapping[str, float] | None = field(default=None, hash=False)
    acts: Mapping[str, float] | None = field(default=None, hash=False)
    limits: bool | None = None
    calm: bool = False
    unlike: bool = False
    twice: Literal["", "start", "end"] = ""
    name: str = ""


ANYTHING = Wish()


@dataclass(frozen=True, slots=True)
class Draft:
    """A mapping as somebody writes it.

    head      the lines before the apps
    creating  app -> whether it takes new records; the apps are its keys
    places    field -> app -> its place there, as YAML
    said      field -> what else is said of it
    only      app -> its filter, where it has one
    """

    head: str
    creating: Mapping[str, bool]
    places: Mapping[str, Mapping[str, str]]
    said: Mapping[str, Mapping[str, str]]
    only: Mapping[str, str] = field(default_factory=dict)

    def load(self, traits: Mapping[str, Traits]) -> ObjectMapping:
        lines = [f"object: contact\n{self.head}apps:"]
        for name, creates in self.creating.items():
            only = f', only: "{self.only[name]}"' if name in self.only else ""
            lines.append(f"  {name}: {{object: {OBJECT}, creates: {str(creates).lower()}{only}}}")
        lines.append("fields:")
        for field_, where in self.places.items():
            keys = {"type": "email"} if field_ == "email" else _of(self.said[field_], where)
            told = ", ".join(f"{k}: {v}" for k, v in keys.items())
            place = ", ".join(f"{app}: {there}" for app, there in where.items())
            if where:
                lines.append(f"  {field_}: {{{told}, in: {{{place}}}}}")
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "contacts.yaml"
            path.write_text("\n".join(lines))
            return load(path, {n: {s.name: s for s in traits[n].fields} for n in self.creating})


@dataclass(frozen=True, slots=True)
class Setting:
    """The apps, the mapping that a history starts with and the one that it goes over to, and the brakes.

    draft        how the later mapping is written
    rounds       app -> decimal places that it keeps of a number, undeclared
    conditional  apps that refuse to overwrite a record which moved since it was read
    """

    traits: Mapping[str, Traits]
    first: ObjectMapping
    later: ObjectMapping
    draft: Draft
    limits: Mapping[ChangeKind, Limit]
    rounds: Mapping[str, int]
    conditional: frozenset[str]

    def spec(self, app: str) -> ObjectSpec:
        traits = self.traits[app]
        return traits.spec({spec.name: spec for spec in all_fields(traits)})


def all_fields(traits: Traits) -> tuple[FieldSpec, ...]:
    names = {spec.name for spec in traits.fields}
    own = traits.external_id
    return (*traits.fields, FieldSpec(own)) if own and own not in names else traits.fields


@lru_cache(512)
def setting(number: int, wish: Wish = ANYTHING) -> Setting:
    """The world with this number."""
    rng = random.Random(f"world {number}")
    names = [f"a{i}" for i in range(wish.apps or rng.choice((2, 2, 3, 3, 4, 5)))]
    fields = list(wish.fields) or _fields(rng)
    places = _places(rng, fields, names)
    traits = {name: _wished_traits(wish, _traits(rng, name, places)) for name in names}
    if wish.sly:
        traits[names[0]] = replace(traits[names[0]], quirks=dict.fromkeys(TEXTS, wish.sly))
    said = {f: {**_said(rng, f, sorted(places[f])), **_wished(wish, f)} for f in fields}
    head = _head(rng, fields)
    creating = {name: rng.random() < 0.85 for name in names}
    only, gained = _filters(number, wish, names)
    traits = {
        n: replace(t, fields=(*t.fields, FieldSpec(KIND))) if n in only else t for n, t in traits.items()
    }
    draft = begun = Draft(head, creating, places, said, only)
    if not wish.calm and rng.random() < 0.3:
        kept = names[:-1] if len(names) > 2 and rng.random() < 0.5 else names
        fewer = {f: {a: p for a, p in where.items() if a in kept} for f, where in places.items()}
        late = rng.choice(fields)
        if late not in ("first", "last"):
            fewer[late].pop(rng.choice(names), None)
        begun = Draft(head, {name: creating[name] for name in kept}, fewer, said, only)
    if gained:
        begun = replace(begun, only={})
    later = draft.load(traits)
    braked = wish.limits if wish.limits is not None else rng.random() < 0.2
    return Setting(
        traits,
        later if begun is draft else begun.load(traits),
        later,
        draft,
        {kind: Limit(0.0, rng.choice((1, 2, 3))) for kind in BRAKED} if braked else {},
        {name: rng.choice((0, 1, 2)) for name in names if rng.random() < 0.3},
        frozenset(name for name in names if rng.random() < 0.25),
    )


def _filters(number: int, wish: Wish, names: list[str]) -> tuple[dict[str, str], bool]:
    """App -> its filter, and whether the mapping gains them late. Drawn apart: a world without any is the
    world that it was before there were filters."""
    if wish.acts is not None:
        return (dict.fromkeys(names, FILTER) if "scope" in wish.acts else {}), False
    rng = random.Random(f"filters {number}")
    only = {name: FILTER for name in names if rng.random() < 0.5} if rng.random() < 0.3 else {}
    return only, bool(only) and not wish.calm and rng.random() < 0.3


def _fields(rng: random.Random) -> list[str]:
    some = [["first", "last"], ["title"], ["note"], ["phone"], ["score"], ["tags"], ["consent"], ["consent"]]
    return list(dict.fromkeys(f for group in rng.sample(some, rng.randint(1, 3)) for f in group))


def _places(rng: random.Random, fields: list[str], names: list[str]) -> dict[str, dict[str, str]]:
    """Where each field lives: app -> the app's own name for it."""
    places = {"email": dict.fromkeys(names, "email")}
    whole = {name for name in names if rng.random() < 0.4}
    for f in fields:
        parts = {name: f"name.{f}" if name in whole else f for name in names}
        places[f] = parts if f in ("first", "last") else dict.fromkeys(names, f)
        for name in names:
            if f not in ("first", "last") and len(places[f]) > 2 and rng.random() < 0.15:
                del places[f][name]
    return places


def _traits(rng: random.Random, name: str, places: Mapping[str, Mapping[str, str]]) -> Traits:
    fields = {}
    for where in places.values():
        if name in where:
            spec = _spec(rng, where[name].partition(".")[0])
            fields[spec.name] = spec
    lag = rng.choice((0.0, 0.0, 0.0, 5.0, 90.0))
    keyed = rng.random() < 0.75
    return Traits(
        fields=tuple(fields.values()),
        object=OBJECT,
        account=name,
        unique=("email",) if keyed else (),
        external_id=rng.choice((None, None, "our_id")),
        needs=(("email",),) if rng.random() < 0.5 else (),
        feed=rng.choice(("changes", "changes", "scan")),
        lag=lag,
        jitter=lag > 0 and rng.random() < 0.5,
        lists_lag=lag > 0 and rng.random() < 0.5,
        find_lags=lag > 0 and rng.random() < 0.3,
        granularity=rng.choice((0.0, 0.001, 1.0, 60.0)),
        field_stamps=rng.random() < 0.2,
        answers=rng.random() < 0.7,
        page_size=rng.choice((1, 2, 3, 100)),
        batch=rng.choice((1, 2, 100)),
        archive=rng.choice(("restorable", "restorable", "final", "none")),
        lists_archived=rng.random() < 0.3,
        tells_deleted=rng.random() < 0.7,
        consent_on_new=_on_new(rng, fields),
        mails_on=("active",),
    )


def _on_new(rng: random.Random, fields: Mapping[str, FieldSpec]) -> str | None:
    """An app with a status of its own gives one to every new record."""
    spec = fields.get("consent")
    return "subscribed" if spec and "active" in spec.consent and rng.random() < 0.7 else None


def _spec(rng: random.Random, name: str) -> FieldSpec:
    if name == "email":
        return FieldSpec(name, coerce=rng.choice(((), ("trim", "lower"), ("trim", "lower"))))
    if name == "phone":
        return FieldSpec(name, coerce=rng.choice(((), ("digits",))))
    if name == "score":
        return FieldSpec(name, kind="decimal")
    if name == "tags":
        return FieldSpec(name, kind="multi")
    if name in ("first", "last", "name"):
        return FieldSpec(name, coerce=rng.choice(((), (), ("trim",), ("lower",))))
    if name != "consent":
        longest = 16 if rng.random() < 0.15 else None
        return FieldSpec(name, coerce=rng.choice(TEXT_HABITS), max_length=longest)
    style = rng.choice(("full", "status", "status", "opt-out"))
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
    kind = {"first": "name", "last": "name", "phone": "phone", "score": "decimal"}.get(field, "text")
    shuffled = ", ".join(rng.sample(apps, len(apps)))
    said = {"type": kind, "rule": rng.choice(("newest", "newest", f"{{prefer: [{shuffled}]}}", "manual"))}
    if rng.random() < 0.1 and len(apps) > 1:
        said["direction"] = f"{{{rng.choice(apps)}: {rng.choice(('from', 'to'))}}}"
    if rng.random() < 0.2:
        said["on_join"] = "rule"
    if rng.random() < 0.15:
        said["blank"] = "keep"
    return said


def _wished_traits(wish: Wish, drawn: Traits) -> Traits:
    fields = tuple(replace(f, **wish.texts) if f.name in TEXTS else f for f in drawn.fields)
    return replace(drawn, fields=fields, **wish.traits)


def _wished(wish: Wish, field: str) -> Mapping[str, str]:
    return {} if field in ("consent", "tags") else wish.said


def _head(rng: random.Random, fields: list[str]) -> str:
    names = "names: [first, last], " if "first" in fields and rng.random() < 0.3 else ""
    policy = rng.choice(("keep", "keep", "archive"))
    return f"match: {{exact: [email], {names}fuzzy: false}}\non_delete: {policy}\nrule: newest\n"


def _of(said: Mapping[str, str], where: Mapping[str, str]) -> dict[str, str]:
    """What is said of a field, as far as it speaks of apps that have it."""
    apps = {f"a{i}" for i in range(9)}
    return {k: v for k, v in said.items() if not any(a in v for a in apps - set(where))}


def first_name(field: str) -> str:
    """What a field was called before it was renamed."""
    return field.removesuffix(AGAIN)
