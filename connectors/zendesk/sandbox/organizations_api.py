"""Zendesk's organization endpoints in the sandbox."""

from __future__ import annotations

from connectors.sandbox.table import Row
from connectors.sandbox.wire import Answer, Call, Json, Routes
from connectors.zendesk.sandbox import organizations
from connectors.zendesk.sandbox.account import Account
from connectors.zendesk.sandbox.answers import (
    MAX_MANY,
    bad_value,
    ids_of,
    numbered,
    too_many,
    words_of,
    wrapped,
)
from connectors.zendesk.sandbox.answers import listing as listed
from connectors.zendesk.sandbox.jobs import submit

NAME = "organizations"
PER_ORGANIZATION = ("update_organization", 5, 60.0)


def listing(account: Account, call: Call) -> Answer:
    return listed(call, NAME, account.organizations)


def one(account: Account, call: Call) -> Answer:
    return Answer(200, {"organization": organizations.organization(account, call.args["id"])})


def many(account: Account, call: Call) -> Answer:
    if "external_ids" in call.query:
        found = [
            account.organization_keys.get(key.lower(), -1) for key in words_of(call.query["external_ids"])
        ]
    else:
        found = ids_of(call.query.get("ids"))
    rows = account.organizations.rows
    return numbered(call, NAME, [rows[id] for id in found if id in rows])


def search(account: Account, call: Call) -> Answer:
    """By the whole name or external id, in any letter case."""
    if "external_id" in call.query:
        id = account.organization_keys.get(call.query["external_id"].lower())
    elif "name" in call.query:
        id = account.names.get(call.query["name"].strip().lower())
    else:
        raise bad_value("name or external_id is needed")
    return numbered(call, NAME, [] if id is None else [account.organizations.rows[id]])


def create(account: Account, call: Call) -> Answer:
    row = organizations.create(account, wrapped(call, "organization"), call.base, call.ignored)
    return Answer(201, {"organization": row})


def update(account: Account, call: Call) -> Answer:
    row = organizations.organization(account, call.args["id"])
    account.limits.take(*PER_ORGANIZATION, key=str(row["id"]))
    row = organizations.update(account, row, wrapped(call, "organization"), call.ignored)
    return Answer(200, {"organization": row})


def create_or_update(account: Account, call: Call) -> Answer:
    """Matches by id or external id, never by name."""
    given = wrapped(call, "organization")
    row = _existing(account, given)
    if row is None:
        return Answer(201, {"organization": organizations.create(account, given, call.base, call.ignored)})
    account.limits.take(*PER_ORGANIZATION, key=str(row["id"]))
    return Answer(200, {"organization": organizations.update(account, row, given, call.ignored)})


def delete(account: Account, call: Call) -> Answer:
    organizations.delete(account, organizations.organization(account, call.args["id"]))
    return Answer(204)


def create_many(account: Account, call: Call) -> Answer:
    def step(item: Json) -> Json:
        row = organizations.create(account, item, call.base, call.ignored)
        return {"status": "Created", "id": row["id"]}

    return submit(account, call, "Bulk Create Organization", _items(call), step, "OrganizationCreateError")


def update_many(account: Account, call: Call) -> Answer:
    """Either a list of organizations with their ids, or one change for all ``ids``."""
    items = _items(call) if NAME in call.body else []
    if not items:
        change = wrapped(call, "organization")
        items = [{**change, "id": id} for id in ids_of(call.query.get("ids"))]

    def step(item: Json) -> Json:
        row = organizations.organization(account, str(item.get("id", "")))
        organizations.update(account, row, item, call.ignored)
        return {"action": "update", "id": row["id"], "status": "Updated", "success": True}

    return submit(account, call, "Bulk Update Organization", items, step, "OrganizationUpdateFailed")


def destroy_many(account: Account, call: Call) -> Answer:
    def step(id: int) -> Json:
        organizations.delete(account, organizations.organization(account, id))
        return {"action": "delete", "id": id, "status": "Deleted", "success": True}

    ids = ids_of(call.query.get("ids"))
    return submit(account, call, "Bulk Delete Organization", ids, step, "OrganizationDeleteError")


def _existing(account: Account, given: Json) -> Row | None:
    if given.get("id"):
        return organizations.organization(account, str(given["id"]))
    id = account.organization_keys.get(str(given.get("external_id") or "").lower())
    return None if id is None else account.organizations.rows[id]


def _items(call: Call) -> list[Json]:
    given = call.body.get(NAME)
    if not isinstance(given, list) or not given:
        raise bad_value(f"{NAME} must be a list")
    if len(given) > MAX_MANY:
        raise too_many(f"Parameter  cannot specify more than {MAX_MANY} values")
    return given


ORGANIZATIONS: Routes[Account] = {
    ("GET", "/organizations"): listing,
    ("POST", "/organizations"): create,
    ("GET", "/organizations/show_many"): many,
    ("GET", "/organizations/search"): search,
    ("POST", "/organizations/create_or_update"): create_or_update,
    ("POST", "/organizations/create_many"): create_many,
    ("PUT", "/organizations/update_many"): update_many,
    ("DELETE", "/organizations/destroy_many"): destroy_many,
    ("GET", "/organizations/{id}"): one,
    ("PUT", "/organizations/{id}"): update,
    ("DELETE", "/organizations/{id}"): delete,
}
