"""HubSpot's communication preferences (v4 and v3) in the sandbox: by e-mail address,
with or without a contact."""

from __future__ import annotations

from typing import Any

from connectors.hubspot.sandbox.account import Account
from connectors.hubspot.sandbox.answers import as_batch_error, bad_request, batch
from connectors.hubspot.sandbox.batches import MAX_INPUTS
from connectors.hubspot.sandbox.schema import EMAIL
from connectors.hubspot.sandbox.scopes import missing
from connectors.sandbox.clock import iso_ms
from connectors.sandbox.wire import Answer, Call, Json, Refused, Routes

STATES = ("SUBSCRIBED", "UNSUBSCRIBED", "NOT_SPECIFIED")
SUBSCRIPTIONS = {1: "Marketing information", 2: "One to one"}
BATCH_SCOPE = "communication_preferences.statuses.batch.write"


def definitions(account: Account, call: Call) -> Answer:
    results = [
        {
            "id": str(id),
            "name": name,
            "description": f"{name} e-mails",
            "purpose": "Marketing" if id == 1 else "Sales",
            "communicationMethod": "Email",
            "isActive": True,
            "isDefault": True,
            "isInternal": False,
            "businessUnitId": 0,
        }
        for id, name in SUBSCRIPTIONS.items()
    ]
    return _complete(account, results)


def statuses(account: Account, call: Call) -> Answer:
    email = _email(call)
    return _complete(account, [_status(account, email, id) for id in SUBSCRIPTIONS])


def set_status(account: Account, call: Call) -> Answer:
    """A person who opted out of everything is not subscribed again from outside."""
    email, body = _email(call, channel=call.body.get("channel")), call.body
    id, state = body.get("subscriptionId"), body.get("statusState")
    if not isinstance(id, int) or id not in SUBSCRIPTIONS:
        raise Refused(bad_request(f"Subscription {id} does not exist"))
    if state not in STATES:
        raise Refused(bad_request(f"statusState must be one of {', '.join(STATES)}"))
    reason = "NO_STATUS_CHANGE" if _state(account, email, id) == state else "REQUESTED_CHANGE_OCCURRED"
    _set(account, email, id, state)
    return _complete(account, [{**_status(account, email, id), "setStatusSuccessReason": reason}])


def _set(account: Account, email: str, id: int, state: str) -> None:
    if state == "SUBSCRIBED" and _state(account, email, id) == "UNSUBSCRIBED":
        raise Refused(bad_request(f"{email} has opted out and cannot be subscribed through the API"))
    if not account.mode.muted:
        account.subscriptions[email, id] = state
        if id == 1:
            _show(account, email, "hs_email_optout_1", state == "UNSUBSCRIBED")


def unsubscribe_all(account: Account, call: Call) -> Answer:
    email = _email(call)
    _opt_out(account, email)
    verbose = call.flag("verbose")
    return _complete(account, [_status(account, email, id) for id in SUBSCRIPTIONS] if verbose else [])


def unsubscribe_many(account: Account, call: Call) -> Answer:
    """For accounts that have batches; only a verbose answer names those who are opted out now."""
    if account.mode.settings.get("consent_batches") is False:
        raise Refused(missing(BATCH_SCOPE))
    inputs = call.body.get("inputs")
    if not isinstance(inputs, list) or not 0 < len(inputs) <= MAX_INPUTS:
        raise Refused(bad_request(f'"inputs" must be a list of 1 to {MAX_INPUTS} e-mail addresses'))
    results: list[Json] = []
    errors: list[Json] = []
    for given in inputs:
        try:
            email = _checked(str(given), call.query.get("channel"))
        except Refused as refused:
            errors.append(as_batch_error(refused.answer, {"subscriberIdString": [str(given)]}))
            continue
        _opt_out(account, email)
        statuses = [_status(account, email, id) for id in SUBSCRIPTIONS]
        results.append({"subscriberIdString": email, "statuses": statuses})
    verbose = call.flag("verbose")
    return batch(200, account.clock.now(), results[::-1] if verbose else [], errors)


def all_status(account: Account, call: Call) -> Answer:
    email = _email(call)
    state = "UNSUBSCRIBED" if email in account.records["contacts"].opted_out else "NOT_SPECIFIED"
    return _complete(account, [{"channel": "EMAIL", "subscriberIdString": email, "status": state}])


def _opt_out(account: Account, email: str) -> None:
    contacts = account.records["contacts"]
    if not account.mode.muted and email not in contacts.opted_out:
        contacts.opted_out.add(email)
        _show(account, email, "hs_email_optout", True)


