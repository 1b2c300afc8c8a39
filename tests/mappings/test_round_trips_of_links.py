"""Consent and references through every app of ours: what comes back, and what an app cannot say."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.contract import FieldSpec, ObjectSpec
from connectors.hubspot import fields as hubspot
from connectors.hubspot.associations import PRIMARY_NAME, PrimaryCompanies, link_body
from connectors.hubspot.records import Reader as HubSpotReader
from connectors.mailchimp import fields as mailchimp
from connectors.mailerlite import fields as mailerlite
from connectors.zendesk import fields as zendesk
from mappings.bind import bind
from mappings.draft import read
from mappings.model import ObjectMapping, Value
from mappings.types.links import STATES
from syncer.core.lens import Lens, Unresolved
from tests.mappings.test_round_trips import THROUGH

CONSENT = "user_fields.consent"
DROPDOWN = {"key": "consent", "title": "Consent", "type": "dropdown"}
OPTIONS = [{"name": state, "value": state} for state in ("subscribed", "pending", "unsubscribed")]
MEMORY = FieldSpec("consent", "consent", consent={s: s for s in STATES}, consent_set={s: s for s in STATES})
SPECS: dict[str, ObjectSpec] = {
    "hubspot": hubspot.object_spec(hubspot.OBJECTS["contacts"], [], 0.0),
    "mailerlite": mailerlite.subscriber_spec([], [], 100, 50, 100),
    "mailchimp": mailchimp.member_spec([], [], 0.0, 500, mails=True),
    "zendesk": zendesk.object_spec(
        zendesk.OBJECTS["users"], [{**DROPDOWN, "custom_field_options": OPTIONS}], CONSENT, "en-US", 0.0
    ),
    "memory": ObjectSpec("people", {"consent": MEMORY}, consent_field="consent"),
}
STAYS = ""  # the app cannot show this state: nothing is written, what is there stays
UNSUBSCRIBED = dict.fromkeys(("bounced", "complained", "erased"), "unsubscribed")
# What comes back where it is not the state itself. Stricter ones are written as an unsubscribe: never weaker.
COMES_BACK: dict[str, dict[str, str]] = {
    "hubspot": {"subscribed": STAYS, "pending": STAYS, **UNSUBSCRIBED},
    "mailerlite": UNSUBSCRIBED,
    "mailchimp": UNSUBSCRIBED,
    "zendesk": UNSUBSCRIBED,
    "memory": {},
}


def mapped(tmp_path_factory: pytest.TempPathFactory, text: str, shapes: dict[str, Any]) -> ObjectMapping:
    file = tmp_path_factory.mktemp("mappings") / "m.yaml"
    file.write_text(text)
    return bind(read(file), shapes)


@pytest.mark.parametrize("app", SPECS)
def test_consent_comes_back_as_told_and_never_weaker(
    tmp_path_factory: pytest.TempPathFactory, app: str
) -> None:
    spec = SPECS[app]
    name = spec.consent_field or ""
    text = f"object: contact\napps: {{{app}: {{object: people}}}}\n"
    text += f"fields:\n  consent: {{type: consent, in: {{{app}: {name}}}}}\n"
    mapping = mapped(tmp_path_factory, text, {app: spec.fields})
    slot = mapping.apps[app].slots[name]
    shown = sorted({*spec.fields[name].options, *spec.fields[name].consent}) or [None]

    @settings(max_examples=40)
    @given(st.sampled_from(STATES), st.sampled_from([None, *shown]))
    def comes_back(state: str, seen: Value) -> None:
        sent = slot.project({"consent": state}, seen)
        expected = COMES_BACK[app].get(state, state)
        if expected == STAYS:
            assert sent == seen
            return
        told = slot.split(THROUGH[app](spec, name, sent), {})["consent"]
        assert told == expected
        if STATES.index(state) >= STATES.index("unsubscribed"):
            assert STATES.index(str(told)) >= STATES.index("unsubscribed")

    comes_back()


# -- references -------------------------------------------------------------------------------------------


@dataclass
class Known:
    """One company: its golden record, its record in the app, its name."""

    golden: str
    record: str
    name: str = ""

    def golden_of(self, object: str, app: str, record: str) -> str | None:
        return self.golden if record == self.record else None

    def record_of(self, object: str, golden: str, app: str) -> str | None:
        return self.record if golden == self.golden else None

    def is_live(self, object: str, app: str, record: str) -> bool:
        return True

    def value_of(self, object: str, golden: str, field: str) -> Value:
        return self.name if golden == self.golden else None


def linked_in_hubspot(company: Value) -> Value:
    """By an association: as a create carries it, and as a list shows it."""
    to = json.loads(json.dumps(link_body(str(company))))["to"]["id"] if company else None
    shown = [{"id": to, "type": PRIMARY_NAME}] if to else []
    item = {"id": "1", "properties": {"hs_object_id": "1"}, "associations": {"companies": {"results": shown}}}
    primary = PrimaryCompanies(None, "").of_listed([item])  # type: ignore[arg-type]
    reader = HubSpotReader.of(hubspot.OBJECTS["contacts"], SPECS["hubspot"], [hubspot.COMPANY])
    return reader.record(item, {hubspot.COMPANY: primary}).values[hubspot.COMPANY]


def linked(app: str, place: str, company: Value) -> Value:
    return linked_in_hubspot(company) if app == "hubspot" else THROUGH[app](LINKING[app], place, company)


LINKING = {**SPECS, "memory": ObjectSpec("people", {"company": FieldSpec("company", "reference")})}
PLACES = {"hubspot": hubspot.COMPANY, "zendesk": zendesk.ORGANIZATION, "memory": "company"}
ids = st.integers(1, 10**15).map(str)
names = st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc", "Z")), min_size=1, max_size=30)


@pytest.mark.parametrize("app", PLACES)
def test_a_reference_comes_back_to_the_same_golden_record(
    tmp_path_factory: pytest.TempPathFactory, app: str
) -> None:
    place = PLACES[app]
    text = f"object: contact\napps: {{{app}: {{object: people}}}}\n"
    text += f"fields:\n  company: {{type: reference, to: company, in: {{{app}: {place}}}}}\n"
    mapping = mapped(tmp_path_factory, text, {app: LINKING[app].fields})
    slot = mapping.apps[app].slots[place]

    @settings(max_examples=30)
    @given(ids, ids)
    def comes_back(golden: str, record: str) -> None:
        lens = Lens(mapping, Known(f"g{golden}", record))
        sent = lens.project(slot, {"company": f"g{golden}"}, None)
        assert lens.split(slot, linked(app, place, sent), {}) == {"company": f"g{golden}"}
        cleared = lens.project(slot, {"company": None}, record)
        assert lens.split(slot, linked(app, place, cleared), {}) == {"company": None}
        with pytest.raises(Unresolved):
            lens.project(slot, {"company": "another"}, None)

    comes_back()


@pytest.mark.parametrize(
    ("app", "place"), [("mailerlite", "fields.company"), ("mailchimp", "merge_fields.COMPANY")]
)
def test_an_app_without_references_holds_the_name_which_is_never_read(
    tmp_path_factory: pytest.TempPathFactory, app: str, place: str
) -> None:
    spec = ObjectSpec("people", {place: FieldSpec(place)})
    text = f"object: contact\napps: {{{app}: {{object: people}}}}\nfields:\n"
    text += f"  company: {{type: reference, to: company, in: {{{app}: {{field: {place}, as: name}}}}}}\n"
    mapping = mapped(tmp_path_factory, text, {app: spec.fields})
    slot = mapping.apps[app].slots[place]
    assert mapping.fields["company.name"].direction == {app: "to"}

    @settings(max_examples=30)
    @given(ids, names)
    def shows(golden: str, name: str) -> None:
        lens = Lens(mapping, Known(golden, "", name))
        sent = lens.project(slot, lens.derived({"company": golden}), None)
        assert slot.same(THROUGH[app](spec, place, sent), name)

    shows()
