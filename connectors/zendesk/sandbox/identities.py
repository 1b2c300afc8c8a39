"""Zendesk's user identities in the sandbox: the addresses and direct lines of a user."""

from __future__ import annotations

from connectors.sandbox.table import Row
from connectors.sandbox.wire import Answer, Call, Json, Refused, Routes, not_covered
from connectors.zendesk.sandbox.account import DIRECT_LINE, PHONE, Account
from connectors.zendesk.sandbox.answers import (
    Mistakes,
    bad_value,
    invalid,
    mistake,
    not_found,
    numbered,
    wrapped,
)
from connectors.zendesk.sandbox.schema import EMAIL
from connectors.zendesk.sandbox.webhooks import tell

KNOWN = ("type", "value", "verified", "skip_verify_email", "primary")


def listing(account: Account, call: Call) -> Answer:
    return numbered(call, "identities", account.identities_of(account.user(call.args["id"])))


def one(account: Account, call: Call) -> Answer:
    return Answer(200, {"identity": _identity(account, call)})


def create(account: Account, call: Call) -> Answer:
    """A mail goes out to a new address unless `skip_verify_email` is set."""
    row, given = account.user(call.args["id"]), wrapped(call, "identity")
    type = given.get("type")
    if type not in ("email", PHONE):
        raise Refused(not_covered(f"Zendesk identities of type {type!r}"))
    call.ignored += [f"identity.{name}" for name in given if name not in KNOWN]
    value, owners = str(given.get("value") or "").strip().lower(), _owners(account, type)
    details = Mistakes()
    if not (EMAIL if type == "email" else DIRECT_LINE).fullmatch(value):
        mistake(details, "value", f"{value} is not properly formatted")
    elif value in owners:
        mistake(details, "value", f"{value} is already being used by another user", "DuplicateValue")
    if details:
        raise invalid(details)
    verified, first = bool(given.get("verified")), type == "email" and not row["email"]
    made = account.new_identity(row, value, first, type, verified)
    if not account.mode.muted:
        account.own_identities(row).append(made)
        owners[value] = row["id"]
        row["email"] = value if first else row["email"]
        mails = type == "email" and not verified and not given.get("skip_verify_email")
        account.mails += 1 if mails else 0
        _tell(account, "identity_created", row, made)
    return Answer(201, {"identity": made})


def _owners(account: Account, type: str) -> dict[str, int]:
    return account.emails if type == "email" else account.phones


def make_primary(account: Account, call: Call) -> Answer:
    row, chosen = account.user(call.args["id"]), _identity(account, call)
    if chosen["type"] != "email":
        raise bad_value("Only an e-mail address can be primary here")
    if not account.mode.muted and not chosen["primary"]:
        own = account.own_identities(row)
        for identity in own:
            identity["primary"] = identity["id"] == chosen["id"]
        own.sort(key=lambda identity: not identity["primary"])
        row["email"] = chosen["value"]
        account.touch_user(row)
        _tell(account, "identity_changed", row, chosen)
    return numbered(call, "identities", account.identities_of(row))


def verify(account: Account, call: Call) -> Answer:
    chosen = _identity(account, call, change=True)
    if not account.mode.muted:
        chosen["verified"] = True
    return Answer(200, {"identity": chosen})


def request_verification(account: Account, call: Call) -> Answer:
    """Mails the person, whatever is asked for."""
    _identity(account, call)
    account.mails += 0 if account.mode.muted else 1
    return Answer(200)


def update(account: Account, call: Call) -> Answer:
    """Only `verified` can be changed; an address never is."""
    chosen, given = _identity(account, call, change=True), wrapped(call, "identity")
    call.ignored += [f"identity.{name}" for name in given if name != "verified"]
    if not account.mode.muted and "verified" in given:
        chosen["verified"] = bool(given["verified"])
    return Answer(200, {"identity": chosen})


def delete(account: Account, call: Call) -> Answer:
    """Where the primary address goes, the next one takes its place. The user's time of change stays."""
    row, chosen = account.user(call.args["id"]), _identity(account, call)
    if not account.mode.muted:
        own = account.own_identities(row)
        own[:] = [identity for identity in own if identity["id"] != chosen["id"]]
        _owners(account, chosen["type"]).pop(chosen["value"], None)
        if chosen["primary"]:
            rest = [identity for identity in own if identity["type"] == "email"]
            row["email"] = rest[0]["value"] if rest else None
            for identity in rest[:1]:
                identity["primary"] = True
        if chosen["type"] == PHONE and row["phone"] == chosen["value"]:
            row["phone"] = None
        _tell(account, "identity_deleted", row, chosen)
    return Answer(204)


def _tell(account: Account, event: str, row: Row, identity: Json) -> None:
    about = {name: identity[name] for name in ("id", "type", "value")}
    tell(account, "user", event, row, {"identity": about})


def _identity(account: Account, call: Call, change: bool = False) -> Json:
    row = account.user(call.args["id"])
    own = account.own_identities(row) if change else account.identities_of(row)
    for identity in own:
        if str(identity["id"]) == call.args["identity"]:
            return identity
    raise not_found()


IDENTITIES: Routes[Account] = {
    ("GET", "/users/{id}/identities"): listing,
    ("POST", "/users/{id}/identities"): create,
    ("GET", "/users/{id}/identities/{identity}"): one,
    ("PUT", "/users/{id}/identities/{identity}"): update,
    ("DELETE", "/users/{id}/identities/{identity}"): delete,
    ("PUT", "/users/{id}/identities/{identity}/make_primary"): make_primary,
    ("PUT", "/users/{id}/identities/{identity}/verify"): verify,
    ("PUT", "/users/{id}/identities/{identity}/request_verification"): request_verification,
}
