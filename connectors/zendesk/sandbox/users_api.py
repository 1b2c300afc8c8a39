"""Zendesk's user endpoints in the sandbox."""

from __future__ import annotations

from collections.abc import Iterable

from connectors.sandbox.table import Row
from connectors.sandbox.wire import Answer, Call, Json, Refused, Routes, not_covered
from connectors.zendesk.sandbox import users
from connectors.zendesk.sandbox.account import ADMIN_EMAIL, Account
from connectors.zendesk.sandbox.answers import (
    MAX_MANY,
    bad_value,
    forbidden,
    ids_of,
    listing,
    not_found,
    numbered,
    too_many,
    words_of,
    wrapped,
)
from connectors.zendesk.sandbox.jobs import submit
from connectors.zendesk.sandbox.webhooks import tell

PER_USER = ("update_user", 5, 60.0)
ALL_UPDATES = ("update_users", 1, 1.0)
ERASURES = ("erase_users", 700, 600.0)


# -- reading -----------------------------------------------------------------------------------------


def whoami(account: Account, call: Call) -> Answer:
    return Answer(200, {"user": account.users.rows[account.emails[ADMIN_EMAIL]]})


def all_users(account: Account, call: Call) -> Answer:
    """Live users; deleted ones have a list of their own."""
    return with_identities(account, call, _all(account, call))


def _all(account: Account, call: Call) -> Answer:
    if key := call.query.get("external_id"):
        return numbered(call, "users", _of([account.user_keys.get(key.lower())], account))
    role = call.query.get("role")
    if role:
        return listing(call, "users", account.users, lambda row: row["active"] and row["role"] == role)
    return listing(call, "users", account.users, lambda row: bool(row["active"]))


def one(account: Account, call: Call) -> Answer:
    return Answer(200, {"user": account.user(call.args["id"])})


def many(account: Account, call: Call) -> Answer:
    """Ids that are not there are left out of the answer."""
    if "external_ids" in call.query:
        found = _of(
            [account.user_keys.get(key.lower()) for key in words_of(call.query["external_ids"])], account
        )
    else:
        found = _of(ids_of(call.query.get("ids")), account)
    deleted = call.query.get("include_deleted") == "true"
    answer = numbered(call, "users", [row for row in found if row["active"] or deleted])
    return with_identities(account, call, answer)


def with_identities(account: Account, call: Call, answer: Answer) -> Answer:
    """The answer and, where it is asked for, all identities of its users."""
    asked = call.query.get("include", "").split(",")
    call.ignored += [f"?include={name}" for name in asked if name not in ("", "identities")]
    if "identities" in asked:
        answer.body["identities"] = [
            item for row in answer.body["users"] if row["active"] for item in account.identities_of(row)
        ]
    return answer


def search(account: Account, call: Call) -> Answer:
    """By exact e-mail address (any of a user's), external id or phone; other queries are not covered."""
    if key := call.query.get("external_id"):
        return numbered(call, "users", _of([account.user_keys.get(key.lower())], account))
    words = [word for word in call.query.get("query", "").split() if word != "type:user"]
    name, _, value = " ".join(words).partition(":")
    value = value.strip().strip('"').lower()
    if name == "email":
        return numbered(call, "users", _of([account.emails.get(value)], account))
    if name == "external_id":
        return numbered(call, "users", _of([account.user_keys.get(value)], account))
    if name == "phone":
        return numbered(call, "users", [row for row in account.users if _has_phone(account, row, value)])
    raise Refused(not_covered(f"the Zendesk user search {name!r}"))


def _has_phone(account: Account, row: Row, number: str) -> bool:
    own = account.phones.get(number) == row["id"]
    return bool(row["active"]) and (own or (row["phone"] or "").lower() == number)


def _of(ids: Iterable[int | None], account: Account) -> list[Row]:
    return [account.users.rows[id] for id in ids if id is not None and id in account.users.rows]


# -- writing one -------------------------------------------------------------------------------------


def create(account: Account, call: Call) -> Answer:
    return Answer(201, {"user": users.create(account, wrapped(call, "user"), call.base, call.ignored)})


def update(account: Account, call: Call) -> Answer:
    row = _live(account, call.args["id"])
    _count_update(account, row)
    return Answer(200, {"user": users.update(account, row, wrapped(call, "user"), call.ignored)})


def create_or_update(account: Account, call: Call) -> Answer:
    given = wrapped(call, "user")
    row = _existing(account, given)
    if row is None:
        account.limits.take(*ALL_UPDATES)
        return Answer(201, {"user": users.create(account, given, call.base, call.ignored)})
    _count_update(account, row)
    return Answer(200, {"user": users.update(account, row, given, call.ignored)})


def delete(account: Account, call: Call) -> Answer:
    return Answer(200, {"user": _deleted_now(account, call.args["id"])})


def _deleted_now(account: Account, id: str) -> Row:
    row = users.delete(account, _live(account, id))
    tell(account, "user", "deleted", row)
    return row


