"""What `syncer duplicates` says: whom an app holds twice, what would be left, and what became of them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from conflicts.log import shown
from syncer.cli.output import table, tell
from syncer.cli.session import hint

if TYPE_CHECKING:
    from syncer.cli.duplicate_group import Group

SHOWN: Final = 20  # groups of which every field is shown


def by_hand(group: Group) -> str:
    """What is left to a person, of a group about which syncer can do nothing more."""
    return f"{group.app} cannot merge {group.object}: do it there by hand"


def show(found: Sequence[Group]) -> None:
    if not found:
        tell("No app holds anybody twice, as far as can be told.")
        return
    rows = [(g.sync, g.app, g.records[0][1], ", ".join(id for _, id in g.records[1:])) for g in found]
    table(("sync", "app", "survivor", "the same person"), rows)
    for group in found[:SHOWN]:
        tell()
        columns = ("", *(f"{name}:{id}" for name, id in group.records), "together")
        table(columns, [(n, *map(shown, values), shown(after)) for n, values, after in group.told])
    _show_by_hand([group for group in found if group.by_hand])


def _show_by_hand(found: Sequence[Group]) -> None:
    if found:
        tell()
        rows = [(g.app, ", ".join(id for _, id in g.records), g.who) for g in found]
        table(("app", "records", "golden record"), rows, "One golden record already")
        tell("Of each the survivor alone is written.")
    for what in dict.fromkeys(map(by_hand, found)):
        tell(f"{what}.")


def show_apart(found: Sequence[Group]) -> None:
    rows = [(g.sync, g.app, id, g.records[0][1], why) for g in found for id, why in g.apart.items()]
    if rows:
        tell()
        table(("sync", "app", "record", "is not merged with", "why"), rows, "Left out")


def show_noted(number: int, config: Path) -> None:
    command, sync = hint("duplicates --merge --yes", config), hint("sync", config)
    tell(f"\nOnly noted as one person each: {number}. {sync} links what is new of them.")
    tell(f"To merge them where an app can, for good, and to link the others at once: {command}")


def show_merged(found: Sequence[Group], linked: Sequence[Group], config: Path) -> None:
    merged = [(g.app, id, into) for g in found for id, into in g.merged.items()]
    left = [(g.app, id, why) for g in found for id, why in g.left.items()]
    if merged:
        tell("\nMerged in the app:")
        table(("app", "record", "is now"), merged)
    if left:
        tell("\nNot merged:")
        table(("app", "record", "why"), left)
    if linked:
        tell(f"\nOnly linked: {len(linked)}. One record of each is written, the others stay in the app.")
    if merged or linked:
        tell(f"{hint('sync', config)} takes over what that changes.")
