"""Opt-outs in HubSpot: batches where the account has them, single calls where not, and what was refused."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal

import httpx
import pytest
import respx
from hubspot_wire import connect, contact, create, reply, sent, update

from connectors.contract import Options, Result, Write
from connectors.http import Http
from connectors.hubspot import HubSpotConnector
from connectors.hubspot.consent import Preferences
from connectors.sandbox.server import Sandbox
from connectors.settings import bearer

OPT_OUT = "hs_email_optout"
STATUSES = "/communication-preferences/v4/statuses"


def shows(app: respx.MockRouter, *emails: str) -> None:
    """Contacts 1, 2, ... have these addresses."""
    items = [contact(str(n), email=email) for n, email in enumerate(emails, 1)]
    app.post("/crm/v3/objects/contacts/batch/read").mock(return_value=reply({"results": items}))


def alone(app: respx.MockRouter, status: int = 200, message: str = "") -> respx.Route:
    """The single calls."""
    return app.post(path__regex=rf"{STATUSES}/[^/]+@[^/]+/unsubscribe-all").respond(
        status, json={"message": message}
    )


def batched(app: respx.MockRouter, *answers: httpx.Response) -> respx.Route:
    return app.post(f"{STATUSES}/batch/unsubscribe-all").mock(side_effect=list(answers))


def named(*emails: str, **more: Any) -> dict[str, Any]:
    return {"results": [{"subscriberIdString": email, "statuses": []} for email in emails], **more}


def opt_out(hubspot: HubSpotConnector, *ids: str) -> list[Result]:
    results = {
        r.ref: r for r in hubspot.write("contacts", [update(id, hs_email_optout="true") for id in ids])
    }
    return [results[f"u{id}"] for id in ids]


def test_one_opt_out_is_one_call_by_address(app: respx.MockRouter, hubspot: HubSpotConnector) -> None:
    shows(app, "a+b@x.test")
    route = app.post(f"{STATUSES}/a%2Bb@x.test/unsubscribe-all").respond(json={})
    (result,) = opt_out(hubspot, "1")
    assert route.calls.last.request.url.params["channel"] == "EMAIL"
    assert result.outcome == "applied"
    assert result.record is not None
    assert result.record.values == {OPT_OUT: "true"}


def test_several_opt_outs_are_one_batch_whose_answer_names_them(
    app: respx.MockRouter, hubspot: HubSpotConnector
) -> None:
    shows(app, "A@x.test", "b@x.test")
    route = batched(app, reply(named("b@x.test", "a@x.test")))
    results = opt_out(hubspot, "1", "2")
    assert sent(route) == {"inputs": ["A@x.test", "b@x.test"]}
    assert dict(route.calls.last.request.url.params) == {"channel": "EMAIL", "verbose": "true"}
    assert [result.outcome for result in results] == ["applied", "applied"]
    assert hubspot.calls == 2 + 1 + 1  # properties and lists, addresses, batch


@pytest.mark.parametrize("status", [403, 404, 501])
def test_an_account_without_batches_is_remembered(
    app: respx.MockRouter, hubspot: HubSpotConnector, status: int
) -> None:
    shows(app, "a@x.test", "b@x.test")
    batch = batched(app, reply({"category": "MISSING_SCOPES"}, status))
    single = alone(app)
    for _ in range(2):
        assert {result.outcome for result in opt_out(hubspot, "1", "2")} == {"applied"}
    assert (batch.call_count, single.call_count) == (1, 4)


def test_batches_can_be_switched_off(app: respx.MockRouter) -> None:
    shows(app, "a@x.test", "b@x.test")
    batch, single = batched(app), alone(app)
    hubspot = connect(consent_batches=False)
    opt_out(hubspot, "1", "2")
    hubspot.close()
    assert (batch.call_count, single.call_count) == (0, 2)


UNCLEAR = {
    "one is refused": (reply(named("a@x.test", "c@x.test", errors=[{"message": "no"}]), 207), 1),
    "one is left out": (reply(named("a@x.test", "c@x.test")), 1),
    "nobody is named": (reply({"results": []}), 3),
    "another form": (reply({"results": [{"email": "a@x.test"}]}), 3),
    "refused whole": (reply({"message": "one of these is invalid"}, 400), 3),
}


@pytest.mark.parametrize(("answer", "singles"), UNCLEAR.values(), ids=UNCLEAR.keys())
def test_whom_a_batch_does_not_name_is_asked_for_alone(
    app: respx.MockRouter, hubspot: HubSpotConnector, answer: httpx.Response, singles: int
) -> None:
    shows(app, "a@x.test", "b@x.test", "c@x.test")
    batch = batched(app, answer)
    single = alone(app)
    assert {result.outcome for result in opt_out(hubspot, "1", "2", "3")} == {"applied"}
    assert (batch.call_count, single.call_count) == (1, singles)


UNWRITABLE = {
    "an opt-in is never written": ("false", 200, "only an opt-out"),
    "a refusal is told": ("true", 400, "scope is missing"),
}


@pytest.mark.parametrize(("value", "status", "why"), UNWRITABLE.values(), ids=UNWRITABLE.keys())
@pytest.mark.parametrize("kind", ["create", "update"])
def test_a_refused_opt_out_leaves_the_rest_applied(
    app: respx.MockRouter,
    hubspot: HubSpotConnector,
    kind: Literal["create", "update"],
    value: str,
    status: int,
    why: str,
) -> None:
    app.post(f"/crm/v3/objects/contacts/batch/{kind}").mock(
        return_value=reply({"results": [contact("1", email="a@x.test")]})
    )
    shows(app, "a@x.test")
    alone(app, status, "scope is missing")
    write = Write("r1", kind, "1" if kind == "update" else None, {"email": "a@x.test", OPT_OUT: value})
    (result,) = hubspot.write("contacts", [write])
    assert (result.outcome, list(result.fields)) == ("applied", [OPT_OUT])
    assert why in result.fields[OPT_OUT]
    assert result.record is not None
    assert result.record.values == {"email": "a@x.test"}


def test_a_refused_opt_out_alone_changes_nothing(app: respx.MockRouter, hubspot: HubSpotConnector) -> None:
    (result,) = hubspot.write("contacts", [update("1", hs_email_optout="false")])
    assert (result.outcome, list(result.fields), result.record) == ("rejected", [OPT_OUT], None)
    assert hubspot.calls == 2  # the properties and the lists


@pytest.mark.parametrize("taken", [True, False])
def test_an_opt_out_goes_to_a_new_address_before_the_contact_does(
    app: respx.MockRouter, hubspot: HubSpotConnector, taken: bool
) -> None:
    out = [contact("1", hs_email_optout="true"), contact("2", hs_email_optout=None)]
    app.post("/crm/v3/objects/contacts/batch/read").mock(return_value=reply({"results": out}))
    asked = alone(app, 200 if taken else 403, "scope is missing")
    moved = app.post("/crm/v3/objects/contacts/batch/update").mock(
        side_effect=lambda request: reply(
            {"results": [contact("1"), contact("2")] if taken else [contact("2")]}
        )
    )
    results = hubspot.write("contacts", [update("1", email="new@x.test"), update("2", email="b@x.test")])
    assert [call.request.url.path for call in asked.calls] == [f"{STATUSES}/new@x.test/unsubscribe-all"]
    assert [item["id"] for item in sent(moved)["inputs"]] == (["1", "2"] if taken else ["2"])
    told = {result.ref: (result.outcome, result.fields) for result in results}
    assert told["u2"] == ("applied", {})
    if not taken:
        assert told["u1"][0] == "rejected"
        assert "scope is missing" in told["u1"][1]["email"]


def test_who_opted_out_elsewhere_is_out_before_the_contact_has_a_new_address(
    app: respx.MockRouter, hubspot: HubSpotConnector
) -> None:
    shown = [contact("1", email=None, hs_email_optout=None)]
    app.post("/crm/v3/objects/contacts/batch/read").mock(return_value=reply({"results": shown}))
    asked = alone(app)
    app.post("/crm/v3/objects/contacts/batch/update").mock(
        side_effect=lambda request: reply({"results": [contact("1")]} if asked.called else {}, 200)
    )
    (result,) = hubspot.write("contacts", [update("1", email="new@x.test", hs_email_optout="true")])
    assert (result.outcome, result.fields, asked.call_count) == ("applied", {}, 1)
    assert result.record is not None
    assert result.record.values[OPT_OUT] == "true"


def made(app: respx.MockRouter) -> respx.Route:
    return app.post("/crm/v3/objects/contacts/batch/create").mock(
        return_value=reply({"results": [contact("1", email="a@x.test")]}, 201)
    )


def test_the_address_of_a_new_contact_is_opted_out_before_it_is_there(
    app: respx.MockRouter, hubspot: HubSpotConnector
) -> None:
    shows_up, asked = made(app), alone(app)
    (result,) = hubspot.write("contacts", [create("r1", email="a@x.test", hs_email_optout="true")])
    assert (result.outcome, result.fields) == ("applied", {})
    assert result.record is not None
    assert result.record.values == {"email": "a@x.test", OPT_OUT: "true"}
    assert asked.call_count == 1
    order = [call.request.url.path for call in app.calls]
    assert order.index(asked.calls[0].request.url.path) < order.index(shows_up.calls[0].request.url.path)


def test_nobody_is_made_whom_this_login_may_not_opt_out(
    app: respx.MockRouter, hubspot: HubSpotConnector
) -> None:
    shows_up = made(app)
    alone(app, 403, "scope is missing")
    out, free = create("r1", email="b@x.test", hs_email_optout="true"), create("r2", email="a@x.test")
    results = {result.ref: result for result in hubspot.write("contacts", [out, free])}
    assert (results["r1"].outcome, results["r1"].fields) == ("rejected", {OPT_OUT: "scope is missing"})
    assert results["r2"].outcome == "applied"
    assert [item["objectWriteTraceId"] for item in sent(shows_up)["inputs"]] == ["r2"]


def test_an_address_that_cannot_be_opted_out_without_a_contact_is_so_after_it_is_there(
    app: respx.MockRouter, hubspot: HubSpotConnector
) -> None:
    made(app)
    asked = alone(app).mock(side_effect=[reply({"message": "no such contact"}, 404), reply({})])
    (result,) = hubspot.write("contacts", [create("r1", email="a@x.test", hs_email_optout="true")])
    assert (result.outcome, result.fields) == ("applied", {})
    assert asked.call_count == 2


# Against the sandbox.


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(empty=True) as running:
        yield running


@pytest.mark.parametrize(
    ("batches", "calls"), [(True, 3 + 3), (False, 3 + 1 + 230)], ids=["enterprise", "other accounts"]
)
def test_what_230_opt_outs_cost(sandbox: Sandbox, batches: bool, calls: int) -> None:
    sandbox.host.reset()
    sandbox.host.apps["hubspot"].mode.settings["consent_batches"] = batches
    hubspot = HubSpotConnector(Options("crm", sandbox.hubspot, {"token": "sandbox-hubspot"}))
    hubspot.describe("contacts")
    before = hubspot.calls
    people = [
        Write(f"r{n}", "create", None, {"email": f"p{n}@x.example", OPT_OUT: "true"}) for n in range(230)
    ]
    results = hubspot.write("contacts", people)
    spent = hubspot.calls - before
    shown = hubspot.fetch("contacts", [str(r.id) for r in results[:100]], (OPT_OUT,))
    hubspot.close()
    assert {result.outcome for result in results} == {"applied"}
    assert {answer.record.values[OPT_OUT] for answer in shown if answer.record} == {"true"}
    assert spent == calls


def test_a_poisoned_address_costs_one_call_more(sandbox: Sandbox) -> None:
    sandbox.host.reset()
    http = Http(Options("crm"), "HubSpot", sandbox.hubspot, bearer("sandbox-hubspot"))
    preferences = Preferences(http, "/communication-preferences/v4", batches=True)
    refused = preferences.unsubscribe([*(f"p{n}@x.example" for n in range(99)), "not-an-address"])
    http.close()
    assert list(refused) == ["not-an-address"]
    assert "invalid" in refused["not-an-address"]
    assert http.calls == 2
    assert len(sandbox.host.apps["hubspot"].state()["opted_out"]) == 99


def test_nobody_can_be_mailed_after_a_change_of_address(sandbox: Sandbox) -> None:
    sandbox.host.reset()
    hubspot = HubSpotConnector(Options("crm", sandbox.hubspot, {"token": "sandbox-hubspot"}))
    (made,) = hubspot.write(
        "contacts", [Write("r1", "create", None, {"email": "old@x.example", OPT_OUT: "true"})]
    )
    hubspot.write("contacts", [update(str(made.id), email="new@x.example")])
    (shown,) = hubspot.fetch("contacts", [str(made.id)], ("email", OPT_OUT))
    hubspot.close()
    assert shown.record is not None
    assert shown.record.values == {"email": "new@x.example", OPT_OUT: "true"}
