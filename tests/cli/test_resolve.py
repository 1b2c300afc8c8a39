"""Conflicts settled from the command line, against the simulated apps: list, show, resolve, undo."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import httpx
import pytest

from conflicts.log import Entry
from connectors.sandbox.server import Sandbox
from syncer.cli import conflicts_review
from syncer.cli.codes import Code
from syncer.cli.conflicts_told import waiting
from syncer.demo.apps import Apps
from syncer.engine import Engine, Options, Plan, Run
from syncer.engine.planner import Planner
from syncer.running.runner import Runner
from syncer.store.conflicts import Sought
from syncer.usecases.settling import Settling, Wish
from tests.cli.conftest import Answer, Desk

APPS = ("hubspot", "mailerlite", "zendesk")


@dataclass(frozen=True)
class Morning:
    """Two apps disagree about the town of a person whom all three know."""

    desk: Desk
    apps: Apps
    who: str
    ids: dict[str, str]
    number: int

    def cities(self) -> list[str | None]:
        return [self.apps.read(app, self.ids[app])["city"] for app in APPS]

    def resolve(self, *args: str) -> Answer:
        return self.desk.run("conflicts", "resolve", *args)

    def held(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.desk.run(
            "conflicts", "list", "--held", "--field", "city", "--json"
        ).json
        return found


@pytest.fixture
def morning(desk: Desk, sandbox: Sandbox) -> Iterator[Morning]:
    """In step before, and everybody's town alike; then HubSpot and Zendesk each get another one."""
    city = "  city:\n    type: text\n"
    desk.change(city, f"{city}    rule: manual\n", "mappings/contacts.yaml")
    desk.run("sync", "contacts")
    items = desk.run("conflicts", "list", "contacts", "--limit", "500", "--json").json
    with Apps(sandbox) as apps:
        for who in dict.fromkeys(entry["who"] for entry in items):
            (told,) = desk.run("explain", who, "city", "--json").json
            ids = {r["app"]: r["record"] for r in told["records"] if r["state"] == "live"}
            if len(ids) == 3 == len(told["records"]) and not told["fields"][0]["held"]:
                break
        apps.edit("hubspot", ids["hubspot"], "city", "Bandung")
        apps.edit("zendesk", ids["zendesk"], "city", "Bogor")
        desk.run("sync", "contacts")
        found = desk.run("conflicts", "list", "--held", "--field", "city", "--newer", "1h", "--json").json
        (number,) = [entry["seq"] for entry in found if entry["who"] == who]
        yield Morning(desk, apps, who, ids, number)


def test_a_conflict_is_settled_in_all_apps_and_opened_again_by_an_undo(morning: Morning) -> None:
    desk, number = morning.desk, str(morning.number)
    before = morning.cities()
    assert (before[0], before[2]) == ("Bandung", "Bogor")
    assert "conflicts resolve" in desk.run("conflicts", "show", number).out

    done = morning.resolve(number, "--take", "zendesk", "--json")
    (line,) = done.lines
    keys = "number sync who field outcome value app because open_as run".split()
    assert (done.code, list(line)) == (0, keys)
    assert (line["outcome"], line["value"], line["app"]) == ("settled", "Bogor", "zendesk")
    assert morning.cities() == ["Bogor"] * 3
    assert desk.run("sync", "contacts", "--json").lines[0]["written"] == 0
    assert morning.resolve(number, "--keep").code == 2, "it does not wait any more"
    assert desk.run("show", line["run"], "--json").json["kind"] == "resolve"

    assert desk.run("undo", line["run"], "--yes").code == 0
    assert morning.cities() == before
    (again,) = [entry for entry in morning.held() if entry["who"] == morning.who]
    logged = "".join(file.read_text() for file in (desk.folder / "conflicts").glob("*.jsonl"))
    assert [json.loads(text)["status"] for text in logged.splitlines()][-2:] == ["decided", "held"]
    assert again["seq"] > morning.number

    morning.apps.edit("hubspot", morning.ids["hubspot"], "city", "Jakarta")
    moved = morning.resolve(str(again["seq"]), "--take", "zendesk", "--json")
    (line,) = moved.lines
    assert (moved.code, line["outcome"], morning.cities()[2]) == (4, "reopened", "Bogor")
    typed = morning.resolve(str(line["open_as"]), "--value", "Surabaya")
    assert (typed.code, morning.cities()) == (0, ["Surabaya"] * 3)


