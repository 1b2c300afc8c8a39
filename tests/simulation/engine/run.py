"""Play many histories: ``python -m tests.simulation.engine.run --seeds 0:10000 --jobs 2``."""

from __future__ import annotations

import argparse
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from multiprocessing import Pool
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.postgres import Databases
from tests.simulation.engine import remapped, stewarded, undone
from tests.simulation.engine.history import Played, play
from tests.simulation.engine.world import file_url
from tests.simulation.typed import history as typed

CHUNK = 100


def seeds_of(text: str) -> range:
    """``10000`` is the first ten thousand seeds; ``a:b`` those from a up to b."""
    low, colon, high = text.partition(":")
    return range(int(low), int(high)) if colon else range(int(low))


@contextmanager
def place_of(store: str) -> Iterator[str]:
    """The URL of an empty state of this kind, for one history."""
    with TemporaryDirectory() as folder:
        if store == "file":
            yield file_url(Path(folder))
            return
        databases = Databases()
        try:
            yield databases.url(folder)
        finally:
            databases.drop()


SORTS: dict[str, Callable[[int], Played]] = {
    "plain": play,
    "undone": undone.play,
    "stewarded": stewarded.play,
    "remapped": remapped.play,
}
PLAYS = SORTS | {"typed": typed.play}  # whose worlds are drawn in another way


def _play(store: str, sort: str, seeds: range) -> tuple[list[Played], int]:
    found, runs = [], 0
    for seed in seeds:
        if store == "plain":
            played = PLAYS[sort](seed)
        else:
            with place_of(store) as place:
                played = play(seed, place=place)
        runs += played.runs
        if played.violations:
            found.append(played)
    return found, runs


def _commit() -> str:
    asked = ["git", "rev-parse", "--short", "HEAD"]  # which engine it was
    try:
        return subprocess.run(asked, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return "unknown"


def _told(played: Played, commit: str) -> Iterator[str]:
    yield f"seed {played.seed}, commit {commit}:"
    yield from (f"  {line}" for line in played.violations)
    yield "  the last events:"
    yield from (f"    {line}" for line in played.events)


def main() -> int:
    """Prints violations with their last events, and histories a minute. Exit code 1 where there are any."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=seeds_of, default=range(10_000), help="how many, or from:to")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--store", choices=("plain", "file", "postgresql"), default="plain")
    kinds = parser.add_mutually_exclusive_group()
    kinds.add_argument("--undo", dest="sort", action="store_const", const="undone", help="an undo in each")
    kinds.add_argument(
        "--steward",
        dest="sort",
        action="store_const",
        const="stewarded",
        help="a person settles, links, repairs",
    )
    kinds.add_argument(
        "--remap", dest="sort", action="store_const", const="remapped", help="the mapping goes on changing"
    )
    kinds.add_argument(
        "--typed", dest="sort", action="store_const", const="typed", help="a mapping of all types is drawn"
    )
    parser.set_defaults(sort="plain")
    parser.add_argument("--show", type=int, default=3, help="how many violations to print in full")
    options = parser.parse_args()
    seeds, began = options.seeds, time.monotonic()
    chunks = [seeds[at : at + CHUNK] for at in range(0, len(seeds), CHUNK)]
    found: list[Played] = []
    runs = 0
    with Pool(options.jobs) as pool:
        for some, ran in pool.imap_unordered(partial(_play, options.store, options.sort), chunks):
            found += some
            runs += ran
    found.sort(key=lambda p: p.seed)
    for played in found[: options.show]:
        print("\n".join(_told(played, _commit())))
    for played in found[options.show :][:40]:
        print(f"seed {played.seed}: {played.violations[0][:200]}")
    broken_by = Counter(p.violations[0].partition(":")[0] for p in found)
    rate = len(seeds) / (time.monotonic() - began) * 60
    kind = f"{options.store} store" if options.sort == "plain" else options.sort
    what = f"seeds {seeds.start}:{seeds.stop}, commit {_commit()}, {kind}"
    broken = f"{len(found)} with violations {dict(broken_by) or ''}".rstrip()
    print(f"{what}: {len(seeds)} histories, {runs} runs, {broken}, {rate:,.0f} histories a minute")
    return 1 if found else 0


if __name__ == "__main__":
    raise SystemExit(main())
