"""The official Python client of Mailchimp works against the sandbox. It builds its address from the data
centre in the key; `api_client.host` is the one thing that is changed, to the sandbox's address."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest
from mailchimp_marketing import Client
from mailchimp_marketing.api_client import ApiClientError

from connectors.mailchimp.sandbox.account import EVENTS, NEWSLETTER
from connectors.sandbox.server import Sandbox

ADA = {"email_address": "ada@x.test", "status": "subscribed", "merge_fields": {"FNAME": "Ada"}}


@pytest.fixture
def client(running: Sandbox, control: httpx.Client) -> Client:
    made = Client()
    made.set_config({"api_key": "sandbox-us1"})
    made.api_client.host = f"{running.mailchimp}/3.0"
    return made


def test_who_am_i_and_which_audiences(client: Client) -> None:
    assert client.ping.get() == {"health_status": "Everything's Chimpy!"}
    assert client.root.get_root()["account_name"] == "Sandbox"
    assert [item["id"] for item in client.lists.get_all_lists(count=1000)["lists"]] == [NEWSLETTER, EVENTS]
    assert client.lists.get_list(NEWSLETTER)["name"] == "Newsletter"


def test_members_are_listed_by_their_last_change(client: Client) -> None:
    body = client.lists.get_list_members_info(
        NEWSLETTER,
        count=5,
        offset=5,
        sort_field="last_changed",
        sort_dir="ASC",
        since_last_changed="2020-01-01T00:00:00+00:00",
        exclude_fields=["members._links"],
    )
    assert (len(body["members"]), body["total_items"]) == (5, 60)
    assert "_links" not in body["members"][0]


def test_a_member_from_beginning_to_end(client: Client) -> None:
    made = client.lists.add_list_member(EVENTS, ADA)
    id = made["contact_id"]
    assert client.lists.get_list_member(EVENTS, made["id"])["contact_id"] == id
    changed = client.lists.update_list_member(EVENTS, id, {"merge_fields": {"FNAME": ""}})
    assert changed["merge_fields"]["FNAME"] == ""
    put = client.lists.set_list_member(EVENTS, made["id"], {**ADA, "status_if_new": "subscribed"})
    assert put["merge_fields"]["FNAME"] == "Ada"
    client.lists.update_list_member_tags(EVENTS, id, {"tags": [{"name": "vip", "status": "active"}]})
    assert [tag["name"] for tag in client.lists.get_list_member_tags(EVENTS, id)["tags"]] == ["vip"]
    assert client.lists.tag_search(EVENTS, name="vip")["total_items"] == 1
    assert client.searchMembers.search("ada@x.test")["exact_matches"]["total_items"] == 1
    assert client.lists.delete_list_member(EVENTS, id).status_code == 204
    client.lists.delete_list_member_permanent(EVENTS, id)
    with pytest.raises(ApiClientError) as caught:
        client.lists.add_list_member(EVENTS, ADA)
    assert error(caught.value)["title"] == "Forgotten Email Not Subscribed"


def test_many_members_in_one_call(client: Client) -> None:
    body = {"members": [ADA, {"email_address": "nobody", "status": "subscribed"}], "update_existing": False}
    answer = client.lists.batch_list_members(EVENTS, body)
    assert (answer["total_created"], answer["error_count"]) == (1, 1)


def test_merge_fields(client: Client) -> None:
    made = client.lists.add_list_merge_field(EVENTS, {"name": "Seat", "type": "text", "tag": "SEAT"})
    tags = [field["tag"] for field in client.lists.get_list_merge_fields(EVENTS, count=100)["merge_fields"]]
    assert {"FNAME", "SEAT"} <= set(tags)
    client.lists.delete_list_merge_field(EVENTS, made["merge_id"])


def test_a_batch_of_calls(client: Client) -> None:
    operation = {"method": "POST", "path": f"/lists/{EVENTS}/members", "body": json.dumps(ADA)}
    started = client.batches.start({"operations": [operation]})
    assert client.batches.status(started["id"])["finished_operations"] == 1
    assert client.lists.get_list_member(EVENTS, "ada@x.test")["status"] == "subscribed"


@pytest.mark.parametrize(
    ("config", "status", "title"),
    [
        ({"api_key": "wrong-us1"}, 401, "API Key Invalid"),
        ({"access_token": "wrong"}, 401, "API Key Invalid"),
    ],
)
def test_errors_are_those_that_the_client_knows(
    client: Client, config: dict[str, str], status: int, title: str
) -> None:
    client.api_client.set_config(config)
    with pytest.raises(ApiClientError) as caught:
        client.ping.get()
    assert (caught.value.status_code, error(caught.value)["title"]) == (status, title)


def test_an_oauth_token_works_as_well(client: Client) -> None:
    client.api_client.set_config({"access_token": "sandbox-us1", "server": "us1"})
    assert client.ping.get()["health_status"]


def error(raised: ApiClientError) -> Any:
    """The client hands on an error's body as text: it is no application/json."""
    return json.loads(raised.text)
