"""HubSpot's records as contract records. The hot path of every read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from connectors.contract import ObjectSpec, Record, Value
from connectors.hubspot.fields import COMPANY, MORE_EMAILS, ObjectFacts
from connectors.values import moment


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads records of one object with one choice of fields.

    plain    fields given as they are; multi: sets, ``a;b`` on the wire
    wanted   the properties to ask for
    company  whether the primary company is asked for
    """

    facts: ObjectFacts
    plain: tuple[str, ...]
    multi: tuple[str, ...]
    company: bool

    @classmethod
    def of(cls, facts: ObjectFacts, spec: ObjectSpec, fields: Sequence[str]) -> Reader:
        known = [name for name in fields if name in spec.fields]
        company = COMPANY in known and spec.fields[COMPANY].kind == "reference"
        properties = [name for name in known if not (company and name == COMPANY)]
        multi = tuple(name for name in properties if spec.fields[name].kind == "multi")
        return cls(facts, tuple(name for name in properties if name not in multi), multi, company)

    @property
    def wanted(self) -> list[str]:
        extra = (*self.facts.always, self.facts.changed)
        return list(dict.fromkeys((*self.plain, *self.multi, *extra)))

    def records(
        self, items: Iterable[Mapping[str, Any]], companies: Mapping[str, str] | None = None
    ) -> list[Record]:
        """`companies` maps contact ids to primary company ids; contacts that are not in it have none."""
        return [self.record(item, companies) for item in items]

    def record(self, item: Mapping[str, Any], companies: Mapping[str, str] | None = None) -> Record:
        """A requested property that is absent from the answer is blank: HubSpot leaves some out."""
        get = (item.get("properties") or {}).get
        values: dict[str, Value] = {name: get(name) or None for name in self.plain}
        for name in self.multi:
            text = get(name)
            values[name] = [part for part in text.split(";") if part] if text else None
        if self.company and companies is not None:
            values[COMPANY] = companies.get(item["id"])
        more = get(MORE_EMAILS)
        return Record(
            item["id"],
            values,
            moment(get(self.facts.changed) or item.get("updatedAt")),
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
        values.update(extra)
        return Record(item["id"], values, moment(given.get(self.facts.changed) or item.get("updatedAt")))
