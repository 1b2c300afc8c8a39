"""Batch reads that HubSpot answers in part: what failed is not taken for something that is not there."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest
import respx

from connectors.contract import Unavailable
from connectors.hubspot import HubSpotConnector
from tests.connectors.hubspot_wire import contact, reply, update

CONTACTS = "/crm/v3/objects/contacts/batch/read"
COMPANIES = "/crm/v4/associations/contacts/companies/batch/read"
DEALS = "/crm/v4/associations/contacts/deals/batch/read"
FOUND = {
    CONTACTS: [contact("1", email="a@x.test")],
    COMPANIES: [
        {"from": {"id": "1"}, "to": [{"toObjectId": 77, "associationTypes": [{"typeId": 1}]}]},
    ],
}
Use = Callable[[HubSpotConnector], object]

USES: Mapping[str, tuple[str, Use]] = {
    "records by id": (CONTACTS, lambda app: app.fetch("contacts", ["1", "2"], ("email",))),
    "records by address": (
        CONTACTS,
        lambda app: app.find("contacts", "email", ["a@x.test", "b@x.test"], ("email",)),
    ),
    "companies": (COMPANIES, lambda app: app.fetch("contacts", ["1"], ("email", "company"))),
    "what is attached": (DEALS, lambda app: app.attached("contacts", ["1"])),
}


def answers(app: respx.MockRouter, failing: str, body: Any, status: int) -> None:
    app.post(path__regex=r"/batch/read$").mock(
        side_effect=lambda request: (
            reply(body, status)
            if request.url.path == failing
            else reply({"results": FOUND.get(request.url.path, [])})
        )
    )


@pytest.mark.parametrize("case", USES)
@pytest.mark.parametrize(
    ("status", "body"),
    [
        (207, {"results": [], "errors": [{"category": "INTERNAL_ERROR", "message": "of a@x.test"}]}),
        (404, {"category": "PAGE_NOT_FOUND", "message": "no such page"}),
        (200, {}),
        (200, {"results": None}),
    ],
    ids=["an input failed", "no such page", "no results", "results that are none"],
)
def test_what_is_answered_in_part_is_not_believed(
    app: respx.MockRouter, hubspot: HubSpotConnector, case: str, status: int, body: Any
) -> None:
    failing, use = USES[case]
    answers(app, failing, body, status)
    with pytest.raises(Unavailable, match=r"not answer all of POST .* next run") as caught:
        use(hubspot)
    assert "a@x.test" not in str(caught.value)


@pytest.mark.parametrize(
    "error",
    [
        {"category": "OBJECT_NOT_FOUND", "subCategory": "crm.associations.NO_ASSOCIATIONS_FOUND"},
        {"category": "OBJECT_NOT_FOUND", "message": "gone"},
    ],
    ids=["no association", "gone since"],
)
def test_who_has_no_company_has_none(
    app: respx.MockRouter, hubspot: HubSpotConnector, error: dict[str, str]
) -> None:
    answers(app, COMPANIES, {"results": [], "errors": [error]}, 207)
    (found,) = hubspot.fetch("contacts", ["1"], ("email", "company"))
    assert found.record is not None
    assert found.record.values == {"email": "a@x.test", "company": None}


def test_an_opt_out_whose_address_is_not_told_is_not_refused(
    app: respx.MockRouter, hubspot: HubSpotConnector
) -> None:
    """Refused, it would not be tried again."""
    answers(app, CONTACTS, {"results": [], "errors": [{"category": "INTERNAL_ERROR"}]}, 207)
    (result,) = hubspot.write("contacts", [update("1", hs_email_optout=True)])
    assert (result.outcome, dict(result.fields)) == ("unknown", {})
