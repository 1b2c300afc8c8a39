"""Zendesk's writes on the wire: jobs, single calls, addresses and organizations."""

from __future__ import annotations

import httpx
import pytest
import respx
from zendesk_wire import connect, create, job, organization, sent, update, user

from connectors.contract import FieldSpec, Write
from connectors.zendesk import ZendeskConnector
from connectors.zendesk.jobs import by_position


def test_many_creates_are_one_job_and_send_no_mail(app: respx.MockRouter, zendesk: ZendeskConnector) -> None:
    route = app.post("/users/create_many").respond(json=job("queued"))
    done = job(
        "completed",
        *({"index": n, "id": 10 + n, "status": "Created"} for n in (0, 1, 3)),
        {
            "index": 2,
            "error": "UserCreateError",
            "details": "Email: b@x.test is already being used",
        },
    )
    polls = app.get("/job_statuses/V3-1")
    polls.side_effect = [httpx.Response(200, json=job("working")), httpx.Response(200, json=done)]
    app.get("/users/show_many").respond(json={"users": [user(10), user(11), user(13)]})
    writes = [create(f"r{n}", email=f"{n}@x.test", organization_id="55", phone=None) for n in range(4)]
    results = {result.ref: result for result in zendesk.write("users", writes)}
    assert [results[f"r{n}"].outcome for n in range(4)] == ["applied", "applied", "existed", "applied"]
    assert sent(route)["users"][0] == {
        "name": "Name r0",
        "email": "0@x.test",
        "organization_id": 55,
        "skip_verify_email": True,
    }
    assert results["r0"].record is not None
    assert results["r0"].record.values["email"] == "a@x.test"
    assert "b@x.test" not in results["r2"].reason
    assert zendesk.calls == 1 + 1 + 2 + 1  # fields, job, two looks, one read


def test_completed_does_not_mean_that_all_succeeded(app: respx.MockRouter, zendesk: ZendeskConnector) -> None:
    taken = {
        "index": 1,
        "error": "OrganizationUpdateFailed",
        "id": 2,
        "details": "Name: X has already been taken",
    }
    body = job("completed", {"id": 1, "status": "Updated", "success": True}, taken)
    app.put("/organizations/update_many").respond(json=body)
    app.get("/organizations/show_many").respond(json={"organizations": [organization(1)]})
    writes = [Write(str(id), "update", str(id), {"name": f"N{id}"}) for id in (1, 2, 3, 4)]
    results = {result.ref: result for result in zendesk.write("organizations", writes)}
    assert [results[ref].outcome for ref in "1234"] == ["applied", "rejected", "unknown", "unknown"]
    assert list(results["2"].fields) == ["name"]


def test_outcomes_without_index_go_by_id_then_by_their_place() -> None:
    made = [{"status": "Created", "id": 7}, {"index": 1, "error": "x"}]
    assert by_position(made, [None, None]) == {0: made[0], 1: made[1]}
    assert by_position(made[:1], [None, None]) == {}
    updated = [{"id": 2, "success": True}]
    assert by_position(updated, ["1", "2"]) == {1: updated[0]}


def test_creates_whose_outcomes_come_in_another_order_are_not_mixed_up(
    app: respx.MockRouter, zendesk: ZendeskConnector
) -> None:
    made = [{"id": 10 + n, "status": "Created"} for n in (3, 1, 2, 0)]
    app.post("/users/create_many").respond(json=job("completed", *made))
    shown = [user(10 + n, external_id=f"Golden-{n}") for n in range(4)]
    app.get("/users/show_many").respond(json={"users": shown})
    results = zendesk.write("users", [create(f"r{n}", external_id=f"golden-{n}") for n in range(4)])
    told = {result.ref: (result.outcome, result.id) for result in results}
    assert told == {
        "r0": ("unknown", None),
        "r1": ("applied", "11"),
        "r2": ("applied", "12"),
        "r3": ("unknown", None),
    }


def test_a_job_that_is_lost_sight_of_is_unknown(app: respx.MockRouter, zendesk: ZendeskConnector) -> None:
    app.post("/users/create_many").respond(json=job("queued"))
    app.get("/job_statuses/V3-1").respond(503)
    results = zendesk.write("users", [create(f"r{n}") for n in range(4)])
    assert {result.outcome for result in results} == {"unknown"}


