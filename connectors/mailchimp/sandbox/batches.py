"""Mailchimp's asynchronous batches in the sandbox: many calls in one, done a little later, with the results
as a gzipped tar archive of JSON files under an address that is good for ten minutes."""

from __future__ import annotations

import gzip
import io
import tarfile
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import orjson

from connectors.mailchimp.sandbox.account import Account
from connectors.mailchimp.sandbox.answers import iso, mismatch, missing, none_of, page, partial, problem
from connectors.mailchimp.sandbox.audience import digest
from connectors.sandbox.wire import Answer, Call, Json, Query, Refused, Routes

MAX_OPERATIONS = 1000
MAX_OPEN = 500
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
TAKES = 2.0  # seconds from one state to the next, at full length
STATES = ("pending", "preprocessing", "started", "finalizing", "finished")
GOOD_FOR = 600  # seconds
Dispatch = Callable[[Call], Answer]


def start(account: Account, call: Call, dispatch: Dispatch) -> Answer:
    """The operations are done at once, and told bit by bit."""
    given = call.body.get("operations")
    if not isinstance(given, list) or not given:
        raise mismatch(("operations", "Required field is missing."))
    if len(given) > MAX_OPERATIONS:
        raise mismatch(("operations", f"Array contains more items than allowed: {MAX_OPERATIONS}."))
    for at, item in enumerate(given):
        if not isinstance(item, dict) or item.get("method") not in METHODS:
            raise mismatch((f"operations.item:{at}.method", none_of(METHODS)))
        if not str(item.get("path") or "").startswith("/"):
            raise mismatch((f"operations.item:{at}.path", "Required field is missing."))
        if not isinstance(item.get("body", ""), str):
            text = "Schema describes string, object found instead."
            raise mismatch((f"operations.item:{at}.body", text))
    if sum(_state(account, batch) != "finished" for batch in account.batches.values()) >= MAX_OPEN:
        detail = f"You have more than {MAX_OPEN} pending batches."
        raise Refused(problem(429, "Too Many Requests", detail))
    results = [_done(call, item, dispatch) for item in given]
    batch: Json = {
        "id": digest(f"batch {len(account.batches)}")[:10],
        "submitted": account.clock.now(),
        "results": results,
    }
    account.batches[batch["id"]] = batch
    return partial(call, _view(account, batch, call))


def _done(batch: Call, item: Json, dispatch: Dispatch) -> Json:
    parts = urlsplit(item["path"])
    query = Query(dict(parse_qsl(parts.query)))
    query.update({name: str(value) for name, value in (item.get("params") or {}).items()})
    raw = str(item.get("body") or "").encode()
    path = unquote(parts.path)
    call = Call(item["method"], path, query, raw=raw, base=batch.base, ignored=batch.ignored)
    try:
        answer = (
            problem(400, "JSON Parse Error", "The body could not be read.")
            if call.malformed
            else dispatch(call)
        )
    except Refused as refused:
        answer = refused.answer
    text = "" if answer.body is None else orjson.dumps(answer.body).decode()
    return {"status_code": answer.status, "operation_id": item.get("operation_id"), "response": text}


def _state(account: Account, batch: Json) -> str:
    step = account.limits.window(TAKES) * 1_000_000
    passed = account.clock.now() - batch["submitted"]
    return STATES[-1] if step == 0 else STATES[min(int(passed // step), len(STATES) - 1)]


def _view(account: Account, batch: Json, call: Call) -> Json:
    state, results = _state(account, batch), batch["results"]
    finished = state == "finished"
    at = batch["submitted"] // 1_000_000
    return {
        "id": batch["id"],
        "status": state,
        "total_operations": len(results),
        "finished_operations": len(results) if finished else 0,
        "errored_operations": sum(item["status_code"] >= 400 for item in results) if finished else 0,
        "submitted_at": iso(at),
        "completed_at": iso(at + int(4 * account.limits.window(TAKES))) if finished else "",
        "response_body_url": f"{call.base}/3.0/_results/{batch['id']}.tar.gz" if finished else "",
        "_links": [],
    }


def _batch(account: Account, call: Call) -> Json:
    found = account.batches.get(call.args["batch"])
    if found is None:
        raise missing()
    return found


def one(account: Account, call: Call) -> Answer:
    return partial(call, _view(account, _batch(account, call), call))


def every(account: Account, call: Call) -> Answer:
    return page(call, "batches", list(account.batches.values()), lambda batch: _view(account, batch, call))


def forget(account: Account, call: Call) -> Answer:
    del account.batches[_batch(account, call)["id"]]
    return Answer(204)


def results(account: Account, call: Call) -> Answer:
    batch = _batch(account, call)
    expired = account.clock.now() - batch["submitted"] > GOOD_FOR * 1_000_000
    if expired or _state(account, batch) != "finished":
        return Answer(403, "<Error><Code>AccessDenied</Code><Message>Request has expired</Message></Error>")
    return Answer(200, archive(batch["id"], batch["results"]), {"content-type": "application/gzip"})


def archive(id: str, items: list[Any]) -> bytes:
    """One JSON file in a gzipped tar archive, the same for the same results."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as tar:
        content = orjson.dumps(items)
        info = tarfile.TarInfo(f"{id}-response.json")
        info.size = len(content)
        tar.addfile(info, io.BytesIO(content))
    return gzip.compress(packed.getvalue(), mtime=0)


BATCHES: Routes[Account] = {
    ("GET", "/batches"): every,
    ("GET", "/batches/{batch}"): one,
    ("DELETE", "/batches/{batch}"): forget,
    ("GET", "/_results/{batch}.tar.gz"): results,
}
