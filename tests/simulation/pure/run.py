"""Play many random histories: ``python -m tests.simulation.pure.run --seeds 0:100000 --jobs 2``."""

from __future__ import annotations

import argparse
import time
from collections import Counter
from multiprocessing import Pool

from tests.simulation.pure.history import run_history

CHUNK = 500


def _play(seeds: range) -> list[tuple[int, list[str]]]:
    found = []
    for seed in seeds:
        try:
            violations = run_history(seed)
        except Exception as error:
            violations = [f"error: {type(error).__name__}: {error}"]
        if violations:
            found.append((seed, violations))
    return found


def main() -> int:
    """Prints trials, violations by kind, and trials a minute. Exit code 1 where there are violations."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", default="0:1000", help="from:to")
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--show", type=int, default=20, help="how many violations to print")
    options = parser.parse_args()
    low, high = map(int, options.seeds.split(":"))
    began = time.monotonic()
    chunks = [range(at, min(at + CHUNK, high)) for at in range(low, high, CHUNK)]
    with Pool(options.jobs) as pool:
        found = [each for some in pool.imap_unordered(_play, chunks) for each in some]
    seconds = time.monotonic() - began
    kinds = Counter(line.partition(":")[0] for _, lines in found for line in lines[:1])
    for seed, lines in sorted(found)[: options.show]:
        print(f"seed {seed}: {lines[0][:300]}")
    rate = (high - low) / seconds * 60
    print(f"{high - low} trials, {len(found)} with violations {dict(kinds)}, {rate:,.0f} a minute")
    return 1 if found else 0


if __name__ == "__main__":
    raise SystemExit(main())
