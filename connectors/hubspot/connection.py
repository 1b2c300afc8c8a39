"""Calls to one HubSpot account."""

from __future__ import annotations

from connectors.answer import Answer
from connectors.http import Http


class HubSpotHttp(Http):
    def lacks(self, answer: Answer) -> str:
        """HubSpot names the scopes that a call asks for."""
        errors = answer.detail.get("errors")
        told = errors if isinstance(errors, list) else []
        contexts = [error.get("context") for error in told if isinstance(error, dict)]
        named = [context.get("requiredGranularScopes") for context in contexts if isinstance(context, dict)]
        scopes = [str(scope) for some in named if isinstance(some, list) for scope in some]
        return f"the scope {', '.join(dict.fromkeys(scopes))}" if scopes else ""
