"""Made-up contact data of three apps with known answers: one population, seen by each app with noise.

    python -m benchmarks.matching.generate --people 3000 --seed 7 --noise measure --out DIR

writes one CSV an app, and `truth.csv` (app, id, person). The same arguments give the same files.
"""

from __future__ import annotations

import argparse
import csv
import random
from dataclasses import dataclass
from pathlib import Path

from benchmarks.matching.noise import NOISES as NOISES
from benchmarks.matching.noise import Noise
from benchmarks.matching.people import population
from benchmarks.matching.seen import FIELDS, seen

APPS = ("hubspot", "mailerlite", "zendesk")


@dataclass
class Row:
    """A record of an app, with the person behind it."""

    app: str
    id: str
    person: int
    values: dict[str, str]


def rows(people: int, seed: int, noise: Noise) -> list[Row]:
    """The records of all apps, shuffled: some 2.2 for each person."""
    dice = random.Random(f"{people} {seed}")
    found = []
    for person in population(people, noise, dice):
        (apps,) = dice.choices(
            (APPS, APPS[:2], APPS[1:], (APPS[0], APPS[2]), APPS[:1], APPS[1:2], APPS[2:]),
            (40, 12, 12, 12, 8, 8, 8),
        )
        for app in apps:
            for _ in range(2 if dice.random() < noise.twice else 1):
                found.append(Row(app, "", person.key, seen(person, app, noise, dice)))
    dice.shuffle(found)
    for n, row in enumerate(found):
        row.id = str(1000 + n)
    return found


def write(found: list[Row], out: Path) -> list[Path]:
    """One CSV an app, and the truth beside them. Returns the apps' files."""
    out.mkdir(parents=True, exist_ok=True)
    files = []
    for app in APPS:
        files.append(out / f"{app}.csv")
        with files[-1].open("w", newline="", encoding="utf-8") as stream:
            writer = csv.DictWriter(stream, ["id", "app", *FIELDS])
            writer.writeheader()
            writer.writerows({"id": r.id, "app": r.app, **r.values} for r in found if r.app == app)
    with (out / "truth.csv").open("w", newline="", encoding="utf-8") as stream:
        truth = csv.writer(stream)
        truth.writerow(("app", "id", "person"))
        truth.writerows((r.app, r.id, r.person) for r in found)
    return files


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=1400)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--noise", choices=NOISES, default="measure")
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    write(rows(options.people, options.seed, NOISES[options.noise]), options.out)


if __name__ == "__main__":
    main()
