"""What does not fit an app any more, fields and groups: why, whom it concerns, and what can be done. The rows
are those of `stopped` in `syncer sync --json`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from syncer.cli.output import tell
from syncer.words import counted

Rows = Sequence[Mapping[str, Any]]


def fields(stopped: Rows) -> None:
    for one in (one for one in stopped if not one["tag"]):
        tell(f"{one['app']}: {one['field']} is neither read nor written: {one['reason']}")
        told = f" ({_examples(one)})" if one["examples"] else ""
        hold = counted(one["records"], "record holds", "records hold")
        tell(f"  {hold} something in it{told}; nothing of it is touched.")


def groups(stopped: Rows) -> None:
    """Tags whose group an app has no more."""
    lost = [one for one in stopped if one["tag"]]
    for one in lost:
        have = counted(one["records"], "person has it and keeps it", "people have it and keep it")
        told = f" (in {one['app']} {_examples(one)})" if one["examples"] else ""
        tell(f"{one['app']}: the tag '{one['tag']}' is left alone: {one['reason']}.")
        tell(f"  {have}{told}. All other tags go on.")
    if lost:
        tell(
            "  To go on with it, make the group anew, or give it its name back: the next run puts into it who"
        )
        tell("  has the tag. To end the tag, take it from the people in another app. To keep it in step no")
        tell("  more, take the word out of the mapping.")


def _examples(one: Mapping[str, Any]) -> str:
    return ", ".join(one["examples"]) + (", ..." if one["records"] > len(one["examples"]) else "")
