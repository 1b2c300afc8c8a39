"""What the simulated HubSpot enforces."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

CONTACTS = "/crm/v3/objects/contacts"


def create(hubspot: httpx.Client, **properties: str) -> dict[str, Any]:
    answer = hubspot.post(CONTACTS, json={"properties": properties})
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


def search(hubspot: httpx.Client, *filters: dict[str, Any], **more: Any) -> httpx.Response:
    body = {"filterGroups": [{"filters": list(filters)}] if filters else [], **more}
    return hubspot.post(f"{CONTACTS}/search", json=body)


REFUSED = {
    "an unknown property": ({"nope": "x", "email": "a@b.example"}, "PROPERTY_DOESNT_EXIST"),
    "an e-mail that is none": ({"email": "nobody"}, "INVALID_EMAIL"),
    "an option that is not offered": ({"email": "a@b.example", "hs_language": "xx"}, "INVALID_OPTION"),
    "one wrong option among good ones": ({"firstname": "A", "customer_tags": "vip;nope"}, "INVALID_OPTION"),
    "the opt-out, which is read-only": (
        {"email": "a@b.example", "hs_email_optout": "true"},
        "READ_ONLY_VALUE",
    ),
    "the time of change": ({"email": "a@b.example", "lastmodifieddate": "1"}, "READ_ONLY_VALUE"),
    "a text beyond 65,536 characters": ({"firstname": "x" * 65_537}, "PROPERTY_VALUE_TOO_LONG"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_create_is_refused_for(case: str, hubspot: httpx.Client) -> None:
    properties, code = REFUSED[case]
    answer = hubspot.post(CONTACTS, json={"properties": properties})
    body = answer.json()
    assert (answer.status_code, body["category"]) == (400, "VALIDATION_ERROR")
    assert [error["code"] for error in body["errors"]] == [code]
    assert f'"error":"{code}"' in body["message"]


def test_a_number_with_letters_is_refused(hubspot: httpx.Client) -> None:
    properties = {"name": "X", "numberofemployees": "many"}
    answer = hubspot.post("/crm/v3/objects/companies", json={"properties": properties})
    assert answer.json()["errors"][0]["code"] == "INVALID_LONG"


def test_a_contact_needs_an_email_or_a_name(hubspot: httpx.Client) -> None:
    assert hubspot.post(CONTACTS, json={"properties": {"city": "Bandung"}}).status_code == 400


@pytest.mark.parametrize("token", ["", "Bearer wrong", "Basic sandbox-hubspot"])
def test_a_wrong_token_is_refused_before_anything_else(token: str, hubspot: httpx.Client) -> None:
    answer = hubspot.get("/crm/v3/nothing", headers={"authorization": token})
    assert (answer.status_code, answer.json()["category"]) == (401, "INVALID_AUTHENTICATION")


def test_an_uncovered_endpoint_says_so(hubspot: httpx.Client) -> None:
    for path in ("/crm/v3/owners", "/crm/v3/objects/products"):
        answer = hubspot.get(path)
        assert (answer.status_code, answer.json()["error"]) == (501, "not_covered")


def test_emails_are_trimmed_lower_cased_and_unique_over_additional_ones(hubspot: httpx.Client) -> None:
    one = create(hubspot, email="  One@Ex.example ", hs_additional_emails="Other@Ex.example")
    assert one["properties"]["email"] == "one@ex.example"
    for taken in ("ONE@ex.example", "other@ex.example"):
        answer = hubspot.post(CONTACTS, json={"properties": {"email": taken}})
        assert answer.status_code == 409
        assert answer.json()["message"] == f"Contact already exists. Existing ID: {one['id']}"
    found = hubspot.get(f"{CONTACTS}/other@ex.example", params={"idProperty": "email"})
    assert found.json()["id"] == one["id"]


def test_an_empty_text_clears_and_null_is_ignored(hubspot: httpx.Client, control: httpx.Client) -> None:
    id = create(hubspot, firstname="A", city="Yazd", jobtitle="Owner")["id"]
    hubspot.patch(f"{CONTACTS}/{id}", json={"properties": {"city": "", "jobtitle": None}})
    shown = hubspot.get(f"{CONTACTS}/{id}", params={"properties": "city,jobtitle"}).json()["properties"]
    assert (shown["city"], shown["jobtitle"]) == (None, "Owner")
    assert control.get("/requests").json()["hubspot"][-2]["ignored"] == ["jobtitle: null"]


def test_a_leading_semicolon_appends_options(hubspot: httpx.Client) -> None:
    id = create(hubspot, firstname="A", customer_tags="vip")["id"]
    answer = hubspot.patch(f"{CONTACTS}/{id}", json={"properties": {"customer_tags": ";trial"}})
    assert answer.json()["properties"]["customer_tags"] == "vip;trial"


def test_the_life_cycle_goes_forward_only_unless_cleared(hubspot: httpx.Client) -> None:
    id = create(hubspot, firstname="A", lifecyclestage="customer")["id"]
    stages = []
    for stage in ("lead", "", "lead"):
        answer = hubspot.patch(f"{CONTACTS}/{id}", json={"properties": {"lifecyclestage": stage}})
        stages.append(answer.json()["properties"].get("lifecyclestage"))
    assert stages == ["customer", None, "lead"]


def test_unknown_properties_are_dropped_when_reading(hubspot: httpx.Client) -> None:
    params: dict[str, str | int] = {"properties": "city,nope", "limit": 1}
    shown = hubspot.get(CONTACTS, params=params).json()["results"][0]["properties"]
    assert set(shown) == {"city", "createdate", "hs_object_id", "lastmodifieddate"}


def test_lists_page_by_record_id(hubspot: httpx.Client) -> None:
    ids, after = [], "0"
    while after:
        body = hubspot.get(CONTACTS, params={"limit": 25, "after": after}).json()
        ids += [int(record["id"]) for record in body["results"]]
        after = body.get("paging", {}).get("next", {}).get("after")
    assert len(ids) == 60
    assert ids == sorted(set(ids))
    assert hubspot.get(CONTACTS, params={"limit": 101}).status_code == 400


def test_lists_show_the_primary_company(hubspot: httpx.Client) -> None:
    records = hubspot.get(CONTACTS, params={"limit": 100, "associations": "companies"}).json()["results"]
    linked = [record for record in records if "associations" in record]
    assert 0 < len(linked) < len(records)
    types = [item["type"] for item in linked[0]["associations"]["companies"]["results"]]
    assert types == ["contact_to_company", "contact_to_company_unlabeled"]


@pytest.mark.parametrize("version", ["2025-09", "2026-03", "2026-09"])
def test_dated_paths_are_the_same_endpoints(version: str, hubspot: httpx.Client) -> None:
    pairs = {
        CONTACTS: f"/crm/objects/{version}/contacts",
        "/crm/v3/properties/companies": f"/crm/properties/{version}/companies",
        "/communication-preferences/v4/definitions": f"/communication-preferences/{version}/definitions",
        "/crm/v4/objects/contacts/101/associations/companies": (
            f"/crm/objects/{version}/contacts/101/associations/companies"
        ),
    }
    for known, dated in pairs.items():
        old, new = hubspot.get(known), hubspot.get(dated)
        assert new.status_code == old.status_code == 200
        assert set(new.json()) == set(old.json())


# -- batches -----------------------------------------------------------------------------------------


def test_a_batch_fails_as_a_whole_without_trace_ids(hubspot: httpx.Client) -> None:
    id = create(hubspot, email="taken@ex.example")["id"]
    inputs = [{"properties": {"email": email}} for email in ("new@ex.example", "taken@ex.example")]
    answer = hubspot.post(f"{CONTACTS}/batch/create", json={"inputs": inputs})
    assert answer.status_code == 409
    assert id in answer.json()["message"]
    missing = hubspot.get(f"{CONTACTS}/new@ex.example", params={"idProperty": "email"})
    assert missing.status_code == 404


def test_a_traced_batch_does_what_it_can_and_answers_out_of_order(hubspot: httpx.Client) -> None:
    create(hubspot, email="taken@ex.example")
    emails = {"a": "new1@ex.example", "b": "taken@ex.example", "c": "new2@ex.example", "d": "no mail"}
    inputs = [
        {"objectWriteTraceId": trace, "properties": {"email": email}} for trace, email in emails.items()
    ]
    answer = hubspot.post(f"{CONTACTS}/batch/create", json={"inputs": inputs})
    body = answer.json()
    assert (answer.status_code, body["numErrors"]) == (207, 2)
    assert [result["objectWriteTraceId"] for result in body["results"]] == ["c", "a"]
    refused = {error["context"]["objectWriteTraceId"][0]: error["category"] for error in body["errors"]}
    assert refused == {"b": "CONFLICT", "d": "VALIDATION_ERROR"}


def test_an_upsert_by_email_has_no_partial_success(hubspot: httpx.Client) -> None:
    inputs = [
        {"objectWriteTraceId": id, "idProperty": "email", "id": id, "properties": {"hs_language": language}}
        for id, language in (("new1@ex.example", "en"), ("new2@ex.example", "xx"))
    ]
    assert hubspot.post(f"{CONTACTS}/batch/upsert", json={"inputs": inputs}).status_code == 400
    answer = hubspot.post(f"{CONTACTS}/batch/upsert", json={"inputs": inputs[:1]})
    assert [result["new"] for result in answer.json()["results"]] == [True]
    answer = hubspot.post(f"{CONTACTS}/batch/upsert", json={"inputs": inputs[:1]})
    assert [result["new"] for result in answer.json()["results"]] == [False]


def test_a_batch_update_takes_record_ids_only(hubspot: httpx.Client) -> None:
    inputs = [{"id": "a@ex.example", "idProperty": "email", "properties": {"city": "X"}}]
    answer = hubspot.post(f"{CONTACTS}/batch/update", json={"inputs": inputs})
    assert answer.status_code == 400
    assert "non-unique" in answer.json()["message"]


@pytest.mark.parametrize("verb", ["read", "create", "update", "upsert", "archive"])
def test_a_batch_has_at_most_100_inputs(verb: str, hubspot: httpx.Client) -> None:
    inputs = [{"id": str(id), "properties": {"firstname": "A"}} for id in range(101)]
    assert hubspot.post(f"{CONTACTS}/batch/{verb}", json={"inputs": inputs}).status_code == 400


def test_a_batch_read_names_what_is_missing(hubspot: httpx.Client) -> None:
    answer = hubspot.post(f"{CONTACTS}/batch/read", json={"inputs": [{"id": "101"}, {"id": "999999"}]})
    assert answer.status_code == 207
    assert [record["id"] for record in answer.json()["results"]] == ["101"]
    assert answer.json()["errors"][0]["context"]["ids"] == ["999999"]


# -- time of change and search -----------------------------------------------------------------------


def test_the_time_of_change_moves_only_with_changes(hubspot: httpx.Client) -> None:
    record = create(hubspot, firstname="A")
    path, properties = f"{CONTACTS}/{record['id']}", {"properties": {"firstname": "A"}}
    assert hubspot.patch(path, json=properties).json()["updatedAt"] == record["updatedAt"]
    changed = hubspot.patch(path, json={"properties": {"firstname": "B"}}).json()
    assert changed["updatedAt"] >= record["updatedAt"]
    assert changed["properties"]["lastmodifieddate"] == changed["updatedAt"]


OPERATORS: dict[str, tuple[dict[str, Any], set[str]]] = {
    "EQ ignores case": ({"propertyName": "city", "operator": "EQ", "value": "TESTVILLE"}, {"a", "b"}),
    "IN wants lower case": ({"propertyName": "city", "operator": "IN", "values": ["Testville"]}, set()),
    "IN": ({"propertyName": "city", "operator": "IN", "values": ["testville"]}, {"a", "b"}),
    "HAS_PROPERTY": ({"propertyName": "mobilephone", "operator": "HAS_PROPERTY"}, {"b"}),
    "email EQ": ({"propertyName": "email", "operator": "EQ", "value": "a@t.example"}, {"a"}),
}


@pytest.mark.parametrize("case", OPERATORS)
def test_search_operator(case: str, hubspot: httpx.Client) -> None:
    create(hubspot, firstname="a", city="Testville", email="a@t.example")
    create(hubspot, firstname="b", city="Testville", mobilephone="1")
    condition, expected = OPERATORS[case]
    found = search(hubspot, condition).json()
    assert {record["properties"]["firstname"] for record in found["results"]} == expected
    assert found["total"] == len(expected)


def test_search_by_time_of_change_is_inclusive_and_sorted(hubspot: httpx.Client) -> None:
    every = {"propertyName": "lastmodifieddate", "operator": "GTE", "value": "0"}
    sorts = [{"propertyName": "lastmodifieddate", "direction": "ASCENDING"}]
    body = search(hubspot, every, sorts=sorts, limit=50).json()
    times = [record["properties"]["lastmodifieddate"] for record in body["results"]]
    assert (body["total"], body["paging"]["next"]["after"], times) == (60, "50", sorted(times))
    since = {**every, "value": times[-1]}
    rest = search(hubspot, since, sorts=sorts, limit=50).json()
    assert rest["total"] == 11
    assert search(hubspot, {**since, "operator": "GT"}, sorts=sorts).json()["total"] == 10


SEARCH_LIMITS: dict[str, dict[str, Any]] = {
    "a page of more than 200": {"limit": 201},
    "more than 10,000 results": {"limit": 100, "after": "9901"},
    "two sorts": {"sorts": [{"propertyName": "email"}, {"propertyName": "city"}]},
    "a body of more than 3,000 characters": {"properties": ["city"] * 500},
    "a property that is not there": {"sorts": [{"propertyName": "nope"}]},
}


@pytest.mark.parametrize("case", SEARCH_LIMITS)
def test_search_refuses(case: str, hubspot: httpx.Client) -> None:
    assert search(hubspot, **SEARCH_LIMITS[case]).status_code == 400


def test_the_search_index_can_lag(hubspot: httpx.Client, control: httpx.Client) -> None:
    control.post("/settings", json={"hubspot": {"search_lag": 3600}})
    id = create(hubspot, email="late@t.example", city="A")["id"]
    late = {"propertyName": "email", "operator": "EQ", "value": "late@t.example"}
    assert search(hubspot, late).json()["total"] == 0
    assert hubspot.get(f"{CONTACTS}/{id}").status_code == 200
    control.post("/clock", json={"offset": 7200})
    assert search(hubspot, late).json()["total"] == 1


# -- archive, merge, consent, associations, properties -----------------------------------------------


def test_archived_records_leave_search_and_list_and_free_their_email(hubspot: httpx.Client) -> None:
    record = create(hubspot, email="gone@t.example")
    path = f"{CONTACTS}/{record['id']}"
    assert hubspot.delete(path).status_code == 204
    assert hubspot.get(path).status_code == 404
    assert (
        search(hubspot, {"propertyName": "email", "operator": "EQ", "value": "gone@t.example"}).json()[
            "total"
        ]
        == 0
    )
    archived = hubspot.get(CONTACTS, params={"archived": "true"}).json()["results"]
    assert [(item["id"], item["updatedAt"]) for item in archived] == [(record["id"], record["updatedAt"])]
    assert create(hubspot, email="gone@t.example")["id"] != record["id"]


def test_the_id_of_a_merged_record_leads_to_the_winner(hubspot: httpx.Client) -> None:
    winner, loser = create(hubspot, email="w@t.example"), create(hubspot, email="l@t.example", city="Rasht")
    body = {"primaryObjectId": winner["id"], "objectIdToMerge": loser["id"]}
    merged = hubspot.post(f"{CONTACTS}/merge", json=body).json()["properties"]
    assert (merged["city"], merged["hs_additional_emails"]) == ("Rasht", "l@t.example")
    assert merged["hs_merged_object_ids"] == loser["id"]
    assert hubspot.get(f"{CONTACTS}/{loser['id']}").json()["id"] == winner["id"]
    batch = hubspot.post(f"{CONTACTS}/batch/read", json={"inputs": [{"id": loser["id"]}]})
    assert batch.json()["errors"][0]["context"]["ids"] == [loser["id"]]


def test_an_unsubscribe_shows_on_the_contact_and_stays(hubspot: httpx.Client) -> None:
    id = create(hubspot, email="out@t.example")["id"]
    path = "/communication-preferences/v4/statuses/out@t.example"
    assert hubspot.post(f"{path}/unsubscribe-all").status_code == 400  # the channel is missing
    assert hubspot.post(f"{path}/unsubscribe-all", params={"channel": "EMAIL"}).status_code == 200
    shown = hubspot.get(f"{CONTACTS}/{id}", params={"properties": "hs_email_optout"}).json()
    assert shown["properties"]["hs_email_optout"] == "true"
    again = hubspot.post(path, json={"subscriptionId": 1, "statusState": "SUBSCRIBED", "channel": "EMAIL"})
    assert again.status_code == 400
    states = hubspot.get(path, params={"channel": "EMAIL"}).json()["results"]
    assert {item["status"] for item in states} == {"UNSUBSCRIBED"}


def test_batches_of_unsubscribes_are_a_matter_of_the_account(
    hubspot: httpx.Client, control: httpx.Client
) -> None:
    id = create(hubspot, email="out@t.example")["id"]
    path = "/communication-preferences/v4/statuses/batch/unsubscribe-all"
    body, params = {"inputs": ["OUT@t.example", "nobody"]}, {"channel": "EMAIL", "verbose": "true"}
    control.post("/settings", json={"hubspot": {"consent_batches": False}})
    lacking = hubspot.post(path, params=params, json=body)
    assert (lacking.status_code, lacking.json()["category"]) == (403, "MISSING_SCOPES")
    control.post("/settings", json={"hubspot": {"consent_batches": True}})
    assert hubspot.post(path, params=params, json={"inputs": ["a@t.example"] * 101}).status_code == 400
    answer = hubspot.post(path, params=params, json=body)
    assert answer.status_code == 207
    assert [item["subscriberIdString"] for item in answer.json()["results"]] == ["out@t.example"]
    assert answer.json()["errors"][0]["context"] == {"subscriberIdString": ["nobody"]}
    quiet = hubspot.post(path, params={"channel": "EMAIL"}, json={"inputs": ["out@t.example"]})
    assert (quiet.status_code, quiet.json()["results"]) == (200, [])  # only a verbose answer names them
    shown = hubspot.get(f"{CONTACTS}/{id}", params={"properties": "hs_email_optout"}).json()
    assert shown["properties"]["hs_email_optout"] == "true"


def test_a_contact_has_one_primary_company(hubspot: httpx.Client) -> None:
    id = create(hubspot, firstname="A")["id"]
    for company in ("5001", "5002"):
        pair = {"from": {"id": id}, "to": {"id": company}}
        types = [{"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": 1}]
        answer = hubspot.post(
            "/crm/v4/associations/contacts/companies/batch/create",
            json={"inputs": [{**pair, "types": types}]},
        )
        assert answer.status_code == 201
    read = hubspot.post("/crm/v4/associations/contacts/companies/batch/read", json={"inputs": [{"id": id}]})
    to = {
        item["toObjectId"]: [type["typeId"] for type in item["associationTypes"]]
        for item in read.json()["results"][0]["to"]
    }
    assert to == {"5001": [279], "5002": [1, 279]}
    archive = {"inputs": [{"from": {"id": id}, "to": [{"id": "5002"}]}]}
    hubspot.post("/crm/v4/associations/contacts/companies/batch/archive", json=archive)
    left = hubspot.get(f"/crm/v4/objects/contacts/{id}/associations/companies").json()["results"]
    assert [item["toObjectId"] for item in left] == ["5001"]


def test_an_association_needs_both_records_and_a_fitting_type(hubspot: httpx.Client) -> None:
    path = "/crm/v4/objects/contacts/101/associations/companies"
    category = {"associationCategory": "HUBSPOT_DEFINED"}
    assert hubspot.put(f"{path}/5001", json=[{**category, "associationTypeId": 2}]).status_code == 400
    assert hubspot.put(f"{path}/1", json=[{**category, "associationTypeId": 1}]).status_code == 404
    assert hubspot.put(f"{path}/5001", json=[{**category, "associationTypeId": 1}]).status_code == 201


def test_a_new_property_can_be_written(hubspot: httpx.Client) -> None:
    made = {
        "name": "nick",
        "label": "Nick",
        "type": "string",
        "fieldType": "text",
        "groupName": "contactinformation",
    }
    assert hubspot.post("/crm/v3/properties/contacts", json=made).status_code == 201
    assert hubspot.post("/crm/v3/properties/contacts", json=made).status_code == 409
    assert create(hubspot, firstname="A", nick="B")["properties"]["nick"] == "B"


def test_at_most_ten_properties_of_an_object_are_unique(hubspot: httpx.Client) -> None:
    made = {"groupName": "contactinformation", "label": "Key", "type": "string", "fieldType": "text"}
    path = "/crm/v3/properties/contacts"
    answers = [
        hubspot.post(path, json={**made, "name": f"key_{n}", "hasUniqueValue": True}).status_code
        for n in range(11)
    ]
    assert answers == [201] * 10 + [400]
    assert hubspot.post(path, json={**made, "name": "plain"}).status_code == 201


def test_the_history_of_properties_is_not_covered(hubspot: httpx.Client) -> None:
    asked = {"propertiesWithHistory": "email"}
    body = {"inputs": [{"id": "101"}], "propertiesWithHistory": ["email"]}
    answers = [
        hubspot.get(CONTACTS, params=asked),
        hubspot.get(f"{CONTACTS}/101", params=asked),
        hubspot.post(f"{CONTACTS}/batch/read", json=body),
    ]
    assert [answer.status_code for answer in answers] == [501] * 3
