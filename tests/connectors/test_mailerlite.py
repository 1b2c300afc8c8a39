"""MailerLite on the wire: the calls that are made, and what its documented answers are taken for.

Over 400 lines because it is one app, call by call, which is read beside its API.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import httpx
import orjson
import pytest
import respx

from connectors.contract import AppError, AuthRefused, FieldSpec, Options, Unavailable, Unexpected, Write
from connectors.http import Http
from connectors.mailerlite import MailerLiteConnector
from connectors.mailerlite.groups import Groups

API = "https://connect.mailerlite.com/api"
BIG = "31986843064993537"  # beyond what a float holds
OWN = [
    {"id": "17", "name": "Name", "key": "name", "type": "text"},
    {"id": "9", "name": "City", "key": "city", "type": "text"},
    {"id": "18", "name": "Seats", "key": "seats", "type": "number"},
]
GROUPS = [{"id": "4243829086487936", "name": "vip"}, {"id": "2", "name": "trial"}]


@pytest.fixture
def app() -> Iterator[respx.MockRouter]:
    with respx.mock(base_url=API, assert_all_called=False) as router:
        router.get("/fields").respond(json={"data": OWN, "meta": {"last_page": 1}})
        router.get("/groups").mock(side_effect=_groups)
        yield router


def _groups(request: httpx.Request) -> httpx.Response:
    page = int(request.url.params["page"])
    return httpx.Response(200, json={"data": [GROUPS[page - 1]], "meta": {"last_page": 2}})


@pytest.fixture
def mailerlite() -> Iterator[MailerLiteConnector]:
    connector = MailerLiteConnector(Options("mail", credentials={"token": "tok-1"}, sleep=lambda _: None))
    yield connector
    connector.close()


def subscriber(id: str = BIG, email: str = "a@x.test", **more: Any) -> dict[str, Any]:
    base = {"id": id, "email": email, "status": "active", "updated_at": "2021-09-01 14:03:50", "fields": {}}
    return {**base, **more}


def replies(*items: tuple[int, Any]) -> httpx.Response:
    responses = [{"code": code, "body": body} for code, body in items]
    return httpx.Response(200, json={"total": len(responses), "responses": responses})


def found(**more: Any) -> tuple[int, Any]:
    return 200, {"data": subscriber(**more)}


ABSENT = (404, {"message": "Resource not found."})
ZONES: tuple[int, Any] = (200, {"data": []})


def requests(route: respx.Route, call: int = -1) -> Any:
    return orjson.loads(route.calls[call].request.content)["requests"]


def create(ref: str, email: str, **values: Any) -> Write:
    return Write(ref, "create", None, {"email": email, **values})


def update(values: dict[str, Any], id: str = BIG) -> Write:
    return Write("u1", "update", id, values)


# Describing.


def test_fields_and_groups_become_field_specs(app: respx.MockRouter, mailerlite: MailerLiteConnector) -> None:
    spec = mailerlite.describe("subscribers")
    assert spec.feed == "scan"
    assert spec.fields["email"].writable == "create"
    assert spec.fields["groups"].options == ("vip", "trial")
    assert spec.fields["fields.seats"].kind == "decimal"
    assert spec.fields["status"].consent["junk"] == "complained"
    assert spec.fields["status"].consent_set["bounced"] == "unsubscribed"
    assert spec.consent_on_new == "subscribed"


def test_every_call_accepts_and_sends_json_of_a_pinned_version(
    app: respx.MockRouter, mailerlite: MailerLiteConnector
) -> None:
    mailerlite.check()
    headers = app.calls.last.request.headers
    assert headers["accept"] == "application/json"
    assert headers["content-type"] == "application/json"
    assert headers["authorization"] == "Bearer tok-1"
    assert headers["x-version"]


def test_the_oldest_field_stands_for_the_account(
    app: respx.MockRouter, mailerlite: MailerLiteConnector
) -> None:
    assert mailerlite.check().id == "field-9"


def test_a_refused_token_is_told(app: respx.MockRouter, mailerlite: MailerLiteConnector) -> None:
    app.get("/fields").respond(401, json={"message": "Unauthenticated."})
    with pytest.raises(AuthRefused, match="renew it"):
        mailerlite.check()


# Reading.


def scan(app: respx.MockRouter, pages: dict[tuple[str, str], tuple[list[Any], str | None]]) -> respx.Route:
    def answer(request: httpx.Request) -> httpx.Response:
        asked = (request.url.params["filter[status]"], request.url.params.get("cursor", ""))
        items, following = pages.get(asked, ([], None))
        return httpx.Response(200, json={"data": items, "meta": {"next_cursor": following}})

    return app.get("/subscribers").mock(side_effect=answer)


def test_a_scan_reads_every_status_and_ends_without_cursor(
    app: respx.MockRouter, mailerlite: MailerLiteConnector
) -> None:
    route = scan(
        app,
        {
            ("active", ""): ([subscriber("1")], "c2"),
            ("active", "c2"): ([subscriber("2")], None),
            ("junk", ""): ([subscriber("3", status="junk")], None),
        },
    )
    pages = list(mailerlite.pull("subscribers", None, ("email", "status")))
    assert [record.id for page in pages for record in page.records] == ["1", "2", "3"]
    assert [page.cursor for page in pages] == ["active|c2", "unsubscribed|", None]
    assert [page.last for page in pages] == [False, False, True]
    asked = [call.request.url.params["filter[status]"] for call in route.calls]
    assert asked == ["unconfirmed", "active", "active", "unsubscribed", "bounced", "junk"]
    assert route.calls[0].request.url.params["limit"] == "100"
    assert "include" not in route.calls[0].request.url.params


def test_a_scan_resumes_in_the_middle(app: respx.MockRouter, mailerlite: MailerLiteConnector) -> None:
    route = scan(app, {("bounced", "c9"): ([subscriber("8", status="bounced")], None)})
    pages = list(mailerlite.pull("subscribers", "bounced|c9", ("email",)))
    assert [record.id for page in pages for record in page.records] == ["8"]
    assert [call.request.url.params["filter[status]"] for call in route.calls] == ["bounced", "junk"]


def test_a_cursor_that_stands_still_is_asked_again_and_then_given_up(
    app: respx.MockRouter, mailerlite: MailerLiteConnector
) -> None:
    """Taken for the end, the scan would look complete without what follows."""
    route = scan(app, {("junk", "same"): ([], "same")})
    with pytest.raises(Unavailable, match="repeats one page"):
        list(mailerlite.pull("subscribers", "junk|same", ("email",)))
    assert route.call_count == 3


@pytest.mark.parametrize(
    ("settings", "paused_after"),
    [({}, 54), ({"scan_share": 0.25}, 27), ({"rate_limit": 40}, 18)],
    ids=["half by default", "a quarter", "half of a limit of one's own"],
)
def test_a_scan_leaves_budget_to_writes(
    settings: dict[str, Any], paused_after: int, app: respx.MockRouter
) -> None:
    """Of 120 calls a minute, a tenth stays free for others, and a scan takes half of the rest."""
    slept: list[float] = []
    mailerlite = MailerLiteConnector(
        Options("mail", credentials={"token": "t"}, settings=settings, sleep=slept.append)
    )
    places = [str(n) if n else "" for n in range(paused_after + 1)]
    scan(app, {("unconfirmed", place): ([subscriber()], str(n + 1)) for n, place in enumerate(places)})
    for _ in mailerlite.pull("subscribers", None, ("email",)):
        if slept:
            break
    mailerlite.close()
    assert sum(call.request.url.path == "/api/subscribers" for call in app.calls) == paused_after + 1


def test_a_foreign_cursor_is_refused(app: respx.MockRouter, mailerlite: MailerLiteConnector) -> None:
    with pytest.raises(AppError, match="resync"):
        list(mailerlite.pull("subscribers", "since|2026", ("email",)))


def test_records_are_flat_and_blanks_are_none(app: respx.MockRouter, mailerlite: MailerLiteConnector) -> None:
    item = subscriber(
        fields={"name": "", "city": "Yazd", "seats": None},
        groups=[{"id": "2", "name": "trial"}],
        status="unsubscribed",
        unsubscribed_at="2022-01-02 03:04:05",
    )
    scan(app, {("junk", ""): ([item], None)})
    fields = ("email", "status", "groups", "fields.name", "fields.city", "fields.seats", "unknown")
    (page,) = mailerlite.pull("subscribers", "junk|", fields)
    (record,) = page.records
    assert record.id == BIG
    assert record.values == {
        "email": "a@x.test",
        "status": "unsubscribed",
        "groups": ["trial"],
        "fields.name": None,
        "fields.city": "Yazd",
        "fields.seats": None,
    }
    assert record.stamp == datetime(2021, 9, 1, 14, 3, 50, tzinfo=UTC)
    assert record.stamps == {"status": datetime(2022, 1, 2, 3, 4, 5, tzinfo=UTC)}


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


def test_fetch_batches_fifty_a_call_and_takes_404_for_deleted(
    app: respx.MockRouter, mailerlite: MailerLiteConnector
) -> None:
    ids = [str(n) for n in range(60)]
    first = [found(id=id) for id in ids[:50]]
    last = [found(id=id) for id in ids[50:58]] + [ABSENT, found(id="59", deleted_at="2026-01-01 00:00:00")]
    route = app.post("/batch").mock(side_effect=[replies(*first), replies(*last)])
    answers = mailerlite.fetch("subscribers", ids, ("email",))
    assert [answer.state for answer in answers] == ["found"] * 58 + ["deleted", "deleted"]
    assert requests(route, 0)[0] == {"method": "GET", "path": "api/subscribers/0"}
    assert [len(requests(route, n)) for n in (0, 1)] == [50, 10]


def test_find_asks_by_address_without_lag(app: respx.MockRouter, mailerlite: MailerLiteConnector) -> None:
    route = app.post("/batch").mock(return_value=replies(found(), ABSENT))
    records = mailerlite.find("subscribers", "email", ["A+b@x.test", "c@x.test"], ("email",))
    assert [record.id for record in records] == [BIG]
    assert requests(route)[0]["path"] == "api/subscribers/a%2Bb@x.test"


@pytest.mark.parametrize("code", [429, 500, 503])
def test_a_part_of_a_read_that_failed_fails_the_read(
    app: respx.MockRouter, mailerlite: MailerLiteConnector, code: int
) -> None:
    app.post("/batch").mock(return_value=replies((code, {})))
    with pytest.raises(Unavailable):
        mailerlite.fetch("subscribers", ["1"], ("email",))


def test_an_answer_that_is_too_short_is_no_deletion(
    app: respx.MockRouter, mailerlite: MailerLiteConnector
) -> None:
    app.post("/batch").mock(return_value=replies(found(id="1")))
    with pytest.raises(Unavailable):
        mailerlite.fetch("subscribers", ["1", "2"], ("email",))


# Writing.


def test_a_create_looks_the_address_up_and_is_no_import(
    app: respx.MockRouter, mailerlite: MailerLiteConnector
) -> None:
    made = (201, {"data": subscriber("7", "new@x.test", fields={"city": "Yazd"}, groups=[GROUPS[0]])})
    route = app.post("/batch").mock(side_effect=[replies(found(id="5"), ABSENT), replies(made, ZONES)])
    values = {"fields.city": "Yazd", "groups": ["vip"], "status": "active"}
    taken, new = mailerlite.write(
        "subscribers", [create("r1", "old@x.test"), create("r2", "new@x.test", **values)]
    )
    assert (taken.outcome, taken.id) == ("existed", "5")
    assert (new.outcome, new.id) == ("applied", "7")
    assert new.record is not None
    assert new.record.values["groups"] == ["vip"]
    body = {
        "email": "new@x.test",
        "fields": {"city": "Yazd"},
        "groups": ["4243829086487936"],
        "status": "active",
    }
    assert requests(route) == [
        {"method": "POST", "path": "api/subscribers", "body": body},
        {"method": "GET", "path": "api/timezones"},
    ]


def test_an_upsert_that_met_a_subscriber_is_no_create(
    app: respx.MockRouter, mailerlite: MailerLiteConnector
) -> None:
    app.post("/batch").mock(side_effect=[replies(ABSENT), replies(found(id="5"), ZONES)])
    (result,) = mailerlite.write("subscribers", [create("r1", "a@x.test")])
    assert (result.outcome, result.id) == ("existed", "5")


def test_fifty_creates_are_two_batches_of_lookup_and_create(
    app: respx.MockRouter, mailerlite: MailerLiteConnector
) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        asked = orjson.loads(request.content)["requests"]
        assert len(asked) <= 50
        codes = {"POST": (201, {"data": subscriber()}), "GET": ABSENT}
        return replies(*(codes[item["method"]] for item in asked))

    route = app.post("/batch").mock(side_effect=answer)
    results = mailerlite.write("subscribers", [create(f"r{n}", f"p{n}@x.test") for n in range(50)])
    assert {result.outcome for result in results} == {"applied"}
    assert route.call_count == 4


def test_an_update_sends_only_what_is_given_and_clears_with_null(
    app: respx.MockRouter, mailerlite: MailerLiteConnector
) -> None:
    route = app.post("/batch").mock(return_value=replies(found(fields={"city": None}, groups=[])))
    (result,) = mailerlite.write("subscribers", [update({"fields.city": None, "groups": None})])
    assert requests(route) == [
        {"method": "PUT", "path": f"api/subscribers/{BIG}", "body": {"fields": {"city": None}, "groups": []}}
    ]
    assert result.record is not None
    assert result.record.values == {"fields.city": None, "groups": None}


def test_a_group_that_is_missing_is_made_once(app: respx.MockRouter, mailerlite: MailerLiteConnector) -> None:
    made = app.post("/groups").respond(201, json={"data": {"id": "77", "name": "partner"}})
    route = app.post("/batch").mock(return_value=replies(found(), found()))
    writes = [Write(ref, "update", ref, {"groups": ["partner", "vip"]}) for ref in ("1", "2")]
    mailerlite.write("subscribers", writes)
    assert made.call_count == 1
    assert requests(route)[1]["body"] == {"groups": ["77", "4243829086487936"]}


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
    route = app.post("/batch").mock(return_value=replies(found()))
    writes = [Write(name, "update", name, {"groups": [name]}) for name in ("partner", "odd")]
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


def test_an_opt_out_is_written(app: respx.MockRouter, mailerlite: MailerLiteConnector) -> None:
    route = app.post("/batch").mock(return_value=replies(found(status="unsubscribed")))
    (result,) = mailerlite.write("subscribers", [update({"status": "unsubscribed"})])
    assert requests(route)[0]["body"] == {"status": "unsubscribed"}
    assert result.outcome == "applied"


@pytest.mark.parametrize("values", [{"status": "active"}, {"status": "unconfirmed"}, {"email": "b@x.test"}])
def test_what_an_existing_subscriber_cannot_have_is_never_sent(
    app: respx.MockRouter, mailerlite: MailerLiteConnector, values: dict[str, Any]
) -> None:
    (result,) = mailerlite.write("subscribers", [update(values)])
    assert result.outcome == "rejected"
    assert list(result.fields) == list(values)


INVALID = {"message": "The given data was invalid.", "errors": {"fields.city": ["Too long."], "x": ["y"]}}
OUTCOMES: dict[str, tuple[tuple[int, Any], str, dict[str, str]]] = {
    "invalid": ((422, INVALID), "rejected", {"fields.city": "Too long."}),
    "unsubscribed": (
        (422, {"message": "This subscriber is unsubscribed and cannot be imported"}),
        "rejected",
        {},
    ),
    "gone": (ABSENT, "stale", {}),
    "paused": ((429, {"message": "Too Many Attempts."}), "retry", {}),
    "their time-out": ((408, {}), "unknown", {}),
    "their failure": ((500, {}), "unknown", {}),
}


@pytest.mark.parametrize(("answer", "outcome", "fields"), OUTCOMES.values(), ids=OUTCOMES.keys())
def test_one_failed_write_leaves_the_others_alone(
    app: respx.MockRouter,
    mailerlite: MailerLiteConnector,
    answer: tuple[int, Any],
    outcome: str,
    fields: dict[str, str],
) -> None:
    app.post("/batch").mock(return_value=replies(found(id="1"), answer, found(id="3")))
    writes = [Write(ref, "update", ref, {"fields.city": "Yazd"}) for ref in ("1", "2", "3")]
    results = mailerlite.write("subscribers", writes)
    assert [result.outcome for result in results] == ["applied", outcome, "applied"]
    assert results[1].fields == fields


def test_a_short_answer_leaves_the_rest_unknown(
    app: respx.MockRouter, mailerlite: MailerLiteConnector
) -> None:
    app.post("/batch").mock(return_value=replies(found(id="1")))
    writes = [Write(ref, "update", ref, {"fields.city": "Yazd"}) for ref in ("1", "2")]
    assert [result.outcome for result in mailerlite.write("subscribers", writes)] == ["applied", "unknown"]


def test_a_lost_batch_is_unknown_as_a_whole(app: respx.MockRouter, mailerlite: MailerLiteConnector) -> None:
    app.post("/batch").mock(side_effect=[replies(ABSENT), httpx.ReadTimeout("late")])
    (result,) = mailerlite.write("subscribers", [create("r1", "a@x.test")])
    assert result.outcome == "unknown"


def test_archiving_deletes(app: respx.MockRouter, mailerlite: MailerLiteConnector) -> None:
    route = app.post("/batch").mock(return_value=replies((204, None)))
    (result,) = mailerlite.write("subscribers", [Write("r1", "archive", BIG, {})])
    assert requests(route) == [{"method": "DELETE", "path": f"api/subscribers/{BIG}"}]
    assert result.outcome == "applied"


def test_archiving_forgets_where_the_setting_says_so(app: respx.MockRouter) -> None:
    """Deleted data is kept for a return; forgotten data is erased within 30 days."""
    mailerlite = MailerLiteConnector(
        Options("mail", credentials={"token": "t"}, settings={"archive": "forget"}, sleep=lambda _: None)
    )
    answer = (200, {"data": subscriber(deleted_at="2026-11-26 10:00:00", forget_at="2026-12-26 10:00:00")})
    route = app.post("/batch").mock(return_value=replies(answer))
    (result,) = mailerlite.write("subscribers", [Write("r1", "archive", BIG, {})])
    mailerlite.close()
    assert requests(route) == [{"method": "POST", "path": f"api/subscribers/{BIG}/forget"}]
    assert (result.outcome, result.record) == ("applied", None)


def test_create_fields_makes_fields_by_their_key(
    app: respx.MockRouter, mailerlite: MailerLiteConnector
) -> None:
    route = app.post("/fields").respond(201, json={"data": {}})
    mailerlite.create_fields("subscribers", [FieldSpec("fields.job_title", label="Job title")])
    assert orjson.loads(route.calls.last.request.content) == {"name": "job_title", "type": "text"}
