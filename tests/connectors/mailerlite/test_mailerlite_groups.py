"""MailerLite's groups on the wire: named by mappings, known by ids, made where they are missing."""

from __future__ import annotations

import httpx
import pytest
import respx

from connectors.contract import Options, Unexpected, Write
from connectors.http import Http
from connectors.mailerlite import MailerLiteConnector
from connectors.mailerlite.groups import Groups
from tests.connectors.mailerlite_wire import (
    ABSENT,
    API,
    GROUPS,
    ZONES,
    create,
    found,
    replies,
    requests,
    scan,
    subscriber,
    update,
)


def test_a_group_that_is_made_without_an_id_is_no_answer(app: respx.MockRouter) -> None:
    app.post("/groups").respond(201, json={"data": {}})
    http = Http(Options("mail", credentials={"token": "tok-1"}, sleep=lambda _: None), "MailerLite", API, {})
    with pytest.raises(Unexpected, match="comes without its id"):
        Groups(http).make(["new"])
    http.close()


def test_groups_of_which_a_page_failed_are_read_again(app: respx.MockRouter) -> None:
    lost = httpx.Response(404, json={"message": "Not found"})
    first, second = (httpx.Response(200, json={"data": [g], "meta": {"last_page": 2}}) for g in GROUPS)
    app.get("/groups").mock(side_effect=[first, lost, first, second])
    http = Http(Options("mail", credentials={"token": "tok-1"}, sleep=lambda _: None), "MailerLite", API, {})
    groups = Groups(http)
    with pytest.raises(Unexpected):
        groups.names()
    assert groups.ids(["trial"]) == ["2"]
    http.close()


def test_groups_are_included_only_if_mapped(app: respx.MockRouter, mailerlite: MailerLiteConnector) -> None:
    route = scan(app, {})
    list(mailerlite.pull("subscribers", "junk|", ("groups",)))
    assert route.calls.last.request.url.params["include"] == "groups"


def test_a_group_that_is_missing_is_made_once(app: respx.MockRouter, mailerlite: MailerLiteConnector) -> None:
    made = app.post("/groups").respond(201, json={"data": {"id": "77", "name": "partner"}})
    route = app.post("/batch").mock(return_value=replies(found(), found()))
    writes = [Write(ref, "update", ref, {"groups": ["partner", "vip"]}) for ref in ("1", "2")]
    mailerlite.write("subscribers", writes)
    assert made.call_count == 1
    assert requests(route)[1]["body"] == {"groups": ["77", "4243829086487936"]}


def test_a_group_is_met_whatever_the_form_of_its_accents(
    app: respx.MockRouter, mailerlite: MailerLiteConnector
) -> None:
    cafe = {"id": "5", "name": "Caf\u00e9"}
    app.get("/groups").respond(json={"data": [cafe], "meta": {"last_page": 1}})
    made = app.post("/groups").respond(201, json={"data": {"id": "77"}})
    route = app.post("/batch").mock(return_value=replies(found()))
    mailerlite.write("subscribers", [update({"groups": ["Cafe\u0301"]})])
    assert requests(route)[0]["body"] == {"groups": ["5"]}
    assert made.call_count == 0


def test_a_group_is_met_whatever_the_case_of_its_name(
    app: respx.MockRouter, mailerlite: MailerLiteConnector
) -> None:
    made = app.post("/groups").respond(201, json={"data": {"id": "77"}})
    route = app.post("/batch").mock(return_value=replies(found()))
    mailerlite.write("subscribers", [update({"groups": ["vip", " VIP", "Trial"]})])
    assert requests(route)[0]["body"] == {"groups": ["4243829086487936", "2"]}
    assert made.call_count == 0


def test_of_groups_that_differ_in_case_the_one_that_is_named_counts(
    app: respx.MockRouter, mailerlite: MailerLiteConnector
) -> None:
    both = [{"id": "1", "name": "VIP"}, {"id": "2", "name": "vip"}]
    app.get("/groups").respond(json={"data": both, "meta": {"last_page": 1}})
    route = app.post("/batch").mock(return_value=replies(found()))
    mailerlite.write("subscribers", [update({"groups": ["vip"]})])
    assert requests(route)[0]["body"] == {"groups": ["2"]}


