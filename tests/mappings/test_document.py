"""Reading YAML: plain data, places of everything, and nothing that could do harm."""

from __future__ import annotations

from pathlib import Path

import pytest

from mappings.document import Document, Problem, ProblemsFound, read


def document(tmp_path: Path, text: str | bytes) -> Document:
    file = tmp_path / "file.yaml"
    file.write_bytes(text.encode() if isinstance(text, str) else text)
    return read(file, shown="file.yaml")


def refused(tmp_path: Path, text: str | bytes) -> Problem:
    with pytest.raises(ProblemsFound) as caught:
        document(tmp_path, text)
    return caught.value.problems[0]


def test_values_are_plain_and_words_stay_words(tmp_path: Path) -> None:
    text = "a: 1\nb: 1.5\nc: true\nd: on\ne: no\nf: 012\ng: 2024-01-02\nh: ~\ni: [x, 2]\n7: y\nj: 0x10\n"
    assert document(tmp_path, text).data == {
        "a": 1,
        "b": 1.5,
        "c": True,
        "d": "on",
        "e": "no",
        "f": 12,
        "g": "2024-01-02",
        "h": None,
        "i": ["x", 2],
        "7": "y",
        "j": "0x10",
    }


def test_every_part_has_a_place(tmp_path: Path) -> None:
    found = document(tmp_path, 'a:\n  - b: "x"\n')
    assert found.problem(("a", 0, "b"), "wrong") == Problem("file.yaml", 2, 8, "a[0].b", "wrong")
    assert found.problem(("a", 0, "b"), "wrong", key=True).column == 5
    assert found.problem(("a", 0, "b"), "wrong", at=2).column == 11
    assert found.problem(("a", 0, "z"), "wrong").column == 5


def test_what_is_left_empty_is_missing_at_its_key(tmp_path: Path) -> None:
    found = document(tmp_path, "a:\n  type:\n  region: x\n")
    assert found.problem(("a", "type"), "wrong") == Problem("file.yaml", 2, 3, "a.type", "wrong")


def test_a_character_that_is_not_allowed_is_found(tmp_path: Path) -> None:
    found = refused(tmp_path, "a: 1\nb: x\x01\n")
    assert (found.line, found.column) == (2, 5)


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("", "the file is empty"),
        ("# nothing\n", "the file is empty"),
        ("- a\n", "must be a group"),
        (b"a: \xff\n", "not UTF-8"),
        ("a: \x01\n", "character that YAML does not allow"),
        ("a: 1\n---\nb: 2\n", "inside the file"),
        ("a: " + "[" * 30 + "]" * 30, "unfolds into too much"),
        ("a: " + "[" * 700 + "]" * 700, "nested too deeply"),
        ("a: " + "x" * 1_000_001, "larger than"),
    ],
)
def test_what_is_no_honest_file_is_refused(tmp_path: Path, text: str | bytes, what: str) -> None:
    assert what in refused(tmp_path, text).what


def test_aliases_cannot_unfold_without_end(tmp_path: Path) -> None:
    rows = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    rows += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 8)]
    assert "unfolds into too much" in refused(tmp_path, "\n".join(rows)).what


def test_an_alias_is_a_copy(tmp_path: Path) -> None:
    assert document(tmp_path, "a: &x {b: 1}\nc: *x\n").data == {"a": {"b": 1}, "c": {"b": 1}}


def test_objects_are_never_built(tmp_path: Path) -> None:
    found = document(tmp_path, "a: !!python/object/apply:os.system [echo]\nb: !own x\n")
    assert [p.where for p in found.problems] == ["b"]
    assert found.data == {"a": ["echo"], "b": None}


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(ProblemsFound, match="there is no such file"):
        read(tmp_path / "none.yaml")


def test_a_folder_is_told(tmp_path: Path) -> None:
    with pytest.raises(ProblemsFound, match="it is a folder, not a file"):
        read(tmp_path)
