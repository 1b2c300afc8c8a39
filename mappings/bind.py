"""A checked mapping file held against the fields that the apps really have: the mapping the engine uses."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from mappings.document import Problem, ProblemsFound
from mappings.draft import Draft, FieldDraft, PlaceDraft, condition_problem, held_twice
from mappings.expressions import Condition, ExpressionInvalid
from mappings.fitting import misfits
from mappings.model import (
    AppMap,
    Direction,
    Field,
    MatchSpec,
    ObjectMapping,
    Predicate,
    RuleSpec,
    Shape,
    Slot,
    Stopped,
)
from mappings.slots import (
    BaseSlot,
    ConsentSlot,
    FirstSlot,
    HeldSlot,
    PartsSlot,
    ReferenceSlot,
    TagSlot,
    TransformSlot,
)
from mappings.spelling import nearest
from mappings.transforms import transform
from mappings.types import Choice, Consent, MultiChoice, Tags, Text
from mappings.types.choice import folded, spellings, words_of
from mappings.types.links import STATES

Shapes = Mapping[str, Mapping[str, Shape]]


@dataclass(frozen=True, slots=True)
class OpenShape:
    """A field of an app that could not be asked: taken as the mapping says."""

    name: str
    kind: str = "text"
    writable: str = "yes"
    max_length: int | None = None
    options: tuple[str, ...] = ()
    coerce: tuple[str, ...] = ()
    consent: Mapping[str, str] = field(default_factory=dict)
    consent_set: Mapping[str, str] = field(default_factory=dict)
    reference: str = ""
    default: str | int | float | bool | None = None
    joins: str = ""


@dataclass(frozen=True, slots=True)
class Lacking:
    """A mapped field that an app does not have, as it could be made there."""

    app: str
    object: str
    name: str
    kind: str
    options: tuple[str, ...]


def bind(draft: Draft, shapes: Shapes | None) -> ObjectMapping:
    """The mapping over the apps' fields, `shapes[app][field]`; an app that is missing there is taken as the
    file says. Raises `ProblemsFound`."""
    return _bound(draft, shapes or {}, lambda app, name: False, [])


def fit(draft: Draft, shapes: Shapes, fitted: Mapping[str, Collection[str]]) -> ObjectMapping:
    """The same, where `fitted` (app -> its fields) once did fit: a field stops in the app that it does not
    fit any more, and goes on in the others (`ObjectMapping.stopped`). Raises `ProblemsFound` for fields that
    never fitted, those by which records are recognised, consent, and conditions: these stop the sync."""
    stopped: list[Stopped] = []
    return _bound(draft, shapes, lambda app, name: name in fitted.get(app, ()), stopped)


def _bound(
    draft: Draft, shapes: Shapes, may_stop: Callable[[str, str], bool], stopped: list[Stopped]
) -> ObjectMapping:
    problems: list[Problem] = []
    apps = {name: _app(draft, name, shapes.get(name), problems, may_stop, stopped) for name in draft.objects}
    if problems:
        raise ProblemsFound(problems)
    _share_words(draft, apps)
    fields: dict[str, Field] = {}
    for said in draft.fields.values():
        fields.update(_fields(draft, said))
    model = draft.model
    consent = next((name for name, field in fields.items() if field.type.name == "consent"), None)
    match = MatchSpec(model.match.exact, model.match.names, model.match.fuzzy)
    return ObjectMapping(
        model.object,
        apps,
        fields,
        match,
        consent,
        model.on_delete,
        draft.path,
        draft.version,
        draft.frame,
        tuple(stopped),
    )


def _share_words(draft: Draft, apps: Mapping[str, AppMap]) -> None:
    """Tell each slot of a set which words the others can be given: one that nobody can be given any more,
    since its option or its name in the mapping is gone, would else stay for ever. A place that is stopped
    just now may be given any."""
    for said in draft.fields.values():
        here = {app: apps[app].slots.get(place.field) for app, place in said.places.items()}
        given = {app: slot.given if isinstance(slot, TagSlot) else None for app, slot in here.items()}
        for app, slot in here.items():
            others = [words for other, words in given.items() if other != app]
            if isinstance(slot, TagSlot) and slot.given is not None and None not in others:
                slot.elsewhere = frozenset().union(*(words for words in others if words is not None))


def lacking(draft: Draft, shapes: Shapes) -> tuple[Lacking, ...]:
    """The mapped fields that the apps do not have yet."""
    found: dict[tuple[str, str], Lacking] = {}
    for said in draft.fields.values():
        for place in said.places.values():
            there = shapes.get(place.app)
            if there is not None and place.written not in there and place.field not in there:
                options = _offered(said, place, shapes)
                kind = _open(said, place).kind
                if said.type.written_out(place.form):
                    kind = "text"
                object = draft.objects[place.app]
                found[place.app, place.field] = Lacking(place.app, object, place.field, kind, options)
    return tuple(found.values())


def _offered(said: FieldDraft, place: PlaceDraft, shapes: Shapes) -> tuple[str, ...]:
    """The app's words for the choices of the field, as far as the mapping and the other apps tell them."""
    if isinstance(said.type, Tags):
        return tuple(said.type.listed.values())
    if isinstance(said.type, Consent):
        return tuple(dict.fromkeys(place.form.values.values())) or STATES[:-1]
    if not isinstance(said.type, Choice | MultiChoice):
        return ()
    words: dict[str, str] = {}
    for there in said.places.values():
        shape = shapes.get(there.app, {}).get(there.field)
        options = shape.options if shape is not None else ()
        named = words_of(there.form)
        for option in options:
            word = named.get(folded(option), "")
            words.setdefault(word or folded(option), word or option)
        for word in there.form.values:
            words.setdefault(folded(word), word)
    own = spellings(place.form)
    return tuple(own.get(word, spelled) for word, spelled in words.items())


