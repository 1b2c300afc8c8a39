"""What the simulated Zendesk enforces.

Over 400 lines because it is one app, call by call, which is read beside its API.
"""

from __future__ import annotations

import time
from typing import Any

import httpx
import pytest


def create(zendesk: httpx.Client, **user: Any) -> dict[str, Any]:
    answer = zendesk.post("/users", json={"user": {"name": "One", "skip_verify_email": True, **user}})
    assert answer.status_code == 201, answer.text
    return dict(answer.json()["user"])


def organization(zendesk: httpx.Client, **values: Any) -> dict[str, Any]:
    answer = zendesk.post("/organizations", json={"organization": values})
    assert answer.status_code == 201, answer.text
    return dict(answer.json()["organization"])


def finished(zendesk: httpx.Client, answer: httpx.Response) -> list[dict[str, Any]]:
    """The results of a bulk job."""
    assert answer.status_code == 200, answer.text
    job = answer.json()["job_status"]
    for _ in range(5):
        if job["status"] == "completed":
            return list(job["results"])
        job = zendesk.get(f"/job_statuses/{job['id']}").json()["job_status"]
    raise AssertionError(job)


REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "no name": ({"name": " "}, "name"),
    "an e-mail that is none": ({"email": "nobody"}, "email"),
    "an option that is not offered": ({"user_fields": {"marketing_consent": "maybe"}}, "marketing_consent"),
    "an organization that is not there": ({"organization_id": 1}, "organization"),
    "a role that is none": ({"role": "king"}, "role"),
    "a locale that is none": ({"locale": "xx"}, "locale"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_user_is_refused_for(case: str, zendesk: httpx.Client) -> None:
    user, field = REFUSED[case]
    answer = zendesk.post("/users", json={"user": {"name": "A", **user}})
    assert (answer.status_code, answer.json()["error"]) == (422, "RecordInvalid")
    assert list(answer.json()["details"]) == [field]


def test_wrong_credentials_and_uncovered_endpoints(zendesk: httpx.Client) -> None:
    answer = zendesk.get("/users/me", auth=("admin@sandbox.test/token", "wrong"))
    assert (answer.status_code, answer.json()) == (401, {"error": "Couldn't authenticate you"})
    assert zendesk.get("/satisfaction_ratings").status_code == 501
    assert zendesk.get("/users/me.json").json()["user"]["role"] == "admin"


def test_an_email_belongs_to_one_user(zendesk: httpx.Client) -> None:
    create(zendesk, email=" One@T.example ")
    answer = zendesk.post("/users", json={"user": {"name": "B", "email": "one@t.example"}})
    mistake = answer.json()["details"]["email"][0]
    assert (answer.status_code, mistake["error"]) == (422, "DuplicateValue")
    assert mistake["description"] == "Email: one@t.example is already being used by another user"


def test_a_new_email_becomes_a_second_identity(zendesk: httpx.Client) -> None:
    user = create(zendesk, email="one@t.example")
    path = f"/users/{user['id']}"
    changed = zendesk.put(path, json={"user": {"email": "two@t.example"}}).json()["user"]
    assert changed["email"] == "one@t.example"
    identities = zendesk.get(f"{path}/identities").json()["identities"]
    assert [(item["value"], item["primary"]) for item in identities] == [
        ("one@t.example", True),
        ("two@t.example", False),
    ]
    zendesk.put(f"{path}/identities/{identities[1]['id']}/make_primary")
    assert zendesk.get(path).json()["user"]["email"] == "two@t.example"
    found = zendesk.get("/users/search", params={"query": "email:one@t.example"}).json()["users"]
    assert [item["id"] for item in found] == [user["id"]]
    assert zendesk.delete(f"{path}/identities/{identities[0]['id']}").status_code == 204
    assert create(zendesk, email="one@t.example")["id"] != user["id"]


def test_mail_goes_out_unless_it_is_skipped(zendesk: httpx.Client, control: httpx.Client) -> None:
    create(zendesk, email="quiet@t.example")
    assert control.get("/state").json()["zendesk"]["mails"] == 0
    create(zendesk, email="loud@t.example", skip_verify_email=False)
    assert control.get("/state").json()["zendesk"]["mails"] == 1


def test_tags_are_replaced_and_options_keep_their_tag(zendesk: httpx.Client) -> None:
    user = create(zendesk, tags=["vip", "old"], user_fields={"marketing_consent": "pending"})
    assert user["tags"] == ["old", "pending", "vip"]
    path = f"/users/{user['id']}"
    body = {"user": {"tags": ["new"], "user_fields": {"marketing_consent": "unsubscribed"}}}
    assert zendesk.put(path, json=body).json()["user"]["tags"] == ["new", "unsubscribed"]
    body = {"user": {"user_fields": {"marketing_consent": None}}}
    assert zendesk.put(path, json=body).json()["user"]["tags"] == ["new"]


def test_texts_are_trimmed_cleared_and_unknown_fields_ignored(
    zendesk: httpx.Client, control: httpx.Client
) -> None:
    user = create(zendesk, name="  One ", phone=" +62 1 ", user_fields={"city": "Yazd", "nope": 1})
    assert (user["name"], user["phone"], user["user_fields"]["city"]) == ("One", "+62 1", "Yazd")
    assert control.get("/requests").json()["zendesk"][-1]["ignored"] == ["user_fields.nope"]
    body = {"user": {"phone": "", "user_fields": {"city": None}}}
    cleared = zendesk.put(f"/users/{user['id']}", json=body).json()["user"]
    assert (cleared["phone"], cleared["user_fields"]["city"]) == (None, None)


def test_the_organization_of_a_user_takes_the_place_of_all_memberships(zendesk: httpx.Client) -> None:
    one, two = (organization(zendesk, name=name)["id"] for name in ("One Ltd", "Two Ltd"))
    user = create(zendesk, organization_id=one)
    path = f"/users/{user['id']}"
    pair = {"user_id": user["id"], "organization_id": two}
    made = zendesk.post("/organization_memberships", json={"organization_membership": pair})
    assert (made.status_code, made.json()["organization_membership"]["default"]) == (201, None)
    twice = zendesk.post("/organization_memberships", json={"organization_membership": pair})
    assert twice.status_code == 422
    membership = made.json()["organization_membership"]["id"]
    zendesk.put(f"{path}/organization_memberships/{membership}/make_default")
    assert zendesk.get(path).json()["user"]["organization_id"] == two
    zendesk.put(path, json={"user": {"organization_id": one}})
    own = zendesk.get(f"{path}/organization_memberships").json()["organization_memberships"]
    assert [(item["organization_id"], item["default"]) for item in own] == [(one, True)]


def test_a_deleted_user_is_inactive_and_gives_back_its_email(zendesk: httpx.Client) -> None:
    user = create(zendesk, email="gone@t.example")
    gone = zendesk.delete(f"/users/{user['id']}").json()["user"]
    assert gone["active"] is False
    many = {"ids": user["id"]}
    assert zendesk.get("/users/show_many", params=many).json()["users"] == []
    shown = zendesk.get("/users/show_many", params={**many, "include_deleted": "true"}).json()["users"]
    assert [item["active"] for item in shown] == [False]
    assert [item["id"] for item in zendesk.get("/deleted_users").json()["deleted_users"]] == [user["id"]]
    assert create(zendesk, email="gone@t.example")["id"] != user["id"]


def test_a_merged_user_is_inactive_and_the_winner_has_both_addresses(zendesk: httpx.Client) -> None:
    winner, loser = create(zendesk, email="w@t.example"), create(zendesk, email="l@t.example")
    zendesk.put(f"/users/{loser['id']}/merge", json={"user": {"id": winner["id"]}})
    assert zendesk.get(f"/users/{loser['id']}").json()["user"]["active"] is False
    identities = zendesk.get(f"/users/{winner['id']}/identities").json()["identities"]
    assert [item["value"] for item in identities] == ["w@t.example", "l@t.example"]


def test_create_or_update_matches_by_external_id_in_any_case_or_by_email(zendesk: httpx.Client) -> None:
    user = create(zendesk, email="one@t.example", external_id="Key-1")
    for match in ({"external_id": "KEY-1"}, {"email": "ONE@t.example"}):
        answer = zendesk.post("/users/create_or_update", json={"user": {"name": "New", **match}})
        assert (answer.status_code, answer.json()["user"]["id"]) == (200, user["id"])
    answer = zendesk.post("/users/create_or_update", json={"user": {"name": "A", "email": "new@t.example"}})
    assert answer.status_code == 201


# -- paging and feeds --------------------------------------------------------------------------------


def test_users_page_by_cursor(zendesk: httpx.Client) -> None:
    ids: list[int] = []
    params: dict[str, Any] = {"page[size]": 25}
    while True:
        body = zendesk.get("/users", params=params).json()
        ids += [user["id"] for user in body["users"]]
        if not body["meta"]["has_more"]:
            break
        params["page[after]"] = body["meta"]["after_cursor"]
    assert len(set(ids)) == len(ids) == 63  # 60 people, an admin and two agents
    assert zendesk.get("/users", params={"page[size]": 101}).status_code == 400
    assert zendesk.get("/users", params={"page": 101, "per_page": 100}).status_code == 400


def test_the_user_feed_goes_on_from_its_last_cursor(zendesk: httpx.Client) -> None:
    path, users = "/incremental/users/cursor", []
    params: dict[str, Any] = {"start_time": 0, "per_page": 40}
    for _ in range(2):
        body = zendesk.get(path, params=params).json()
        users += body["users"]
        params = {"cursor": body["after_cursor"]}
    assert len({user["id"] for user in users}) == len(users) == 63
    assert body["end_of_stream"] is True
    assert zendesk.get(path, params=params).json()["users"] == []
    user = create(zendesk, email="new@t.example")
    zendesk.delete(f"/users/{users[5]['id']}")
    news = zendesk.get(path, params=params).json()["users"]
    assert [(item["id"], item["active"]) for item in news] == [(user["id"], True), (users[5]["id"], False)]


def test_the_feed_has_no_future(zendesk: httpx.Client) -> None:
    later = int(time.time()) + 3600
    assert (
        zendesk.get("/incremental/organizations", params={"per_page": 1001, "start_time": 0}).status_code
        == 400
    )
    assert zendesk.get("/incremental/users/cursor").status_code == 400
    feed = zendesk.get("/incremental/organizations", params={"start_time": later})
    assert feed.json()["organizations"] == []


def test_the_organization_feed_repeats_the_second_at_which_it_ended(zendesk: httpx.Client) -> None:
    body = zendesk.get("/incremental/organizations", params={"start_time": 0}).json()
    assert (body["count"], body["end_of_stream"]) == (12, True)
    again = zendesk.get("/incremental/organizations", params={"start_time": body["end_time"]}).json()
    assert [item["id"] for item in again["organizations"]] == [body["organizations"][-1]["id"]]


# -- organizations and jobs --------------------------------------------------------------------------


def test_organization_names_are_unique_in_any_case(zendesk: httpx.Client) -> None:
    made = organization(zendesk, name=" Acme ", external_id="K1", domain_names=["Acme.example"])
    assert (made["name"], made["domain_names"]) == ("Acme", ["acme.example"])
    answer = zendesk.post("/organizations/create_or_update", json={"organization": {"name": "ACME"}})
    assert answer.json()["details"]["name"][0]["description"] == "Name: ACME has already been taken"
    for params in ({"name": "acme"}, {"external_id": "k1"}):
        found = zendesk.get("/organizations/search", params=params).json()["organizations"]
        assert [item["id"] for item in found] == [made["id"]]


def test_a_deleted_organization_has_no_members(zendesk: httpx.Client) -> None:
    id = organization(zendesk, name="Acme")["id"]
    user = create(zendesk, organization_id=id)
    assert zendesk.delete(f"/organizations/{id}").status_code == 204
    assert zendesk.get(f"/organizations/{id}").json()["error"] == "RecordNotFound"
    assert zendesk.get(f"/users/{user['id']}").json()["user"]["organization_id"] is None


def test_a_completed_job_may_hold_failures(zendesk: httpx.Client) -> None:
    users = [{"name": "A", "email": email} for email in ("a@t.example", "a@t.example", "bad")]
    results = finished(zendesk, zendesk.post("/users/create_many", json={"users": users}))
    assert results[0]["status"] == "Created"
    assert [(item["index"], item["error"]) for item in results[1:]] == [
        (1, "UserCreateError"),
        (2, "UserCreateError"),
    ]
    updates = [{"id": results[0]["id"], "phone": "1"}, {"id": 1, "phone": "2"}]
    results = finished(zendesk, zendesk.put("/users/update_many", json={"users": updates}))
    assert (results[0]["status"], results[1]["id"]) == ("Updated", 1)
    ids = {"ids": str(updates[0]["id"])}
    results = finished(zendesk, zendesk.delete("/users/destroy_many", params=ids))
    assert zendesk.get(f"/users/{results[0]['id']}").json()["user"]["active"] is False


def test_organization_jobs(zendesk: httpx.Client) -> None:
    made = [{"name": "Acme"}, {"name": "acme"}]
    results = finished(zendesk, zendesk.post("/organizations/create_many", json={"organizations": made}))
    assert (results[0]["status"], results[1]["error"]) == ("Created", "OrganizationCreateError")
    update = [{"id": results[0]["id"], "organization_fields": {"size": 7, "industry": "retail"}}]
    finished(zendesk, zendesk.put("/organizations/update_many", json={"organizations": update}))
    shown = zendesk.get(f"/organizations/{results[0]['id']}").json()["organization"]
    assert (shown["organization_fields"]["size"], shown["tags"]) == (7, ["retail"])


def test_bulk_imports_may_be_off_and_have_at_most_100_users(
    zendesk: httpx.Client, control: httpx.Client
) -> None:
    many = {"users": [{"name": "A"}] * 101}
    answer = zendesk.post("/users/create_many", json=many)
    assert (answer.status_code, answer.json()["error"]) == (400, "TooManyValues")
    control.post("/settings", json={"zendesk": {"bulk_user_imports": False}})
    assert zendesk.post("/users/create_many", json={"users": [{"name": "A"}]}).status_code == 403


def test_a_new_field_shows_on_all_users(zendesk: httpx.Client) -> None:
    made = {"user_field": {"key": "tea", "type": "dropdown", "title": "Tea",
                           "custom_field_options": [{"name": "Green", "value": "green_tea"}]}}  # fmt: skip
    assert zendesk.post("/user_fields", json=made).status_code == 201
    assert zendesk.post("/user_fields", json=made).status_code == 422
    assert zendesk.get("/users/me").json()["user"]["user_fields"]["tea"] is None
    assert create(zendesk, user_fields={"tea": "green_tea"})["tags"] == ["green_tea"]


# -- identities --------------------------------------------------------------------------------------


def test_identities_come_with_users_where_they_are_asked_for(zendesk: httpx.Client) -> None:
    one, two = (
        create(zendesk, email="one@t.example", phone="+628110001"),
        create(zendesk, email="two@t.example"),
    )
    zendesk.post(
        f"/users/{one['id']}/identities", json={"identity": {"type": "email", "value": "more@t.example"}}
    )
    ids = f"{one['id']},{two['id']}"
    body = zendesk.get("/users/show_many", params={"ids": ids, "include": "identities"}).json()
    assert [(item["user_id"], item["value"], item["primary"]) for item in body["identities"]] == [
        (one["id"], "one@t.example", True),
        (one["id"], "+628110001", False),
        (one["id"], "more@t.example", False),
        (two["id"], "two@t.example", True),
    ]
    feed = zendesk.get("/incremental/users/cursor", params={"start_time": 0, "include": "identities"}).json()
    assert {"more@t.example", "two@t.example"} <= {item["value"] for item in feed["identities"]}
    assert "identities" not in zendesk.get("/incremental/users/cursor", params={"start_time": 0}).json()


def test_an_identity_keeps_its_id_when_it_is_looked_at_again(zendesk: httpx.Client) -> None:
    path = f"/users/{create(zendesk, email='one@t.example')['id']}/identities"
    first, again = (zendesk.get(path).json()["identities"] for _ in range(2))
    assert first == again
    assert zendesk.get(f"{path}/{first[0]['id']}").json()["identity"] == first[0]


def test_a_new_number_is_a_direct_line_and_somebody_elses_is_shared(zendesk: httpx.Client) -> None:
    one = create(zendesk, phone="+628110001")
    two = create(zendesk, phone="+628110001")
    assert [user["shared_phone_number"] for user in (one, two)] == [False, True]
    assert zendesk.get(f"/users/{two['id']}/identities").json()["identities"] == []
    zendesk.put(f"/users/{one['id']}", json={"user": {"phone": "+628110002"}})
    lines = zendesk.get(f"/users/{one['id']}/identities").json()["identities"]
    assert [item["value"] for item in lines] == ["+628110001", "+628110002"]  # kept beside the old one
    found = zendesk.get("/users/search", params={"query": "phone:+628110001"}).json()["users"]
    assert {user["id"] for user in found} == {one["id"], two["id"]}


def test_asking_for_a_verification_mails_and_making_primary_does_not(
    zendesk: httpx.Client, control: httpx.Client
) -> None:
    path = f"/users/{create(zendesk, email='one@t.example')['id']}/identities"
    body = {"type": "email", "value": "two@t.example", "skip_verify_email": True}
    made = zendesk.post(path, json={"identity": body}).json()["identity"]
    zendesk.put(f"{path}/{made['id']}/make_primary")
    assert control.get("/state").json()["zendesk"]["mails"] == 0
    zendesk.put(f"{path}/{made['id']}/request_verification")
    assert control.get("/state").json()["zendesk"]["mails"] == 1


def test_addresses_and_memberships_do_not_move_the_time_of_change(
    zendesk: httpx.Client, control: httpx.Client
) -> None:
    user, home = create(zendesk, email="one@t.example"), organization(zendesk, name="Acme")
    control.post("/clock", json={"offset": 3600})
    identity = {"type": "email", "value": "two@t.example", "skip_verify_email": True}
    zendesk.post(f"/users/{user['id']}/identities", json={"identity": identity})
    membership = {"user_id": user["id"], "organization_id": home["id"]}
    zendesk.post("/organization_memberships", json={"organization_membership": membership})
    shown = zendesk.get(f"/users/{user['id']}").json()["user"]
    assert (shown["organization_id"], shown["updated_at"]) == (home["id"], user["updated_at"])


# -- merges of organizations -------------------------------------------------------------------------


def test_a_merged_organization_is_gone_and_its_members_are_in_the_other(zendesk: httpx.Client) -> None:
    loser, winner = (
        organization(zendesk, name="Old", domain_names=["old.example"]),
        organization(zendesk, name="New"),
    )
    member = create(zendesk, organization_id=loser["id"])
    body = {"organization_merge": {"winner_id": winner["id"]}}
    merge = zendesk.post(f"/organizations/{loser['id']}/merge", json=body).json()["organization_merge"]
    assert (merge["status"], merge["loser_id"]) == ("new", loser["id"])
    shown = zendesk.get(f"/organization_merges/{merge['id']}").json()["organization_merge"]
    assert (shown["status"], shown["winner_id"]) == ("complete", winner["id"])
    assert zendesk.get(f"/organizations/{loser['id']}").status_code == 404
    listed = zendesk.get(f"/organizations/{loser['id']}/merges").json()["organization_merges"]
    assert [item["id"] for item in listed] == [merge["id"]]
    assert zendesk.get(f"/users/{member['id']}").json()["user"]["organization_id"] == winner["id"]
    assert zendesk.get(f"/organizations/{winner['id']}").json()["organization"]["domain_names"] == [
        "old.example"
    ]


# -- tickets -----------------------------------------------------------------------------------------


def ticket(zendesk: httpx.Client, **values: Any) -> dict[str, Any]:
    answer = zendesk.post("/tickets", json={"ticket": {"comment": {"body": "Help"}, **values}})
    assert answer.status_code == 201, answer.text
    return dict(answer.json()["ticket"])


def test_a_ticket_belongs_to_its_requester(zendesk: httpx.Client) -> None:
    home = organization(zendesk, name="Acme")
    user = create(zendesk, email="one@t.example", organization_id=home["id"])
    made = ticket(zendesk, requester={"name": "One", "email": "One@t.example"}, subject="Late")
    assert (made["requester_id"], made["organization_id"], made["status"]) == (user["id"], home["id"], "new")
    new = ticket(zendesk, requester={"name": "Two", "email": "two@t.example"})
    assert zendesk.get(f"/users/{new['requester_id']}").json()["user"]["email"] == "two@t.example"


def test_the_ticket_feed_shows_deleted_ones_by_their_status(zendesk: httpx.Client) -> None:
    one, two = ticket(zendesk), ticket(zendesk)
    feed = "/incremental/tickets/cursor"
    body = zendesk.get(feed, params={"start_time": 0}).json()
    assert [item["id"] for item in body["tickets"]] == [one["id"], two["id"]]
    assert zendesk.delete(f"/tickets/{one['id']}").status_code == 204
    cursor = {"cursor": body["after_cursor"]}
    assert [item["status"] for item in zendesk.get(feed, params=cursor).json()["tickets"]] == ["deleted"]
    assert zendesk.get(feed, params={**cursor, "exclude_deleted": "true"}).json()["tickets"] == []
    assert zendesk.get(f"/tickets/{one['id']}").status_code == 404
    assert zendesk.get("/tickets/show_many", params={"ids": f"{one['id']},{two['id']}"}).json()["count"] == 1
    assert [item["id"] for item in zendesk.get("/deleted_tickets").json()["deleted_tickets"]] == [one["id"]]
    assert zendesk.put(f"/deleted_tickets/{one['id']}/restore").status_code == 200
    assert zendesk.get(f"/tickets/{one['id']}").json()["ticket"]["status"] == "open"


def test_a_ticket_that_moved_is_not_overwritten_under_safe_update(zendesk: httpx.Client) -> None:
    made = ticket(zendesk)
    body = {"ticket": {"status": "open", "safe_update": True, "updated_stamp": "2020-01-01T00:00:00Z"}}
    answer = zendesk.put(f"/tickets/{made['id']}", json=body)
    assert (answer.status_code, answer.json()["error"]) == (409, "UpdateConflict")
    body["ticket"]["updated_stamp"] = made["updated_at"]
    assert zendesk.put(f"/tickets/{made['id']}", json=body).json()["ticket"]["status"] == "open"


TICKETS_REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "nothing said": ({"comment": {"body": " "}}, "base"),
    "a status that is none": ({"status": "gone"}, "status"),
    "a priority that is none": ({"priority": "soon"}, "priority"),
    "an organization that is not there": ({"organization_id": 1}, "organization"),
}


