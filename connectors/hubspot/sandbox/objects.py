"""Single records and lists of HubSpot objects in the sandbox."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from connectors.hubspot.sandbox.account import KINDS, Account
from connectors.hubspot.sandbox.answers import bad_request, error, not_found
from connectors.hubspot.sandbox.associations import NAMES, TYPES
from connectors.hubspot.sandbox.attached import ATTACHED_TYPES
from connectors.hubspot.sandbox.records import SINGULAR, Records
from connectors.sandbox.clock import iso_ms
from connectors.sandbox.table import Row, after
from connectors.sandbox.wire import Answer, Call, Json, Refused, Routes, not_covered

MAX_PAGE = 100


def view(row: Row, names: Sequence[str]) -> Json:
    """A record with the given properties; those without a value are null."""
    get = row["properties"].get
    shown = {
        "id": row["id"],
        "properties": {name: get(name) for name in names},
        "createdAt": row["createdAt"],
        "updatedAt": row["updatedAt"],
        "archived": row["archived"],
    }
    if row["archived"]:
        shown["archivedAt"] = row["archivedAt"]
    return shown


def full(records: Records, row: Row) -> Json:
    """A record as the answer of a write: every property that has a value."""
    return view(row, sorted(row["properties"]))


def properties(call: Call) -> Mapping[str, Any]:
    given = call.body.get("properties")
    if not isinstance(given, dict):
        raise Refused(bad_request('Invalid input JSON: "properties" must be an object'))
    return given


def listing(account: Account, call: Call) -> Answer:
    records = account.of(call.args["kind"])
    limit = call.number("limit", 10)
    if not 1 <= limit <= MAX_PAGE:
        raise Refused(bad_request(f"limit must be between 1 and {MAX_PAGE}"))
    last = call.number("after", 0)
    if last < 0:
        raise Refused(bad_request("after is not a cursor of this list"))
    table = records.archived if call.flag("archived") else records.table
    names = records.shown(_names(call))
    ids, more = after(table.ids, last, limit)
    results = [view(table.rows[id], names) for id in ids]
    _associate(account, records, call, results)
    body: Json = {"results": results}
    if more:
        body["paging"] = {"next": {"after": str(ids[-1]), "link": f"{call.base}{call.path}?after={ids[-1]}"}}
    return Answer(200, body)


def one(account: Account, call: Call) -> Answer:
    records = account.of(call.args["kind"])
    if call.flag("archived"):
        id = call.args["id"]
        row = records.archived.get(int(id)) if id.isdecimal() else None
        if row is None:
            raise Refused(not_found())
    else:
        row = records.find(call.args["id"], call.query.get("idProperty"))
    results = [view(row, records.shown(_names(call)))]
    _associate(account, records, call, results)
    return Answer(200, results[0])


def create(account: Account, call: Call) -> Answer:
    records = account.of(call.args["kind"])
    pairs = linked(account, records, call.body.get("associations"))
    row = records.create(properties(call), call.ignored)
    link(account, records, int(row["id"]), pairs)
    return Answer(201, full(records, row))


def update(account: Account, call: Call) -> Answer:
    records = account.of(call.args["kind"])
    row = records.find(call.args["id"], call.query.get("idProperty"))
    return Answer(200, full(records, records.update(row, properties(call), call.ignored)))


def archive(account: Account, call: Call) -> Answer:
    records = account.of(call.args["kind"])
    id = call.args["id"]
    row = records.table.get(int(id)) if id.isdecimal() else None
    if row:
        discard(account, records, row)
    elif not id.isdecimal() or int(id) not in records.archived.rows:
        raise Refused(not_found())
    return Answer(204)


def discard(account: Account, records: Records, row: Row) -> None:
    records.archive(row)
    account.links.forget(records.kind, int(row["id"]))
    account.attached.forget((records.kind, int(row["id"])))
    if records.kind == "contacts" and not account.mode.muted:
        account.lists.forget(int(row["id"]))


def merge(account: Account, call: Call) -> Answer:
    records = account.of(call.args["kind"])
    winner = records.find(str(call.body.get("primaryObjectId", "")))
    loser = records.find(str(call.body.get("objectIdToMerge", "")))
    if winner is loser:
        raise Refused(bad_request("An object cannot be merged with itself"))
    before = [(row, _links(account, records, int(row["id"]))) for row in (winner, loser)]
    row = records.merge(winner, loser)
    if not account.mode.muted:
        _relink(account, records, int(row["id"]), before)
    return Answer(200, full(records, row))


def _links(account: Account, records: Records, id: int) -> list[tuple[int, bool]]:
    """(the other end, whether it is the primary company)."""
    links, kind = account.links, records.kind
    return [(other, len(links.types(kind, id, other)) > 1) for other in links.of(kind, id)]


def _relink(
    account: Account, records: Records, into: int, before: list[tuple[Row, list[tuple[int, bool]]]]
) -> None:
    """The record that lives takes over all links; of two primary companies, its own."""
    links = account.links
    for row, others in before:
        old = int(row["id"])
        if old != into:
            account.attached.move((records.kind, old), (records.kind, into))
        for other, primary in others:
            contact, company = (into, other) if records.kind == "contacts" else (other, into)
            if old != into:
                links.remove(*((old, other) if records.kind == "contacts" else (other, old)))
            taken = records.kind == "contacts" and links.primary.get(contact, company) != company
            links.add(contact, company, {1, 279} if primary and not taken else {279})


def gdpr_delete(account: Account, call: Call) -> Answer:
    records = account.of(call.args["kind"])
    row = records.find(str(call.body.get("objectId", "")), call.body.get("idProperty"))
    discard(account, records, row)
    if not account.mode.muted:
        records.erase(row)
        account.webhooks.note(SINGULAR[records.kind], "privacyDeletion", int(row["id"]))
    return Answer(204)


def receive(account: Account, call: Call) -> Answer:
    """A marketing mail goes out to a contact: what HubSpot does by itself is no part of its API."""
    records = account.of("contacts")
    row = records.find(call.args["id"])
    if not account.mode.muted:
        row = records.change(row, {"hs_email_last_send_date": iso_ms(account.clock.now())})
    return Answer(200, full(records, row))


# -- associations inside other calls -----------------------------------------------------------------


Linked = list[tuple[str, int, set[int]]]  # kind and id of the other side, types as they are kept


def linked(account: Account, records: Records, given: Any) -> Linked:
    """What a create asks to be associated with."""
    found: Linked = []
    for item in given or ():
        types = {int(type["associationTypeId"]) for type in item.get("types", ())}
        other, known = _meant(records.kind, types)
        to = str(item.get("to", {}).get("id", ""))
        if not to.isdecimal() or int(to) not in account.records[other].table.rows:
            raise Refused(error(404, "OBJECT_NOT_FOUND", f"No {other} with id {to}"))
        found.append((other, int(to), {known[type] for type in types}))
    return found


def _meant(kind: str, types: set[int]) -> tuple[str, dict[int, int]]:
    """The kind of the other side that these types lead to, and its types as they are kept."""
    known = {other: kept for (one, other), kept in TYPES.items() if one == kind}
    known |= {other: {type: type} for (one, other), type in ATTACHED_TYPES.items() if one == kind}
    for other, kept in known.items():
        if types and types <= set(kept):
            return other, kept
    raise Refused(bad_request(f"{sorted(types)} are no association types of {kind}"))


def link(account: Account, records: Records, id: int, pairs: Linked) -> None:
    for other, to, types in pairs:
        if (records.kind, other) in ATTACHED_TYPES:
            account.attached.add((records.kind, id), (other, to))
        else:
            account.links.add(*((id, to) if records.kind == "contacts" else (to, id)), types)


def _associate(account: Account, records: Records, call: Call, results: list[Json]) -> None:
    """Add what ``associations=companies`` asks for."""
    asked = call.query.get("associations")
    if not asked or records.kind != KINDS.get("contacts" if asked.startswith("compan") else "companies"):
        return
    for shown in results:
        id = int(shown["id"])
        found = [
            {"id": str(other), "type": NAMES[type]}
            for other in account.links.of(records.kind, id)
            for type in account.links.types(records.kind, id, other)
        ]
        if found:
            name = "companies" if records.kind == "contacts" else "contacts"
            shown["associations"] = {name: {"results": found}}


def _names(call: Call) -> list[str] | None:
    if call.query.get("propertiesWithHistory"):
        raise Refused(not_covered("the history of HubSpot properties"))
    text = call.query.get("properties")
    return text.split(",") if text else None


OBJECTS: Routes[Account] = {
    ("GET", "/crm/v3/objects/{kind}"): listing,
    ("POST", "/crm/v3/objects/{kind}"): create,
    ("POST", "/crm/v3/objects/contacts/{id}/_person/receive"): receive,
    ("POST", "/crm/v3/objects/{kind}/merge"): merge,
    ("POST", "/crm/v3/objects/{kind}/gdpr-delete"): gdpr_delete,
    ("GET", "/crm/v3/objects/{kind}/{id}"): one,
    ("PATCH", "/crm/v3/objects/{kind}/{id}"): update,
    ("DELETE", "/crm/v3/objects/{kind}/{id}"): archive,
}
