"""`syncer state`: is what syncer remembers sound; copy it, put it back, change its key."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from syncer.cli.codes import Code, leave
from syncer.cli.output import facts, give, say, tell
from syncer.cli.session import CONFIG, AsJson, ConfigFile, hint, loaded
from syncer.words import counted

if TYPE_CHECKING:
    from syncer.config.files import Config
    from syncer.store.database import Database

app = typer.Typer(help="Check, back up or restore what syncer remembers.", no_args_is_help=True)

File = Annotated[Path, typer.Argument(metavar="FILE", help="The backup.")]


@app.command()
def check(as_json: AsJson = False, config: ConfigFile = CONFIG) -> None:
    """Read the whole state and say whether it is sound. Changes nothing."""
    with _opened(config) as (known, db):
        found = _findings(known, db)
    if as_json:
        give(found)
    else:
        _show(found, config)
    raise leave(Code.DONE if found["ok"] else Code.FAILED)


@app.command()
def backup(file: File, as_json: AsJson = False, config: ConfigFile = CONFIG) -> None:
    """Copy the state to a new file. A run may be going on: the copy shows one moment of it."""
    from syncer.forgotten import Marks
    from syncer.store import copies

    with _opened(config) as (known, db):
        copies.backup(db, file, datetime.now(UTC))
    size, marks = file.stat().st_size, Marks(known.forgotten_dir)
    if as_json:
        give({"file": str(file), "bytes": size})
    else:
        tell(f"The state was copied to {file} ({size / 1_000_000:.1f} MB). It holds customer data.")
        if marks:
            tell(
                f"Who was forgotten is kept in the folder {marks.folder}, not in the copy: take it along to"
                " another computer, or those people come back there."
            )


@app.command()
def restore(file: File, as_json: AsJson = False, config: ConfigFile = CONFIG) -> None:
    """Put a backup in the place of the state. The next run reads every app from the start."""
    from syncer.forgotten import Marks
    from syncer.ports import Ports
    from syncer.running.cleaning import finish
    from syncer.store import copies
    from syncer.store.history import History
    from syncer.usecases.forgetting import erase_again

    ports, known = Ports(), loaded(config)
    with _usable(config, file) as (db, aside):
        done = copies.restore(db, file, ports.now(), ports.alive, partial(erase_again, known, db))
        finish(db, Marks(known.forgotten_dir))
        with db.reading():
            unmarked = not Marks(known.forgotten_dir) and History(db).has_forgotten()
    again = done.taken_out
    replaced = aside or done.replaced
    former = str(replaced) if replaced is not None else None
    told = {"file": str(file), "made": done.made, "replaced": former, "forgotten": again}
    if as_json:
        give(told)
        return
    before = f"What it was before is in {former}." if former else "Nothing was in it before."
    tell(f"The state is that of {done.made or file} again. {before}")
    tell(
        "The apps are ahead of it: the next run reads all of them and catches up. Creates wait for your word."
    )
    if again:
        were = counted(again, "record was", "records were")
        tell(f"Of people who were forgotten since, {were} taken out of it again.")
    if unmarked:
        tell(
            f"People were forgotten here, and the folder {known.forgotten_dir} does not say who: copy"
            " it from where the backup was made before the next run, or they come back."
        )
    tell(f"See what it would do: {hint('plan', config)}")


@app.command()
def key() -> None:
    """Print a new key for state.key. Keep it outside the config and the state."""
    from syncer.store.vault import new_key

    tell(new_key())


@app.command()
def reseal(as_json: AsJson = False, config: ConfigFile = CONFIG) -> None:
    """Seal the secrets in the state with the key under state.key; the old one can be removed then."""
    from syncer.store.vault import Secrets, Vault

    with _opened(config) as (known, db):
        vault = Vault(known.state_keys)
        if not vault.seals:
            raise typer.BadParameter("the config has no state.key. syncer state key makes one")
        with db.transaction():
            number = Secrets(db, vault).reseal()
    give({"sealed": number}) if as_json else tell(f"{number} secrets were sealed anew.")


@contextmanager
def _opened(path: Path) -> Iterator[tuple[Config, Database]]:
    known = loaded(path)
    from syncer.store.database import Database

    db = Database(known.state)
    try:
        yield known, db
    finally:
        db.close()


@contextmanager
def _usable(path: Path, file: Path) -> Iterator[tuple[Database, Path | None]]:
    """The state to restore into. A damaged file is put aside, and its path given."""
    known = loaded(path)
    from syncer.store.address import parse
    from syncer.store.copies import put_aside
    from syncer.store.database import Database
    from syncer.store.errors import StateDamaged, StateError
    from syncer.store.inspection import damage

    if not file.is_file():
        raise StateError(f"There is no file {file}.")
    aside = None
    try:
        db = Database(known.state)
        if damage(db):
            db.close()
            raise StateDamaged
    except StateDamaged:
        aside = put_aside(Path(str(parse(known.state).database)), datetime.now(UTC))
        say(f"The state cannot be read any more; it was put aside as {aside}.")
        db = Database(known.state)
    try:
        yield db, aside
    finally:
        db.close()


def _findings(known: Config, db: Database) -> dict[str, Any]:
    import orjson

    from syncer.store import inspection, migrate
    from syncer.store.history import History
    from syncer.store.vault import Secrets, Vault

    vault = Vault(known.state_keys)
    problems = inspection.problems(db, vault)
    found: dict[str, Any] = {
        "ok": not problems,
        "database": "sqlite" if db.is_sqlite else "postgresql",
        "version": migrate.HEAD,
        "bytes": db.file.stat().st_size if db.file is not None else None,
        "problems": problems,
    }
    with db.reading():
        if not inspection.damage(db):
            restored = History(db).fact("restored")
            sealed = [kept for kept in Secrets(db, vault).kept().values() if kept.startswith("sealed:")]
            found |= {"counts": inspection.counts(db), "sealed": len(sealed)}
            found["restored"] = orjson.loads(restored) if restored else None
    return found


def _show(found: dict[str, Any], config: Path) -> None:
    told = {"database": found["database"], "version": found["version"]}
    if found["bytes"] is not None:
        told["size"] = f"{found['bytes'] / 1_000_000:.1f} MB"
    told |= {name.replace("_", " "): number for name, number in found.get("counts", {}).items()}
    if found.get("restored"):
        at, of = found["restored"]["at"], found["restored"]["of"]
        source = f"a backup of {of}" if of else "a copy that syncer did not make"
        told["restored"] = f"{at[:19]}Z from {source}"
    facts(told)
    for problem in found["problems"]:
        tell(f"wrong: {problem}")
    if found["ok"]:
        tell("The state is sound.")
    else:
        tell(f"Stop the runs, and put a backup back: {hint('state restore FILE', config)}")
