"""How long one new record takes against many that are known, matched as in a sync: by the index in the state.

    python -m benchmarks.matching.one_record --known 1000000

makes a state with so many linked records in a folder of its own, then matches new ones, one at a time. What a
run does besides (reading the app, deciding, writing) is not in it. Prints the median and the slowest tenth,
in wall time and in time of this process.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.matching.generate import NOISES, Row, rows
from connectors.contract import FieldSpec, Options
from connectors.memory import MemoryApp, MemoryConnector, Traits
from mappings.load import load
from syncer.matching.columns import Columns
from syncer.matching.frequencies import counted
from syncer.matching.keys import Keys, keys_of
from syncer.model import Link, Observation
from syncer.steps.match import find_matches
from syncer.store.database import Database
from syncer.store.decisions import Decisions
from syncer.store.records import Records
from syncer.sync import App, Sync

APPS = ("hubspot", "mailerlite", "zendesk")
FIELDS = ("email", "first_name", "last_name", "phone", "city", "country")
EXACT, NAMES = ("email", "phone"), ("first_name", "last_name")
NOW = datetime(2030, 1, 1, tzinfo=UTC)
PER_PERSON, LEARNT_FROM, BATCH = 2.15, 100_000, 250_000
CACHE = -500_000  # KiB of the index kept in memory while it is made


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--known", type=int, default=1_000_000)
    parser.add_argument("--new", type=int, default=300)
    options = parser.parse_args()
    made = rows(int((options.known + options.new) / PER_PERSON) + 100, 4711, NOISES["measure"])
    new, known = made[: options.new], made[options.new : options.new + options.known]
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{Path(folder) / 'state.db'}"
        _fill(Records(Database(url), "contacts"), known)
        records, sync = Records(Database(url), "contacts"), _sync(Path(folder))
        times = list(_times(sync, records, new))
    for kind, found in zip(("wall", "process"), zip(*times, strict=True), strict=True):
        tenth = sorted(found)[int(len(found) * 0.9)]
        print(f"{len(known)} known: {statistics.median(found):.1f} ms {kind}, slowest tenth {tenth:.1f} ms")


def _times(sync: Sync, records: Records, new: Sequence[Row]) -> Iterator[tuple[float, float]]:
    """Milliseconds to match each, alone: wall time, process time."""
    for row in new:
        keys = _keys(row)
        with records.db.transaction():
            records.save_observations([Observation(row.app, row.id, {}, NOW)])
            records.keys.save([keys.key], keys.stored())
        with records.db.transaction():
            began, used = time.perf_counter(), time.process_time()
            find_matches(sync, records, APPS, ())
            used, began = time.process_time() - used, time.perf_counter() - began
            yield began * 1000, used * 1000
        with records.db.transaction():
            records.db.run("DELETE FROM observation")


def _fill(records: Records, known: Sequence[Row]) -> None:
    """Linked records in the index, and the weights that a first sync leaves. In few, sorted portions: an
    index takes keys in order ten times faster."""
    slots = dict.fromkeys(APPS, ())
    sample = []
    for at in range(0, len(known), BATCH):
        some = known[at : at + BATCH]
        keys = [_keys(row) for row in some]
        links = [Link(row.app, row.id, f"g{row.person}") for row in some]
        sample += [k.traits for k in keys[: max(0, LEARNT_FROM - at)]]
        with records.db.transaction():
            records.db.run(f"PRAGMA cache_size = {CACHE}")
            records.keys.save([], sorted(stored for k in keys for stored in k.stored()))
            records.save_links(sorted(links, key=lambda link: link.key), slots)
    with records.db.transaction():
        decisions = Decisions(records.db, records.space)
        decisions.save_weights(counted(Columns(sample)), len(known))


def _keys(row: Row) -> Keys:
    exact = {kind: row.values[kind] for kind in EXACT}
    return keys_of(row.app, row.id, row.values | exact, {}, EXACT, NAMES)


def _sync(folder: Path) -> Sync:
    """A sync of three apps, of which only the mapping counts."""
    traits = Traits(fields=tuple(FieldSpec(name) for name in FIELDS))
    apps = {name: MemoryConnector(Options(name), MemoryApp(traits)) for name in APPS}
    specs = {name: connector.describe("contacts") for name, connector in apps.items()}
    everywhere = {name: ", ".join(f"{app}: {name}" for app in APPS) for name in FIELDS}
    places = "".join(f"  {name}: {{type: text, in: {{{held}}}}}\n" for name, held in everywhere.items())
    objects = "".join(f"  {app}: {{object: contacts}}\n" for app in APPS)
    match = "match: {exact: [email, phone], names: [first_name, last_name], fuzzy: true}\n"
    file = folder / "mapping.yaml"
    file.write_text(f"object: contact\napps:\n{objects}{match}rule: newest\nfields:\n{places}")
    mapping = load(file, {name: spec.fields for name, spec in specs.items()})
    return Sync("contacts", mapping, {n: App(n, "contacts", c, specs[n]) for n, c in apps.items()})


if __name__ == "__main__":
    main()
