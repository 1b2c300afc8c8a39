"""Mapping files seen together: what points to what, and in which order they are synced."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from mappings.document import Problem
from mappings.draft import Draft, FieldDraft
from mappings.spelling import nearest


def check(drafts: Sequence[Draft]) -> list[Problem]:
    """References that lead nowhere: to no object, to an object without the app, to a field it lacks."""
    objects = {draft.object: draft for draft in drafts}
    return [p for draft in drafts for field in draft.fields.values() for p in _check(draft, field, objects)]


def ordered(drafts: Sequence[Draft]) -> list[Draft]:
    """Objects that others point to come first; else the given order. In a circle the given order stands:
    a reference whose target is not there yet waits for the next run."""
    objects = {draft.object: draft for draft in drafts}
    done: dict[str, Draft] = {}

    def visit(draft: Draft, above: frozenset[str]) -> None:
        for field in draft.fields.values():
            target = objects.get(field.model.to or "")
            if target is not None and target.object not in above:
                visit(target, above | {target.object})
        done.setdefault(draft.object, draft)

    for draft in drafts:
        visit(draft, frozenset((draft.object,)))
    return list(done.values())


def _check(draft: Draft, field: FieldDraft, objects: dict[str, Draft]) -> Iterator[Problem]:
    name = field.model.to
    if name is None:
        return
    target = objects.get(name)
    if target is None:
        cure = nearest(name, objects, "Objects that are synced: {}.")
        what = f"no sync has a mapping of the object '{name}'"
        yield draft.document.problem((*field.where, "to"), what, cure)
        return
    for app, place in field.places.items():
        derived = place.form.as_
        if derived and derived not in target.fields:
            cure = nearest(derived, target.fields, "Its fields: {}.")
            yield draft.document.problem((*place.where, "as"), f"{name} has no field '{derived}'", cure)
        if not derived and app not in target.objects:
            cure = f"Add {app} to the mapping of {name}, or write {{field: {place.field}, as: name}}."
            yield draft.document.problem(place.where, f"{name} is not synced with {app}", cure)
