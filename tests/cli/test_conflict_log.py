"""The conflict log's files: one line of JSON and one paragraph for each choice, each of them once."""

from __future__ import annotations

import json
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Thread

import pytest

from conflicts import log
from conflicts.candidate import Candidate
from conflicts.log import Entry, Written, append, as_json, as_text, drop_before, redact, shown
from mappings.types.base import Value
from tests.cli.conftest import Desk

NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)


def entry(seq: int, **changes: object) -> Entry:
    said: dict[str, object] = {
        "seq": seq,
        "time": NOON,
        "run": "r1",
        "sync": "contacts",
        "object": "contact",
        "who": "g1",
        "field": "phone",
        "kind": "conflict",
        "candidates": [
            Candidate("+1", "crm", "7", NOON, "edit", "field"),
            Candidate(None, "desk", "8", NOON, "edit", "observed"),
        ],
        "rule": "newest",
        "winner": "+1",
        "winner_app": "crm",
        "status": "decided",
        "note": "",
    }
    return Entry(**{**said, **changes})  # type: ignore[arg-type]


def test_a_line_has_the_documented_keys() -> None:
    keys = "seq time run sync object who field kind candidates rule winner winner_app status note".split()
    line = as_json(entry(1))
    assert list(line) == keys
    assert list(line["candidates"][0]) == ["app", "record", "value", "time", "time_kind", "kind"]


def test_the_text_names_both_values_the_rule_and_the_winner() -> None:
    text = as_text(entry(1))
    assert all(part in text for part in ("crm 7", "desk 8", "+1", "(blank)", "newest", "from crm"))


def test_a_held_conflict_says_that_it_waits() -> None:
    assert "waits for you" in as_text(entry(1, status="held", winner_app=None))


def test_a_file_a_day_for_its_owner_only(tmp_path: Path) -> None:
    append(tmp_path / "log", [entry(1), entry(2, time=NOON.replace(day=2))])
    files = sorted((tmp_path / "log").glob("[!.]*"))
    assert [f.name for f in files] == [
        "2030-01-01.jsonl",
        "2030-01-01.txt",
        "2030-01-02.jsonl",
        "2030-01-02.txt",
    ]
    assert {stat.S_IMODE(f.stat().st_mode) for f in (tmp_path / "log").iterdir()} == {0o600}


def test_an_export_that_was_cut_off_can_be_repeated(tmp_path: Path) -> None:
    append(tmp_path, [entry(1), entry(2)])
    append(tmp_path, [entry(1), entry(2), entry(3)])
    lines = (tmp_path / "2030-01-01.jsonl").read_text().splitlines()
    assert [json.loads(line)["seq"] for line in lines] == [1, 2, 3]


def test_a_number_that_a_restored_state_gives_again_is_another_entry(tmp_path: Path) -> None:
    append(tmp_path, [entry(1, run="before")])
    append(tmp_path, [entry(1, run="after"), entry(2, run="after")])
    append(tmp_path, [entry(1, run="before"), entry(2, run="after")])
    lines = [json.loads(line) for line in (tmp_path / "2030-01-01.jsonl").read_text().splitlines()]
    assert [(line["seq"], line["run"]) for line in lines] == [(1, "before"), (1, "after"), (2, "after")]


def test_also_one_of_several_portions(tmp_path: Path) -> None:
    append(tmp_path, [entry(1), entry(2), entry(3)])
    known: Written = {}
    for portion in ([entry(1), entry(2)], [entry(3), entry(4)], [entry(5)]):
        append(tmp_path, portion, known)
    lines = (tmp_path / "2030-01-01.jsonl").read_text().splitlines()
    assert [json.loads(line)["seq"] for line in lines] == [1, 2, 3, 4, 5]


def torn(lines: Path) -> None:
    """As a full disk leaves it, in the middle of the second entry."""
    half = json.dumps(as_json(entry(2, who="g2")))[:80]
    with lines.open("a") as file:
        file.write(half)