def merge(account: Account, call: Call) -> Answer:
    """The loser becomes inactive; its addresses and memberships go to the winner."""
    loser, winner = _live(account, call.args["id"]), _live(account, str(wrapped(call, "user").get("id", "")))
    if loser["role"] != "end-user" or winner["role"] != "end-user" or loser is winner:
        raise forbidden("Only two different end users can be merged")
    if not account.mode.muted:
        taken = [(item["type"], item["value"]) for item in account.identities_of(loser)]
        organizations = [
            account.memberships.rows[id]["organization_id"] for id in account.of_user.get(loser["id"], ())
        ]
        users.delete(account, loser)
        own = {
            account.memberships.rows[id]["organization_id"] for id in account.of_user.get(winner["id"], ())
        }
        for type, value in taken:
            primary = type == "email" and not winner["email"]
            account.own_identities(winner).append(account.new_identity(winner, value, primary, type))
            (account.emails if type == "email" else account.phones)[value] = winner["id"]
            winner["email"] = value if primary else winner["email"]
        for organization in organizations:
            if organization not in own:
                account.join(winner, organization)
        account.touch_user(winner)
        tell(account, "user", "merged", loser, {"user": {"id": str(winner["id"])}})
    return Answer(200, {"user": winner})


def _live(account: Account, id: str) -> Row:
    row = account.user(id)
    if not row["active"]:
        raise not_found()
    return row


def _existing(account: Account, given: Json) -> Row | None:
    """The user whom a create_or_update means: by external id, then by e-mail."""
    key, email = str(given.get("external_id") or "").lower(), str(given.get("email") or "").strip().lower()
    if not key and not email:
        raise bad_value("An email or external_id is needed")
    id = account.user_keys.get(key) if key else None
    if id is None:
        id = account.emails.get(email)
    return None if id is None else account.users.rows[id]


def _count_update(account: Account, row: Row) -> None:
    account.limits.take(*ALL_UPDATES)
    account.limits.take(*PER_USER, key=str(row["id"]))


# -- writing many ------------------------------------------------------------------------------------


def create_many(account: Account, call: Call) -> Answer:
    _bulk_allowed(account)
    return submit(
        account,
        call,
        "Bulk Create User",
        _items(call),
        lambda item: _created(account, call, item),
        "UserCreateError",
    )


def create_or_update_many(account: Account, call: Call) -> Answer:
    _bulk_allowed(account)

    def step(item: Json) -> Json:
        row = _existing(account, item)
        if row is None:
            return _created(account, call, item)
        users.update(account, row, item, call.ignored)
        return _result("update", "Updated", row)

    return submit(account, call, "Bulk Create Or Update User", _items(call), step, "UserCreateError")


def update_many(account: Account, call: Call) -> Answer:
    """Either a list of users with their ids, or one change for all ``ids``."""
    items = _items(call) if "users" in call.body else []
    if not items:
        change = wrapped(call, "user")
        items = [{**change, "id": id} for id in ids_of(call.query.get("ids"))]

    def step(item: Json) -> Json:
        row = _live(account, str(item.get("id", "")))
        users.update(account, row, item, call.ignored)
        return _result("update", "Updated", row)

    return submit(account, call, "Bulk Update User", items, step, "UserUpdateError")


def destroy_many(account: Account, call: Call) -> Answer:
    def step(id: int) -> Json:
        return _result("delete", "Deleted", _deleted_now(account, str(id)))

    return submit(account, call, "Bulk Delete User", ids_of(call.query.get("ids")), step, "UserDeleteError")


def _bulk_allowed(account: Account) -> None:
    if account.mode.settings.get("bulk_user_imports") is False:
        raise forbidden("Bulk user imports are not enabled for this account; ask Zendesk support")


def _items(call: Call) -> list[Json]:
    given = call.body.get("users")
    if not isinstance(given, list) or not given:
        raise bad_value("users must be a list")
    if len(given) > MAX_MANY:
        raise too_many(f"Maximum {MAX_MANY} users may be created per call")
    return given


def _created(account: Account, call: Call, item: Json) -> Json:
    return _result("create", "Created", users.create(account, item, call.base, call.ignored))


def _result(action: str, status: str, row: Row) -> Json:
    return {"action": action, "id": row["id"], "status": status, "success": True}


# -- deleted users -----------------------------------------------------------------------------------


def deleted(account: Account, call: Call) -> Answer:
    return listing(call, "deleted_users", account.deleted)


def one_deleted(account: Account, call: Call) -> Answer:
    return Answer(200, {"deleted_user": _deleted(account, call)})


def erase(account: Account, call: Call) -> Answer:
    """Permanently: nothing personal is left."""
    account.limits.take(*ERASURES)
    row = _deleted(account, call)
    if not account.mode.muted:
        row.update(
            name="Permanently Deleted User", email=None, phone=None, notes="", details="", external_id=None
        )
        row["user_fields"] = dict.fromkeys(row["user_fields"])
        account.touch_user(row)
    return Answer(200, {"deleted_user": row})


def _deleted(account: Account, call: Call) -> Row:
    id = call.args["id"]
    row = account.deleted.get(int(id)) if id.isdecimal() else None
    if row is None:
        raise not_found()
    return row


USERS: Routes[Account] = {
    ("GET", "/users/me"): whoami,
    ("GET", "/users"): all_users,
    ("POST", "/users"): create,
    ("GET", "/users/show_many"): many,
    ("GET", "/users/search"): search,
    ("POST", "/users/create_or_update"): create_or_update,
    ("POST", "/users/create_many"): create_many,
    ("POST", "/users/create_or_update_many"): create_or_update_many,
    ("PUT", "/users/update_many"): update_many,
    ("DELETE", "/users/destroy_many"): destroy_many,
    ("GET", "/users/{id}"): one,
    ("PUT", "/users/{id}"): update,
    ("DELETE", "/users/{id}"): delete,
    ("PUT", "/users/{id}/merge"): merge,
    ("GET", "/deleted_users"): deleted,
    ("GET", "/deleted_users/{id}"): one_deleted,
    ("DELETE", "/deleted_users/{id}"): erase,
}
