"""HTTP for connectors: the only place that knows httpx and tenacity.

What may be repeated:

    reads    on time-out, lost connection, unreadable answer, 408, 423, 429, 5xx
    writes   only where the app surely did nothing: connection refused, 423, 429, 477

A write that ended in any other way raises `Uncertain`: it may or may not have been applied. Waits follow
``Retry-After`` where the app gives one, else exponential back-off with full jitter (AWS Architecture Blog,
"Exponential Backoff And Jitter"). Credentials and personal data never enter an error text.

A 401 is proof that nothing was done. With a login that can be renewed (`connectors.oauth`), the call is
made once more with a new token.
"""

from __future__ import annotations

import random
import re
import ssl
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import cache
from typing import Any, Final
from urllib.parse import urlencode, urlsplit
from urllib.request import getproxies, proxy_bypass

import httpx
import orjson
import tenacity

from connectors.answer import Answer
from connectors.authorize import Way
from connectors.budget import Rate, RateHeaders
from connectors.contract import AppError, AuthRefused, Options, Unavailable, Unexpected
from connectors.oauth import GrantRefused, Login
from connectors.pacing import PATIENCE, Pace
from connectors.settings import LOOPBACK, checked, number, titled

ATTEMPTS: Final = 6
BACKOFF: Final = (0.5, 30.0)  # first and longest ceiling of an unguided wait, in seconds
NOT_APPLIED: Final = frozenset({423, 429, 477})
LOCKED: Final = 2.0  # seconds that a lock (423) lasts at least where the app does not say
HEADERS: Final = {
    "accept": "application/json",
    "accept-encoding": "gzip, deflate",
    "user-agent": "syncer",
}

_EMAIL = re.compile(r"[^\s\"'<>=:/,;(]+(?:@|%40)[^\s\"'<>/,;)?&]+")


class Uncertain(Unavailable):
    """A write was sent and no usable answer came: it may or may not have been applied."""


@contextmanager
def after_effect() -> Iterator[None]:
    """Once part of a write has been applied, a failure leaves the write uncertain."""
    try:
        yield
    except AppError as error:
        raise Uncertain(str(error)) from error


class _Again(Exception):
    """One attempt failed in a way that may be repeated; `error` is raised when patience ends."""

    def __init__(self, error: Unavailable) -> None:
        super().__init__(str(error))
        self.error = error


