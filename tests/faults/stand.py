"""Two simulated apps, a sync of their people, and faults in one of them. Time is moved, never waited for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import orjson

from connectors.sandbox.server import Sandbox
from syncer import logs
from syncer.engine import Options
from syncer.ports import Ports
from syncer.report import Report
from syncer.running.runner import Runner
from syncer.store.database import Database
from tests.fourth import folder
from tests.states import state_url

STEP = timedelta(minutes=5)  # between two runs: more than any app's lag
RUNS = 25  # by then faults at this rate have long stopped to matter


@dataclass
class Stand:
    """A sync of `apps`; `app` is the one that has faults."""

    app: str
    sandbox: Sandbox
    runner: Runner
    http: httpx.Client
    passed: timedelta = field(default_factory=timedelta)

    def sync(self) -> Report:
        """One run, some minutes after the one before."""
        self.passed += STEP
        self.http.post("/clock", json={"offset": self.passed.total_seconds()}).raise_for_status()
        outcome = self.runner.run("contacts", Options())
        assert outcome is not None
        return outcome.report

    def settled(self) -> list[Report]:
        """Runs until one has nothing to write and nothing left over."""
        reports = [self.sync()]
        while reports[-1].written or reports[-1].status != "done":
            assert len(reports) < RUNS, f"it does not settle: {reports[-1]}"
            reports.append(self.sync())
        return reports

    def break_with(self, kinds: list[dict[str, Any]], rate: float, seed: int) -> None:
        """Faults of all these kinds; together they strike about this share of the calls."""
        share = rate / len(kinds)
        rules = [
            {"app": self.app, "probability": share, "seed": seed * 100 + n, **kind}
            for n, kind in enumerate(kinds)
        ]
        self.http.post("/faults", json=rules).raise_for_status()

    def repair(self) -> None:
        self.http.delete("/faults").raise_for_status()

    def struck(self) -> Counter[str]:
        """The faults that struck so far, by kind."""
        return Counter(call["fault"] for call in self.calls() if "fault" in call)

    def calls(self) -> list[dict[str, Any]]:
        """All calls that the app had so far, with status and fault."""
        calls: list[dict[str, Any]] = self.http.get("/requests", timeout=60).json()[self.app]
        return calls

    def people(self) -> dict[str, Counter[str]]:
        """App -> what it holds of each person, without its own ids and times. Equal ones are counted."""
        state = self.http.get("/state", timeout=60).json()
        return {app: Counter(map(_shown, HELD[app](state[app]))) for app in self.runner.config.apps}


@contextmanager
def stand(app: str, apps: tuple[str, ...], people: int, seed: int, path: Path) -> Iterator[Stand]:
    with (
        Sandbox(people=people, seed=seed, limits="fast") as sandbox,
        httpx.Client(base_url=f"{sandbox.url}/_sandbox") as http,
    ):
        logs.setup("error")
        config = folder(path, sandbox.url, state_url(path), apps)
        db = Database(config.state)
        made: list[Stand] = []
        runner = Runner(config, db, Ports(now=lambda: datetime.now(UTC) + made[0].passed))
        made.append(Stand(app, sandbox, runner, http))
        try:
            yield made[0]
        finally:
            runner.close()
            db.close()


# What each app holds of its people.


def _hubspot(state: Any) -> list[Any]:
    own = ("email", "firstname", "lastname", "phone", "jobtitle", "city", "country", "hs_language")
    out = set(state["opted_out"])
    return [
        {
            **{name: contact["properties"].get(name) for name in own},
            "tags": sorted((contact["properties"].get("customer_tags") or "").split(";")),
            "opted out": int(contact["id"]) in out or contact["id"] in out,
        }
        for contact in state["contacts"]
    ]


def _mailerlite(state: Any) -> list[Any]:
    return [
        {
            **person["fields"],
            "email": person["email"],
            "status": person["status"],
            "tags": sorted(person["groups"]),
        }
        for person in state["subscribers"]
    ]


def _mailchimp(state: Any) -> list[Any]:
    own = ("email_address", "status", "merge_fields", "language")
    return [
        {**{name: person[name] for name in own}, "tags": sorted(tag["name"] for tag in person["tags"])}
        for audience in state["audiences"]
        for person in audience["members"]
    ]


def _zendesk(state: Any) -> list[Any]:
    own = ("name", "email", "phone", "locale", "user_fields", "tags")
    return [{name: user[name] for name in own} for user in state["users"] if user["active"]]


HELD = {"hubspot": _hubspot, "mailerlite": _mailerlite, "mailchimp": _mailchimp, "zendesk": _zendesk}


def _shown(person: Any) -> str:
    return orjson.dumps(person, option=orjson.OPT_SORT_KEYS).decode()
