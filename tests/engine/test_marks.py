"""The hashes of who was forgotten, on a disk that may be full."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from syncer import forgotten
from syncer.forgotten import KEY, MARKS, Marks

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


def test_a_full_disk_leaves_no_empty_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Hashes without a key can be tried out by whoever has them."""
    write = forgotten._write

    def full(path: Path, content: bytes, how: int) -> None:
        write(path, b"", how)
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(forgotten, "_write", full)
        with pytest.raises(OSError, match="No space left"):
            Marks(tmp_path).prepare()
    Marks(tmp_path).prepare()
    assert len((tmp_path / KEY).read_bytes()) == 65
    assert sorted(path.name for path in tmp_path.iterdir()) == [KEY, MARKS]


@pytest.mark.parametrize("marked", [True, False])
def test_an_empty_key_is_kept_only_where_somebody_was_hashed_with_it(tmp_path: Path, marked: bool) -> None:
    """A version before may have left one; with another nobody would be known again."""
    (tmp_path / KEY).touch()
    if marked:
        Marks(tmp_path).add([Marks(tmp_path).of_address("mara@x.test")], NOW)
        (tmp_path / KEY).write_bytes(b"")
    Marks(tmp_path).prepare()
    assert (tmp_path / KEY).stat().st_size == (0 if marked else 65)


def test_of_two_who_make_a_key_at_once_one_takes_that_of_the_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second, place = Marks(tmp_path), Marks(tmp_path), forgotten._place

    def late(part: Path, path: Path) -> None:
        monkeypatch.setattr(forgotten, "_place", place)
        second.of_address("mara@x.test")
        place(part, path)

    monkeypatch.setattr(forgotten, "_place", late)
    assert first.of_address("mara@x.test") == second.of_address("mara@x.test")
