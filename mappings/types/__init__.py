"""Field types: how each kind of value is read, shown and compared. One class a type, named as in the YAML."""

from __future__ import annotations

from mappings.types.base import Form, Kind
from mappings.types.choice import Choice, MultiChoice
from mappings.types.compound import Address, Json
from mappings.types.country import Country
from mappings.types.email import Email
from mappings.types.language import Language
from mappings.types.links import Consent, Reference
from mappings.types.money import Money
from mappings.types.numbers import Boolean, Decimal, Integer
from mappings.types.phone import Phone
from mappings.types.tags import Tags
from mappings.types.text import Name, Text
from mappings.types.times import Date, DateTime
from mappings.types.web import Domain, Url

TYPES: dict[str, type[Kind]] = {
    kind.name: kind
    for kind in (
        Text,
        Name,
        Email,
        Phone,
        Country,
        Language,
        Choice,
        MultiChoice,
        Tags,
        Boolean,
        Integer,
        Decimal,
        Money,
        Date,
        DateTime,
        Address,
        Url,
        Domain,
        Reference,
        Consent,
        Json,
    )
}

__all__ = [
    "TYPES",
    "Choice",
    "Consent",
    "DateTime",
    "Form",
    "Kind",
    "Money",
    "MultiChoice",
    "Name",
    "Phone",
    "Reference",
    "Tags",
    "Text",
]
