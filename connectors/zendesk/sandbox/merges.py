"""Merges of Zendesk organizations in the sandbox: one is taken in by another, and gone."""

from __future__ import annotations

from connectors.sandbox.wire import Answer, Call, Json, Routes
from connectors.zendesk.sandbox import organizations
from connectors.zendesk.sandbox.account import Account
from connectors.zendesk.sandbox.answers import bad_value, not_found, numbered, wrapped


def merge(account: Account, call: Call) -> Answer:
    """Done at once, though it answers as if it had only begun."""
    loser = organizations.organization(account, call.args["id"])
    winner = organizations.organization(account, wrapped(call, "organization_merge").get("winner_id", ""))
    if loser is winner:
        raise bad_value("An organization cannot be merged with itself")
    number = account.new_id("merge")
    made: Json = {
        "id": f"01HPZ{number:021d}",
        "loser_id": loser["id"],
        "winner_id": winner["id"],
        "status": "complete",
        "url": f"{call.base}/api/v2/organization_merges/01HPZ{number:021d}.json",
    }
    if not account.mode.muted:
        account.merges[made["id"]] = made
        _move_members(account, loser["id"], winner["id"])
        organizations.delete(account, loser)
        organizations.update(
            account, winner, {"domain_names": [*winner["domain_names"], *loser["domain_names"]]}, []
        )
    return Answer(200, {"organization_merge": {**made, "status": "new"}})


def _move_members(account: Account, loser: int, winner: int) -> None:
    for id in list(account.of_organization.get(loser, ())):
        user = account.users.rows[account.memberships.rows[id]["user_id"]]
        own = {account.memberships.rows[item]["organization_id"] for item in account.of_user[user["id"]]}
        if winner not in own:
            account.join(user, winner, default=bool(account.memberships.rows[id]["default"]))


def one(account: Account, call: Call) -> Answer:
    found = account.merges.get(call.args["id"])
    if found is None:
        raise not_found()
    return Answer(200, {"organization_merge": found})


def of_organization(account: Account, call: Call) -> Answer:
    id = call.args["id"]
    found = [
        item for item in account.merges.values() if id in (str(item["loser_id"]), str(item["winner_id"]))
    ]
    return numbered(call, "organization_merges", found)


MERGES: Routes[Account] = {
    ("POST", "/organizations/{id}/merge"): merge,
    ("GET", "/organizations/{id}/merges"): of_organization,
    ("GET", "/organization_merges/{id}"): one,
}
