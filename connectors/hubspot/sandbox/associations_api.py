"""HubSpot's association endpoints (v4) in the sandbox: contacts and companies in both directions, and what
hangs on them (deals, tickets, engagements)."""

from __future__ import annotations

from typing import Any

from connectors.hubspot.sandbox.account import Account
from connectors.hubspot.sandbox.answers import as_batch_error, bad_request, batch, error
from connectors.hubspot.sandbox.associations import PLAIN, PRIMARY, TYPES
from connectors.hubspot.sandbox.attached import ATTACHED_TYPES
from connectors.hubspot.sandbox.batches import inputs_of
from connectors.hubspot.sandbox.records import SINGULAR
from connectors.sandbox.wire import Answer, Call, Json, Refused, Routes, not_covered

MAX_READ, MAX_CREATE = 1000, 2000
TYPE_IDS = {
    "contacts": "0-1",
    "companies": "0-2",
    "deals": "0-3",
    "tickets": "0-5",
    "notes": "0-46",
    "meetings": "0-47",
    "calls": "0-48",
    "emails": "0-49",
    "tasks": "0-27",
}
Sides = tuple[str, str]


def _sides(account: Account, call: Call) -> Sides:
    sides = account.of(call.args["a"]).kind, account.of(call.args["b"]).kind
    if sides not in TYPES and sides not in ATTACHED_TYPES:
        raise Refused(not_covered(f"associations from {sides[0]} to {sides[1]}"))
    return sides


def _pair(account: Account, sides: Sides, a: Any, b: Any) -> tuple[int, int]:
    """The two ids, of a contact and a company as (contact, company); both must be live records."""
    for kind, id in zip(sides, (a, b), strict=True):
        if not str(id).isdecimal() or int(id) not in account.records[kind].table.rows:
            raise Refused(error(404, "OBJECT_NOT_FOUND", f"No {SINGULAR[kind]} with id {id}"))
    return _ordered(sides, a, b)


def _ordered(sides: Sides, a: Any, b: Any) -> tuple[int, int]:
    return (int(b), int(a)) if sides == ("companies", "contacts") else (int(a), int(b))


def _add(account: Account, sides: Sides, pair: tuple[int, int], types: set[int]) -> None:
    if sides in TYPES:
        account.links.add(*pair, types)
    else:
        account.attached.add((sides[0], pair[0]), (sides[1], pair[1]))


def _remove(account: Account, sides: Sides, pair: tuple[int, int]) -> None:
    if sides in TYPES:
        account.links.remove(*pair)
    else:
        account.attached.remove((sides[0], pair[0]), (sides[1], pair[1]))


def _types(sides: Sides, given: Any) -> set[int]:
    """The requested types as they are kept."""
    known = TYPES[sides] if sides in TYPES else {ATTACHED_TYPES[sides]: ATTACHED_TYPES[sides]}
    types: set[Any] = {item.get("associationTypeId") for item in given or () if isinstance(item, dict)}
    if not types or not types <= set(known):
        raise Refused(
            bad_request(f"{sorted(map(str, types))} are no association types of {sides[0]} to {sides[1]}")
        )
    return {known[type] for type in types}


def _associated(account: Account, sides: Sides, id: int) -> list[Json]:
    if sides in TYPES:
        links = account.links
        found = [(other, links.types(sides[0], id, other)) for other in links.of(sides[0], id)]
    else:
        found = [(other, [ATTACHED_TYPES[sides]]) for other in account.attached.of((sides[0], id), sides[1])]
    labels = {1: "Primary", 2: "Primary"}
    return [
        {
            "toObjectId": str(other),
            "associationTypes": [
                {"category": "HUBSPOT_DEFINED", "typeId": type, "label": labels.get(type)} for type in types
            ],
        }
        for other, types in found
    ]


def _made(sides: Sides, a: Any, b: Any, labels: list[str]) -> Json:
    return {
        "fromObjectTypeId": TYPE_IDS[sides[0]],
        "fromObjectId": str(a),
        "toObjectTypeId": TYPE_IDS[sides[1]],
        "toObjectId": str(b),
        "labels": labels,
    }


def read(account: Account, call: Call) -> Answer:
    sides = _sides(account, call)
    results, errors = [], []
    for item in inputs_of(call, MAX_READ):
        id = str(item.get("id", ""))
        found = _associated(account, sides, int(id)) if id.isdecimal() else []
        if found:
            results.append({"from": {"id": id}, "to": found})
            continue
        a, b = SINGULAR[sides[0]], SINGULAR[sides[1]]
        errors.append(
            {
                "status": "error",
                "category": "OBJECT_NOT_FOUND",
                "subCategory": "crm.associations.NO_ASSOCIATIONS_FOUND",
                "message": f"No {b} is associated with {a} {id}.",
                "context": {"fromObjectId": [id], "fromObjectType": [a], "toObjectType": [b]},
            }
        )
    return batch(200, account.clock.now(), results, errors)


