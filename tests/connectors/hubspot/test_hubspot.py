"""HubSpot on the wire: the calls that are made, and what its documented answers are taken for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import httpx
import pytest
import respx
from hubspot_wire import FIELDS, contact, reply, sent

from connectors.contract import AppError, AuthRefused, Options, Unavailable
from connectors.hubspot import HubSpotConnector
from connectors.hubspot.fields import OBJECTS, encode, object_spec
from connectors.hubspot.paths import Paths

# Describing.


def test_a_domain_is_kept_in_lower_case() -> None:
    """As `syncer sandbox` keeps it, and as companies are looked up by it."""
    item = {"name": "domain", "type": "string"}
    assert object_spec(OBJECTS["companies"], [item], 0.0).fields["domain"].coerce == ("trim", "lower")
    assert object_spec(OBJECTS["contacts"], [item], 0.0).fields["domain"].coerce == ("trim",)


def test_properties_become_field_specs(app: respx.MockRouter, hubspot: HubSpotConnector) -> None:
    spec = hubspot.describe("contacts")
    assert spec.fields["customer_tags"].kind == "multi"
    assert spec.fields["customer_tags"].options == ("vip", "trial")
    assert spec.fields["score"].writable == "no"
    assert spec.fields["email"].coerce == ("trim", "lower")
    assert spec.fields["phone"].coerce == ("trim",)
    assert spec.fields["company"].reference == "companies"
    assert spec.fields["hs_email_optout"].consent == {"true": "unsubscribed"}
    assert "subscribed" not in spec.fields["hs_email_optout"].consent_set
    assert "old" not in spec.fields
    assert hubspot.calls == 2  # the properties, and the names of lists


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, ""),
        (17, "17"),
        (True, "true"),
        (["a", "b"], "a;b"),
        ([], ""),
        (" x ", "x"),
    ],
)
def test_values_travel_as_text(value: Any, text: str) -> None:
    assert encode(value) == text


@pytest.mark.parametrize(
    ("version", "objects", "associations"),
    [
        ("v3", "/crm/v3/objects/contacts", "/crm/v4/associations/contacts/companies"),
        ("2026-09", "/crm/objects/2026-09/contacts", "/crm/associations/2026-09/contacts/companies"),
    ],
)
def test_paths_in_both_forms(version: str, objects: str, associations: str) -> None:
    paths = Paths(version)
    assert paths.objects("contacts") == objects
    assert paths.associations("contacts", "companies") == associations


def test_an_unknown_version_is_refused() -> None:
    with pytest.raises(AppError, match="api_version"):
        HubSpotConnector(Options("crm", credentials={"token": "x"}, settings={"api_version": "v9"}))


def test_check_names_the_account(app: respx.MockRouter, hubspot: HubSpotConnector) -> None:
    app.get("/account-info/v3/details").respond(json={"portalId": 62515})
    assert hubspot.check().id == "62515"


def test_missing_scopes_are_told(app: respx.MockRouter, hubspot: HubSpotConnector) -> None:
    app.get("/account-info/v3/details").respond(403, json={"message": "scopes", "category": "MISSING_SCOPES"})
    with pytest.raises(AuthRefused, match="lacks a right"):
        hubspot.check()


# Reading everything.


def test_a_first_read_lists_pages_and_ends_before_its_start(
    app: respx.MockRouter, hubspot: HubSpotConnector
) -> None:
    pages = [
        reply({"results": [contact("1", email="a@x.test")], "paging": {"next": {"after": "2"}}}),
        reply({"results": [contact("2", firstname="")]}),
    ]
    route = app.get("/crm/v3/objects/contacts").mock(side_effect=pages)
    first, last = hubspot.pull("contacts", None, FIELDS)
    query = route.calls[0].request.url.params
    assert query["limit"] == "100"
    assert query["properties"] == "email,firstname,hs_additional_emails,lastmodifieddate"
    assert "associations" not in query
    assert first.records[0].values == {"email": "a@x.test", "firstname": None}
    assert first.cursor == "list|2026-11-23T10:00:00+00:00|2"
    assert (last.last, last.cursor) == (True, "since|2026-11-23T09:59:30+00:00")


def test_a_first_read_resumes_in_the_middle(app: respx.MockRouter, hubspot: HubSpotConnector) -> None:
    route = app.get("/crm/v3/objects/contacts").mock(return_value=reply({"results": []}))
    (page,) = hubspot.pull("contacts", "list|2026-11-20T08:00:00+00:00|77", FIELDS)
    assert route.calls[0].request.url.params["after"] == "77"
    assert page.cursor == "since|2026-11-20T07:59:30+00:00"


def test_a_foreign_cursor_is_refused(app: respx.MockRouter, hubspot: HubSpotConnector) -> None:
    with pytest.raises(AppError, match="resync"):
        hubspot.pull("contacts", "elsewhere", FIELDS)


def test_sets_and_further_addresses_are_read(app: respx.MockRouter, hubspot: HubSpotConnector) -> None:
    item = contact("1", email="a@x.test", customer_tags="vip;trial", hs_additional_emails="b@x.test;c@x.test")
    app.get("/crm/v3/objects/contacts").mock(return_value=reply({"results": [item]}))
    ((record,),) = [page.records for page in hubspot.pull("contacts", None, ("email", "customer_tags"))]
    assert record.values["customer_tags"] == ["vip", "trial"]
    assert record.other_keys == {"email": ("b@x.test", "c@x.test")}
    assert record.stamp is not None
    assert record.stamp.isoformat() == "2026-11-23T09:00:00+00:00"


def associated(id: str, *links: tuple[str, str]) -> dict[str, Any]:
    results = [{"id": company, "type": kind} for company, kind in links]
    return {**contact(id), "associations": {"companies": {"results": results}}}


def test_primary_companies_cost_a_call_only_where_the_list_leaves_them_open(
    app: respx.MockRouter, hubspot: HubSpotConnector
) -> None:
    items = [
        associated("1", ("10", "contact_to_company_unlabeled"), ("11", "contact_to_company")),
        associated("2", ("12", "contact_to_company_unlabeled")),
        contact("3"),
    ]
    route = app.get("/crm/v3/objects/contacts").mock(return_value=reply({"results": items}))
    primary = {"toObjectId": 12, "associationTypes": [{"category": "HUBSPOT_DEFINED", "typeId": 1}]}
    links = app.post("/crm/v4/associations/contacts/companies/batch/read").mock(
        return_value=reply({"results": [{"from": {"id": "2"}, "to": [primary]}]})
    )
    ((page),) = hubspot.pull("contacts", None, ("company",))
    assert route.calls[0].request.url.params["associations"] == "companies"
    assert [record.values["company"] for record in page.records] == ["11", "12", None]
    assert sent(links) == {"inputs": [{"id": "2"}]}


# Reading changes.


def search(app: respx.MockRouter, pages: Sequence[Any]) -> respx.Route:
    return app.post("/crm/v3/objects/contacts/search").mock(side_effect=[reply(page) for page in pages])


MORE = {"next": {"after": "200"}}


def test_a_poll_searches_with_overlap_and_never_passes_its_start(
    app: respx.MockRouter, hubspot: HubSpotConnector
) -> None:
    route = search(app, [{"results": [contact("1")]}])
    (page,) = hubspot.pull("contacts", "since|2026-11-23T08:00:00+00:00", FIELDS)
    body = sent(route)
    assert body["filterGroups"] == [
        {"filters": [{"propertyName": "lastmodifieddate", "operator": "GTE", "value": "1795420800000"}]}
    ]
    assert body["sorts"] == [{"propertyName": "lastmodifieddate", "direction": "ASCENDING"}]
    assert body["limit"] == 200
    assert (page.last, page.cursor) == (True, "since|2026-11-23T09:59:30+00:00")
    assert hubspot.calls == 3  # the search; the properties and the names of lists once


@pytest.mark.parametrize("own", [None, {}, []])
def test_a_contact_that_comes_without_properties_has_not_lost_them(
    app: respx.MockRouter, hubspot: HubSpotConnector, own: Any
) -> None:
    item = {**contact("1"), "properties": own}
    app.get("/crm/v3/objects/contacts").mock(return_value=reply({"results": [item]}))
    (page,) = hubspot.pull("contacts", None, FIELDS)
    assert [(record.id, record.values) for record in page.records] == [("1", {})]


@pytest.mark.parametrize("cursor", [None, "since|2026-11-23T09:50:00+00:00"], ids=["first read", "poll"])
def test_a_clock_that_is_ahead_on_the_way_moves_no_cursor(
    app: respx.MockRouter, hubspot: HubSpotConnector, cursor: str | None
) -> None:
    later = httpx.Response(200, json={"results": []}, headers={"date": "Sun, 23 Nov 2160 10:00:00 GMT"})
    app.get("/crm/v3/objects/contacts").mock(return_value=later)
    app.post("/crm/v3/objects/contacts/search").mock(return_value=later)
    (page,) = hubspot.pull("contacts", cursor, FIELDS)
    assert page.cursor == "since|2026-11-23T09:59:30+00:00"


def test_companies_have_another_property_of_change(app: respx.MockRouter, hubspot: HubSpotConnector) -> None:
    route = app.post("/crm/v3/objects/companies/search").mock(return_value=reply({"results": []}))
    list(hubspot.pull("companies", "since|2026-11-23T08:00:00+00:00", ("name",)))
    assert sent(route)["sorts"][0]["propertyName"] == "hs_lastmodifieddate"


def test_the_search_goes_by_key_and_so_never_meets_its_cap(
    app: respx.MockRouter, hubspot: HubSpotConnector
) -> None:
    early, late = "2026-11-23T08:00:01Z", "2026-11-23T08:00:02Z"
    route = search(
        app,
        [
            {"results": [contact("1", early), contact("2", late)], "paging": MORE},
            {"results": [contact("2", late), contact("3", late)]},
        ],
    )
    first, last = hubspot.pull("contacts", "since|2026-11-23T08:00:00+00:00", FIELDS)
    assert first.cursor == "since|2026-11-23T08:00:02+00:00"
    assert "after" not in sent(route)
    assert sent(route)["filterGroups"][0]["filters"][0]["value"] == "1795420802000"
    assert [record.id for record in last.records] == ["2", "3"]


def test_one_instant_with_more_than_a_page_is_read_by_id(
    app: respx.MockRouter, hubspot: HubSpotConnector
) -> None:
    at = "2026-11-23T08:00:00.500Z"
    route = search(
        app,
        [
            {"results": [contact("5", at), contact("1", at)], "paging": MORE},
            {"results": [contact("1", at), contact("5", at)], "paging": MORE},
            {"results": [contact("9", at)]},
            {"results": [contact("10", "2026-11-23T08:00:01Z")]},
        ],
    )
    pages = list(hubspot.pull("contacts", "since|2026-11-23T08:00:00+00:00", FIELDS))
    assert [record.id for page in pages for record in page.records] == ["1", "5", "9", "10"]
    filters = [body["filterGroups"][0]["filters"] for body in (sent(route, n) for n in range(4))]
    assert [(f["operator"], f["value"]) for f in filters[1]] == [("EQ", "1795420800500"), ("GT", "0")]
    assert filters[2][1]["value"] == "5"
    assert [(f["operator"], f["value"]) for f in filters[3]] == [("GT", "1795420800500")]


def test_an_empty_page_that_names_another_is_not_the_end(
    app: respx.MockRouter, hubspot: HubSpotConnector
) -> None:
    empty = {"total": 1, "results": [], "paging": MORE}
    search(app, [empty, {"results": [contact("1")]}, *[empty] * 4])
    (page,) = hubspot.pull("contacts", "since|2026-11-23T08:00:00+00:00", FIELDS)
    assert [record.id for record in page.records] == ["1"]
    with pytest.raises(Unavailable, match="repeats one page"):
        list(hubspot.pull("contacts", "since|2026-11-23T08:00:00+00:00", FIELDS))


def test_a_search_is_completed_with_primary_companies(
    app: respx.MockRouter, hubspot: HubSpotConnector
) -> None:
    search(app, [{"results": [contact("1"), contact("2")]}])
    primary = {"toObjectId": "12", "associationTypes": [{"typeId": 1}, {"typeId": 279}]}
    plain = {"toObjectId": "13", "associationTypes": [{"typeId": 279}]}
    app.post("/crm/v4/associations/contacts/companies/batch/read").mock(
        return_value=reply({"results": [{"from": {"id": "1"}, "to": [plain, primary]}]}, 207)
    )
    (page,) = hubspot.pull("contacts", "since|2026-11-23T08:00:00+00:00", ("company",))
    assert [record.values["company"] for record in page.records] == ["12", None]


def test_429_on_search_has_no_headers_and_is_repeated(
    app: respx.MockRouter, hubspot: HubSpotConnector
) -> None:
    said = {"status": "error", "message": "You have reached your secondly limit.", "category": "RATE_LIMITS"}
    route = app.post("/crm/v3/objects/contacts/search").mock(
        side_effect=[reply(said, 429), reply({"results": []})]
    )
    list(hubspot.pull("contacts", "since|2026-11-23T08:00:00+00:00", FIELDS))
    assert route.call_count == 2


# Reading by ids and keys.


def test_fetch_tells_found_archived_merged_deleted_and_unknown(
    app: respx.MockRouter, hubspot: HubSpotConnector
) -> None:
    def batch(request: httpx.Request) -> httpx.Response:
        archived = request.url.params.get("archived") == "true"
        found = {**contact("2"), "archived": True} if archived else contact("1", email="a@x.test")
        return reply({"results": [found], "errors": [{"category": "OBJECT_NOT_FOUND"}]}, 207)

    app.post("/crm/v3/objects/contacts/batch/read").mock(side_effect=batch)
    app.get("/crm/v3/objects/contacts/3").respond(json=contact("30"))
    app.get("/crm/v3/objects/contacts/4").respond(404, json={"category": "OBJECT_NOT_FOUND"})
    app.get("/crm/v3/objects/contacts/5").respond(404, text="")
    app.get("/crm/v3/objects/contacts/6").respond(404, json={"category": "OBJECT_NOT_FOUND"})
    anew = contact("60", hs_merged_object_ids="7;6")
    search = app.post("/crm/v3/objects/contacts/search").mock(return_value=reply({"results": [anew]}))
    answers = hubspot.fetch("contacts", ["1", "2", "3", "4", "5", "6"], FIELDS)
    states = ["found", "archived", "merged", "deleted", "unknown", "merged"]
    assert [answer.state for answer in answers] == states
    assert (answers[2].into, answers[5].into) == ("30", "60")
    asked = sent(search)["filterGroups"][0]["filters"]
    assert asked == [{"propertyName": "hs_merged_object_ids", "operator": "IN", "values": ["4", "6"]}]


def test_contacts_are_found_by_any_address_without_lag(
    app: respx.MockRouter, hubspot: HubSpotConnector
) -> None:
    route = app.post("/crm/v3/objects/contacts/batch/read").mock(
        return_value=reply({"results": [contact("1", email="a@x.test")]}, 207)
    )
    found = hubspot.find("contacts", "email", ["b@x.test", "none@x.test"], FIELDS)
    assert [record.id for record in found] == ["1"]
    assert sent(route)["idProperty"] == "email"
    assert sent(route)["inputs"] == [{"id": "b@x.test"}, {"id": "none@x.test"}]


def test_companies_are_found_by_lower_case_domain(app: respx.MockRouter, hubspot: HubSpotConnector) -> None:
    route = app.post("/crm/v3/objects/companies/search").mock(return_value=reply({"results": []}))
    assert hubspot.find("companies", "domain", ["Acme.TEST"], ("domain",)) == []
    filters = sent(route)["filterGroups"][0]["filters"]
    assert filters == [{"propertyName": "domain", "operator": "IN", "values": ["acme.test"]}]
