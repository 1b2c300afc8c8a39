"""HubSpot's incremental read: a search by time of change, which has a cap, a lag and moving rows.

Pages go by key, never by offset: each asks for what changed at or after the last row's time. So a record
that is edited while we read cannot push another over a page edge, and the cap of 10,000 rows a search is
never reached. Where one instant fills a whole page (a bulk edit), that instant is read by record id.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from connectors.answer import Answer
from connectors.contract import Unexpected
from connectors.cursors import Trail
from connectors.http import Http
from connectors.hubspot.paging import following
from connectors.values import stamped

LIMIT: Final = 200
VALUES: Final = 25  # values a search, and their characters: its body may hold 3,000
LETTERS: Final = 900
EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
RATES: Final = ("general", "search")
SEARCH: Final = "HubSpot's search"

Item = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Found:
    """One answer of the search. `reached` is the time up to which everything has been read."""

    items: Sequence[Item]
    reached: datetime
    last: bool
    server_time: datetime | None


class ChangeSearch:
    """What changed since a time, oldest first. `changed` names the property that holds it."""

    def __init__(self, http: Http, path: str, changed: str, properties: Sequence[str]) -> None:
        self._http = http
        self._path = f"{path}/search"
        self._changed = changed
        self._properties = list(properties)

    def since(self, start: datetime) -> Iterator[Found]:
        """Pages from `start` on, that instant included. A row at a page edge may come twice."""
        after, inclusive = start, True
        trail = Trail(SEARCH)
        while True:
            answer, items, more = self._ask(
                [_filter(self._changed, "GTE" if inclusive else "GT", millis(after))], self._changed
            )
            if not more:
                reached = self._time(items[-1]) if items else after
                yield Found(items, reached, True, answer.date)
                return
            first, final = self._time(items[0]), self._time(items[-1])
            if first < final:
                yield Found(items, final, False, answer.date)
                after, inclusive = trail.follow(final), True
            else:
                yield from self._instant(final)
                after, inclusive = final, False

    def _instant(self, at: datetime) -> Iterator[Found]:
        """All rows of one instant, by id: more of them than a search can page through."""
        last_id = "0"
        more = True
        trail = Trail(SEARCH)
        while more:
            filters = [
                _filter(self._changed, "EQ", millis(at)),
                _filter("hs_object_id", "GT", last_id),
            ]
            answer, items, more = self._ask(filters, "hs_object_id")
            if items:
                yield Found(items, at, False, answer.date)
                last_id = trail.follow(str(items[-1]["id"]))

    def _ask(self, filters: list[dict[str, str]], sort: str) -> tuple[Answer, list[Item], bool]:
        """The first page that holds anything, and whether more follow: an empty one that names another is
        not the end."""
        body: dict[str, Any] = {
            "filterGroups": [{"filters": filters}],
            "sorts": [{"propertyName": sort, "direction": "ASCENDING"}],
            "properties": self._properties,
            "limit": LIMIT,
        }
        trail = Trail(SEARCH)
        while True:
            answer = self._http.read("POST", self._path, body=body, rates=RATES)
            items: list[Item] = [*answer.items("results")]
            after = following(answer.json)
            if items or not after:
                return answer, items, bool(after)
            body["after"] = trail.follow(after)

    def _time(self, item: Item) -> datetime:
        at = stamped(item["properties"].get(self._changed) or item.get("updatedAt"))
        if at is None:
            raise Unexpected("hubspot: a search answer holds a record without its time of change")
        return at


def search_values(
    http: Http, path: str, name: str, values: Sequence[str], properties: Sequence[str]
) -> Iterator[Item]:
    """Records that hold one of the values in a text property. Sees changes only after the index lag."""
    for some in _fitting([value.strip().lower() for value in values]):
        filters = [{"propertyName": name, "operator": "IN", "values": list(some)}]
        body: dict[str, Any] = {
            "filterGroups": [{"filters": filters}],
            "properties": list(properties),
            "limit": LIMIT,
        }
        trail = Trail(SEARCH)
        while True:
            answer = http.read("POST", f"{path}/search", body=body, rates=RATES)
            yield from answer.items("results")
            after = following(answer.json)
            if not after:
                break
            body["after"] = trail.follow(after)


def _fitting(values: Sequence[str]) -> Iterator[list[str]]:
    """The values in runs that fit into the body of a search."""
    run: list[str] = []
    for value in values:
        if run and (len(run) == VALUES or sum(map(len, run)) + len(value) > LETTERS):
            yield run
            run = []
        run.append(value)
    if run:
        yield run


def millis(at: datetime) -> str:
    """Milliseconds since 1970, the only form of time that a search filter takes everywhere."""
    return str((at - EPOCH) // timedelta(milliseconds=1))


def _filter(name: str, operator: str, value: str) -> dict[str, str]:
    return {"propertyName": name, "operator": operator, "value": value}
