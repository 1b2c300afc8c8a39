"""`syncer demo`: it tells what happened, checks it, and leaves a folder in which one can go on."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from typer.testing import CliRunner

from connectors.sandbox.faults import parsed
from connectors.sandbox.host import Host
from connectors.sandbox.journal import WorldError
from connectors.sandbox.server import Sandbox
from syncer.cli.main import app
from syncer.demo import story
from syncer.demo.stage import Stage
from tests.cli.conftest import Answer, Desk

HUBSPOT = {"authorization": "Bearer sandbox-hubspot"}


def tell(folder: Path) -> Answer:
    result = CliRunner().invoke(app, ["demo", "--people", "40", "--dir", str(folder)])
    return Answer(result.exit_code, result.stdout, result.stderr)


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Answer]:
    folder = tmp_path_factory.mktemp("told") / "demo"
    return folder, tell(folder)


@pytest.fixture
def left(told: tuple[Path, Answer], tmp_path: Path) -> Path:
    """A copy of what a demo left."""
    return Path(shutil.copytree(told[0], tmp_path / "demo"))


@pytest.fixture
def going_on(left: Path) -> Iterator[Desk]:
    """The folder with the apps started again, as `syncer sandbox` starts them there."""
    with Sandbox(kept=left / "sandbox.jsonl") as sandbox:
        desk = Desk(left, sandbox.url)
        desk.change("http://127.0.0.1:8765", sandbox.url)
        yield desk


def test_the_story_ends_well(told: tuple[Path, Answer]) -> None:
    assert told[1].code == 0, told[1].out + told[1].err
    assert told[1].err == ""


@pytest.mark.parametrize(
    "part",
    [
        "1. Three apps",
        "2. The first sync",
        "3. A working day",
        "4. Once more, with no news",
        "new phone number",
        "new job title in the CRM",
        "removes a dead phone number",
        "unsubscribe",
        "signs up for the newsletter",
        "Rule: newest. Winner: ",
        "Rule: most restrictive. Winner: 'unsubscribed' of mailerlite.",
        "Nothing was written",
        "  syncer sandbox\n",
        "  syncer status\n",
    ],
)
def test_its_parts(told: tuple[Path, Answer], part: str) -> None:
    assert part in told[1].out


def test_each_app_has_a_row_with_what_happened(told: tuple[Path, Answer]) -> None:
    columns = "app read linked created updated unchanged conflicts for review calls"
    headings = [line for line in told[1].out.splitlines() if " ".join(line.split()).startswith(columns)]
    assert len(headings) == 3 * 2  # three syncs are shown, each of companies and of contacts


def test_its_config_leads_to_the_usual_port_of_the_sandbox(told: tuple[Path, Answer]) -> None:
    assert (told[0] / "config.yaml").read_text().count("http://127.0.0.1:8765/") == 3


def test_the_folder_it_leaves_works_with_other_commands(left: Path) -> None:
    desk = Desk(left, "")
    status = desk.run("status", "--json")
    assert status.code == 0
    assert all(one["last_run"]["written"] == 0 for one in status.json)
    rules = {one["rule"] for one in desk.run("conflicts", "list", "--json").json}
    assert "newest" in rules


def test_the_apps_started_again_are_still_in_step(going_on: Desk) -> None:
    quiet = going_on.run("sync", "--json")
    assert [line["written"] for line in quiet.lines] == [0, 0]
    assert [line["conflicts"] for line in quiet.lines] == [0, 0]


def test_what_changes_in_a_kept_world_is_there_after_the_next_start(left: Path) -> None:
    kept, path = left / "sandbox.jsonl", "/crm/v3/objects/contacts/101"
    with Sandbox(kept=kept) as sandbox:
        httpx.patch(
            sandbox.hubspot + path, headers=HUBSPOT, json={"properties": {"city": "Yazd"}}
        ).raise_for_status()
        before = sandbox.host.apps["hubspot"].state()
    with kept.open("ab") as file:
        file.write(b'{"at": 1, "app"')  # the process was killed in the middle of a line
    with Sandbox(kept=kept) as sandbox:
        assert sandbox.host.apps["hubspot"].state() == before


def test_a_world_that_does_not_fit_is_refused_in_words(left: Path) -> None:
    kept = left / "sandbox.jsonl"
    lines = kept.read_bytes().splitlines(keepends=True)
    kept.write_bytes(
        b"".join(lines[:1] + [line.replace(b'"status":20', b'"status":30') for line in lines[1:]])
    )
    with pytest.raises(WorldError, match="line 2: this call is answered in another way"):
        Sandbox(kept=kept)


def test_other_people_are_not_those_of_a_kept_world(left: Path) -> None:
    kept = left / "sandbox.jsonl"
    result = CliRunner().invoke(app, ["sandbox", "--world", str(kept), "--people", "50"])
    assert result.exit_code == 2
    assert "leave out" in result.stderr


@pytest.mark.slow
def test_telling_it_again_begins_anew_and_puts_edited_files_aside(left: Path) -> None:
    mapping = left / "mappings" / "contacts.yaml"
    mapping.write_text("# mine\n")
    again = tell(left)
    assert again.code == 0
    assert "An earlier demo was told here" in again.out
    assert (left / "mappings" / "contacts.yaml.before-demo").read_text() == "# mine\n"
    assert mapping.read_text() != "# mine\n"


def test_a_folder_that_no_demo_made_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text("mine")
    answer = tell(tmp_path)
    assert (answer.code, answer.out) == (2, "")
    assert "--dir" in answer.err
    assert [path.name for path in tmp_path.iterdir()] == ["config.yaml"]


def test_an_edit_that_does_not_arrive_is_told_and_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After the first sync, HubSpot answers updates as usual, and keeps none of them."""
    first_sync, start = story.first_sync, story.apps_start
    hosts: list[Host] = []

    def watched(host: Host, url: str) -> None:
        hosts.append(host)
        start(host, url)

    def then_deaf(stage: Stage) -> None:
        first_sync(stage)
        rule = {"app": "hubspot", "path": "contacts/batch/update", "kind": "ignore", "probability": 1}
        hosts[0].faults.append(parsed(rule))

    monkeypatch.setattr(story, "apps_start", watched)
    monkeypatch.setattr(story, "first_sync", then_deaf)
    answer = tell(tmp_path / "demo")
    assert answer.code == 1
    assert "NOT ARRIVED" in answer.out
    assert "did not arrive everywhere" in answer.err
    assert "new phone number" in answer.err


