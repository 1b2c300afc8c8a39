"""The people of the demo: what an app holds twice is found; families, colleagues and namesakes stay apart."""

from __future__ import annotations

from collections import defaultdict

import pytest

from connectors.sandbox.people import APPS, world
from syncer.matching.matcher import match
from syncer.matching.traits import Traits, person
from syncer.model import LinkKey

Known = tuple[list[Traits], dict[LinkKey, int]]


@pytest.fixture(scope="module")
def known() -> Known:
    """The records of three apps, and the person behind each."""
    made, records, people = world(150, 42), [], {}
    for app in APPS:
        for n, p in enumerate(made.people[app]):
            company = made.company_names[p.company] if p.company else ""
            values = {"first_name": p.first, "last_name": p.last, "city": p.city, "country": p.country}
            values["company"] = company
            records.append(person(app, str(n), values, [p.email], [p.phone]))
            people[app, str(n)] = p.key
    return records, people


def test_nobody_is_taken_for_another_and_nearly_everybody_is_found(known: Known) -> None:
    records, people = known
    groups = [[r.key for r in group] for group in match(records).groups]
    assert all(len({people[key] for key in group}) == 1 for group in groups)
    assert len(groups) < 1.05 * len(set(people.values()))


def test_what_an_app_holds_twice_is_found(known: Known) -> None:
    records, people = known
    group_of = {r.key: n for n, group in enumerate(match(records).groups) for r in group}
    twice: dict[tuple[str, int], list[LinkKey]] = defaultdict(list)
    for key, number in people.items():
        twice[key[0], number].append(key)
    pairs = [keys for keys in twice.values() if len(keys) > 1]
    found = [keys for keys in pairs if len({group_of[key] for key in keys}) == 1]
    assert len(found) >= 0.7 * len(pairs) > 0