def create(account: Account, call: Call) -> Answer:
    return _link_each(account, call, labelled=True, status=201)


def create_default(account: Account, call: Call) -> Answer:
    return _link_each(account, call, labelled=False, status=200)


def _link_each(account: Account, call: Call, labelled: bool, status: int) -> Answer:
    sides = _sides(account, call)
    results, errors = [], []
    for item in inputs_of(call, MAX_CREATE):
        a, b = (item.get(end, {}).get("id") for end in ("from", "to"))
        try:
            types = _types(sides, item.get("types")) if labelled else {PLAIN}
            _add(account, sides, _pair(account, sides, a, b), types)
        except Refused as refused:
            errors.append(as_batch_error(refused.answer, {"fromObjectId": [str(a)], "toObjectId": [str(b)]}))
        else:
            results.append(_made(sides, a, b, ["Primary"] if PRIMARY in types else []))
    return batch(status, account.clock.now(), results, errors)


def archive(account: Account, call: Call) -> Answer:
    sides = _sides(account, call)
    for item in inputs_of(call, MAX_CREATE):
        given = item.get("to")
        for to in given if isinstance(given, list) else [given or {}]:
            _unlink(account, sides, item.get("from", {}).get("id"), to.get("id"))
    return Answer(204)


def archive_labels(account: Account, call: Call) -> Answer:
    sides = _sides(account, call)
    for item in inputs_of(call, MAX_CREATE):
        a, b = (str(item.get(end, {}).get("id", "")) for end in ("from", "to"))
        types = _types(sides, item.get("types"))
        if PLAIN in types or sides in ATTACHED_TYPES:
            _unlink(account, sides, a, b)
        else:
            account.links.unlabel(*_pair(account, sides, a, b))
    return Answer(204)


def _unlink(account: Account, sides: Sides, a: Any, b: Any) -> None:
    if str(a).isdecimal() and str(b).isdecimal():
        _remove(account, sides, _ordered(sides, a, b))


def listing(account: Account, call: Call) -> Answer:
    sides = _sides(account, call)
    limit, start = call.number("limit", 500), call.number("after", 0)
    if not 1 <= limit <= 500 or start < 0:
        raise Refused(bad_request("limit must be between 1 and 500, after a cursor of this list"))
    id = account.records[sides[0]].find(call.args["id"])["id"]
    found = _associated(account, sides, int(id))
    body: Json = {"results": found[start : start + limit]}
    if start + limit < len(found):
        body["paging"] = {"next": {"after": str(start + limit)}}
    return Answer(200, body)


def put(account: Account, call: Call) -> Answer:
    sides, (a, b) = _sides(account, call), (call.args["id"], call.args["to"])
    given = call.parsed if isinstance(call.parsed, list) else None
    types = _types(sides, given)
    _add(account, sides, _pair(account, sides, a, b), types)
    return Answer(201, _made(sides, a, b, ["Primary"] if PRIMARY in types else []))


def put_default(account: Account, call: Call) -> Answer:
    sides, (a, b) = _sides(account, call), (call.args["id"], call.args["to"])
    _add(account, sides, _pair(account, sides, a, b), {PLAIN})
    return batch(200, account.clock.now(), [_made(sides, a, b, [])])


def delete(account: Account, call: Call) -> Answer:
    sides = _sides(account, call)
    _remove(account, sides, _pair(account, sides, call.args["id"], call.args["to"]))
    return Answer(204)


ASSOCIATIONS: Routes[Account] = {
    ("POST", "/crm/v4/associations/{a}/{b}/batch/read"): read,
    ("POST", "/crm/v4/associations/{a}/{b}/batch/create"): create,
    ("POST", "/crm/v4/associations/{a}/{b}/batch/associate/default"): create_default,
    ("POST", "/crm/v4/associations/{a}/{b}/batch/archive"): archive,
    ("POST", "/crm/v4/associations/{a}/{b}/batch/labels/archive"): archive_labels,
    ("PUT", "/crm/v4/objects/{a}/{id}/associations/default/{b}/{to}"): put_default,
    ("GET", "/crm/v4/objects/{a}/{id}/associations/{b}"): listing,
    ("PUT", "/crm/v4/objects/{a}/{id}/associations/{b}/{to}"): put,
    ("DELETE", "/crm/v4/objects/{a}/{id}/associations/{b}/{to}"): delete,
}
