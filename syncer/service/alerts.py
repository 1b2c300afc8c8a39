"""Sends alerts by Apprise (e-mail, Slack and the rest). What was said is kept in the state, by address: a
start does not say it again, and what could not be sent to one is tried again there alone."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from hashlib import blake2b
from typing import Any, Final

import orjson

from syncer.config.apps import AppModel
from syncer.logs import log
from syncer.service.alerting import Message, Signs, Trouble, heard, news, troubles
from syncer.service.service import Service
from syncer.service.view import View
from syncer.service.worker import Done
from syncer.store.database import Database, StateError
from syncer.store.history import ALERTS, History

Tell = Callable[[Message], bool]  # whether it was said

EVERY: Final = timedelta(seconds=30)
HOOKS: Final = "webhook_secret"  # with which an app signs; no call of ours needs it
BACK: Final = 31  # days that are looked at


class Alerts:
    """A `syncer.service.service.Part`; all of it on the worker's thread, between two jobs."""

    def start(self, service: Service) -> None:
        self._service = service
        self._view = View(lambda: service.config, service.ports)
        self._looked: datetime | None = None

    def told(self, done: Done) -> None:
        self._looked = None  # look at once at what became of it

    def look(self, now: datetime) -> None:
        if self._looked is not None and timedelta(0) <= now - self._looked < EVERY:
            return
        self._looked = now
        try:
            self._look(now)
        except StateError as error:
            log().error("alerts cannot read the state", reason=str(error))

    def stop(self) -> None:
        self._view.close()

    def _look(self, now: datetime) -> None:
        standing = self._view.syncs()
        found = self._troubles(standing, now)
        paused = [one["sync"] for one in standing if one["paused"]]
        db, listeners = self._service.desk.db, dict(self._listeners())
        with db.reading():
            kept = {name: History(db).fact(name) for name in listeners}
        for name, tell in listeners.items():
            known = orjson.loads(kept[name] or kept[ALERTS] or "{}")
            told = orjson.dumps(_told(tell, news(known, found, paused), known)).decode()
            if told != kept[name]:
                with db.transaction():
                    History(db).keep_fact(name, told)

    def _troubles(self, standing: Sequence[Mapping[str, Any]], now: datetime) -> list[Trouble]:
        said = self._service.config.model.alerts
        found = [t for signs in self._signs(standing, now) for t in troubles(signs, said, now)]
        problem = self._service.watch.problem
        if problem:
            found.append(Trouble("config refused", f"The edited config cannot be used: {problem}"))
        return found

    def _signs(self, standing: Sequence[Mapping[str, Any]], now: datetime) -> list[Signs]:
        with self._view.reading() as db:
            return [
                Signs(
                    one,
                    _last_report(db, one["sync"]),
                    _days(db, one["sync"], now),
                    self._service.since,
                    self._expiring(one["apps"]),
                    {app: renewal(app, self._service.config.apps[app]) for app in one["apps"]},
                    self._service.config.syncs[one["sync"]].schedule,
                )
                for one in standing
            ]

    def _expiring(self, apps: Iterable[str]) -> dict[str, datetime]:
        """App -> when its login ends, where the app said so."""
        runner, found = self._service.desk.runner, {}
        for app in apps:
            tokens = runner.wiring.tokens(app) if runner.config.apps[app].oauth else None
            token = tokens.read() if tokens is not None else None
            if token is not None and token.refresh_expires is not None:
                found[app] = token.refresh_expires
        return found

    def _listeners(self) -> Iterator[tuple[str, Tell]]:
        """Each address, and the log: the fact that keeps what was said there, and how to say a thing. The log
        is the last: what stands in it passes for known at an address of which nothing is kept."""
        for number, url in enumerate(self._service.config.model.alerts.to):
            address = url.get_secret_value()
            print = blake2b(address.encode(), digest_size=8).hexdigest()
            yield f"{ALERTS}:{print}", partial(_send, address, number)
        yield ALERTS, _log


def _told(tell: Tell, messages: Iterable[Message], known: Mapping[str, str]) -> Mapping[str, str]:
    """What is known there once all was said that could be."""
    for message in messages:
        if not tell(message):
            break
        known = heard(known, message)
    return known


def _log(message: Message) -> bool:
    log().warning("alert", title=message.title, text=message.body)
    return True


def _send(address: str, number: int, message: Message) -> bool:
    """Whether it arrived, as far as the service behind the address says."""
    import apprise

    sender = apprise.Apprise()
    if not sender.add(address):
        log().error("this address is not one that Apprise knows", address=f"alerts.to.{number}")
        return False
    kind = apprise.NotifyType.SUCCESS if message.over else apprise.NotifyType.WARNING
    if not sender.notify(title=message.title, body=message.body, notify_type=kind):
        log().error("an alert could not be sent; it is tried again", address=f"alerts.to.{number}")
        return False
    return True


def renewal(app: str, model: AppModel) -> str:
    """What a person does about a credential that an app refuses."""
    if model.oauth is not None:
        return f"Log in again: syncer auth login {app}"
    named = " and ".join(f"apps.{app}.credentials.{name}" for name in model.secrets() if name != HOOKS)
    return f"Renew {named} of the config, or give it the rights that it lacks; then: syncer check"


def _last_report(db: Database, sync: str) -> dict[str, Any]:
    """Of the last run that read the apps: one for a webhook cannot tell that an app is well again."""
    last = History(db).last_read(sync)
    return {**last["report"], "run": last["run"], "status": last["status"]} if last is not None else {}


def _days(db: Database, sync: str, now: datetime) -> list[bool]:
    """From the first day that is known of on, whether anything was written; today left out."""
    written = History(db).written_by_day(sync, now - timedelta(days=BACK))
    if not written:
        return []
    first = datetime.fromisoformat(min(written)).replace(tzinfo=UTC)
    number = (now - first).days
    return [bool(written.get(f"{first + timedelta(days=n):%Y-%m-%d}")) for n in range(number)]
