"""Mailchimp on the wire: updates, tags and archives, and what its documented refusals are taken for."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
import respx

from connectors.contract import Unavailable, Write
from connectors.mailchimp import MailchimpConnector
from tests.connectors.mailchimp_wire import (
    ALL,
    API,
    ID,
    INVALID,
    LIST,
    ONE,
    batch,
    connect,
    create,
    member,
    problem,
    sent,
    update,
    written,
)


def test_an_update_is_one_call_by_contact_id_with_what_changed(
    app: respx.MockRouter, described: MailchimpConnector
) -> None:
    """No status goes along, so nobody is subscribed again; no address, so nobody is made anew."""
    route = app.patch(ONE).respond(json=member(merge_fields={"FNAME": "", "LTV": 3}))
    (result,) = written(described, update({"merge_fields.FNAME": None, "merge_fields.LTV": 3}))
    assert sent(route) == {"merge_fields": {"FNAME": "", "LTV": 3}}
    assert result.outcome == "applied"
    assert result.record is not None
    assert dict(result.record.values) == {"merge_fields.FNAME": None, "merge_fields.LTV": 3}


def test_of_two_changes_of_a_member_the_later_waits(
    app: respx.MockRouter, described: MailchimpConnector
) -> None:
    """Updates go side by side, so that the earlier one might be done last."""
    route = app.patch(ONE).respond(json=member())
    later = Write("u2", "update", ID, {"merge_fields.FNAME": "second"})
    results = written(described, update({"merge_fields.FNAME": "first"}), later)
    assert [result.outcome for result in results] == ["applied", "retry"]
    assert (route.call_count, sent(route)) == (1, {"merge_fields": {"FNAME": "first"}})


def test_flags_in_merge_fields_are_words(app: respx.MockRouter, described: MailchimpConnector) -> None:
    route = app.patch(ONE).respond(json=member())
    written(described, update({"merge_fields.FNAME": True, "vip": True}))
    assert sent(route) == {"merge_fields": {"FNAME": "true"}, "vip": True}


def test_a_new_address_leaves_the_contact_id(app: respx.MockRouter, described: MailchimpConnector) -> None:
    route = app.patch(ONE).respond(json=member(email="new@x.test"))
    (result,) = written(described, update({"email_address": "new@x.test"}))
    assert sent(route) == {"email_address": "new@x.test"}
    assert (result.outcome, result.id) == ("applied", ID)


def test_an_address_is_never_cleared(app: respx.MockRouter, described: MailchimpConnector) -> None:
    (result,) = written(described, update({"email_address": None}))
    assert (result.outcome, set(result.fields)) == ("rejected", {"email_address"})


REFUSALS: dict[str, tuple[httpx.Response, str, set[str]]] = {
    "address taken": (
        problem(400, "Member Exists", "b@x.test is already a list member. Use PUT to insert or update."),
        "rejected",
        {"email_address"},
    ),
    "compliance state": (
        problem(
            400,
            "Member In Compliance State",
            "a@x.test is in a compliance state due to unsubscribe, bounce, or compliance review and cannot"
            " be subscribed.",
        ),
        "rejected",
        {"status"},
    ),
    "forgotten": (
        problem(
            400,
            "Forgotten Email Not Subscribed",
            "a@x.test was permanently deleted and cannot be re-imported. The contact must re-subscribe to"
            " get back on the list.",
        ),
        "rejected",
        {"email_address"},
    ),
    "merge field": (
        problem(400, "Invalid Resource", "Your merge fields were invalid.", ("LTV", "Please enter a number")),
        "rejected",
        {"merge_fields.LTV"},
    ),
    "no address": (
        problem(400, "Invalid Resource", "Please provide a valid email address."),
        "rejected",
        {"email_address"},
    ),
    "fake address": (
        problem(
            400, "Invalid Resource", "a@x.test looks fake or invalid, please enter a real email address."
        ),
        "rejected",
        {"email_address"},
    ),
    "gone": (
        problem(404, "Resource Not Found", "The requested resource could not be found."),
        "stale",
        set(),
    ),
    "without a body": (httpx.Response(400), "rejected", set()),
    "odd errors": (httpx.Response(400, json={"errors": [{}], "detail": None}), "rejected", set()),
}


@pytest.mark.parametrize("case", REFUSALS)
def test_a_refused_update_is_told(app: respx.MockRouter, described: MailchimpConnector, case: str) -> None:
    answer, outcome, fields = REFUSALS[case]
    app.patch(ONE).mock(return_value=answer)
    values = {"email_address": "b@x.test", "status": "subscribed", "merge_fields.LTV": "x"}
    (result,) = written(described, update(values))
    assert (result.outcome, set(result.fields)) == (outcome, fields)
    assert result.reason
    assert "@x.test" not in f"{result.reason} {result.fields}"


@pytest.mark.parametrize("status", ["pending", "cleaned", "archived", "no-such-status"])
def test_a_status_that_is_not_ours_to_write_is_never_sent(
    app: respx.MockRouter, described: MailchimpConnector, status: str
) -> None:
    """Pending sends a mail to the person, cleaned is for ever, archived goes another way."""
    before = described.calls
    writes = [update({"status": status}), create("c", "a@x.test", status=status)]
    for result in written(described, *writes):
        assert (result.outcome, set(result.fields)) == ("rejected", {"status"})
    assert described.calls == before


def test_an_opt_in_mail_is_sent_where_the_config_asks_for_it(app: respx.MockRouter) -> None:
    route = app.patch(ONE).respond(json=member(status="pending"))
    (result,) = written(connect(opt_in_mail=True), update({"status": "pending"}))
    assert (result.outcome, sent(route)) == ("applied", {"status": "pending"})


@pytest.mark.parametrize("state", ["unsubscribed", "bounced", "complained", "erased"])
def test_whatever_is_stricter_is_written_as_an_unsubscribe(described: MailchimpConnector, state: str) -> None:
    status = described.describe("members").fields["status"]
    assert status.consent_set[state] == "unsubscribed"


# Tags.


def test_tags_are_set_one_by_one_without_setting_off_automations(
    app: respx.MockRouter, described: MailchimpConnector
) -> None:
    """Two calls; who is there in another case is spelled as the audience has it."""
    app.get(ONE).respond(
        json=member(tags=[{"id": 2, "name": "trial"}, {"id": 3, "name": "own"}], tags_count=2)
    )
    route = app.post(f"{ONE}/tags").respond(204)
    (result,) = written(described, update({"tags": ["vip", "own"]}))
    assert sent(route) == {
        "tags": [{"name": "VIP", "status": "active"}, {"name": "trial", "status": "inactive"}],
        "is_syncing": True,
    }
    assert result.record is not None
    assert result.record.values == {"tags": ["own", "VIP"]}


@pytest.mark.parametrize("name", ["Cafe\u0301", "CAF\u00c9", " caf\u00e9"])
def test_a_tag_in_another_spelling_is_the_audiences_own(app: respx.MockRouter, name: str) -> None:
    app.get(f"{LIST}/tag-search").respond(json={"tags": [{"id": 7, "name": "Caf\u00e9"}], "total_items": 1})
    app.get(ONE).respond(json=member())
    given = app.post(f"{ONE}/tags").respond(204)
    made = app.post(LIST).mock(return_value=batch([member("c2", "b@x.test")]))
    written(connect(), update({"tags": [name]}), create("c1", "b@x.test", tags=[name]))
    assert sent(given)["tags"] == [{"name": "Caf\u00e9", "status": "active"}]
    assert sent(made)["members"][0]["tags"] == ["Caf\u00e9"]


def test_a_tag_that_a_person_gave_meanwhile_stays(
    app: respx.MockRouter, described: MailchimpConnector
) -> None:
    """No feed shows it, so it is missing in what we hold the tags to be, and in what is to be written."""
    held = [{"id": 2, "name": "trial"}, {"id": 9, "name": "just given"}]
    app.get(ONE).respond(json=member(tags=held, tags_count=2))
    route = app.post(f"{ONE}/tags").respond(204)
    (result,) = written(described, Write("u1", "update", ID, {"tags": ["vip"]}, {"tags": ["trial"]}))
    assert [tag["name"] for tag in sent(route)["tags"]] == ["VIP", "trial"]
    assert result.record is not None
    assert result.record.values == {"tags": ["just given", "VIP"]}


def test_tags_follow_the_fields_of_the_same_write(
    app: respx.MockRouter, described: MailchimpConnector
) -> None:
    app.patch(ONE).respond(json=member(tags=[{"id": 1, "name": "VIP"}], tags_count=1))
    route = app.post(f"{ONE}/tags").respond(204)
    (result,) = written(described, update({"merge_fields.FNAME": "Dorthy", "tags": None}))
    assert sent(route)["tags"] == [{"name": "VIP", "status": "inactive"}]
    assert result.record is not None
    assert result.record.values == {"merge_fields.FNAME": "Dorthy", "tags": None}


def test_tags_refused_after_the_rest_was_written_are_named(
    app: respx.MockRouter, described: MailchimpConnector
) -> None:
    app.patch(ONE).respond(json=member())
    app.post(f"{ONE}/tags").mock(return_value=problem(400, "Invalid Resource", INVALID))
    (result,) = written(described, update({"merge_fields.FNAME": "Dorthy", "tags": ["vip"]}))
    assert (result.outcome, set(result.fields)) == ("applied", {"tags"})
    assert result.record is not None
    assert dict(result.record.values) == {"merge_fields.FNAME": "Dorthy"}


def test_tags_that_may_have_been_set_leave_the_write_uncertain(
    app: respx.MockRouter, described: MailchimpConnector
) -> None:
    app.patch(ONE).respond(json=member())
    app.post(f"{ONE}/tags").mock(side_effect=httpx.ReadTimeout)
    (result,) = written(described, update({"merge_fields.FNAME": "Dorthy", "tags": ["vip"]}))
    assert result.outcome == "unknown"


def test_tags_that_are_right_already_cost_no_call(
    app: respx.MockRouter, described: MailchimpConnector
) -> None:
    app.get(ONE).respond(json=member(tags=[{"id": 1, "name": "VIP"}], tags_count=1))
    route = app.post(f"{ONE}/tags")
    (result,) = written(described, update({"tags": ["vip"]}))
    assert (result.outcome, route.called) == ("applied", False)


# Archives.


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        (httpx.Response(204), "applied"),
        (problem(404, "Resource Not Found", "The requested resource could not be found."), "stale"),
        (
            problem(
                405,
                "Method Not Allowed",
                "This list member cannot be removed. Can not archive a contact that is bounced, pending or"
                " archived",
            ),
            "rejected",
        ),
    ],
)
def test_an_archive_is_a_delete(
    app: respx.MockRouter, described: MailchimpConnector, answer: httpx.Response, outcome: str
) -> None:
    """Never the permanent deletion, after which an address can never be imported again."""
    app.delete(ONE).mock(return_value=answer)
    (result,) = written(described, Write("x", "archive", ID, {}))
    assert result.outcome == outcome


# Lost answers.


@pytest.mark.parametrize("status", [408, 500, 502, 504])
def test_a_write_without_an_answer_may_have_happened(
    app: respx.MockRouter, described: MailchimpConnector, status: int
) -> None:
    app.post(LIST).respond(status)
    app.patch(ONE).respond(status)
    results = written(described, create("a", "a@x.test"), update({"merge_fields.FNAME": "B"}))
    assert [result.outcome for result in results] == ["unknown", "unknown"]


def test_a_garbled_answer_to_a_write_leaves_it_unknown(
    app: respx.MockRouter, described: MailchimpConnector
) -> None:
    app.post(LIST).respond(200, text='{"new_members": [{"id"')
    (result,) = written(described, create("a", "a@x.test"))
    assert result.outcome == "unknown"


def test_after_an_error_of_the_app_nothing_more_is_sent(app: respx.MockRouter) -> None:
    mailchimp = connect(connections=2)
    app.patch(url__regex=rf"{API}{ALL}/ok-\d").mock(
        side_effect=lambda request: httpx.Response(200, json=member(request.url.path.rpartition("/")[2]))
    )
    app.patch(f"{ALL}/no").mock(return_value=problem(401, "API Key Invalid", "Your API key may be invalid"))
    names = ["ok-1", "no", "ok-2", "ok-3"]  # two lanes: ok-1 and ok-2; no and ok-3
    writes = [Write(name, "update", name, {"merge_fields.FNAME": "B"}) for name in names]
    outcomes = {result.ref: result.outcome for result in mailchimp.write("members", writes)}
    assert outcomes == {"ok-1": "applied", "no": "retry", "ok-2": "applied", "ok-3": "retry"}


def test_where_nothing_could_be_sent_the_error_is_raised(
    app: respx.MockRouter, described: MailchimpConnector
) -> None:
    app.patch(ONE).mock(side_effect=httpx.ConnectError)
    with pytest.raises(Unavailable, match="cannot be reached"):
        described.write("members", [update({"merge_fields.FNAME": "B"})])


def test_a_redirect_is_not_followed(app: respx.MockRouter, described: MailchimpConnector) -> None:
    app.patch(ONE).respond(302, headers={"location": "https://elsewhere.example/"})
    outcome: Any = None
    with pytest.raises(Exception, match="Redirects are not followed"):
        outcome = described.write("members", [update({"merge_fields.FNAME": "B"})])
    assert outcome is None


def test_a_change_whose_answer_is_no_member_is_unknown_and_not_undone(
    app: respx.MockRouter, described: MailchimpConnector
) -> None:
    app.patch(ONE).respond(json=member())
    app.patch(f"{ALL}/c2").respond(json=[])
    other = Write("u2", "update", "c2", {"merge_fields.FNAME": "Ada"})
    results = written(described, update({"merge_fields.FNAME": "Ada"}), other)
    assert [result.outcome for result in results] == ["applied", "unknown"]
