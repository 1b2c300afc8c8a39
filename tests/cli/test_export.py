"""All that is known of one person, to hand over: complete as JSON, safe in a spreadsheet as CSV."""

from __future__ import annotations

import csv
import io
import re
import stat
from pathlib import Path

import pytest

from connectors.sandbox.server import Sandbox
from syncer.cli.export import COLUMNS
from syncer.demo.apps import Apps
from syncer.usecases.handed import opened, safe
from tests.cli.conftest import Desk
from tests.cli.test_verify import somebody


@pytest.mark.parametrize(
    ("cell", "shown"),
    [
        ("=1+1", "'=1+1"),
        ("+6281", "'+6281"),
        ("-1", "'-1"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\tx", "'\tx"),
        ("Mara", "Mara"),
        (["vip", "trial"], "vip, trial"),
        (None, ""),
    ],
)
def test_no_cell_is_a_formula(cell: object, shown: str) -> None:
    assert safe(cell) == shown


@pytest.mark.parametrize("linked", [False, True], ids=["a file", "by a link to it"])
def test_a_file_that_was_there_stays_until_all_is_written(tmp_path: Path, linked: bool) -> None:
    """Of a kept plan that was to be rewritten a full disk left half, and nobody could read it any more."""
    folder = tmp_path / "there"
    folder.mkdir()
    file, name = folder / "plan", tmp_path / "name"
    file.write_text("what was there")
    file.chmod(0o644)
    name.symlink_to(file)

    def write_half() -> None:
        with opened(name if linked else file) as half:
            half.write("half of it")
            raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space left"):
        write_half()
    assert file.read_text() == "what was there"
    with opened(name if linked else file) as whole:
        whole.write("all of it")
    assert (file.read_text(), stat.S_IMODE(file.stat().st_mode)) == ("all of it", 0o600)
    assert [path.name for path in folder.iterdir()] == ["plan"]


def test_everything_is_there(desk: Desk, sandbox: Sandbox) -> None:
    desk.synced()
    ids = somebody(desk)
    with Apps(sandbox) as apps:
        apps.edit("zendesk", ids["zendesk"], "city", "=HYPERLINK(1)")
    desk.synced()
    who = f"zendesk:{ids['zendesk']}"
    (known,) = desk.run("export", who, "--json").json
    (explained,) = desk.run("explain", who, "--json").json
    assert {key: known[key] for key in explained} == explained
    assert known["history"] == desk.run("history", who, "--json").json
    file = desk.folder / "mara.csv"
    assert desk.run("export", who, "--out", str(file)).code == 0
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    rows = list(csv.reader(io.StringIO(file.read_text())))
    assert tuple(rows[0]) == COLUMNS
    assert all(len(row) == len(COLUMNS) for row in rows)
    assert sum("'=HYPERLINK(1)" in row for row in rows) >= 4
    times = {row[COLUMNS.index("time")] for row in rows[1:]} - {""}
    assert len(times) > 1
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", time) for time in times)
    assert not any(cell.startswith("=") for row in rows for cell in row)


def test_a_file_that_is_there_is_not_replaced_unasked(desk: Desk) -> None:
    desk.synced()
    who = f"zendesk:{somebody(desk)['zendesk']}"
    file = desk.folder / "mara.csv"
    file.write_text("mine")
    file.chmod(0o644)
    answer = desk.run("export", who, "--out", str(file))
    assert answer.code == 2
    assert answer.err == f"Nothing was written: {file} is there already. --force replaces it.\n"
    assert file.read_text() == "mine"
    assert desk.run("export", who, "--out", str(file), "--force").code == 0
    assert file.read_text().startswith(",".join(COLUMNS))
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_nobody(desk: Desk) -> None:
    assert desk.run("export", "nobody@nowhere.example").code == 1
