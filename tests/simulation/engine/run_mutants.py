"""Plant each error in turn and look for it: ``python -m tests.simulation.engine.run_mutants``."""

from __future__ import annotations

import argparse
import time
from functools import partial
from multiprocessing import Pool

from tests.simulation.engine.history import play
from tests.simulation.engine.mutant import first_shown
from tests.simulation.engine.mutants import BY_NAME, MUTANTS

MOST = 2_000


def look_for(name: str) -> tuple[str, int | None, str, float]:
    """(name, histories played until it was found, what broke, seconds); None where it was not found."""
    mutant, began = BY_NAME[name], time.monotonic()
    shown = first_shown(mutant, partial(play, wish=mutant.wish), MOST)
    histories, what = (shown[0] + 1, shown[1]) if shown else (None, "")
    return name, histories, what, time.monotonic() - began


def main() -> int:
    """Prints a row for each error. Exit code 1 where one was not found."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--only", nargs="*", default=[m.name for m in MUTANTS])
    options = parser.parse_args()
    began, missed = time.monotonic(), 0
    with Pool(options.jobs) as pool:
        for name, histories, what, seconds in pool.imap(look_for, options.only):
            missed += histories is None
            found = f"after {histories:5} histories: {what[:90]}" if histories else "NOT FOUND"
            print(f"{name:32} {found} ({seconds:.0f} s)", flush=True)
    print(f"{len(options.only)} errors, {missed} not found, {time.monotonic() - began:.0f} seconds")
    return 1 if missed else 0


if __name__ == "__main__":
    raise SystemExit(main())
