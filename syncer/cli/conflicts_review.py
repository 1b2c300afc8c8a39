"""`syncer conflicts review`: held conflicts, one at a time, the candidates side by side."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from contextlib import nullcontext, redirect_stdout
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from conflicts.log import TIMES, shown
from syncer.cli.called import in_entries
from syncer.cli.codes import leave, worst
from syncer.cli.conflicts import ByRule, Name, Newer, OfApp, OfField, Older, asked
from syncer.cli.conflicts_resolve import settle
from syncer.cli.conflicts_told import waiting
from syncer.cli.output import table, tell
from syncer.cli.questions import one_by_one, typed
from syncer.cli.session import CONFIG, AsJson, ConfigFile, running

if TYPE_CHECKING:
    from conflicts.candidate import Candidate
    from conflicts.log import Entry
    from syncer.model import Golden
    from syncer.running.runner import Runner
    from syncer.usecases.settling import Wish


def review(
    name: Name = None,
    of_app: OfApp = None,
    field: OfField = None,
    rule: ByRule = None,
    older: Older = None,
    newer: Newer = None,
    as_json: AsJson = False,
    config: ConfigFile = CONFIG,
) -> None:
    """Ask about one conflict after the other, the oldest first; then settle all that were answered."""
    with running(config) as runner:
        open_ = waiting(runner, asked(runner.config, name, of_app, field, rule, older, newer))
        with redirect_stdout(sys.stderr) if as_json else nullcontext():  # the result is what was settled
            if not open_:
                tell("No conflict waits for you.")
                return
            goldens = _goldens(runner, open_)
            told = _told(runner, open_, goldens)
            said = one_by_one(
                open_,
                lambda e: _show(runner, told[e.seq], goldens[e.who]),
                lambda e: _keys(e, goldens[e.who]),
                partial(_answer, runner),
            )
            if not said:
                tell("Nothing was settled.")
                return
        codes = settle(runner, said, as_json, config)
    raise leave(worst(codes))


def _goldens(runner: Runner, open_: list[Entry]) -> dict[str, Golden]:
    from syncer.model import Golden
    from syncer.store.records import Records

    found = {entry.who: Golden(entry.who) for entry in open_}
    with runner.db.reading():
        for sync in {entry.sync for entry in open_}:
            mine = sorted({entry.who for entry in open_ if entry.sync == sync})
            found |= Records(runner.db, sync).goldens(mine)
    return found


def _told(runner: Runner, open_: list[Entry], goldens: Mapping[str, Golden]) -> dict[int, Entry]:
    """By number, as it is shown: references by name, and the golden value as it is now for a winner."""
    now = [replace(entry, winner=goldens[entry.who].value.get(entry.field)) for entry in open_]
    return {entry.seq: entry for entry in in_entries(runner.config, runner.db, now)}


def _show(runner: Runner, entry: Entry, golden: Golden) -> None:
    """Who it is about, and a column for each candidate, under the key that takes it."""
    match = runner.config.syncs[entry.sync].draft.model.match
    told = [shown(golden.value[f]) for f in (*match.names, *match.exact) if golden.value.get(f)]
    tell(
        f"#{entry.seq}  {entry.field} of {', '.join(told) or entry.who}  ({entry.object}, rule {entry.rule})"
    )
    candidates = _candidates(entry)
    columns = ["", *(f"[{n}] {c.app}" for n, c in enumerate(candidates, start=1))]
    rows = [
        ["value", *(shown(c.value) for c in candidates)],
        ["set", *(f"{c.time:%Y-%m-%d %H:%M}" for c in candidates)],
        ["that is", *(TIMES[c.time_kind] for c in candidates)],
        ["record", *(c.record for c in candidates)],
    ]
    if entry.winner is not None:
        columns.append("[k] golden")
        for row, text in zip(rows, (shown(entry.winner), "", "", entry.who), strict=True):
            row.append(text)
    table(columns, rows)


def _candidates(entry: Entry) -> list[Candidate]:
    return [c for c in entry.candidates if c.kind != "golden"][:9]


def _keys(entry: Entry, golden: Golden) -> Mapping[str, str]:
    keys = {str(n): c.app for n, c in enumerate(_candidates(entry), start=1)}
    keep = {"k": "keep golden"} if golden.value.get(entry.field) is not None else {}
    return {**keys, **keep, "v": "type a value"}


def _answer(runner: Runner, entry: Entry, key: str) -> Wish | None:
    from syncer.usecases.settling import Wish

    if key == "k":
        return Wish(keep=True)
    if key == "v":
        text = typed(_what_to_type(runner, entry))
        return Wish(value=text) if text else None
    taken = _candidates(entry)[int(key) - 1]
    return Wish(take=taken.app, record=taken.record)


def _what_to_type(runner: Runner, entry: Entry) -> str:
    """A reference is typed as any WHO is, not by the name that is shown: another may have it, too."""
    from syncer.usecases.who import BY

    field = runner.config.syncs[entry.sync].draft.fields.get(entry.field)
    return f"The {field.model.to}, by its {BY}" if field is not None and field.model.to else "The value"
