"""Logins that expire: one refresh, whatever happens in the middle of a run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from connectors.contract import AppError, AuthRefused, Options, Token, Write
from connectors.hubspot import HubSpotConnector
from connectors.mailerlite import MailerLiteConnector
from connectors.oauth import LocalTokens, Login
from connectors.sandbox.faults import parsed
from connectors.sandbox.server import Sandbox

OAUTH = {
    "client_id": "hubspot-client",
    "client_secret": "hubspot-client-secret",
    "refresh_token": "hubspot-refresh-1",
}
FIELDS = ("email", "firstname")
TOKEN_PATH = "/oauth/v3/token"
CALLS = 7  # of `a_run`


@pytest.fixture(scope="module")
def running() -> Iterator[Sandbox]:
    with Sandbox(people=5) as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(running: Sandbox) -> Sandbox:
    running.host.reset()
    return running


def set_up(sandbox: Sandbox, faults: list[dict[str, Any]] | None = None, **settings: Any) -> None:
    """Between calls, so that nothing runs in the sandbox meanwhile."""
    sandbox.host.apps["hubspot"].mode.settings.update(settings)
    sandbox.host.faults += [parsed({"app": "hubspot", **fault}) for fault in faults or []]


class Connect:
    """Makes connections to the sandbox and closes them in the end."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.made: list[HubSpotConnector] = []

    def __call__(self, tokens: LocalTokens | None = None, **oauth: str) -> HubSpotConnector:
        options = Options("crm", self.url, oauth={**OAUTH, **oauth}, tokens=tokens, sleep=lambda _: None)
        self.made.append(HubSpotConnector(options))
        return self.made[-1]


@pytest.fixture
def connect(sandbox: Sandbox) -> Iterator[Connect]:
    connect = Connect(sandbox.hubspot)
    yield connect
    for one in connect.made:
        one.close()


def refreshes(sandbox: Sandbox, status: int = 200) -> int:
    log = sandbox.host.log["hubspot"]
    return sum(entry["path"] == TOKEN_PATH and entry["status"] == status for entry in log)


def a_run(app: HubSpotConnector, n: int = 0) -> list[str]:
    """Some reads and writes of each kind; the outcomes."""
    pages = list(app.pull("contacts", None, FIELDS))
    first = pages[0].records[0]
    writes = [
        Write("c", "create", None, {"email": f"new-{n}@example.com", "firstname": "New"}),
        Write("u", "update", first.id, {"firstname": f"Changed {n}"}),
    ]
    results = app.write("contacts", writes)
    list(app.pull("contacts", pages[-1].cursor, FIELDS))
    fetched = app.fetch("contacts", [first.id], FIELDS)
    return [result.outcome for result in results] + [one.state for one in fetched]


def test_an_access_token_is_got_when_first_needed_and_used_from_then_on(
    sandbox: Sandbox, connect: Connect
) -> None:
    app = connect()
    assert a_run(app) == ["applied", "applied", "found"]
    assert refreshes(sandbox) == 1


@pytest.mark.parametrize(
    ("at", "rotation"), [*((at, "strict") for at in range(CALLS + 1)), (1, "none"), (1, "grace")]
)
def test_a_token_that_expires_at_a_call_costs_one_refresh(
    sandbox: Sandbox, connect: Connect, at: int, rotation: str
) -> None:
    set_up(sandbox, token_rotation=rotation)
    tokens = LocalTokens()
    app = connect(tokens)
    app.check()
    set_up(sandbox, [{"kind": "expired_token", "path": "^/crm", "skip": at, "count": 1}])
    assert a_run(app, at) == ["applied", "applied", "found"]
    log = sandbox.host.log["hubspot"]
    expired = [entry for entry in log if entry.get("fault") == "expired_token"]
    assert [entry["status"] for entry in expired] == ([401] if at < CALLS else [])
    assert refreshes(sandbox) == 1 + len(expired)


def test_a_token_is_renewed_before_it_ends(sandbox: Sandbox, connect: Connect) -> None:
    set_up(sandbox, token_lasts=30)  # less than the minute that is left for a call to arrive
    app = connect()
    app.check()
    app.check()
    log = sandbox.host.log["hubspot"]
    assert [entry["status"] for entry in log] == [200, 200, 200, 200]
    assert refreshes(sandbox) == 2


def test_whoever_comes_second_takes_the_token_that_is_there(sandbox: Sandbox, connect: Connect) -> None:
    set_up(sandbox, token_rotation="strict")
    tokens = LocalTokens()
    one, other = connect(tokens), connect(tokens)
    one.check()
    other.check()
    set_up(sandbox, [{"kind": "expired_token", "path": "^/account", "count": 1}])
    one.check()
    other.check()  # still with the token that has ended
    assert refreshes(sandbox) == 2


class Failing(LocalTokens):
    """Refuses to keep a token."""

    def keep(self, token: Token) -> None:
        raise OSError("disk full")


