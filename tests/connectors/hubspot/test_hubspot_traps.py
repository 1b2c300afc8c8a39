"""Traps of HubSpot that its users fell into, played against the simulated account."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import orjson
import pytest

from connectors.contract import AppError, Options, Write
from connectors.hubspot import HubSpotConnector
from connectors.sandbox.server import Sandbox

FIELDS = ("email", "firstname")
PERSON = {"email": "ada@example.com", "firstname": "Ada"}


@pytest.fixture(scope="module")
def running() -> Iterator[Sandbox]:
    with Sandbox(empty=True) as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(running: Sandbox) -> Sandbox:
    running.host.reset()
    return running


@pytest.fixture
def app(sandbox: Sandbox) -> Iterator[HubSpotConnector]:
    made = connected(sandbox)
    yield made
    made.close()


@pytest.fixture
def person(sandbox: Sandbox) -> Iterator[httpx.Client]:
    """A person at HubSpot."""
    with httpx.Client(
        base_url=sandbox.hubspot, headers={"authorization": "Bearer sandbox-hubspot"}
    ) as client:
        yield client


def connected(sandbox: Sandbox, **settings: Any) -> HubSpotConnector:
    given = {"lag": 0, **settings}
    return HubSpotConnector(Options("crm", sandbox.hubspot, {"token": "sandbox-hubspot"}, given))


def habits(sandbox: Sandbox, **settings: Any) -> None:
    sandbox.host.apps["hubspot"].mode.settings.update(settings)


def made(person: httpx.Client, kind: str = "contacts", **properties: str) -> str:
    answer = person.post(f"/crm/v3/objects/{kind}", json={"properties": properties})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def paths(sandbox: Sandbox) -> list[str]:
    return [entry["path"] for entry in sandbox.host.log["hubspot"]]


def polled(app: HubSpotConnector, fields: tuple[str, ...] = FIELDS) -> list[Any]:
    records = []
    for page in app.pull("contacts", "since|2020-01-01T00:00:00+00:00", fields):
        records += page.records
    return records


def update(id: str, **values: Any) -> Write:
    return Write("u", "update", id, values)


def merged(person: httpx.Client, winner: str, loser: str) -> str:
    body = {"primaryObjectId": winner, "objectIdToMerge": loser}
    return str(person.post("/crm/v3/objects/contacts/merge", json=body).json()["id"])


@pytest.mark.parametrize("resolves", [True, False], ids=["an old id resolves", "an old id leads nowhere"])
@pytest.mark.parametrize("anew", [False, True], ids=["into one of the two", "into a record made anew"])
def test_a_merged_contact_is_followed(
    sandbox: Sandbox, app: HubSpotConnector, person: httpx.Client, anew: bool, resolves: bool
) -> None:
    habits(sandbox, merge_makes_new_id=anew, merged_ids_resolve=resolves)
    winner, loser = made(person, email="ada@example.com"), made(person, email="ada@home.example")
    lives = merged(person, winner, loser)
    assert (lives != winner) == anew
    answers = {one.id: one for one in app.fetch("contacts", [winner, loser], FIELDS)}
    assert (answers[loser].state, answers[loser].into) == ("merged", lives)
    if anew:
        assert (answers[winner].state, answers[winner].into) == ("merged", lives)
    assert answers[loser].record is not None
    assert answers[loser].record.other_keys == {"email": ("ada@home.example",)}


def test_all_addresses_of_a_contact_are_keys(app: HubSpotConnector, person: httpx.Client) -> None:
    id = made(person, email="ada@example.com", hs_additional_emails="ada@home.example;countess@example.org")
    for address in ("ada@example.com", "ADA@home.example", "countess@example.org"):
        (found,) = app.find("contacts", "email", [address], FIELDS)
        assert found.id == id
        assert found.other_keys == {"email": ("ada@home.example", "countess@example.org")}
    (result,) = app.write("contacts", [Write("c", "create", None, {"email": "countess@example.org"})])
    assert (result.outcome, result.id) == ("existed", id)


def test_an_archived_contact_shows_by_id_and_in_no_search(
    app: HubSpotConnector, person: httpx.Client
) -> None:
    id = made(person, **PERSON)
    person.delete(f"/crm/v3/objects/contacts/{id}")
    assert polled(app) == []
    (answer,) = app.fetch("contacts", [id], FIELDS)
    assert answer.state == "archived"
    assert answer.record is not None
    assert answer.record.archived


def test_a_stage_that_goes_back_is_told_and_not_taken_for_done(
    app: HubSpotConnector, person: httpx.Client
) -> None:
    id = made(person, **PERSON, lifecyclestage="customer")
    (result,) = app.write("contacts", [update(id, lifecyclestage="lead", firstname="Augusta")])
    assert result.outcome == "applied"
    assert result.fields == {
        "lifecyclestage": "HubSpot moves this stage only forward; clear it first to set an earlier one"
    }
    (held,) = app.fetch("contacts", [id], ("firstname", "lifecyclestage"))
    assert held.record is not None
    assert held.record.values == {"firstname": "Augusta", "lifecyclestage": "customer"}


def test_a_batch_of_creates_names_every_address_that_exists(
    app: HubSpotConnector, person: httpx.Client
) -> None:
    ids = [made(person, email=f"p{n}@example.com") for n in range(3)]
    writes = [Write(f"c{n}", "create", None, {"email": f"p{n}@example.com"}) for n in range(4)]
    results = {one.ref: one for one in app.write("contacts", writes)}
    assert [results[f"c{n}"].id for n in range(3)] == ids
    assert [results[f"c{n}"].outcome for n in range(4)] == ["existed"] * 3 + ["applied"]


def test_updates_go_by_record_id_and_never_by_address(
    sandbox: Sandbox, app: HubSpotConnector, person: httpx.Client
) -> None:
    """A batch update by e-mail is refused, or answered without effect."""
    id = made(person, **PERSON)
    (result,) = app.write("contacts", [update(id, email="ada@new.example")])
    assert result.outcome == "applied"
    (found,) = app.find("contacts", "email", ["ada@new.example"], FIELDS)
    assert found.id == id
    assert not any("ignored" in entry for entry in sandbox.host.log["hubspot"])


def test_no_path_of_an_older_api_is_called(
    sandbox: Sandbox, app: HubSpotConnector, person: httpx.Client
) -> None:
    id = made(person, **PERSON)
    app.check()
    list(app.pull("contacts", None, FIELDS))
    polled(app)
    app.write("contacts", [update(id, hs_email_optout="true")])
    assert not [path for path in paths(sandbox) if "/v1/" in path or "/v2/" in path]


def test_many_properties_do_not_burst_the_body_of_a_search(
    sandbox: Sandbox, app: HubSpotConnector, person: httpx.Client
) -> None:
    names = [f"a_property_with_a_long_name_{n:03}" for n in range(100)]
    for name in names:
        body = {"groupName": "g", "name": name, "label": name, "type": "string", "fieldType": "text"}
        assert person.post("/crm/v3/properties/contacts", json=body).status_code == 201
    made(person, **PERSON, **{names[-1]: "kept"})
    (record,) = polled(app, (*FIELDS, *names))
    assert record.values[names[-1]] == "kept"
    assert record.values["firstname"] == "Ada"
    assert [entry["status"] for entry in sandbox.host.log["hubspot"] if entry["status"] >= 400] == []


def test_long_values_do_not_burst_the_body_of_a_search(
    sandbox: Sandbox, app: HubSpotConnector, person: httpx.Client
) -> None:
    domains = [f"{'a' * 200}{n}.example" for n in range(25)]
    id = made(person, "companies", name="Acme", domain=domains[-1])
    (found,) = app.find("companies", "domain", domains, ("name",))
    assert found.id == id


def test_a_null_is_never_sent(sandbox: Sandbox, app: HubSpotConnector, person: httpx.Client) -> None:
    """HubSpot takes it without effect; a clearing is an empty text."""
    id = made(person, **PERSON)
    app.write("contacts", [update(id, firstname=None)])
    (held,) = app.fetch("contacts", [id], FIELDS)
    assert held.record is not None
    assert held.record.values["firstname"] is None
    assert not any("ignored" in entry for entry in sandbox.host.log["hubspot"])


def test_times_in_milliseconds_read_as_dates_and_times(
    sandbox: Sandbox, app: HubSpotConnector, person: httpx.Client
) -> None:
    for name, kind in (("born", "date"), ("seen", "datetime")):
        body = {"groupName": "g", "name": name, "label": name, "type": kind, "fieldType": "date"}
        person.post("/crm/v3/properties/contacts", json=body)
    id = made(person, **PERSON, born="1572480000000", seen="1572480000500")
    (held,) = app.fetch("contacts", [id], ("born", "seen"))
    assert held.record is not None
    assert held.record.values == {"born": "2019-10-31", "seen": "2019-10-31T00:00:00.500Z"}


@pytest.mark.parametrize(
    ("kind", "needed"),
    [
        (
            "deals",
            {"dealname": "Big one", "dealstage": "contractsent", "pipeline": "default", "amount": "17.50"},
        ),
        ("tickets", {"subject": "Help", "hs_pipeline_stage": "1"}),
    ],
)
def test_deals_and_tickets_are_read_and_never_written(
    sandbox: Sandbox, app: HubSpotConnector, person: httpx.Client, kind: str, needed: dict[str, str]
) -> None:
    id = made(person, kind, **needed)
    spec = app.describe(kind)
    assert {field.writable for field in spec.fields.values()} == {"no"}
    (page,) = app.pull(kind, None, tuple(needed))
    assert [dict(record.values) for record in page.records] == [needed]
    assert page.cursor is not None
    (again,) = app.pull(kind, page.cursor, tuple(needed))
    assert [record.id for record in again.records] == [id]
    assert app.fetch(kind, [id], tuple(needed))[0].state == "found"
    before = app.calls
    kinds: tuple[Any, ...] = ("create", "update", "archive")
    results = app.write(kind, [Write(verb, verb, id, needed) for verb in kinds])
    assert {result.outcome for result in results} == {"rejected"}
    assert all(f"{kind} are only read" in result.reason for result in results)
    assert app.calls == before


@pytest.mark.parametrize("kind", ["deals", "tickets"])
def test_what_a_new_deal_or_ticket_needs_is_asked_for(person: httpx.Client, kind: str) -> None:
    answer = person.post(f"/crm/v3/objects/{kind}", json={"properties": {}})
    assert answer.status_code == 400
    assert "required properties" in answer.json()["message"]


# -- static lists ------------------------------------------------------------------------------------


def a_list(person: httpx.Client, name: str, processing: str = "MANUAL") -> str:
    body = {"name": name, "objectTypeId": "0-1", "processingType": processing}
    return str(person.post("/crm/v3/lists/", json=body).json()["list"]["listId"])


def members(person: httpx.Client, list: str) -> list[str]:
    return [one["recordId"] for one in person.get(f"/crm/v3/lists/{list}/memberships").json()["results"]]


def lists_of(app: HubSpotConnector, id: str) -> Any:
    (answer,) = app.fetch("contacts", [id], ("lists",))
    assert answer.record is not None
    return answer.record.values["lists"]


def test_lists_are_a_set_of_names(app: HubSpotConnector, person: httpx.Client) -> None:
    news, vip = a_list(person, "News"), a_list(person, "VIP", "SNAPSHOT")
    id, other = made(person, **PERSON), made(person, email="b@example.com")
    person.put(f"/crm/v3/lists/{news}/memberships/add", json=[id, other])
    person.put(f"/crm/v3/lists/{vip}/memberships/add", json=[id])
    spec = app.describe("contacts").fields["lists"]
    assert (spec.kind, spec.options) == ("multi", ("News", "VIP"))  # the one that fills itself is left out
    read = {
        record.id: record.values for page in app.pull("contacts", None, ("lists",)) for record in page.records
    }
    assert read == {id: {"lists": ["News", "VIP"]}, other: {"lists": ["News"]}}
    assert lists_of(app, id) == ["News", "VIP"]
    assert {record.id: record.values["lists"] for record in polled(app, ("lists",))} == {
        id: ["News", "VIP"],
        other: ["News"],
    }


def test_lists_are_joined_and_left_with_one_call_a_list(
    sandbox: Sandbox, app: HubSpotConnector, person: httpx.Client
) -> None:
    news, vip = a_list(person, "News"), a_list(person, "VIP")
    id = made(person, **PERSON)
    person.put(f"/crm/v3/lists/{news}/memberships/add", json=[id])
    app.describe("contacts")
    before = app.calls
    (result,) = app.write("contacts", [update(id, lists=["VIP"])])
    assert (result.outcome, dict(result.fields)) == ("applied", {})
    assert result.record is not None
    assert result.record.values["lists"] == ["VIP"]
    assert app.calls - before == 1 + 2  # its lists; News left, VIP joined
    assert (members(person, news), members(person, vip)) == ([], [id])
    app.write("contacts", [update(id, lists=None)])
    assert lists_of(app, id) is None


def test_a_list_is_met_whatever_the_case_of_its_name(app: HubSpotConnector, person: httpx.Client) -> None:
    a_list(person, "VIP")
    id = made(person, **PERSON)
    (result,) = app.write("contacts", [update(id, lists=["vip"])])
    assert (result.outcome, result.fields) == ("applied", {})
    assert lists_of(app, id) == ["VIP"]


def test_a_new_contact_joins_its_lists(app: HubSpotConnector, person: httpx.Client) -> None:
    news = a_list(person, "News")
    (result,) = app.write("contacts", [Write("c", "create", None, {**PERSON, "lists": ["News"]})])
    assert (result.outcome, members(person, news)) == ("applied", [result.id])


def test_a_list_that_is_not_there_is_refused_and_the_rest_is_written(
    app: HubSpotConnector, person: httpx.Client
) -> None:
    a_list(person, "News")
    id = made(person, **PERSON)
    (result,) = app.write("contacts", [update(id, lists=["Nwes"], firstname="Augusta")])
    assert result.outcome == "applied"
    assert result.fields == {"lists": "HubSpot has no static list named Nwes"}
    assert lists_of(app, id) is None


def test_leaving_a_list_is_not_unsubscribing(app: HubSpotConnector, person: httpx.Client) -> None:
    news = a_list(person, "News")
    id = made(person, **PERSON)
    person.put(f"/crm/v3/lists/{news}/memberships/add", json=[id])
    app.write("contacts", [update(id, lists=[])])
    (held,) = app.fetch("contacts", [id], ("hs_email_optout",))
    assert held.record is not None
    assert held.record.values["hs_email_optout"] is None


def test_only_named_lists_are_kept_to(sandbox: Sandbox, person: httpx.Client) -> None:
    news, vip = a_list(person, "News"), a_list(person, "VIP")
    id = made(person, **PERSON)
    person.put(f"/crm/v3/lists/{vip}/memberships/add", json=[id])
    app = connected(sandbox, lists="News; Other")
    app.write("contacts", [update(id, lists=["News"])])
    app.close()
    assert (members(person, news), members(person, vip)) == ([id], [id])


def test_without_the_right_to_read_lists_there_is_no_such_field(sandbox: Sandbox) -> None:
    app = connected(sandbox)
    body = {"category": "MISSING_SCOPES", "message": "no"}
    fault = {"app": "hubspot", "kind": "status", "status": 403, "path": "/lists/search", "body": body}
    httpx.post(f"{sandbox.url}/_sandbox/faults", content=orjson.dumps(fault))
    assert "lists" not in app.describe("contacts").fields
    app.close()


def test_an_object_that_is_not_known_is_named(app: HubSpotConnector) -> None:
    with pytest.raises(
        AppError, match="hubspot has no object products here; known are contacts, companies, deals, tickets"
    ):
        app.describe("products")
