"""A mapping held against what the apps declare of their fields: what one of them cannot carry."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from mappings.document import Problem
from mappings.draft import Draft, FieldDraft, PlaceDraft
from mappings.model import BadValue, Shape, Value
from mappings.spelling import nearest
from mappings.types import Tags

_TEXTS = ("text", "choice")
# Which kinds of app fields can carry a type. Types that are not named take any.
_CARRIED = {
    "name": _TEXTS,
    "email": _TEXTS,
    "phone": _TEXTS,
    "url": _TEXTS,
    "domain": _TEXTS,
    "country": _TEXTS,
    "language": _TEXTS,
    "choice": (*_TEXTS, "boolean", "integer", "decimal"),
    "boolean": ("boolean", *_TEXTS, "integer"),
    "integer": ("integer", "decimal", *_TEXTS),
    "decimal": ("decimal", "integer", *_TEXTS),
    "money": (*_TEXTS, "decimal", "integer"),
    "date": ("date", "datetime", *_TEXTS),
    "datetime": ("datetime", "integer", *_TEXTS),
    "address": _TEXTS,
    "json": _TEXTS,
    "consent": ("consent", *_TEXTS, "boolean"),
}
_SHOWN = 5  # options that a message names


def misfits(draft: Draft, said: FieldDraft, place: PlaceDraft, shape: Shape) -> Iterator[Problem]:
    """What the app's field cannot carry."""
    name, app, kind = shape.name, place.app, said.type.name
    problem = draft.document.problem
    derived = said.derives(place)
    if place.direction != "from" and shape.writable == "no":
        cure = f"Write {app}: {{field: {name}, direction: from}}."
        yield problem(place.where, f"{app} does not let us write '{name}'", cure)
    if said.type.is_set and shape.kind != "multi":
        cure = "Choose a field with several values, or another type."
        yield problem(place.where, f"'{name}' of {app} holds one value, not {kind}", cure)
    if not said.type.is_set and shape.kind == "multi" and not place.pick:
        cure = f"Write {{field: {name}, pick: first}}."
        yield problem(place.where, f"'{name}' of {app} is a list, and {kind} is one value", cure)
    if place.pick and shape.kind != "multi":
        cure = f"Write only {name}."
        what = f"'{name}' of {app} is one value, so there is nothing to pick"
        yield problem((*place.where, "pick"), what, cure)
    if kind == "reference" and not derived and shape.kind != "reference":
        cure = f"Write {{field: {name}, as: name}} to write the name into it."
        yield problem(place.where, f"'{name}' of {app} cannot point to another record", cure)
    if (kind != "reference" or derived) and shape.kind == "reference":
        cure = "Use type: reference without 'as', or another field."
        yield problem(place.where, f"'{name}' of {app} points to another record, it holds no {kind}", cure)
    elif shape.kind not in ("multi", *_CARRIED.get(kind, (shape.kind,))):
        cure = f"Use type: {shape.kind}, or another field of {app}."
        yield problem(place.where, f"'{name}' of {app} is a {shape.kind}, and cannot hold {kind}", cure)
    elif kind == "money" and shape.kind in ("decimal", "integer") and place.form.as_ != "amount":
        cure = f"Write {{field: {name}, as: amount}}, and the field's currency."
        yield problem(place.where, f"'{name}' of {app} is a number, and holds no currency", cure)
    for word, value in place.form.values.items():
        if shape.kind == "choice" and shape.options and value not in shape.options:
            what = f"'{value}' is not among the options of '{name}' in {app}"
            yield problem((*place.where, "values", word), what, nearest(value, shape.options, "Options: {}."))


def losses(draft: Draft, shapes: Mapping[str, Mapping[str, Shape]]) -> Iterator[Problem]:
    """What fits in part: options without a counterpart, and texts that an app may cut or refuse."""
    for said in draft.fields.values():
        held = {
            app: (place, shape)
            for app, place in said.places.items()
            if (shape := shapes.get(app, {}).get(place.field)) is not None and not said.derives(place)
        }
        for app, (place, shape) in held.items():
            others = {a: both for a, both in held.items() if a != app and both[0].direction != "to"}
            yield from _joining(draft, said, place, shapes[app])
            if place.direction == "from":
                continue
            yield from _format(draft, said, place, shape)
            yield from _options(draft, said, place, shape, others)
            yield from _length(draft, said, place, shape, others)


