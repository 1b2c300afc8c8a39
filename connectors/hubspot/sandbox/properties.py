"""HubSpot's account details and property definitions in the sandbox."""

from __future__ import annotations

import re

from connectors.hubspot.sandbox.account import Account
from connectors.hubspot.sandbox.answers import bad_request, error, not_found
from connectors.hubspot.sandbox.schema import STAGES, TYPES, definition
from connectors.sandbox.wire import Answer, Call, Refused, Routes, not_covered

PORTAL = 62515
MAX_UNIQUE = 10
_NAME = re.compile(r"[a-z][a-z0-9_]{0,99}")


def details(account: Account, call: Call) -> Answer:
    return Answer(
        200,
        {
            "portalId": PORTAL,
            "accountType": "DEVELOPER_TEST",
            "timeZone": "Etc/UTC",
            "companyCurrency": "USD",
            "additionalCurrencies": [],
            "utcOffset": "+00:00",
            "utcOffsetMilliseconds": 0,
            "uiDomain": "app.hubspot.com",
            "dataHostingLocation": "na1",
        },
    )


def listing(account: Account, call: Call) -> Answer:
    archived = call.flag("archived")
    known = account.of(call.args["kind"]).properties.values()
    return Answer(200, {"results": [item for item in known if item["archived"] == archived]})


def one(account: Account, call: Call) -> Answer:
    found = account.of(call.args["kind"]).properties.get(call.args["name"])
    if found is None:
        raise Refused(not_found())
    return Answer(200, found)


def create(account: Account, call: Call) -> Answer:
    records, body = account.of(call.args["kind"]), call.body
    if missing := [key for key in ("groupName", "name", "label", "type", "fieldType") if not body.get(key)]:
        raise Refused(bad_request(f"Required fields are missing: {', '.join(missing)}"))
    name, type = body["name"], body["type"]
    if type not in TYPES:
        raise Refused(bad_request(f"{type} is not a property type; allowed are {', '.join(TYPES)}"))
    if not _NAME.fullmatch(name):
        raise Refused(bad_request(f"{name} is not a property name: lower-case letters, digits and _ only"))
    if name in records.properties:
        raise Refused(error(409, "OBJECT_ALREADY_EXISTS", f"A property named '{name}' already exists."))
    values = [str(option["value"]) for option in body.get("options") or ()]
    if type == "enumeration" and not values:
        raise Refused(bad_request("An enumeration needs options"))
    if body.get("hasUniqueValue") and len(records.unique) >= MAX_UNIQUE:
        raise Refused(bad_request(f"At most {MAX_UNIQUE} properties of an object may have unique values"))
    made = definition(
        records.kind,
        name,
        type,
        body["fieldType"],
        options=values,
        unique=bool(body.get("hasUniqueValue")),
        custom=True,
    )
    made |= {"label": body["label"], "groupName": body["groupName"]}
    if body.get("options"):
        made["options"] = [
            {"label": str(option.get("label", option["value"])), "value": str(option["value"]),
             "displayOrder": at, "hidden": False}
            for at, option in enumerate(body["options"])
        ]  # fmt: skip
    if not account.mode.muted:
        records.define(made)
    return Answer(201, made)


def archive(account: Account, call: Call) -> Answer:
    found = account.of(call.args["kind"]).properties.get(call.args["name"])
    if found is None:
        raise Refused(not_found())
    if found["hubspotDefined"]:
        raise Refused(bad_request("Properties defined by HubSpot cannot be archived"))
    if not account.mode.muted:
        found["archived"] = True
    return Answer(204)


def pipelines(account: Account, call: Call) -> Answer:
    """One pipeline each for deals and tickets, as a new account has it."""
    kind = account.of(call.args["kind"]).kind
    if kind not in STAGES:
        raise Refused(not_covered(f"pipelines of {kind}"))
    stages = [
        {"id": id, "label": id.title(), "displayOrder": at, "metadata": _stage(kind, id)}
        for at, id in enumerate(STAGES[kind])
    ]
    id, label = ("default", "Sales Pipeline") if kind == "deals" else ("0", "Support Pipeline")
    shown = {"id": id, "label": label, "displayOrder": 0, "archived": False, "stages": stages}
    return Answer(200, {"results": [shown]})


def _stage(kind: str, id: str) -> dict[str, str]:
    if kind == "tickets":
        return {"ticketState": "CLOSED" if id == "4" else "OPEN"}
    return {"probability": {"closedwon": "1.0", "closedlost": "0.0"}.get(id, "0.5")}


PROPERTIES: Routes[Account] = {
    ("GET", "/account-info/v3/details"): details,
    ("GET", "/crm/v3/pipelines/{kind}"): pipelines,
    ("GET", "/crm/v3/properties/{kind}"): listing,
    ("POST", "/crm/v3/properties/{kind}"): create,
    ("GET", "/crm/v3/properties/{kind}/{name}"): one,
    ("DELETE", "/crm/v3/properties/{kind}/{name}"): archive,
}
