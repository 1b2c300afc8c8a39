"""The conflict log's files: what was chosen and why, as JSON Lines and as text, a pair of files a day.

They hold customer data, so only their owner can read them. The conflict table is the truth; these are its
export, in the order of `seq`.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from itertools import groupby
from pathlib import Path
from typing import Any, TypeAlias

import orjson

from conflicts.candidate import Candidate, Value
from conflicts.visible import visible

LOCK = ".lock"
Written: TypeAlias = dict[tuple[str, str], set[int]]  # day and run -> numbers of entries
TIMES: Mapping[str, str] = {
    "field": "when the field changed there",
    "record": "when the record changed there",
    "previous": "when we last looked before",
    "observed": "when we saw it",
    "golden": "when it became the value",
}


@dataclass(frozen=True, slots=True)
class Entry:
    """One row of the log. `who` is the golden record; `kind` says what happened; `status`: decided, held
    (waits for a person), settled or replaced."""

    seq: int
    time: datetime
    run: str
    sync: str
    object: str
    who: str
    field: str
    kind: str
    candidates: Sequence[Candidate]
    rule: str
    winner: Value
    winner_app: str | None
    status: str
    note: str = ""


def as_json(entry: Entry) -> dict[str, Any]:
    """The documented keys of a line of the log."""
    return {
        "seq": entry.seq,
        "time": _stamp(entry.time),
        "run": entry.run,
        "sync": entry.sync,
        "object": entry.object,
        "who": entry.who,
        "field": entry.field,
        "kind": entry.kind,
        "candidates": [
            {
                "app": c.app,
                "record": c.record,
                "value": c.value,
                "time": _stamp(c.time),
                "time_kind": c.time_kind,
                "kind": c.kind,
            }
            for c in entry.candidates
        ],
        "rule": entry.rule,
        "winner": entry.winner,
        "winner_app": entry.winner_app,
        "status": entry.status,
        "note": entry.note,
    }


def as_text(entry: Entry) -> str:
    """The same for people: one paragraph."""
    lines = [f"#{entry.seq}  {_stamp(entry.time)}  {entry.sync}: {entry.field} of {entry.object} {entry.who}"]
    width = max((len(f"{c.app} {c.record}") for c in entry.candidates), default=0)
    for c in entry.candidates:
        where = f"{c.app} {c.record}".ljust(width)
        lines.append(f"    {where}  {shown(c.value)}  ({c.kind}, {_stamp(c.time)}: {TIMES[c.time_kind]})")
    if entry.status == "held":
        now = f"; now {shown(entry.winner)}" if entry.winner is not None else ""
        lines.append(f"    {entry.kind}, rule {entry.rule}: held, waits for you{now}")
    else:
        source = f", from {entry.winner_app}" if entry.winner_app else ""
        lines.append(f"    {entry.kind}, rule {entry.rule}: {shown(entry.winner)}{source}")
    lines += [f"    {entry.note}"] if entry.note else []
    lines.append(f"    run {entry.run}")
    return "\n".join(lines) + "\n"


def shown(value: Value) -> str:
    """A value as people read it, on one line."""
    return visible(as_typed(value)) or "(blank)"


def as_typed(value: Value) -> str:
    """A value as it can be typed; a blank is an empty text."""
    if isinstance(value, bool):
        return str(value).lower()  # as in YAML
    return ", ".join(value) if isinstance(value, list) else "" if value is None else str(value)


def append(folder: Path, entries: Iterable[Entry], known: Written | None = None) -> None:
    """Add entries, in order, to the files of their days. Those that are there already are left out, so that
    an export which was cut off can be repeated. `known`: what was there when the export of several portions
    began, looked up where it is missing. Raises `OSError`."""
    known = {} if known is None else known
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with _alone(folder):
        for day, group in groupby(entries, key=lambda e: e.time.date().isoformat()):
            lines, some = folder / f"{day}.jsonl", list(group)
            for run in {e.run for e in some if (day, e.run) not in known}:
                known[day, run] = _there(lines, run)
            new = [e for e in some if e.seq not in known[day, e.run]]
            _append(folder / f"{day}.txt", "".join(as_text(e) + "\n" for e in new).encode())
            _append(lines, b"".join(orjson.dumps(as_json(e)) + b"\n" for e in new))


def drop_before(folder: Path, day: date) -> None:
    """Remove the files of the days before this one. Raises `OSError`."""
    with _alone(folder):
        for path in folder.glob("????-??-??.*"):
            if path.suffix in (".jsonl", ".txt") and path.stem < day.isoformat():
                path.unlink()


def redact(folder: Path, sync: str, goldens: Container[str], records: Container[tuple[str, str]]) -> int:
    """Take what people held out of the entries about these golden records, and of those with a candidate from
    these records: number, time and rule stay. A half-written line goes: it may be about anybody. Returns how
    many entries. Raises `OSError`."""
    with _alone(folder):
        days = sorted(folder.glob("????-??-??.jsonl"))
        return sum(_redact_day(path, sync, goldens, records) for path in days)


def _redact_day(path: Path, sync: str, goldens: Container[str], records: Container[tuple[str, str]]) -> int:
    lines = path.read_bytes().splitlines()
    entries = [entry for line in lines if (entry := _parsed(line))]
    named = [
        e
        for e in entries
        if e["sync"] == sync
        and (e["who"] in goldens or any((c["app"], c["record"]) in records for c in e["candidates"]))
    ]
    for entry in named:
        entry.update(who="erased", candidates=[], winner=None, note="erased")
    if named or len(entries) < len(lines):
        texts = (as_text(_entry(e)) + "\n" for e in entries)
        _replace(path.with_suffix(".txt"), "".join(texts).encode())
        # Last: where this is cut off, the lines still tell what is to be done again.
        _replace(path, b"".join(orjson.dumps(e) + b"\n" for e in entries))
    return len(named)


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Syncs share the files of a day, whichever processes work on them: one at a time reads and writes
    there. It ends with its process."""
    if not folder.exists():
        yield
        return
    descriptor = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _entry(said: Mapping[str, Any]) -> Entry:
    """An entry again, from its line."""
    candidates = [Candidate(**{**c, "time": datetime.fromisoformat(c["time"])}) for c in said["candidates"]]
    return Entry(**{**said, "time": datetime.fromisoformat(said["time"]), "candidates": candidates})


def _replace(path: Path, content: bytes) -> None:
    part = path.with_name(path.name + ".part")
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
    part.replace(path)


def _there(path: Path, run: str) -> set[int]:
    """The numbers of a run's entries in a file. A restored state may give a number again, in another run."""
    if not path.exists():
        return set()
    name = run.encode()
    with path.open("rb") as file:  # a day's file may be large: only what may be of that run is parsed
        entries = (_parsed(line) for line in file if name in line and line.endswith(b"}\n"))
        return {entry["seq"] for entry in entries if entry.get("run") == run}


def _parsed(line: bytes) -> dict[str, Any]:
    """A line; nothing where a full disk left half of one: the export was repeated then."""
    try:
        return dict(orjson.loads(line))
    except orjson.JSONDecodeError:
        return {}


def _append(path: Path, content: bytes) -> None:
    """Begins on a line of its own, also behind half a line that a full disk left."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
    with os.fdopen(descriptor, "ab") as file:
        if (end := file.tell()) and os.pread(descriptor, 1, end - 1) != b"\n":
            file.write(b"\n")
        file.write(content)


@lru_cache(1024)  # the times of an entry are told twice, and those of a run are much alike
def _stamp(time: datetime) -> str:
    return f"{time.isoformat()[:19]}Z"
