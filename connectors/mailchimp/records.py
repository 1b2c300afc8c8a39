"""Mailchimp's members as contract records. The hot path of a full read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from connectors.contract import ObjectSpec, Record, Unexpected, Value
from connectors.mailchimp.fields import MERGE, STATUS, TAGS
from connectors.values import named, stamped

Item = Mapping[str, Any]


class Reader:
    """Reads members with one choice of fields. `wanted` names what to ask of a list."""

    def __init__(self, spec: ObjectSpec, fields: Sequence[str]) -> None:
        known = [name for name in fields if name in spec.fields]
        self.tags = TAGS in known
        merge = named(known, MERGE)
        self._merge = tuple((name, *key.partition(".")[::2]) for name, key in merge)
        self._plain = tuple(name for name in known if not name.startswith(MERGE) and name != TAGS)
        parts = {"contact_id", "last_changed", STATUS, *self._plain}
        parts |= {"merge_fields"} if merge else set()
        parts |= {"tags", "tags_count"} if self.tags else set()
        self.wanted = ",".join(sorted(parts))
        self.listed = ",".join(f"members.{part}" for part in sorted(parts)) + ",total_items"

    def records(self, items: Iterable[Item]) -> list[Record]:
        return [self.record(item) for item in items]

    def record(self, item: Item) -> Record:
        """Blanks are empty texts in Mailchimp, so where no merge field comes along, none was returned. Tags
        that do not all come along are left out."""
        id = item.get("contact_id")
        if not id:
            raise Unexpected("mailchimp: a member comes without its contact_id.")
        values: dict[str, Value] = {}
        for name in self._plain:
            value = item.get(name)
            values[name] = None if value == "" else value
        merge = item.get("merge_fields") or {}
        for name, tag, part in self._merge if merge else ():
            value = merge.get(tag)
            if part:
                value = value.get(part) if isinstance(value, Mapping) else None
            values[name] = None if value == "" else value
        if self.tags and not lacks_tags(item):
            values[TAGS] = [tag["name"] for tag in item.get("tags") or ()] or None
        archived = item.get(STATUS) == "archived"
        return Record(str(id), values, stamped(item.get("last_changed")), archived=archived)

    def partial(self, item: Item, sent: Mapping[str, Value]) -> Record:
        """A record from a write's answer, holding the fields that were sent."""
        record = self.record(item)
        kept = {name: value for name, value in record.values.items() if name in sent}
        return Record(record.id, kept, record.stamp, archived=record.archived)


def lacks_tags(item: Item) -> bool:
    """A member shows 50 of its tags."""
    return int(item.get("tags_count") or 0) > len(item.get("tags") or ())