def _show(account: Account, email: str, property: str, out: bool) -> None:
    """The read-only property of the contact whose primary address this is."""
    contacts = account.records["contacts"]
    row = contacts.table.get(contacts.emails.get(email, -1))
    if row and row["properties"].get("email") == email and (row["properties"].get(property) == "true") != out:
        contacts.change(row, {property: "true" if out else ""})


def _state(account: Account, email: str, id: int) -> str:
    if email in account.records["contacts"].opted_out:
        return "UNSUBSCRIBED"
    return account.subscriptions.get((email, id), "NOT_SPECIFIED")


def _status(account: Account, email: str, id: int) -> Json:
    return {
        "businessUnitId": 0,
        "channel": "EMAIL",
        "legalBasis": None,
        "legalBasisExplanation": None,
        "source": "API",
        "status": _state(account, email, id),
        "subscriberIdString": email,
        "subscriptionId": id,
        "subscriptionName": SUBSCRIPTIONS[id],
        "timestamp": iso_ms(account.clock.now()),
    }


def _email(call: Call, channel: str | None = None) -> str:
    return _checked(call.args["email"], channel or call.query.get("channel"))


def _checked(email: str, channel: str | None) -> str:
    email = email.strip().lower()
    if channel != "EMAIL":
        raise Refused(bad_request("The channel must be EMAIL"))
    if not EMAIL.fullmatch(email):
        raise Refused(bad_request(f"Email address {email} is invalid"))
    return email


def _complete(account: Account, results: list[Any]) -> Answer:
    at = iso_ms(account.clock.now())
    return Answer(200, {"status": "COMPLETE", "results": results, "startedAt": at, "completedAt": at})


# -- the older version -------------------------------------------------------------------------------


def definitions_v3(account: Account, call: Call) -> Answer:
    shown = [
        {
            "id": str(id),
            "name": name,
            "description": f"{name} e-mails",
            "isActive": True,
            "isDefault": True,
            "isInternal": False,
            "createdAt": iso_ms(0),
            "updatedAt": iso_ms(0),
        }
        for id, name in SUBSCRIPTIONS.items()
    ]
    return Answer(200, {"subscriptionDefinitions": shown})


def statuses_v3(account: Account, call: Call) -> Answer:
    email = _checked(call.args["email"], "EMAIL")
    shown = [_status_v3(account, email, id) for id in SUBSCRIPTIONS]
    return Answer(200, {"recipient": email, "subscriptionStatuses": shown})


def subscribe_v3(account: Account, call: Call) -> Answer:
    return _set_v3(account, call, "SUBSCRIBED")


def unsubscribe_v3(account: Account, call: Call) -> Answer:
    return _set_v3(account, call, "UNSUBSCRIBED")


def _set_v3(account: Account, call: Call, state: str) -> Answer:
    """Whoever opted out is not subscribed again from outside."""
    email, id = _checked(str(call.body.get("emailAddress")), "EMAIL"), str(call.body.get("subscriptionId"))
    if not id.isdecimal() or int(id) not in SUBSCRIPTIONS:
        raise Refused(bad_request(f"Subscription {id} does not exist"))
    _set(account, email, int(id), state)
    return Answer(200, _status_v3(account, email, int(id)))


def _status_v3(account: Account, email: str, id: int) -> Json:
    subscribed = _state(account, email, id) == "SUBSCRIBED"
    return {
        "id": str(id),
        "name": SUBSCRIPTIONS[id],
        "description": f"{SUBSCRIPTIONS[id]} e-mails",
        "status": "SUBSCRIBED" if subscribed else "NOT_SUBSCRIBED",
        "sourceOfStatus": "SUBSCRIPTION_STATUS",
        "legalBasis": None,
        "legalBasisExplanation": None,
    }


PREFERENCES: Routes[Account] = {
    ("GET", "/communication-preferences/v3/definitions"): definitions_v3,
    ("GET", "/communication-preferences/v3/status/email/{email}"): statuses_v3,
    ("POST", "/communication-preferences/v3/subscribe"): subscribe_v3,
    ("POST", "/communication-preferences/v3/unsubscribe"): unsubscribe_v3,
    ("GET", "/communication-preferences/v4/definitions"): definitions,
    ("POST", "/communication-preferences/v4/statuses/batch/unsubscribe-all"): unsubscribe_many,
    ("GET", "/communication-preferences/v4/statuses/{email}"): statuses,
    ("POST", "/communication-preferences/v4/statuses/{email}"): set_status,
    ("GET", "/communication-preferences/v4/statuses/{email}/unsubscribe-all"): all_status,
    ("POST", "/communication-preferences/v4/statuses/{email}/unsubscribe-all"): unsubscribe_all,
}