@pytest.mark.slow
def test_a_review_shows_the_candidates_and_settles_what_was_answered(morning: Morning) -> None:
    done = morning.desk.run("conflicts", "review", "contacts", "--field", "city", typed="1\nu\nv\nMedan\n")
    assert done.code == 0
    assert "[1] hubspot" in done.out
    assert "Bandung" in done.out
    assert "Bogor" in done.out
    assert "settled" in done.out


@pytest.mark.slow
def test_a_review_with_json_gives_nothing_but_what_was_settled(morning: Morning) -> None:
    asked = morning.desk.run("conflicts", "review", "contacts", "--field", "city", "--json", typed="q\n")
    assert (asked.code, asked.out) == (0, "")
    assert "1 of 2" in asked.err
    done = morning.desk.run(
        "conflicts", "review", "contacts", "--field", "city", "--json", typed="v\nMedan\n"
    )
    assert [line["value"] for line in done.lines] == ["Medan"]


def test_an_answer_becomes_a_rule_of_the_mapping(morning: Morning) -> None:
    path = morning.desk.folder / "mappings" / "contacts.yaml"
    before = path.read_text()
    done = morning.resolve(str(morning.number), "--take", "hubspot", "--always")
    assert done.code == 0
    assert "-    rule: manual" in done.out
    assert "+    rule: {prefer: [hubspot]}" in done.out
    assert path.read_text() == before.replace("rule: manual\n", "rule: {prefer: [hubspot]}\n", 1)
    assert morning.cities() == ["Bandung"] * 3
    assert morning.desk.run("sync", "contacts", "--json").lines[0]["status"] == "done", (
        "the change is adopted"
    )


@pytest.mark.parametrize("while_asked", [True, False], ids=["while it is asked", "while it runs"])
def test_what_somebody_types_into_the_mapping_meanwhile_stays(
    morning: Morning, monkeypatch: pytest.MonkeyPatch, while_asked: bool
) -> None:
    path = morning.desk.folder / "mappings" / "contacts.yaml"
    typed = path.read_text() + "# typed by a colleague\n"
    before, run = morning.cities(), Settling.run

    def slow(settling: Settling, **options: Any) -> Any:
        outcome = run(settling, **options)
        if options.get("dry_run", False) == while_asked:
            path.write_text(typed)
        return outcome

    monkeypatch.setattr(Settling, "run", slow)
    done = morning.resolve(str(morning.number), "--take", "hubspot", "--always", "--yes")
    assert path.read_text() == typed
    assert done.code == 4
    assert "was changed" in done.err
    assert morning.cities() == (before if while_asked else ["Bandung"] * 3)
    assert [entry["who"] for entry in morning.held()].count(morning.who) == while_asked


