"""The mapping file as pydantic models: its keys, their types and their defaults."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, InstanceOf, WithJsonSchema

from mappings import rule_words
from mappings.checking import Strict, mistake
from mappings.model import Direction, RuleSpec
from mappings.transforms import STEPS, BadStep, transform
from mappings.types import TYPES

Word = Annotated[str, Field(min_length=1)]
Condition = Annotated[str, Field(min_length=1)]


def _place(value: Any) -> Any:
    """``phone`` is short for ``{field: phone}``."""
    return {"field": value} if isinstance(value, str) else value


def _listed(value: Any) -> Any:
    """``ID`` is short for ``[ID]``."""
    return [value] if isinstance(value, str) else value


_TYPE_SCHEMA = {
    "anyOf": [
        {"const": name, "description": " ".join((kind.__doc__ or "").split())} for name, kind in TYPES.items()
    ]
}


_TRANSFORM_SCHEMA = {
    "type": "array",
    "items": {
        "anyOf": [
            {"const": "trim"},
            *(
                {"type": "object", "properties": {name: {"description": does}}, "required": [name]}
                for name, (_, _, does) in STEPS.items()
                if name != "trim"
            ),
        ]
    },
}


def _transform(value: Any) -> Any:
    """One step, or a list of them, that can be used."""
    steps = value if isinstance(value, list) else [value]
    try:
        transform(steps)
    except BadStep as error:
        raise mistake(error.what, error.cure, inside=error.inside[value is not steps :]) from None
    return tuple(steps)


Transforms = Annotated[
    InstanceOf[tuple[Any, ...]], BeforeValidator(_transform), WithJsonSchema(_TRANSFORM_SCHEMA)
]


class PlaceModel(Strict):
    """Where a field lives in one app."""

    field: Word = Field(
        description="The app's own name of the field; a dot leads into a container.",
        examples=["email", "user_fields.city", "name.first"],
    )
    direction: Direction | None = Field(
        None, description="both; from: this app is read and never written; to: written, never read."
    )
    part: Literal["first", "last"] | None = Field(
        None, description="Which part of one text with a full name. name.first is short for it."
    )
    pick: Literal["first"] | None = Field(
        None,
        description="first: the first value of a list; the rest of the list is left alone. A blank"
        " empties a list of one; a longer list stays as it is.",
    )
    format: Word | None = Field(
        None,
        description="How the app shows a phone, a day or a moment.",
        examples=["e164", "international", "national", "DD/MM/YYYY", "epoch_ms"],
    )
    as_: Word | None = Field(
        None,
        alias="as",
        description="How the app shows it: name or code of a country, code or locale of a language, text or"
        " native of a number or yes/no, amount of money, line of an address; for a reference, a field of its"
        " target.",
        examples=["code", "name", "locale", "text"],
    )
    transform: Transforms | None = Field(
        None,
        description="What is done to a text on its way to the app, step by step, and undone on the way back.",
        examples=[["trim", {"prefix": "CRM-"}], [{"truncate": 20}]],
    )
    values: dict[str, str] | None = Field(
        None, description="Your word: the app's word.", examples=[{"retail": "shops", "wholesale": "trade"}]
    )


_REGIONS_SCHEMA = {"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]}
Place = Annotated[PlaceModel, BeforeValidator(_place, json_schema_input_type=str | PlaceModel)]
Rule = Annotated[InstanceOf[RuleSpec], BeforeValidator(rule_words.parse), WithJsonSchema(rule_words.SCHEMA)]
Regions = Annotated[tuple[Word, ...], BeforeValidator(_listed), WithJsonSchema(_REGIONS_SCHEMA)]
TypeName = Annotated[str, WithJsonSchema(_TYPE_SCHEMA)]


class FieldModel(Strict):
    """One thing that is known of a person or company."""

    type: TypeName = Field("text", description="How values are read, shown and compared.")
    places: dict[str, Place] = Field(
        alias="in",
        min_length=1,
        description="App: where it lives there. An app that is not named takes no part in this field.",
        examples=[{"hubspot": "city", "zendesk": "user_fields.city"}],
    )
    direction: dict[str, Direction] = Field(
        {}, description="App: which way it flows there.", examples=[{"zendesk": "from"}]
    )
    rule: Rule | None = Field(
        None,
        description="Who wins when apps disagree.",
        examples=["newest", {"prefer": ["hubspot", "zendesk"]}],
    )
    on_join: Literal["keep", "rule"] = Field(
        "keep", description="When a record joins later: keep the value that stands, or let the rule choose."
    )
    blank: Literal["clear", "keep"] = Field(
        "clear", description="Clearing it in an app: clear it everywhere, or write the value back (keep)."
    )
    region: Regions | None = Field(
        None, description="phone: countries of numbers without a country code.", examples=["ID", ["ID", "IR"]]
    )
    only: tuple[Word, ...] | None = Field(
        None, description="tags: the ones that are kept in step.", examples=[["vip", "partner"]]
    )
    prefix: Word | None = Field(
        None, description="tags: those that begin with this are kept in step.", examples=["crm-"]
    )
    to: Word | None = Field(
        None, description="reference: the object of the mapping that it points to.", examples=["company"]
    )
    value: Condition | None = Field(
        None,
        description="A field that is worked out of others: an expression on the fields of this file. It is"
        " written and never read.",
        examples=["first_name + ' ' + last_name"],
    )
    unknown: Literal["pass", "hold"] | None = Field(
        None,
        description="choice: a word that an app has no option for. pass: send it as it is; hold: write"
        " nothing there, and take over no word that the mapping does not know.",
    )
    currency: Word | None = Field(
        None, description="money: the currency of numbers that come without one.", examples=["USD", "IDR"]
    )
    zone: Word | None = Field(
        None, description="datetime: the zone of times that come without one.", examples=["Asia/Jakarta"]
    )
    authority: tuple[Word, ...] | None = Field(
        None,
        description="consent: apps in which a person can opt in again; a first answer counts from any app.",
        examples=[["mailerlite"]],
    )


class AppModel(Strict):
    """One app's part."""

    object: Word = Field(description="The app's own name of the object.", examples=["contacts", "users"])
    only: Condition | None = Field(
        None,
        description="A condition on the app's own fields: which of its records take part.",
        examples=["role == 'end-user'"],
    )
    create_when: Condition | None = Field(
        None,
        description="A condition on the fields of this file: who is created in this app.",
        examples=["marketing_consent == 'subscribed'"],
    )
    creates: bool = Field(default=True, description="false: records are never created in this app.")


