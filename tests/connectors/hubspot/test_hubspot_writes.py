"""HubSpot's writes on the wire: batches, partial failures, companies and opt-outs."""

from __future__ import annotations

from typing import Any

import httpx
import orjson
import pytest
import respx
from hubspot_wire import FIELDS, PROPERTIES, contact, create, reply, sent, update

from connectors.contract import FieldSpec, Options, Write
from connectors.hubspot import HubSpotConnector


def batch_route(app: respx.MockRouter, verb: str, *answers: httpx.Response) -> respx.Route:
    return app.post(f"/crm/v3/objects/contacts/batch/{verb}").mock(side_effect=list(answers))


def test_creates_are_one_call_matched_by_trace_id_in_any_order(
    app: respx.MockRouter, hubspot: HubSpotConnector
) -> None:
    items = [
        {**contact("2", email="b@x.test"), "objectWriteTraceId": "r2"},
        {**contact("1", email="a@x.test"), "objectWriteTraceId": "r1"},
    ]
    route = batch_route(app, "create", reply({"results": items}, 201))
    results = hubspot.write(
        "contacts",
        [create("r1", email="a@x.test", phone=None), create("r2", email="b@x.test", company="10")],
    )
    assert {result.ref: result.id for result in results} == {"r1": "1", "r2": "2"}
    assert sent(route)["inputs"] == [
        {"properties": {"email": "a@x.test"}, "objectWriteTraceId": "r1"},
        {
            "properties": {"email": "b@x.test"},
            "associations": [
                {
                    "to": {"id": "10"},
                    "types": [{"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": 1}],
                }
            ],
            "objectWriteTraceId": "r2",
        },
    ]
    record = next(result.record for result in results if result.ref == "r2")
    assert record is not None
    assert record.values == {"email": "b@x.test", "company": "10"}


def test_creates_without_trace_id_in_the_answer_are_matched_by_address(
    app: respx.MockRouter, hubspot: HubSpotConnector
) -> None:
    batch_route(app, "create", reply({"results": [contact("2", email="b@x.test")]}, 201))
    first, second = hubspot.write(
        "contacts", [create("r1", email="a@x.test"), create("r2", email="B@x.test")]
    )
    assert (first.ref, first.outcome) == ("r1", "unknown")
    assert (second.ref, second.outcome, second.id) == ("r2", "applied", "2")


def test_updates_send_only_what_is_given_and_clear_with_an_empty_text(
    app: respx.MockRouter, hubspot: HubSpotConnector
) -> None:
    route = batch_route(app, "update", reply({"results": [contact("1", phone="", firstname="Sara")]}))
    (result,) = hubspot.write("contacts", [update("1", phone=None, customer_tags=["vip", "trial"])])
    assert sent(route)["inputs"] == [
        {"id": "1", "properties": {"phone": "", "customer_tags": "vip;trial"}, "objectWriteTraceId": "u1"}
    ]
    assert result.outcome == "applied"
    assert result.record is not None
    assert result.record.values == {"phone": None}  # what the answer does not say stays unsaid


def test_a_partial_failure_names_its_write_and_field(
    app: respx.MockRouter, hubspot: HubSpotConnector
) -> None:
    error = {
        "status": "error",
        "category": "VALIDATION_ERROR",
        "message": "Property values were not valid",
        "errors": [
            {"message": "x", "code": "INVALID_OPTION", "context": {"propertyName": ["customer_tags"]}}
        ],
        "context": {"objectWriteTraceId": ["r2"]},
    }
    body = {"results": [{**contact("1"), "objectWriteTraceId": "r1"}], "numErrors": 1, "errors": [error]}
    batch_route(app, "create", reply(body, 207))
    writes = [
        create("r1", email="a@x.test"),
        create("r2", firstname="B", customer_tags=["no"]),
        create("r3", email="c@x.test"),
    ]
    outcomes = {result.ref: result for result in hubspot.write("contacts", writes)}
    assert outcomes["r1"].outcome == "applied"
    assert outcomes["r2"].outcome == "rejected"
    assert outcomes["r2"].fields == {"customer_tags": "not one of the property's choices"}
    assert outcomes["r3"].outcome == "unknown"  # the answer does not name it


def test_a_poisoned_row_is_narrowed_down(app: respx.MockRouter, hubspot: HubSpotConnector) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        inputs = orjson.loads(request.content)["inputs"]
        if any(item["properties"]["email"] == "bad" for item in inputs):
            embedded = 'Property values were not valid: [{"error":"INVALID_EMAIL","name":"email"}]'
            return reply({"category": "VALIDATION_ERROR", "message": embedded}, 400)
        traced = [
            {**contact(item["objectWriteTraceId"]), "objectWriteTraceId": item["objectWriteTraceId"]}
            for item in inputs
        ]
        return reply({"results": traced}, 201)

    app.post("/crm/v3/objects/contacts/batch/create").mock(side_effect=answer)
    writes = [create(f"r{n}", email="bad" if n == 37 else f"p{n}@x.test") for n in range(100)]
    results = {result.ref: result for result in hubspot.write("contacts", writes)}
    assert [ref for ref, result in results.items() if result.outcome != "applied"] == ["r37"]
    assert results["r37"].fields == {"email": "not a valid e-mail address"}
    assert hubspot.calls <= 2 + 2 * 7 + 1


