"""One app gives an answer of another shape than it promises: that is told, and the others go on."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest

from connectors.answer import Answer
from connectors.contract import Unexpected, Write
from connectors.http import Http
from syncer.config.apps import AppModel
from syncer.wiring.connections import connect
from tests.connectors import hubspot_wire
from tests.faults.stand import stand

ODD = {"results": [{**hubspot_wire.contact("1"), "properties": 7}]}
BATCH = "/crm/v3/objects/contacts/batch"


def test_the_other_apps_are_kept_in_step(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = Http._send

    def sent(self: Http, request: httpx.Request) -> Answer:
        answer = whole(self, request)
        if request.url.path.endswith("/objects/contacts"):
            return Answer(answer.status, answer.headers, orjson.dumps(ODD))
        return answer

    monkeypatch.setattr(Http, "_send", sent)
    with stand("hubspot", ("hubspot", "mailerlite", "zendesk"), 20, 3, tmp_path) as at:
        report = at.sync()
        assert report.status == "partial"
        assert "AttributeError in hubspot/records.py" in report.apps["hubspot"].error
        others = [report.apps[name] for name in ("mailerlite", "zendesk")]
        assert [(app.error, app.read > 0) for app in others] == [("", True)] * 2


@pytest.mark.parametrize(
    "call",
    [
        lambda app: list(app.pull("contacts", None, ["email"])),
        lambda app: app.fetch("contacts", ["1"], ["email"]),
        lambda app: app.find("contacts", "email", ["a@x.test"], ["email"]),
        lambda app: app.write("contacts", [Write("r1", "update", "1", {"email": "a@x.test"})]),
    ],
    ids=["pull", "fetch", "find", "write"],
)
def test_an_answer_of_another_shape_is_told_without_what_it_holds(call: Callable[[Any], Any]) -> None:
    model = AppModel(connector="hubspot", credentials={"token": "pat-1"})
    with hubspot_wire.served() as app:
        app.get("/crm/v3/objects/contacts").respond(json=ODD)
        app.post(path__startswith=BATCH).respond(json=ODD)
        with pytest.raises(Unexpected, match="HubSpot: an answer has another shape") as told:
            call(connect("crm", model))
    assert told.value.__cause__ is not None
    assert "x.test" not in str(told.value)
