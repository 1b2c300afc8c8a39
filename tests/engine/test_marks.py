"""The hashes of who was forgotten, on a disk that may be full."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from syncer.forgotten import MARKS, Marks

NOW = datetime(2030, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    "torn", [b"", b'{"day":"2030-01-01","hashes":["tw', b'{"day":"2030-01-01"}', b"{}\n"]
)
def test_a_line_that_was_half_written_takes_no_other_with_it(tmp_path: Path, torn: bytes) -> None:
    marks = Marks(tmp_path)
    marks.prepare()
    marks.add(["one"], NOW)
    with (tmp_path / MARKS).open("ab") as file:
        file.write(torn)
    assert Marks(tmp_path)
    marks.add(["three"], NOW)
    fresh = Marks(tmp_path)
    assert fresh
    assert [fresh.day([h]) for h in ("one", "tw", "three")] == ["2030-01-01", None, "2030-01-01"]
