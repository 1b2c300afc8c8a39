"""Lists that cannot be read: nobody has left them."""

from __future__ import annotations

import httpx
import pytest
import respx

from connectors.contract import AuthRefused, ObjectSpec, Unavailable, Unexpected
from connectors.hubspot import HubSpotConnector
from tests.connectors.hubspot_wire import contact, reply, update

SEARCH = "/crm/v3/lists/search"
STATIC = {"processingType": "MANUAL", "objectTypeId": "0-1"}
NEWS, VIP = {"listId": "1", "name": "News", **STATIC}, {"listId": "2", "name": "VIP", **STATIC}


@pytest.fixture
def remembered(app: respx.MockRouter, hubspot: HubSpotConnector) -> ObjectSpec:
    """The description of a login that might read lists."""
    app.post(SEARCH).mock(return_value=reply({"lists": [NEWS, VIP], "hasMore": False}))
    app.get("/crm/v3/objects/contacts").mock(return_value=reply({"results": [contact("1"), contact("7")]}))
    return hubspot.describe("contacts")


def test_a_login_without_the_scope_for_lists_has_no_such_field(
    app: respx.MockRouter, hubspot: HubSpotConnector
) -> None:
    app.post(SEARCH).mock(return_value=reply({"message": "scopes"}, 403))
    assert "lists" not in hubspot.describe("contacts").fields


@pytest.mark.parametrize("asked_anew", [False, True], ids=["at once", "after asking what there is"])
def test_a_login_that_lost_the_scope_is_refused(
    app: respx.MockRouter, hubspot: HubSpotConnector, remembered: ObjectSpec, asked_anew: bool
) -> None:
    app.post(SEARCH).mock(return_value=reply({"message": "scopes"}, 403))
    hubspot.describe("contacts")
    hubspot.remember(remembered)
    with pytest.raises(AuthRefused):
        list(hubspot.pull("contacts", None, ("email", "lists")))
    (result,) = hubspot.write("contacts", [update("1", lists=["VIP"])])
    assert result.outcome == "unknown"


def test_a_list_that_was_deleted_since_is_left_out_and_the_others_are_read(
    app: respx.MockRouter, hubspot: HubSpotConnector, remembered: ObjectSpec
) -> None:
    app.get("/crm/v3/lists/1/memberships").mock(
        return_value=reply({"message": "List does not exist with ID 1."}, 404)
    )
    app.get("/crm/v3/lists/2/memberships").mock(return_value=reply({"results": [{"recordId": "7"}]}))
    (page,) = hubspot.pull("contacts", None, ("lists",))
    assert {record.id: record.values["lists"] for record in page.records} == {"1": None, "7": ["VIP"]}
    before = hubspot.calls
    list(hubspot.pull("contacts", None, ("lists",)))
    assert hubspot.calls - before == 2  # the members of one, the contacts


def test_a_list_that_only_the_search_still_shows_is_none_until_it_is_restored(
    app: respx.MockRouter, hubspot: HubSpotConnector, remembered: ObjectSpec
) -> None:
    members = app.get("/crm/v3/lists/1/memberships").mock(
        return_value=reply({"message": "List does not exist with ID 1."}, 404)
    )
    app.get("/crm/v3/lists/2/memberships").mock(return_value=reply({"results": []}))
    list(hubspot.pull("contacts", None, ("lists",)))
    assert hubspot.describe("contacts").fields["lists"].options == ("VIP",)
    members.mock(return_value=reply({"results": []}))
    assert hubspot.describe("contacts").fields["lists"].options == ("News", "VIP")


PROXY = httpx.Response(404, text="<html>not found</html>")


def test_a_404_that_is_not_hubspots_empties_no_list(
    app: respx.MockRouter, hubspot: HubSpotConnector, remembered: ObjectSpec
) -> None:
    app.get("/crm/v3/lists/1/memberships").mock(return_value=PROXY)
    with pytest.raises(Unavailable, match="bare 404"):
        list(hubspot.pull("contacts", None, ("lists",)))
    assert hubspot.describe("contacts").fields["lists"].options == ("News", "VIP")
    app.get(path__regex="/lists/records/").mock(return_value=reply({"results": []}))
    app.put("/crm/v3/lists/2/memberships/add-and-remove").mock(return_value=PROXY)
    (result,) = hubspot.write("contacts", [update("1", lists=["VIP"])])
    assert result.outcome == "unknown"


