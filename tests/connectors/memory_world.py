"""The memory app that these tests are about."""

from __future__ import annotations

from datetime import UTC, datetime

from connectors.contract import FieldSpec
from connectors.memory import Traits

START = datetime(2030, 1, 1, tzinfo=UTC)
CONTACTS = Traits(
    fields=(
        FieldSpec("email", coerce=("trim", "lower")),
        FieldSpec("name"),
        FieldSpec("city", max_length=80),
        FieldSpec("tags", kind="multi", options=("vip", "partner", "trial")),
        FieldSpec("groups", kind="multi", groups=True),
        FieldSpec("size", kind="integer"),
        FieldSpec("tier", kind="choice", options=("gold", "silver")),
        FieldSpec("company", kind="reference", reference="companies"),
        FieldSpec(
            "status",
            kind="consent",
            consent={"active": "subscribed", "out": "unsubscribed", "bounced": "bounced"},
            consent_set={"subscribed": "active", "unsubscribed": "out", "bounced": "bounced"},
        ),
        FieldSpec("our_id"),
        FieldSpec("score", kind="integer", writable="no"),
    ),
    unique=("email",),
    external_id="our_id",
    needs=(("email",),),
    consent_on_new="subscribed",
    locked=("out", "bounced"),
    page_size=3,
    batch=5,
    token="memory-canary",
)
COMPANIES = Traits(object="companies", fields=(FieldSpec("name"), FieldSpec("domain")), unique=("domain",))
