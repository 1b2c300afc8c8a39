"""MailerLite's batch call: up to 50 requests in one, answered in order, each with its own status."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote

from connectors.answer import Answer
from connectors.batching import BatchRefused
from connectors.contract import AppError, AuthRefused, Unavailable, Unexpected
from connectors.http import Http, Uncertain
from connectors.values import chunks

SIZE: Final = 50
REFUSED: Final = (400, 413, 422)
NO_KEY: Final = (400, 422)
# A batch of creates alone is taken for a bulk import, of which an account may start five a minute.
NOT_AN_IMPORT: Final = {"method": "GET", "path": "api/timezones"}


@dataclass(frozen=True, slots=True)
class Reply:
    """The answer to one request of a batch."""

    status: int
    body: dict[str, Any]

    @property
    def data(self) -> dict[str, Any]:
        data = self.body.get("data")
        return data if isinstance(data, dict) else {}


class Batch:
    def __init__(self, http: Http) -> None:
        self._http = http

    def read(self, keys: Sequence[str]) -> list[tuple[str, Reply]]:
        """Subscribers by id or e-mail address, with the reply to each: 200, 404, or the refusal of a key that
        is none, which stops no other."""
        found: list[tuple[str, Reply]] = []
        for some in chunks(list(keys), SIZE):
            requests = [{"method": "GET", "path": f"api/subscribers/{quote(key, safe='@')}"} for key in some]
            replies = _replies(self._http.read("POST", "/batch", body={"requests": requests}), len(some))
            for key, reply in zip(some, replies, strict=False):
                if reply is None or reply.status not in (200, 404, *NO_KEY):
                    raise _failed(reply)
                found.append((key, reply))
        return found

    def write(self, requests: Sequence[dict[str, Any]]) -> list[Reply | None]:
        """At most `SIZE` requests; None for those that the answer leaves out."""
        body = {"requests": list(requests)}
        answer = self._http.write("POST", "/batch", body=body, allow=REFUSED)
        if answer.status in REFUSED:
            raise BatchRefused(self._http.redact(answer.detail.get("message") or "the batch was refused"))
        try:
            return _replies(answer, len(requests))
        except Unexpected as error:
            raise Uncertain(str(error)) from error


def _replies(answer: Answer, sent: int) -> list[Reply | None]:
    replies: list[Reply | None] = []
    for item in answer.items("responses")[:sent]:
        body = item.get("body")
        replies.append(Reply(int(item.get("code") or 0), body if isinstance(body, dict) else {}))
    return replies + [None] * (sent - len(replies))


def _failed(reply: Reply | None) -> AppError:
    status = reply.status if reply else 0
    if status in (401, 403):
        return AuthRefused("MailerLite: the token may not read subscribers. Renew it.")
    if status in (0, 408, 429) or status >= 500:
        return Unavailable("MailerLite: part of a batch was not answered. Later runs try again.")
    return Unexpected(f"MailerLite: part of a batch was answered with status {status}.")
