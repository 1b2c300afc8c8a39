"""Plans kept in a file: what `syncer plan --out` writes and `syncer apply` does. They hold customer data."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from syncer.model import Item
from syncer.store import codec
from syncer.store.erasure import Scope, without
from syncer.usecases.handed import begins, opened


@dataclass(frozen=True, slots=True)
class Kept:
    """The plan of one sync. `mapping`: the version of the mapping under which it was made."""

    sync: str
    mapping: str
    items: tuple[Item, ...]


FORMATS = "syncer plan "  # of all versions
FORMAT = f"{FORMATS}2"


class NotAPlan(ValueError):
    """The file holds no plan that can be read; the text says why."""


def may_replace(path: Path) -> bool:
    """Whether a file may give way to a plan: nothing is in it, or an earlier plan. Raises `OSError`."""
    return begins(path, f'{{"format":"{FORMATS}'.encode())


def write(path: Path, plans: Iterable[Kept]) -> None:
    """Keep plans, readable by the owner only. Raises `OSError`."""
    said = [
        {"sync": p.sync, "mapping": p.mapping, "items": [codec.item_body(i) for i in p.items]} for p in plans
    ]
    with opened(path) as file:
        file.write(codec.dumps({"format": FORMAT, "plans": said}) + "\n")


def redact(path: Path, sync: str, scope: Scope) -> int:
    """Take what a plan holds of these people of a sync out of it; how many items those were. Raises
    `NotAPlan` and `OSError`."""
    plans = read(path)
    kept = [replace(p, items=tuple(without(p.items, scope))) if p.sync == sync else p for p in plans]
    number = sum(len(p.items) for p in plans) - sum(len(p.items) for p in kept)
    if number:
        write(path, kept)
    return number


def read(path: Path) -> list[Kept]:
    """The plans in the file. Raises `NotAPlan`."""
    try:
        said = codec.loads(path.read_text(encoding="utf-8"))
        if said["format"] != FORMAT:
            raise NotAPlan(f"{path} was made by another version of syncer; make it again: syncer plan --out")
        return [
            Kept(plan["sync"], plan["mapping"], tuple(codec.item(i) for i in plan["items"]))
            for plan in said["plans"]
        ]
    except OSError as error:
        raise NotAPlan(f"{path} cannot be read: {error.strerror}") from error
    except (ValueError, KeyError, TypeError) as error:
        if isinstance(error, NotAPlan):
            raise
        raise NotAPlan(f"{path} holds no plan; syncer plan --out FILE makes one") from error