def test_a_job_is_looked_at_at_once_and_then_less_and_less_often(app: respx.MockRouter) -> None:
    slept: list[float] = []
    zendesk = connect(slept.append)
    app.post("/users/create_many").respond(json=job("queued"))
    done = job("completed", *({"index": n, "id": 10 + n, "status": "Created"} for n in range(4)))
    looks = [job("queued"), *[job("working")] * 8, done]
    app.get("/job_statuses/V3-1").side_effect = [httpx.Response(200, json=look) for look in looks]
    app.get("/users/show_many").respond(json={"users": []})
    zendesk.write("users", [create(f"r{n}") for n in range(4)])
    zendesk.close()
    assert slept == [0.0, 0.05, 0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 5.0, 5.0]


def test_an_account_without_bulk_imports_gets_single_creates_from_then_on(
    app: respx.MockRouter, zendesk: ZendeskConnector
) -> None:
    bulk = app.post("/users/create_many").respond(403, json={"error": "Forbidden"})
    single = app.post("/users").respond(201, json={"user": user(5)})
    for _ in range(2):
        results = zendesk.write("users", [create(f"r{n}") for n in range(4)])
        assert {result.outcome for result in results} == {"applied"}
    assert (bulk.call_count, single.call_count) == (1, 8)


def test_bulk_can_be_switched_off(app: respx.MockRouter) -> None:
    connector = connect(bulk=False)
    single = app.put(path__regex=r"/users/\d+$").respond(json={"user": user(5)})
    gone = app.delete(path__regex=r"/users/\d+$").respond(json={"user": user(5)})
    connector.write("users", [update(str(n), phone="1") for n in range(4)])
    connector.write("users", [Write(str(n), "archive", str(n), {}) for n in range(4)])
    connector.close()
    assert (single.call_count, gone.call_count) == (4, 4)


def test_few_writes_are_single_calls_whose_answer_is_the_record(
    app: respx.MockRouter, zendesk: ZendeskConnector
) -> None:
    route = app.put("/users/1").respond(json={"user": user(1, phone=None, user_fields={"city": "Yazd"})})
    (result,) = zendesk.write("users", [update("1", phone=None, user_fields__city="Yazd", tags=None)])
    assert sent(route) == {
        "user": {"phone": None, "tags": [], "user_fields": {"city": "Yazd"}},
    }
    assert result.record is not None
    assert result.record.values == {"phone": None, "user_fields.city": "Yazd"}


REFUSALS: dict[str, tuple[str, httpx.Response, str, list[str]]] = {
    "bad value": (
        "update",
        httpx.Response(
            422,
            json={
                "error": "RecordInvalid",
                "details": {"phone": [{"description": "Phone: is not properly formatted"}]},
            },
        ),
        "rejected",
        ["phone"],
    ),
    "taken address": (
        "create",
        httpx.Response(
            422,
            json={
                "error": "RecordInvalid",
                "details": {"email": [{"description": "Email: taken", "error": "DuplicateValue"}]},
            },
        ),
        "existed",
        [],
    ),
    "gone": ("update", httpx.Response(404, json={"error": "RecordNotFound"}), "stale", []),
    "busy": ("update", httpx.Response(409, json={"error": "DatabaseConflict"}), "retry", []),
    "shared user": ("update", httpx.Response(403, json={"error": {"title": "Forbidden"}}), "rejected", []),
    "error as an object": ("update", httpx.Response(400, json={"error": {"title": "no"}}), "rejected", []),
    "server failure": ("create", httpx.Response(500), "unknown", []),
}


@pytest.mark.parametrize(("kind", "answer", "outcome", "fields"), REFUSALS.values(), ids=REFUSALS.keys())
def test_single_refusals(
    app: respx.MockRouter,
    zendesk: ZendeskConnector,
    kind: str,
    answer: httpx.Response,
    outcome: str,
    fields: list[str],
) -> None:
    app.put("/users/1").mock(return_value=answer)
    app.post("/users").mock(return_value=answer)
    write = update("1", phone="x") if kind == "update" else create("r1", email="a@x.test")
    (result,) = zendesk.write("users", [write])
    assert (result.outcome, list(result.fields)) == (outcome, fields)


def test_a_429_in_plain_text_is_waited_out(app: respx.MockRouter, zendesk: ZendeskConnector) -> None:
    limited = httpx.Response(
        429,
        text="You have exceeded the rate limit for updating a single user.",
        headers={"retry-after": "27"},
    )
    route = app.put("/users/1").mock(side_effect=[limited, httpx.Response(200, json={"user": user(1)})])
    (result,) = zendesk.write("users", [update("1", name="Sara")])
    assert (result.outcome, route.call_count) == ("applied", 2)


