"""Zendesk's answers in the sandbox: error bodies, and the two ways of paging lists."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import urlencode

from connectors.sandbox.table import Row, Table
from connectors.sandbox.wire import Answer, Call, Json, Refused

MAX_PAGE = 100
PAGING = ("page", "per_page", "page[size]", "page[after]")
OFFSET_CAP = 10_000
MAX_MANY = 100
Mistakes = dict[str, list[Json]]


def not_found() -> Refused:
    return Refused(Answer(404, {"error": "RecordNotFound", "description": "Not found"}))


def bad_value(text: str) -> Refused:
    return Refused(Answer(400, {"error": "InvalidValue", "description": text}))


def forbidden(text: str) -> Refused:
    return Refused(Answer(403, {"error": {"title": "Forbidden", "message": text}}))


def invalid(details: Mistakes) -> Refused:
    body = {"error": "RecordInvalid", "description": "Record validation errors", "details": details}
    return Refused(Answer(422, body))


def mistake(details: Mistakes, name: str, text: str, code: str | None = None) -> None:
    """Add one, as ``Email: badmail is not properly formatted``."""
    item: Json = {"description": f"{name.replace('_', ' ').capitalize()}: {text}"}
    details.setdefault(name, []).append(item | ({"error": code} if code else {}))


def wrapped(call: Call, name: str) -> Json:
    """The object that a write carries under its name."""
    given = call.body.get(name)
    if not isinstance(given, dict):
        message = f"You passed an invalid value for the {name} attribute. {name} must be an object"
        raise Refused(Answer(400, {"error": {"title": "Invalid attribute", "message": message}}))
    return given


def ids_of(text: str | None) -> list[int]:
    """The numbers of a comma separated list, at most 100."""
    parts = words_of(text)
    if any(not part.isdecimal() for part in parts):
        raise bad_value("ids must be numbers, separated by commas")
    return [int(part) for part in parts]


def words_of(text: str | None) -> list[str]:
    parts = [part.strip() for part in (text or "").split(",") if part.strip()]
    if len(parts) > MAX_MANY:
        raise too_many(f"Parameter  cannot specify more than {MAX_MANY} values")
    return parts


def too_many(text: str) -> Refused:
    return Refused(Answer(400, {"error": "TooManyValues", "description": text, "max_count": MAX_MANY}))


def cursor_of(*parts: int) -> str:
    return base64.b64encode("||".join(map(str, parts)).encode()).decode()


def parts_of(cursor: str) -> list[int]:
    try:
        return [int(part) for part in base64.b64decode(cursor).decode().split("||")]
    except (binascii.Error, ValueError):
        raise bad_value("cursor is not valid") from None


def listing(call: Call, name: str, table: Table, keep: Callable[[Row], bool] = lambda row: True) -> Answer:
    """A page of a table in order of ids: by cursor (``page[size]``), or by offset up to 10,000 records."""
    if _wants_cursor(call):
        return _by_cursor(call, name, table, keep)
    return _by_offset(call, name, [row for row in table if keep(row)])


def numbered(call: Call, name: str, rows: Sequence[Any]) -> Answer:
    """A page of a short list, in either way."""
    if not _wants_cursor(call):
        return _by_offset(call, name, rows)
    size, after = _size(call), call.query.get("page[after]")
    start = parts_of(after)[0] if after else 0
    found = rows[start : start + size]
    end = start + len(found)
    return _page(call, name, found, size, end < len(rows), cursor_of(end) if found else None)


def _wants_cursor(call: Call) -> bool:
    return "page[size]" in call.query or "page[after]" in call.query


def _size(call: Call) -> int:
    size = call.number("page[size]", MAX_PAGE)
    if not 1 <= size <= MAX_PAGE:
        raise bad_value(f"page[size] must be between 1 and {MAX_PAGE}")
    return size


def _by_offset(call: Call, name: str, rows: Sequence[Any]) -> Answer:
    per_page, page = min(call.number("per_page", MAX_PAGE), MAX_PAGE), call.number("page", 1)
    if per_page < 1 or page < 1:
        raise bad_value("page and per_page must be positive numbers")
    if page * per_page > OFFSET_CAP:
        raise bad_value("Number of search results is limited: offset pagination ends at 10,000 records")
    start, address = (page - 1) * per_page, _address(call)
    more = start + per_page < len(rows)
    return Answer(
        200,
        {
            name: list(rows[start : start + per_page]),
            "next_page": f"{address}page={page + 1}&per_page={per_page}" if more else None,
            "previous_page": f"{address}page={page - 1}&per_page={per_page}" if page > 1 else None,
            "count": len(rows),
        },
    )


def _address(call: Call) -> str:
    """The address of a list with the parameters that are not for paging, up to where those follow."""
    kept = {name: value for name, value in call.query.items() if name not in PAGING}
    return f"{call.base}/api/v2{call.path}.json?{urlencode(kept)}{'&' if kept else ''}"


def _by_cursor(call: Call, name: str, table: Table, keep: Callable[[Row], bool]) -> Answer:
    size, after = _size(call), call.query.get("page[after]")
    at = table.position(parts_of(after)[0]) if after else 0
    rows: list[Row] = []
    while at < len(table.ids) and len(rows) <= size:
        row = table.rows[table.ids[at]]
        if keep(row):
            rows.append(row)
        at += 1
    more, rows = len(rows) > size, rows[:size]
    return _page(call, name, rows, size, more, cursor_of(rows[-1]["id"]) if rows else None)


def _page(call: Call, name: str, rows: Sequence[Any], size: int, more: bool, end: str | None) -> Answer:
    following = urlencode({"page[after]": end, "page[size]": size})
    return Answer(
        200,
        {
            name: list(rows),
            "meta": {"has_more": more, "after_cursor": end, "before_cursor": end and cursor_of(0)},
            "links": {"next": f"{_address(call)}{following}" if more else None, "prev": None},
        },
    )
