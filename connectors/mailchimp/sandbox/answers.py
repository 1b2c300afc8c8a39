"""Mailchimp's answers in the sandbox: error bodies (RFC 7807), partial answers, pages by offset."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from itertools import count
from typing import Any
from uuid import UUID

from connectors.sandbox.wire import Answer, Call, Json, Refused

DOCS = "https://mailchimp.com/developer/marketing/docs/errors/"
SCHEMA = "The resource submitted could not be validated. For field-specific details, see the 'errors' array."
MAX_PAGE = 1000
Mistake = tuple[str, str]  # field, message
Tree = dict[str, "Tree"]

_instances = count(1)


def problem(status: int, title: str, detail: str, errors: Sequence[Mistake] = ()) -> Answer:
    instance = str(UUID(int=next(_instances), version=4))
    body: Json = {"type": DOCS, "title": title, "status": status, "detail": detail, "instance": instance}
    if errors:
        body["errors"] = [{"field": field, "message": message} for field, message in errors]
    headers = {"content-type": "application/problem+json; charset=utf-8", "X-Request-Id": instance}
    return Answer(status, body, headers)


def invalid(detail: str, errors: Sequence[Mistake] = ()) -> Refused:
    return Refused(problem(400, "Invalid Resource", detail, errors))


def mismatch(*errors: Mistake) -> Refused:
    """The body or the query does not have the documented shape."""
    return invalid(SCHEMA, errors)


def missing() -> Refused:
    return Refused(problem(404, "Resource Not Found", "The requested resource could not be found."))


def none_of(values: Sequence[str]) -> str:
    return f"Data presented is not one of the accepted values: {', '.join(values)}."


# -- pages and parts of answers ----------------------------------------------------------------------


def page(call: Call, name: str, items: Sequence[Any], view: Callable[[Any], Json], **more: Any) -> Answer:
    """`count` (10 unless told, 1,000 at most) items from `offset`; `total_items` counts all of them."""
    size, offset = call.number("count", 10), call.number("offset", 0)
    if not 0 <= size <= MAX_PAGE:
        raise mismatch(("count", f"This value should be between 0 and {MAX_PAGE}."))
    if offset < 0:
        raise mismatch(("offset", "This value should be 0 or more."))
    shown = [view(item) for item in items[offset : offset + size]]
    return partial(call, {name: shown, **more, "total_items": len(items), "_links": []})


def partial(call: Call, body: Json) -> Answer:
    """The whole body, or the parts that ``fields`` or ``exclude_fields`` leave."""
    wanted, unwanted = call.query.get("fields"), call.query.get("exclude_fields")
    if wanted and unwanted:
        raise invalid("Fields and exclude_fields cannot be used together.")
    if wanted:
        return Answer(200, _only(body, _tree(wanted)))
    return Answer(200, _without(body, _tree(unwanted)) if unwanted else body)


def _tree(paths: str) -> Tree:
    root: Tree = {}
    for path in paths.split(","):
        at = root
        for part in path.strip().split("."):
            at = at.setdefault(part, {})
    return root


def _only(value: Any, tree: Tree) -> Any:
    if isinstance(value, list):
        return [_only(item, tree) for item in value]
    if not tree or not isinstance(value, dict):
        return value
    return {key: _only(value[key], below) for key, below in tree.items() if key in value}


def _without(value: Any, tree: Tree) -> Any:
    if isinstance(value, list):
        return [_without(item, tree) for item in value]
    if not isinstance(value, dict):
        return value
    left = {key: item for key, item in value.items() if tree.get(key, True)}
    return {key: _without(item, tree[key]) if key in tree else item for key, item in left.items()}


# -- times: whole seconds, as the service has them ------------------------------------------------------


def iso(seconds: int | None) -> str:
    """``2022-02-23T16:25:57+00:00``; an empty time is an empty text."""
    return "" if seconds is None else datetime.fromtimestamp(seconds, UTC).isoformat()


def seconds(call: Call, name: str) -> int | None:
    """A time from the query, in whole seconds since 1970."""
    text = call.query.get(name)
    if not text:
        return None
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise mismatch((name, "This value is not a valid datetime.")) from None
    return int((at.replace(tzinfo=UTC) if at.tzinfo is None else at).timestamp())
