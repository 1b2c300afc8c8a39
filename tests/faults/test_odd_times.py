"""Times in other forms than usual, or that are none: each record is read all the same."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest

from connectors.answer import Answer
from connectors.http import Http
from tests.faults.stand import stand


def zero_dates(found: dict[str, Any]) -> None:
    """What MySQL keeps where there is no date."""
    found |= dict.fromkeys(found.keys() & {"updated_at", "unsubscribed_at"}, "0000-00-00 00:00:00")


def milliseconds(found: dict[str, Any]) -> None:
    """As HubSpot's older answers hold times."""
    if isinstance(said := found.get("lastmodifieddate"), str) and not said.isdecimal():
        at = datetime.fromisoformat(said).astimezone(UTC)
        found["lastmodifieddate"] = str(int(at.timestamp() * 1000))


@pytest.mark.parametrize(("app", "bend"), [("mailerlite", zero_dates), ("hubspot", milliseconds)])
def test_odd_times_stop_nobody(
    app: str, bend: Callable[[dict[str, Any]], None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = Http._send

    def sent(self: Http, request: httpx.Request) -> Answer:
        answer = whole(self, request)
        if f"/{app}/" not in str(request.url) or not answer.content:
            return answer
        return Answer(answer.status, answer.headers, orjson.dumps(walked(answer.json, bend)))

    monkeypatch.setattr(Http, "_send", sent)
    with stand(app, ("hubspot", "mailerlite"), 20, 3, tmp_path) as at:
        *_, last = at.settled()
        assert last.status == "done"
        state = at.http.get("/state").json()
        known = {(c["properties"].get("email") or "").lower() for c in state["hubspot"]["contacts"]}
        assert {person["email"].lower() for person in state["mailerlite"]["subscribers"]} <= known


def walked(found: Any, bend: Callable[[dict[str, Any]], None]) -> Any:
    if isinstance(found, dict):
        bend(found)
    for part in found.values() if isinstance(found, dict) else found if isinstance(found, list) else ():
        walked(part, bend)
    return found
