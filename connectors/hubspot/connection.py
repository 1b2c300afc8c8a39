"""Calls to one HubSpot account."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from connectors.answer import Answer
from connectors.contract import Unavailable
from connectors.http import Http
from connectors.hubspot.errors import NOT_THERE


class HubSpotHttp(Http):
    def read_batch(
        self,
        path: str,
        body: Mapping[str, Any],
        params: Mapping[str, Any] | None = None,
        allow: Sequence[int] = (),
    ) -> Answer:
        """The answer to a batch read: `results`, in any order, less what is not there. One that leaves out
        an input for any other reason says nothing of it: taken for a blank, it would be spread as one.
        Raises `Unavailable`."""
        answer = self.read("POST", path, params=params, body=body, allow=(*allow, 404))
        if answer.status in allow:
            return answer
        told = answer.detail.get("errors") or ([answer.detail] if answer.status == 404 else [])
        failed = [error for error in told if error.get("category") != NOT_THERE]
        if failed or (answer.status != 404 and not isinstance(answer.detail.get("results"), list)):
            why = self.redact(failed[0].get("message") or "no reason given") if failed else "no results"
            raise Unavailable(f"HubSpot did not answer all of POST {path} ({why}). The next run asks again.")
        return answer

    def lacks(self, answer: Answer) -> str:
        """HubSpot names the scopes that a call asks for."""
        errors = answer.detail.get("errors")
        told = errors if isinstance(errors, list) else []
        contexts = [error.get("context") for error in told if isinstance(error, dict)]
        named = [context.get("requiredGranularScopes") for context in contexts if isinstance(context, dict)]
        scopes = [str(scope) for some in named if isinstance(some, list) for scope in some]
        return f"the scope {', '.join(dict.fromkeys(scopes))}" if scopes else ""
