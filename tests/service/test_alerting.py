"""When the service calls for a person: once when trouble begins, once when it is over."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from pydantic import SecretStr

from syncer.config.apps import OAuthModel
from syncer.config.files import Config, load_config
from syncer.config.service import AlertsModel, ScheduleModel
from syncer.ports import Ports
from syncer.service.alerting import Message, Signs, Trouble, heard, news, troubles
from syncer.service.alerts import Alerts, renewal
from syncer.service.desk import Desk
from syncer.store.database import Database
from syncer.store.history import History
from syncer.store.ledger import Ledger

NOW = datetime(2030, 1, 31, 12, 0, tzinfo=UTC)
SAID = AlertsModel()
WELL: dict[str, Any] = {
    "sync": "contacts",
    "paused": False,
    "last_run": {"run": "r1", "status": "done"},
    "last_success": "2030-01-31T11:45:00+00:00",
    "held": None,
    "held_conflicts": 0,
    "reviews": [],
    "refused": [],
    "verified": None,
}
BUSY = [True] * 14
NIGHTLY = ScheduleModel(cron="0 3 * * *")


def signs(days: list[bool] = BUSY, **changes: Any) -> Signs:
    named = ("report", "since", "expiring", "renewals", "schedule")
    more = {name: changes.pop(name) for name in named if name in changes}
    return Signs({**WELL, **changes}, days=days, **more)


CASES: Mapping[str, tuple[Signs, list[str]]] = {
    "all is well": (signs(), []),
    "a run failed": (signs(last_run={"run": "r2", "status": "failed"}), ["run failed"]),
    "a run had leftovers": (signs(last_run={"run": "r2", "status": "partial"}), []),
    "a plan is held": (
        signs(held={"run": "r2", "reason": "", "items": 900, "undone": False, "account": False}),
        ["held"],
    ),
    "as many conflicts as are allowed": (signs(held_conflicts=20), []),
    "one conflict too many": (signs(held_conflicts=21), ["conflicts"]),
    "too many doubtful matches": (signs(reviews=[{}] * 51), ["reviews"]),
    "too many refused values": (signs(refused=[{}] * 21), ["failures"]),
    "no success for a day": (signs(last_success="2030-01-30T11:44:00+00:00"), ["no success"]),
    "no success for a day, but one was due for less": (signs(last_success="2030-01-30T11:59:00+00:00"), []),
    "the next run is due in the night": (
        signs(last_success="2030-01-30T03:00:01+00:00", schedule=NIGHTLY),
        [],
    ),
    "the run of the night before did not succeed": (
        signs(last_success="2030-01-29T03:00:01+00:00", schedule=NIGHTLY),
        ["no success"],
    ),
    "never a success, and the first is due on Sunday": (
        signs(last_success=None, since=NOW - timedelta(days=2), schedule=ScheduleModel(cron="0 3 * * sun")),
        [],
    ),
    "never a success, but young": (signs(last_success=None, since=NOW - timedelta(hours=23)), []),
    "never a success since a day": (
        signs(last_success=None, since=NOW - timedelta(hours=25)),
        ["no success"],
    ),
    "three days without changes": (signs([*BUSY, False, False, False]), ["no change"]),
    "two days without changes": (signs([*BUSY, False, False]), []),
    "changes were rare before": (signs([*([True, False] * 8), False, False, False]), []),
    "too young to know": (signs([True] * 9 + [False] * 3), []),
    "drift": (signs(verified={"drift": {"crm": 2, "mail": 0}}), ["drift"]),
    "compared without drift": (signs(verified={"drift": {"crm": 0}}), []),
    "a credential was refused": (signs(report={"credentials_refused": ["crm"]}), ["credential of crm"]),
    "a run failed since a credential was refused": (
        signs(last_run={"run": "r2", "status": "failed"}, report={"credentials_refused": ["crm"]}),
        ["credential of crm"],
    ),
    "a webhook was taken since a run failed": (
        signs(report={"run": "r2", "status": "failed"}, last_run={"run": "r3", "status": "done"}),
        ["run failed"],
    ),
    "a login ends in six days": (signs(expiring={"crm": NOW + timedelta(days=6)}), ["login of crm"]),
    "a login ends in eight days": (signs(expiring={"crm": NOW + timedelta(days=8)}), []),
    "what is paused is left alone": (signs(paused=True, held_conflicts=99), []),
    "several at once": (
        signs(last_run={"run": "r2", "status": "failed"}, held_conflicts=99),
        ["run failed", "conflicts"],
    ),
}


@pytest.mark.parametrize(("given", "expected"), CASES.values(), ids=CASES.keys())
def test_what_is_trouble(given: Signs, expected: list[str]) -> None:
    found = troubles(given, SAID, NOW)
    assert [trouble.key for trouble in found] == [f"contacts: {kind}" for kind in expected]
    assert all("syncer" in trouble.text or "usually" in trouble.text for trouble in found)


def test_a_refused_credential_is_told_with_what_to_renew(config: Path) -> None:
    zendesk = load_config(config, {}).apps["zendesk"]
    told = "Renew apps.zendesk.credentials.email and apps.zendesk.credentials.token of the config, or give"
    assert renewal("zendesk", zendesk).startswith(told)
    login = OAuthModel(client_id="a", client_secret=SecretStr("b"))
    by_login = zendesk.model_copy(update={"credentials": {}, "oauth": login})
    assert renewal("zendesk", by_login) == "Log in again: syncer auth login zendesk"
    refused = signs(
        report={"credentials_refused": ["zendesk"]}, renewals={"zendesk": renewal("zendesk", zendesk)}
    )
    assert told in troubles(refused, SAID, NOW)[0].text


HELD, FAILED = Trouble("contacts: held", "3 wait"), Trouble("contacts: run failed", "r2 failed")
STEPS: Mapping[str, tuple[list[Trouble], list[Trouble], list[str]]] = {
    "it begins": ([], [HELD], ["syncer: contacts: held"]),
    "it lasts": ([HELD], [HELD], []),
    "it lasts in other words": ([HELD], [Trouble(HELD.key, "9 wait")], []),
    "it is over": ([HELD], [], ["syncer: over: contacts: held"]),
    "one ends, one begins": (
        [HELD],
        [FAILED],
        ["syncer: contacts: run failed", "syncer: over: contacts: held"],
    ),
    "nothing at all": ([], [], []),
}


def told(known: Mapping[str, str], messages: list[Message]) -> Mapping[str, str]:
    for message in messages:
        known = heard(known, message)
    return known


@pytest.mark.parametrize(("before", "now", "said"), STEPS.values(), ids=STEPS.keys())
def test_it_is_said_once_when_it_begins_and_once_when_it_is_over(
    before: list[Trouble], now: list[Trouble], said: list[str]
) -> None:
    known = told({}, news({}, before))
    messages = news(known, now)
    assert [message.title for message in messages] == said
    following = told(known, messages)
    assert following.keys() == {trouble.key for trouble in now}
    assert news(following, now) == []


def test_of_a_paused_sync_it_is_not_said_that_anything_is_over() -> None:
    known = {HELD.key: "3 wait", "companies: held": "2 wait"}
    messages = news(known, [], left_alone=["contacts"])
    assert [message.title for message in messages] == ["syncer: over: companies: held"]
    following = told(known, messages)
    assert news(following, [HELD]) == []  # it goes on after the pause
    assert [message.over for message in news(following, [])] == [True]


def test_that_it_is_over_asks_for_nothing() -> None:
    (begun,) = news({}, [Trouble("contacts: run failed", "It failed. Look at: syncer show r2")])
    (over,) = news({"contacts: run failed": "It failed. Look at: syncer show r2"}, [])
    assert (begun.over, begun.body) == (False, "It failed. Look at: syncer show r2")
    assert over.over
    assert over.body == ("contacts: run failed. This is over, nothing has to be done about it any more.")


class Channel:
    """What an alert arrives at: Apprise's plainest service, a POST of JSON."""

    def __init__(self) -> None:
        self.got: list[dict[str, Any]] = []
        self.status = 200
        channel = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                if channel.status == 200:
                    channel.got.append(json.loads(body))
                self.send_response(channel.status)
                self.end_headers()

            def log_message(self, format: str, *args: Any) -> None: ...

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def channel() -> Iterator[Channel]:
    made = Channel()
    yield made
    made.close()