@pytest.mark.parametrize("decided", [True, False], ids=["after it was decided", "before"])
def test_what_was_cut_off_goes_on_under_the_rule(
    morning: Morning, monkeypatch: pytest.MonkeyPatch, decided: bool
) -> None:
    """The file had the former rule, the state was planned under the new one: the next sync was held because
    of that, and the rule was lost."""
    path = morning.desk.folder / "mappings" / "contacts.yaml"
    before = path.read_text()
    plan = Planner.plan

    def killed(self: Planner, run: Run, options: Options) -> Plan:
        if options.dry_run or decided:
            return plan(self, run, options)
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(Planner, "plan", killed)
        if decided:
            patched.setattr(Engine, "act", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        cut = morning.resolve(str(morning.number), "--take", "hubspot", "--always", "--yes")
    assert cut.code == 130
    assert (path.read_text() != before) == decided
    if not decided:
        assert "is as it was" in cut.err
        morning.resolve(str(morning.number), "--take", "hubspot", "--always", "--yes")
    assert morning.desk.run("sync", "contacts", "--json").lines[0]["status"] == "done"
    assert morning.cities() == ["Bandung"] * 3
    assert path.read_text() == before.replace("rule: manual\n", "rule: {prefer: [hubspot]}\n", 1)


def test_a_mapping_under_which_nothing_was_decided_is_left_as_it_was(
    morning: Morning, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Byte for byte, and where a link to it stands, that stays one."""
    path = morning.desk.folder / "mappings" / "contacts.yaml"
    kept = path.rename(morning.desk.folder / "kept.yaml")
    kept.write_bytes(before := kept.read_bytes().replace(b"\n", b"\r\n"))
    path.symlink_to(kept)
    plan = Planner.plan

    def killed(self: Planner, run: Run, options: Options) -> Plan:
        if options.dry_run:
            return plan(self, run, options)
        raise KeyboardInterrupt

    monkeypatch.setattr(Planner, "plan", killed)
    assert morning.resolve(str(morning.number), "--take", "hubspot", "--always", "--yes").code == 130
    assert path.is_symlink()
    assert kept.read_bytes() == before
    assert [file.name for file in morning.desk.folder.glob("**/.*.changed")] == []


def test_wrong_use_is_told(desk: Desk) -> None:
    cases = {
        "1": "say how",
        "1 --keep --take hubspot": "say how",
        "--keep": "say which",
        "1 --field city --keep": "say which",
        "1 --value x --always": "--always goes with --take",
        "1 --take hubsot": "no app 'hubsot'",
        "--field citty --keep": "Did you mean 'city'",
        "--older soon --keep": "not a span of time",
        "99999 --keep": "There is no conflict 99999",
    }
    for args, told in cases.items():
        answer = desk.run("conflicts", "resolve", *args.split())
        assert answer.code == 2, args
        assert told in " ".join(answer.err.replace("│", " ").split()), args


def test_new_conflicts_are_watched_until_interrupted(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, sandbox: Sandbox
) -> None:
    """Between two looks a sync logs what it chose: more than is read at once."""
    monkeypatch.setattr("syncer.store.conflicts._PORTION", 3)
    looks = iter([lambda: desk.run("sync", "contacts")])

    def wait(_: float) -> None:
        look = next(looks, None)
        if look is None:
            raise KeyboardInterrupt
        look()

    monkeypatch.setattr(time, "sleep", wait)
    watched = desk.run("conflicts", "watch", "contacts", "--app", "zendesk", "--json")
    assert watched.code == 130
    assert len(watched.lines) > 2 * 3
    assert all("zendesk" in [c["app"] for c in line["candidates"]] for line in watched.lines)
    listed = desk.run("conflicts", "list", "contacts", "--app", "zendesk", "--limit", "0", "--json").json
    assert watched.lines == listed[::-1]


def test_a_paused_app_is_not_asked(morning: Morning) -> None:
    desk = morning.desk
    desk.run("pause", "mailerlite")

    def asked() -> int:
        return int(httpx.get(f"{desk.url}/_sandbox/counts").json()["mailerlite"])

    before = asked()
    answer = morning.resolve(str(morning.number), "--take", "zendesk")
    assert answer.code in (0, 4), answer
    assert asked() == before
    desk.run("resume", "mailerlite")
    desk.run("sync", "contacts")
    assert morning.cities() == ["Bogor"] * 3


def test_of_two_records_of_an_app_review_takes_the_one_chosen_as_it_is(
    morning: Morning, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The text in which a value is shown is not the value: a blank is shown as (blank)."""
    chosen: list[tuple[str, object]] = []

    def twice(runner: Runner, wanted: Sought) -> list[Entry]:
        (entry,) = (e for e in waiting(runner, wanted) if e.who == morning.who)
        cleared = replace(entry.candidates[0], record="other", value=None)
        return [replace(entry, candidates=[*entry.candidates, cleared])]

    def prepared(runner: Runner, wishes: list[tuple[Entry, Wish]], *_: object) -> list[Code]:
        settling = Settling(runner, runner.wiring.sync("contacts"))
        settling.prepare(wishes)
        answers = [answer.chosen for said in settling.answers.values() for answer in said.values()]
        chosen.extend((c.record, c.value) for c in answers if c is not None)
        return [Code.DONE]

    monkeypatch.setattr(conflicts_review, "waiting", twice)
    monkeypatch.setattr(conflicts_review, "settle", prepared)
    shown = morning.desk.run("conflicts", "show", str(morning.number), "--json").json["candidates"]
    last = sum(candidate["kind"] != "golden" for candidate in shown) + 1
    told = morning.desk.run("conflicts", "review", "--field", "city", typed=f"{last}\nq\n")
    assert told.code == 0
    assert chosen == [("other", None)]
