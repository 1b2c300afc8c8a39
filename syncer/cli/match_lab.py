"""`syncer match lab`: what the matcher makes of pairs of which the truth is known."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from syncer.cli.codes import Code, leave
from syncer.cli.output import give, say, table, tell
from syncer.cli.session import CONFIG, AsJson, ConfigFile, hint

if TYPE_CHECKING:
    from syncer.matching.lab import Judged, Outcome
    from syncer.model import LinkKey
    from syncer.usecases.steward import Steward

    Labelled = tuple[LinkKey, LinkKey, bool]
    Found = tuple[LinkKey, LinkKey, Judged]

COLUMNS = ("app", "id", "other_app", "other_id", "same")
YES, NO = {"yes", "y", "true", "1", "together", "same"}, {"no", "n", "false", "0", "never", "different"}
EXAMPLES = 10


def lab(
    pairs: Annotated[
        Path | None,
        typer.Option(
            "--pairs", metavar="FILE", help="A CSV file: app, id, other_app, other_id, same (yes or no)."
        ),
    ] = None,
    apply: Annotated[
        bool, typer.Option("--apply", help="Let these answers move the scores from now on, as shown.")
    ] = False,
    as_json: AsJson = False,
    config: ConfigFile = CONFIG,
) -> None:
    """Show precision and recall on your own pairs, or on the reviews that you answered, at several
    thresholds; what is misjudged; and what of today's links disagrees. Links are not touched."""
    from syncer.cli.review import stewards

    labelled = None if pairs is None else _read(pairs)
    with stewards(config) as each:
        reports = [report for steward in each if (report := _report(steward, labelled, apply))]
    if not reports:
        say("No pair to look at: none of its records is known, or no review was answered yet.")
        raise leave(Code.USAGE)
    if as_json:
        give(reports)
        return
    for report in reports:
        _tell(report)
    if not apply:
        tell(f"\n{hint('match lab --apply', config)} moves the scores as shown; nothing is changed before.")


def _report(steward: Steward, labelled: Sequence[Labelled] | None, apply: bool) -> dict[str, Any] | None:
    from syncer.matching.lab import leaning_of, outcomes

    given = steward.decided() if labelled is None else labelled
    found = steward.judged(given)
    if not found:
        return None
    judged = [j for _, _, j in found]
    leaning = leaning_of(judged)
    applied = apply and steward.lean(leaning)
    return {
        "sync": steward.space,
        "pairs": len(found),
        "unknown": len(given) - len(found),
        "today": [_row(o) for o in outcomes(judged)],
        "leaning": leaning,
        "with_it": [_row(o) for o in outcomes(judged, leaning)],
        "applied": applied,
        "misjudged": _misjudged(found),
        "links": _links(steward, found),
    }


def _row(o: Outcome) -> dict[str, Any]:
    precision, recall = (None if x is None else round(x, 4) for x in (o.precision, o.recall))
    return {"threshold": o.threshold, "linked": o.linked, "precision": precision, "recall": recall}


def _misjudged(found: Sequence[Found]) -> list[dict[str, Any]]:
    """Those of which the score says most clearly what is not so."""
    wrong = [(one, other, j) for one, other, j in found if (j.score > 0) != j.same]
    wrong.sort(key=lambda f: -abs(f[2].score))
    return [
        {"a": _name(one), "b": _name(other), "score": round(j.score, 2), "same": j.same}
        for one, other, j in wrong[:EXAMPLES]
    ]


def _links(steward: Steward, found: Sequence[Found]) -> list[dict[str, Any]]:
    """Where today's links say another thing than the pairs."""
    golden = steward.linked([key for one, other, _ in found for key in (one, other)])
    told = []
    for one, other, j in found:
        linked = golden.get(one) is not None and golden.get(one) == golden.get(other)
        if linked != j.same:
            told.append({"a": _name(one), "b": _name(other), "same": j.same, "linked": linked})
    return told


def _tell(report: dict[str, Any]) -> None:
    tell(f"{report['sync']}: {report['pairs']} pairs; {report['unknown']} name a record that is not known.")
    rows = [
        (f"{today['threshold']:.0%}", today["linked"], *_shares(today), new["linked"], *_shares(new))
        for today, new in zip(report["today"], report["with_it"], strict=True)
    ]
    moved = f"moved by {report['leaning']:+}"
    table(("linked from", "links", "right", "found", f"links, {moved}", "right", "found"), rows)
    for title, key, last in (
        ("Misjudged", "misjudged", "score"),
        ("Linked otherwise today", "links", "linked"),
    ):
        if report[key]:
            tell(f"\n{title}:")
            table(("a", "b", "one person", last), [(r["a"], r["b"], r["same"], r[last]) for r in report[key]])
    if report["applied"]:
        tell(f"All scores of {report['sync']} are {moved} from now on.")


def _shares(row: dict[str, Any]) -> tuple[str, str]:
    precision, recall = ("-" if row[k] is None else f"{row[k]:.1%}" for k in ("precision", "recall"))
    return precision, recall


def _name(key: LinkKey) -> str:
    return ":".join(key)


def _read(file: Path) -> list[Labelled]:
    try:
        with file.open(encoding="utf-8-sig", newline="") as stream:
            rows = list(csv.DictReader(stream))
    except (OSError, UnicodeDecodeError) as error:
        say(f"{file} cannot be read: {error}.")
        raise leave(Code.USAGE) from None
    found = []
    for number, row in enumerate(rows, start=2):
        values = [(row.get(name) or "").strip() for name in COLUMNS]
        if not all(values) or values[4].lower() not in YES | NO:
            say(f"{file}, line {number}: {', '.join(COLUMNS)} are needed, and same is yes or no.")
            raise leave(Code.USAGE)
        found.append(((values[0], values[1]), (values[2], values[3]), values[4].lower() in YES))
    return found
