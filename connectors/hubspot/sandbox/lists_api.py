"""HubSpot's list endpoints (v3) in the sandbox, for lists of contacts."""

from __future__ import annotations

from connectors.hubspot.sandbox.account import Account
from connectors.hubspot.sandbox.answers import bad_request, error
from connectors.hubspot.sandbox.lists import STATIC, StaticList
from connectors.sandbox.clock import iso_ms
from connectors.sandbox.wire import Answer, Call, Json, Refused, Routes, not_covered

MAX_FOUND, MAX_PAGE = 500, 250


def search(account: Account, call: Call) -> Answer:
    body = call.body
    count, offset = body.get("count", 20), body.get("offset", 0)
    if not isinstance(count, int) or not 1 <= count <= MAX_FOUND or not isinstance(offset, int):
        raise Refused(bad_request(f"count must be between 1 and {MAX_FOUND}"))
    asked, words = body.get("processingTypes") or [], str(body.get("query") or "").lower()
    wanted = body.get("listIds")
    found = [
        one.shown()
        for one in account.lists.known.values()
        if (not asked or one.processing in asked)
        and words in one.name.lower()
        and (not wanted or str(one.id) in map(str, wanted))
    ]
    more = offset + count < len(found)
    page = found[offset : offset + count]
    return Answer(200, {"total": len(found), "offset": offset + len(page), "hasMore": more, "lists": page})


def create(account: Account, call: Call) -> Answer:
    body = call.body
    if body.get("objectTypeId") != "0-1":
        raise Refused(not_covered(f"lists of {body.get('objectTypeId')}"))
    if body.get("processingType") not in STATIC or not body.get("name"):
        raise Refused(bad_request("A list needs a name and the processingType MANUAL or SNAPSHOT"))
    if account.lists.named(body["name"]):
        raise Refused(error(400, "VALIDATION_ERROR", f"A list named {body['name']} already exists"))
    return Answer(200, {"list": account.lists.add(body["name"], body["processingType"]).shown()})


def one(account: Account, call: Call) -> Answer:
    return Answer(200, {"list": _list(account, call).shown()})


def rename(account: Account, call: Call) -> Answer:
    chosen, name = _list(account, call), str(call.query.get("listName") or "")
    if not name or account.lists.named(name) not in (None, chosen):
        raise Refused(error(400, "VALIDATION_ERROR", "A list needs a name that no other list has"))
    account.lists.rename(chosen, name)
    return Answer(200, {"updatedList": chosen.shown()})


def delete(account: Account, call: Call) -> Answer:
    """HubSpot can restore it for 90 days; the sandbox cannot."""
    account.lists.remove(_list(account, call))
    return Answer(204)


def members(account: Account, call: Call) -> Answer:
    """In the order of record ids."""
    return _page(call, sorted(_list(account, call).members.items()))


def members_by_time(account: Account, call: Call) -> Answer:
    return _page(call, sorted(_list(account, call).members.items(), key=lambda item: item[1]))


def lists_of_record(account: Account, call: Call) -> Answer:
    if call.args["type"] not in ("0-1", "contacts", "contact"):
        raise Refused(not_covered(f"lists of {call.args['type']}"))
    id = call.args["record"]
    results = [
        {
            "listId": str(one.id),
            "listVersion": 1,
            "firstAddedTimestamp": iso_ms(one.members[int(id)]),
            "lastAddedTimestamp": iso_ms(one.members[int(id)]),
        }
        for one in account.lists.known.values()
        if id.isdecimal() and int(id) in one.members
    ]
    return Answer(200, {"results": results, "total": len(results)})


def add(account: Account, call: Call) -> Answer:
    return _changed(account, call, _ids(call.parsed), [])


def remove(account: Account, call: Call) -> Answer:
    return _changed(account, call, [], _ids(call.parsed))


def add_and_remove(account: Account, call: Call) -> Answer:
    body = call.body
    return _changed(account, call, _ids(body.get("recordIdsToAdd")), _ids(body.get("recordIdsToRemove")))


def _changed(account: Account, call: Call, add: list[str], remove: list[str]) -> Answer:
    """The answer spells one of its keys in another way than the rest."""
    chosen = _list(account, call)
    if chosen.processing not in STATIC:
        raise Refused(
            bad_request(f"Memberships of the {chosen.processing} list {chosen.id} cannot be edited")
        )
    contacts = account.records["contacts"].table
    added, removed, missing = account.lists.change(chosen, contacts, add, remove)
    body = {"recordsIdsAdded": added, "recordIdsRemoved": removed, "recordIdsMissing": missing}
    return Answer(200, body)


def _list(account: Account, call: Call) -> StaticList:
    id = call.args["list"]
    found = account.lists.known.get(int(id)) if id.isdecimal() else None
    if found is None:
        raise Refused(error(404, "OBJECT_NOT_FOUND", f"List does not exist with ID {id}."))
    return found


def _ids(given: object) -> list[str]:
    if not isinstance(given, list):
        raise Refused(bad_request("Invalid input JSON: a list of record ids is needed"))
    return [str(id) for id in given]


def _page(call: Call, items: list[tuple[int, int]]) -> Answer:
    limit, start = call.number("limit", 100), call.number("after", 0)
    if not 1 <= limit <= MAX_PAGE or start < 0:
        raise Refused(bad_request(f"limit must be between 1 and {MAX_PAGE}"))
    page = items[start : start + limit]
    body: Json = {
        "total": len(items),
        "results": [{"recordId": str(id), "membershipTimestamp": iso_ms(at)} for id, at in page],
    }
    if start + limit < len(items):
        body["paging"] = {"next": {"after": str(start + limit)}}
    return Answer(200, body)


LISTS: Routes[Account] = {
    ("POST", "/crm/v3/lists/search"): search,
    ("POST", "/crm/v3/lists/"): create,
    ("POST", "/crm/v3/lists"): create,
    ("GET", "/crm/v3/lists/{list}"): one,
    ("DELETE", "/crm/v3/lists/{list}"): delete,
    ("PUT", "/crm/v3/lists/{list}/update-list-name"): rename,
    ("GET", "/crm/v3/lists/{list}/memberships"): members,
    ("GET", "/crm/v3/lists/{list}/memberships/join-order"): members_by_time,
    ("PUT", "/crm/v3/lists/{list}/memberships/add"): add,
    ("PUT", "/crm/v3/lists/{list}/memberships/remove"): remove,
    ("PUT", "/crm/v3/lists/{list}/memberships/add-and-remove"): add_and_remove,
    ("GET", "/crm/v3/lists/records/{type}/{record}/memberships"): lists_of_record,
}