def test_a_new_primary_address_is_an_identity_made_primary(
    app: respx.MockRouter, zendesk: ZendeskConnector
) -> None:
    route = app.post("/users/1/identities").respond(201, json={"identity": {"id": 77}})
    primary = app.put("/users/1/identities/77/make_primary").respond(json={})
    app.get("/users/show_many").respond(json={"users": [user(1, email="new@x.test")]})
    (result,) = zendesk.write("users", [update("1", email="new@x.test")])
    assert sent(route)["identity"] == {
        "type": "email",
        "value": "new@x.test",
        "verified": True,
        "skip_verify_email": True,
    }
    assert primary.called
    assert result.record is not None
    assert result.record.values == {"email": "new@x.test"}


def test_an_own_further_address_becomes_primary(app: respx.MockRouter, zendesk: ZendeskConnector) -> None:
    app.post("/users/1/identities").respond(422, json={"description": "taken"})
    app.get("/users/1/identities").respond(
        json={"identities": [{"id": 8, "type": "email", "value": "new@x.test"}]}
    )
    primary = app.put("/users/1/identities/8/make_primary").respond(json={})
    app.get("/users/show_many").respond(json={"users": [user(1, email="new@x.test")]})
    (result,) = zendesk.write("users", [update("1", email="new@x.test")])
    assert primary.called
    assert result.outcome == "applied"


def test_anothers_address_is_refused_and_the_rest_is_not(
    app: respx.MockRouter, zendesk: ZendeskConnector
) -> None:
    app.put("/users/1").respond(json={"user": user(1)})
    app.post("/users/1/identities").respond(422, json={"description": "Email: taken"})
    app.get("/users/1/identities").respond(json={"identities": []})
    app.get("/users/show_many").respond(json={"users": [user(1, email="a@x.test")]})
    (result,) = zendesk.write("users", [update("1", name="Sara", email="b@x.test")])
    assert (result.outcome, result.fields) == ("applied", {"email": "Email: taken"})
    assert result.reason == "email: Email: taken"
    assert result.record is not None
    assert result.record.values == {"name": "Sara", "email": "a@x.test"}


def test_anothers_address_is_refused_in_zendesks_words(
    app: respx.MockRouter, zendesk: ZendeskConnector
) -> None:
    details = {"value": [{"description": "Value: b@x.test is already being used by another user"}]}
    body = {"error": "RecordInvalid", "description": "Record validation errors", "details": details}
    app.post("/users/1/identities").respond(422, json=body)
    app.get("/users/1/identities").respond(json={"identities": []})
    (result,) = zendesk.write("users", [update("1", email="b@x.test")])
    assert result.fields == {"email": "Value: [e-mail] is already being used by another user"}


def test_anothers_address_alone_changes_nothing(app: respx.MockRouter, zendesk: ZendeskConnector) -> None:
    app.post("/users/1/identities").respond(422, json={"description": "Email: taken"})
    app.get("/users/1/identities").respond(json={"identities": []})
    (result,) = zendesk.write("users", [update("1", email="b@x.test")])
    assert (result.outcome, list(result.fields), result.record) == ("rejected", ["email"], None)


def test_one_of_two_parts_that_was_done_makes_it_applied(
    app: respx.MockRouter, zendesk: ZendeskConnector
) -> None:
    app.post("/users/1/identities").respond(201, json={"identity": {"id": 77}})
    app.put("/users/1/identities/77/make_primary").respond(json={})
    app.post("/organization_memberships").respond(404, json={"description": "no such organization"})
    app.get("/users/show_many").respond(json={"users": [user(1, email="b@x.test")]})
    (result,) = zendesk.write("users", [update("1", email="b@x.test", organization_id="9")])
    assert (result.outcome, list(result.fields)) == ("applied", ["organization_id"])


def test_without_a_read_afterwards_an_old_answer_is_not_taken_for_the_record(
    app: respx.MockRouter, zendesk: ZendeskConnector
) -> None:
    app.put("/users/1").respond(json={"user": user(1, email="old@x.test")})
    app.post("/users/1/identities").respond(201, json={"identity": {"id": 77}})
    app.put("/users/1/identities/77/make_primary").respond(json={})
    app.get("/users/show_many").respond(404)
    (result,) = zendesk.write("users", [update("1", name="Sara", email="new@x.test")])
    assert (result.outcome, result.record) == ("applied", None)


