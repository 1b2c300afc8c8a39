"""`syncer duplicates`: people that one app holds several times."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

import typer

from syncer.cli.output import give, table, tell
from syncer.cli.review import stewards
from syncer.cli.session import CONFIG, AsJson, ConfigFile, hint, loaded


def duplicates(
    app: Annotated[str | None, typer.Argument(metavar="APP", help="Only in this app.")] = None,
    merge: Annotated[
        bool, typer.Option("--merge", help="Link them to one golden record; one of them is written.")
    ] = False,
    as_json: AsJson = False,
    config: ConfigFile = CONFIG,
) -> None:
    """List people that one app holds several times, as far as what syncer knows of them tells."""
    known = loaded(config)
    found = []
    with stewards(config) as each:
        for steward in each:
            for name in known.syncs[steward.space].apps:
                for group in steward.duplicates(name) if app in (None, name) else ():
                    records = steward.survivor_first(group)
                    found.append({"sync": steward.space, "app": name, "records": [id for _, id in records]})
                    for other in records[1:] if merge else ():
                        steward.decide(records[0], other, "together", datetime.now(UTC))
    if as_json:
        give(found)
    elif found:
        rows = [(f["sync"], f["app"], f["records"][0], ", ".join(f["records"][1:])) for f in found]
        table(("sync", "app", "survivor", "the same person"), rows)
        tell(
            f"\n{hint('sync' if merge else 'duplicates --merge', config)} links those that have no link yet."
        )
    else:
        tell("No app holds anybody twice, as far as can be told.")
