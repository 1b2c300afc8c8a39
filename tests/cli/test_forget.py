"""Forgetting a person: no trace here, archived there, and nobody comes back by a sync or an old backup."""

from __future__ import annotations

import json
from pathlib import Path

import httpx
import pytest

from syncer.cli import confirm
from syncer.store.database import Database
from tests.cli.conftest import Desk
from tests.cli.test_link import somebody

KEYS = "sync run status records removed marks receipt troubles doubtful people".split()


def values_of(desk: Desk, who: str) -> set[str]:
    """What a person is known by: texts that nobody else has."""
    (told,) = desk.run("explain", who, "--json").json
    found = {f["value"] for f in told["fields"] if f["field"] in ("email", "phone")}
    return {v for v in found if v}


def traces(folder: Path, wanted: set[str], but: set[str]) -> list[tuple[str, str]]:
    """Files in a folder, of any kind, in which one of these texts stands."""
    return [
        (path.name, text)
        for path in folder.rglob("*")
        if path.is_file() and path.name not in but
        for text in wanted
        if text.encode() in path.read_bytes()
    ]


@pytest.mark.slow
def test_no_trace_is_left_and_nobody_comes_back(desk: Desk) -> None:
    desk.synced()
    who, there = somebody(desk)
    folder = desk.folder
    backup = folder / "backup.db"
    assert desk.run("state", "backup", str(backup)).code == 0
    httpx.patch(
        f"{desk.url}/hubspot/crm/v3/objects/contacts/{there['hubspot']}",
        json={"properties": {"jobtitle": "Zanzibar Envoy", "city": "Timbuktu-on-Thames"}},
        headers={"authorization": "Bearer sandbox-hubspot"},
    )
    desk.run("plan", "contacts", "--out", str(folder / "kept.plan"))
    desk.synced()
    wanted = values_of(desk, who) | {"Zanzibar Envoy", "Timbuktu-on-Thames"}
    assert len(traces(folder, wanted, {"backup.db"})) >= 2
    assert desk.run("forget", f"hubspot:{there['hubspot']}").code == 0  # no other sync's record of that id
    shown = desk.run("forget", who, "--json").json
    assert (list(shown), shown["status"]) == (KEYS, "planned")
    done = desk.run("forget", who, "--yes", "--json")
    assert (done.code, done.json["status"]) == (0, "done")
    assert {r["outcome"] for r in done.json["records"]} == {
        "archived"
    }  # erased is said of what was asked to be
    assert traces(folder, wanted, {"backup.db"}) == []
    receipt = json.loads(Path(done.json["receipt"]).read_text())
    assert receipt["marks"] == done.json["marks"] >= len(there) + 1
    assert desk.run("explain", who).code == 1
    desk.run("resync", "--json")
    assert traces(folder, wanted, {"backup.db"}) == []
    restored = desk.run("state", "restore", str(backup), "--json")
    assert (restored.code, restored.json["forgotten"]) == (0, len(there))
    assert traces(folder, wanted, {"backup.db"}) == []
    desk.run("resync", "--json")
    assert desk.run("explain", who).code == 1
    assert desk.run("review", "list", "--json").json == []
    assert desk.run("state", "check").code == 0


@pytest.mark.slow
def test_a_later_record_waits_in_review(desk: Desk) -> None:
    desk.synced()
    who, _ = somebody(desk)
    (email,) = [v for v in values_of(desk, who) if "@" in v]
    assert desk.run("forget", email, "--yes").code == 0
    made = httpx.post(
        f"{desk.url}/hubspot/crm/v3/objects/contacts",
        json={"properties": {"email": email, "firstname": "Zed"}},
        headers={"authorization": "Bearer sandbox-hubspot"},
    )
    assert made.status_code == 201
    desk.run("resync", "contacts")
    (review,) = [r for r in desk.run("review", "list", "--json").json if r["reason"].startswith("erased on")]
    assert review["record"] == made.json()["id"]
    assert traces(desk.folder, {email}, set()) == []
    accepted = desk.run("review", "accept", review["id"])
    assert accepted.out.startswith(f"{review['id']} is let in again, as somebody new.")
    desk.synced()
    (told,) = desk.run("explain", email, "--json").json
    assert {r["app"] for r in told["records"]} >= {"hubspot"}


