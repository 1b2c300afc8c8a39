"""Who is meant by those who link and unlink people: the two sides of a link, the records that leave. And what
keeps commands on many people from doing too much."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from syncer.core import brakes
from syncer.engine import Engine
from syncer.model import LinkKey
from syncer.store.database import Database
from syncer.store.joins import Joins
from syncer.store.records import Records
from syncer.sync import Sync
from syncer.usecases.steward import Steward
from syncer.usecases.who import People


class NotPossible(Exception):
    """What was asked for cannot be done; the text says why, and what can."""


class Held(Exception):
    """The sync waits for an answer, or a limit is passed; nothing is changed."""


def need_answered(engine: Engine) -> None:
    """Raises `Held` where a plan of the sync waits for an answer. To be asked with the lease, too: the run
    that had it may have been held."""
    with engine.db.reading():
        held = engine.ledger.held()
    if held is not None:
        raise Held(f"{engine.sync.name} is held by run {held.run}: answer it first ({held.reason}).")


class AlreadyOne(NotPossible):
    """The two are one golden record already."""


class Changed(NotPossible):
    """Whom it is about is not who was looked up any more; nothing is changed."""


def keep_within_limits(
    engine: Engine,
    counts: Counter[tuple[str, brakes.ChangeKind]],
    done: str = "done",
    instead: str = "do fewer at once",
) -> None:
    """What is done to many at once may not be more than a run may do unasked. Raises `Held`, which says what
    was not `done`, and what to do `instead`."""
    trips = brakes.tripped(counts, engine.records.linked_counts(), engine.sync.limits)
    if trips:
        said = "; ".join(map(str, trips))
        raise Held(f"Nothing was {done}, because of a limit ({said}): {instead}, or raise it (safety).")


@dataclass(frozen=True, slots=True)
class Side:
    """One side of a link: a golden record with its records, or a single record that has none yet."""

    golden: str | None
    records: tuple[LinkKey, ...]

    @property
    def name(self) -> str:
        return self.golden or ":".join(self.records[0])


def side_of_record(records: Records, key: LinkKey) -> Side:
    """The side on which a record stands. Call inside a reading."""
    golden = records.golden_of(key[0], [key[1]]).get(key[1])
    return Side(None, (key,)) if golden is None else Side(golden, tuple(records.keys_of([golden])[golden]))


def changed_since(records: Records, sides: Iterable[Side]) -> dict[Side, str]:
    """Those sides that are not what they were when they were looked up, and what became of them: what was
    shown of them is not what would be done. Call with the lease, inside a reading or the transaction that
    acts on them."""
    sides = list(dict.fromkeys(sides))
    known = [side.golden for side in sides if side.golden is not None]
    theirs, survivors = records.keys_of(known), Joins(records.db, records.space).survivors(known)
    linked = records.goldens_of(key for side in sides if side.golden is None for key in side.records)
    changed = dict[Side, str]()
    for side in sides:
        if side.golden is None:
            into = next((linked[key] for key in side.records if key in linked), side.golden)
        else:
            into = survivors[side.golden]
        if into != side.golden:
            changed[side] = f"{side.name} became part of {into} meanwhile: look at it again."
        elif side.golden is not None and {*side.records} != {*theirs.get(side.golden, ())}:
            changed[side] = f"{side.name} has other records than it had: look at it again."
    return changed


def said_to_be_two(
    db: Database, space: str, pairs: Sequence[tuple[LinkKey, LinkKey]]
) -> dict[tuple[LinkKey, LinkKey], str]:
    """Those pairs of records that a person told apart, themselves or by whom the pairs before them make one
    with them, and which. Call with the lease, inside the transaction that acts on them."""
    apart = Steward(db, space, ()).told_apart(pairs)
    said = {pair: apart.unite(*pair) for pair in pairs}
    return {
        pair: f"{':'.join(two[0])} and {':'.join(two[1])} were said to be two meanwhile"
        for pair, two in said.items()
        if two is not None
    }


def together(pairs: Iterable[tuple[Side, Side]]) -> list[list[Side]]:
    """The sides that become one, however many pairs lead from one to the other."""
    groups: dict[str, dict[str, Side]] = {}
    for pair in pairs:
        joint: dict[str, Side] = {}
        for side in pair:
            joint |= groups.get(side.name, {side.name: side})
        for name in joint:
            groups[name] = joint
    return [list(joint.values()) for joint in {id(joint): joint for joint in groups.values()}.values()]


def side_of(people: People, who: str) -> Side | None:
    """The golden record or single record that goes by a name; None where nobody does. Raises `NotPossible`
    where several do."""
    keys = people.standing(who)
    goldens = people.goldens(keys)
    if len(goldens) > 1 or (not goldens and len(keys) > 1):
        found = ", ".join(goldens or (":".join(key) for key in keys))
        raise NotPossible(f"'{who}' is more than one: {found}. Name one of them.")
    if goldens:
        return Side(goldens[0], tuple(people.records[goldens[0]]))
    return Side(None, keys) if keys else None


def leaving_of(
    sync: Sync, db: Database, people: People, names: Sequence[str]
) -> tuple[Side, list[LinkKey]] | None:
    """(golden record, records that are to leave it) of what was named: single records, or a name that only
    some of its records go by; of two records the one whose app comes later leaves. None where nobody is
    known. Raises `NotPossible` where it cannot be told."""
    keys = {key for name in names for key in people.named(name) if key in people.golden}
    goldens = people.goldens(keys)
    if not goldens:
        return None
    if len(goldens) > 1:
        raise NotPossible(f"These are several golden records already: {', '.join(goldens)}.")
    (golden,) = goldens
    place = {app: n for n, app in enumerate(sync.mapping.order)}
    all_ = sorted(people.records[golden], key=lambda k: (place.get(k[0], 99), k[1]))
    if len(all_) < 2:
        raise NotPossible(
            f"{golden} has one record only, {':'.join(all_[0])}: there is nothing to take apart."
        )
    if not any(":" in name for name in names):
        with db.reading():  # what we made goes by the names of the others
            keys |= {k for k, rows in Records(db, sync.name).keys.by_record(all_).items() if not rows}
    if len(keys) == len(all_) == 2:
        keys = {all_[-1]}
    if len(keys) == len(all_):
        told = ", ".join(":".join(key) for key in all_)
        raise NotPossible(f"Say which records leave {golden}: one or more of {told}.")
    return Side(golden, tuple(people.records[golden])), [key for key in all_ if key in keys]