def test_a_token_that_could_not_be_kept_is_not_used(sandbox: Sandbox, connect: Connect) -> None:
    set_up(sandbox, token_rotation="grace")
    with pytest.raises(OSError, match="disk full"):
        connect(Failing()).check()
    connect().check()  # so the one before it is still good
    assert refreshes(sandbox) == 2


@pytest.mark.parametrize("rotation", ["none", "grace"])
def test_a_lost_reply_to_a_refresh_is_asked_for_again(
    sandbox: Sandbox, connect: Connect, rotation: str
) -> None:
    set_up(sandbox, [{"kind": "drop_after", "path": "^/oauth", "count": 1}], token_rotation=rotation)
    connect().check()
    assert refreshes(sandbox) == 1


REVOKED = {
    "revoked": ({"token_revoked": True}, []),
    "spent by a reply that was lost": (
        {"token_rotation": "strict"},
        [{"kind": "drop_after", "path": "^/oauth", "count": 1}],
    ),
}


@pytest.mark.parametrize(("settings", "faults"), REVOKED.values(), ids=REVOKED.keys())
def test_a_refresh_token_that_is_refused_names_what_to_renew(
    sandbox: Sandbox, connect: Connect, settings: dict[str, Any], faults: list[dict[str, Any]]
) -> None:
    set_up(sandbox, faults, **settings)
    with pytest.raises(
        AuthRefused, match=r"HubSpot \(crm\): the refresh token was refused.*oauth.refresh_token"
    ) as told:
        connect().check()
    assert "hubspot-refresh" not in str(told.value)
    assert refreshes(sandbox, 400) == 1


class Replaced(LocalTokens):
    """Somebody connects the app anew while a refresh is on its way."""

    def __init__(self) -> None:
        super().__init__()
        self.looks = 0

    def read(self) -> Token | None:
        self.looks += 1
        return Token("old", "revoked-one") if self.looks <= 2 else Token("old", "hubspot-refresh-1")


def test_a_refused_token_is_read_again_before_a_person_is_asked(sandbox: Sandbox, connect: Connect) -> None:
    app = connect(Replaced())
    app.check()
    assert (refreshes(sandbox, 400), refreshes(sandbox)) == (1, 1)


def test_a_token_that_somebody_else_got_meanwhile_is_the_one_that_is_used() -> None:
    """The claim ended while the app was slow to answer."""
    tokens = LocalTokens()

    def slow(_: Mapping[str, str]) -> Mapping[str, str]:
        tokens.keep(Token("theirs", "refresh-2"))
        return {"access_token": "late", "refresh_token": "refresh-1"}

    login = Login(OAUTH, tokens, lambda: AT, slow, "HubSpot (crm)")
    assert login.access() == "theirs"
    assert tokens.read() == Token("theirs", "refresh-2")


AT = datetime(2030, 1, 1, tzinfo=UTC)
LASTING: dict[str, tuple[Any, datetime | None]] = {
    "half an hour": (1800, AT + timedelta(minutes=30)),
    "as text": ("1800", AT + timedelta(minutes=30)),
    "0, as Mailchimp says of tokens that do not end": (0, None),
    "less than nothing": (-1, None),
    "longer than any calendar": (1_900_000_000_000, None),
    "no number": ({}, None),
    "nothing": (None, None),
}


@pytest.mark.parametrize(("said", "ends"), LASTING.values(), ids=LASTING.keys())
def test_a_token_is_kept_whatever_is_said_of_its_end(said: Any, ends: datetime | None) -> None:
    tokens = LocalTokens()
    answer = {
        "access_token": "a1",
        "refresh_token": "r2",
        "expires_in": said,
        "refresh_token_expires_in": said,
    }
    login = Login(OAUTH, tokens, lambda: AT, lambda _: answer, "HubSpot (crm)")
    assert login.access() == "a1"
    assert tokens.read() == Token("a1", "r2", ends, ends)
    assert login.access() == "a1"


def test_a_wrong_client_is_said_so(sandbox: Sandbox, connect: Connect) -> None:
    with pytest.raises(AuthRefused, match=r"oauth\.client_id and oauth\.client_secret") as told:
        connect(client_secret="not-the-secret").check()
    assert "not-the-secret" not in str(told.value)


def test_a_refusal_after_a_fresh_token_is_final(sandbox: Sandbox, connect: Connect) -> None:
    set_up(sandbox, [{"kind": "status", "status": 401, "path": "^/account", "count": 9}])
    with pytest.raises(AuthRefused, match="renew it"):
        connect().check()
    assert refreshes(sandbox) == 2


def test_what_is_missing_is_named() -> None:
    with pytest.raises(AuthRefused, match=r"oauth\.client_secret"):
        HubSpotConnector(Options("crm", oauth={"client_id": "1", "refresh_token": "2"}))


def test_an_app_without_such_logins_says_so() -> None:
    with pytest.raises(AppError, match="has no logins that expire"):
        MailerLiteConnector(Options("mail", credentials={"token": "1"}, oauth=OAUTH))
