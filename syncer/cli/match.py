"""`syncer match`: who is who, in files and in the state, and why."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated

import typer

from syncer.cli.codes import Code, leave
from syncer.cli.output import facts, give, say, tell
from syncer.cli.session import AsJson

app = typer.Typer(help="Match records: which of them are one person, and why.", no_args_is_help=True)


@app.command("file")
def file(
    files: Annotated[
        list[Path], typer.Argument(metavar="FILE.csv...", help="Exports of the apps, one or more.")
    ],
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="Where to write the results.")],
    as_json: AsJson = False,
) -> None:
    """Match CSV exports without connecting anything. Columns are found by name: id, app, email, first_name,
    last_name, name, company, phone, country, city; others are kept."""
    from syncer import match_file

    began = time.perf_counter()
    try:
        rows = match_file.read(files)
        found = match_file.matched(rows)
        clusters, review = match_file.write(rows, found, out)
    except match_file.UnreadableFile as error:
        say(str(error))
        raise leave(Code.USAGE) from None
    said = {
        "records": len(rows),
        "clusters": len(found.groups),
        "linked": sum(len(g) for g in found.groups if len(g) > 1),
        "questions": len(found.questions),
        "seconds": round(time.perf_counter() - began, 2),
    }
    if as_json:
        give({**said, "files": [str(clusters), str(review)]})
        return
    facts(said)
    tell(f"{clusters} says which records are one person, {review} which pairs are for you to decide.")
