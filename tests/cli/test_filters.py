"""A filter that is changed after the first sync: who enters and who leaves is read, planned and shown."""

from __future__ import annotations

import pytest

from tests.cli.conftest import Desk

CONTACTS = "mappings/contacts.yaml"
ONLY = "role == 'end-user'"


@pytest.mark.slow
def test_who_enters_and_who_leaves_is_shown(desk: Desk) -> None:
    desk.synced()
    linked = desk.run("status", "contacts", "--json").json[0]["apps"]["zendesk"]["linked"]
    desk.change(ONLY, f"{ONLY} && user_fields.city != null", CONTACTS)
    (told,) = desk.run("sync", "contacts", "--json").lines
    left = told["scope"]["zendesk"]["left"]
    assert told["status"] == "done"
    assert told["scope"]["zendesk"] == {"entered": 0, "left": left}
    assert 0 < left < linked
    after = desk.run("status", "contacts", "--json").json[0]["apps"]["zendesk"]["linked"]
    assert after == linked - left
    desk.change(f"{ONLY} && user_fields.city != null", ONLY, CONTACTS)
    shown = desk.run("sync", "contacts")
    assert f"zendesk: {left} records came into its filter, 0 went out of it." in shown.out
