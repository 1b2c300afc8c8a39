"""`syncer review`: doubtful matches, decided one at a time or by name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from conflicts.log import shown
from syncer.cli import questions
from syncer.cli.called import in_two_records
from syncer.cli.codes import Code, leave
from syncer.cli.output import facts, give, say, table, tell
from syncer.cli.session import CONFIG, AsJson, ConfigFile, hint, loaded
from syncer.words import counted

if TYPE_CHECKING:
    from mappings.schema import FieldModel
    from syncer.config.files import Config
    from syncer.store.database import Database
    from syncer.store.decisions import Verdict
    from syncer.usecases.steward import Steward

    Question = tuple[Steward, dict[str, Any]]

Name = Annotated[str, typer.Argument(metavar="ID", help="Its id in the list: app:record.")]
app = typer.Typer(
    help="Decide whether two records are one person: doubtful matches.", invoke_without_command=True
)


@contextmanager
def stewards(path: Path) -> Iterator[list[Steward]]:
    """One for each sync of the config."""
    config = loaded(path)
    from syncer.store.database import Database

    db = Database(config.state)
    try:
        yield stewards_of(config, db)
    finally:
        db.close()


def stewards_of(config: Config, db: Database) -> list[Steward]:
    from syncer.usecases.steward import Steward

    return [
        Steward(db, name, sync.draft.model.match.exact, sync.draft.places, _unions(sync.draft.model.fields))
        for name, sync in config.syncs.items()
    ]


def _unions(fields: Mapping[str, FieldModel]) -> set[str]:
    return {name for name, one in fields.items() if one.rule is not None and one.rule.kind == "union"}


@app.callback()
def one_by_one(context: typer.Context, config: ConfigFile = CONFIG) -> None:
    """Without a command: ask about one after the other, the likeliest first."""
    if context.invoked_subcommand is not None:
        return
    known = loaded(config)
    with stewards(config) as found:
        open_ = [(s, r) for s in found for r in s.reviews()]
        if not open_:
            tell("No doubtful match waits for you.")
            return
        said: list[tuple[Question, Verdict]] = questions.one_by_one(
            open_, partial(_ask, known), lambda question: _keys(question[1]), lambda _, key: _VERDICTS[key]
        )
        now = datetime.now(UTC)
        late = [
            review["id"] for (steward, review), verdict in said if not steward.answer(review, verdict, now)
        ]
    for name in late:
        say(f"{name} {_LATE}")
    if len(late) < len(said) or not said:
        tell(f"\n{hint('sync', config)} acts on your answers.")
    raise leave(Code.LEFTOVERS if late else Code.DONE)


def _ask(config: Config, question: Question) -> None:
    """What is in doubt, and what the two records hold, side by side."""
    steward, review = question
    _show(review)
    rows = steward.side_by_side(review)
    if rows:
        tell()
        columns = ("", review["id"], f"{review['other_app']}:{review['other_record']}")
        by_name = in_two_records(config, steward, (review["app"], review["other_app"]), rows)
        table(columns, [(name, shown(one), shown(two)) for name, one, two in by_name])


def _keys(review: Mapping[str, Any]) -> dict[str, str]:
    if _was_forgotten(review):
        return {"y": "let it in again", "n": "keep it out"}
    return {"y": "one person", "n": "two"}


def _was_forgotten(review: Mapping[str, Any]) -> bool:
    """Whether it is a record with an address or the id of somebody who was forgotten, and resembles none."""
    from syncer.forgotten import ERASED

    return bool(review["other_app"] == ERASED)


_LATE = "does not wait any more: it was answered meanwhile, or a sync has moved on. Your answer was left out."
_VERDICTS: dict[str, Verdict] = {"y": "together", "n": "never"}


@app.command("list")
def list_(as_json: AsJson = False, config: ConfigFile = CONFIG) -> None:
    """List the doubtful matches that wait, the likeliest first."""
    with stewards(config) as found:
        reviews = [r for s in found for r in s.reviews()]
    if as_json:
        give(reviews)
    elif reviews:
        table(
            ("id", "resembles", "score", "why"),
            [(r["id"], f"{r['other_app']}:{r['other_record']}", r["score"], r["reason"]) for r in reviews],
        )
        tell(f"\n{hint('review', config)} asks about one after the other.")
    else:
        tell("No doubtful match waits for you.")


@app.command("show")
def show(name: Name, as_json: AsJson = False, config: ConfigFile = CONFIG) -> None:
    """Show a doubtful match, with the evidence for and against."""
    with stewards(config) as found:
        steward, review = _find(found, name)
        evidence = steward.explain(
            (review["app"], review["record"]), (review["other_app"], review["other_record"])
        )
    if as_json:
        give({**review, "evidence": [{"found": w, "weight": round(x, 2)} for w, x in evidence.parts]
              if evidence else []})  # fmt: skip
        return
    _show(review)
    if evidence:
        table(("found", "weight"), [(what, round(weight, 1)) for what, weight in evidence.parts])


@app.command("accept")
def accept(name: Name, config: ConfigFile = CONFIG) -> None:
    """They are one person: the next sync links them. Remembered until it is undone. A new record of somebody
    who was forgotten is let in."""
    _answer(name, config, "together")


@app.command("reject")
def reject(name: Name, config: ConfigFile = CONFIG) -> None:
    """They are two: never linked, never asked again. Remembered until it is undone. A new record of somebody
    who was forgotten is kept out."""
    _answer(name, config, "never")


@app.command("undo")
def undo(name: Name, config: ConfigFile = CONFIG) -> None:
    """Forget what was decided about a record. A link that was made stays; its question may come again."""
    record = _record(name)
    with stewards(config) as found:
        number = sum(s.take_back(record) for s in found)
    if not number:
        say(f"Nothing was decided about {name}.")
        raise leave(Code.USAGE)
    tell(f"{counted(number, 'decision', 'decisions')} about {name} forgotten.")


def _answer(name: str, config: Path, verdict: Verdict) -> None:
    with stewards(config) as found:
        steward, review = _find(found, name)
        in_time = steward.answer(review, verdict, datetime.now(UTC))
    if not in_time:
        say(f"{name} {_LATE}")
        raise leave(Code.LEFTOVERS)
    yes = verdict == "together"
    if _was_forgotten(review):
        what = f"{name} is {'let in again, as somebody new' if yes else 'kept out'}."
    else:
        other = f"{review['other_app']}:{review['other_record']}"
        what = f"{name} and {other} {'are one and the same' if yes else 'stay apart'}."
    tell(f"{what} {hint('sync', config)} acts on it.")


def _find(found: list[Steward], name: str) -> tuple[Steward, dict[str, Any]]:
    record = _record(name)
    for steward in found:
        if review := steward.review(record):
            return steward, review
    say(f"No doubtful match {name} waits. syncer review list shows those that do.")
    raise leave(Code.USAGE)


def _record(name: str) -> tuple[str, str]:
    app_, _, id = name.partition(":")
    return app_, id


def _show(review: dict[str, Any]) -> None:
    facts(
        {
            "record": review["id"],
            "resembles": f"{review['other_app']}:{review['other_record']}",
            "score": review["score"],
            "why": review["reason"],
        }
    )
