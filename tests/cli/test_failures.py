"""Failures: told in words, with the cure, and sent once more when asked."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import httpx
import pytest

from connectors.contract import FieldSpec
from connectors.sandbox.server import CREDENTIALS, Sandbox
from connectors.zendesk.sandbox import users
from syncer.demo.apps import Apps
from syncer.model import LinkKey
from syncer.ports import Ports
from syncer.store.database import Database
from syncer.store.erasure import Erasure
from syncer.store.records import Records
from syncer.sync import Sync
from syncer.usecases import failures
from syncer.usecases.linking import Linking
from syncer.usecases.sides import side_of_record
from tests.cli.conftest import Desk

KEYS = "id sync kind app record who field value reason cure".split()


def type_language(sandbox: Sandbox, who: str, desk: Desk, language: str) -> None:
    """Somebody types it in the mailing tool."""
    (person,) = desk.run("explain", who, "language", "--json").json
    (id,) = [r["record"] for r in person["records"] if r["app"] == "mailerlite"]
    httpx.put(
        f"{sandbox.mailerlite}/api/subscribers/{id}",
        json={"fields": {"language": language}},
        headers={"Authorization": f"Bearer {CREDENTIALS['mailerlite']['token']}"},
    ).raise_for_status()


@pytest.fixture
def refused(desk: Desk, sandbox: Sandbox) -> Desk:
    """Somebody's language became Japanese, for which neither CRM nor helpdesk is set up."""
    desk.synced()
    people = desk.run("show", desk.run("runs", "contacts", "--json").json[-1]["run"], "--json").json["writes"]
    for who in dict.fromkeys(write["who"] for write in people):
        (person,) = desk.run("explain", who, "language", "--json").json
        if {"hubspot", "mailerlite"} <= {record["app"] for record in person["records"]}:
            break
    type_language(sandbox, who, desk, "ja")
    desk.run("sync", "contacts")
    return desk


def listed(desk: Desk) -> dict[str, Any]:
    """By app."""
    return {failure["app"]: failure for failure in desk.run("failures", "list", "--json").json}


def test_a_refused_value_is_listed_with_reason_and_cure(refused: Desk) -> None:
    found = listed(refused)
    assert set(found) == {"hubspot", "zendesk"}
    failure = found["hubspot"]
    assert list(failure) == KEYS
    assert (failure["kind"], failure["app"], failure["field"]) == ("refused", "hubspot", "hs_language")
    assert "hubspot allows only: en, fa, id, de, fr" in failure["cure"]
    assert failure["id"] in refused.run("failures", "list").out
    shown = refused.run("failures", "show", failure["id"])
    assert failure["cure"] in shown.out
    assert refused.run("failures", "show", failure["id"], "--json").json["values"]["language"] == "ja"


def test_explain_says_that_it_was_refused(refused: Desk) -> None:
    failure = listed(refused)["hubspot"]
    (person,) = refused.run("explain", failure["who"], "language", "--json").json
    (field,) = person["fields"]
    assert {p["app"]: p["standing"] for p in field["apps"]}["hubspot"] == "refused"


def test_retrying_what_is_still_wrong_says_so(refused: Desk) -> None:
    before = listed(refused)
    failure = before["zendesk"]
    answer = refused.run("failures", "retry", failure["id"], "--json")
    assert answer.code == 4
    (result,) = answer.lines
    assert (result["id"], result["outcome"]) == (failure["id"], "refused")
    assert listed(refused) == before
    newest = refused.run("runs", "contacts", "--json").json[0]["run"]
    assert refused.run("show", newest, "--json").json["kind"] == "retry"  # no app was read


def test_what_was_not_sent_waits_and_is_not_said_to_be_done(refused: Desk) -> None:
    """One of the two apps is paused: the other is asked."""
    failures = listed(refused)
    refused.run("pause", "zendesk")
    one = refused.run("failures", "retry", failures["zendesk"]["id"])
    assert (one.code, "waits" in one.out, "paused" in one.out) == (4, True, True)
    assert "next sync" in one.err
    both = refused.run("failures", "retry", failures["hubspot"]["id"], "--json")
    assert [line["outcome"] for line in both.lines] == ["refused"]
    refused.run("resume", "zendesk")
    refused.run("sync", "contacts")
    assert set(listed(refused)) == {"hubspot", "zendesk"}


