"""HTTP for connectors: what is repeated, what never is, what it costs, and what never shows."""

from __future__ import annotations

import gzip
from collections.abc import Iterator

import httpx
import pytest
import respx

from connectors import hooks
from connectors.answer import Answer
from connectors.budget import LocalBudget, Rate
from connectors.contract import BROKEN, AppError, AuthRefused, Options, Unavailable, Unexpected
from connectors.http import Http, Uncertain, after_effect, proxy_for
from connectors.settings import bearer, require

BASE = "https://api.example.test"
SECRET = "pat-very-secret"


@pytest.fixture
def app() -> Iterator[respx.MockRouter]:
    with respx.mock(base_url=BASE, assert_all_called=False) as router:
        yield router


@pytest.fixture
def slept() -> list[float]:
    return []


@pytest.fixture
def http(slept: list[float]) -> Iterator[Http]:
    with_secret = Options("crm", credentials={"token": SECRET}, sleep=slept.append)
    client = Http(with_secret, "Example", BASE, bearer(SECRET))
    yield client
    client.close()


def ok(body: object = None) -> httpx.Response:
    return httpx.Response(200, json=body if body is not None else {"ok": True})


def test_a_call_carries_the_credential_and_json(app: respx.MockRouter, http: Http) -> None:
    route = app.post("/things").mock(ok({"id": "1"}))
    assert http.write("POST", "/things", body={"name": "Sara"}).json == {"id": "1"}
    sent = route.calls.last.request
    assert sent.headers["authorization"] == f"Bearer {SECRET}"
    assert sent.headers["content-type"] == "application/json"
    assert sent.content == b'{"name":"Sara"}'
    assert http.calls == 1


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (b'{"name":"Chief \\ud83d"}', f"Chief {BROKEN}"),
        (b'{"name":"Chief \\udc00\\ud83d!"}', f"Chief {BROKEN}!"),
        (b'{"name":"Caf\xe9 \xed\xa0\xbd"}', f"Caf{BROKEN} {BROKEN}"),
        ('{"name":"Caf\ufffd"}'.encode(), "Caf\ufffd"),
    ],
    ids=["half an emoji", "halves in the wrong order", "not UTF-8", "the app's own"],
)
def test_a_broken_character_is_marked(app: respx.MockRouter, http: Http, body: bytes, text: str) -> None:
    app.get("/things").respond(content=body)
    assert http.read("GET", "/things").json == {"name": text}


def test_beside_a_broken_character_all_is_read_as_ever(app: respx.MockRouter, http: Http) -> None:
    said = b'["\\ud83d", "\\ud83d\\ude00", "\\\\ud83d", 1.50, 17, 99999999999999999999, null, {"a": []}]'
    app.get("/things").respond(content=said)
    read = http.read("GET", "/things").json
    assert read == [BROKEN, "\U0001f600", "\\ud83d", 1.5, 17, 1e20, None, {"a": []}]
    assert type(read[5]) is float  # as everywhere: the state's JSON holds 64 bits


def test_a_webhook_with_a_broken_character_still_names_its_records() -> None:
    assert hooks.parsed(b'{"id": 7, "name": "Chief \\ud83d"}')["id"] == 7
    with pytest.raises(hooks.HookRefused):
        hooks.parsed(b'{"id": 7, "name": "Chief \\ud83d"')


@pytest.mark.parametrize(
    "body", [b'["\\ud83d", NaN]', b'["\\ud83d"', b'["\\ud83d", 1e999]', b"[" * 100_000, b"\xff"]
)
def test_no_other_mistake_is_mended(body: bytes) -> None:
    with pytest.raises(Unexpected):
        _ = Answer(200, {}, body).json


FAILURES = {
    "lost connection": httpx.ReadError("lost"),
    "time-out": httpx.ReadTimeout("late"),
    "408": httpx.Response(408),
    "500": httpx.Response(500, text="<html>"),
    "502": httpx.Response(502),
    "503 with Retry-After": httpx.Response(503, headers={"retry-after": "3"}),
    "truncated body": httpx.Response(200, text='{"ok": tr'),
}


