"""HubSpot's records as contract records. The hot path of every read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time
from typing import Any, Final

from connectors.contract import ObjectSpec, Record, Unexpected, Value
from connectors.hubspot.fields import COMPANY, LISTS, MORE_EMAILS, ObjectFacts
from connectors.values import stamped

SEARCHED: Final = 1800  # characters of the 3,000 that a search's body may hold
Apart = Mapping[str, Mapping[str, Value]]  # field -> record id -> value


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads records of one object with one choice of fields.

    plain    fields given as they are; multi: sets, ``a;b`` on the wire; times: dates and times
    wanted   the properties to ask for
    apart    fields that no property holds: further calls settle them
    """

    facts: ObjectFacts
    plain: tuple[str, ...]
    multi: tuple[str, ...]
    times: tuple[str, ...]
    apart: frozenset[str]

    @classmethod
    def of(cls, facts: ObjectFacts, spec: ObjectSpec, fields: Sequence[str]) -> Reader:
        known = [name for name in fields if name in spec.fields]
        apart = {COMPANY, LISTS} & set(known) if facts.name == "contacts" else set()
        kinds = {name: spec.fields[name].kind for name in known if name not in apart}
        multi = tuple(name for name, kind in kinds.items() if kind == "multi")
        times = tuple(name for name, kind in kinds.items() if kind in ("date", "datetime"))
        plain = tuple(name for name in kinds if name not in (*multi, *times))
        return cls(facts, plain, multi, times, frozenset(apart))

    @property
    def wanted(self) -> list[str]:
        extra = (*self.facts.always, self.facts.changed)
        return list(dict.fromkeys((*self.plain, *self.multi, *self.times, *extra)))

    @property
    def searched(self) -> list[str]:
        """The properties to ask a search for, whose body is limited: all that are wanted, if they fit."""
        wanted = self.wanted
        return wanted if sum(map(len, wanted)) + 3 * len(wanted) <= SEARCHED else [self.facts.changed]

    def records(self, items: Iterable[Mapping[str, Any]], apart: Apart | None = None) -> list[Record]:
        """`apart`: by field, what is known of each record; one that is not in it has none."""
        return [self.record(item, apart or {}) for item in items]

    def record(self, item: Mapping[str, Any], apart: Apart) -> Record:
        """A requested property that is absent from the answer is blank: HubSpot leaves some out. Where all
        are absent, the time of change among them, none was returned."""
        if not item.get("id"):
            raise Unexpected("hubspot: a record comes without its id.")
        if not item.get("properties"):
            return Record(item["id"], {}, stamped(item.get("updatedAt")), archived=bool(item.get("archived")))
        get = item["properties"].get
        values: dict[str, Value] = {name: get(name) or None for name in self.plain}
        for name in self.multi:
            text = get(name)
            values[name] = [part for part in text.split(";") if part] if text else None
        for name in self.times:
            values[name] = iso(get(name))
        for name, known in apart.items():
            values[name] = known.get(item["id"])
        more = get(MORE_EMAILS)
        return Record(
            item["id"],
            values,
            stamped(get(self.facts.changed) or item.get("updatedAt")),
            other_keys={"email": tuple(part for part in more.split(";") if part)} if more else {},
            archived=bool(item.get("archived")),
        )

    def partial(self, item: Mapping[str, Any], extra: Mapping[str, Value]) -> Record:
        """A record from a write's answer: only what it names, and what further calls have `extra` settled."""
        given = item.get("properties") or {}
        values: dict[str, Value] = {name: given[name] or None for name in self.plain if name in given}
        for name in self.multi:
            if name in given:
                values[name] = [part for part in (given[name] or "").split(";") if part] or None
        values |= {name: iso(given[name]) for name in self.times if name in given}
        values.update(extra)
        return Record(item["id"], values, stamped(given.get(self.facts.changed) or item.get("updatedAt")))


def iso(text: str | None) -> str | None:
    """A date or time as HubSpot shows it today: older answers hold milliseconds since 1970, and a date is
    midnight UTC then."""
    if not text or not text.lstrip("-").isdecimal():
        return text or None
    try:
        at = datetime.fromtimestamp(int(text) / 1000, UTC)
    except (ValueError, OverflowError):  # of a year that no calendar has: its type refuses it
        return text
    if at.time() == time():
        return at.date().isoformat()
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
