"""Zendesk's bulk jobs in the sandbox. The work is done at once, but shows as finished a little later."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from connectors.sandbox.wire import Answer, Call, Json, Refused, Routes
from connectors.zendesk.sandbox.account import Account
from connectors.zendesk.sandbox.answers import MAX_MANY, not_found, too_many, words_of

MAX_JOBS = 30
SECONDS = 1.0


@dataclass(slots=True)
class Job:
    """A job and when it shows as finished (microseconds); an odd one is seen working once before."""

    number: int
    kind: str
    results: list[Json]
    ready: int
    polls: int = 0


def submit(
    account: Account,
    call: Call,
    kind: str,
    items: Sequence[Any],
    step: Callable[[Any], Json],
    failure: str,
) -> Answer:
    """Do `step` for each item; an item that is refused fails alone, under its index."""
    if len(items) > MAX_MANY:
        raise too_many(f"Parameter  cannot specify more than {MAX_MANY} values")
    now = account.clock.now()
    running = [id for id, job in account.jobs.items() if job.ready > now]
    if len(running) >= MAX_JOBS:
        text = f"Too many {kind} jobs are queued or running; the limit is {MAX_JOBS}"
        body = {"error": "TooManyJobs", "description": text, "current_job_ids": running}
        raise Refused(Answer(429, body, {"Retry-After": "1", **_headers(0)}))
    results: list[Json] = []
    for index, item in enumerate(items):
        try:
            results.append(step(item))
        except Refused as refused:
            failed: Json = {"index": index, "error": failure, "details": _details(refused.answer)}
            if isinstance(item, dict) and "id" in item:
                failed["id"] = item["id"]
            results.append(failed)
    number = account.new_id("job")
    id = f"V3-{number:032x}"
    account.jobs[id] = Job(number, kind, results, now + int(account.limits.window(SECONDS) * 1_000_000))
    if len(account.jobs) > 1000:
        del account.jobs[next(iter(account.jobs))]
    return Answer(
        200, {"job_status": _shown(call, id, account.jobs[id], "queued")}, _headers(len(running) + 1)
    )


def _details(answer: Answer) -> str:
    """A refusal in the one line that a job has for it."""
    details = answer.body.get("details")
    if not details:
        return str(answer.body.get("description") or answer.body.get("error"))
    return ", ".join(item["description"] for items in details.values() for item in items)


def _headers(running: int) -> dict[str, str]:
    return {"zendesk-ratelimit-inflight-jobs": f"total={MAX_JOBS}; remaining={MAX_JOBS - running}; resets=60"}


def _shown(call: Call, id: str, job: Job, status: str) -> Json:
    done = status == "completed"
    return {
        "id": id,
        "job_type": job.kind,
        "url": f"{call.base}/api/v2/job_statuses/{id}.json",
        "status": status,
        "total": len(job.results),
        "progress": len(job.results) if done else None,
        "message": "Completed" if done else None,
        "results": job.results if done else None,
    }


def _polled(account: Account, call: Call, id: str) -> Json:
    job: Job | None = account.jobs.get(id)
    if job is None:
        raise not_found()
    job.polls += 1
    working = account.clock.now() < job.ready or (job.number % 2 == 1 and job.polls == 1)
    return _shown(call, id, job, "working" if working else "completed")


def status(account: Account, call: Call) -> Answer:
    return Answer(200, {"job_status": _polled(account, call, call.args["id"])})


def statuses(account: Account, call: Call) -> Answer:
    ids = [id for id in words_of(call.query.get("ids")) if id in account.jobs]
    return Answer(200, {"job_statuses": [_polled(account, call, id) for id in ids], "count": len(ids)})


JOBS: Routes[Account] = {
    ("GET", "/job_statuses/show_many"): statuses,
    ("GET", "/job_statuses/{id}"): status,
}
