"""Logging in to an app by a browser: the page of the app sends back to us, and the token is kept and
renewed."""

from __future__ import annotations

import threading
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from connectors.sandbox.server import Sandbox
from tests.cli.conftest import Desk
from tests.service.serving import free_port

LOGIN = "oauth: {{client_id: {app}-client, client_secret: {app}-client-secret}}"
CREDENTIALS = {
    "hubspot": "credentials: {token: sandbox-hubspot}",
    "zendesk": "credentials: {email: admin@sandbox.test, token: sandbox-zendesk}",
}


class Browser:
    """A person who agrees to whatever page opens, on a thread, as a browser would."""

    def __init__(self) -> None:
        self.opened: list[str] = []
        self.twist = lambda address: address

    def open(self, address: str) -> bool:
        self.opened.append(address)
        threading.Thread(target=self._agree, args=(address,), daemon=True).start()
        return True

    def _agree(self, address: str) -> None:
        back = httpx.get(address).headers["location"]
        wrong = f"{back.partition('?')[0]}?code=stolen&state=guessed"
        assert httpx.get(wrong).status_code == 400  # somebody else's answer is passed over
        httpx.get(self.twist(back))


@pytest.fixture
def browser(monkeypatch: pytest.MonkeyPatch) -> Browser:
    made = Browser()
    monkeypatch.setattr("webbrowser.open", made.open)
    return made


def with_login(desk: Desk, app: str) -> None:
    if app == "mailchimp":
        url = f"base_url: '{desk.url}/mailchimp', settings: {{audience: b2a9f0c4d1}}"
        desk.change(
            "apps:\n", f"apps:\n  mailchimp: {{connector: mailchimp, {url}, {LOGIN.format(app=app)}}}\n"
        )
    else:
        desk.change(CREDENTIALS[app], LOGIN.format(app=app))


@pytest.mark.parametrize(
    "app",
    ["zendesk", *(pytest.param(app, marks=pytest.mark.slow) for app in ("hubspot", "mailchimp"))],
)
def test_a_login_is_kept_and_renewed(desk: Desk, sandbox: Sandbox, browser: Browser, app: str) -> None:
    with_login(desk, app)
    sandbox.host.apps[app].mode.settings["token_rotation"] = "strict"
    told = desk.run("check", "--json").json["apps"][app]["error"]
    assert "syncer auth login" in told
    done = desk.run("auth", "login", app, "--port", str(free_port()), "--json")
    assert (done.code, done.json["app"]) == (0, app), done.err
    asked = parse_qs(urlsplit(browser.opened[0]).query)
    assert ("code_challenge" in asked) == (app == "zendesk")
    assert f"{app}-client-secret" not in done.out + done.err + browser.opened[0]
    for _ in range(2):  # each refresh token is good for one use
        sandbox.host.apps[app].account.tokens.end()
        assert desk.run("check", "--json").json["apps"][app]["reachable"] is True


def test_who_does_not_agree_is_not_logged_in(desk: Desk, browser: Browser) -> None:
    with_login(desk, "zendesk")
    browser.twist = lambda back: back.replace("code=", "error=access_denied&was=")
    done = desk.run("auth", "login", "zendesk", "--port", str(free_port()))
    assert done.code == 1
    assert "it was refused there" in done.err


def test_a_code_that_was_caught_is_no_use_without_its_verifier(sandbox: Sandbox) -> None:
    tokens = sandbox.host.apps["zendesk"].account.tokens
    page = f"{sandbox.zendesk}/oauth/authorizations/new"
    query = {"client_id": tokens.client_id, "redirect_uri": "http://127.0.0.1:1/", "code_challenge": "x" * 43}
    code = parse_qs(urlsplit(httpx.get(page, params=query).headers["location"]).query)["code"][0]
    form = {
        "grant_type": "authorization_code",
        "client_id": tokens.client_id,
        "client_secret": tokens.client_secret,
        "redirect_uri": "http://127.0.0.1:1/",
        "code": code,
        "code_verifier": "another",
    }
    answer = httpx.post(f"{sandbox.zendesk}/oauth/tokens", json=form)
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_grant")


def test_an_app_without_such_a_login_says_so(desk: Desk) -> None:
    done = desk.run("auth", "login", "mailerlite")
    assert done.code == 2
    assert "has no login by a browser" in " ".join(done.err.split())