REFUSED_NAME = {"message": "The name is not allowed.", "errors": {"name": ["The name is not allowed."]}}


def test_a_group_that_is_refused_stops_one_field_of_one_write(
    app: respx.MockRouter, mailerlite: MailerLiteConnector
) -> None:
    made = app.post("/groups").respond(422, json=REFUSED_NAME)
    route = app.post("/batch").mock(return_value=replies(found(id="2")))
    both = {"groups": ["vip", "odd"], "fields.city": "Yazd"}
    writes = [Write(ref, "update", ref, both) for ref in ("1", "3")]
    refused, other, third = mailerlite.write(
        "subscribers", [writes[0], Write("2", "update", "2", {"fields.city": "Yazd"}), writes[1]]
    )
    assert [refused.outcome, other.outcome, third.outcome] == ["rejected", "applied", "rejected"]
    assert list(refused.fields) == list(third.fields) == ["groups"]
    assert "odd: The name is not allowed" in refused.reason
    assert (made.call_count, len(requests(route))) == (1, 1)


def test_a_refused_group_leaves_other_creates_alone(
    app: respx.MockRouter, mailerlite: MailerLiteConnector
) -> None:
    app.post("/groups").respond(422, json=REFUSED_NAME)
    made = (201, {"data": subscriber("7", "b@x.test")})
    app.post("/batch").mock(side_effect=[replies(ABSENT, ABSENT), replies(made, ZONES)])
    results = mailerlite.write(
        "subscribers", [create("r1", "a@x.test", groups=["odd"]), create("r2", "b@x.test")]
    )
    assert [result.outcome for result in results] == ["rejected", "applied"]


def test_a_group_that_was_made_beside_a_refused_one_is_given(
    app: respx.MockRouter, mailerlite: MailerLiteConnector
) -> None:
    made = httpx.Response(201, json={"data": {"id": "77"}})
    app.post("/groups").mock(side_effect=[made, httpx.Response(422, json=REFUSED_NAME)])
    route = app.post("/batch").mock(return_value=replies(found(id="1")))
    writes = [Write(name, "update", "1", {"groups": [name]}) for name in ("partner", "odd")]
    results = {result.ref: result.outcome for result in mailerlite.write("subscribers", writes)}
    assert results == {"partner": "applied", "odd": "rejected"}
    assert requests(route)[0]["body"] == {"groups": ["77"]}  # though the list does not show it yet


def test_a_group_that_somebody_made_meanwhile_is_taken(
    app: respx.MockRouter, mailerlite: MailerLiteConnector
) -> None:
    mailerlite.describe("subscribers")
    app.post("/groups").respond(422, json={"message": "The name has already been taken."})
    app.get("/groups").respond(json={"data": [{"id": "77", "name": "partner"}], "meta": {"last_page": 1}})
    route = app.post("/batch").mock(return_value=replies(found()))
    (result,) = mailerlite.write("subscribers", [update({"groups": ["partner"]})])
    assert result.outcome == "applied"
    assert requests(route)[0]["body"] == {"groups": ["77"]}


@pytest.mark.parametrize(
    ("now", "outcome", "refused"),
    [([{"id": "9", "name": "trial"}], "retry", []), (GROUPS, "rejected", ["groups"])],
    ids=["made again", "refused for another reason"],
)
def test_a_group_that_was_made_again_is_given_by_its_new_id(
    app: respx.MockRouter,
    mailerlite: MailerLiteConnector,
    now: list[object],
    outcome: str,
    refused: list[str],
) -> None:
    wrong = {"message": "The given data was invalid.", "errors": {"groups.0": ["It is invalid."]}}
    route = app.post("/batch").mock(side_effect=[replies((422, wrong), found(id="2")), replies(found())])
    mailerlite.describe("subscribers")
    app.get("/groups").respond(json={"data": now, "meta": {"last_page": 1}})
    named, other = update({"groups": ["trial"]}), Write("u2", "update", "2", {"fields.city": "Berlin"})
    first, second = mailerlite.write("subscribers", [named, other])
    assert (first.outcome, list(first.fields), second.outcome) == (outcome, refused, "applied")
    mailerlite.write("subscribers", [named])
    assert requests(route)[0]["body"] == {"groups": ["9" if outcome == "retry" else "2"]}
