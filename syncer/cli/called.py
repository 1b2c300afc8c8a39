"""What is told as text of values: references by the names of what they point to. `--json` keeps the ids."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

if TYPE_CHECKING:
    from conflicts.log import Entry
    from syncer.config.files import Config
    from syncer.core.deeds import Line
    from syncer.model import Item
    from syncer.store.database import Database
    from syncer.usecases.explaining import Explained, Told
    from syncer.usecases.referents import Referents, Spot
    from syncer.usecases.steward import Steward

Row = TypeVar("Row", bound=Any)  # a dataclass
Changed: TypeAlias = list[tuple[str, dict[str, Any]]]  # golden record, field -> before, after, where from
Plan: TypeAlias = list[dict[str, Any]]  # items that wait, each with its changes
_SIDES = ("before", "after")


def in_rows(
    config: Config, db: Database, rows: Sequence[Row], spot: Callable[[Row], Spot], *names: str
) -> list[Row]:
    """Rows that each tell of one field, which stands at the row's spot, in the attributes of these names."""
    from syncer.usecases.referents import referents

    known = referents(config, db, [(spot(row), getattr(row, name)) for row in rows for name in names])
    return [
        replace(row, **{name: known.told(spot(row), getattr(row, name)) for name in names}) for row in rows
    ]


def in_values(
    config: Config, db: Database, sync: str, values: Mapping[str, Any], app: str = ""
) -> dict[str, Any]:
    """Values by field."""
    from syncer.usecases.referents import Spot, referents

    cells = {name: (Spot(sync, name, app), value) for name, value in values.items()}
    known = referents(config, db, cells.values())
    return {name: known.told(*cell) for name, cell in cells.items()}


def in_entries(config: Config, db: Database, found: Sequence[Entry]) -> list[Entry]:
    """Entries of the conflict log."""
    from syncer.usecases.referents import Spot, referents

    def spot(entry: Entry) -> Spot:
        return Spot(entry.sync, entry.field)

    def told(entry: Entry) -> Entry:
        candidates = [replace(c, value=known.told(spot(entry), c.value)) for c in entry.candidates]
        return replace(entry, candidates=candidates, winner=known.told(spot(entry), entry.winner))

    cells = [(spot(e), value) for e in found for value in (e.winner, *(c.value for c in e.candidates))]
    known = referents(config, db, cells)
    return [told(entry) for entry in found]


def in_lines(config: Config, db: Database, sync: str, lines: Sequence[Line]) -> list[Line]:
    """What an undo, a link or an unlink does to single fields."""
    from syncer.usecases.referents import Spot

    def spot(line: Line) -> Spot:
        return Spot(sync, line.field or "", "" if line.act == "golden" else line.app or "")

    return in_rows(config, db, lines, spot, "now", "back")


def in_items(config: Config, db: Database, sync: str, items: Sequence[Item]) -> list[Item]:
    """Items of a plan."""
    from syncer.usecases.referents import Spot, referents

    cells = [(Spot(sync, name, i.app), value) for i in items for name in i.slots for value in i.slots[name]]
    known = referents(config, db, cells)

    def told(item: Item) -> Item:
        spots = {name: Spot(sync, name, item.app) for name in item.slots}
        slots = {
            name: (known.told(spots[name], before), known.told(spots[name], after))
            for name, (before, after) in item.slots.items()
        }
        return replace(item, slots=slots)

    return [told(item) for item in items]


def in_two_records(
    config: Config, steward: Steward, apps: tuple[str, str], rows: Sequence[tuple[str, Any, Any]]
) -> list[tuple[str, Any, Any]]:
    """(field, what a record of the one app holds, and one of the other)."""
    from syncer.usecases.referents import Spot, referents

    def spot(side: int, field: str) -> Spot:
        return Spot(steward.space, steward.places[apps[side]][field], apps[side])

    cells = [(spot(side, row[0]), row[side + 1]) for row in rows for side in (0, 1)]
    known = referents(config, steward.db, cells)
    return [(f, known.told(spot(0, f), one), known.told(spot(1, f), two)) for f, one, two in rows]


def in_explained(config: Config, db: Database, found: Sequence[Explained]) -> list[Explained]:
    """All that is explained of golden records."""
    from syncer.usecases.referents import referents

    known = referents(config, db, [cell for one in found for t in one.fields for cell in _cells(one.sync, t)])
    return [replace(one, fields=[_told(one.sync, t, known) for t in one.fields]) for one in found]


def _cells(sync: str, said: Told) -> Iterator[tuple[Spot, Any]]:
    from syncer.usecases.referents import Spot

    here = Spot(sync, said.field)
    yield here, said.value
    yield from ((here, c.value) for c in (*said.beat, *said.held))
    yield from ((Spot(sync, place.slot, place.app), place.standing.seen) for place in said.places)


def _told(sync: str, said: Told, known: Referents) -> Told:
    from syncer.usecases.referents import Spot

    here = Spot(sync, said.field)
    beat, held = (
        [replace(c, value=known.told(here, c.value)) for c in some] for some in (said.beat, said.held)
    )
    places = [
        replace(p, standing=replace(p.standing, seen=known.told(Spot(sync, p.slot, p.app), p.standing.seen)))
        for p in said.places
    ]
    return replace(said, value=known.told(here, said.value), beat=beat, held=held, places=places)


def in_run(
    config: Config,
    db: Database,
    sync: str,
    changed: Changed,
    writes: list[dict[str, Any]],
    waiting: Plan | None,
) -> tuple[Changed, list[dict[str, Any]], Plan | None]:
    """What a run changed and sent, and what waits in it; the shapes are those of `syncer.store.history`."""
    from syncer.usecases.referents import Spot, referents

    cells = [(Spot(sync, f), v) for _, fields in changed for f, said in fields.items() for v in said[:2]]
    for write in writes:
        cells += [(Spot(sync, f, write["app"]), v) for f, said in write["slots"].items() for v in said]
    for item in waiting or ():
        cells += [(Spot(sync, c["field"], item["app"]), c[side]) for c in item["changes"] for side in _SIDES]
    known = referents(config, db, cells)

    def change(app: str, said: dict[str, Any]) -> dict[str, Any]:
        return said | {side: known.told(Spot(sync, said["field"], app), said[side]) for side in _SIDES}

    def fields(said: Mapping[str, Sequence[Any]], app: str = "") -> dict[str, Any]:
        """Before and after of each field; behind them stands where a golden value is from."""
        return {
            name: [*(known.told(Spot(sync, name, app), value) for value in of[:2]), *of[2:]]
            for name, of in said.items()
        }

    return (
        [(who, fields(said)) for who, said in changed],
        [{**write, "slots": fields(write["slots"], write["app"])} for write in writes],
        waiting and [{**i, "changes": [change(i["app"], c) for c in i["changes"]]} for i in waiting],
    )
