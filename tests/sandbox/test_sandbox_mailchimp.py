"""The simulated Mailchimp refuses, coerces and ignores what the service does."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from mailchimp_calls import EMPTY, LIST, add, refused

from connectors.mailchimp.sandbox.account import EVENTS, NEWSLETTER
from connectors.mailchimp.sandbox.audience import hashed
from connectors.sandbox.server import Sandbox

# Who may come in.


@pytest.mark.parametrize(
    "given",
    [
        {"auth": ("any", "sandbox-us1")},
        {"auth": ("", "sandbox-us1")},
        {"headers": {"authorization": "Bearer sandbox-us1"}},
    ],
)
def test_the_key_is_a_password_or_a_bearer_token(running: Sandbox, given: dict[str, Any]) -> None:
    answer = httpx.get(f"{running.mailchimp}/3.0/ping", **given)
    assert answer.json() == {"health_status": "Everything's Chimpy!"}


def test_wrong_keys_and_uncovered_endpoints(running: Sandbox, mailchimp: httpx.Client) -> None:
    refused(httpx.get(f"{running.mailchimp}/3.0/ping"), 401, "API Key Missing")
    refused(httpx.get(f"{running.mailchimp}/3.0/ping", auth=("any", "wrong-us1")), 401, "API Key Invalid")
    assert mailchimp.get("/campaigns").status_code == 501
    assert mailchimp.get(LIST, params={"since_timestamp_opt": "2026-01-01"}).status_code == 501


def test_the_account_and_its_audiences(mailchimp: httpx.Client) -> None:
    assert mailchimp.get("/").json()["account_name"] == "Sandbox"
    lists = mailchimp.get("/lists", params={"fields": "lists.id,total_items"}).json()
    assert lists == {"lists": [{"id": NEWSLETTER}, {"id": EVENTS}], "total_items": 2}
    assert mailchimp.get(f"/lists/{NEWSLETTER}").json()["name"] == "Newsletter"
    refused(mailchimp.get("/lists/ffffffffff/members"), 404, "Resource Not Found")


# Lists.


def test_a_page_holds_ten_members_unless_more_are_asked_for(mailchimp: httpx.Client) -> None:
    body = mailchimp.get(LIST).json()
    assert (len(body["members"]), body["total_items"], body["list_id"]) == (10, 60, NEWSLETTER)
    refused(mailchimp.get(LIST, params={"count": 1001}), 400, "Invalid Resource")
    assert len(mailchimp.get(LIST, params={"count": 1000, "offset": 55}).json()["members"]) == 5


def test_only_the_parts_asked_for_come(mailchimp: httpx.Client) -> None:
    params = {"count": 1, "fields": "members.contact_id,members.merge_fields.FNAME"}
    (item,) = mailchimp.get(LIST, params=params).json()["members"]
    assert item.keys() == {"contact_id", "merge_fields"}
    assert item["merge_fields"].keys() == {"FNAME"}
    params = {"count": 1, "exclude_fields": "members._links,members.merge_fields.FNAME"}
    (item,) = mailchimp.get(LIST, params=params).json()["members"]
    assert "_links" not in item
    assert "LNAME" in item["merge_fields"]
    assert "FNAME" not in item["merge_fields"]


def test_since_leaves_its_own_second_out_and_so_does_before(
    mailchimp: httpx.Client, control: httpx.Client
) -> None:
    control.post("/clock", json={"now": "2030-01-01T00:00:30Z"})
    at = add(mailchimp)["last_changed"]
    second = int(at[17:19])
    earlier, later = f"{at[:17]}{second - 1:02}{at[19:]}", f"{at[:17]}{second + 1:02}{at[19:]}"

    def found(**params: str) -> int:
        return int(mailchimp.get(EMPTY, params=params).json()["total_items"])

    assert (found(since_last_changed=earlier), found(since_last_changed=at)) == (1, 0)
    assert (found(before_last_changed=at), found(before_last_changed=later)) == (0, 1)
    refused(mailchimp.get(EMPTY, params={"since_last_changed": "yesterday"}), 400, "Invalid Resource")


def test_members_come_in_the_order_of_their_last_change(mailchimp: httpx.Client) -> None:
    params = {"count": 60, "sort_field": "last_changed", "sort_dir": "ASC"}
    times = [item["last_changed"] for item in mailchimp.get(LIST, params=params).json()["members"]]
    assert times == sorted(times)
    refused(mailchimp.get(LIST, params={"sort_field": "email"}), 400, "Invalid Resource")
    refused(mailchimp.get(LIST, params={"status": "active"}), 400, "Invalid Resource")


def test_archived_members_are_in_a_list_of_their_own(mailchimp: httpx.Client, control: httpx.Client) -> None:
    id = add(mailchimp)["contact_id"]
    assert mailchimp.delete(f"{EMPTY}/{id}").status_code == 204
    assert mailchimp.get(EMPTY).json()["total_items"] == 0
    assert mailchimp.get(EMPTY, params={"status": "archived"}).json()["total_items"] == 1
    assert mailchimp.get(f"{EMPTY}/{id}").json()["status"] == "archived"
    control.post("/settings", json={"mailchimp": {"list_shows_archived": True}})
    assert mailchimp.get(EMPTY).json()["total_items"] == 1


def test_members_are_searched_by_address(mailchimp: httpx.Client) -> None:
    add(mailchimp, "Ada@x.test")
    found = mailchimp.get("/search-members", params={"query": "ada@X.test", "list_id": EVENTS}).json()
    assert found["exact_matches"]["total_items"] == 1
    refused(mailchimp.get("/search-members"), 400, "Invalid Resource")


# Single members.


def test_a_member_is_found_by_hash_address_and_contact_id(mailchimp: httpx.Client) -> None:
    made = add(mailchimp, "Ada@x.test")
    assert made["id"] == hashed("ada@x.test")
    assert made["email_address"] == "Ada@x.test"
    for key in (made["id"], made["id"].upper(), made["contact_id"], "ADA@x.test"):
        assert mailchimp.get(f"{EMPTY}/{key}").json()["web_id"] == made["web_id"]
    refused(mailchimp.get(f"{EMPTY}/nobody"), 404, "Resource Not Found")


def test_the_contact_id_outlives_a_change_of_address_and_the_hash_does_not(mailchimp: httpx.Client) -> None:
    made = add(mailchimp)
    path = f"{EMPTY}/{made['contact_id']}"
    moved = mailchimp.patch(path, json={"email_address": "b@x.test"}).json()
    assert moved["contact_id"] == made["contact_id"]
    assert moved["id"] == hashed("b@x.test")
    assert mailchimp.get(f"{EMPTY}/{made['id']}").status_code == 404
    add(mailchimp, "c@x.test")
    refused(mailchimp.patch(path, json={"email_address": "C@x.test"}), 400, "Member Exists")


REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "no address": ({"email_address": "nobody"}, "Please provide a valid email address."),
    "fake domain": ({"email_address": "a@example.com"}, "looks fake or invalid"),
    "no status": ({"status": None}, "could not be validated"),
    "unknown status": ({"status": "active"}, "could not be validated"),
    "archived by hand": ({"status": "archived"}, "could not be validated"),
    "number": ({"merge_fields": {"LTV": "many"}}, "Your merge fields were invalid."),
    "date": ({"merge_fields": {"RENEWAL": "soon"}}, "Your merge fields were invalid."),
    "choice": ({"merge_fields": {"TIER": "gold"}}, "Your merge fields were invalid."),
    "birthday": ({"merge_fields": {"BIRTHDAY": "13/40"}}, "Your merge fields were invalid."),
    "half an address": ({"merge_fields": {"ADDRESS": {"city": "Yazd"}}}, "Your merge fields were invalid."),
    "flag in a text": ({"merge_fields": {"CITY": True}}, "Your merge fields were invalid."),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_member_is_refused_for(mailchimp: httpx.Client, case: str) -> None:
    values, detail = REFUSED[case]
    body = {"email_address": "a@x.test", "status": "subscribed", **values}
    if body["status"] is None:
        del body["status"]
    said = refused(mailchimp.post(EMPTY, json=body), 400, "Invalid Resource")
    assert detail in said["detail"]
    assert mailchimp.get(EMPTY).json()["total_items"] == 0


def test_a_create_refuses_who_is_there_in_any_case_and_in_the_archive(mailchimp: httpx.Client) -> None:
    id = add(mailchimp)["contact_id"]
    body = {"email_address": "A@X.test", "status": "subscribed"}
    said = refused(mailchimp.post(EMPTY, json=body), 400, "Member Exists")
    assert said["detail"] == "A@X.test is already a list member. Use PUT to insert or update list members."
    mailchimp.delete(f"{EMPTY}/{id}")
    refused(mailchimp.post(EMPTY, json=body), 400, "Member Exists")


def test_put_makes_or_changes_and_keeps_the_status(mailchimp: httpx.Client) -> None:
    path, body = f"{EMPTY}/{hashed('a@x.test')}", {"email_address": "a@x.test"}
    refused(mailchimp.put(path, json=body), 400, "Invalid Resource")
    made = mailchimp.put(path, json={**body, "status_if_new": "unsubscribed"}).json()
    assert made["status"] == "unsubscribed"
    assert (
        mailchimp.put(path, json={**body, "status_if_new": "subscribed"}).json()["status"] == "unsubscribed"
    )
    refused(
        mailchimp.put(f"{EMPTY}/{'0' * 32}", json={**body, "status_if_new": "subscribed"}),
        400,
        "Member Exists",
    )


def test_a_put_does_not_bring_back_from_the_archive_unless_told_the_status(mailchimp: httpx.Client) -> None:
    path = f"{EMPTY}/{add(mailchimp)['id']}"
    mailchimp.delete(path)
    body = {"email_address": "a@x.test", "status_if_new": "subscribed", "merge_fields": {"CITY": "Yazd"}}
    assert mailchimp.put(path, json=body).json()["status"] == "archived"
    assert mailchimp.put(path, json={**body, "status": "subscribed"}).json()["status"] == "subscribed"


def test_unknown_merge_fields_and_nulls_have_no_effect_and_are_marked(
    mailchimp: httpx.Client, control: httpx.Client
) -> None:
    made = add(mailchimp, merge_fields={"CITY": "Yazd", "NOPE": 1, "COUNTRY": None}, colour="red")
    assert made["merge_fields"]["CITY"] == "Yazd"
    marked = control.get("/requests").json()["mailchimp"][-1]["ignored"]
    assert set(marked) == {"merge_fields.NOPE", "merge_fields.COUNTRY", "colour"}
    path = f"{EMPTY}/{made['id']}"
    assert (
        mailchimp.patch(path, json={"merge_fields": {"CITY": None}}).json()["merge_fields"]["CITY"] == "Yazd"
    )
    assert mailchimp.patch(path, json={"merge_fields": {"CITY": ""}}).json()["merge_fields"]["CITY"] == ""


@pytest.mark.parametrize("method", ["PATCH", "PUT"])
def test_tags_in_an_update_have_no_effect_and_are_marked(
    mailchimp: httpx.Client, control: httpx.Client, method: str
) -> None:
    made = add(mailchimp, tags=["vip"])
    after = mailchimp.request(method, f"{EMPTY}/{made['id']}", json={"tags": ["partner"]}).json()
    assert [tag["name"] for tag in after["tags"]] == ["vip"]
    assert control.get("/requests").json()["mailchimp"][-1]["ignored"] == ["tags"]


def test_an_empty_text_clears_a_number_and_blanks_read_as_empty_texts(mailchimp: httpx.Client) -> None:
    made = add(mailchimp, merge_fields={"LTV": "290.53", "RENEWAL": "2027-02-28", "TIER": "Gold"})
    assert made["merge_fields"]["LTV"] == 290.53
    cleared = {"LTV": "", "RENEWAL": "", "TIER": ""}
    after = mailchimp.patch(f"{EMPTY}/{made['id']}", json={"merge_fields": cleared}).json()
    assert {tag: after["merge_fields"][tag] for tag in cleared} == cleared


def test_a_required_merge_field_refuses_the_whole_member_unless_skipped(mailchimp: httpx.Client) -> None:
    fields = f"/lists/{EVENTS}/merge-fields"
    mailchimp.post(fields, json={"name": "Seat", "type": "text", "tag": "SEAT", "required": True})
    body = {"email_address": "a@x.test", "status": "subscribed"}
    said = refused(mailchimp.post(EMPTY, json=body), 400, "Invalid Resource")
    assert said["errors"] == [{"field": "SEAT", "message": "This value should not be blank."}]
    assert mailchimp.post(EMPTY, json=body, params={"skip_merge_validation": "true"}).status_code == 200


def test_an_american_phone_field_takes_american_numbers_only(mailchimp: httpx.Client) -> None:
    fields = f"/lists/{EVENTS}/merge-fields"
    mailchimp.patch(f"{fields}/4", json={"options": {"phone_format": "US"}})
    body = {"email_address": "a@x.test", "status": "subscribed", "merge_fields": {"PHONE": "+62 811"}}
    refused(mailchimp.post(EMPTY, json=body), 400, "Invalid Resource")
    assert add(mailchimp, merge_fields={"PHONE": "(617) 555-0101"})["merge_fields"]["PHONE"]


# Status and consent.


def by_themselves(mailchimp: httpx.Client, id: str, act: str) -> Any:
    return mailchimp.post(f"{EMPTY}/{id}/_person/{act}").json()


@pytest.mark.parametrize(
    ("act", "status"), [("unsubscribe", "unsubscribed"), ("bounce", "cleaned"), ("complain", "unsubscribed")]
)
def test_who_left_by_themselves_is_not_subscribed_again(
    mailchimp: httpx.Client, control: httpx.Client, act: str, status: str
) -> None:
    id = add(mailchimp)["contact_id"]
    assert by_themselves(mailchimp, id, act)["status"] == status
    path = f"{EMPTY}/{id}"
    said = refused(mailchimp.patch(path, json={"status": "subscribed"}), 400, "Member In Compliance State")
    assert said["detail"].startswith("a@x.test is in a compliance state due to unsubscribe, bounce, or")
    assert control.get("/state").json()["mailchimp"]["mails"] == 0
    assert mailchimp.patch(path, json={"status": "pending"}).json()["status"] == "pending"
    assert control.get("/state").json()["mailchimp"]["mails"] == 1
    assert by_themselves(mailchimp, id, "confirm")["status"] == "subscribed"


def test_whom_the_api_unsubscribed_it_may_subscribe_again(mailchimp: httpx.Client) -> None:
    path = f"{EMPTY}/{add(mailchimp)['contact_id']}"
    left = mailchimp.patch(path, json={"status": "unsubscribed"}).json()
    assert left["unsubscribe_reason"] == "N/A (Unsubscribed by an admin)"
    assert mailchimp.patch(path, json={"status": "subscribed"}).json()["status"] == "subscribed"


@pytest.mark.parametrize("status", ["cleaned", "pending"])
def test_some_members_cannot_be_archived(mailchimp: httpx.Client, status: str) -> None:
    id = add(mailchimp, status=status)["contact_id"]
    said = refused(mailchimp.delete(f"{EMPTY}/{id}"), 405, "Method Not Allowed")
    assert "bounced, pending or archived" in said["detail"]


def test_who_was_deleted_for_good_looks_unknown_and_cannot_come_back(mailchimp: httpx.Client) -> None:
    made = add(mailchimp)
    assert mailchimp.post(f"{EMPTY}/{made['id']}/actions/delete-permanent").status_code == 204
    refused(mailchimp.get(f"{EMPTY}/{made['contact_id']}"), 404, "Resource Not Found")
    body = {"email_address": "A@x.test", "status": "subscribed"}
    refused(mailchimp.post(EMPTY, json=body), 400, "Forgotten Email Not Subscribed")
    batch = mailchimp.post(f"/lists/{EVENTS}", json={"members": [body]}).json()
    assert "permanently deleted" in batch["errors"][0]["error"]


# Tags.


def test_tags_keep_their_first_spelling_and_do_not_move_the_time_of_change(
    mailchimp: httpx.Client, control: httpx.Client
) -> None:
    made = add(mailchimp, tags=["VIP"])
    control.post("/clock", json={"offset": 60})
    path = f"{EMPTY}/{made['contact_id']}/tags"
    changes = [{"name": "vip", "status": "active"}, {"name": "New", "status": "active"}]
    assert mailchimp.post(path, json={"tags": changes, "is_syncing": True}).status_code == 204
    after = mailchimp.get(f"{EMPTY}/{made['id']}").json()
    assert [tag["name"] for tag in after["tags"]] == ["VIP", "New"]
    assert after["last_changed"] == made["last_changed"]
    mailchimp.post(path, json={"tags": [{"name": "vip", "status": "inactive"}], "is_syncing": True})
    assert [tag["name"] for tag in mailchimp.get(path).json()["tags"]] == ["New"]
    search = mailchimp.get(f"/lists/{EVENTS}/tag-search", params={"name": "vi"}).json()
    assert [tag["name"] for tag in search["tags"]] == ["VIP"]
    assert control.get("/state").json()["mailchimp"]["automations"] == 0
    mailchimp.post(path, json={"tags": changes})
    assert control.get("/state").json()["mailchimp"]["automations"] == 1
    refused(mailchimp.post(path, json={"tags": [{"name": "x", "status": "on"}]}), 400, "Invalid Resource")


def test_a_member_shows_fifty_of_its_tags(mailchimp: httpx.Client) -> None:
    made = add(mailchimp, tags=[f"tag {n}" for n in range(51)])
    assert (len(made["tags"]), made["tags_count"]) == (50, 51)
    path = f"{EMPTY}/{made['id']}/tags"
    assert mailchimp.get(path, params={"count": 100}).json()["total_items"] == 51
