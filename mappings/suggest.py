"""Propose a mapping from what apps declare of their fields, and from some of their values. Pure.

Fields are the same where they are the same usual thing (an address, a city), else where names or labels are
alike, their kinds go together, and their choices or values do not speak against it. What is in doubt is left
out and named: a field that is missing from a mapping does no harm, a wrong pair mixes up customer data.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations

from rapidfuzz import fuzz

from mappings.concepts import CONCEPTS, Concept, concept_of, plain
from mappings.model import Shape, Value
from mappings.types.choice import folded

SURE = 0.75  # below this, a pair is left out
_TYPE_OF = {
    "integer": "integer",
    "decimal": "decimal",
    "boolean": "boolean",
    "choice": "choice",
    "multi": "multi_choice",
    "date": "date",
    "datetime": "datetime",
}
_TOGETHER = [
    {"integer", "decimal"},
    *({"text", kind} for kind in ("choice", "integer", "decimal", "boolean")),
]


@dataclass(frozen=True, slots=True)
class Found:
    """One field of an app: what the app declares of it, its label, and some of its values."""

    app: str
    shape: Shape
    label: str = ""
    samples: tuple[Value, ...] = ()

    @property
    def name(self) -> str:
        return self.shape.name


@dataclass(slots=True)
class Suggested:
    """One field of the proposal. `places`: app -> how it is written there; `why`: in words."""

    name: str
    type: str
    places: dict[str, str]
    confidence: float
    why: str
    extra: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Proposal:
    """A mapping, and what it left out: (app, field, why)."""

    object: str
    apps: Mapping[str, str]
    fields: list[Suggested] = field(default_factory=list)
    left_out: list[tuple[str, str, str]] = field(default_factory=list)


def suggest(object: str, apps: Mapping[str, str], found: Mapping[str, Sequence[Found]]) -> Proposal:
    """A proposal for `object`, whose records are called `apps[app]` there."""
    proposal = Proposal(object, apps)
    open_ = {app: [f for f in fields if _usable(f)] for app, fields in found.items()}
    known = {(f.app, f.name): concept_of(f.name, f.label) for fields in open_.values() for f in fields}
    for fields in open_.values():
        known |= _given_names(fields, known)
    taken: set[tuple[str, str]] = set()
    for concept in dict.fromkeys(c for c in known.values() if c is not None):
        group = _by_concept(concept, open_, known, taken)
        if len(group) > 1:
            taken |= {(f.app, f.name) for f in group}
            _add(proposal, _concerning(concept, group, object))
    _split_names(proposal, open_, known, taken)
    for group, score in _alike(open_, taken):
        taken |= {(f.app, f.name) for f in group}
        _add(proposal, _plain_field(group, score))
    proposal.left_out += list(_left(found, open_, taken))
    return proposal


def _given_names(
    fields: Sequence[Found], known: Mapping[tuple[str, str], Concept | None]
) -> dict[tuple[str, str], Concept]:
    """Where an app has a field for the last name, and none for the first, its ``name`` is the first name."""
    named = {concept.name: f for f in fields if (concept := known[f.app, f.name]) is not None}
    if "last_name" in named and "name" in named and "first_name" not in named:
        f = named["name"]
        return {(f.app, f.name): next(c for c in CONCEPTS if c.name == "first_name")}
    return {}


def _add(proposal: Proposal, suggested: Suggested) -> None:
    taken = {one.name for one in proposal.fields}
    base, number = suggested.name, 2
    while suggested.name in taken:
        suggested.name, number = f"{base}_{number}", number + 1
    proposal.fields.append(suggested)


def _usable(f: Found) -> bool:
    return f.shape.kind != "reference"


def _by_concept(
    concept: Concept,
    open_: Mapping[str, Sequence[Found]],
    known: Mapping[tuple[str, str], Concept | None],
    taken: set[tuple[str, str]],
) -> list[Found]:
    """At most one field an app that is this usual thing: one that can be written, by its shortest name."""
    group = []
    for fields in open_.values():
        mine = [f for f in fields if known[f.app, f.name] is concept and (f.app, f.name) not in taken]
        mine = [f for f in mine if _fits(concept, f)]
        if mine:
            group.append(min(mine, key=lambda f: (f.shape.writable == "no", "." in f.name, len(f.name))))
    return group if any(f.shape.writable != "no" for f in group) else []


def _fits(concept: Concept, f: Found) -> bool:
    kind = f.shape.kind
    if concept.type == "tags":
        return kind == "multi"
    if concept.type == "consent":
        return kind == "consent"
    if concept.type == "date":
        return kind in ("date", "datetime", "text")
    if concept.type == "integer":
        return kind in ("integer", "decimal", "text")
    if kind == "multi":
        return concept.name == "domain"
    return kind in ("text", "choice")


def _concerning(concept: Concept, group: Sequence[Found], object: str) -> Suggested:
    extra = dict(concept.extra)
    if concept.type == "tags":
        shared = sorted(_shared(group)) or ["example"]
        extra["only"] = f"[{', '.join(map(_quoted, shared[:10]))}]"
    type = concept.type
    if concept.name == "industry" and any(f.shape.kind == "text" for f in group):
        type = "text"
    score = 0.98 if all(concept_of(f.name, "") is concept for f in group) else 0.9
    places = {f.app: _place(f) for f in group}
    return Suggested(concept.name, type, places, score, f"known as {concept.name.replace('_', ' ')}", extra)


def _shared(group: Sequence[Found]) -> set[str]:
    """Tags that more than one app uses."""
    used = [{str(v) for value in f.samples if isinstance(value, list) for v in value} for f in group]
    return {tag for a, b in combinations(used, 2) for tag in a & b}


def _place(f: Found) -> str:
    said = []
    if f.shape.kind == "multi" and plain(f.name).startswith("domain"):
        said.append("pick: first")
    if f.shape.writable == "no":
        said.append("direction: from")
    return f"{{field: {f.name}, {', '.join(said)}}}" if said else f.name


def _split_names(
    proposal: Proposal,
    open_: Mapping[str, Sequence[Found]],
    known: Mapping[tuple[str, str], Concept | None],
    taken: set[tuple[str, str]],
) -> None:
    """An app with one text for the whole name carries the parts that the others have."""
    parts = {one.name: one for one in proposal.fields if one.name in ("first_name", "last_name")}
    if len(parts) < 2:
        return
    for app, fields in open_.items():
        if any(app in one.places for one in parts.values()):
            continue
        for f in fields:
            concept = known[app, f.name]
            if concept is not None and concept.name == "name" and (app, f.name) not in taken:
                parts["first_name"].places[app] = f"{f.name}.first"
                parts["last_name"].places[app] = f"{f.name}.last"
                taken.add((app, f.name))
                break


def _alike(
    open_: Mapping[str, Sequence[Found]], taken: set[tuple[str, str]]
) -> Iterator[tuple[list[Found], float]]:
    """Groups of fields whose names or labels are alike, the surest first."""
    free = {app: [f for f in fields if (app, f.name) not in taken] for app, fields in open_.items()}
    pairs = [
        (likeness(a, b), a, b)
        for one, other in combinations(free, 2)
        for a in free[one]
        for b in free[other]
        if a.shape.writable != "no" or b.shape.writable != "no"
    ]
    groups: list[tuple[dict[str, Found], float]] = []
    for score, a, b in sorted(pairs, key=lambda p: (-p[0], p[1].name, p[2].name)):
        if score < SURE:
            break
        holding = [group for group, _ in groups if a in group.values() or b in group.values()]
        if not holding:
            groups.append(({a.app: a, b.app: b}, score))
        elif len(holding) == 1:
            for f in (a, b):
                holding[0].setdefault(f.app, f)
    for group, score in groups:
        yield list(group.values()), score


def likeness(a: Found, b: Found) -> float:
    """How sure it is that two fields are the same thing: 0 to 1."""
    if not _together(a.shape.kind, b.shape.kind):
        return 0.0
    names = [(plain(x), plain(y)) for x in (a.name, a.label) for y in (b.name, b.label) if x and y]
    score = max((fuzz.token_sort_ratio(x, y) / 100 for x, y in names), default=0.0)
    if min(len(x) for pair in names for x in pair) < 3:
        score -= 0.1
    if a.shape.kind == b.shape.kind == "choice" and a.shape.options and b.shape.options:
        mine, other = ({folded(o) for o in f.shape.options} for f in (a, b))
        score = 0.7 * score + 0.3 * len(mine & other) / len(mine | other)
    values, others = ({str(v).casefold() for v in f.samples if v not in (None, "", [])} for f in (a, b))
    if len(values) > 2 and len(others) > 2 and values & others:
        score += 0.1
    return round(min(score, 0.95), 2)


def _together(a: str, b: str) -> bool:
    return a == b or any({a, b} <= pair for pair in _TOGETHER)


def _plain_field(group: Sequence[Found], score: float) -> Suggested:
    kinds = {f.shape.kind for f in group}
    kind = kinds.pop() if len(kinds) == 1 else "decimal" if kinds == {"integer", "decimal"} else "text"
    name = plain(group[0].name).replace(" ", "_")
    name = name if name.isidentifier() else f"field_{name}"
    places = {f.app: _place(f) for f in group}
    return Suggested(name, _TYPE_OF.get(kind, "text"), places, score, "names and kinds are alike")


def _left(
    found: Mapping[str, Sequence[Found]],
    open_: Mapping[str, Sequence[Found]],
    taken: set[tuple[str, str]],
) -> Iterator[tuple[str, str, str]]:
    for app, fields in found.items():
        for f in fields:
            if (app, f.name) in taken:
                continue
            if f.shape.kind == "reference":
                yield app, f.name, "it points to another object: map it by hand with type reference"
                continue
            others = [o for other, theirs in open_.items() if other != app for o in theirs]
            if f.shape.writable == "no":
                yield app, f.name, "it can be read only, and nothing is written from it"
                continue
            near = max(((likeness(f, o), o) for o in others), key=lambda p: p[0], default=None)
            if near is not None and near[0] > 0.5:
                yield (
                    app,
                    f.name,
                    f"not sure enough ({near[0]:.2f}) that it is {near[1].name} of {near[1].app}",
                )
            else:
                yield app, f.name, "no other app has its like"


def _quoted(text: str) -> str:
    return text if text.replace("-", "").replace("_", "").isalnum() and not text.isdecimal() else f'"{text}"'
