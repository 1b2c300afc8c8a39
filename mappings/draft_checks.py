"""What a mapping file must be beyond its keys: words that belong together, names that exist in it."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from zoneinfo import available_timezones

from mappings.document import Document, Problem, Where
from mappings.expressions import Condition, ExpressionInvalid, compile_condition
from mappings.model import RuleSpec
from mappings.rule_words import COMPARED, RULES
from mappings.schema import FieldModel, MappingModel, PlaceModel
from mappings.spelling import TYPES_ELSEWHERE, nearest
from mappings.transforms import TEXTUAL
from mappings.types import TYPES, Kind
from mappings.types.links import STATES
from mappings.types.money import currencies
from mappings.types.phone import known_regions, region_meant

_BELONGS = {
    "region": ("phone",),
    "only": ("tags",),
    "prefix": ("tags",),
    "to": ("reference",),
    "authority": ("consent",),
    "unknown": ("choice", "multi_choice"),
    "currency": ("money",),
    "zone": ("datetime",),
}


OF_ONE_VALUE = f"Choose {', '.join(rule for rule in RULES if rule not in ('union', 'manual'))} or manual."


def check_file(document: Document, model: MappingModel) -> list[Problem]:
    """Mistakes outside the single fields."""
    return [
        *_rule_of_all(document, model.rule),
        *_match(document, model),
        *_rule_apps(document, model, model.rule, ("rule",), _apps(document, model)),
        *_one_consent(document, model),
    ]


def _rule_of_all(document: Document, rule: RuleSpec) -> Iterator[Problem]:
    if rule.kind == "union":
        what = "'union' is for sets, and this rule is that of all fields"
        yield document.problem(("rule",), what, f"Sets have it anyway. {OF_ONE_VALUE}")


def check_field(document: Document, model: MappingModel, name: str, said: FieldModel) -> list[Problem]:
    """Mistakes in one field."""
    where: Where = ("fields", name)
    problems = []
    if not name.isidentifier():
        cure = "Use letters, digits and _ only, such as job_title."
        problems.append(document.problem(where, "this is not a name for a field", cure, key=True))
    if said.type not in TYPES:
        what = f"'{said.type}' is not a type"
        cure = nearest(said.type, TYPES, "Types: {}.", elsewhere=TYPES_ELSEWHERE)
        return [*problems, document.problem((*where, "type"), what, cure)]
    kind = TYPES[said.type]
    problems += _options(document, where, said)
    problems += _rule(document, model, where, said)
    problems += _rule_of_file(document, model, where, said)
    problems += _directions(document, where, said)
    problems += _worked_out(document, where, model, name, said)
    for app, place in said.places.items():
        inside = (*where, "in", app)
        if app not in _apps(document, model):
            cure = nearest(app, _apps(document, model), "Apps of this mapping: {}.")
            problems.append(
                document.problem(inside, f"'{app}' is not an app of this mapping", cure, key=True)
            )
        else:
            problems += _place(document, inside, place, kind)
    return problems


def _apps(document: Document, model: MappingModel) -> list[str]:
    """All apps that the file names, also those whose entry holds a mistake of its own."""
    raw = document.at(("apps",))
    return list(raw) if isinstance(raw, dict) else list(model.apps)


def _options(document: Document, where: Where, said: FieldModel) -> Iterator[Problem]:
    for option, owners in _BELONGS.items():
        if getattr(said, option) is not None and said.type not in owners:
            what = f"'{option}' belongs to the type {' or '.join(owners)}, not to {said.type}"
            cure = f"Remove it, or write type: {owners[0]}."
            yield document.problem((*where, option), what, cure, key=True)
    if said.currency is not None and said.currency not in currencies():
        cure = nearest(said.currency, currencies(), "") or "Use the three letters, such as USD."
        yield document.problem((*where, "currency"), f"'{said.currency}' is not a currency", cure)
    if said.zone is not None and said.zone not in available_timezones():
        cure = nearest(said.zone, available_timezones(), "") or "Write it like Asia/Jakarta."
        yield document.problem((*where, "zone"), f"'{said.zone}' is not a time zone", cure)
    for i, region in enumerate(said.region or ()):
        if region not in known_regions():
            place = (*where, "region", i) if (*where, "region", i) in document.values else (*where, "region")
            yield document.problem(
                place, f"'{region}' is not a country of phone numbers", region_meant(region)
            )
    if said.type == "tags" and not said.only and not said.prefix:
        cure = "Name the tags that flow, only: [vip, partner], or a prefix."
        yield document.problem(where, "tags flow only by a list or prefix, and none is given", cure, key=True)
    if said.type == "reference" and not said.to:
        cure = "Add to: company (the object of another mapping)."
        yield document.problem(where, "a reference needs to say what it points to", cure, key=True)
    for i, app in enumerate(said.authority or ()):
        if app not in said.places:
            cure = nearest(app, said.places, "Apps of this field: {}.")
            yield document.problem((*where, "authority", i), f"'{app}' does not hold this field", cure)


def _rule(document: Document, model: MappingModel, where: Where, said: FieldModel) -> Iterator[Problem]:
    if said.rule is None:
        return
    place = (*where, "rule")
    if said.type == "consent":
        cure = "Remove the rule; 'authority' names the apps where people opt in."
        yield document.problem(
            place, "consent has its own rule: the most restrictive state wins", cure, key=True
        )
        return
    if said.rule.kind == "union" and not TYPES[said.type].is_set:
        what = f"'union' is for sets, and {said.type} is one value"
        yield document.problem(place, what, OF_ONE_VALUE)
    if said.rule.kind in COMPARED and said.type in ("tags", "reference", "boolean"):
        what = f"'{said.rule.kind}' compares numbers and dates, and {said.type} is neither"
        yield document.problem(place, what, "Choose newest, prefer, only or manual.")
    apps = _apps(document, model)
    misspelt = not set(said.places) <= set(apps)
    yield from _rule_apps(document, model, said.rule, place, apps if misspelt else list(said.places))


def _rule_of_file(
    document: Document, model: MappingModel, where: Where, said: FieldModel
) -> Iterator[Problem]:
    """A field without a rule of its own, which by that of the file nobody would ever fill."""
    follows = said.rule is None and said.type != "consent" and not TYPES[said.type].is_set
    if model.rule.kind != "only" or not follows or said.value is not None:
        return
    giver = model.rule.apps[0]
    if giver in _apps(document, model) and giver not in said.places:
        what = f"the rule of this file lets only {giver} give values, and {giver} does not hold this field"
        cure = f"Write under it which app gives it, such as rule: newest, or map it in {giver}."
        yield document.problem(where, what, cure, key=True)


def _rule_apps(
    document: Document, model: MappingModel, rule: RuleSpec, where: Where, known: list[str]
) -> Iterator[Problem]:
    for i, app in enumerate(rule.apps):
        if app not in known:
            inside: dict[str, Where] = {"prefer": ("prefer", i), "source": ("source", i, "app")}
            place: Where = (*where, *inside.get(rule.kind, ("only",)))
            cure = nearest(app, known, "Apps here: {}.")
            yield document.problem(place, f"'{app}' is not an app that holds this", cure)
        elif rule.kind == "prefer" and app in rule.apps[:i]:
            what = f"'{app}' is named twice"
            yield document.problem((*where, "prefer", i), what, "Name each app once.")
    for i, text in enumerate(rule.when):
        try:
            if text:
                check_condition(compile_condition(text), _raw_fields(document), model)
        except ExpressionInvalid as error:
            place = (*where, "source", i, "when")
            yield document.problem(place, error.what, error.cure, at=error.at)


def check_condition(condition: Condition, known: Collection[str], model: MappingModel) -> None:
    """Raises `ExpressionInvalid` where a condition over golden fields names others, or can never hold."""
    names = condition.names(known)
    types = {name: model.fields[name].type for name in names if name in model.fields}
    for name in (name for name, type in types.items() if type == "consent"):
        for word, at in condition.compared_with(name):
            if word and word not in STATES:
                what = f"'{word}' is not a state of consent"
                raise ExpressionInvalid(what, nearest(word, STATES, "States: {}."), at)
    if len(types) == len(names) and condition.fails_always(types):
        cure = "Compare text with text and number with number; a decimal is a text: write double(NAME)."
        raise ExpressionInvalid("this gives neither true nor false for any record", cure)


def _raw_fields(document: Document) -> list[str]:
    """All fields that the file names, also those whose entry holds a mistake of its own."""
    raw = document.at(("fields",))
    return list(raw) if isinstance(raw, dict) else []


def _worked_out(
    document: Document, where: Where, model: MappingModel, name: str, said: FieldModel
) -> Iterator[Problem]:
    """A field with a `value` is written and never read."""
    if said.value is None:
        return
    for app, place in said.places.items():
        if (place.direction or said.direction.get(app) or "to") != "to":
            cure = "Write to, or leave the direction out."
            yield document.problem((*where, "in", app), "a field with a 'value' is only written", cure)
    if said.rule is not None or said.type in ("consent", "reference"):
        what = "a field with a 'value' takes no rule, and is neither consent nor a reference"
        yield document.problem((*where, "value"), what, "Remove one of the two.", key=True)
    if name in (*model.match.exact, *model.match.names):
        what = "records cannot be recognised by a field that is worked out"
        yield document.problem((*where, "value"), what, "Name another field under match.", key=True)


def _directions(document: Document, where: Where, said: FieldModel) -> Iterator[Problem]:
    for app, direction in said.direction.items():
        place = (*where, "direction", app)
        if app not in said.places:
            cure = nearest(app, said.places, "Apps of this field: {}.")
            yield document.problem(place, f"'{app}' does not hold this field", cure, key=True)
        elif said.places[app].direction not in (None, direction):
            what = f"the direction of {app} is given twice, in two ways"
            yield document.problem(place, what, f"Keep one: here or in 'in: {{{app}: ...}}'.")
    if said.rule is None or said.rule.kind != "only":
        return
    for app, there in said.places.items():
        told = there.direction or said.direction.get(app)
        if app not in said.rule.apps and told not in (None, "to"):
            place = (*where, "in", app, "direction") if there.direction else (*where, "direction", app)
            what = f"the rule lets only {said.rule.apps[0]} give values, yet this reads from {app}"
            yield document.problem(place, what, "Write to, or choose another rule.")


def _place(document: Document, where: Where, place: PlaceModel, kind: type[Kind]) -> Iterator[Problem]:
    if place.format is not None and place.format not in kind.formats:
        yield _word(document, (*where, "format"), "format", place.format, kind.formats, kind)
    if place.as_ is not None and kind.name != "reference" and place.as_ not in kind.shows:
        yield _word(document, (*where, "as"), "as", place.as_, kind.shows, kind)
    if place.values is not None and not kind.maps:
        yield _word(document, (*where, "values"), "values", "", (), kind)
    if place.part is not None and kind.name not in ("name", "text"):
        yield _word(document, (*where, "part"), "part", "", (), kind)
    if place.pick is not None and kind.is_set:
        yield _word(document, (*where, "pick"), "pick", "", (), kind)
    if place.transform is not None and kind.name not in TEXTUAL:
        yield _word(document, (*where, "transform"), "transform", "", (), kind)
    for word in place.values or ():
        if kind.name == "consent" and word not in STATES:
            what, cure = f"'{word}' is not a state of consent", nearest(word, STATES, "States: {}.")
            yield document.problem((*where, "values", word), what, cure, key=True)
    if place.values and kind.name != "consent":  # an app may have one word for several of its states
        yield from _ambiguous(document, (*where, "values"), place.values)


def _word(
    document: Document, where: Where, key: str, word: str, known: tuple[str, ...], kind: type[Kind]
) -> Problem:
    if not known:
        what = f"the type {kind.name} knows no '{key}'"
        return document.problem(where, what, "Remove it.", key=True)
    return document.problem(
        where, f"'{word}' is not a valid {key} of {kind.name}", nearest(word, known, "Choose one of: {}.")
    )


def _ambiguous(document: Document, where: Where, values: dict[str, str]) -> Iterator[Problem]:
    first: dict[str, str] = {}
    for word, shown in values.items():
        other = first.setdefault(shown.casefold(), word)
        if other != word:
            what = f"'{other}' and '{word}' are both shown as '{shown}', so it cannot be read back"
            yield document.problem((*where, word), what, "Give each its own app value.")


def _match(document: Document, model: MappingModel) -> Iterator[Problem]:
    known = _raw_fields(document)
    for key, names in (("exact", model.match.exact), ("names", model.match.names)):
        for i, name in enumerate(names):
            place = ("match", key, i)
            if name not in known:
                cure = nearest(name, known, "Fields here: {}.")
                yield document.problem(place, f"'{name}' is not a field of this mapping", cure)
            elif name in model.fields and model.fields[name].type in (
                "tags",
                "multi_choice",
                "consent",
                "reference",
                "boolean",
            ):
                what = f"records cannot be recognised by a field of type {model.fields[name].type}"
                yield document.problem(place, what, "Use an e-mail address, a phone, a domain or a name.")


def _one_consent(document: Document, model: MappingModel) -> Iterator[Problem]:
    fields = [name for name, said in model.fields.items() if said.type == "consent"]
    for name in fields[1:]:
        what = f"a mapping has one consent field, and {fields[0]} is one already"
        yield document.problem(("fields", name), what, "Remove one of the two.", key=True)
