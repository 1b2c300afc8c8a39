"""A token endpoint in the sandbox: access tokens that expire, refresh tokens that may be good for one use."""

from __future__ import annotations

from dataclasses import dataclass

from connectors.authorize import challenge
from connectors.sandbox.clock import Clock
from connectors.sandbox.wire import Mode

LASTS = 1800  # seconds


class GrantRefused(Exception):
    """The refresh token, or the client, is not accepted; the text is the error's name."""


@dataclass(frozen=True, slots=True)
class Granted:
    access: str
    refresh: str
    lasts: int


class TokenServer:
    """The logins of one app. Settings of the app:

    token_lasts     seconds until an access token ends (default 1800)
    token_rotation  ``none`` (default): the refresh token stays; ``strict``: each is good for one use;
                    ``grace``: a used one is good until the access token that it gave is used
    token_revoked   true: no refresh token is accepted any more
    """

    def __init__(self, app: str, clock: Clock, mode: Mode) -> None:
        self.client_id = f"{app}-client"
        self.client_secret = f"{app}-client-secret"
        self.first_refresh = f"{app}-refresh-1"
        self.renewals = 0
        self._app = app
        self._clock = clock
        self._mode = mode
        self._good = {self.first_refresh}
        self._spent: dict[str, str] = {}  # access token -> the refresh token that it was got with
        self._ends: dict[str, int] = {}
        self._codes: dict[str, tuple[str, str]] = {}  # code -> where to, and the challenge of PKCE

    def agree(self, redirect: str, challenge: str) -> str:
        """A person agreed on the page: a code, good for once."""
        code = f"{self._app}-code-{len(self._codes) + self.renewals + 1}"
        self._codes[code] = (redirect, challenge)
        return code

    def redeem(self, client_id: str, client_secret: str, code: str, redirect: str, verifier: str) -> Granted:
        """Raises `GrantRefused`."""
        self._know(client_id, client_secret)
        known = self._codes.pop(code, None)
        if known is None or known[0] != redirect or (known[1] and known[1] != challenge(verifier)):
            raise GrantRefused("invalid_grant")
        refresh = f"{self._app}-login-{self.renewals + 1}"
        self._good.add(refresh)
        return self.renew(client_id, client_secret, refresh)

    def _know(self, client_id: str, client_secret: str) -> None:
        if (client_id, client_secret) != (self.client_id, self.client_secret):
            raise GrantRefused("invalid_client")

    def renew(self, client_id: str, client_secret: str, refresh: str) -> Granted:
        """Raises `GrantRefused`."""
        self._know(client_id, client_secret)
        if refresh not in self._good or self._mode.settings.get("token_revoked"):
            raise GrantRefused("invalid_grant")
        self.renewals += 1
        rotation = self._mode.settings.get("token_rotation", "none")
        access, following = f"{self._app}-access-{self.renewals}", refresh
        if rotation != "none":
            following = f"{self._app}-refresh-{self.renewals + 1}"
            self._good.add(following)
            if rotation == "strict":
                self._good.remove(refresh)
            else:
                self._spent[access] = refresh
        lasts = int(self._mode.settings.get("token_lasts", LASTS))
        self._ends[access] = self._clock.now() + lasts * 1_000_000
        return Granted(access, following, lasts)

    def accepts(self, access: str) -> bool:
        """Whether a call may be made with this token; by that its refresh token is surely received."""
        good = self._ends.get(access, 0) > self._clock.now()
        if good:
            self._good.discard(self._spent.pop(access, ""))
        return good

    def knows(self, access: str) -> bool:
        return access in self._ends

    def end(self) -> None:
        """Let all access tokens expire."""
        self._ends = dict.fromkeys(self._ends, 0)