class Http:
    """Calls to one account of one app. Thread-safe.

    title    the app's name in messages
    rates    its published limits by class of calls; a call names the classes that it counts in
    stated   the headers in which its answers tell its limits
    token    where access tokens are got, a path or a whole address; used where the config has `oauth`. The
             form is sent as JSON where `token_json`
    gate     held by each call while it is on its way, where an app limits those
    """

    def __init__(
        self,
        options: Options,
        title: str,
        base_url: str | None,
        headers: Mapping[str, str],
        rates: Sequence[Rate] = (),
        stated: Sequence[RateHeaders] = (),
        token: str = "",
        gate: AbstractContextManager[object] | None = None,
        token_json: bool = False,
    ) -> None:
        self.calls = 0
        self._gate = gate or nullcontext()
        self._counting = threading.Lock()
        self._title = titled(title, options)
        self._base = checked(base_url, self._title)
        self._pace = Pace(options, self._title, self._base, rates, stated)
        self._token_url = checked(token if "://" in token else self._base + token, self._title)
        if options.oauth and not token:
            raise AppError(f"{self._title} has no logins that expire: give credentials in place of oauth.")
        self._login = Login.of(options, self._title, self._exchange) if options.oauth else None
        self._token_json = token_json
        self._secrets = tuple(options.credentials.values())
        seconds = number(options, "timeout", 60.0)
        # Without a client, whose cookies, redirects and hooks take nearly a third of a small call's time.
        self._transport = httpx.HTTPTransport(verify=_trusted(), proxy=proxy_for(self._base))
        self._extensions = {"timeout": httpx.Timeout(seconds, connect=10.0).as_dict()}
        self._headers = httpx.Headers({**HEADERS, **headers})
        self._headers_with_body = httpx.Headers({**HEADERS, **headers, "content-type": "application/json"})
        self._attempts = tenacity.Retrying(
            retry=tenacity.retry_if_exception_type(_Again),
            stop=tenacity.stop_after_attempt(ATTEMPTS),
            wait=_pause,
            sleep=options.sleep,
            reraise=True,
        )

    @property
    def host(self) -> str:
        return urlsplit(self._base).hostname or ""

    def read(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, Any] | None = None,
        body: Any = None,
        allow: Sequence[int] = (),
        rates: Sequence[str] = ("general",),
    ) -> Answer:
        """A call without effect (some reads are a POST). 2xx and the allowed statuses are answers."""
        return self._call(method, path, params, body, allow, rates, writes=False)

    def write(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, Any] | None = None,
        body: Any = None,
        allow: Sequence[int] = (),
        rates: Sequence[str] = ("general",),
    ) -> Answer:
        """A call with an effect. Raises `Uncertain` where it may have been applied."""
        return self._call(method, path, params, body, allow, rates, writes=True)

    def redact(self, text: object, limit: int = 300) -> str:
        """The text without credentials and e-mail addresses, at most `limit` characters."""
        shown = str(text)
        secrets = (*self._secrets, *(self._login.secrets() if self._login else ()))
        for secret in sorted(secrets, key=len, reverse=True):
            if len(secret) >= 4:
                shown = shown.replace(secret, "***")
        shown = _EMAIL.sub("[e-mail]", shown)
        return shown if len(shown) <= limit else shown[: limit - 3] + "..."

    def way(self, authorize: str, scopes: Sequence[str], pkce: bool, note: str = "") -> Way:
        """How a person logs in to this account by a browser. Raises `AuthRefused` where the config has no
        `oauth`."""
        if self._login is None:
            raise AuthRefused(
                f"{self._title}: set oauth.client_id and oauth.client_secret in the config first."
            )
        client = self._login.given["client_id"]
        return Way(authorize, client, tuple(scopes), pkce, self._login.grant, note)

    def close(self) -> None:
        self._transport.close()

    def throttled(self, answer: Answer) -> bool:
        """An answer that asks for a slower pace in another form than 423 and 429, having done nothing."""
        return False

    def lacks(self, answer: Answer) -> str:
        """The right that a 403 names as lacking, for apps that do; else nothing."""
        return ""

    def _call(
        self,
        method: str,
        path: str,
        params: Mapping[str, Any] | None,
        body: Any,
        allow: Sequence[int],
        rates: Sequence[str],
        writes: bool,
    ) -> Answer:
        request = httpx.Request(
            method,
            self._base + path,
            params=params,
            content=None if body is None else orjson.dumps(body),
            headers=self._headers if body is None else self._headers_with_body,
            extensions=self._extensions,
        )
        try:
            return self._attempts(self._attempt, request, allow, rates, writes)
        except _Again as again:
            raise again.error from again.__cause__

    def _attempt(
        self, request: httpx.Request, allow: Sequence[int], rates: Sequence[str], writes: bool
    ) -> Answer:
        access = self._login.access() if self._login else ""
        answer = self._sent(request, rates, writes, access)
        if answer.status == 401 and self._login:
            answer = self._sent(request, rates, writes, self._login.renew(access))
        if not (200 <= answer.status < 300 or answer.status in allow):
            raise self._failure(request, answer, rates, writes)
        if answer.status < 300:
            self._readable(request, answer, writes)
        return answer

    def _sent(self, request: httpx.Request, rates: Sequence[str], writes: bool, access: str) -> Answer:
        """One request and its answer, whatever that says."""
        if access:
            request.headers["authorization"] = f"Bearer {access}"
        self._pace.keep(rates)
        with self._counting:
            self.calls += 1
        try:
            answer = self._send(request)
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
            why = f"{self._title} cannot be reached ({type(error).__name__}). Check base_url and the network."
            raise _Again(Unavailable(why)) from error
        except httpx.HTTPError as error:
            why = (
                f"{self._where(request)}: the connection was lost before the answer ({type(error).__name__})."
            )
            if writes:
                raise Uncertain(why) from error
            raise _Again(Unavailable(why)) from error
        self._pace.heed(answer.headers)
        return answer

    def _send(self, request: httpx.Request) -> Answer:
        with self._gate:
            response = self._transport.handle_request(request)
            try:
                return Answer(response.status_code, response.headers, response.read())
            finally:
                response.close()

    def _exchange(self, form: Mapping[str, str]) -> Mapping[str, Any]:
        """A call to the token endpoint. An answer that got lost is asked for again: a token may be spent by
        that, but without it there is none in any case."""
        kind = "application/json" if self._token_json else "application/x-www-form-urlencoded"
        request = httpx.Request(
            "POST",
            self._token_url,
            content=orjson.dumps(form) if self._token_json else urlencode(form).encode(),
            headers={**HEADERS, "content-type": kind},
            extensions=self._extensions,
        )
        try:
            answer = self._attempts.copy()(self._granted, request)  # asked for in the middle of another call
        except _Again as again:
            raise again.error from again.__cause__
        return answer.detail

    def _granted(self, request: httpx.Request) -> Answer:
        answer = self._sent(request, ("general",), False, "")
        if answer.status in (400, 401):
            body = answer.detail
            if body.get("error") == "invalid_grant" or "REFRESH_TOKEN" in str(body.get("status")):
                raise GrantRefused(
                    self.redact(body.get("message") or body.get("error_description") or "no reason")
                )
            raise AuthRefused(
                f"{self._where(request)}: status {answer.status}{self._said(answer)}. The app did not accept"
                f" oauth.client_id and oauth.client_secret of {self._title}.",
                self._said(answer),
            )
        if not 200 <= answer.status < 300:
            raise self._failure(request, answer, ("general",), writes=False)
        self._readable(request, answer, writes=False)
        return answer

    def _readable(self, request: httpx.Request, answer: Answer, writes: bool) -> None:
        """A truncated or garbled success: a read is repeated, a write may have been applied."""
        try:
            _ = answer.json
        except Unexpected as error:
            why = f"{self._where(request)}: {error}."
            if writes:
                raise Uncertain(why) from error
            raise _Again(Unavailable(why)) from error

    def _failure(
        self, request: httpx.Request, answer: Answer, rates: Sequence[str], writes: bool
    ) -> AppError | _Again:
        failure = self._cause(request, answer, rates, writes)
        error = failure.error if isinstance(failure, _Again) else failure
        error.quoted = self._said(answer)
        return failure

    def _cause(
        self, request: httpx.Request, answer: Answer, rates: Sequence[str], writes: bool
    ) -> AppError | _Again:
        status, said = answer.status, self._said(answer)
        where = f"{self._where(request)}: status {status}{said}."
        if status == 401:
            return AuthRefused(f"{where} The credential was not accepted: renew it for {self._title}.")
        too_fast = status in NOT_APPLIED or self.throttled(answer)
        if status == 403 and not too_fast:
            right = self.redact(self.lacks(answer)) or "its scope or role"
            return AuthRefused(f"{where} The credential lacks a right: grant {right}, then try again.")
        after = answer.retry_after
        if status == 423 and after is None:
            after = LOCKED
        at_fault = status >= 500 or status == 408  # not we
        if after is not None and (too_fast or at_fault):
            self._pace.hold(rates, after)
        if too_fast or (at_fault and not writes):
            error = Unavailable(f"{where} Later runs try again.", after)
            return error if after is not None and after > PATIENCE else _Again(error)
        if at_fault:
            return Uncertain(where, after)
        if 300 <= status < 400:
            return Unexpected(f"{where} Redirects are not followed: set base_url to the app's own address.")
        return Unexpected(where)

    def _where(self, request: httpx.Request) -> str:
        return self.redact(f"{self._title}, {request.method} {request.url.path}")

    def _said(self, answer: Answer) -> str:
        body = answer.detail
        text = body.get("message") or body.get("description") or body.get("detail") or body.get("error")
        return f" ({self.redact(text)})" if isinstance(text, str) and text else ""


def proxy_for(base: str) -> str | None:
    """The environment's proxy for this address (``HTTPS_PROXY``, ``ALL_PROXY``, ``NO_PROXY``), if any."""
    parts = urlsplit(base)
    host = parts.hostname or ""
    if host in LOOPBACK or proxy_bypass(host):
        return None
    known = getproxies()
    proxy = known.get(parts.scheme) or known.get("all")
    return f"http://{proxy}" if proxy and "://" not in proxy else proxy


@cache
def _trusted() -> ssl.SSLContext:
    """The usual authorities, loaded once: that takes longer than many a call."""
    return httpx.create_ssl_context()


def _pause(state: tenacity.RetryCallState) -> float:
    error = state.outcome.exception() if state.outcome else None
    first, longest = BACKOFF
    jitter = random.uniform(0.0, min(longest, first * 2 ** (state.attempt_number - 1)))
    if isinstance(error, _Again) and error.error.retry_after is not None:
        return error.error.retry_after + jitter * 0.2
    return jitter
