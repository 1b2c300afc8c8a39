"""The mapping file as pydantic models: its keys, their types and their defaults."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, InstanceOf

from mappings.checking import Strict, mistake
from mappings.document import nearest
from mappings.model import Direction, RuleSpec

RULES = ("newest", "prefer", "only", "longest", "union", "manual")
Word = Annotated[str, Field(min_length=1)]
Condition = Annotated[str, Field(min_length=1)]


def _rule(value: Any) -> Any:
    """``newest``, ``{prefer: [app, app]}`` or ``{only: app}`` as a `RuleSpec`."""
    if isinstance(value, str):
        if value in ("prefer", "only"):
            raise mistake(f"'{value}' needs to know which apps", f"Write {{{value}: {_EXAMPLE[value]}}}.")
        if value not in RULES:
            raise mistake(f"'{value}' is not a rule", nearest(value, RULES, "Rules: {}."))
        return RuleSpec(value)  # type: ignore[arg-type]
    if not isinstance(value, dict) or len(value) != 1:
        raise mistake("this is not one rule", "Write a word such as newest, or {prefer: [hubspot, zendesk]}.")
    kind, apps = next(iter(value.items()))
    if kind not in RULES:
        raise mistake(f"'{kind}' is not a rule", nearest(kind, RULES), inside=(kind,), key=True)
    if kind == "prefer" and isinstance(apps, list) and apps and all(isinstance(app, str) for app in apps):
        return RuleSpec("prefer", tuple(apps))
    if kind == "only" and isinstance(apps, str) and apps:
        return RuleSpec("only", (apps,))
    if kind in ("prefer", "only"):
        what = "this must be a list of apps" if kind == "prefer" else "this must be one app"
        raise mistake(what, f"Write {{{kind}: {_EXAMPLE[kind]}}}.", inside=(kind,))
    raise mistake(
        f"the rule '{kind}' takes no apps", f"Write only the word: {kind}", inside=(kind,), key=True
    )


_EXAMPLE = {"prefer": "[hubspot, zendesk]", "only": "hubspot"}


def _place(value: Any) -> Any:
    """``phone`` is short for ``{field: phone}``."""
    return {"field": value} if isinstance(value, str) else value


def _listed(value: Any) -> Any:
    """``ID`` is short for ``[ID]``."""
    return [value] if isinstance(value, str) else value


class PlaceModel(Strict):
    """Where a field lives in one app."""

    field: Word = Field(description="the app's own name of the field")
    direction: Direction | None = Field(None, description="both, from (only read) or to (only written)")
    part: Literal["first", "last"] | None = Field(None, description="which part of one text with a full name")
    pick: Literal["first"] | None = Field(None, description="the first value of a list")
    format: Word | None = Field(None, description="how the app shows it: phone e164, international, national")
    as_: Word | None = Field(None, alias="as", description="how the app shows it: name, code, locale, text")
    values: dict[str, str] | None = Field(None, description="our word: the app's word")


Place = Annotated[PlaceModel, BeforeValidator(_place)]
Rule = Annotated[InstanceOf[RuleSpec], BeforeValidator(_rule)]
Regions = Annotated[tuple[Word, ...], BeforeValidator(_listed)]


class FieldModel(Strict):
    """One thing that is known of a person or company."""

    type: str = Field("text", description="the field's type")
    places: dict[str, Place] = Field(alias="in", min_length=1, description="app: where it lives there")
    direction: dict[str, Direction] = Field({}, description="app: both, from or to")
    rule: Rule | None = Field(None, description="who wins when apps disagree")
    on_join: Literal["keep", "rule"] = Field("keep", description="what counts when an app joins later")
    blank: Literal["clear", "keep"] = Field("clear", description="whether clearing it in an app clears it")
    region: Regions | None = Field(None, description="phone: countries of numbers without a country code")
    only: tuple[Word, ...] | None = Field(None, description="tags: the ones that are kept in step")
    prefix: Word | None = Field(None, description="tags: those that begin with this are kept in step")
    to: Word | None = Field(None, description="reference: the mapping object that it points to")
    authority: tuple[Word, ...] | None = Field(None, description="consent: apps where a person opts in")


class AppModel(Strict):
    """One app's part."""

    object: Word = Field(description="the app's own name of the object")
    only: Condition | None = Field(None, description="condition on the app's fields: which records take part")
    create_when: Condition | None = Field(None, description="condition on our fields: who is created there")
    creates: bool = Field(default=True, description="whether records are created there at all")


class MatchModel(Strict):
    """How records of the same person or company are recognised."""

    exact: tuple[Word, ...] = Field(default=(), description="fields that alone link two records")
    names: tuple[Word, ...] = Field(default=(), description="fields that hold names")
    fuzzy: bool = Field(default=True, description="whether names are compared where no key is shared")


class MappingModel(Strict):
    """A mapping file: one object in all its apps."""

    object: Word = Field(description="our name of the object")
    apps: dict[str, AppModel] = Field(min_length=1)
    match: MatchModel = MatchModel()
    rule: Rule = Field(RuleSpec("newest"), description="the rule of fields that name none")
    on_delete: Literal["keep", "archive", "delete"] = Field(
        "keep", description="what a deletion means elsewhere"
    )
    fields: dict[str, FieldModel] = Field(min_length=1)
