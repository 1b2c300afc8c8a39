"""Apps that ask for our id in a new record, as those do whose own key is whatever the caller gives."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from connectors.contract import FieldSpec
from tests.engine.world import CRM, DESK, MAIL, World

OURS = FieldSpec("our_id", writable="create")


@pytest.mark.parametrize("group", [("our_id",), ("fax", "our_id")])
def test_an_app_that_asks_for_our_id_gets_its_records(tmp_path: Path, group: tuple[str, ...]) -> None:
    desk = replace(
        DESK,
        fields=(*DESK.fields, OURS, FieldSpec("fax")),
        external_id="our_id",
        needs=(("name",), group),
    )
    world = World(tmp_path, {"crm": CRM, "mail": MAIL, "desk": desk})
    world.apps["crm"].user_create({"email": "ann@x.test", "first": "Ann", "last": "Lee"})
    assert world.settle().written == 0
    (ann,) = world.apps["desk"].records.values()
    assert ann["our_id"] == world.rows("SELECT golden FROM link WHERE app = 'desk'")[0][0]
    world.db.close()