@pytest.mark.parametrize(
    "answer",
    [PROXY, reply({"message": "No such route", "category": "NOT_FOUND"}, 404)],
    ids=["a proxy's", "of a version without this call"],
)
def test_where_single_contacts_are_not_told_lists_are_read_by_their_members(
    app: respx.MockRouter, hubspot: HubSpotConnector, remembered: ObjectSpec, answer: httpx.Response
) -> None:
    app.get(path__regex="/lists/records/").mock(return_value=answer)
    app.get("/crm/v3/lists/1/memberships").mock(return_value=reply({"results": []}))
    app.get("/crm/v3/lists/2/memberships").mock(return_value=reply({"results": [{"recordId": "7"}]}))
    app.post("/crm/v3/objects/contacts/batch/read").mock(return_value=reply({"results": [contact("7")]}))
    (found,) = hubspot.fetch("contacts", ["7"], ("lists",))
    assert found.record is not None
    assert found.record.values == {"lists": ["VIP"]}


def test_an_answer_without_memberships_is_an_error(
    app: respx.MockRouter, hubspot: HubSpotConnector, remembered: ObjectSpec
) -> None:
    app.get(path__regex="/lists/records/").mock(return_value=httpx.Response(200))
    app.post("/crm/v3/objects/contacts/batch/read").mock(return_value=reply({"results": [contact("7")]}))
    with pytest.raises(Unexpected):
        hubspot.fetch("contacts", ["7"], ("lists",))


@pytest.fixture
def made_again(app: respx.MockRouter, remembered: ObjectSpec) -> respx.Route:
    """Since the description, the list VIP was deleted and made anew under another id; contact 7 is in it.
    The change of its members."""
    lists = {"lists": [NEWS, {**VIP, "listId": "9"}], "hasMore": False}
    app.post(SEARCH).mock(return_value=reply(lists))
    gone = reply({"category": "OBJECT_NOT_FOUND"}, 404)
    inside = {"1": reply({"results": []}), "2": gone, "9": reply({"results": [{"recordId": "7"}]})}
    for id, answer in inside.items():
        app.get(f"/crm/v3/lists/{id}/memberships").mock(return_value=answer)
    app.get(path__regex=r"/lists/records/0-1/\d+/memberships").mock(
        side_effect=lambda request: reply(
            {"results": [{"listId": "9"}, {"listId": "30"}] if "/7/" in request.url.path else []}
        )
    )
    app.put("/crm/v3/lists/2/memberships/add-and-remove").mock(return_value=gone)
    changed: respx.Route = app.put("/crm/v3/lists/9/memberships/add-and-remove")
    return changed


@pytest.mark.parametrize("others", [0, 20], ids=["asked one by one", "by the members of the lists"])
def test_who_is_in_a_list_that_was_made_again_has_not_left_it(
    app: respx.MockRouter, hubspot: HubSpotConnector, made_again: respx.Route, others: int
) -> None:
    ids = ["7", *map(str, range(100, 100 + others))]
    app.post("/crm/v3/objects/contacts/batch/read").mock(
        return_value=reply({"results": [contact(id) for id in ids]})
    )
    first, *_ = hubspot.fetch("contacts", ids, ("lists",))
    assert first.record is not None
    assert first.record.values == {"lists": ["VIP"]}
    before = hubspot.calls
    hubspot.fetch("contacts", ids, ("lists",))
    assert hubspot.calls - before == (1 + 1 if not others else 1 + 2)  # a list that is not ours is met once


def test_a_contact_joins_a_list_that_was_made_again(
    app: respx.MockRouter, hubspot: HubSpotConnector, made_again: respx.Route
) -> None:
    made_again.mock(return_value=reply({"recordsIdsAdded": ["1"]}))
    (result,) = hubspot.write("contacts", [update("1", lists=["VIP"])])
    assert (result.outcome, result.fields) == ("applied", {})
