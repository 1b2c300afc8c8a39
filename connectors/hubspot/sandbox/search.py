"""HubSpot's search in the sandbox: filters, one sort, pages by offset, and the cap of 10,000."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

from connectors.hubspot.sandbox.account import Account
from connectors.hubspot.sandbox.answers import bad_request
from connectors.hubspot.sandbox.objects import view
from connectors.hubspot.sandbox.records import Records
from connectors.hubspot.sandbox.schema import MODIFIED
from connectors.sandbox.table import Row
from connectors.sandbox.wire import Answer, Call, Json, Refused, Routes

CAP = 10_000
MAX_PAGE, MAX_BODY = 200, 3000
MAX_GROUPS, MAX_FILTERS, MAX_ALL = 5, 6, 18
Comparable = str | float
Filter = dict[str, Any]


def search(account: Account, call: Call) -> Answer:
    records, body = account.of(call.args["kind"]), call.body
    limit, offset = _page(account, call)
    groups = _groups(records, body)
    name, backwards = _sort(body)
    records.index.refresh()
    found = _found(records, groups, name, backwards)
    names = records.shown(body.get("properties") or None)
    results = [view(row, names) for id in found[offset : offset + limit] if (row := records.index.row(id))]
    answer: Json = {"total": len(found), "results": results}
    if offset + limit < len(found):
        answer["paging"] = {"next": {"after": str(offset + limit)}}
    return Answer(200, answer)


# -- what is asked -----------------------------------------------------------------------------------


def _page(account: Account, call: Call) -> tuple[int, int]:
    body, cap = call.body, int(account.mode.settings.get("search_cap", CAP))
    if len(call.raw.decode()) > MAX_BODY:
        raise Refused(bad_request(f"The request body is longer than {MAX_BODY} characters"))
    limit, after = body.get("limit", 10), str(body.get("after") or "0")
    if not isinstance(limit, int) or not 1 <= limit <= MAX_PAGE:
        raise Refused(bad_request(f"limit must be between 1 and {MAX_PAGE}"))
    if not after.isdecimal():
        raise Refused(bad_request("after must be an offset"))
    if int(after) + limit > cap:
        raise Refused(bad_request(f"Paging is limited to {cap} results; after + limit must not be more"))
    return limit, int(after)


def _groups(records: Records, body: Json) -> list[list[Filter]]:
    groups = [group.get("filters") or [] for group in body.get("filterGroups") or ()]
    if not groups and body.get("filters"):
        groups = [body["filters"]]
    if len(groups) > MAX_GROUPS or any(len(group) > MAX_FILTERS for group in groups):
        raise Refused(bad_request(f"At most {MAX_GROUPS} groups of {MAX_FILTERS} filters are allowed"))
    if sum(map(len, groups)) > MAX_ALL:
        raise Refused(bad_request(f"At most {MAX_ALL} filters are allowed"))
    for item in (item for group in groups for item in group):
        name, operator = item.get("propertyName"), item.get("operator")
        if name not in records.properties:
            raise Refused(
                bad_request(f"There was a problem with the request: property {name} does not exist")
            )
        if operator not in OPERATORS:
            raise Refused(bad_request(f"{operator} is not an operator; allowed are {', '.join(OPERATORS)}"))
        needs = _NEEDS.get(operator, ("value",))
        if any(item.get(key) in (None, []) for key in needs):
            raise Refused(bad_request(f"{operator} on {name} needs {' and '.join(needs)}"))
        _literals(records.properties[name], item)
    return groups


def _sort(body: Json) -> tuple[str, bool]:
    sorts = body.get("sorts") or []
    if len(sorts) > 1:
        raise Refused(bad_request("Only one sort is allowed"))
    if not sorts:
        return "createdate", False
    if isinstance(sorts[0], str):
        return sorts[0].removeprefix("-"), sorts[0].startswith("-")
    return sorts[0].get("propertyName", "createdate"), sorts[0].get("direction") == "DESCENDING"


# -- what is found -----------------------------------------------------------------------------------


def _found(records: Records, groups: list[list[Filter]], sort: str, backwards: bool) -> Sequence[int]:
    """Ids in order. Ranges of the time of change come from the index; nothing else is read for them."""
    feed, changed = records.index.feed, MODIFIED[records.kind]
    ids: Sequence[int]
    if len(groups) == 1 and sort == changed and all(item["propertyName"] == changed for item in groups[0]):
        span = _span(records, groups[0])
        if span is not None:
            ids = _Span(feed.order, *span)
            return ids[::-1] if backwards else ids
    matched = {id for group in groups for id in _matching(records, group)} if groups else set(feed.times)
    return sorted(matched, key=_key(records, sort), reverse=backwards)


class _Span(Sequence[int]):
    """The ids of a part of the feed, without a copy of it."""

    def __init__(self, order: list[tuple[int, int]], start: int, stop: int) -> None:
        self._order = order
        self._range = range(start, max(start, stop))

    def __len__(self) -> int:
        return len(self._range)

    def __getitem__(self, at: Any) -> Any:
        if isinstance(at, slice):
            return [self._order[index][1] for index in self._range[at]]
        return self._order[self._range[at]][1]


def _matching(records: Records, group: list[Filter]) -> Iterable[int]:
    """The records that pass all filters of a group; an indexed filter narrows them first."""
    tests = [_test(records, item) for item in group]
    for id in _candidates(records, group):
        row = records.index.row(id)
        if row is not None and all(test(row) for test in tests):
            yield id


def _candidates(records: Records, group: list[Filter]) -> Iterable[int]:
    for item in group:
        if item["operator"] in ("EQ", "IN"):
            values = item["values"] if item["operator"] == "IN" else [item["value"]]
            if item["propertyName"] == "hs_object_id":
                return [int(value) for value in values if int(value) in records.index.feed.times]
            if item["propertyName"] == "email" and not records.index.lag:
                owners = (records.emails.get(str(value).strip().lower()) for value in values)
                return {id for id in owners if id is not None}
    own = [item for item in group if item["propertyName"] == MODIFIED[records.kind]]
    span = _span(records, own) if own else None
    return _Span(records.index.feed.order, *span) if span else list(records.index.feed.times)


def _span(records: Records, filters: list[Filter]) -> tuple[int, int] | None:
    """The part of the feed between the bounds that the filters set on the time of change, to the
    millisecond; None where one of them sets no bound."""
    low, high = 0, 1 << 60
    for item in filters:
        operator = item["operator"]
        if operator not in ("GTE", "GT", "LTE", "LT", "EQ", "BETWEEN"):
            return None
        first = _millis(str(item["value"]))
        last = _millis(str(item["highValue"])) if operator == "BETWEEN" else first
        if operator in ("GTE", "EQ", "BETWEEN"):
            low = max(low, first)
        if operator == "GT":
            low = max(low, first + 1)
        if operator in ("LTE", "EQ", "BETWEEN"):
            high = min(high, last + 1)
        if operator == "LT":
            high = min(high, first)
    feed = records.index.feed
    return feed.position(low * 1000), feed.position(high * 1000)


def _key(records: Records, name: str) -> Callable[[int], tuple[bool, Any, int]]:
    """Records without a value come last; equal ones stay in the order of their ids."""
    definition = records.properties.get(name)
    if definition is None:
        raise Refused(bad_request(f"property {name} does not exist"))

    def key(id: int) -> tuple[bool, Any, int]:
        row = records.index.row(id)
        value = row["properties"].get(name) if row else None
        return value is None, _comparable(definition, value) if value is not None else 0, id

    return key


# -- comparing ---------------------------------------------------------------------------------------


def _test(records: Records, item: Filter) -> Callable[[Row], bool]:
    name, operator = item["propertyName"], item["operator"]
    definition = records.properties[name]
    compare, literals = OPERATORS[operator], _literals(definition, item)
    several = definition["fieldType"] == "checkbox"

    def test(row: Row) -> bool:
        value = row["properties"].get(name)
        if value is None:
            return operator in ("NOT_HAS_PROPERTY", "NEQ", "NOT_IN")
        if several and operator in ("EQ", "IN"):
            return any(compare(part, literals) for part in value.split(";"))
        return compare(_comparable(definition, value), literals)

    return test


def _literals(definition: Json, item: Filter) -> list[Comparable]:
    """The values of a filter. Those of IN are taken as they are: they have to be lower-case already."""
    if item["operator"] in ("IN", "NOT_IN"):
        if definition["type"] in ("string", "phone_number"):
            return [str(value) for value in item["values"]]
        return [_comparable(definition, str(value)) for value in item["values"]]
    return [
        _comparable(definition, str(item[key])) for key in ("value", "highValue") if item.get(key) is not None
    ]


def _comparable(definition: Json, value: str) -> Comparable:
    try:
        if definition["type"] == "number":
            return float(value)
        if definition["type"] in ("date", "datetime"):
            return _millis(value)
    except ValueError:
        raise Refused(bad_request(f"{value} is no {definition['type']}")) from None
    return value if definition["type"] == "enumeration" else value.lower()


def _millis(value: str) -> int:
    if value.lstrip("-").isdecimal():
        return int(value)
    at = datetime.fromisoformat(value)
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    return round(at.timestamp() * 1000)


Compare = Callable[[Any, list[Any]], bool]
OPERATORS: dict[str, Compare] = {
    "EQ": lambda value, given: value == given[0],
    "NEQ": lambda value, given: value != given[0],
    "LT": lambda value, given: value < given[0],
    "LTE": lambda value, given: value <= given[0],
    "GT": lambda value, given: value > given[0],
    "GTE": lambda value, given: value >= given[0],
    "BETWEEN": lambda value, given: given[0] <= value <= given[1],
    "IN": lambda value, given: value in given,
    "NOT_IN": lambda value, given: value not in given,
    "HAS_PROPERTY": lambda value, given: True,
    "NOT_HAS_PROPERTY": lambda value, given: False,
    "CONTAINS_TOKEN": lambda value, given: str(given[0]).strip("*") in str(value),
    "NOT_CONTAINS_TOKEN": lambda value, given: str(given[0]).strip("*") not in str(value),
}
_NEEDS: dict[str, tuple[str, ...]] = {
    "BETWEEN": ("value", "highValue"),
    "IN": ("values",),
    "NOT_IN": ("values",),
    "HAS_PROPERTY": (),
    "NOT_HAS_PROPERTY": (),
}

SEARCHES: Routes[Account] = {("POST", "/crm/v3/objects/{kind}/search"): search}
