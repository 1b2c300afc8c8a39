"""Every field type through every app of ours: what is written and read back is the same value, or what is
lost stands here. Through the connectors' own coding, and through JSON, without a server."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.contract import FieldSpec, ObjectSpec, Write
from connectors.contract import Kind as AppKind
from connectors.hubspot import fields as hubspot
from connectors.hubspot.records import Reader as HubSpotReader
from connectors.mailchimp.records import Reader as MailchimpReader
from connectors.mailchimp.writing import Writer as MailchimpWriter
from connectors.mailerlite.records import Reader as MailerLiteReader
from connectors.mailerlite.writing import Writer as MailerLiteWriter
from connectors.zendesk import fields as zendesk
from connectors.zendesk.records import Reader as ZendeskReader
from mappings.bind import bind
from mappings.draft import read
from mappings.model import Slot, Value

NAMES = {
    "hubspot": "f",
    "zendesk": "user_fields.f",
    "mailerlite": "fields.f",
    "mailchimp": "merge_fields.F",
    "memory": "f",
}
WORDS = ("small", "BIG", "Very big")
# What a field of the app is, by the field's type; text where nothing is said.
NATIVE: dict[str, AppKind] = {
    "boolean": "boolean", "integer": "decimal", "decimal": "decimal", "date": "date", "datetime": "datetime",
    "choice": "choice", "multi_choice": "multi", "tags": "multi",
}  # fmt: skip
PLAIN = {
    "mailerlite": ("boolean", "choice", "datetime"),
    "mailchimp": ("boolean", "datetime"),
    "zendesk": ("datetime",),
}
# What cannot be carried, and why. Everything else comes back the same.
LOSES = {
    ("mailerlite", "multi_choice"): "its own fields hold one value",
    ("mailchimp", "multi_choice"): "merge fields hold one value",
    ("mailerlite", "tags"): "its own fields hold one value; groups carry tags",
    ("mailchimp", "tags"): "merge fields hold one value; the member's tags carry tags",
}
SAYS = {
    "phone": "region: [ID]",
    "tags": "only: [vip, trial]",
    "money": "currency: USD",
    "datetime": "zone: Asia/Jakarta",
}
texts = st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc")), min_size=1, max_size=30)
VALUES: dict[str, st.SearchStrategy[Any]] = {
    "text": texts,
    "name": texts,
    "email": st.sampled_from(["Ann@Example.com", "o'neil+a@x.test", "é@münchen.example"]),
    "phone": st.sampled_from(["0812-3456-7890", "+1 415 555 2671", "call me", "+98 912 345 6789"]),
    "url": st.sampled_from(["https://Example.com/A", "example.com/?q=a b", "http://x.test/"]),
    "domain": st.sampled_from(["example.com", "https://www.Example.com/about"]),
    "country": st.sampled_from(["IR", "Indonesia", "Atlantis", "Türkiye"]),
    "language": st.sampled_from(["fa_IR", "en-US", "Klingon"]),
    "choice": st.sampled_from(WORDS),
    "multi_choice": st.lists(st.sampled_from(WORDS), min_size=1),
    "tags": st.lists(st.sampled_from(["vip", "trial"]), min_size=1),
    "boolean": st.booleans(),
    "integer": st.integers(-(10**12), 10**12),
    "decimal": st.decimals(-(10**9), 10**9, places=4).map(str),
    "money": st.tuples(st.decimals(-(10**9), 10**9, places=2), st.sampled_from(["", " USD", " IDR"])).map(
        lambda pair: f"{pair[0]}{pair[1]}"
    ),
    "date": st.dates().map(lambda day: day.isoformat()),
    "datetime": st.datetimes(timezones=st.just(UTC)).map(lambda at: at.isoformat()),
    "address": st.lists(texts, min_size=1, max_size=4).map("\n".join),
    "json": st.recursive(
        st.none() | st.booleans() | st.integers(-(10**9), 10**9) | st.floats(-1e9, 1e9) | texts,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
        max_leaves=6,
    ).map(json.dumps),
}  # fmt: skip


def wired(body: Any) -> Any:
    """As it is after a call."""
    return json.loads(json.dumps(body))


def through_hubspot(spec: ObjectSpec, name: str, value: Value) -> Value:
    facts = hubspot.OBJECTS["contacts"]
    sent = wired({name: hubspot.encode(value) or None})
    return HubSpotReader.of(facts, spec, [name]).record({"id": "1", "properties": sent}, {}).values[name]


def through_zendesk(spec: ObjectSpec, name: str, value: Value) -> Value:
    facts = zendesk.OBJECTS["users"]
    return (
        ZendeskReader(facts, spec, [name])
        .record({"id": 1, **wired(zendesk.body_of(facts, {name: value}))})
        .values[name]
    )


def through_mailerlite(spec: ObjectSpec, name: str, value: Value) -> Value:
    writer: Any = MailerLiteWriter(None, spec, None)  # type: ignore[arg-type]
    body = wired(writer._body(write(name, value)))
    return MailerLiteReader(spec, [name]).record({"id": "1", **body}).values[name]


def through_mailchimp(spec: ObjectSpec, name: str, value: Value) -> Value:
    unbound: Any = MailchimpWriter._body
    body = wired(unbound(None, {name: value}))
    return MailchimpReader(spec, [name]).record({"contact_id": "1", **body}).values[name]


def through_memory(spec: ObjectSpec, name: str, value: Value) -> Value:
    return value


def kind_of(slot: Slot) -> Any:
    return slot._type  # type: ignore[attr-defined]


def write(name: str, value: Value) -> Write:
    return Write("r", "update", "1", {name: value})


THROUGH: dict[str, Callable[[ObjectSpec, str, Value], Value]] = {
    "hubspot": through_hubspot,
    "zendesk": through_zendesk,
    "mailerlite": through_mailerlite,
    "mailchimp": through_mailchimp,
    "memory": through_memory,
}


@pytest.fixture(scope="module")
def carried(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str, str], tuple[Slot, ObjectSpec]]:
    """The slot of a type in an app, as a mapping makes it."""
    file = tmp_path_factory.mktemp("mappings") / "m.yaml"
    made: dict[tuple[str, str], tuple[Slot, ObjectSpec]] = {}

    def slot_of(app: str, kind: str) -> tuple[Slot, ObjectSpec]:
        if (app, kind) not in made:
            own: AppKind = "text" if kind in PLAIN.get(app, ()) else NATIVE.get(kind, "text")
            name = NAMES[app]
            spec = FieldSpec(
                name, own, options=WORDS if own in ("choice", "multi") and kind != "tags" else ()
            )
            says = f", {SAYS[kind]}" if kind in SAYS else ""
            file.write_text(
                f"object: contact\napps: {{{app}: {{object: people}}}}\n"
                f"fields:\n  f: {{type: {kind}{says}, in: {{{app}: {name}}}}}\n"
            )
            mapping = bind(read(file), {app: {name: spec}})
            made[app, kind] = mapping.apps[app].slots[name], ObjectSpec("people", {name: spec})
        return made[app, kind]

    return slot_of


@pytest.mark.parametrize("app", THROUGH)
@pytest.mark.parametrize("kind", VALUES)
def test_a_value_comes_back_as_it_was_sent(
    carried: Callable[[str, str], tuple[Slot, ObjectSpec]], app: str, kind: str
) -> None:
    if (app, kind) in LOSES:
        return
    slot, spec = carried(app, kind)

    @settings(max_examples=20)
    @given(VALUES[kind])
    def comes_back(value: Value) -> None:
        golden = slot.split(value, {})["f"]
        sent = slot.project({"f": golden}, None)
        shown = THROUGH[app](spec, slot.name, sent)
        assert slot.same(shown, sent)
        assert slot.split(shown, {})["f"] == golden or slot.same(
            slot.project(slot.split(shown, {}), None), sent
        )

    comes_back()


@pytest.mark.parametrize("app", ["mailerlite", "mailchimp"])
def test_what_is_lost_is_true(app: str) -> None:
    """An app whose own fields hold no lists says so in its spec: a mapping of one is refused there."""
    module = __import__(f"connectors.{app}.fields", fromlist=["_KINDS"])
    assert "multi" not in module._KINDS.values()
