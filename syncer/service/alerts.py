"""Sends alerts by Apprise (e-mail, Slack and the rest). What was said is kept in the state, so that a start
does not say it again; what could not be sent is tried again."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import orjson

from syncer.config.apps import AppModel
from syncer.logs import log
from syncer.service.alerting import Message, Signs, Trouble, step, troubles
from syncer.service.service import Service
from syncer.service.view import View
from syncer.service.worker import Done
from syncer.store.database import Database, StateError
from syncer.store.history import History

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
        found = self._troubles(now)
        db = self._service.desk.db
        with db.reading():
            known = orjson.loads(History(db).fact("alerts") or "{}")
        following, messages = step(known, found)
        if not messages:
            return
        for message in messages:
            log().warning("alert", title=message.title, text=message.body)
        if self._sent(messages):
            with db.transaction():
                History(db).keep_fact("alerts", orjson.dumps(following).decode())

    def _troubles(self, now: datetime) -> list[Trouble]:
        said = self._service.config.model.alerts
        found = [t for signs in self._signs(now) for t in troubles(signs, said, now)]
        problem = self._service.watch.problem
        if problem:
            found.append(Trouble("config refused", f"The edited config cannot be used: {problem}"))
        return found

    def _signs(self, now: datetime) -> list[Signs]:
        standing = self._view.syncs()
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

    def _sent(self, messages: list[Message]) -> bool:
        """Whether they may be counted as said. Where nobody is named, the log is all there is."""
        to = self._service.config.model.alerts.to
        if not to:
            return True
        import apprise

        sender = apprise.Apprise()
        sound = [sender.add(url.get_secret_value()) for url in to]
        if not all(sound):
            log().error(
                "an address under alerts.to is not one that Apprise knows", number=sound.index(False) + 1
            )
        kinds = apprise.NotifyType
        sent = [
            sender.notify(title=m.title, body=m.body, notify_type=kinds.SUCCESS if m.over else kinds.WARNING)
            for m in messages
            if any(sound)
        ]
        if not sent or not all(sent):
            log().error("alerts could not be sent; they are tried again")
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
