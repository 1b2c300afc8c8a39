"""What is told as text of values: references by the names of what they point to. `--json` keeps the ids."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

if TYPE_CHECKING:
    from conflicts.log import Entry
    from syncer.config.files import Config
    from syncer.core.deeds import Line
    from syncer.model import Item
    from syncer.store.database import Database
    from syncer.usecases.explaining import Explained, Told
    from syncer.usecases.referents import Spot
    from syncer.usecases.steward import Steward

    Tell: TypeAlias = Callable[[Spot, Any], Any]  # a value as it is told of this spot

Out = TypeVar("Out")
Row = TypeVar("Row", bound=Any)  # a dataclass
Changed: TypeAlias = list[tuple[str, dict[str, Any]]]  # golden record, field -> before, after, where from
Plan: TypeAlias = list[dict[str, Any]]  # items that wait, each with its changes
_SIDES = ("before", "after")


def by_name(config: Config, db: Database, telling: Callable[[Tell], Out]) -> Out:
    """What `telling` makes of values. It goes through them twice: first only to show which they are, so that
    all names are looked up at once."""
    from syncer.usecases.referents import referents

    cells: list[tuple[Spot, Any]] = []

    def note(spot: Spot, value: Any) -> Any:
        cells.append((spot, value))
        return value

    telling(note)
    return telling(referents(config, db, cells).told)


def in_rows(
    config: Config, db: Database, rows: Sequence[Row], spot: Callable[[Row], Spot], *names: str
) -> list[Row]:
    """Rows that each tell of one field, which stands at the row's spot, in the attributes of these names."""

    def telling(told: Tell) -> list[Row]:
        return [replace(row, **{n: told(spot(row), getattr(row, n)) for n in names}) for row in rows]

    return by_name(config, db, telling)


def in_values(config: Config, db: Database, sync: str, values: Mapping[str, Any]) -> dict[str, Any]:
    """Golden values by field."""
    from syncer.usecases.referents import Spot

    def telling(told: Tell) -> dict[str, Any]:
        return {name: told(Spot(sync, name), value) for name, value in values.items()}

    return by_name(config, db, telling)


def in_entries(config: Config, db: Database, found: Sequence[Entry]) -> list[Entry]:
    """Entries of the conflict log."""
    from syncer.usecases.referents import Spot

    def one(told: Tell, entry: Entry) -> Entry:
        spot = Spot(entry.sync, entry.field)
        candidates = [replace(c, value=told(spot, c.value)) for c in entry.candidates]
        return replace(entry, candidates=candidates, winner=told(spot, entry.winner))

    return by_name(config, db, lambda told: [one(told, entry) for entry in found])


def in_lines(config: Config, db: Database, sync: str, lines: Sequence[Line]) -> list[Line]:
    """What an undo, a link or an unlink does to single fields."""
    from syncer.usecases.referents import Spot

    def spot(line: Line) -> Spot:
        return Spot(sync, line.field or "", "" if line.act == "golden" else line.app or "")

    return in_rows(config, db, lines, spot, "now", "back")


def in_items(config: Config, db: Database, sync: str, items: Sequence[Item]) -> list[Item]:
    """Items of a plan."""
    from syncer.usecases.referents import Spot

    def one(told: Tell, item: Item) -> Item:
        spots = {name: Spot(sync, name, item.app) for name in item.slots}
        slots = {
            name: (told(spots[name], before), told(spots[name], after))
            for name, (before, after) in item.slots.items()
        }
        return replace(item, slots=slots)

    return by_name(config, db, lambda told: [one(told, item) for item in items])


def in_two_records(
    config: Config, steward: Steward, apps: tuple[str, str], rows: Sequence[tuple[str, Any, Any]]
) -> list[tuple[str, Any, Any]]:
    """(field, what a record of the one app holds, and one of the other)."""
    from syncer.usecases.referents import Spot

    def spot(side: int, field: str) -> Spot:
        return Spot(steward.space, steward.places[apps[side]][field], apps[side])

    def telling(told: Tell) -> list[tuple[str, Any, Any]]:
        return [(f, told(spot(0, f), one), told(spot(1, f), two)) for f, one, two in rows]

    return by_name(config, steward.db, telling)


def in_explained(config: Config, db: Database, found: Sequence[Explained]) -> list[Explained]:
    """All that is explained of golden records."""

    def telling(told: Tell) -> list[Explained]:
        return [replace(one, fields=[_field(told, one.sync, said) for said in one.fields]) for one in found]

    return by_name(config, db, telling)


def _field(told: Tell, sync: str, said: Told) -> Told:
    from syncer.usecases.referents import Spot

    here = Spot(sync, said.field)
    beat, held = ([replace(c, value=told(here, c.value)) for c in some] for some in (said.beat, said.held))
    places = [
        replace(p, standing=replace(p.standing, seen=told(Spot(sync, p.slot, p.app), p.standing.seen)))
        for p in said.places
    ]
    return replace(said, value=told(here, said.value), beat=beat, held=held, places=places)


def in_run(
    config: Config,
    db: Database,
    sync: str,
    changed: Changed,
    writes: list[dict[str, Any]],
    waiting: Plan | None,
) -> tuple[Changed, list[dict[str, Any]], Plan | None]:
    """What a run changed and sent, and what waits in it; the shapes are those of `syncer.store.history`."""
    from syncer.usecases.referents import Spot

    def change(told: Tell, app: str, said: dict[str, Any]) -> dict[str, Any]:
        return said | {side: told(Spot(sync, said["field"], app), said[side]) for side in _SIDES}

    def fields(told: Tell, said: Mapping[str, Sequence[Any]], app: str = "") -> dict[str, Any]:
        """Before and after of each field; behind them stands where a golden value is from."""
        return {
            name: [*(told(Spot(sync, name, app), value) for value in of[:2]), *of[2:]]
            for name, of in said.items()
        }

    return by_name(
        config,
        db,
        lambda told: (
            [(who, fields(told, said)) for who, said in changed],
            [{**write, "slots": fields(told, write["slots"], write["app"])} for write in writes],
            waiting
            and [{**i, "changes": [change(told, i["app"], c) for c in i["changes"]]} for i in waiting],
        ),
    )