def test_a_property_that_the_account_lacks_is_set_aside_at_once(
    app: respx.MockRouter, hubspot: HubSpotConnector
) -> None:
    lacking = {
        "category": "VALIDATION_ERROR",
        "errors": [{"code": "PROPERTY_DOESNT_EXIST", "context": {"propertyName": ["gone"]}}],
    }
    done = {"results": [contact("3", phone="1")]}
    route = batch_route(app, "update", reply(lacking, 400), reply(done))
    results = hubspot.write(
        "contacts", [update("1", gone="x"), update("2", gone="y"), update("3", phone="1")]
    )
    assert [result.outcome for result in results] == ["rejected", "rejected", "applied"]
    assert results[0].fields == {"gone": "HubSpot has no such property"}
    assert route.call_count == 2


def test_a_conflict_names_the_existing_contact(app: respx.MockRouter, hubspot: HubSpotConnector) -> None:
    said = {"message": "Contact already exists. Existing ID: 12345", "category": "CONFLICT"}
    batch_route(app, "create", reply(said, 409))
    (result,) = hubspot.write("contacts", [create("r1", email="a@x.test")])
    assert (result.outcome, result.id) == ("existed", "12345")


def test_an_update_of_a_lost_record_is_stale(app: respx.MockRouter, hubspot: HubSpotConnector) -> None:
    batch_route(app, "update", reply({"category": "OBJECT_NOT_FOUND", "message": "no"}, 404))
    (result,) = hubspot.write("contacts", [update("1", phone="1")])
    assert result.outcome == "stale"


@pytest.mark.parametrize("failure", [httpx.Response(502), httpx.ReadTimeout("late")], ids=["502", "time-out"])
def test_a_create_without_a_usable_answer_is_unknown(
    app: respx.MockRouter, hubspot: HubSpotConnector, failure: Any
) -> None:
    batch_route(app, "create", failure)
    (result,) = hubspot.write("contacts", [create("r1", email="a@x.test")])
    assert result.outcome == "unknown"


ASSOCIATIONS = "/crm/v4/associations/contacts/companies"


@pytest.mark.parametrize(
    "results", [[], [{"fromObjectId": "2", "toObjectId": "10"}]], ids=["none", "another"]
)
def test_a_company_is_not_taken_for_set_where_the_answer_does_not_name_its_contact(
    app: respx.MockRouter, hubspot: HubSpotConnector, results: list[Any]
) -> None:
    """Taken for set, what stands there would pass for somebody's edit, and go to all other apps."""
    app.post(f"{ASSOCIATIONS}/batch/create").mock(return_value=reply({"results": results}, 201))
    (result,) = hubspot.write("contacts", [update("1", company="10")])
    assert (result.outcome, result.record) == ("unknown", None)


def test_a_company_is_set_as_primary_without_touching_the_others(
    app: respx.MockRouter, hubspot: HubSpotConnector
) -> None:
    linked = {"results": [{"fromObjectId": "1", "toObjectId": "10", "labels": ["Primary"]}]}
    route = app.post(f"{ASSOCIATIONS}/batch/create").mock(return_value=reply(linked, 201))
    (result,) = hubspot.write("contacts", [update("1", company="10")])
    types = [{"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": 1}]
    assert sent(route) == {"inputs": [{"from": {"id": "1"}, "to": {"id": "10"}, "types": types}]}
    assert result.record is not None
    assert result.record.values == {"company": "10"}


def test_clearing_a_company_removes_the_primary_one(app: respx.MockRouter, hubspot: HubSpotConnector) -> None:
    primary = {"toObjectId": 10, "associationTypes": [{"typeId": 1}]}
    app.post(f"{ASSOCIATIONS}/batch/read").mock(
        return_value=reply({"results": [{"from": {"id": "1"}, "to": [primary]}]})
    )
    route = app.post(f"{ASSOCIATIONS}/batch/archive").mock(return_value=httpx.Response(204))
    (result,) = hubspot.write("contacts", [update("1", company=None)])
    assert sent(route) == {"inputs": [{"from": {"id": "1"}, "to": [{"id": "10"}]}]}
    assert result.outcome == "applied"


def test_a_refused_company_alone_changes_nothing(app: respx.MockRouter, hubspot: HubSpotConnector) -> None:
    body = {
        "results": [{"fromObjectId": "2", "toObjectId": "10"}],
        "numErrors": 1,
        "errors": [{"message": "no such company", "category": "OBJECT_NOT_FOUND"}],
    }
    app.post(f"{ASSOCIATIONS}/batch/create").mock(return_value=reply(body, 207))
    first, second = hubspot.write("contacts", [update("1", company="99"), update("2", company="10")])
    assert (first.outcome, first.fields) == ("rejected", {"company": "no such company"})
    assert second.outcome == "applied"