@pytest.mark.parametrize("failure", FAILURES.values(), ids=FAILURES.keys())
def test_a_read_is_repeated(
    app: respx.MockRouter, http: Http, failure: httpx.Response | httpx.TransportError, slept: list[float]
) -> None:
    app.get("/things").mock(side_effect=[failure, ok()])
    assert http.read("GET", "/things").json == {"ok": True}
    assert http.calls == 2
    assert len(slept) == 1


@pytest.mark.parametrize("failure", FAILURES.values(), ids=FAILURES.keys())
def test_a_write_that_may_have_been_applied_is_never_repeated(
    app: respx.MockRouter, http: Http, failure: httpx.Response | httpx.TransportError
) -> None:
    app.post("/things").mock(side_effect=[failure, ok()])
    with pytest.raises(Uncertain):
        http.write("POST", "/things", body={})
    assert http.calls == 1


def test_a_compressed_answer_is_read(app: respx.MockRouter, http: Http) -> None:
    packed = httpx.Response(200, content=gzip.compress(b'{"ok": true}'), headers={"content-encoding": "gzip"})
    app.get("/things").mock(packed)
    assert http.read("GET", "/things").json == {"ok": True}


PROXIES = {
    "none": ({}, BASE, None),
    "for https": ({"HTTPS_PROXY": "http://proxy.test:3128"}, BASE, "http://proxy.test:3128"),
    "for all, without scheme": ({"ALL_PROXY": "proxy.test:3128"}, BASE, "http://proxy.test:3128"),
    "but not this host": ({"HTTPS_PROXY": "http://proxy.test", "NO_PROXY": "example.test"}, BASE, None),
    "never to this machine": ({"HTTP_PROXY": "http://proxy.test"}, "http://127.0.0.1:1", None),
}


@pytest.mark.parametrize(("known", "base", "expected"), PROXIES.values(), ids=PROXIES.keys())
def test_the_proxy_is_the_environments(
    monkeypatch: pytest.MonkeyPatch, known: dict[str, str], base: str, expected: str | None
) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    for name, value in known.items():
        monkeypatch.setenv(name, value)
    assert proxy_for(base) == expected


PROVEN = {
    "connection refused": httpx.ConnectError("refused"),
    "429": httpx.Response(429, json={"message": "Too Many Attempts."}),
    "429 as plain text": httpx.Response(429, text="You have exceeded the rate limit"),
    "423": httpx.Response(423),
}


@pytest.mark.parametrize("failure", PROVEN.values(), ids=PROVEN.keys())
def test_a_write_that_was_surely_not_applied_is_repeated(
    app: respx.MockRouter, http: Http, failure: httpx.Response | httpx.TransportError
) -> None:
    app.post("/things").mock(side_effect=[failure, ok()])
    assert http.write("POST", "/things", body={}).status == 200
    assert http.calls == 2


def test_retry_after_is_obeyed(app: respx.MockRouter, http: Http, slept: list[float]) -> None:
    app.get("/things").mock(side_effect=[httpx.Response(429, headers={"retry-after": "27"}), ok()])
    http.read("GET", "/things")
    assert 27.0 <= slept[0] <= 27.2


DATED = "Mon, 23 Nov 2026 10:00:00 GMT"
PAUSES: dict[str, tuple[str, str, float | None]] = {
    "seconds": ("27", DATED, 27.0),
    "a date": ("Mon, 23 Nov 2026 10:00:30 GMT", DATED, 30.0),
    "a date that is over": ("Mon, 23 Nov 2026 09:00:00 GMT", DATED, 0.0),
    "less than nothing": ("-5", DATED, 0.0),
    "a time since 1970, by mistake": ("1795424400", DATED, 86_400.0),
    "for ever": ("inf", DATED, 86_400.0),
    "a date of another calendar": ("Fri, 31 Dec 9999 23:59:59 -2300", DATED, 86_400.0),
    "no time at all": ("soon", DATED, None),
    "a date that no computer holds": (f"Mon, 23 Nov 2026 {'9' * 20}:00:00 GMT", DATED, None),
    "beside a date of the answer that is none": ("27", f"Mon, 23 Nov 2026 {'9' * 20}:00:00 GMT", 27.0),
}