def test_an_organization_is_joined_without_leaving_the_others(
    app: respx.MockRouter, zendesk: ZendeskConnector
) -> None:
    joins = app.post("/organization_memberships").mock(
        side_effect=[httpx.Response(201, json={}), httpx.Response(422, json={})]
    )
    app.get("/users/2/organization_memberships").respond(
        json={"organization_memberships": [{"id": 9, "organization_id": 55, "default": None}]}
    )
    default = app.put("/users/2/organization_memberships/9/make_default").respond(json={})
    shown = [user(1, organization_id=55), user(2, organization_id=55)]
    app.get("/users/show_many").respond(json={"users": shown})
    results = zendesk.write("users", [update("1", organization_id="55"), update("2", organization_id="55")])
    assert sent(joins, 0) == {
        "organization_membership": {"user_id": 1, "organization_id": 55, "default": True}
    }
    assert default.called
    assert [result.record.values for result in results if result.record] == [{"organization_id": "55"}] * 2


def test_many_memberships_are_one_job(app: respx.MockRouter, zendesk: ZendeskConnector) -> None:
    outcomes = [{"index": n, "id": n, "status": "Created"} for n in range(4)]
    route = app.post("/organization_memberships/create_many").respond(json=job("completed", *outcomes))
    app.get("/users/show_many").respond(json={"users": []})
    results = zendesk.write("users", [update(str(n), organization_id="55") for n in range(4)])
    assert len(sent(route)["organization_memberships"]) == 4
    assert {result.outcome for result in results} == {"applied"}


@pytest.mark.parametrize(
    ("others", "outcome"), [(0, "applied"), (1, "rejected")], ids=["alone", "one of two"]
)
def test_clearing_the_organization_ends_an_only_membership(
    app: respx.MockRouter, zendesk: ZendeskConnector, others: int, outcome: str
) -> None:
    items = [{"id": 9 - n, "organization_id": 55 - n, "default": n == 0} for n in range(1 + others)]
    app.get("/users/1/organization_memberships").respond(json={"organization_memberships": items})
    route = app.delete("/organization_memberships/9").respond(204)
    app.get("/users/show_many").respond(json={"users": [user(1, organization_id=None)]})
    (result,) = zendesk.write("users", [update("1", organization_id=None)])
    assert result.outcome == outcome
    assert route.called == (outcome == "applied")


def test_many_archives_are_one_job(app: respx.MockRouter, zendesk: ZendeskConnector) -> None:
    outcomes = [{"action": "delete", "id": n, "status": "Deleted", "success": True} for n in range(4)]
    route = app.delete("/users/destroy_many").respond(json=job("completed", *outcomes))
    results = zendesk.write("users", [Write(str(n), "archive", str(n), {}) for n in range(4)])
    assert {result.outcome for result in results} == {"applied"}
    assert route.calls.last.request.url.params["ids"] == "0,1,2,3"


def test_create_fields_makes_fields_with_choices(app: respx.MockRouter, zendesk: ZendeskConnector) -> None:
    route = app.post("/user_fields").respond(201, json={})
    zendesk.create_fields("users", [FieldSpec("user_fields.tier", "choice", "Tier", options=("a",))])
    assert sent(route) == {
        "user_field": {
            "key": "tier",
            "title": "Tier",
            "type": "dropdown",
            "custom_field_options": [{"name": "a", "value": "a"}],
        }
    }


def test_the_tag_of_a_choice_goes_with_the_choice(app: respx.MockRouter, zendesk: ZendeskConnector) -> None:
    """It would stay beside that of the new one, and say the opposite."""
    route = app.put("/users/1").respond(json={"user": user()})
    consent, city = "user_fields.marketing_consent", "user_fields.city"
    before = {consent: "subscribed", city: "paris", "tags": ["paris", "subscribed", "trial"]}
    after = {consent: "unsubscribed", city: "rome", "tags": ["paris", "subscribed", "vip"]}
    zendesk.write("users", [Write("u1", "update", "1", after, before)])
    assert sent(route)["user"]["tags"] == ["paris", "vip"]
    zendesk.write("users", [Write("u1", "update", "1", {"tags": ["subscribed", "vip"]}, before)])
    assert sent(route)["user"]["tags"] == ["subscribed", "vip"]


def test_a_new_user_whose_organization_is_gone_is_refused_the_organization_alone(
    app: respx.MockRouter, zendesk: ZendeskConnector
) -> None:
    details = {"organization": [{"description": "Organization: is invalid"}]}
    app.post("/users").respond(422, json={"error": "RecordInvalid", "details": details})
    wrong = {"error": "UserCreateError", "details": "Organization: is invalid"}
    app.post("/users/create_many").respond(json=job("completed", *({"index": n, **wrong} for n in range(4))))
    writes = [create(f"r{n}", email=f"{n}@x.test", organization_id="55") for n in range(4)]
    for result in (*zendesk.write("users", writes[:1]), *zendesk.write("users", writes)):
        assert (result.outcome, list(result.fields)) == ("rejected", ["organization_id"])