def _app(
    draft: Draft,
    app: str,
    shapes: Mapping[str, Shape] | None,
    problems: list[Problem],
    may_stop: Callable[[str, str], bool],
    stopped: list[Stopped],
) -> AppMap:
    carried: dict[str, list[tuple[FieldDraft, PlaceDraft]]] = {}
    for said in draft.fields.values():
        place = said.places.get(app)
        if place is not None:
            if shapes is not None and place.part and place.written in shapes:
                place = replace(place, field=place.written, part="")
            carried.setdefault(place.field, []).append((said, place))
    slots: dict[str, Slot] = {}
    for name, carries in carried.items():
        wrong: list[Problem] = []
        shape = _shape(draft, carries, shapes, wrong)
        wrong += [p for said, place in carries for p in misfits(draft, said, place, shape)] if shape else []
        names = tuple(said.name for said, _ in carries)
        if wrong and may_stop(app, name) and not _vital(draft, names):
            stopped.append(Stopped(app, name, names, wrong[0].what, str(wrong[0])))
        else:
            problems += wrong
        if shape is not None and not wrong:
            slot = _slot(draft, app, shape, carries, problems)
            if slot is not None:
                slot.flows_out = any(place.direction != "from" for _, place in carries)
                slots[name] = slot
    only, reads = _only(draft, app, shapes, problems)
    condition = draft.create_when.get(app)
    create_when = condition.predicate(condition.names(draft.fields)) if condition else None
    said_app = draft.model.apps[app]
    needed = tuple(name for name in reads if name not in carried)
    return AppMap(app, said_app.object, slots, only, create_when, said_app.creates, needed)


def _vital(draft: Draft, names: Sequence[str]) -> bool:
    """Whether the sync must not run without one of these fields: records would not be recognised, or an
    opt-out not seen."""
    match = draft.model.match
    return any(n in (*match.exact, *match.names) or draft.fields[n].type.name == "consent" for n in names)


def _only(
    draft: Draft, app: str, shapes: Mapping[str, Shape] | None, problems: list[Problem]
) -> tuple[Predicate | None, Sequence[str]]:
    condition = draft.only.get(app)
    if condition is None:
        return None, ()
    try:
        names = condition.free_names() if shapes is None else condition.names(shapes)
    except ExpressionInvalid as error:
        problems.append(condition_problem(draft.document, app, "only", error))
        return None, ()
    return condition.predicate(names), names


def _shape(
    draft: Draft,
    carries: list[tuple[FieldDraft, PlaceDraft]],
    shapes: Mapping[str, Shape] | None,
    problems: list[Problem],
) -> Shape | None:
    said, place = carries[0]
    if shapes is None:
        return _open(said, place)
    if place.field in shapes:
        return shapes[place.field]
    made = "Make it in the app, or run: syncer check --create-fields"
    cure = nearest(place.field, shapes, "", sure=80) or made
    for _, each in carries:
        what = f"{each.app} has no field '{each.field}' in {draft.objects[each.app]}"
        problems.append(draft.document.problem(each.where, what, cure))
    return None


