"""Zendesk's user identities in the sandbox: the addresses of a user. Only e-mail addresses are covered."""

from __future__ import annotations

from connectors.sandbox.wire import Answer, Call, Json, Refused, Routes, not_covered
from connectors.zendesk.sandbox_account import Account
from connectors.zendesk.sandbox_answers import Mistakes, invalid, mistake, not_found, numbered, wrapped
from connectors.zendesk.sandbox_schema import EMAIL


def listing(account: Account, call: Call) -> Answer:
    return numbered(call, "identities", account.identities_of(account.user(call.args["id"])))


def one(account: Account, call: Call) -> Answer:
    return Answer(200, {"identity": _identity(account, call)})


def create(account: Account, call: Call) -> Answer:
    """A mail goes out unless `skip_verify_email` is set."""
    row, given = account.user(call.args["id"]), wrapped(call, "identity")
    if given.get("type") != "email":
        raise Refused(not_covered(f"Zendesk identities of type {given.get('type')!r}"))
    value, details = str(given.get("value") or "").strip().lower(), Mistakes()
    if not EMAIL.fullmatch(value):
        mistake(details, "value", f"{value} is not properly formatted")
    elif value in account.emails:
        mistake(details, "value", f"{value} is already being used by another user", "DuplicateValue")
    if details:
        raise invalid(details)
    verified = bool(given.get("verified"))
    made = account.new_identity(row, value, not row["email"], verified)
    if not account.mode.muted:
        account.identities_of(row).append(made)
        account.emails[value] = row["id"]
        row["email"] = row["email"] or value
        account.mails += 0 if verified or given.get("skip_verify_email") else 1
    return Answer(201, {"identity": made})


def make_primary(account: Account, call: Call) -> Answer:
    row, chosen = account.user(call.args["id"]), _identity(account, call)
    if not account.mode.muted and not chosen["primary"]:
        for identity in account.identities_of(row):
            identity["primary"] = identity is chosen
        account.identities_of(row).sort(key=lambda identity: not identity["primary"])
        row["email"] = chosen["value"]
        account.touch_user(row)
    return Answer(200, {"identities": account.identities_of(row)})


def verify(account: Account, call: Call) -> Answer:
    chosen = _identity(account, call)
    if not account.mode.muted:
        chosen["verified"] = True
    return Answer(200, {"identity": chosen})


def delete(account: Account, call: Call) -> Answer:
    """Where the primary address goes, the next one takes its place. The user's time of change stays."""
    row, chosen = account.user(call.args["id"]), _identity(account, call)
    if not account.mode.muted:
        own = account.identities_of(row)
        own.remove(chosen)
        account.emails.pop(chosen["value"], None)
        if chosen["primary"]:
            row["email"] = own[0]["value"] if own else None
            for identity in own[:1]:
                identity["primary"] = True
    return Answer(204)


def _identity(account: Account, call: Call) -> Json:
    row = account.user(call.args["id"])
    for identity in account.identities_of(row):
        if str(identity["id"]) == call.args["identity"]:
            return identity
    raise not_found()


IDENTITIES: Routes[Account] = {
    ("GET", "/users/{id}/identities"): listing,
    ("POST", "/users/{id}/identities"): create,
    ("GET", "/users/{id}/identities/{identity}"): one,
    ("DELETE", "/users/{id}/identities/{identity}"): delete,
    ("PUT", "/users/{id}/identities/{identity}/make_primary"): make_primary,
    ("PUT", "/users/{id}/identities/{identity}/verify"): verify,
}