def test_what_follows_a_torn_line_stands_on_a_line_of_its_own(tmp_path: Path) -> None:
    lines = tmp_path / "2030-01-01.jsonl"
    append(tmp_path, [entry(1)])
    torn(lines)
    append(tmp_path, [entry(1), entry(2)])
    append(tmp_path, [entry(1), entry(2), entry(3)])
    whole = [line for line in lines.read_text().splitlines() if line.endswith("}")]
    assert [json.loads(line)["seq"] for line in whole] == [1, 2, 3]


def test_a_line_that_cannot_be_read_stops_no_export(tmp_path: Path) -> None:
    lines = tmp_path / "2030-01-01.jsonl"
    append(tmp_path, [entry(1)])
    whole = lines.read_text()
    torn(lines)
    with lines.open("a") as file:
        file.write(whole)  # glued on, as older versions did
    append(tmp_path, [entry(1), entry(2)])
    assert json.loads(lines.read_text().splitlines()[-1])["seq"] == 2


def test_a_torn_line_goes_with_whoever_is_forgotten(tmp_path: Path) -> None:
    lines = tmp_path / "2030-01-01.jsonl"
    append(tmp_path, [entry(1)])
    torn(lines)
    append(tmp_path, [entry(3, who="g3")])
    assert redact(tmp_path, "contacts", {"g1"}, set()) == 1
    said = [json.loads(line) for line in lines.read_text().splitlines()]
    assert [(line["seq"], line["who"]) for line in said] == [(1, "erased"), (3, "g3")]
    torn(lines)
    assert redact(tmp_path, "contacts", {"g2"}, set()) == 0
    assert "g2" not in lines.read_text()


def test_files_of_old_days_are_dropped(tmp_path: Path) -> None:
    days = [NOON.replace(day=day) for day in (1, 2, 3)]
    append(tmp_path, [entry(n, time=day) for n, day in enumerate(days)])
    (tmp_path / "notes.txt").write_text("not ours")
    drop_before(tmp_path, days[2].date())
    kept = sorted(f.name for f in tmp_path.glob("[!.]*"))
    assert kept == ["2030-01-03.jsonl", "2030-01-03.txt", "notes.txt"]


def test_a_file_that_takes_nothing_is_named_and_filled_by_the_next_run(desk: Desk) -> None:
    folder = desk.folder / "conflicts"
    days = [(datetime.now(UTC) + timedelta(days=n)).date().isoformat() for n in (0, 1)]
    for day in days:
        folder.joinpath(f"{day}.jsonl").mkdir(parents=True)
    said = desk.run("sync", "companies").err
    assert "the conflict log cannot be written; the next run tries again" in said
    assert any(str(folder / f"{day}.jsonl") in said for day in days)
    assert "Is a directory" in said
    for day in days:
        folder.joinpath(f"{day}.jsonl").rmdir()
    assert "cannot be written" not in desk.run("sync", "companies").err
    assert [json.loads(line) for file in folder.glob("*.jsonl") for line in file.read_text().splitlines()]


@pytest.mark.parametrize(
    ("value", "told"),
    [(None, "(blank)"), ("", "(blank)"), ([], "(blank)"), (["a", "b"], "a, b"), (True, "true"), (0, "0")],
    ids=str,
)
def test_a_value_is_shown_as_it_can_be_typed(value: Value, told: str) -> None:
    assert shown(value) == told


def test_nothing_is_lost_that_another_sync_adds_while_somebody_is_forgotten(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Syncs share the files of a day, and each has a lease of its own."""
    append(tmp_path, [entry(1)])
    adding = Thread(target=append, args=(tmp_path, [entry(2, sync="companies", who="g2", run="r2")]))
    whole = log._replace

    def meanwhile(path: Path, content: bytes) -> None:
        if adding.ident is None:
            adding.start()
            adding.join(0.1)
        whole(path, content)

    monkeypatch.setattr(log, "_replace", meanwhile)
    assert redact(tmp_path, "contacts", {"g1"}, set()) == 1
    adding.join()
    lines = [json.loads(line) for line in (tmp_path / "2030-01-01.jsonl").read_text().splitlines()]
    assert [(line["seq"], line["who"]) for line in lines] == [(1, "erased"), (2, "g2")]
    assert (tmp_path / "2030-01-01.txt").read_text().count("#2 ") == 1