def _format(draft: Draft, said: FieldDraft, place: PlaceDraft, shape: Shape) -> Iterator[Problem]:
    """A text of our own form in a field that is more than a text."""
    if said.type.written_out(place.form) and shape.kind == said.type.name:
        form = place.form.format
        what = f"'{shape.name}' of {place.app} is a {shape.kind}, and may refuse what is written as {form}"
        cure = f"Leave out the format, or choose a text field of {place.app}."
        yield replace(draft.document.problem((*place.where, "format"), what, cure), minor=True)


def _joining(
    draft: Draft, said: FieldDraft, place: PlaceDraft, there: Mapping[str, Shape]
) -> Iterator[Problem]:
    """Choices of other fields that the app shows among the tags, by the name of one that is kept in step."""
    if not isinstance(said.type, Tags) or place.direction == "to":
        return
    for other in (shape for shape in there.values() if shape.joins == place.field):
        words = [word for word in other.options if said.type.mapped(word)]
        if words:
            what = (
                f"{place.app} shows {', '.join(words[:_SHOWN])} of '{other.name}' among '{place.field}' too:"
                " whoever has it chosen there gets the tag in all apps, and loses it with another choice"
            )
            cure = "Give the choice or the tag another name, unless you want that."
            yield replace(draft.document.problem(place.where, what, cure), minor=True)


def _options(
    draft: Draft,
    said: FieldDraft,
    place: PlaceDraft,
    shape: Shape,
    others: Mapping[str, tuple[PlaceDraft, Shape]],
) -> Iterator[Problem]:
    """Choices that another app offers, and this one does not."""
    if shape.kind != "choice" or not shape.options or said.type.name not in ("choice", "country", "language"):
        return
    own = _words(said, place, shape)
    for app, (there, other) in others.items():
        lacking = {w: v for w, v in _words(said, there, other).items() if w not in own}
        if lacking:
            told = ", ".join(sorted(lacking.values())[:_SHOWN])
            more = f" and {len(lacking) - _SHOWN} more" if len(lacking) > _SHOWN else ""
            what = f"'{shape.name}' of {place.app} has no option for {told}{more} of {app}"
            first = min(map(str, lacking))
            cure = f"Add the option in {place.app}, or say which one it is: values: {{{first}: OPTION}}."
            yield draft.document.problem(place.where, what, cure)


def _words(said: FieldDraft, place: PlaceDraft, shape: Shape) -> dict[Value, str]:
    """Golden word -> the app's option that stands for it."""
    read = said.type.reader(replace(place.form, options=shape.options))
    words: dict[Value, str] = {}
    for option in shape.options if shape.kind == "choice" else ():
        try:
            words.setdefault(_plain(read(option)), option)
        except BadValue:
            continue
    return words


def _plain(value: Value) -> Value:
    return None if isinstance(value, list) else value


def _length(
    draft: Draft,
    said: FieldDraft,
    place: PlaceDraft,
    shape: Shape,
    others: Mapping[str, tuple[PlaceDraft, Shape]],
) -> Iterator[Problem]:
    """A text field that is shorter than another app's."""
    if shape.max_length is None or said.type.name not in ("text", "name", "url", "address", "json"):
        return
    longer = {app: other for app, (_, other) in others.items() if _longer(other, shape.max_length)}
    for app, other in longer.items():
        most = f"up to {other.max_length}" if other.max_length else "any number of"
        does = "cuts them" if any(step.startswith("cut:") for step in shape.coerce) else "refuses them"
        what = (
            f"'{shape.name}' of {place.app} holds {shape.max_length} characters, '{other.name}' of {app}"
            f" {most}; {place.app} {does} beyond that"
        )
        cure = "Nothing has to be done if no value is that long."
        yield replace(draft.document.problem(place.where, what, cure), minor=True)


def _longer(other: Shape, length: int) -> bool:
    """An app that states no limit counts where this one's is short enough to be met in practice."""
    if other.kind != "text":
        return False
    return other.max_length > length if other.max_length is not None else length <= 1000