@pytest.mark.parametrize("case", TICKETS_REFUSED)
def test_a_ticket_is_refused_for(case: str, zendesk: httpx.Client) -> None:
    values, field = TICKETS_REFUSED[case]
    answer = zendesk.post("/tickets", json={"ticket": {"comment": {"body": "Help"}, **values}})
    assert (answer.status_code, list(answer.json()["details"])) == (422, [field])


def test_a_closed_ticket_stays_as_it_is(zendesk: httpx.Client) -> None:
    made = ticket(zendesk, status="closed")
    assert zendesk.put(f"/tickets/{made['id']}", json={"ticket": {"status": "open"}}).status_code == 422


def test_ticket_jobs(zendesk: httpx.Client) -> None:
    items = [{"comment": {"body": "Help"}}, {"status": "open"}]
    results = finished(zendesk, zendesk.post("/tickets/create_many", json={"tickets": items}))
    assert (results[0]["account_id"], results[1]["error"]) == (18525119, "TicketCreateError")
    many = {"ids": f"{results[0]['id']},1"}
    results = finished(
        zendesk, zendesk.put("/tickets/update_many", params=many, json={"ticket": {"tags": ["a"]}})
    )
    assert (results[0]["status"], results[1]["index"]) == ("Updated", 1)


def test_tickets_have_fields_by_id(zendesk: httpx.Client) -> None:
    fields = {item["type"]: item["id"] for item in zendesk.get("/ticket_fields").json()["ticket_fields"]}
    made = ticket(zendesk, custom_fields=[{"id": fields["tagger"], "value": "tea"}])
    assert {"id": fields["tagger"], "value": "tea"} in made["custom_fields"]


def test_the_tickets_of_a_user_are_listed(zendesk: httpx.Client) -> None:
    user = zendesk.post("/users", json={"user": {"name": "Tik Et", "email": "tik@t.example"}}).json()["user"]
    ticket = {"comment": {"body": "Help"}, "subject": "Help", "requester_id": user["id"]}
    assert zendesk.post("/tickets", json={"ticket": ticket}).status_code == 201
    listed = zendesk.get(f"/users/{user['id']}/tickets/requested").json()["tickets"]
    assert [t["subject"] for t in listed] == ["Help"]
    assert zendesk.get("/users/1/tickets/requested").json()["tickets"] == []
