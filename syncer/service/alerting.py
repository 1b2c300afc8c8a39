"""What is trouble, and when to say so: to each once when it begins, once when it is over. Pure. No text names
a customer."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from syncer.config.service import AlertsModel, ScheduleModel
from syncer.service.timing import due_after
from syncer.words import counted

USUAL: Final = 0.7  # if at least this share of days had changes, a day without any is unusual
LEAST: Final = 10  # days that have to be known before that is said


@dataclass(frozen=True, slots=True)
class Trouble:
    """`key` names it for as long as it lasts; `text` says what, and what to do."""

    key: str
    text: str


@dataclass(frozen=True, slots=True)
class Message:
    """About the trouble that goes by `key`; `over`: that it has ended."""

    key: str
    body: str
    over: bool = False

    @property
    def title(self) -> str:
        return f"syncer: over: {self.key}" if self.over else f"syncer: {self.key}"


@dataclass(frozen=True, slots=True)
class Signs:
    """What is known of one sync. `standing`: as `syncer.usecases.overview` tells it; `report`: what its last
    run that read the apps kept of itself, with `run` and `status`; `days`: by day (newest last, today left
    out), whether anything was written; `since`: when the service began; `expiring`: app -> when what renews
    its login ends; `renewals`: app -> how its credential is renewed; `schedule`: when its runs are due."""

    standing: Mapping[str, Any]
    report: Mapping[str, Any] = field(default_factory=dict)
    days: Sequence[bool] = ()
    since: datetime | None = None
    expiring: Mapping[str, datetime] = field(default_factory=dict)
    renewals: Mapping[str, str] = field(default_factory=dict)
    schedule: ScheduleModel | None = None


def troubles(signs: Signs, said: AlertsModel, now: datetime) -> list[Trouble]:
    """All that is wrong with one sync now."""
    one = signs.standing
    if one["paused"]:
        return []
    name, found = one["sync"], list[Trouble]()

    def add(kind: str, text: str) -> None:
        found.append(Trouble(f"{name}: {kind}", text))

    refused = signs.report.get("credentials_refused", ())
    failed = [last for last in (one["last_run"], signs.report) if last and last.get("status") == "failed"]
    if failed and not refused:
        run = failed[0]["run"]
        add("run failed", f"The last run ({run}) failed. Look at: syncer show {run}")
    if one["held"] is not None:
        run, items, undone, account = (one["held"][key] for key in ("run", "items", "undone", "account"))
        wait = counted(items, "change waits", "changes wait") if items else "Link changes wait"
        only_released = "An undo holds it" if undone else one["held"]["reason"]
        what = only_released if undone or account else f"{wait} for an answer"
        other = "" if undone or account else f", or --reject {run}"
        add("held", f"{what}: syncer sync {name} --approve {run}{other}")
    for kind, number, most, command in (
        ("conflicts", one["held_conflicts"], said.conflicts, "conflicts list --held"),
        ("reviews", len(one["reviews"]), said.reviews, "review"),
        ("failures", len(one["refused"]), said.failures, "failures list"),
    ):
        if number > most:
            add(kind, f"{number} {kind} wait for a person (the limit is {most}): syncer {command}")
    success = _moment(one["last_success"]) or signs.since
    due = due_after(signs.schedule, _moment(one["last_success"]), signs.since or now)
    if success is not None and due is not None and now - due > said.no_success:
        told = f"{success:%Y-%m-%d %H:%M} UTC, though one was due at {due:%Y-%m-%d %H:%M} UTC"
        add("no success", f"No run has succeeded since {told}: syncer status")
    if _fell_silent(signs.days, said.no_change):
        days = said.no_change.days
        add("no change", f"Nothing has changed for {days} days, where there usually was something every day.")
    drift = sum((one["verified"] or {}).get("drift", {}).values())
    if drift:
        add("drift", f"{drift} values differ from golden: syncer verify {name} --repair")
    for app in refused:
        how = signs.renewals.get(app, "Renew it, then: syncer check")
        add(f"credential of {app}", f"{app} refused our credential. {how}")
    for app, ends in signs.expiring.items():
        if ends - now < said.expiry:
            add(f"login of {app}", f"The login of {app} ends on {ends:%Y-%m-%d}: syncer auth login {app}")
    return found


def news(known: Mapping[str, str], now: Sequence[Trouble], left_alone: Collection[str] = ()) -> list[Message]:
    """What to say to somebody who was told `known` (key -> the text that was said). Of a sync that is left
    alone nothing can be said, also not that a trouble is over."""
    current = {trouble.key: trouble.text for trouble in now}
    begun = [Message(key, text) for key, text in current.items() if key not in known]
    unsure = tuple(f"{name}: " for name in left_alone)
    done = "This is over, nothing has to be done about it any more."
    over = [key for key in known if key not in current and not key.startswith(unsure)]
    return begun + [Message(key, f"{key}. {done}", over=True) for key in over]


def heard(known: Mapping[str, str], message: Message) -> dict[str, str]:
    """What is known to whom this was said."""
    others = {key: text for key, text in known.items() if key != message.key}
    return others if message.over else {**others, message.key: message.body}


def _fell_silent(days: Sequence[bool], span: timedelta) -> bool:
    """Whether the last days were quiet, after many that were not."""
    number = span.days
    before, lately = days[:-number], days[-number:]
    return len(before) >= LEAST and not any(lately) and sum(before) >= USUAL * len(before)


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
