"""How others match the same records: an equal address, address or phone, splink, recordlinkage.

Each is given the same columns (names in Latin letters, address, the phone's last digits, company, city) and
returns scored pairs. The threshold is the best one on tuning data, made with another seed and another noise.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import Any

from anyascii import anyascii

from benchmarks.matching.generate import Row

Pairs = list[tuple[float, int, int]]  # (score, row, row)
Matcher = Callable[[Sequence[Row]], Pairs]
COLUMNS = ("first", "last", "email", "phone", "company", "city")


def plain(row: Row) -> dict[str, str]:
    """The values of a record as an analyst would prepare them."""
    first, last = row.values["first_name"], row.values["last_name"]
    if not last:
        first, _, last = (first or row.values["name"]).strip().partition(" ")
    digits = "".join(str(int(c)) for c in row.values["phone"] if c.isdecimal())
    return {
        "first": anyascii(first).strip().lower(),
        "last": anyascii(last).strip().lower(),
        "email": row.values["email"].strip().lower(),
        "phone": digits[-8:],
        "company": anyascii(row.values["company"]).strip().lower(),
        "city": anyascii(row.values["city"]).strip().lower(),
    }


def equal(*names: str) -> Matcher:
    """Records that have an equal value in any of these columns."""

    def match(rows: Sequence[Row]) -> Pairs:
        found: Pairs = []
        for name in names:
            holders: dict[str, list[int]] = defaultdict(list)
            for n, row in enumerate(rows):
                if value := plain(row)[name]:
                    holders[value].append(n)
            found += [(1.0, held[0], n) for held in holders.values() for n in held[1:]]
        return found

    return match


def splink(rows: Sequence[Row]) -> Pairs:
    """Splink's model with term frequencies, trained without labels."""
    import splink.comparison_library as cl
    from splink import DuckDBAPI, Linker, SettingsCreator, block_on

    blocks = [
        block_on("email"),
        block_on("phone"),
        block_on("first", "last"),
        block_on("last", "city"),
        block_on("first", "company"),
    ]
    settings = SettingsCreator(
        link_type="dedupe_only",
        comparisons=[
            cl.JaroWinklerAtThresholds("first", [0.92, 0.8]).configure(term_frequency_adjustments=True),
            cl.JaroWinklerAtThresholds("last", [0.92, 0.8]).configure(term_frequency_adjustments=True),
            cl.LevenshteinAtThresholds("email", [2]).configure(term_frequency_adjustments=True),
            cl.LevenshteinAtThresholds("phone", [1]).configure(term_frequency_adjustments=True),
            cl.JaroWinklerAtThresholds("company", [0.9]).configure(term_frequency_adjustments=True),
            cl.ExactMatch("city").configure(term_frequency_adjustments=True),
        ],
        blocking_rules_to_generate_predictions=blocks,
        retain_intermediate_calculation_columns=False,
    )
    linker = Linker(
        _frame(rows).reset_index(names="unique_id"), settings, DuckDBAPI(), set_up_basic_logging=False
    )
    training = linker.training
    training.estimate_probability_two_random_records_match(
        [block_on("email"), block_on("phone", "last")], 0.7
    )
    training.estimate_u_using_random_sampling(2e6, seed=1)
    for rule in (block_on("email"), block_on("first", "last"), block_on("phone")):
        training.estimate_parameters_using_expectation_maximisation(rule)
    found = linker.inference.predict(threshold_match_probability=0.05).as_pandas_dataframe()
    columns = (found["match_weight"], found["unique_id_l"], found["unique_id_r"])
    return [(float(s), int(a), int(b)) for s, a, b in zip(*columns, strict=True)]


def recordlinkage(rows: Sequence[Row]) -> Pairs:
    """recordlinkage's ECM classifier, trained without labels."""
    import recordlinkage as rl

    frame = _frame(rows)
    index = rl.Index()
    for on in ("email", "phone", ["first", "last"]):
        index.block(on)
    pairs = index.index(frame)
    compare = rl.Compare()
    for name in ("first", "last", "email", "company"):
        compare.string(name, name, method="jarowinkler", threshold=0.88, missing_value=0, label=name)
    for name in ("phone", "city"):
        compare.exact(name, name, missing_value=0, label=name)
    vectors = compare.compute(pairs, frame)
    model = rl.ECMClassifier(binarize=0.5)
    model.fit(vectors)
    chances = model.prob(vectors)
    return [(float(p), int(a), int(b)) for (a, b), p in chances.items()]


def _frame(rows: Sequence[Row]) -> Any:
    import pandas as pd

    frame = pd.DataFrame([plain(r) for r in rows], columns=list(COLUMNS), dtype=object)
    return frame.where(frame != "", None)
