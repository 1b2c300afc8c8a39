"""Zendesk's users and organizations as contract records. The hot path of the exports."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from connectors.contract import ObjectSpec, Record, Value
from connectors.values import moment, named
from connectors.zendesk.fields import ORGANIZATION, ObjectFacts


class Reader:
    """Reads records of one object with one choice of fields."""

    def __init__(self, facts: ObjectFacts, spec: ObjectSpec, fields: Iterable[str]) -> None:
        known = [name for name in fields if name in spec.fields]
        self._container = facts.container
        self._own = named(known, facts.prefix)
        self._organization = ORGANIZATION in known
        self._plain = tuple(name for name in known if "." not in name and name != ORGANIZATION)

    def records(self, items: Iterable[Mapping[str, Any]]) -> list[Record]:
        return [self.record(item) for item in items]

    def record(self, item: Mapping[str, Any], other_emails: Sequence[str] = ()) -> Record:
        """A record in full. A key that the answer lacks stays out of the values: it was not returned."""
        values: dict[str, Value] = {}
        for name in self._plain:
            if name in item:
                value = item[name]
                values[name] = None if value == "" or value == [] else value
        if self._own:
            own = item.get(self._container) or {}
            for name, key in self._own:
                if key in own:
                    value = own[key]
                    values[name] = None if value == "" or value == [] else value
        if self._organization and ORGANIZATION in item:
            organization = item[ORGANIZATION]
            values[ORGANIZATION] = str(organization) if organization else None
        return Record(
            str(item["id"]),
            values,
            moment(item.get("updated_at")),
            other_keys={"email": tuple(other_emails)} if other_emails else {},
            archived=item.get("active") is False or bool(item.get("deleted_at")),
        )