def test_the_steward_looks_at_what_the_demo_left(left: Path) -> None:
    desk = Desk(left, "")
    with sqlite3.connect(left / "syncer.db") as db:
        sql = (
            "SELECT a.app, a.id, b.app, b.id FROM link a JOIN link b ON a.golden = b.golden AND a.app < b.app"
        )
        a, b, c, d = db.execute(sql + " ORDER BY a.app, a.id").fetchone()
    told_why = desk.run("match", "explain", f"{a}:{b}", f"{c}:{d}", "--json")
    assert (told_why.code, told_why.json["probability"] > 0.5) == (0, True)
    assert desk.run("match", "explain", "hubspot:none", f"{c}:{d}").code == 2
    assert desk.run("duplicates", "--json").code == 0
    pairs = left / "pairs.csv"
    pairs.write_text(f"app,id,other_app,other_id,same\n{a},{b},{c},{d},yes\n{a},{b},{c},none,no\n")
    (looked_at,) = desk.run("match", "lab", "--pairs", str(pairs), "--json").json
    assert (looked_at["pairs"], looked_at["unknown"], looked_at["applied"]) == (1, 1, False)
    assert (looked_at["links"], looked_at["leaning"] >= 0) == ([], True)
    assert "moved by" in desk.run("match", "lab", "--pairs", str(pairs), "--apply").out
    pairs.write_text("app,id\n1,2\n")
    assert desk.run("match", "lab", "--pairs", str(pairs)).code == 2
