"""Who is never to become one person, whatever lies between them."""

from __future__ import annotations

from syncer.matching.told_apart import ToldApart

A, B, C, D = ("crm", "a"), ("crm", "b"), ("desk", "c"), ("desk", "d")


def test_a_pair_counts_for_all_records_of_both_sides() -> None:
    apart = ToldApart([(A, D)], {A: "g1", C: "g1", D: "g2", B: "g2"})
    assert apart.unite(A, B) == (A, D)
    assert apart.unite(D, C) == (A, D)


def test_records_without_a_golden_record_stand_for_themselves() -> None:
    apart = ToldApart([(A, D)], {})
    assert apart.unite(A, D) == (A, D)
    assert apart.unite(A, B) is None


def test_no_chain_of_merges_leads_from_one_to_the_other() -> None:
    apart = ToldApart([(A, D)], {})
    assert [apart.unite(A, B), apart.unite(C, D)] == [None, None]
    assert apart.unite(B, C) == (A, D)


def test_those_that_are_one_by_now_are_not_apart() -> None:
    apart = ToldApart([(A, D)], {A: "g1", D: "g1"})
    assert apart.unite(A, D) is None
    assert apart.unite(A, B) is None
