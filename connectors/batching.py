"""Writing in batches: what one failed call means for each of the writes in it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from connectors.contract import AuthRefused, ObjectSpec, Result, Unavailable, Unexpected, Write
from connectors.http import Uncertain
from connectors.values import chunks

Send = Callable[[Sequence[Write]], Iterable[Result]]


class BatchRefused(Exception):
    """The app refused a whole batch and did none of it; one of its writes is to blame. The text: why."""


def in_batches(writes: Sequence[Write], size: int, send: Send) -> list[Result]:
    """One result for each write, sent `size` at a time.

    A refused batch is halved until the poisoned write stands alone: 2 log2(size) further calls for each.
    An error before anything was sent is raised; after
    that, what was not sent is ``retry``, so that earlier answers are not lost.
    """
    results: list[Result] = []
    waiting = list(reversed([list(chunk) for chunk in chunks(writes, size)]))
    while waiting:
        batch = waiting.pop()
        try:
            results += _complete(batch, send(batch))
        except BatchRefused as refused:
            if len(batch) == 1:
                results.append(Result(batch[0].ref, "rejected", batch[0].id, reason=str(refused)))
                continue
            half = len(batch) // 2
            waiting += [batch[half:], batch[:half]]
        except Uncertain as error:
            results += [Result(write.ref, "unknown", write.id, reason=str(error)) for write in batch]
        except (AuthRefused, Unavailable, Unexpected) as error:
            if not results:
                raise
            left = [*batch, *(write for rest in reversed(waiting) for write in rest)]
            return results + [Result(write.ref, "retry", write.id, reason=str(error)) for write in left]
    return results


def _complete(batch: Sequence[Write], answers: Iterable[Result]) -> list[Result]:
    """An answer that names fewer writes than were sent leaves the rest unknown."""
    by_ref = {answer.ref: answer for answer in answers}
    silent = "the app's answer did not name this record"
    return [by_ref.get(write.ref) or Result(write.ref, "unknown", write.id, reason=silent) for write in batch]


def fillable(spec: ObjectSpec, writes: Sequence[Write]) -> tuple[list[Write], list[Result]]:
    """The writes to send, and refusals, without a call, of creates that leave a needed field blank."""
    fit: list[Write] = []
    refused: list[Result] = []
    for write in writes:
        groups = spec.needs if write.kind == "create" else ()
        blank = next((group for group in groups if not any(map(write.values.get, group))), None)
        if blank is None:
            fit.append(write)
        else:
            why = f"a new record needs {' or '.join(blank)}"
            refused.append(Result(write.ref, "rejected", reason=why, fields={blank[0]: why}))
    return fit, refused
