"""Single calls side by side, for apps that take no batch: several at once, and each with an answer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TypeVar

from connectors.batching import Send, in_batches
from connectors.contract import AppError, Result, Write

T = TypeVar("T")
R = TypeVar("R")


def side_by_side(items: Sequence[T], lanes: int, work: Callable[[T], R]) -> list[R]:
    """`work` done on each item by at most `lanes` threads; the answers in the items' order. Raises the first
    error, once all that had begun is done."""
    if len(items) < 2 or lanes < 2:
        return [work(item) for item in items]
    with ThreadPoolExecutor(min(lanes, len(items))) as pool:
        return list(pool.map(work, items))


def written_singly(writes: Sequence[Write], lanes: int, send: Send) -> list[Result]:
    """One result for each write, each sent in a call of its own. After an error of the app a lane sends
    nothing more: its rest is ``retry``. Raises where nothing at all was sent."""
    shares = [share for lane in range(lanes) if (share := writes[lane::lanes])]
    ended = side_by_side(shares, lanes, partial(_lane, send))
    errors = [error for _, error in ended if error is not None]
    if errors and len(errors) == len(ended):
        raise errors[0]
    results: list[Result] = []
    for share, (done, error) in zip(shares, ended, strict=True):
        results += done or [Result(write.ref, "retry", write.id, reason=str(error)) for write in share]
    return results


def _lane(send: Send, share: Sequence[Write]) -> tuple[list[Result], AppError | None]:
    try:
        return in_batches(share, 1, send), None
    except AppError as error:
        return [], error
