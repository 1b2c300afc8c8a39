"""What apps declare is remembered: in the same words, for a day, while the way to the app is the same."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from pydantic import SecretStr

from connectors.contract import FieldSpec, ObjectSpec
from syncer.config.apps import AppModel
from syncer.config.files import load_config
from syncer.ports import Ports
from syncer.store import specs
from syncer.store.database import Database
from syncer.store.history import History
from syncer.wiring.connections import spec_key
from syncer.wiring.wire import Wiring, dependents, targets
from tests.cli.conftest import Desk


def test_a_spec_survives_being_remembered() -> None:
    spec = ObjectSpec(
        "contacts",
        {
            "status": FieldSpec(
                "status", "consent", options=("active",), coerce=("trim",), consent={"active": "subscribed"}
            ),
            "company": FieldSpec("company", "reference", reference="companies", blank=""),
        },
        unique=("email",),
        needs=(("email", "name"), ("phone",)),
        lag=2.5,
    )
    assert specs.loads(specs.dumps(spec)) == spec


MODEL = AppModel(connector="zendesk", credentials={"token": SecretStr("one")}, settings={"lag": 1})


@pytest.mark.parametrize(
    "change",
    [
        {"credentials": {"token": SecretStr("two")}},
        {"base_url": "https://elsewhere.example"},
        {"settings": {"lag": 2}},
        {"connector": "hubspot"},
    ],
)
def test_another_way_to_the_app_is_another_key(change: dict[str, object]) -> None:
    assert spec_key(MODEL.model_copy(update=change), "contacts") != spec_key(MODEL, "contacts")


def test_the_key_gives_no_secret_away_and_differs_by_object() -> None:
    assert "one" not in spec_key(MODEL, "contacts")
    assert spec_key(MODEL, "companies") != spec_key(MODEL, "contacts")


def test_contacts_point_to_companies(desk: Desk) -> None:
    config = load_config(desk.config)
    assert list(config.syncs) == ["companies", "contacts"]
    assert targets(config, config.syncs["contacts"]) == {"company": "companies"}
    assert dependents(config, config.syncs["companies"]) == ("contacts",)
    assert dependents(config, config.syncs["contacts"]) == ()


def test_a_credential_that_is_refused_before_anything_is_known_of_the_app_is_told_as_that(desk: Desk) -> None:
    desk.change("sandbox-hubspot", "an-old-token")
    answer = desk.run("sync", "companies")
    assert answer.code == 1
    assert "renew it for HubSpot." in answer.out + answer.err
    db = Database(load_config(desk.config).state)
    with db.reading():
        (last,) = History(db).runs(1, "companies")
    assert (last["status"], last["report"]["credentials_refused"]) == ("failed", ["hubspot"])
    db.close()


@pytest.mark.parametrize(("later", "asks"), [(timedelta(hours=23), False), (timedelta(hours=25), True)])
def test_apps_are_asked_again_after_a_day(desk: Desk, later: timedelta, asks: bool) -> None:
    config = load_config(desk.config)
    db, start = Database(config.state), datetime(2030, 1, 1, tzinfo=UTC)
    for now, asked in ((start, True), (start + later, asks)):
        wiring = Wiring(config, db, Ports(now=lambda now=now: now))  # type: ignore[misc]
        wiring.sync("companies")
        assert bool(wiring.declarations.accounts) is asked
        wiring.close()
    db.close()


def test_two_names_for_the_same_records_are_refused(desk: Desk) -> None:
    text = desk.config.read_text()
    start = text.index("  hubspot:")
    block = text[start : text.index("  mailerlite:")]
    desk.config.write_text(text[:start] + block.replace("hubspot:", "hub2:", 1) + text[start:])
    desk.change(
        "apps:\n  hubspot:", "apps:\n  hub2: {object: companies}\n  hubspot:", "mappings/companies.yaml"
    )
    desk.change("in: {hubspot: name,", "in: {hubspot: name, hub2: name,", "mappings/companies.yaml")
    answer = desk.run("sync", "companies")
    assert answer.code == 2
    assert "'hubspot' and 'hub2' are the same companies of one account" in answer.err
    assert "mappings/companies.yaml:" in answer.err


def test_a_sync_under_another_name_does_not_begin_anew_unasked(desk: Desk) -> None:
    desk.synced()
    desk.change("\n  contacts: {", "\n  people: {")
    held = desk.run("sync", "people")
    assert held.code == 3
    assert "the state knows these records under the sync 'contacts'" in held.out
    again = desk.run("sync", "people", "--json").lines[0]["run"]
    assert desk.run("sync", "people", "--approve", again).code == 0
    desk.change("\n  people: {", "\n  contacts: {")
    assert desk.run("sync", "contacts", "--json").lines[0]["written"] == 0
