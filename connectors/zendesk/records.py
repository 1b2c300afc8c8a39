"""Zendesk's users, organizations and tickets as contract records. The hot path of the exports."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from connectors.contract import ObjectSpec, Record, Value
from connectors.values import named, stamped
from connectors.zendesk.fields import ObjectFacts
from connectors.zendesk.people import by_user, further


class Reader:
    """Reads records of one object with one choice of fields."""

    def __init__(self, facts: ObjectFacts, spec: ObjectSpec, fields: Iterable[str]) -> None:
        known = [name for name in fields if name in spec.fields]
        self._container = facts.container
        self._own = named(known, facts.prefix)
        self._dates = frozenset(name for name in known if spec.fields[name].kind == "date")
        self._references = tuple(name for name in known if spec.fields[name].kind == "reference")
        self._plain = tuple(name for name in known if "." not in name and name not in self._references)

    def records(
        self, items: Iterable[Mapping[str, Any]], identities: Iterable[Mapping[str, Any]] = ()
    ) -> list[Record]:
        """`identities` are those of all the items, where they were asked for."""
        own = by_user(identities)
        return [self.record(item, own.get(str(item["id"]), ())) for item in items]

    def record(self, item: Mapping[str, Any], identities: Iterable[Mapping[str, Any]] = ()) -> Record:
        """A record in full. A key that the answer lacks stays out of the values: it was not returned."""
        values: dict[str, Value] = {}
        for name in self._plain:
            if name in item:
                value = item[name]
                values[name] = None if value == "" or value == [] else value
        if self._own:
            own = _own(item.get(self._container) or {})
            for name, key in self._own:
                if key in own:
                    value = own[key]
                    if value and name in self._dates:
                        value = str(value)[:10]  # a day, which Zendesk shows as its midnight
                    values[name] = None if value == "" or value == [] else value
        for name in self._references:
            if name in item:
                values[name] = str(item[name]) if item[name] else None
        return Record(
            str(item["id"]),
            values,
            stamped(item.get("updated_at")),
            other_keys=further(item, identities) if identities else {},
            archived=item.get("active") is False
            or bool(item.get("deleted_at"))
            or item.get("status") == "deleted",
        )


def _own(container: Any) -> Mapping[str, Any]:
    """Custom fields by name: users and organizations have a mapping, tickets a list of ids and values."""
    if isinstance(container, list):
        return {str(item.get("id")): item.get("value") for item in container}
    return container if isinstance(container, dict) else {}
