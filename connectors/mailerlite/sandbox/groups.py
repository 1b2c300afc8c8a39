"""MailerLite's groups, custom fields and time zones in the sandbox; lists here have page numbers."""

from __future__ import annotations

import re
from collections.abc import Sequence

from connectors.mailerlite.sandbox.account import Account
from connectors.mailerlite.sandbox.events import snapshot, tell_changes
from connectors.mailerlite.sandbox.subscribers import invalid, missing, page, subscriber
from connectors.sandbox.table import Row
from connectors.sandbox.wire import Answer, Call, Json, Routes

TYPES = ("text", "number", "date")


def numbered(call: Call, items: Sequence[Json], default: int) -> Answer:
    limit, number = call.number("limit", default), call.number("page", 1)
    if limit < 1 or number < 1:
        raise invalid({"limit": ["The limit and page must be at least 1."]})
    last = max(1, -(-len(items) // limit))
    path = f"{call.base}{call.path}"
    data = list(items[(number - 1) * limit : number * limit])
    return Answer(
        200,
        {
            "data": data,
            "links": {
                "first": f"{path}?page=1",
                "last": f"{path}?page={last}",
                "prev": f"{path}?page={number - 1}" if number > 1 else None,
                "next": f"{path}?page={number + 1}" if number < last else None,
            },
            "meta": {
                "current_page": number,
                "from": (number - 1) * limit + 1 if data else None,
                "last_page": last,
                "path": path,
                "per_page": limit,
                "to": (number - 1) * limit + len(data) if data else None,
                "total": len(items),
            },
        },
    )


# -- groups ------------------------------------------------------------------------------------------


def groups(account: Account, call: Call) -> Answer:
    wanted = call.query.get("filter[name]", "").lower()
    found = [_counted(account, row) for row in account.groups if wanted in row["name"].lower()]
    key = call.query.get("sort", "")
    if key.lstrip("-") in ("name", "created_at"):
        found.sort(key=lambda row: str(row[key.lstrip("-")]), reverse=key.startswith("-"))
    return numbered(call, found, 25)


def create_group(account: Account, call: Call) -> Answer:
    return Answer(201, {"data": account.new_group(_name(account, call), account.clock.tick())})


def update_group(account: Account, call: Call) -> Answer:
    row = group(account, call.args["id"])
    name = _name(account, call, row)
    if not account.mode.muted:
        row["name"] = name
    return Answer(200, {"data": _counted(account, row)})


def delete_group(account: Account, call: Call) -> Answer:
    account.remove_group(int(group(account, call.args["id"])["id"]))
    return Answer(204)


def members(account: Account, call: Call) -> Answer:
    ids = account.members[int(group(account, call.args["id"])["id"])]
    status = call.query.get("filter[status]")
    chosen = [id for id in ids if not status or account.subscribers.rows[id]["status"] == status]
    return page(account, call, sorted(chosen), default=50)


def assign(account: Account, call: Call) -> Answer:
    row, chosen = subscriber(account, call.args["key"]), group(account, call.args["id"])
    before = snapshot(account, row)
    account.join(int(row["id"]), [int(chosen["id"])])
    tell_changes(account, before, row)
    return Answer(200, {"data": _counted(account, chosen)})


def unassign(account: Account, call: Call) -> Answer:
    row, chosen = subscriber(account, call.args["key"]), group(account, call.args["id"])
    before = snapshot(account, row)
    account.leave(int(row["id"]), int(chosen["id"]))
    tell_changes(account, before, row)
    return Answer(204)


def group(account: Account, id: str) -> Row:
    row = account.groups.get(int(id)) if id.isdecimal() else None
    if row is None:
        raise missing()
    return row


def _counted(account: Account, row: Row) -> Row:
    return {**row, "active_count": len(account.members[int(row["id"])])}


def _name(account: Account, call: Call, own: Row | None = None) -> str:
    name = str(call.body.get("name") or "").strip()
    if not name:
        raise invalid({"name": ["The name field is required."]})
    if len(name) > 255:
        raise invalid({"name": ["The name must not be greater than 255 characters."]})
    if any(row["name"] == name and row is not own for row in account.groups):
        raise invalid({"name": ["The name has already been taken."]})
    return name


# -- fields ------------------------------------------------------------------------------------------


def fields(account: Account, call: Call) -> Answer:
    word, type = call.query.get("filter[keyword]", "").lower(), call.query.get("filter[type]")
    found = [
        item
        for item in account.fields.values()
        if word in item["name"].lower() and type in (None, item["type"])
    ]
    return numbered(call, found, 100)


def create_field(account: Account, call: Call) -> Answer:
    name, type = str(call.body.get("name") or "").strip(), call.body.get("type")
    key = re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")
    if not key or len(name) > 255:
        raise invalid({"name": ["The name field is required, with at most 255 characters."]})
    if type not in TYPES:
        raise invalid({"type": ["The selected type is invalid."]})
    if any(item["key"] == key for item in account.fields.values()):
        raise invalid({"name": ["The name has already been taken."]})
    return Answer(201, {"data": account.add_field(name, key, type)})


def update_field(account: Account, call: Call) -> Answer:
    found = account.fields[_field(account, call)]
    name = str(call.body.get("name") or "").strip()
    if not name:
        raise invalid({"name": ["The name field is required."]})
    if not account.mode.muted:
        found["name"] = name
    return Answer(200, {"data": found})


def delete_field(account: Account, call: Call) -> Answer:
    account.remove_field(_field(account, call))
    return Answer(204)


def _field(account: Account, call: Call) -> int:
    id = call.args["id"]
    if not id.isdecimal() or int(id) not in account.fields:
        raise missing()
    return int(id)


def timezones(account: Account, call: Call) -> Answer:
    zones = (("1", "UTC", 0), ("2", "Asia/Jakarta", 25_200), ("3", "Asia/Tehran", 12_600))
    data = [
        {"id": id, "name": name, "name_for_humans": name, "offset_name": name, "offset": offset}
        for id, name, offset in zones
    ]
    return Answer(200, {"data": data})


GROUPS: Routes[Account] = {
    ("GET", "/api/groups"): groups,
    ("POST", "/api/groups"): create_group,
    ("PUT", "/api/groups/{id}"): update_group,
    ("DELETE", "/api/groups/{id}"): delete_group,
    ("GET", "/api/groups/{id}/subscribers"): members,
    ("POST", "/api/subscribers/{key}/groups/{id}"): assign,
    ("DELETE", "/api/subscribers/{key}/groups/{id}"): unassign,
    ("GET", "/api/fields"): fields,
    ("POST", "/api/fields"): create_field,
    ("PUT", "/api/fields/{id}"): update_field,
    ("DELETE", "/api/fields/{id}"): delete_field,
    ("GET", "/api/timezones"): timezones,
}
