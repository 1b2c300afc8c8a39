"""Logins whose access tokens expire (OAuth 2.0, RFC 6749, section 6).

A token is renewed shortly before it ends, or when the app refuses it, by one process at a time. Whoever
waited for that takes the token that was got meanwhile. A refresh token may be good for one use only: the new
one is kept before anything is done with it. One that the app refuses may have been replaced by somebody
else, so what is kept is read once more before a person is asked.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Lock
from typing import Any, Final

from connectors.contract import AuthRefused, Options, Token, Tokens, Unexpected

EARLY: Final = timedelta(seconds=60)  # renewed this long before the end
NEEDED: Final = ("client_id", "client_secret")

Exchange = Callable[[Mapping[str, str]], Mapping[str, Any]]


class GrantRefused(Exception):
    """The app does not take this refresh token (``invalid_grant``)."""


class LocalTokens:
    """The token of one connection, forgotten with it."""

    def __init__(self) -> None:
        self._token: Token | None = None
        self._lock = Lock()

    def read(self) -> Token | None:
        return self._token

    def keep(self, token: Token) -> None:
        self._token = token

    def replace(self, old: Token | None, token: Token) -> Token:
        if (kept := self.read()) != old and kept is not None:
            return kept
        self.keep(token)
        return token

    @contextmanager
    def alone(self) -> Iterator[None]:
        with self._lock:
            yield


@dataclass(slots=True)
class Login:
    """The login of one connection. `exchange` makes the call to the token endpoint with the given form; it
    raises `GrantRefused`, or another error where it is not known what became of it."""

    given: Mapping[str, str]
    tokens: Tokens
    now: Callable[[], datetime]
    exchange: Exchange
    title: str
    _token: Token | None = None

    @classmethod
    def of(cls, options: Options, title: str, exchange: Exchange) -> Login:
        """Raises `AuthRefused` where the config leaves out what is needed."""
        missing = [name for name in NEEDED if not options.oauth.get(name, "").strip()]
        if missing:
            raise AuthRefused(f"{title} needs oauth.{', oauth.'.join(missing)}: set it in config.")
        return cls(options.oauth, options.tokens or LocalTokens(), options.now, exchange, title)

    def access(self) -> str:
        """An access token that is not known to have ended."""
        token = self._token
        if token is None or self._ending(token):
            kept = self.tokens.read()
            token = kept if kept and not self._ending(kept) else self._renewed(kept)
            self._token = token
        return token.access

    def renew(self, refused: str) -> str:
        """Another access token than this one, which the app has refused."""
        self._token = self._renewed(Token(refused, ""))
        return self._token.access

    def secrets(self) -> tuple[str, ...]:
        """What must not show in a text."""
        token = self._token
        more = (token.access, token.refresh) if token else ()
        return tuple(filter(None, (self.given["client_secret"], self.given.get("refresh_token"), *more)))

    def _ending(self, token: Token) -> bool:
        return token.expires is not None and token.expires - EARLY <= self.now()

    def _renewed(self, old: Token | None) -> Token:
        """The token that somebody else got since `old`, or a new one."""
        with self.tokens.alone():
            kept = self.tokens.read()
            if kept is not None and kept.access != (old.access if old else "") and not self._ending(kept):
                return kept
            refresh = (kept.refresh if kept else "") or self.given.get("refresh_token", "")
            if not refresh:
                raise AuthRefused(
                    f"{self.title} has no login (any more): run syncer auth login and its name, or give"
                    " oauth.refresh_token in the config."
                )
            try:
                token = self._exchanged(refresh)
            except GrantRefused as refused:
                kept, token = self._second_try(refresh, refused)
            return self.tokens.replace(kept, token)

    def _second_try(self, refresh: str, refused: GrantRefused) -> tuple[Token, Token]:
        """Perhaps somebody has kept another since, outside the lock: that one, and what was got for it."""
        kept = self.tokens.read()
        if kept is not None and kept.refresh != refresh:
            try:
                return kept, self._exchanged(kept.refresh)
            except GrantRefused as again:
                refused = again
        raise AuthRefused(
            f"{self.title}: the refresh token was refused ({refused}). It was revoked, has expired, or was"
            " used elsewhere. Run syncer auth login and the app's name, or connect the app anew and put the"
            " new value into oauth.refresh_token.",
            str(refused),
        ) from refused

    def grant(self, code: Mapping[str, str]) -> Token:
        """The first token of a login: `code` holds what the app's page gave, and what goes with it."""
        try:
            return self._asked({"grant_type": "authorization_code", **code}, "")
        except GrantRefused as refused:
            told = f"{self.title} did not take the code ({refused}). Begin the login anew."
            raise AuthRefused(told, str(refused)) from refused

    def _exchanged(self, refresh: str) -> Token:
        return self._asked({"grant_type": "refresh_token", "refresh_token": refresh}, refresh)

    def _asked(self, said: Mapping[str, str], refresh: str) -> Token:
        client = {"client_id": self.given["client_id"], "client_secret": self.given["client_secret"]}
        answer = self.exchange({**client, **said})
        access = answer.get("access_token")
        if not isinstance(access, str) or not access:
            raise Unexpected(f"{self.title}: the answer of the token endpoint holds no access_token.")
        expires, ends = (self._until(answer.get(f"{name}expires_in")) for name in ("", "refresh_token_"))
        return Token(access, str(answer.get("refresh_token") or refresh), expires, ends)

    def _until(self, lasts: Any) -> datetime | None:
        """When something ends that lasts so many seconds; None where that makes no sense. Mailchimp says 0 of
        its tokens, which do not end."""
        try:
            seconds = float(lasts)
            return self.now() + timedelta(seconds=seconds) if seconds > 0 else None
        except (TypeError, ValueError, OverflowError):
            return None