@pytest.mark.parametrize(("text", "date", "seconds"), PAUSES.values(), ids=PAUSES.keys())
def test_a_pause_is_read_in_any_form_and_lasts_a_day_at_most(
    text: str, date: str, seconds: float | None
) -> None:
    answer = Answer(429, {"retry-after": text, "date": date}, b"")
    assert answer.retry_after == seconds
    assert answer.date is None or answer.date.year == 2026


def test_a_long_retry_after_is_left_to_a_later_run(
    app: respx.MockRouter, http: Http, slept: list[float]
) -> None:
    app.get("/things").mock(httpx.Response(429, headers={"retry-after": "3600"}))
    with pytest.raises(Unavailable) as raised:
        http.read("GET", "/things")
    assert raised.value.retry_after == 3600.0
    assert slept == []


@pytest.mark.parametrize("status", [408, 500, 501, 525, 530])
def test_back_off_grows_with_full_jitter_and_ends(
    app: respx.MockRouter, http: Http, slept: list[float], status: int
) -> None:
    app.get("/things").mock(httpx.Response(status))
    with pytest.raises(Unavailable, match=f"status {status}"):
        http.read("GET", "/things")
    assert http.calls == 6
    assert all(0.0 <= pause <= 0.5 * 2**n for n, pause in enumerate(slept))


@pytest.mark.parametrize(
    ("status", "error"), [(401, AuthRefused), (403, AuthRefused), (404, Unexpected), (422, Unexpected)]
)
def test_other_refusals_are_raised_at_once(
    app: respx.MockRouter, http: Http, status: int, error: type[AppError]
) -> None:
    app.post("/things").mock(httpx.Response(status, json={"message": "no"}))
    with pytest.raises(error, match=f"POST /things: status {status} \\(no\\)"):
        http.write("POST", "/things", body={})
    assert http.calls == 1


def test_allowed_statuses_are_answers(app: respx.MockRouter, http: Http) -> None:
    app.get("/things/1").mock(httpx.Response(404, text="gone"))
    answer = http.read("GET", "/things/1", allow=(404,))
    assert (answer.status, answer.detail) == (404, {})


def test_redirects_are_not_followed(app: respx.MockRouter, http: Http) -> None:
    app.get("/things").mock(httpx.Response(302, headers={"location": "https://evil.test/"}))
    with pytest.raises(Unexpected, match="Redirects are not followed"):
        http.read("GET", "/things")
    assert http.calls == 1


def test_errors_show_neither_credentials_nor_addresses(app: respx.MockRouter, http: Http) -> None:
    message = f"token {SECRET} may not see sara@example.com nor sara%40example.com"
    app.get("/people/sara%40example.com").mock(httpx.Response(400, json={"message": message}))
    with pytest.raises(Unexpected) as raised:
        http.read("GET", "/people/sara%40example.com")
    text = str(raised.value)
    assert SECRET not in text
    assert "sara" not in text
    assert "[e-mail]" in text


def test_a_failure_after_an_effect_leaves_the_write_uncertain() -> None:
    with pytest.raises(Uncertain), after_effect():
        raise AuthRefused("scope")


@pytest.mark.parametrize(
    "url",
    [
        "http://api.example.test",
        "ftp://127.0.0.1",
        "https://user:pw@api.test",
        "api.test",
        "",
        "https://a.test?x=1",
    ],
)
def test_unsafe_addresses_are_refused(url: str) -> None:
    with pytest.raises(AppError):
        Http(Options("crm"), "Example", url, {})


def test_a_missing_credential_is_named() -> None:
    with pytest.raises(AuthRefused, match="needs the credential token"):
        require(Options("crm", credentials={"token": " "}), ("token",), "Example")


