"""Freshdesk: contacts. One class with the nine methods of the contract; it keeps no state of its own."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final
from urllib.parse import urlsplit

from connectors.answer import Answer
from connectors.batching import fillable, in_batches
from connectors.budget import Rate
from connectors.contract import (
    Account,
    AppError,
    Fetched,
    FieldSpec,
    ObjectSpec,
    Options,
    Page,
    Record,
    Result,
    Unexpected,
    UnknownObject,
    Value,
    Write,
)
from connectors.described import Described
from connectors.http import Http, after_effect
from connectors.settings import EVERY, Takes, basic, number, require
from connectors.values import named, stamped
from syncer_freshdesk.fields import CONTACTS, CUSTOM, contact_spec

LAG: Final = 60.0  # seconds; not documented. Each poll begins so much before the last one
RATES: Final = (Rate("general", 200, 60.0), Rate("lists", 20, 60.0))  # the smallest plan's
REFUSED: Final = (400, 403, 404, 405, 409, 415)


class FreshdeskConnector:
    title = "Freshdesk"
    credentials: tuple[str, ...] = ("api_key",)
    settings: Mapping[str, Takes] = {**EVERY, "lag": float, "page_size": int}
    rates = RATES
    default_base_url: str | None = None  # each account has its own: https://DOMAIN.freshdesk.com

    def __init__(self, options: Options) -> None:
        given = require(options, self.credentials, self.title)
        base_url = f"{options.base_url.rstrip('/')}/api/v2" if options.base_url else None
        self._http = Http(options, self.title, base_url, basic(given["api_key"], "X"), RATES)
        self._address = urlsplit(base_url or "").netloc.lower()
        self._now = options.now
        self._lag = number(options, "lag", LAG)
        self._size = int(number(options, "page_size", 100))
        self._described = Described(self._describe)

    @property
    def calls(self) -> int:
        return self._http.calls

    def check(self) -> Account:
        """An account is its address: host, and port where it has one."""
        self._http.read("GET", "/agents/me")
        return Account(self._address, f"Freshdesk at {self._address}")

    def describe(self, object: str) -> ObjectSpec:
        return self._described.anew(object)

    def _describe(self, object: str) -> ObjectSpec:
        if object != CONTACTS:
            raise UnknownObject("freshdesk", object, [CONTACTS])
        return contact_spec(_items(self._http.read("GET", "/contact_fields")), self._lag)

    def remember(self, spec: ObjectSpec) -> None:
        self._described.keep(spec)

    def pull(self, object: str, cursor: str | None, fields: Sequence[str]) -> Iterator[Page]:
        """Live contacts, then deleted ones. The list has no order by time, so the place where the next poll
        begins, the start of this one less the lag, is safe on the last page only."""
        reader = Reader(self._described.of(object), fields)
        since = {"_updated_since": cursor} if cursor else {}
        after: str | None = None
        for state in ("", "deleted"):
            number, more = 1, True
            while more:
                params = {
                    **since,
                    **({"state": state} if state else {}),
                    "page": number,
                    "per_page": self._size,
                }
                answer = self._http.read("GET", "/contacts", params=params, rates=("general", "lists"))
                after = after or self._start(answer)
                more = 'rel="next"' in answer.headers.get("link", "")
                last = not more and state == "deleted"
                yield Page(reader.records(_items(answer)), after if last else None, last)
                number += 1

    def fetch(self, object: str, ids: Sequence[str], fields: Sequence[str]) -> Sequence[Fetched]:
        """One call each: Freshdesk has no way to read several contacts by id."""
        reader = Reader(self._described.of(object), fields)
        found = {id: self._fetched(id, reader) for id in dict.fromkeys(ids)}
        return [found[id] for id in ids]

    def find(self, object: str, field: str, values: Sequence[str], fields: Sequence[str]) -> Sequence[Record]:
        """By primary or further address, one call each."""
        if field != "email":
            raise AppError(f"freshdesk: contacts are found by email only, not by {field}.")
        reader = Reader(self._described.of(object), fields)
        records: list[Record] = []
        for value in dict.fromkeys(value.strip().lower() for value in values if value.strip()):
            answer = self._http.read("GET", "/contacts", params={"email": value}, rates=("general", "lists"))
            records += reader.records(_items(answer))
        return list({record.id: record for record in records}.values())

    def write(self, object: str, writes: Sequence[Write]) -> Sequence[Result]:
        """One call each: there are no batches for contacts."""
        fit, refused = fillable(self._described.of(object), writes)
        return [*refused, *in_batches(fit, 1, lambda batch: [self._write(batch[0])])]

    def create_fields(self, object: str, fields: Iterable[FieldSpec]) -> None:
        names = ", ".join(field.name for field in fields)
        raise AppError(f"freshdesk: make these fields in Admin > Contact fields: {names}.")

    def close(self) -> None:
        self._http.close()

    def _start(self, answer: Answer) -> str:
        """By the server's clock, or ours where it tells none."""
        at: datetime = (answer.date or self._now()) - timedelta(seconds=self._lag)
        return at.strftime("%Y-%m-%dT%H:%M:%SZ")

    def _fetched(self, id: str, reader: Reader) -> Fetched:
        answer = self._http.read("GET", f"/contacts/{id}", allow=(404,))
        if answer.status == 404:
            return Fetched(id, "unknown" if answer.content else "deleted")  # its own has no body
        record = reader.record(_item(answer))
        return Fetched(id, "archived" if record.archived else "found", record)

    def _write(self, write: Write) -> Result:
        path = f"/contacts/{write.id}" if write.id else "/contacts"
        method = {"create": "POST", "update": "PUT", "archive": "DELETE"}[write.kind]
        body = None if write.kind == "archive" else _body(write)
        answer = self._http.write(method, path, body=body, allow=REFUSED)
        if answer.status >= 400:
            return self._refused(write, answer)
        if write.kind == "archive":
            return Result(write.ref, "applied", write.id)
        with after_effect():
            record = Reader(self._described.of(CONTACTS), list(write.values)).record(_item(answer))
        return Result(write.ref, "applied", record.id, record)

    def _refused(self, write: Write, answer: Answer) -> Result:
        """400 and 409 name fields; a taken address also says whose it is."""
        if answer.status in (404, 405):
            return Result(write.ref, "stale", write.id, reason="Freshdesk no longer has this contact")
        fields: dict[str, str] = {}
        owner: str | None = None
        taken = False
        for item in answer.detail.get("errors") or ():
            name = next((n for n in write.values if n.removeprefix(CUSTOM) == item.get("field")), None)
            if name:
                fields[name] = self._http.redact(item.get("message") or item.get("code") or "refused")
            taken = taken or item.get("code") == "duplicate_value"
            owner = str((item.get("additional_info") or {}).get("user_id") or "") or owner
        reason = "; ".join(fields.values()) or self._http.redact(
            answer.detail.get("description") or answer.detail.get("message") or f"status {answer.status}"
        )
        if taken and write.kind == "create":
            return Result(write.ref, "existed", owner, reason=reason)
        return Result(write.ref, "rejected", write.id, reason=reason, fields=fields)


