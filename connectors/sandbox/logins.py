"""Logins by a browser in the sandbox: whoever opens the page agrees at once, and is sent back with a code."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import parse_qs, urlencode

from connectors.sandbox.tokens import Granted, GrantRefused, TokenServer
from connectors.sandbox.webhooks import is_near
from connectors.sandbox.wire import Answer, Call


def page(tokens: TokenServer, call: Call) -> Answer:
    """The page where a person agrees. Only addresses on this machine are sent to."""
    said = call.query
    back = str(said.get("redirect_uri") or "")
    if said.get("client_id") != tokens.client_id or not is_near(back):
        return Answer(400, {"error": "invalid_request"})
    code = tokens.agree(back, str(said.get("code_challenge") or ""))
    answer = urlencode({"code": code, "state": str(said.get("state") or "")})
    return Answer(302, None, {"location": f"{back}?{answer}"})


def form_of(call: Call) -> dict[str, str]:
    """What a token endpoint was sent, as a form or as JSON."""
    if "json" in call.headers.get("content-type", ""):
        return {name: str(value) for name, value in call.body.items()}
    return {name: values[-1] for name, values in parse_qs(call.raw.decode()).items()}


def granted(tokens: TokenServer, form: Mapping[str, str]) -> Granted:
    """What the form asks for. Raises `GrantRefused`."""
    client = form.get("client_id", ""), form.get("client_secret", "")
    if form.get("grant_type") == "authorization_code":
        given = (form.get(name, "") for name in ("code", "redirect_uri", "code_verifier"))
        return tokens.redeem(*client, *given)
    if form.get("grant_type") == "refresh_token":
        return tokens.renew(*client, form.get("refresh_token", ""))
    raise GrantRefused("unsupported_grant_type")


def token(tokens: TokenServer, call: Call, ends: bool = True) -> Answer:
    """A token endpoint in the plain words of RFC 6749. `ends`: whether tokens do; else there is no refresh,
    and they are said to last no second, as Mailchimp says it."""
    try:
        got = granted(tokens, form_of(call))
    except GrantRefused as refused:
        return Answer(400, {"error": str(refused), "error_description": "refused by the sandbox"})
    if not ends:
        return Answer(200, {"access_token": got.access, "expires_in": 0, "scope": None})
    body = {
        "access_token": got.access,
        "token_type": "bearer",
        "scope": "read write",
        "refresh_token": got.refresh,
        "expires_in": got.lasts,
        "refresh_token_expires_in": 30 * 86_400,
    }
    return Answer(200, body)
