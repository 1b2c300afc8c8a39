"""`syncer match`: who is who, in files and in the state, and why."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated

import typer

from syncer.cli.codes import Code, leave
from syncer.cli.match_lab import lab
from syncer.cli.output import facts, give, say, table, tell
from syncer.cli.session import CONFIG, AsJson, ConfigFile

app = typer.Typer(help="Match records: which of them are one person, and why.", no_args_is_help=True)
app.command("lab")(lab)


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
    from syncer.usecases import match_file

    began = time.perf_counter()
    try:
        with match_file.uncollected():
            match_file.look_at(out)
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


@app.command("explain")
def explain(
    one: Annotated[str, typer.Argument(metavar="A", help="A record: app:id.")],
    other: Annotated[str, typer.Argument(metavar="B", help="Another record: app:id.")],
    as_json: AsJson = False,
    config: ConfigFile = CONFIG,
) -> None:
    """Explain what speaks for and against two records being one person, with its weights and the total."""
    from syncer.cli.review import stewards
    from syncer.matching.outcome import chance

    a, b = ((name.partition(":")[0], name.partition(":")[2]) for name in (one, other))
    with stewards(config) as found:
        evidence = next((e for s in found if (e := s.explain(a, b)) is not None), None)
    if evidence is None:
        say(f"{one} and {other} are not both known. Records are named app:id, as in status.")
        raise leave(Code.USAGE)
    score = round(evidence.score, 2)
    if as_json:
        parts = [{"found": what, "weight": round(weight, 2)} for what, weight in evidence.parts]
        said = {"a": one, "b": other, "score": score, "probability": round(chance(evidence.score), 4)}
        give({**said, "rival": evidence.rival, "prior": round(evidence.prior, 2), "evidence": parts})
        return
    tell(f"If {one} and {other} are not one person, they are most likely {evidence.rival}.\n")
    rows = [
        (f"before anything is compared: one person rather than {evidence.rival}", round(evidence.prior, 1))
    ]
    table(("found", "weight"), [*rows, *((what, round(weight, 1)) for what, weight in evidence.parts)])
    tell(
        f"\nA weight of 1 doubles the odds, -1 halves them. Against all that they could be else: {score},"
        f" that is {chance(evidence.score):.1%}."
    )
