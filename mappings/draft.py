"""A mapping file read and checked on its own, before the apps are asked what fields they have."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from mappings import document as yaml
from mappings.checking import validated
from mappings.document import Document, Problem, ProblemsFound, Where
from mappings.draft_checks import check_condition, check_field, check_file
from mappings.expressions import Condition, ExpressionInvalid, compile_condition
from mappings.model import Direction, RuleSpec
from mappings.schema import FieldModel, MappingModel, PlaceModel
from mappings.spelling import nearest
from mappings.types import TYPES, Choice, DateTime, Form, Kind, Money, MultiChoice, Phone, Tags


@dataclass(frozen=True, slots=True)
class PlaceDraft:
    """Where a field lives in one app. `written` is the app field as the file has it: ``name.first`` is the
    part ``first`` of ``name``, unless the app has a field of that very name."""

    app: str
    written: str
    field: str
    part: str
    direction: Direction
    form: Form
    pick: bool
    where: Where


@dataclass(frozen=True, slots=True)
class FieldDraft:
    """A golden field with its places by app. `sources`: the conditions of a rule ``source``, in order."""

    name: str
    type: Kind
    model: FieldModel
    rule: RuleSpec
    places: Mapping[str, PlaceDraft]
    sources: tuple[Condition | None, ...] = ()
    value: Condition | None = None

    @property
    def where(self) -> Where:
        return "fields", self.name

    @property
    def names(self) -> list[str]:
        """Its own, and those of what apps with a text get of its target (`mappings.bind`)."""
        shown = [place.form.as_ for place in self.places.values() if self.derives(place)]
        return [self.name, *dict.fromkeys(f"{self.name}.{target}" for target in shown)]

    def derives(self, place: PlaceDraft) -> bool:
        """Whether the app gets a text of the target (its name) instead of the reference."""
        return self.type.name == "reference" and bool(place.form.as_)

    @property
    def version(self) -> str:
        """A short hash of everything that the file says of this field."""
        return fingerprint({"name": self.name, **self._all_said()})

    @property
    def shape(self) -> str:
        """The same of all but its name: under another name it is still the same field."""
        return fingerprint(self._all_said())

    def _all_said(self) -> dict[str, Any]:
        places = {p.app: _told(p) for p in self.places.values()}
        said = self.model.model_dump(exclude={"places", "direction", "rule"}, exclude_defaults=True)
        return {**said, "rule": _said(self.rule), "places": places}

    def readings(self) -> dict[str, str]:
        """App -> a short hash of what says how a value there is read: once it is another one, what was seen
        there means another thing."""
        kept = {"places", "direction", "rule", "on_join", "blank", "authority"}
        said = {"name": self.name, **self.model.model_dump(exclude=kept, exclude_defaults=True)}
        forms = {p.app: {**_told(p), "direction": None} for p in self.places.values()}
        return {app: fingerprint({**said, "place": form}) for app, form in forms.items()}


@dataclass(frozen=True, slots=True)
class Draft:
    """A mapping file that is sound in itself. `only` and `create_when` by app."""

    path: str
    document: Document
    model: MappingModel
    fields: Mapping[str, FieldDraft]
    only: Mapping[str, Condition] = field(default_factory=dict)
    create_when: Mapping[str, Condition] = field(default_factory=dict)

    @property
    def object(self) -> str:
        return self.model.object

    @property
    def objects(self) -> dict[str, str]:
        """App -> the app's own name of the object."""
        return {name: app.object for name, app in self.model.apps.items()}

    def no_object(self, app: str, known: Sequence[str]) -> Problem:
        """The mistake where an app has no object of that name."""
        named = self.objects[app]
        cure = nearest(named, known, "It has: {}.")
        return self.document.problem(("apps", app, "object"), f"{app} has no object '{named}'", cure)

    @property
    def places(self) -> dict[str, dict[str, str]]:
        """App -> field -> where it lives there."""
        return {
            app: {name: said.places[app].field for name, said in self.fields.items() if app in said.places}
            for app in self.model.apps
        }

    @property
    def version(self) -> str:
        return fingerprint([self.frame, {name: field.version for name, field in self.fields.items()}])

    @property
    def frame(self) -> str:
        """A short hash of what is said outside the fields: apps, filters, match, deletions."""
        return fingerprint(self.model.model_dump(exclude={"fields", "rule"}))


def read(path: Path, shown: str = "") -> Draft:
    """Read a mapping file. Raises `ProblemsFound` with every mistake that shows without asking the apps."""
    draft, problems = examine(path, shown)
    if draft is None or problems:
        raise ProblemsFound(problems)
    return draft


def examine(path: Path, shown: str = "") -> tuple[Draft | None, list[Problem]]:
    """What of a mapping file is sound, and its mistakes. None where nothing can be made of it."""
    try:
        document = yaml.read(path, shown=shown)
    except ProblemsFound as error:
        return None, list(error.problems)
    model, problems = validated(document, MappingModel)
    if model is None:
        return None, problems
    fields: dict[str, FieldDraft] = {}
    for name, said in model.fields.items():
        found = check_field(document, model, name, said)
        problems += found
        if not found:
            fields[name] = replace(_field(model, name, said), value=_value(document, name, said, problems))
    problems += check_file(document, model)
    for app in model.apps:
        problems += _held_twice(document, app, fields.values())
    return Draft(
        shown or str(path), document, model, fields, *_conditions(document, model, problems)
    ), problems


