"""Zendesk's bulk calls: up to 100 records in a job that is done later, with an answer for each record."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final

from connectors.answer import Answer
from connectors.batching import BatchRefused
from connectors.http import Http, after_effect

REFUSED: Final = (400, 413, 422)
DONE: Final = ("completed", "failed")
PATIENCE: Final = 300.0  # seconds for one job
FIRST_PAUSE: Final = 0.05
LONGEST_PAUSE: Final = 5.0

Outcome = Mapping[str, Any]


class BulkOff(Exception):
    """No jobs: the account may not create users in bulk, which Zendesk's support has to allow, or the config
    says so."""


class Jobs:
    def __init__(self, http: Http, sleep: Callable[[float], None], wanted: bool = True) -> None:
        self._http = http
        self._sleep = sleep
        self._wanted = wanted

    def run(
        self, method: str, path: str, *, body: Any = None, params: Mapping[str, Any] | None = None
    ) -> list[Outcome]:
        """Start a job and wait for its end; what it says of the records, not always of all.

        Raises `BulkOff`, `BatchRefused`, and `Uncertain` where the job was started and then lost sight of.
        """
        if not self._wanted:
            raise BulkOff
        answer = self._http.write(method, path, body=body, params=params, allow=(403, *REFUSED))
        if answer.status == 403:
            raise BulkOff
        if answer.status in REFUSED:
            raise BatchRefused(self._http.redact(answer.detail.get("description") or "the job was refused"))
        job = _status(answer)
        path = f"/job_statuses/{job.get('id')}"
        with after_effect():
            for pause in _pauses():
                if job.get("status") in DONE:
                    break
                self._sleep(pause)
                job = _status(self._http.read("GET", path))
        return [item for item in job.get("results") or () if isinstance(item, dict)]


def _status(answer: Answer) -> dict[str, Any]:
    return dict(answer.detail.get("job_status") or {})


def _pauses() -> Iterator[float]:
    """Waits before each look at a job, up to `PATIENCE` in all. The first look is at once."""
    yield 0.0
    pause, waited = FIRST_PAUSE, 0.0
    while waited < PATIENCE:
        yield pause
        waited += pause
        pause = min(pause * 2, LONGEST_PAUSE)


def by_position(outcomes: Sequence[Outcome], ids: Sequence[str | None]) -> dict[int, Outcome]:
    """Position in the request -> its outcome: by ``index`` where given, else by the id that was sent, else,
    in an answer that is complete, by its own place."""
    place = {id: at for at, id in enumerate(ids) if id is not None}
    complete = len(outcomes) == len(ids)
    found: dict[int, Outcome] = {}
    for at, outcome in enumerate(outcomes):
        index = outcome.get("index")
        if not isinstance(index, int):
            index = place.get(str(outcome.get("id")), at if complete else None)
        if index is not None and 0 <= index < len(ids):
            found[index] = outcome
    return found
