"""Zendesk Support: users, organizations, memberships. Facts and traps: README.md beside this."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from connectors.batching import chunks
from connectors.budget import Rate
from connectors.contract import (
    Account,
    AppError,
    AuthRefused,
    Fetched,
    FieldSpec,
    ObjectSpec,
    Options,
    Page,
    Record,
    Result,
    Write,
)
from connectors.http import Http
from connectors.settings import basic, number, require
from connectors.zendesk.feeds import by_cursor, by_time, listed
from connectors.zendesk.fields import OBJECTS, ObjectFacts, new_field, object_spec
from connectors.zendesk.jobs import Jobs
from connectors.zendesk.people import Identities
from connectors.zendesk.records import Reader
from connectors.zendesk.writing import Writer

BATCH: Final = 100
LAG: Final = 60.0  # the exports never hold the newest minute
CONSENT: Final = "user_fields.marketing_consent"
RATES: Final = (
    Rate("general", 200, 60.0),  # the smallest plan's; the setting rate_limit states another
    Rate("exports", 10, 60.0),
    Rate("users", 20, 60.0),
    Rate("update_user", 60, 60.0),
)


class ZendeskConnector:
    title = "Zendesk"
    credentials: tuple[str, ...] = ("email", "token")
    default_base_url: str | None = None  # each account has its own: https://SUBDOMAIN.zendesk.com

    def __init__(self, options: Options) -> None:
        given = require(options, self.credentials, self.title)
        base_url = f"{(options.base_url or '').rstrip('/')}/api/v2" if options.base_url else None
        login = basic(f"{given['email']}/token", given["token"])
        self._http = Http(options, self.title, base_url, login, RATES)
        self._now = options.now
        self._consent = str(options.settings.get("consent_field") or CONSENT)
        self._locale = str(options.settings.get("default_locale") or "en-US")
        self._lag = number(options, "lag", LAG)
        self._jobs = Jobs(self._http, options.sleep)
        self._bulk = dict.fromkeys(OBJECTS, options.settings.get("bulk") is not False)
        self._specs: dict[str, ObjectSpec] = {}

    @property
    def calls(self) -> int:
        return self._http.calls

    def check(self) -> Account:
        """An account is its address; the answer also says whether the login may export (admins only)."""
        me = self._http.read("GET", "/users/me").detail.get("user") or {}
        if not me.get("id"):
            raise AuthRefused("Zendesk took the call as anonymous: check the e-mail and the API token.")
        role = str(me.get("role") or "")
        return Account(self._http.host, f"Zendesk at {self._http.host}", (role,) if role else ())

    def describe(self, object: str) -> ObjectSpec:
        facts = _facts(object)
        if object not in self._specs:
            own = listed(self._http, f"/{facts.container}", facts.container)
            self._specs[object] = object_spec(facts, own, self._consent, self._locale, self._lag)
        return self._specs[object]

    def remember(self, spec: ObjectSpec) -> None:
        self._specs[spec.name] = spec

    def pull(self, object: str, cursor: str | None, fields: Sequence[str]) -> Iterator[Page]:
        """The export from its beginning or from a cursor: Zendesk's own for users, a time for others."""
        reader = self._reader(object, fields)
        if object == "users":
            feed = by_cursor(self._http, object, cursor)
        elif cursor is None or cursor.isdecimal():
            feed = by_time(self._http, object, int(cursor or 0), self._now)
        else:
            raise AppError("zendesk: this cursor is not one of ours; read again with syncer resync.")
        for batch in feed:
            yield Page(reader.records(batch.items), batch.after, last=batch.last)

    def fetch(self, object: str, ids: Sequence[str], fields: Sequence[str]) -> Sequence[Fetched]:
        """Deleted and merged users are both shown as inactive. Others that are missing are asked for singly:
        only Zendesk's own word counts as a deletion."""
        reader = self._reader(object, fields)
        found: dict[str, Fetched] = {}
        for some in chunks(list(dict.fromkeys(ids)), BATCH):
            for item in self._show_many(object, "ids", some, deleted=object == "users"):
                record = reader.record(item)
                gone = record.archived and self._gone(reader, item, record)
                found[record.id] = gone or Fetched(record.id, "found", record)
        return [found.get(id) or self._missing(object, id) for id in ids]

    def _gone(self, reader: Reader, item: Mapping[str, Any], record: Record) -> Fetched:
        """A merge moves the addresses to the user that lives on, so that user tells it from a deletion."""
        email = str(item.get("email") or "").lower()
        owner = (
            next((other for other in self._by_email(reader, email) if not other.archived), None)
            if email
            else None
        )
        if owner is None or owner.id == record.id:
            return Fetched(record.id, "deleted", record)
        return Fetched(record.id, "merged", owner, into=owner.id)

    def find(self, object: str, field: str, values: Sequence[str], fields: Sequence[str]) -> Sequence[Record]:
        """By external id a hundred a call; by e-mail or name one a call, and as late as the search index."""
        reader = self._reader(object, fields)
        records: list[Record] = []
        if field == "external_id":
            for some in chunks(list(values), BATCH):
                records += reader.records(self._show_many(object, "external_ids", some))
        elif (object, field) == ("users", "email"):
            for value in dict.fromkeys(value.strip().lower() for value in values):
                records += self._by_email(reader, value)
        elif (object, field) == ("organizations", "name"):
            for value in dict.fromkeys(values):
                answer = self._http.read("GET", "/organizations/search", params={"name": value})
                records += reader.records(answer.items("organizations"))
        else:
            raise AppError(f"zendesk: {object} cannot be found by {field}.")
        return list({record.id: record for record in records}.values())

    def write(self, object: str, writes: Sequence[Write]) -> Sequence[Result]:
        spec = self.describe(object)
        writer = Writer(self._http, _facts(object), spec, self._jobs, self._bulk[object])
        results = writer.write(writes)
        self._bulk[object] = writer.bulk
        return results

    def create_fields(self, object: str, fields: Iterable[FieldSpec]) -> None:
        facts = _facts(object)
        for spec in fields:
            if spec.name.startswith(facts.prefix):
                body = {facts.container.removesuffix("s"): new_field(spec, facts)}
                self._http.write("POST", f"/{facts.container}", body=body)
        self._specs.pop(object, None)

    def close(self) -> None:
        self._http.close()

    def _reader(self, object: str, fields: Sequence[str]) -> Reader:
        return Reader(_facts(object), self.describe(object), fields)

    def _show_many(
        self, object: str, key: str, values: Sequence[str], deleted: bool = False
    ) -> list[dict[str, Any]]:
        params = {key: ",".join(values), **({"include_deleted": "true"} if deleted else {})}
        return self._http.read("GET", f"/{object}/show_many", params=params).items(object)

    def _missing(self, object: str, id: str) -> Fetched:
        if object == "users":
            return Fetched(id, "unknown")
        answer = self._http.read("GET", f"/{object}/{id}", allow=(404,))
        gone = answer.status == 404 and answer.detail.get("error") == "RecordNotFound"
        return Fetched(id, "deleted" if gone else "unknown")

    def _by_email(self, reader: Reader, email: str) -> Iterator[Record]:
        """The search also finds parts and further addresses: what is not the primary one is looked up."""
        answer = self._http.read("GET", "/users/search", params={"query": f"email:{email}"})
        for item in answer.items("users"):
            if str(item.get("email") or "").lower() == email:
                yield reader.record(item)
            elif email in (others := Identities(self._http).emails(str(item["id"]))):
                yield reader.record(item, [other for other in others if other != item.get("email")])


def _facts(object: str) -> ObjectFacts:
    if object not in OBJECTS:
        raise AppError(f"zendesk has no object {object} here; known are {', '.join(OBJECTS)}.")
    return OBJECTS[object]