def _told(place: PlaceDraft) -> dict[str, object]:
    """What the file says of a place, without what it does not say: keys that come to exist change no hash."""
    form = {key: value for key, value in asdict(place.form).items() if value}
    return {**asdict(place), "where": None, "form": form}


def fingerprint(said: object) -> str:
    """A short hash of plain data, the same for the same data."""
    text = json.dumps(said, sort_keys=True, ensure_ascii=False, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _field(model: MappingModel, name: str, said: FieldModel) -> FieldDraft:
    kind: Kind
    match said.type:
        case "phone":
            kind = Phone(said.region or ())
        case "tags":
            kind = Tags(said.only or (), said.prefix or "")
        case "choice":
            kind = Choice(said.unknown or "pass")
        case "multi_choice":
            kind = MultiChoice(said.unknown or "pass")
        case "money":
            kind = Money(said.currency or "")
        case "datetime":
            kind = DateTime(said.zone or "")
        case _:
            kind = TYPES[said.type]()
    rule = said.rule or (RuleSpec("union") if kind.is_set else model.rule)
    if kind.name == "consent":
        rule = RuleSpec("consent", said.authority or ())
    places = {app: _place(name, said, rule, app, place) for app, place in said.places.items()}
    return FieldDraft(name, kind, said, rule, places, tuple(map(_compiled, rule.when)))


def _compiled(text: str) -> Condition | None:
    """None for no condition, and for one that the checks have told of."""
    with suppress(ExpressionInvalid):
        return compile_condition(text) if text else None
    return None


def _said(rule: RuleSpec) -> dict[str, object]:
    """The rule as far as it says something, so that a hash does not change with what may be said."""
    more = {"when": rule.when, "own": rule.own}
    return {"kind": rule.kind, "apps": rule.apps, **{key: value for key, value in more.items() if value}}


def _place(name: str, said: FieldModel, rule: RuleSpec, app: str, place: PlaceModel) -> PlaceDraft:
    field, part = place.field, str(place.part or "")
    front, _, end = place.field.rpartition(".")
    if not part and said.type == "name" and front and end in ("first", "last"):
        field, part = front, end
    direction: Direction = "both"
    if rule.kind == "only":
        direction = "from" if app in rule.apps else "to"
    if said.value is not None:
        direction = "to"
    direction = place.direction or said.direction.get(app) or direction
    form = Form(place.format or "", place.as_ or "", place.values or {}, transform=place.transform or ())
    pick = place.pick is not None
    return PlaceDraft(app, place.field, field, part, direction, form, pick, ("fields", name, "in", app))


def _value(document: Document, name: str, said: FieldModel, problems: list[Problem]) -> Condition | None:
    """The expression that a field is worked out by, from fields that are not worked out themselves."""
    if said.value is None:
        return None
    raw = document.at(("fields",))
    others = raw if isinstance(raw, dict) else {}
    plain = [n for n, other in others.items() if not (isinstance(other, dict) and "value" in other)]
    try:
        compiled = compile_condition(said.value)
        compiled.names(plain)
        return compiled
    except ExpressionInvalid as error:
        problems.append(document.problem(("fields", name, "value"), error.what, error.cure, at=error.at))
        return None


def _conditions(
    document: Document, model: MappingModel, problems: list[Problem]
) -> tuple[dict[str, Condition], dict[str, Condition]]:
    """The compiled conditions, (only, create_when), by app."""
    raw = document.at(("fields",))
    known = list(raw) if isinstance(raw, dict) else []
    only: dict[str, Condition] = {}
    create_when: dict[str, Condition] = {}
    for app, said in model.apps.items():
        for key, text, found in (("only", said.only, only), ("create_when", said.create_when, create_when)):
            if text is None:
                continue
            try:
                found[app] = compile_condition(text)
                if key == "create_when":
                    check_condition(found[app], known, model)
            except ExpressionInvalid as error:
                problems.append(condition_problem(document, app, key, error))
    return only, create_when


def _held_twice(document: Document, app: str, fields: Iterable[FieldDraft]) -> Iterator[Problem]:
    """Fields that the file has in one place of an app. ``name`` and ``name.first`` may be two places: that is
    known once the app was asked."""
    first: dict[str, FieldDraft] = {}
    for said in fields:
        if (place := said.places.get(app)) is None:
            continue
        other = first.setdefault(place.written, said)
        if other is not said and {place.part, other.places[app].part} != {"first", "last"}:
            yield held_twice(document, other, said, place)


def held_twice(document: Document, first: FieldDraft, other: FieldDraft, place: PlaceDraft) -> Problem:
    """The mistake where a place of an app that holds one field is to hold another one, too."""
    what = f"'{place.field}' of {place.app} already holds {first.name}, so it cannot hold {other.name} too"
    kinds, cure = {first.type.name, other.type.name}, "Use another field of the app."
    if kinds == {"name"}:
        cure = f"Use another field, or its parts: {place.field}.first and {place.field}.last."
    elif kinds == {"tags"}:
        cure = f"Use another field, or name these tags under 'only' of {first.name}."
    return document.problem(place.where, what, cure)


def condition_problem(document: Document, app: str, key: str, error: ExpressionInvalid) -> Problem:
    return document.problem(("apps", app, key), error.what, error.cure, at=error.at)
