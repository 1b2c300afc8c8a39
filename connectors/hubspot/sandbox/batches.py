"""Batches of HubSpot objects in the sandbox.

A batch of writes fails as a whole, unless every input has a ``objectWriteTraceId`` of its own: then the rest
is done and the answer is 207. Results do not come in the order of the inputs.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from connectors.hubspot.sandbox.account import Account
from connectors.hubspot.sandbox.answers import as_batch_error, bad_request, batch, not_found
from connectors.hubspot.sandbox.objects import discard, full, link, linked, view
from connectors.hubspot.sandbox.records import SINGULAR, Records
from connectors.sandbox.wire import Answer, Call, Json, Refused, Routes, not_covered

MAX_INPUTS = 100
Input = dict[str, Any]
Step = Callable[[Account, Records, Input, list[str]], Json]


def inputs_of(call: Call, most: int = MAX_INPUTS) -> list[Input]:
    given = call.body.get("inputs")
    if not isinstance(given, list) or not all(isinstance(item, dict) for item in given):
        raise Refused(bad_request('Invalid input JSON: "inputs" must be a list of objects'))
    if len(given) > most:
        raise Refused(bad_request(f"The number of inputs is {len(given)}; at most {most} are allowed"))
    if not given:
        raise Refused(bad_request("At least one input is required"))
    return given


def read(account: Account, call: Call) -> Answer:
    records = account.of(call.args["kind"])
    if call.body.get("propertiesWithHistory"):
        raise Refused(not_covered("the history of HubSpot properties"))
    key = call.body.get("idProperty")
    archived = call.flag("archived")
    names = records.shown(call.body.get("properties") or None)
    results: dict[str, Json] = {}
    missing: list[str] = []
    for item in inputs_of(call):
        id = str(item.get("id", ""))
        try:
            if archived:
                row = records.archived.get(int(id)) if id.isdecimal() else None
            else:
                row = records.find(id, key)
            if row is None or (not key and row["id"] != id):
                raise Refused(not_found())
            results[row["id"]] = view(row, names)
        except Refused as refused:
            if refused.answer.status != 404:
                raise
            missing.append(id)
    errors = []
    if missing:
        text = (
            f"Could not get some {SINGULAR[records.kind].upper()} objects, they may be deleted or not exist."
        )
        errors = [
            {
                "status": "error",
                "category": "OBJECT_NOT_FOUND",
                "message": f"{text} Check that ids are valid.",
                "context": {"ids": missing},
            }
        ]
    return batch(200, account.clock.now(), list(reversed(results.values())), errors)


def create(account: Account, call: Call) -> Answer:
    return _each(account, call, _create, 201)


def update(account: Account, call: Call) -> Answer:
    inputs = inputs_of(call)
    if any(item.get("idProperty") == "email" for item in inputs):
        text = "Unable to perform update/upsert by non-unique 0-1 property"
        raise Refused(bad_request(text))
    ids = [str(item.get("id")) for item in inputs]
    if len(set(ids)) < len(ids):
        twice = sorted({id for id in ids if ids.count(id) > 1})
        raise Refused(bad_request(f"Duplicate IDs found in batch input: {twice}. IDs must be unique"))
    return _each(account, call, _update, 200)


def upsert(account: Account, call: Call) -> Answer:
    return _each(account, call, _upsert, 200)


def archive(account: Account, call: Call) -> Answer:
    """204 also where some of the ids are not there."""
    records = account.of(call.args["kind"])
    for item in inputs_of(call):
        id = str(item.get("id", ""))
        if id.isdecimal() and (row := records.table.get(int(id))):
            discard(account, records, row)
    return Answer(204)


def _create(account: Account, records: Records, item: Input, ignored: list[str]) -> Json:
    pairs = linked(account, records, item.get("associations"))
    row = records.create(item.get("properties") or {}, ignored)
    link(account, records, int(row["id"]), pairs)
    return full(records, row)


def _update(account: Account, records: Records, item: Input, ignored: list[str]) -> Json:
    id = str(item.get("id", ""))
    row = records.table.get(int(id)) if id.isdecimal() else None
    if row is None:
        raise Refused(not_found())
    return full(records, records.update(row, item.get("properties") or {}, ignored))


def _upsert(account: Account, records: Records, item: Input, ignored: list[str]) -> Json:
    key, id = item.get("idProperty"), str(item.get("id", ""))
    if not records.properties.get(key or "", {}).get("hasUniqueValue"):
        raise Refused(bad_request("Unable to perform update/upsert by non-unique 0-1 property"))
    values = {key: id, **(item.get("properties") or {})}
    try:
        row = records.find(id, key)
    except Refused as refused:
        if refused.answer.status != 404:
            raise
        return {**full(records, records.create(values, ignored)), "new": True}
    if records.kind == "contacts" and key == "email" and "email" not in (item.get("properties") or {}):
        values.pop("email")  # found by an additional address: the primary one stays
    return {**full(records, records.update(row, values, ignored)), "new": False}


def _each(account: Account, call: Call, step: Step, status: int) -> Answer:
    """Do the step for each input: item by item where all are traced, else all or nothing."""
    records, inputs = account.of(call.args["kind"]), inputs_of(call)
    traces = [item.get("objectWriteTraceId") for item in inputs]
    by_email = step is _upsert and any(item.get("idProperty") == "email" for item in inputs)
    partial = all(traces) and len(set(traces)) == len(traces) and not by_email
    if not partial:
        _rehearse(account, records, inputs, step)
    results: list[Json] = []
    errors: list[Json] = []
    for item, trace in zip(inputs, traces, strict=True):
        try:
            result = step(account, records, item, call.ignored)
        except Refused as refused:
            if not partial:
                raise
            errors.append(as_batch_error(refused.answer, {"objectWriteTraceId": [str(trace)]}))
        else:
            results.append({**result, "objectWriteTraceId": trace} if trace else result)
    return batch(status, account.clock.now(), results[::-1], errors)


def _rehearse(account: Account, records: Records, inputs: list[Input], step: Step) -> None:
    """Raise the first input's refusal before anything is stored. Inputs that clash only with each other
    (one e-mail address twice) are refused as well."""
    muted, account.mode.muted = account.mode.muted, True
    seen: set[str] = set()
    try:
        for item in inputs:
            step(account, records, item, [])
            given = (item.get("properties") or {}).get("email")
            email = str(
                item.get("id") if step is _upsert and item.get("idProperty") == "email" else given or ""
            )
            email = email.strip().lower()
            if email and email in seen:
                raise Refused(bad_request(f"Duplicate values found in batch input for email: {email}"))
            seen.add(email)
    finally:
        account.mode.muted = muted


BATCHES: Routes[Account] = {
    ("POST", "/crm/v3/objects/{kind}/batch/read"): read,
    ("POST", "/crm/v3/objects/{kind}/batch/create"): create,
    ("POST", "/crm/v3/objects/{kind}/batch/update"): update,
    ("POST", "/crm/v3/objects/{kind}/batch/upsert"): upsert,
    ("POST", "/crm/v3/objects/{kind}/batch/archive"): archive,
}