def address(config: Path, *channels: Channel) -> Config:
    """The config, with alerts to these."""
    to = ", ".join(f"'json://127.0.0.1:{one.server.server_port}/'" for one in channels)
    config.write_text(f"{config.read_text()}alerts: {{to: [{to}]}}\n")
    return load_config(config, {})


def look(config: Config, desk: Desk, now: datetime) -> None:
    """One look at the state, as after a start."""
    watch = SimpleNamespace(problem="")
    service: Any = SimpleNamespace(config=config, ports=Ports(), desk=desk, since=now, watch=watch)
    alerts = Alerts()
    alerts.start(service)
    alerts.look(now)
    alerts.stop()


@pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")  # Apprise imports it
def test_alerts_go_out_once_and_what_could_not_be_sent_is_tried_again(config: Path, channel: Channel) -> None:
    read = address(config, channel)
    db = Database(read.state)
    now = datetime.now(UTC)
    with db.transaction():
        ledger = Ledger(db, "contacts")
        ledger.begin_run("r1", "sync", now)
        ledger.end_run("r1", "failed", now, 0, {})
    desk = Desk(read, Ports())

    def titles() -> list[str]:
        look(read, desk, now)
        return [one["title"] for one in channel.got]

    channel.status = 500
    assert titles() == []
    channel.status = 200
    assert titles() == ["syncer: contacts: run failed"]
    assert titles() == ["syncer: contacts: run failed"]
    with db.transaction():
        ledger.begin_run("r2", "sync", now)
        ledger.end_run("r2", "done", now, 0, {})
        assert History(db).written_by_day("contacts", now - timedelta(days=1)) == {f"{now:%Y-%m-%d}": 0}
    assert titles() == ["syncer: contacts: run failed", "syncer: over: contacts: run failed"]
    assert [one["type"] for one in channel.got] == ["warning", "success"]
    desk.close()
    db.close()


@pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")
def test_an_address_that_fails_has_no_other_told_again(config: Path, channel: Channel) -> None:
    """And each is told that it is over, the one when it is back."""
    broken = Channel()
    read, now = address(config, channel, broken), datetime.now(UTC)
    desk = Desk(read, Ports())

    def ended(run: str, status: str) -> None:
        with desk.db.transaction():
            Ledger(desk.db, "contacts").begin_run(run, "sync", now)
            Ledger(desk.db, "contacts").end_run(run, status, now, 0, {})
        for _ in range(3):
            look(read, desk, now)

    begun, over = "syncer: contacts: run failed", "syncer: over: contacts: run failed"
    broken.status = 500
    ended("r1", "failed")
    assert ([one["title"] for one in channel.got], broken.got) == ([begun], [])
    broken.status = 200
    ended("r2", "failed")
    assert [[one["title"] for one in to.got] for to in (channel, broken)] == [[begun], [begun]]
    ended("r3", "done")
    assert [[one["title"] for one in to.got] for to in (channel, broken)] == [[begun, over], [begun, over]]
    broken.close()
    desk.close()


def test_a_webhook_does_not_end_what_only_a_reading_can(config: Path) -> None:
    read, now = load_config(config, {}), datetime.now(UTC)
    db, desk = Database(read.state), Desk(read, Ports())

    def known_after(run: str, kind: str, status: str = "", **report: list[str]) -> list[str]:
        with db.transaction():
            Ledger(db, "contacts").begin_run(run, kind, now)
            if status:
                Ledger(db, "contacts").end_run(run, status, now, 0, report)
        look(read, desk, now)
        with db.reading():
            return list(json.loads(History(db).fact("alerts") or "{}"))

    told = ["contacts: credential of zendesk"]
    assert known_after("r1", "sync", "partial", credentials_refused=["zendesk"]) == told
    assert known_after("r2", "webhook", "done", credentials_refused=[]) == told
    assert known_after("r3", "sync") == told  # it still runs
    assert known_after("r4", "sync", "done", credentials_refused=[]) == []
    desk.close()
    db.close()
