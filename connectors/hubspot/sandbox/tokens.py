"""HubSpot's token endpoint in the sandbox."""

from __future__ import annotations

from connectors.hubspot.sandbox.answers import correlation
from connectors.sandbox.logins import form_of, granted
from connectors.sandbox.tokens import GrantRefused, TokenServer
from connectors.sandbox.wire import Answer, Call

_REASONS = {
    "invalid_client": "missing or invalid client id or secret",
    "invalid_grant": "missing or invalid refresh token",
    "unsupported_grant_type": "grant_type must be authorization_code or refresh_token",
}


def token_answer(tokens: TokenServer, call: Call) -> Answer:
    """For codes and for refresh tokens."""
    if call.method != "POST":
        return Answer(405)
    try:
        got = granted(tokens, form_of(call))
    except GrantRefused as refused:
        return _refused(str(refused), _REASONS[str(refused)])
    body = {
        "token_type": "bearer",
        "access_token": got.access,
        "refresh_token": got.refresh,
        "expires_in": got.lasts,
        "hub_id": 62515,
        "scopes": ["crm.objects.contacts.read", "crm.objects.contacts.write"],
    }
    return Answer(200, body)


def _refused(name: str, reason: str) -> Answer:
    """Both the words of RFC 6749 and those of HubSpot's older versions."""
    status = "BAD_REFRESH_TOKEN" if name == "invalid_grant" else "BAD_CLIENT"
    body = {
        "error": name,
        "error_description": reason,
        "status": status,
        "message": reason,
        "correlationId": correlation(),
    }
    return Answer(400, body)