class MatchModel(Strict):
    """How records of the same person or company are recognised."""

    exact: tuple[Word, ...] = Field(
        default=(),
        description="Fields that alone link two records; the first is taken for a person's own.",
        examples=[["email", "phone"]],
    )
    names: tuple[Word, ...] = Field(
        default=(),
        description="Fields that hold the name, the given name first.",
        examples=[["first_name", "last_name"]],
    )
    fuzzy: bool = Field(default=True, description="Whether names are compared where no key is shared.")


class MappingModel(Strict):
    """A mapping file: one object in all its apps."""

    object: Word = Field(description="Your name of the object; a reference names it.", examples=["contact"])
    apps: dict[str, AppModel] = Field(
        min_length=1,
        description="The apps that take part, by their names in the config. The first one wins ties.",
        examples=[{"hubspot": {"object": "contacts"}}],
    )
    match: MatchModel = Field(default=MatchModel(), description="How records are recognised.")
    rule: Rule = Field(RuleSpec("newest"), description="The rule of fields that name none: newest.")
    on_delete: Literal["keep", "archive", "delete"] = Field(
        "keep", description="What a deletion in one app means in the others."
    )
    fields: dict[str, FieldModel] = Field(
        min_length=1, description="The fields, by names of your own (letters, digits and _)."
    )