def test_a_refused_company_leaves_the_rest_applied(app: respx.MockRouter, hubspot: HubSpotConnector) -> None:
    batch_route(app, "update", reply({"results": [contact("1", phone="1")]}))
    app.post(f"{ASSOCIATIONS}/batch/create").mock(return_value=reply({"message": "no such company"}, 404))
    (result,) = hubspot.write("contacts", [update("1", phone="1", company="99")])
    assert (result.outcome, result.fields) == ("applied", {"company": "no such company"})
    assert result.reason == "company: no such company"
    assert result.record is not None
    assert result.record.values == {"phone": "1"}


def test_archiving_is_one_call(app: respx.MockRouter, hubspot: HubSpotConnector) -> None:
    route = batch_route(app, "archive", httpx.Response(204))
    results = hubspot.write("contacts", [Write("r1", "archive", "1", {}), Write("r2", "archive", "2", {})])
    assert [result.outcome for result in results] == ["applied", "applied"]
    assert sent(route) == {"inputs": [{"id": "1"}, {"id": "2"}]}


def test_an_archive_that_was_done_in_part_is_unknown(
    app: respx.MockRouter, hubspot: HubSpotConnector
) -> None:
    errors = [{"status": "error", "message": "try later", "context": {}}]
    batch_route(app, "archive", reply({"status": "COMPLETE", "numErrors": 1, "errors": errors}, 207))
    results = hubspot.write("contacts", [Write(id, "archive", id, {}) for id in ("1", "2")])
    assert [(result.outcome, result.reason) for result in results] == [("unknown", "try later")] * 2


def test_dated_paths_are_used_throughout(app: respx.MockRouter) -> None:
    options = Options("crm", credentials={"token": "pat"}, settings={"api_version": "2026-09"})
    connector = HubSpotConnector(options)
    app.get("/crm/properties/2026-09/contacts").respond(json={"results": PROPERTIES})
    app.post("/crm/lists/2026-09/search").respond(json={"lists": [], "hasMore": False})
    route = app.post("/crm/objects/2026-09/contacts/search").mock(return_value=reply({"results": []}))
    list(connector.pull("contacts", "since|2026-11-23T08:00:00+00:00", FIELDS))
    connector.close()
    assert route.called


def test_create_fields_makes_properties(app: respx.MockRouter, hubspot: HubSpotConnector) -> None:
    route = app.post("/crm/v3/properties/contacts").respond(201, json={})
    hubspot.create_fields("contacts", [FieldSpec("tier", "multi", "Tier", options=("a",))])
    assert sent(route) == {
        "groupName": "contactinformation",
        "name": "tier",
        "label": "Tier",
        "type": "enumeration",
        "fieldType": "checkbox",
        "options": [{"label": "a", "value": "a"}],
    }


def test_a_company_whose_domain_exists_is_not_made_twice(
    app: respx.MockRouter, hubspot: HubSpotConnector
) -> None:
    held = {"id": "10", "properties": {"domain": "acme.test"}}
    search = app.post("/crm/v3/objects/companies/search").mock(return_value=reply({"results": [held]}))
    made = {"id": "11", "properties": {"domain": "new.test"}, "objectWriteTraceId": "r2"}
    route = app.post("/crm/v3/objects/companies/batch/create").mock(
        return_value=reply({"results": [made]}, 201)
    )
    domains = ("Acme.test", "new.test", "NEW.test")
    writes = [create(f"r{n}", domain=domain) for n, domain in enumerate(domains, 1)]
    results = {result.ref: result for result in hubspot.write("companies", writes)}
    assert [results[ref].outcome for ref in ("r1", "r2", "r3")] == ["existed", "applied", "existed"]
    assert results["r1"].id == "10"
    assert sent(search)["filterGroups"][0]["filters"][0]["values"] == ["acme.test", "new.test"]
    assert len(sent(route)["inputs"]) == 1


def test_a_create_without_a_needed_field_costs_no_call(
    app: respx.MockRouter, hubspot: HubSpotConnector
) -> None:
    hubspot.describe("contacts")
    (result,) = hubspot.write("contacts", [create("r1", phone="1")])
    assert (result.outcome, list(result.fields), hubspot.calls) == ("rejected", ["email"], 2)


def test_a_new_contact_whose_company_is_gone_is_refused_the_company_alone(
    app: respx.MockRouter, hubspot: HubSpotConnector
) -> None:
    gone = {"category": "OBJECT_NOT_FOUND", "message": "No companies with id 10"}
    batch_route(
        app,
        "create",
        reply({"errors": [{**gone, "context": {"objectWriteTraceId": ["r1"]}}]}, 207),
        reply(gone, 404),
    )
    for ref in ("r1", "r2"):
        (result,) = hubspot.write("contacts", [create(ref, email="a@x.test", company="10")])
        assert (result.outcome, list(result.fields)) == ("rejected", ["company"])
