"""The service's server: an edit reaches the other apps by webhook, long before the next poll; health and
numbers."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from connectors.hubspot.signature import SIGNATURE, TIMESTAMP, sign
from connectors.sandbox.server import Sandbox
from syncer.store.database import Database
from syncer.store.hookcalls import HookCalls
from tests.fourth import folder
from tests.process.test_serve import edit, holds
from tests.service.serving import Served, free_port


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(people=30, seed=3) as running:
        yield running


@pytest.fixture
def served(tmp_path: Path, sandbox: Sandbox) -> Served:
    """Polled once a day."""
    port = free_port()
    listen = f"service: {{listen: 127.0.0.1:{port}, public_url: http://127.0.0.1:{port}}}\n"
    made = Served(tmp_path, sandbox, every="1d", more=listen)
    made.port = port
    text = made.config.read_text()
    secret = "credentials: {webhook_secret: hubspot-client-secret, token"
    made.config.write_text(text.replace("credentials: {token: sandbox-hubspot", f"{secret}: sandbox-hubspot"))
    sandbox.host.apps["hubspot"].mode.settings["webhook_url"] = f"http://127.0.0.1:{port}/webhooks/hubspot"
    return made


def got(served: Served, path: str) -> httpx.Response:
    return httpx.get(f"http://127.0.0.1:{served.port}{path}")


def number(served: Served, name: str) -> float:
    """A number of the metrics, by its name and labels."""
    lines = dict(line.rsplit(" ", 1) for line in got(served, "/metrics").text.splitlines() if line[0] != "#")
    return float(lines[name])


@pytest.mark.slow
def test_an_edit_arrives_by_webhook_and_the_server_tells_how_it_stands(
    served: Served, sandbox: Sandbox
) -> None:
    with served.on() as process:
        served.logged("run ended", sync="contacts", status="done")
        edit(sandbox, "Bandar Anzali")
        served.until(lambda: holds(sandbox, "Bandar Anzali"), "the edit in the other app")
        assert got(served, "/healthz").json()["ok"] is True
        ready: dict[str, Any] = got(served, "/readyz").json()
        assert (ready["ready"], ready["syncs"]["contacts"]["held"]) == (True, False)
        assert number(served, 'syncer_webhooks_total{app="hubspot",outcome="taken"}') >= 1
        assert number(served, 'syncer_runs_total{kind="touch",status="done",sync="contacts"}') >= 1
        assert number(served, 'syncer_records{app="hubspot",sync="contacts"}') > 20
        url = f"http://127.0.0.1:{served.port}/webhooks/hubspot"
        assert httpx.post(url, content=b"[]").status_code == 401
        assert httpx.post(url, content=b"x" * 600_000).status_code == 413
        assert got(served, "/webhooks/nobody").status_code == 404
        assert served.run("serve")[0] == 5  # it says that the state is taken, not that the port is
        assert served.stopped(process) == 0
    assert served.quotes() == []


@pytest.mark.slow
def test_what_was_taken_before_a_kill_is_not_taken_after_it(served: Served, sandbox: Sandbox) -> None:
    del sandbox.host.apps["hubspot"].mode.settings["webhook_url"]  # the only calls are those of this test
    url = f"http://127.0.0.1:{served.port}/webhooks/hubspot"
    body = b'[{"subscriptionType":"contact.propertyChange","objectId":7}]'
    at = str(int(time.time() * 1000))
    headers = {TIMESTAMP: at, SIGNATURE: sign("hubspot-client-secret", "POST", url, body, at)}
    answers = []
    for _ in range(2):
        with served.on() as process:
            served.until(lambda: listens(served), "it listens")
            answers += [httpx.post(url, content=body, headers=headers).status_code for _ in range(2)]
            served.until(lambda: noted(served), "it is noted, as soon as the state is free")
            process.kill()
    assert answers == [200, 409, 409, 409]


def noted(served: Served) -> bool:
    db = Database(f"sqlite:///{served.folder / 'syncer.db'}")
    with db.reading():
        found = HookCalls(db).since(0.0)
    db.close()
    return len(found) == 1


def listens(served: Served) -> bool:
    try:
        return got(served, "/healthz").status_code == 200
    except httpx.TransportError:
        return False


@pytest.mark.slow
def test_every_app_tells_of_its_edits(served: Served, sandbox: Sandbox) -> None:
    """MailerLite and Zendesk by webhooks that are registered; who registers again has one."""
    with served.on():
        served.logged("run ended", sync="contacts", status="done")
        for app in ("mailerlite", "zendesk"):
            assert served.run("webhooks", "register", app, "--json")[0] == 0
            assert served.run("webhooks", "register", app, "--json")[0] == 0
            code, (said,), _ = served.run("webhooks", "status", app, "--json")
            assert (code, [one["ours"] for one in said["webhooks"]]) == (0, [True])
        code, _, told = served.run("webhooks", "register", "hubspot")
        assert code == 4
        assert f"http://127.0.0.1:{served.port}/webhooks/hubspot" in told
        state = httpx.get(f"{sandbox.url}/_sandbox/state").json()
        one = next(s for s in state["mailerlite"]["subscribers"] if s["status"] == "active")
        login = {"authorization": "Bearer sandbox-mailerlite"}
        change = {"fields": {"city": "Yazd-e Now"}}
        httpx.put(
            f"{sandbox.mailerlite}/api/subscribers/{one['id']}", json=change, headers=login
        ).raise_for_status()

        def in_hubspot() -> bool:
            contacts = httpx.get(f"{sandbox.url}/_sandbox/state").json()["hubspot"]["contacts"]
            return any(c["properties"].get("city") == "Yazd-e Now" for c in contacts)

        served.until(in_hubspot, "the subscriber's edit in the CRM")
        auth = ("admin@sandbox.test/token", "sandbox-zendesk")
        user = next(u for u in state["zendesk"]["users"] if u["role"] == "end-user")
        body = {"user": {"user_fields": {"city": "Kashan-e Now"}}}
        httpx.put(f"{sandbox.zendesk}/api/v2/users/{user['id']}", json=body, auth=auth).raise_for_status()
        served.until(lambda: holds_zendesk(sandbox), "the user's edit in the mailing tool or the CRM")
        assert served.run("webhooks", "remove", "zendesk", "--json")[1][0]["removed"]
        assert served.run("webhooks", "status", "zendesk", "--json")[0] == 4


def holds_zendesk(sandbox: Sandbox) -> bool:
    contacts = httpx.get(f"{sandbox.url}/_sandbox/state").json()["hubspot"]["contacts"]
    return any(c["properties"].get("city") == "Kashan-e Now" for c in contacts)


@pytest.mark.slow
def test_mailchimp_tells_of_a_member_by_its_address(tmp_path: Path, sandbox: Sandbox) -> None:
    """Which is looked up; the edit then goes to the other apps."""
    folder(tmp_path, sandbox.url, "sqlite:///syncer.db")
    port = free_port()
    config = tmp_path / "config.yaml"
    listen = f"service: {{listen: 127.0.0.1:{port}, public_url: http://127.0.0.1:{port}}}\n"
    text = config.read_text() + listen + "logging: {format: json}\n"
    config.write_text(
        text.replace(
            "mapping: mappings/contacts.yaml", "mapping: mappings/contacts.yaml\n    schedule: {every: 1d}"
        )
    )
    served = Served(tmp_path, sandbox, made=True)
    with served.on():
        served.logged("run ended", sync="contacts")
        assert served.run("webhooks", "register", "mailchimp", "--json")[0] == 0
        state = httpx.get(f"{sandbox.url}/_sandbox/state").json()
        audience = next(one for one in state["mailchimp"]["audiences"] if one["members"])
        member = next(one for one in audience["members"] if one["status"] == "subscribed")
        path = f"{sandbox.mailchimp}/3.0/lists/{audience['id']}/members/{member['contact_id']}"
        change = {"merge_fields": {"CITY": "Isfahan-e Now"}}
        httpx.patch(path, json=change, auth=("x", "sandbox-us1")).raise_for_status()

        def in_hubspot() -> bool:
            contacts = httpx.get(f"{sandbox.url}/_sandbox/state").json()["hubspot"]["contacts"]
            return any(one["properties"].get("city") == "Isfahan-e Now" for one in contacts)

        served.until(in_hubspot, "the member's edit in the CRM")
    assert served.quotes() == []
