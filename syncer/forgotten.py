"""Who was forgotten, as keyed hashes: enough to know a forgotten address or record again, and nothing more.

They are kept in files beside the config, not in the state, so that putting an older state back loses none.
The key is in a file of its own; whoever has the hashes alone cannot try out addresses.
"""

from __future__ import annotations

import hmac
import os
import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import orjson

from syncer.model import LinkKey, fold_key

KEY, MARKS = "key", "marks.jsonl"
ERASED = "erased"  # in the place of the app that a record resembles


@dataclass(slots=True)
class Marks:
    """The hashes in a folder; read again when another process has added to them. Without a folder there are
    none. Methods raise `OSError`."""

    folder: Path | None = None
    _key: bytes = b""
    _times: dict[str, str] = field(default_factory=dict)
    _read: tuple[int, int] = (0, 0)

    def __bool__(self) -> bool:
        self._refresh()
        return bool(self._times)

    def of_record(self, object: str, key: LinkKey) -> str:
        return self._hash("record", object, *key)

    def of_address(self, folded: str) -> str:
        return self._hash("address", folded)

    def of_name(self, name: str) -> str:
        """A name as it is given in a command: an address, app:id, a golden id."""
        return self.of_address(fold_key(name))

    def day(self, hashes: Iterable[str]) -> str | None:
        """The day on which one of these was forgotten; None for nobody."""
        return next((self._times[h][:10] for h in hashes if h in self._times), None)

    def time(self, hash: str) -> str | None:
        """When it was last forgotten, to be compared as text with other times in UTC: a day alone where
        an earlier version noted it. None for nobody."""
        return self._times.get(hash)

    def prepare(self) -> None:
        """The folder, its key and its file can be written: found out before anything is done."""
        assert self.folder is not None  # noqa: S101
        self._key = self._key or self._own_key()
        _write(self.folder / MARKS, b"", os.O_APPEND)

    def add(self, hashes: Sequence[str], at: datetime) -> None:
        """Keep them for good before anything else is removed."""
        assert self.folder is not None  # noqa: S101
        day, time = at.date().isoformat(), at.isoformat(timespec="microseconds").replace("+00:00", "Z")
        line = orjson.dumps({"day": day, "time": time, "hashes": sorted(hashes)})
        # Begun by an end of line: what a full disk left half-written before it stays a line of its own.
        _write(self.folder / MARKS, b"\n" + line + b"\n", os.O_APPEND)

    def receipt(self, name: str, body: Mapping[str, Any]) -> Path:
        """A file that says what was done, without saying to whom."""
        path = self.receipt_file(name)
        _write(path, orjson.dumps(body, option=orjson.OPT_INDENT_2) + b"\n", os.O_TRUNC)
        return path

    def receipt_file(self, name: str) -> Path:
        assert self.folder is not None  # noqa: S101
        return self.folder / f"receipt-{name}.json"

    def _hash(self, *parts: str) -> str:
        if not self._key:
            self._key = self._own_key()
        return hmac.new(self._key, "\x1f".join(parts).encode(errors="replace"), "sha256").hexdigest()

    def _own_key(self) -> bytes:
        """The key in the folder; made when first needed. It is there as a whole or not at all, and whoever
        makes one at the same time takes the one that came first."""
        assert self.folder is not None  # noqa: S101
        path = self.folder / KEY
        if path.exists() and path.stat().st_size == 0 and not self:  # no hash was made with it
            path.unlink()
        if not path.exists():
            part = path.with_name(f"{KEY}.{secrets.token_hex(4)}")
            try:
                _write(part, secrets.token_hex(32).encode() + b"\n", os.O_TRUNC)
                _place(part, path)
            finally:
                part.unlink(missing_ok=True)
        return path.read_bytes().strip()

    def _refresh(self) -> None:
        path = None if self.folder is None else self.folder / MARKS
        try:
            stat = path.stat() if path is not None else None
        except FileNotFoundError:
            stat = None
        now = (stat.st_mtime_ns, stat.st_size) if stat else (0, 0)
        if path is not None and stat is not None and now != self._read:
            lines = (_parsed(line) for line in path.read_bytes().splitlines())
            self._times = {h: line.get("time", line["day"]) for line in lines for h in line.get("hashes", ())}
        self._read = now


def _parsed(line: bytes) -> dict[str, Any]:
    """A line of marks; nothing where it was only half written: then nobody was told that it was."""
    try:
        return dict(orjson.loads(line))
    except ValueError:
        return {}


def _place(part: Path, path: Path) -> None:
    """Under this name, unless something is there."""
    try:
        os.link(part, path)
    except FileExistsError:
        return
    except OSError:  # a file system without links
        part.rename(path)


def _write(path: Path, content: bytes, how: int) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | how, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(descriptor)
