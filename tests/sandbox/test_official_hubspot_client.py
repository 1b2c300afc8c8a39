"""HubSpot's own Python client works against the sandbox with nothing changed but the base URL."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from hubspot import HubSpot
from hubspot.communication_preferences import PublicUpdateSubscriptionStatusRequest
from hubspot.crm import companies, contacts, lists, properties
from hubspot.crm.associations.v4 import models as v4

from connectors.sandbox.server import Sandbox


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(people=30, seed=3) as running:
        yield running


@pytest.fixture
def client(sandbox: Sandbox) -> HubSpot:
    sandbox.host.reset()
    return at(sandbox, "sandbox-hubspot")


def at(sandbox: Sandbox, token: str) -> HubSpot:
    return HubSpot(access_token=token, host=sandbox.hubspot)


@pytest.fixture(autouse=True)
def _all_covered(sandbox: Sandbox) -> Iterator[None]:
    """Nothing was left out, and nothing ignored."""
    yield
    log = sandbox.host.log["hubspot"]
    assert [entry for entry in log if entry["status"] == 501 or entry.get("ignored")] == []


def person(email: str, **more: str) -> Any:
    return contacts.SimplePublicObjectInputForCreate(properties={"email": email, **more})


def created(client: HubSpot, email: str) -> str:
    made = client.crm.contacts.basic_api.create(simple_public_object_input_for_create=person(email))
    return str(made.id)


def test_a_contact_from_its_beginning_to_its_end(client: HubSpot) -> None:
    api = client.crm.contacts.basic_api
    made = api.create(simple_public_object_input_for_create=person("ada@example.com", firstname="Ada"))
    read = api.get_by_id(made.id, properties=["firstname", "email"])
    assert read.properties["firstname"] == "Ada"
    api.update(made.id, simple_public_object_input=contacts.SimplePublicObjectInput({"firstname": "Augusta"}))
    by_email = api.get_by_id("ada@example.com", id_property="email", properties=["firstname"])
    assert by_email.properties["firstname"] == "Augusta"
    api.archive(made.id)
    with pytest.raises(contacts.ApiException) as told:
        api.get_by_id(made.id)
    assert told.value.status == 404
    assert made.id in [one.id for one in api.get_page(archived=True).results]


def test_all_pages_of_contacts(client: HubSpot) -> None:
    everybody = client.crm.contacts.get_all(properties=["email"])
    assert len({one.id for one in everybody}) == len(everybody) > 10


def test_batches(client: HubSpot) -> None:
    api = client.crm.contacts.batch_api
    inputs = [person(f"p{n}@example.com") for n in range(3)]
    made = api.create(
        batch_input_simple_public_object_batch_input_for_create=contacts.BatchInputSimplePublicObjectBatchInputForCreate(
            inputs=inputs
        )
    )
    ids = [one.id for one in made.results]
    found = api.read(
        batch_read_input_simple_public_object_id=contacts.BatchReadInputSimplePublicObjectId(
            inputs=[contacts.SimplePublicObjectId(id=id) for id in ids],
            properties=["email"],
            properties_with_history=[],
        )
    )
    assert {one.properties["email"] for one in found.results} == {f"p{n}@example.com" for n in range(3)}
    changed = api.update(
        batch_input_simple_public_object_batch_input=contacts.BatchInputSimplePublicObjectBatchInput(
            inputs=[contacts.SimplePublicObjectBatchInput(id=id, properties={"city": "Bonn"}) for id in ids]
        )
    )
    assert {one.properties["city"] for one in changed.results} == {"Bonn"}
    again = contacts.SimplePublicObjectBatchInputUpsert(
        id="p0@example.com", id_property="email", properties={"email": "p0@example.com", "city": "Ulm"}
    )
    upserted = api.upsert(
        batch_input_simple_public_object_batch_input_upsert=contacts.BatchInputSimplePublicObjectBatchInputUpsert(
            inputs=[again]
        )
    )
    assert [one.new for one in upserted.results] == [False]
    api.archive(
        batch_input_simple_public_object_id=contacts.BatchInputSimplePublicObjectId(
            inputs=[contacts.SimplePublicObjectId(id=id) for id in ids]
        )
    )


def test_a_conflict_names_who_is_there(client: HubSpot) -> None:
    api = client.crm.contacts.basic_api
    made = api.create(simple_public_object_input_for_create=person("ada@example.com"))
    with pytest.raises(contacts.ApiException, match=f"Existing ID: {made.id}") as told:
        api.create(simple_public_object_input_for_create=person("ada@example.com"))
    assert told.value.status == 409


def test_the_search(client: HubSpot) -> None:
    search = contacts.PublicObjectSearchRequest(
        filter_groups=[{"filters": [{"propertyName": "lastmodifieddate", "operator": "GTE", "value": "0"}]}],
        sorts=[{"propertyName": "lastmodifieddate", "direction": "ASCENDING"}],
        properties=["email"],
        limit=5,
    )
    found = client.crm.contacts.search_api.do_search(public_object_search_request=search)
    assert len(found.results) == 5
    assert found.paging.next.after == "5"


def test_a_merge_and_a_deletion_for_good(client: HubSpot) -> None:
    api = client.crm.contacts.basic_api
    one, other = (
        api.create(simple_public_object_input_for_create=person(email)).id
        for email in ("a@example.com", "b@example.com")
    )
    merge = contacts.PublicMergeInput(primary_object_id=one, object_id_to_merge=other)
    lives = client.crm.contacts.merge_api if hasattr(client.crm.contacts, "merge_api") else api
    assert lives.merge(public_merge_input=merge).id == one
    assert api.get_by_id(other, properties=["hs_merged_object_ids"]).id == one
    forget = contacts.PublicGdprDeleteInput(object_id=one)
    gdpr = client.crm.contacts.gdpr_api if hasattr(client.crm.contacts, "gdpr_api") else api
    (gdpr.purge if hasattr(gdpr, "purge") else gdpr.gdpr_delete)(public_gdpr_delete_input=forget)


def test_a_company_and_its_people(client: HubSpot) -> None:
    company = client.crm.companies.basic_api.create(
        simple_public_object_input_for_create=companies.SimplePublicObjectInputForCreate(
            properties={"name": "Acme", "domain": "acme.example"}
        )
    )
    contact = created(client, "a@acme.example")
    api = client.crm.associations.v4
    primary = v4.AssociationSpec(association_category="HUBSPOT_DEFINED", association_type_id=1)
    api.basic_api.create("contacts", contact, "companies", company.id, association_spec=[primary])
    (linked,) = api.basic_api.get_page("contacts", contact, "companies").results
    assert str(linked.to_object_id) == company.id
    inputs = v4.BatchInputPublicFetchAssociationsBatchRequest(inputs=[{"id": contact}])
    batch = api.batch_api.get_page(
        "contacts", "companies", batch_input_public_fetch_associations_batch_request=inputs
    )
    (found,) = batch.results
    assert {kind.type_id for kind in found.to[0].association_types} == {1, 279}
    api.basic_api.archive("contacts", contact, "companies", company.id)
    assert api.basic_api.get_page("contacts", contact, "companies").results == []


def test_properties_with_choices(client: HubSpot) -> None:
    api = client.crm.properties.core_api
    new = properties.PropertyCreate(
        name="tier",
        label="Tier",
        type="enumeration",
        field_type="select",
        group_name="contactinformation",
        options=[properties.OptionInput(label="Gold", value="gold", display_order=0, hidden=False)],
    )
    api.create("contacts", property_create=new)
    assert [one.value for one in api.get_by_name("contacts", "tier").options] == ["gold"]
    assert "tier" in [one.name for one in api.get_all("contacts").results]
    api.archive("contacts", "tier")


def test_lists_and_their_members(client: HubSpot) -> None:
    api = client.crm.lists
    made = api.lists_api.create(
        list_create_request=lists.ListCreateRequest(
            object_type_id="0-1", processing_type="MANUAL", name="News"
        )
    )
    id = made.list.list_id
    contact = created(client, "a@example.com")
    assert api.memberships_api.add(id, request_body=[contact]).records_ids_added == [contact]
    assert [one.record_id for one in api.memberships_api.get_page(id).results] == [contact]
    assert [one.list_id for one in api.memberships_api.get_lists("0-1", contact).results] == [id]
    change = lists.MembershipChangeRequest(record_ids_to_add=[], record_ids_to_remove=[contact])
    answer = api.memberships_api.add_and_remove(id, membership_change_request=change)
    assert answer.record_ids_removed == [contact]
    found = api.lists_api.do_search(list_search_request=lists.ListSearchRequest(query="new", count=10))
    assert "News" in [one.name for one in found.lists]
    assert api.lists_api.get_by_id(id).list.name == "News"


def test_communication_preferences(client: HubSpot) -> None:
    created(client, "a@example.com")
    definitions = client.communication_preferences.definition_api.get_page().subscription_definitions
    first = definitions[0].id
    request = PublicUpdateSubscriptionStatusRequest(
        email_address="a@example.com",
        subscription_id=first,
        legal_basis="LEGITIMATE_INTEREST_OTHER",
        legal_basis_explanation="asked for by mail",
    )
    api = client.communication_preferences.status_api
    assert api.unsubscribe(public_update_subscription_status_request=request).status == "NOT_SUBSCRIBED"
    states = {one.id: one.status for one in api.get_email_status("a@example.com").subscription_statuses}
    assert states[first] == "NOT_SUBSCRIBED"


@pytest.mark.parametrize("kind", ["deals", "tickets"])
def test_deals_and_tickets(client: HubSpot, kind: str) -> None:
    values = {
        "deals": {"dealname": "Big", "dealstage": "closedwon", "pipeline": "default"},
        "tickets": {"subject": "Help", "hs_pipeline_stage": "1"},
    }[kind]
    api = getattr(client.crm, kind).basic_api
    made = api.create(simple_public_object_input_for_create={"properties": values})
    assert api.get_by_id(made.id, properties=list(values)).properties.items() >= values.items()
    (pipeline,) = client.crm.pipelines.pipelines_api.get_all(kind).results
    assert len(pipeline.stages) > 1


def test_a_login_that_expires(sandbox: Sandbox, client: HubSpot) -> None:
    got = client.oauth.tokens_api.create(
        grant_type="refresh_token",
        client_id="hubspot-client",
        client_secret="hubspot-client-secret",
        refresh_token="hubspot-refresh-1",
    )
    assert got.expires_in == 1800
    assert at(sandbox, got.access_token).crm.contacts.basic_api.get_page(limit=1).results


def test_a_wrong_token_is_refused_in_words(sandbox: Sandbox, client: HubSpot) -> None:
    with pytest.raises(contacts.ApiException, match="INVALID_AUTHENTICATION") as told:
        at(sandbox, "pat-wrong").crm.contacts.basic_api.get_page()
    assert told.value.status == 401