def _open(said: FieldDraft, place: PlaceDraft) -> OpenShape:
    kinds = {"tags": "multi", "multi_choice": "multi", "consent": "choice"}
    kinds |= {n: n for n in ("reference", "choice", "integer", "decimal", "boolean", "date", "datetime")}
    kind = "multi" if place.pick else "text" if said.derives(place) else kinds.get(said.type.name, "text")
    return OpenShape(place.field, kind)


def _slot(
    draft: Draft,
    app: str,
    shape: Shape,
    carries: list[tuple[FieldDraft, PlaceDraft]],
    problems: list[Problem],
) -> Slot | None:
    parts = {place.part: said for said, place in carries}
    said, place = carries[0]
    if "first" in parts and "last" in parts and len(carries) == 2:
        return PartsSlot(app, shape, parts["first"].name, parts["last"].name, parts["first"].type)
    if len(carries) > 1:
        for other, there in carries[1:]:
            problems.append(held_twice(draft.document, said, other, there))
        return None
    if place.part:
        other_part = "last" if place.part == "first" else "first"
        what = f"this maps only the {place.part} part of '{place.field}' in {app}"
        cure = f"Map the other one too: {place.field}.{other_part}"
        problems.append(draft.document.problem(place.where, what, cure))
        return None
    return _single(app, shape, said, place)


def _single(app: str, shape: Shape, said: FieldDraft, place: PlaceDraft) -> Slot:
    kind, fields = said.type, (said.name,)
    if said.derives(place):
        text = Text()
        return BaseSlot(app, shape, (f"{said.name}.{place.form.as_}",), text, text.read, text.show)
    if isinstance(kind, Tags):
        return TagSlot(app, shape, fields, kind, kind.read, kind.show, kind.mapped)
    if kind.name == "reference":
        return ReferenceSlot(app, shape, fields, kind, said.model.to or "")
    form = replace(place.form, options=shape.options)
    if kind.name == "boolean" and shape.kind == "text" and not form.as_:
        form = replace(form, as_="text")
    if isinstance(kind, Consent):
        states, shown = kind.app_values(form)
        if not place.form.values and (shape.consent or shape.consent_set):
            states, shown = dict(shape.consent), dict(shape.consent_set)
        return ConsentSlot(app, shape, fields, kind, states, shown)
    if isinstance(kind, MultiChoice):
        read, show = kind.reader(form), kind.shower(form)
        return TagSlot(app, shape, fields, kind, read, show, kind.mapper(form), kind.held(form))
    if isinstance(kind, Choice) and not place.pick and (given := kind.held(form)) is not None:
        return HeldSlot(app, shape, fields, kind, kind.reader(form), kind.shower(form), given)
    if form.transform and not place.pick:
        steps = transform(form.transform)
        return TransformSlot(app, shape, fields, kind, kind.reader(form), kind.shower(form), steps)
    build = FirstSlot if place.pick else BaseSlot
    return build(app, shape, fields, kind, kind.reader(form), kind.shower(form))


def _predicate(condition: Condition | None) -> Predicate | None:
    return condition.predicate(condition.free_names()) if condition is not None else None


def _fields(draft: Draft, said: FieldDraft) -> Iterator[tuple[str, Field]]:
    """A field of the file, and behind it what is derived from it for apps that hold only a text."""
    own: dict[str, Direction] = {}
    derived: dict[str, dict[str, Direction]] = {}
    for app, place in said.places.items():
        if said.derives(place):
            derived.setdefault(place.form.as_, {})[app] = "to"
        else:
            own[app] = place.direction
    model = said.model
    yield (
        said.name,
        Field(
            said.name,
            said.type,
            said.rule,
            own,
            model.on_join,
            model.blank,
            model.to or "",
            None,
            said.value.worth(said.value.names(draft.fields)) if said.value is not None else None,
            said.version,
            tuple(zip(map(_predicate, said.sources), said.rule.apps, strict=True)) if said.sources else (),
            said.readings(),
            said.shape,
        ),
    )
    for name, direction in derived.items():
        full = f"{said.name}.{name}"
        rule = RuleSpec("newest")
        version, shape = said.version, f"{said.shape}.{name}"
        yield (
            full,
            Field(full, Text(), rule, direction, derived=(said.name, name), version=version, shape=shape),
        )
