"""Small things that the connectors share: times in the forms that apps use."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from connectors.contract import Unexpected
from connectors.hubspot.records import iso
from connectors.values import folded, moment, spelled, stamped
from mappings.types.tags import tag_key

AT = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
TIMES: dict[str, tuple[Any, datetime | None]] = {
    "UTC": ("2026-11-23T09:00:00Z", AT),
    "seven digits of a second": ("2026-11-23T09:00:00.0000000Z", AT),
    "another zone": ("2026-11-23T12:30:00+03:30", AT),
    "no zone": ("2026-11-23 09:00:00", AT),
    "milliseconds": (1795424400000, AT),
    "milliseconds as text": ("1795424400000", AT),
    "milliseconds that begin as a day does": ("1711012312345", datetime(2024, 3, 21, 9, 11, 52, 345000, UTC)),
    "seconds": (1795424400, AT),
    "seconds as text": ("1795424400", AT),
    "a day without dashes": ("20261123", datetime(2026, 11, 23, tzinfo=UTC)),
    "a time without any mark": ("20261123090000", None),
    "zero": (0, None),
    "zero as text": ("0", None),
    "no number at all": (True, None),
    "none": (None, None),
    "blank": ("", None),
    "a zero date": ("0000-00-00 00:00:00", None),
    "a zone by name": ("2026-11-23 09:00:00 UTC", None),
    "the first year, further east": ("0001-01-01T00:00:00+01:00", None),
    "a year that no calendar has": ("99999999999999999", None),
    "more than a number holds": ("9" * 400, None),
    "no number": ("nan", None),
    "something else": ({"date": "2026-11-23"}, None),
}


@pytest.mark.parametrize(("said", "at"), TIMES.values(), ids=TIMES.keys())
def test_a_stamp_is_a_time_in_any_form_or_none(said: Any, at: datetime | None) -> None:
    assert stamped(said) == at


@pytest.mark.parametrize("said", ["0000-00-00", "0001-01-01T00:00:00+01:00", "1795424400000"])
def test_a_place_in_a_list_has_to_be_a_time(said: str) -> None:
    with pytest.raises(Unexpected):
        moment(said)


def test_a_time_of_hubspots_that_no_calendar_has_stays_as_it_is() -> None:
    assert iso("99999999999999999") == "99999999999999999"


CAFE = "Caf\u00e9"
NAMES: dict[str, tuple[str, str]] = {
    "as it is": ("VIP", "VIP"),
    "in another case": ("vip", "VIP"),
    "with space around it": (" VIP\u00a0", "VIP"),
    "with a combining accent": ("Cafe\u0301", CAFE),
    "the same in another case": ("CAFE\u0301", CAFE),
    "unknown": ("partner ", "partner "),
}


@pytest.mark.parametrize(("name", "own"), NAMES.values(), ids=NAMES.keys())
def test_a_name_is_spelled_as_the_app_has_it_and_compared_as_mappings_do(name: str, own: str) -> None:
    assert spelled(name, ["Trial", "VIP", CAFE]) == own
    assert folded(name) == tag_key(name)
