"""MailerLite's subscribers as contract records. The hot path of a full scan."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from connectors.contract import ObjectSpec, Record, Value
from connectors.mailerlite.fields import CUSTOM, GROUPS, STATUS
from connectors.values import named, stamped

_DATED_BY = {"unsubscribed": "unsubscribed_at", "active": "opted_in_at"}


class Reader:
    """Reads subscribers with one choice of fields."""

    def __init__(self, spec: ObjectSpec, fields: Sequence[str]) -> None:
        known = [name for name in fields if name in spec.fields]
        self.groups = GROUPS in known
        self._status = STATUS in known
        self._custom = named(known, CUSTOM)
        self._plain = tuple(name for name in known if not name.startswith(CUSTOM) and name != GROUPS)

    def records(self, items: Iterable[Mapping[str, Any]]) -> list[Record]:
        return [self.record(item) for item in items]

    def record(self, item: Mapping[str, Any]) -> Record:
        """Fields of the account always come with a subscriber: where none does, none was returned. Groups
        come only if asked for."""
        own = item.get("fields") or {}
        values: dict[str, Value] = {name: item.get(name) or None for name in self._plain}
        for name, key in self._custom if own else ():
            value = own.get(key)
            values[name] = None if value == "" else value
        if self.groups and (groups := item.get(GROUPS)) is not None:
            values[GROUPS] = [group["name"] for group in groups] or None
        stamps = self._stamps(item) if self._status else {}
        return Record(str(item["id"]), values, stamped(item.get("updated_at")), stamps)

    def partial(self, item: Mapping[str, Any], sent: Mapping[str, Value]) -> Record:
        """A record from a write's answer, holding the fields that were sent."""
        record = self.record(item)
        return Record(
            record.id, {name: value for name, value in record.values.items() if name in sent}, record.stamp
        )

    @staticmethod
    def _stamps(item: Mapping[str, Any]) -> dict[str, datetime]:
        """When the status last changed, where MailerLite dates it: an opt-out, or a confirmed opt-in."""
        at = stamped(item.get(_DATED_BY.get(item.get(STATUS) or "", "")))
        return {STATUS: at} if at else {}
