"""`syncer check` tells of an app in which nothing can ever be created: what it asks for is not mapped."""

from __future__ import annotations

import pytest

from tests.cli.conftest import Desk

MAPPED = "in: {hubspot: name, zendesk: name}"
TOLD = "companies: nothing can be created in zendesk, which asks for name in a new record."


@pytest.mark.parametrize(
    ("mapped", "app", "told"),
    [
        (MAPPED, "object: organizations", False),
        ("in: {hubspot: name}", "object: organizations", True),
        ("in: {hubspot: name, zendesk: {field: name, direction: from}}", "object: organizations", True),
        ("in: {hubspot: name}", "object: organizations\n    creates: false", False),
    ],
    ids=["mapped", "not mapped", "only read", "nothing is to be created"],
)
def test_what_a_new_record_asks_for_is_told_where_it_is_not_mapped(
    desk: Desk, mapped: str, app: str, told: bool
) -> None:
    desk.change(MAPPED, mapped, "mappings/companies.yaml")
    desk.change("object: organizations", app, "mappings/companies.yaml")
    found = desk.run("check")
    assert found.code == 0
    assert (TOLD in found.out) == told


def test_an_app_that_is_not_written_to_asks_for_nothing(desk: Desk) -> None:
    desk.change(MAPPED, "in: {hubspot: name}", "mappings/companies.yaml")
    desk.change("connector: zendesk\n", "connector: zendesk\n    writes: off\n")
    assert TOLD not in desk.run("check").out