class Pace:
    """A budget that notes what it is asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, int, float]] = []
        self.held: list[tuple[str, float]] = []

    def wait(self, rate: str, limit: int, window: float) -> float:
        self.asked.append((rate, limit, window))
        return 1.5

    def hold(self, rate: str, seconds: float) -> None:
        self.held.append((rate, seconds))


RATES = (Rate("general", 100, 10.0), Rate("search", 5, 1.0))


def paced(url: str, pace: Pace, slept: list[float], settings: dict[str, float]) -> Http:
    return Http(Options("crm", settings=settings, budget=pace, sleep=slept.append), "Example", url, {}, RATES)


@pytest.mark.parametrize(
    ("url", "settings", "asked"),
    [
        (BASE, {}, [("general", 90, 10.0), ("search", 4, 1.0)]),
        (BASE, {"rate_limit": 190}, [("general", 190, 10.0), ("search", 4, 1.0)]),
        ("http://127.0.0.1:1/x", {}, []),
        ("http://127.0.0.1:1/x", {"rate_limit": 10}, [("general", 10, 10.0), ("search", 4, 1.0)]),
    ],
    ids=["published less a reserve", "own limit", "loopback", "loopback with a limit"],
)
def test_each_call_takes_from_its_budgets(
    url: str, settings: dict[str, float], asked: list[tuple[str, int, float]], slept: list[float]
) -> None:
    pace = Pace()
    http = paced(url, pace, slept, settings)
    with respx.mock:
        respx.get(f"{url}/things").mock(ok())
        http.read("GET", "/things", rates=("general", "search"))
    http.close()
    assert pace.asked == asked
    assert slept == [1.5] * len(asked)


@pytest.mark.parametrize("failure", FAILURES.values(), ids=FAILURES.keys())
def test_an_attempt_that_fails_takes_from_the_budget_too(
    app: respx.MockRouter, failure: httpx.Response | httpx.TransportError, slept: list[float]
) -> None:
    app.get("/things").mock(side_effect=[failure, failure, ok()])
    pace = Pace()
    http = paced(BASE, pace, slept, {})
    http.read("GET", "/things")
    http.close()
    assert pace.asked == [("general", 90, 10.0)] * 3


def test_a_429_holds_the_budget_for_everybody(app: respx.MockRouter, slept: list[float]) -> None:
    pace = Pace()
    http = paced(BASE, pace, slept, {})
    app.get("/things").mock(side_effect=[httpx.Response(429, headers={"retry-after": "7"}), ok()])
    http.read("GET", "/things")
    http.close()
    assert pace.held == [("general", 7.0)]


def test_a_write_that_failed_holds_the_budget_as_long_as_the_app_asks(
    app: respx.MockRouter, slept: list[float]
) -> None:
    """It is not repeated; what comes after it waits."""
    pace = Pace()
    http = paced(BASE, pace, slept, {})
    app.post("/things").mock(httpx.Response(503, headers={"retry-after": "30"}))
    with pytest.raises(Uncertain):
        http.write("POST", "/things", body={})
    http.close()
    assert pace.held == [("general", 30.0)]
    assert http.calls == 1


@pytest.fixture
def clock() -> list[float]:
    return [0.0]


def test_the_local_budget_keeps_any_window_within_the_limit(clock: list[float]) -> None:

    budget = LocalBudget(lambda: clock[0])
    assert [budget.wait("b", 2, 10.0) for _ in range(5)] == [0.0, 0.0, 10.0, 10.0, 20.0]
    clock[0] = 45.0
    assert budget.wait("b", 2, 10.0) == 0.0


def test_the_local_budget_waits_out_a_pause(clock: list[float]) -> None:
    budget = LocalBudget(lambda: clock[0])
    budget.hold("b", 5.0)
    assert budget.wait("b", 100, 1.0) == 5.0
    assert budget.wait("other", 100, 1.0) == 0.0