class Reader:
    """Reads contacts with one choice of fields."""

    def __init__(self, spec: ObjectSpec, fields: Iterable[str]) -> None:
        known = [name for name in fields if name in spec.fields]
        self._custom = named(known, CUSTOM)
        self._plain = [name for name in known if not name.startswith(CUSTOM)]

    def records(self, items: Iterable[Mapping[str, Any]]) -> list[Record]:
        return [self.record(item) for item in items]

    def record(self, item: Mapping[str, Any]) -> Record:
        """A key that the answer lacks was not returned, and stays out of the values."""
        own = item.get("custom_fields") or {}
        values: dict[str, Value] = {name: _blank(item[name]) for name in self._plain if name in item}
        values |= {name: _blank(own[key]) for name, key in self._custom if key in own}
        others = tuple(str(email).lower() for email in item.get("other_emails") or ())
        return Record(
            str(item["id"]),
            values,
            stamped(item.get("updated_at")),
            other_keys={"email": others} if others else {},
            archived=bool(item.get("deleted")),
        )


def _body(write: Write) -> dict[str, Any]:
    """Only what is to be written; ``null`` clears, lists are replaced as a whole."""
    body: dict[str, Any] = {}
    for name, value in write.values.items():
        if name.startswith(CUSTOM):
            body.setdefault("custom_fields", {})[name.removeprefix(CUSTOM)] = value
        elif value is not None or write.kind == "update":
            body[name] = (value or []) if name == "tags" else value
    return body


def _blank(value: Any) -> Value:
    return None if value in ("", []) else value


def _items(answer: Answer) -> list[dict[str, Any]]:
    """Freshdesk's lists are bare."""
    found = answer.json
    if not isinstance(found, list) or not all(isinstance(item, dict) for item in found):
        raise Unexpected("Freshdesk's answer is not the list that its documentation promises")
    return found


def _item(answer: Answer) -> dict[str, Any]:
    found = answer.json
    if not isinstance(found, dict) or not found.get("id"):
        raise Unexpected("Freshdesk's answer is not the contact that its documentation promises")
    return found
