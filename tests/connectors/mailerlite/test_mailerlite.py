"""MailerLite on the wire: the calls that are made, and what its documented answers are taken for."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import httpx
import orjson
import pytest
import respx

from connectors.contract import AppError, AuthRefused, FieldSpec, Options, Unavailable, Write
from connectors.mailerlite import MailerLiteConnector
from tests.connectors.mailerlite_wire import (
    ABSENT,
    BIG,
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


@pytest.mark.parametrize("own", [None, {}, []])
def test_a_subscriber_that_comes_without_fields_has_not_lost_them(
    app: respx.MockRouter, mailerlite: MailerLiteConnector, own: Any
) -> None:
    app.post("/batch").mock(return_value=replies(found(fields=own)))
    (answer,) = mailerlite.fetch("subscribers", [BIG], ("email", "fields.city"))
    assert answer.record is not None
    assert answer.record.values.keys() == {"email"}


def test_replies_in_another_order_than_asked_say_nothing_of_anybody_else(
    app: respx.MockRouter, mailerlite: MailerLiteConnector
) -> None:
    app.post("/batch").mock(return_value=replies(found(id="2"), ABSENT, found(id="3")))
    answers = mailerlite.fetch("subscribers", ["1", "2", "3"], ("email",))
    assert [answer.state for answer in answers] == ["unknown", "unknown", "found"]
    app.post("/batch").mock(return_value=replies(found(id="2"), found(id="1")))
    writes = [Write(id, "update", id, {"fields.city": f"City {id}"}) for id in ("1", "2")]
    assert {result.outcome for result in mailerlite.write("subscribers", writes)} == {"unknown"}


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


@pytest.mark.parametrize("code", [400, 422])
def test_an_address_that_is_none_stops_no_other(
    app: respx.MockRouter, mailerlite: MailerLiteConnector, code: int
) -> None:
    wrong = (code, {"message": "No.", "errors": {"email": ["It must be a valid address."]}})
    made = (201, {"data": subscriber("7", "new@x.test")})
    app.post("/batch").mock(
        side_effect=[
            replies(wrong, ABSENT),
            replies(wrong, made, ZONES),
            replies(wrong, found(id="7")),
            replies(wrong, ABSENT),
        ]
    )
    first, second = mailerlite.write("subscribers", [create("r1", "a b"), create("r2", "new@x.test")])
    assert (first.outcome, list(first.fields), second.outcome) == ("rejected", ["email"], "applied")
    assert [a.state for a in mailerlite.fetch("subscribers", ["x", "7"], ("email",))] == ["unknown", "found"]
    assert list(mailerlite.attached("subscribers", ["x", "8"])) == ["x"], "what is not told counts as there"


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
