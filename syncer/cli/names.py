"""Who is meant by a WHO: one name, or many, a line each, in a file (@FILE) or on standard input (-)."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

import typer

from syncer.cli.codes import Code, leave
from syncer.cli.output import say

MANY: Final = "or @FILE or - for many, a line each"
WHO: Final = f"E-mail, phone, domain, golden id, or app:id; {MANY}."


def lines_of(who: str) -> list[str] | None:
    """The names behind @FILE or -, without blank lines and comments (#); None for a single name. Ends the
    command where the file cannot be read."""
    if who == "-":
        return list(_meant(sys.stdin.read()))
    if not who.startswith("@"):
        return None
    try:
        return list(_meant(Path(who[1:]).read_text(encoding="utf-8-sig")))
    except (OSError, UnicodeDecodeError) as error:
        say(f"{who[1:]} could not be read: {error}")
        raise leave(Code.USAGE) from None


def names_of(who: str) -> list[str]:
    """The same, with a single name as the only one."""
    lines = lines_of(who)
    return [who] if lines is None else list(dict.fromkeys(lines))


def parts_of(line: str) -> list[str]:
    """The names in a line: between tabs, commas or semicolons, else between blanks."""
    parts = re.split(r"[\t,;]" if re.search(r"[\t,;]", line) else r"\s+", line)
    return [part.strip() for part in parts if part.strip()]


def unknown(names: Sequence[str]) -> None:
    """Say who is not known; the first ten by name."""
    more = f" and {len(names) - 10} more" if len(names) > 10 else ""
    told = ", ".join(f"'{name}'" for name in names[:10])
    say(f"Nobody is known under {told}{more}: an e-mail, phone, domain, golden id, or app:id is looked up.")


def known_in(name: str, syncs: Sequence[str]) -> str:
    """Why a name that means something in each of these syncs means nothing yet."""
    return (
        f"'{name}' is known in several syncs: {', '.join(syncs)}. Name the golden id, or another of the"
        " records (syncer explain shows both)."
    )


def one_sync_a_file(syncs: Sequence[str]) -> str:
    return f"These are of several syncs, a file each: {', '.join(syncs)}."


def _meant(text: str) -> Iterator[str]:
    for line in text.splitlines():
        stripped = line.strip()
        if stripped and not stripped.startswith("#"):
            yield stripped


Names = typer.Argument(metavar="WHO", help=WHO, show_default=False)
