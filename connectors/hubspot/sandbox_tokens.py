"""HubSpot's token endpoint in the sandbox."""

from __future__ import annotations

from urllib.parse import parse_qs

from connectors.hubspot.sandbox_answers import correlation
from connectors.sandbox.tokens import GrantRefused, TokenServer
from connectors.sandbox.wire import Answer, Call

_REASONS = {
    "invalid_client": "missing or invalid client id or secret",
    "invalid_grant": "missing or invalid refresh token",
}


def token_answer(tokens: TokenServer, call: Call) -> Answer:
    """``grant_type=refresh_token`` alone: nobody sits before a browser here to give a code."""
    if call.method != "POST":
        return Answer(405)
    form = {name: values[-1] for name, values in parse_qs(call.raw.decode()).items()}
    if form.get("grant_type") != "refresh_token":
        return _refused("unsupported_grant_type", "grant_type must be refresh_token here")
    given = (form.get(name, "") for name in ("client_id", "client_secret", "refresh_token"))
    try:
        got = tokens.renew(*given)
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