def test_who_may_be_the_same_person_is_named_before(desk: Desk) -> None:
    desk.synced()
    who, _ = somebody(desk)
    (told,) = desk.run("explain", who, "--json").json
    known = {f["field"]: f["value"] for f in told["fields"]}
    body = {"firstname": known["first_name"], "lastname": known["last_name"], "phone": known["phone"]}
    made = httpx.post(
        f"{desk.url}/hubspot/crm/v3/objects/contacts",
        json={"properties": {**body, "email": "elsewhere@private.example"}},
        headers={"authorization": "Bearer sandbox-hubspot"},
    )
    desk.run("sync", "contacts")
    asked = {r["record"] for r in desk.run("review", "list", "--json").json}
    assert made.json()["id"] in asked
    new = f"hubspot:{made.json()['id']}"
    assert desk.run("forget", who, "--plan", "--json").json["doubtful"] == [new]
    assert f"Perhaps the same person: {new}." in desk.run("forget", who, "--plan").out
    names = desk.folder / "names.txt"
    names.write_text(f"{who}\n{new}\n")
    both = desk.run("forget", f"@{names}", "--plan", "--json")
    because = {f"{r['app']}:{r['record']}": r["because"] for r in both.json["records"]}
    assert (both.code, because[new].split(":")[0]) == (4, "it waits in review")
    assert len(both.json["people"]) == 1
    assert desk.run("forget", new, "--yes").code == 4


