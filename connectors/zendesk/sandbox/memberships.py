"""Zendesk's organization memberships in the sandbox. No feed shows their changes."""

from __future__ import annotations

from connectors.sandbox.table import Row
from connectors.sandbox.wire import Answer, Call, Json, Routes
from connectors.zendesk.sandbox.account import Account
from connectors.zendesk.sandbox.answers import (
    Mistakes,
    bad_value,
    invalid,
    mistake,
    not_found,
    numbered,
    wrapped,
)
from connectors.zendesk.sandbox.answers import listing as listed
from connectors.zendesk.sandbox.jobs import submit
from connectors.zendesk.sandbox.webhooks import tell

NAME = "organization_memberships"


def listing(account: Account, call: Call) -> Answer:
    return listed(call, NAME, account.memberships)


def of_user(account: Account, call: Call) -> Answer:
    user = account.user(call.args["user"])
    rows = [account.memberships.rows[id] for id in account.of_user.get(user["id"], ())]
    return numbered(call, NAME, rows)


def of_organization(account: Account, call: Call) -> Answer:
    id = call.args["organization"]
    if not id.isdecimal() or int(id) not in account.organizations.rows:
        raise not_found()
    ids = account.of_organization.get(int(id), ())
    return listed(call, NAME, account.memberships, lambda row: row["id"] in ids)


def one(account: Account, call: Call) -> Answer:
    return Answer(200, {"organization_membership": _membership(account, call.args["id"])})


def create(account: Account, call: Call) -> Answer:
    given = wrapped(call, "organization_membership")
    if "user" in call.args:
        given = {**given, "user_id": call.args["user"]}
    return Answer(201, {"organization_membership": _create(account, given)})


def create_many(account: Account, call: Call) -> Answer:
    given = call.body.get(NAME)
    if not isinstance(given, list) or not given:
        raise bad_value(f"{NAME} must be a list")

    def step(item: Json) -> Json:
        return {"status": "Created", "id": _create(account, item)["id"]}

    return submit(
        account, call, "Organization Membership Create", given, step, "OrganizationMembershipCreateError"
    )


def delete(account: Account, call: Call) -> Answer:
    membership = _membership(account, call.args["id"])
    account.leave(membership)
    _tell(account, "organization_membership_deleted", membership)
    return Answer(204)


def make_default(account: Account, call: Call) -> Answer:
    user = account.user(call.args["user"])
    account.make_default(_membership(account, call.args["id"], user["id"]))
    return of_user(account, call)


def _create(account: Account, given: Json) -> Row:
    details: Mistakes = {}
    user_id, organization_id = str(given.get("user_id", "")), str(given.get("organization_id", ""))
    user = account.users.get(int(user_id)) if user_id.isdecimal() else None
    if user is None or not user["active"]:
        mistake(details, "user", "is invalid")
    if not organization_id.isdecimal() or int(organization_id) not in account.organizations.rows:
        mistake(details, "organization", "is invalid")
    if details or user is None:
        raise invalid(details)
    own = [account.memberships.rows[id] for id in account.of_user.get(user["id"], ())]
    if any(row["organization_id"] == int(organization_id) for row in own):
        mistake(details, "user_id", "has already been taken", "DuplicateValue")
        raise invalid(details)
    made = account.join(user, int(organization_id), default=bool(given.get("default")))
    _tell(account, "organization_membership_created", made)
    return made


def _tell(account: Account, event: str, membership: Row) -> None:
    about = {"organization": {"id": str(membership["organization_id"])}}
    tell(account, "user", event, account.users.rows[membership["user_id"]], about)


def _membership(account: Account, id: str, user: int | None = None) -> Row:
    row = account.memberships.get(int(id)) if id.isdecimal() else None
    if row is None or user not in (None, row["user_id"]):
        raise not_found()
    return row


MEMBERSHIPS: Routes[Account] = {
    ("GET", "/organization_memberships"): listing,
    ("POST", "/organization_memberships"): create,
    ("POST", "/organization_memberships/create_many"): create_many,
    ("GET", "/organization_memberships/{id}"): one,
    ("DELETE", "/organization_memberships/{id}"): delete,
    ("GET", "/users/{user}/organization_memberships"): of_user,
    ("POST", "/users/{user}/organization_memberships"): create,
    ("DELETE", "/users/{user}/organization_memberships/{id}"): delete,
    ("PUT", "/users/{user}/organization_memberships/{id}/make_default"): make_default,
    ("GET", "/organizations/{organization}/organization_memberships"): of_organization,
}
