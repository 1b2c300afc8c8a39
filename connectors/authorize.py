"""Logging in to an app by a browser (OAuth 2.0 authorization code, RFC 6749 and 8252; PKCE, RFC 7636).

Pure but for `Way.grant`, which makes the one call to the token endpoint."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from connectors.contract import Token


@dataclass(frozen=True, slots=True)
class Way:
    """How to log in to one account. `grant` turns a code (with `redirect_uri` and, by PKCE, `code_verifier`)
    into a token, and raises `AppError`. `note`: what is still to be done afterwards, if anything."""

    authorize: str
    client_id: str
    scopes: tuple[str, ...]
    pkce: bool
    grant: Callable[[Mapping[str, str]], Token]
    note: str = ""

    def address(self, redirect: str, state: str, verifier: str) -> str:
        """Where a person agrees. `state` comes back with the code, and shows that it is ours."""
        asked = {
            "response_type": "code",
            "client_id": self.client_id,
            "redirect_uri": redirect,
            "state": state,
        }
        if self.scopes:
            asked["scope"] = " ".join(self.scopes)
        if self.pkce:
            asked |= {"code_challenge": challenge(verifier), "code_challenge_method": "S256"}
        return f"{self.authorize}?{urlencode(asked)}"


def challenge(verifier: str) -> str:
    """What is shown of the verifier before it is sent."""
    digest = hashlib.sha256(verifier.encode("ascii")).digest()
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")