def test_everybody_who_shares_a_phone_is_named_before(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    number = "+43 316 555 0199"
    for first, last in (("Ottilie", "Brandauer"), ("Zeno", "Quast")):
        properties = {"firstname": first, "lastname": last, "email": f"{first}@x.example", "phone": number}
        httpx.post(
            f"{desk.url}/hubspot/crm/v3/objects/contacts",
            json={"properties": properties},
            headers={"authorization": "Bearer sandbox-hubspot"},
        ).raise_for_status()
    desk.run("sync", "contacts")
    monkeypatch.setattr(confirm, "asks", lambda yes, as_json: True)
    asked = desk.run("forget", number, typed="n\n")
    assert "That is 2 people:" in asked.out
    assert "2 people will be forgotten. There is no way back. Do this?" in asked.err
    told = [one["name"] for one in desk.run("forget", number, "--plan", "--json").json["people"]]
    assert sorted(told) == [
        "Ottilie Brandauer, ottilie@x.example, +433165550199",
        "Zeno Quast, zeno@x.example, +433165550199",
    ]
    assert all(name in asked.out for name in told)
    (email,) = (name.split(", ")[1] for name in told if "Zeno" in name)
    assert "That is 1 person:" in desk.run("forget", email, "--plan").out


def test_who_became_another_since_it_was_shown_is_told_of(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.synced()
    who, there = somebody(desk)

    def unlinked_meanwhile(*_: object) -> bool:
        return desk.run("unlink", f"hubspot:{there['hubspot']}", "--yes").code == 0

    monkeypatch.setattr("syncer.cli.forget.agreed", unlinked_meanwhile)
    answer = desk.run("forget", who)
    assert answer.code == 1
    assert "so nothing was done. The same command shows how it is now." in answer.err
    assert desk.run("explain", who).code == 0


def test_why_an_app_did_not_do_it_is_told(desk: Desk) -> None:
    desk.synced()
    who, there = somebody(desk)
    fault = {"app": "zendesk", "kind": "expired_token", "count": 100}
    httpx.post(f"{desk.url}/_sandbox/faults", json=fault).raise_for_status()
    done = desk.run("forget", who, "--yes")
    assert done.code == 4
    assert f"zendesk:{there['zendesk']} could not be taken out: the app could not be asked: " in done.err
    assert "renew it for Zendesk" in done.err
    assert "Once that is done, everything about them is removed here" in done.out
    assert desk.run("explain", who).code == 0


def test_nothing_is_archived_where_nobody_could_be_known_again(desk: Desk) -> None:
    desk.synced()
    who, _ = somebody(desk)
    (desk.folder / "forgotten" / "key").mkdir(parents=True)  # so that no key can be read or written
    answer = desk.run("forget", who, "--yes")
    assert answer.code == 1
    assert "forgotten" in answer.err
    (told,) = desk.run("explain", who, "--json").json
    assert {record["state"] for record in told["records"]} == {"live"}


def test_nobody(desk: Desk) -> None:
    assert desk.run("forget", "nobody@nowhere.test").code == 1


@pytest.mark.parametrize("then", ["the same again", "a sync"])
def test_what_was_cut_off_at_its_end_is_finished(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, then: str
) -> None:
    desk.synced()
    who, _ = somebody(desk)
    with monkeypatch.context() as patched:
        patched.setattr(Database, "compact", lambda _: (_ for _ in ()).throw(KeyboardInterrupt))
        assert desk.run("forget", who, "--yes").code == 130
    assert not list(desk.folder.glob("forgotten/receipt-*"))
    if then == "a sync":
        desk.run("sync", "contacts")
    assert len(list(desk.folder.glob("forgotten/receipt-*"))) == (then == "a sync")
    again = desk.run("forget", who, "--yes", "--json")
    assert again.code == (1 if then == "a sync" else 0), "nobody is known under this name any more"
    if then == "the same again":
        assert "It is finished now: no trace is left" in again.err
        assert list(again.json) == KEYS
        assert Path(again.json["receipt"]).is_file()


@pytest.mark.parametrize(
    ("names", "code"), [("golden", 0), ("record", 0), ("file", 0), ("other", 1), ("both", 4)]
)
def test_what_was_cut_off_is_done_for_those_alone_whom_it_was_about(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, names: str, code: int
) -> None:
    desk.synced()
    who, there = somebody(desk)
    record, file, other = f"zendesk:{there['zendesk']}", desk.folder / "names", "hubspot:999999"
    with monkeypatch.context() as patched:
        patched.setattr(Database, "compact", lambda _: (_ for _ in ()).throw(KeyboardInterrupt))
        assert desk.run("forget", who, "--yes").code == 130
    file.write_text("\n".join({"file": (who, record), "both": (record, other)}.get(names, ())))
    again = desk.run(
        "forget", {"golden": who, "record": record, "other": other}.get(names, f"@{file}"), "--yes"
    )
    assert "It is finished now: no trace is left" in again.err
    assert again.code == code


@pytest.mark.slow
def test_the_apps_erase_where_the_config_says_so(desk: Desk) -> None:
    desk.synced()
    desk.change("first_sync: go", "first_sync: go\nforget:\n  in_apps: erase\n")
    who, _ = somebody(desk)
    (email,) = [v for v in values_of(desk, who) if "@" in v]
    shown = desk.run("forget", who, "--json").json
    assert {r["outcome"] for r in shown["records"]} == {"erase"}
    done = desk.run("forget", who, "--yes", "--json")
    assert (done.code, done.json["status"]) == (0, "done")
    assert {r["outcome"] for r in done.json["records"]} == {"erased"}
    state = httpx.get(f"{desk.url}/_sandbox/state").json()
    assert [app for app, held in state.items() if email in json.dumps(held)] == ["mailchimp"]  # no part of it
    desk.run("resync", "--json")
    assert desk.run("explain", who).code == 1
    assert desk.run("review", "list", "--json").json == []


def test_a_paused_app_is_named_before_and_with_what_takes_it_up_again(desk: Desk) -> None:
    desk.synced()
    who, there = somebody(desk)
    desk.run("pause", "zendesk")
    shown = desk.run("forget", who, "--json").json
    because = {record["app"]: record["because"] for record in shown["records"]}
    assert because == {**dict.fromkeys(there, ""), "zendesk": "the app is paused: syncer resume zendesk"}
    failed = desk.run("forget", who, "--yes")
    record = f"zendesk:{there['zendesk']}"
    assert (failed.code, because["zendesk"] in failed.out) == (4, True)
    assert f"{record} could not be taken out: {because['zendesk']}\n" in failed.err
    desk.change(
        "    credentials: {email: admin@sandbox.test",
        "    writes: off\n    credentials: {email: admin@sandbox.test",
    )
    done = desk.run("forget", who, "--yes")  # an app that is used no more holds nothing up
    assert (done.code, "writes: off" in done.out) == (0, True)