def test_what_was_sent_is_done_though_another_app_of_the_person_waits(
    refused: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The helpdesk knows the language by now; the CRM is paused."""
    refused.run("pause", "hubspot")
    monkeypatch.setitem(users.LOCALES, "ja", 67)
    answer = refused.run("failures", "retry", "--all", "--json")
    assert {line["app"]: line["outcome"] for line in answer.lines} == {"hubspot": "waits", "zendesk": "done"}
    assert answer.code == 4


def unlinked(sync: Sync, db: Database, ports: Ports, key: LinkKey) -> None:
    with db.reading():
        side = side_of_record(Records(db, sync.name), key)
    Linking(sync, db, ports).unlink([(side, [key])], True)


def forgotten(sync: Sync, db: Database, _: Ports, key: LinkKey) -> None:
    erasure = Erasure(db, sync.name)
    with db.transaction():
        erasure.wipe(erasure.scope([key]))


@pytest.mark.parametrize(("meanwhile", "outcome"), [(unlinked, "refused"), (forgotten, "done")])
def test_whoever_became_another_before_its_turn_came_is_no_mistake(
    refused: Desk, monkeypatch: pytest.MonkeyPatch, meanwhile: Callable[..., None], outcome: str
) -> None:
    """Beside a service it waits for its turn, and looks up then whose the record is. Who was taken out has a
    value of their own again, which nobody refused."""
    record, retry = ("zendesk", listed(refused)["zendesk"]["record"]), failures.retry

    def late(sync: Sync, db: Database, ports: Ports, again: Sequence[failures.Failure]) -> list[LinkKey]:
        meanwhile(sync, db, ports, record)
        return retry(sync, db, ports, again)

    monkeypatch.setattr(failures, "retry", late)
    answer = refused.run("failures", "retry", "--all", "--json")
    assert {line["app"]: line["outcome"] for line in answer.lines} == {"hubspot": outcome, "zendesk": "done"}
    (newest, *_) = refused.run("runs", "contacts", "--json").json
    told = refused.run("show", newest["run"], "--json").json
    asked = {w["app"] for w in told["writes"]} if told["kind"] == "retry" else set()
    assert asked == ({"hubspot"} if outcome == "refused" else set())


def test_a_corrected_value_ends_it_and_all_can_be_retried(refused: Desk, sandbox: Sandbox) -> None:
    everything = refused.run("failures", "retry", "--all")
    assert everything.code == 4
    assert "Locale" in everything.out
    type_language(sandbox, listed(refused)["hubspot"]["who"], refused, "de")
    assert refused.run("sync", "contacts").code == 0
    assert listed(refused) == {}


@pytest.mark.parametrize("args", [("show", "f0"), ("retry", "f0"), ("retry",), ("retry", "f0", "--all")])
def test_wrong_use_is_told(desk: Desk, args: tuple[str, ...]) -> None:
    assert desk.run("failures", *args).code == 2


def test_an_app_that_shows_a_laxer_consent_is_no_matter_of_course(desk: Desk, sandbox: Sandbox) -> None:
    desk.synced()
    run = desk.run("runs", "contacts", "--json").json[-1]["run"]
    for who in sorted({write["who"] for write in desk.run("show", run, "--json").json["writes"]}):
        (person,) = desk.run("explain", who, "marketing_consent", "--json").json
        apps = {one["app"]: one for one in person["fields"][0]["apps"]}
        if apps.get("mailerlite", {}).get("value") == "active" and "zendesk" in apps:
            break
    with Apps(sandbox) as edits:
        edits.edit("zendesk", apps["zendesk"]["record"], "marketing_consent", "pending")
    desk.run("sync", "contacts")
    cure = listed(desk)["mailerlite"]["cure"]
    assert cure.startswith("mailerlite still shows subscribed, which allows more than pending. Mend what")


def test_what_is_told_of_an_opt_out_that_waits_for_an_address_does_not_rule_that_out() -> None:
    spec = FieldSpec("out", kind="consent", consent={"true": "unsubscribed"})
    cure = failures.cure_of_consent(spec, "hubspot", None, "true")
    assert cure == (
        "hubspot still shows no answer, which allows more than unsubscribed."
        " Mend what the reason tells, or change it there by hand."
    )
