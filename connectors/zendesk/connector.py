"""Zendesk Support: users, organizations, memberships; tickets are read. Facts and traps: README.md beside
this."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from connectors.authorize import Way
from connectors.budget import Rate, RateHeaders
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
    UnknownObject,
    Write,
)
from connectors.described import Described
from connectors.http import Http
from connectors.settings import basic, number, require
from connectors.values import chunks
from connectors.zendesk.errors import NOT_THERE, absent, said
from connectors.zendesk.feeds import by_cursor, by_time, listed
from connectors.zendesk.fields import OBJECTS, ObjectFacts, new_field, object_spec
from connectors.zendesk.jobs import Jobs
from connectors.zendesk.people import Identities, further
from connectors.zendesk.records import Reader
from connectors.zendesk.webhooks import ZendeskHooks
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
STATED: Final = (RateHeaders("x-rate-limit", "x-rate-limit-remaining", resets="ratelimit-reset"),)


class ZendeskConnector:
    title = "Zendesk"
    credentials: tuple[str, ...] = ("email", "token")
    rates = RATES
    default_base_url: str | None = None  # each account has its own: https://SUBDOMAIN.zendesk.com

    def __init__(self, options: Options) -> None:
        self._site = (options.base_url or "").rstrip("/")
        base_url = f"{self._site}/api/v2" if options.base_url else None
        token = f"{self._site}/oauth/tokens" if options.base_url else ""
        login = _credential(options, self.credentials, self.title)
        self._http = Http(options, self.title, base_url, login, RATES, STATED, token, token_json=True)
        self._now = options.now
        self._consent = str(options.settings.get("consent_field") or CONSENT)
        self._locale = str(options.settings.get("default_locale") or "en-US")
        self._lag = number(options, "lag", LAG)
        self._jobs = Jobs(self._http, options.sleep, options.settings.get("bulk") is not False)
        self._identities = Identities(self._http)
        self._bulk = dict.fromkeys(OBJECTS, True)
        self._described = Described(self._describe)

    @property
    def calls(self) -> int:
        return self._http.calls

    @property
    def login(self) -> Way:
        return self._http.way(f"{self._site}/oauth/authorizations/new", ("read", "write"), True)

    @property
    def hooks(self) -> ZendeskHooks:
        return ZendeskHooks(self._http)

    def check(self) -> Account:
        """An account is its address; the answer also says whether the login may export (admins only)."""
        me = self._http.read("GET", "/users/me").detail.get("user") or {}
        if not me.get("id"):
            raise AuthRefused("Zendesk took the call as anonymous: check the e-mail and the API token.")
        role = str(me.get("role") or "")
        return Account(self._http.host, f"Zendesk at {self._http.host}", (role,) if role else ())

    def describe(self, object: str) -> ObjectSpec:
        return self._described.anew(object)

    def remember(self, spec: ObjectSpec) -> None:
        self._described.keep(spec)

    def _describe(self, object: str) -> ObjectSpec:
        facts = _facts(object)
        own = listed(self._http, f"/{facts.definitions}", facts.definitions)
        return object_spec(facts, own, self._consent, self._locale, self._lag)

    def pull(self, object: str, cursor: str | None, fields: Sequence[str]) -> Iterator[Page]:
        """The export from its beginning or from a cursor: for organizations a time, else Zendesk's own."""
        reader, rates = self._reader(object, fields), _facts(object).rates
        if object != "organizations":
            feed = by_cursor(self._http, object, cursor, _with(object), rates)
        elif cursor is None or cursor.isdecimal():
            feed = by_time(self._http, object, int(cursor or 0), self._now)
        else:
            raise AppError("zendesk: this cursor is not one of ours; read again with syncer resync.")
        for batch in feed:
            yield Page(reader.records(batch.items, batch.identities), batch.after, last=batch.last)

    def fetch(self, object: str, ids: Sequence[str], fields: Sequence[str]) -> Sequence[Fetched]:
        """Deleted and merged users are both shown as inactive. What is missing is asked for singly: only
        Zendesk's own word counts as a deletion."""
        reader = self._reader(object, fields)
        found: dict[str, Fetched] = {}
        for some in chunks(list(dict.fromkeys(ids)), BATCH):
            for item, record in self._show_many(reader, object, "ids", some):
                gone = record.archived and self._gone(reader, item, record)
                found[record.id] = gone or Fetched(record.id, "found", record)
        return [found.get(id) or self._missing(reader, object, id) for id in ids]

    def _gone(self, reader: Reader, item: Mapping[str, Any], record: Record) -> Fetched:
        """A merge moves addresses and direct lines to the user that lives on, so that user tells it from a
        deletion."""
        email, phone = (str(item.get(name) or "").strip().lower() for name in ("email", "phone"))
        owners = self._by_email(reader, email) if email else self._by_phone(reader, phone) if phone else ()
        owner = next((other for other in owners if not other.archived), None)
        if owner is None or owner.id == record.id:
            return Fetched(record.id, "deleted", record)
        return Fetched(record.id, "merged", owner, into=owner.id)

    def find(self, object: str, field: str, values: Sequence[str], fields: Sequence[str]) -> Sequence[Record]:
        """By external id a hundred a call; by e-mail or name one a call, and as late as the search index."""
        reader = self._reader(object, fields)
        records: list[Record] = []
        if field == "external_id":
            for some in chunks(list(values), BATCH):
                records += [record for _, record in self._show_many(reader, object, "external_ids", some)]
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
        facts = _facts(object)
        if not facts.writable:
            why = f"syncer reads Zendesk's {object} and does not write them"
            return [Result(write.ref, "rejected", write.id, reason=why) for write in writes]
        spec = self._described.of(object)
        writer = Writer(self._http, facts, spec, self._jobs, self._bulk[object])
        results = writer.write(writes)
        self._bulk[object] = writer.bulk
        return results

    def create_fields(self, object: str, fields: Iterable[FieldSpec]) -> None:
        facts = _facts(object)
        if not facts.writable:
            raise AppError(f"zendesk: fields of {object} are not made by syncer; make them in Zendesk.")
        for spec in fields:
            if spec.name.startswith(facts.prefix):
                body = {facts.definitions.removesuffix("s"): new_field(spec, facts)}
                self._http.write("POST", f"/{facts.definitions}", body=body)
        self._described.forget(object)

    def attached(self, object: str, ids: Sequence[str]) -> Mapping[str, str]:
        """The tickets that people asked for, or that belong to organizations."""
        of = {"users": "tickets/requested", "organizations": "tickets"}.get(object)
        found: dict[str, str] = {}
        for id in ids if of else ():
            answer = self._http.read(
                "GET", f"/{object}/{id}/{of}", params={"page[size]": "100"}, allow=(404,)
            )
            tickets = [] if absent(answer) else answer.items("tickets")
            if tickets:
                found[id] = f"{len(tickets)} ticket" + ("s" if len(tickets) > 1 else "")
        return found

    @property
    def erasable(self) -> Collection[str]:
        return ("users",)

    def erase(self, object: str, ids: Sequence[str]) -> Mapping[str, str]:
        """Two calls for each user: only one that is deleted can be erased."""
        left: dict[str, str] = {}
        for id in ids:
            for path in (f"/users/{id}", f"/deleted_users/{id}"):
                answer = self._http.write("DELETE", path, allow=(400, 403, 404, 422))
                if answer.status >= 400 and not absent(answer):
                    left[id] = self._http.redact(said(answer))
                    break
        return left

    @property
    def mergeable(self) -> Collection[str]:
        return ("users",)

    def merge(self, object: str, survivor: str, other: str) -> Result:
        """End users only; Zendesk refuses agents, and whoever has more than 10,000 tickets."""
        body = {"user": {"id": int(survivor)}}
        answer = self._http.write("PUT", f"/users/{other}/merge", body=body, allow=(400, 403, 404, 422))
        if answer.status >= 400:
            error = answer.detail.get("error")
            why = error.get("message") if isinstance(error, dict) else said(answer)
            return Result(other, "rejected", other, reason=self._http.redact(why or "Zendesk refused it"))
        return Result(other, "applied", survivor)

    def close(self) -> None:
        self._http.close()

    def _reader(self, object: str, fields: Sequence[str]) -> Reader:
        return Reader(_facts(object), self._described.of(object), fields)

    def _show_many(
        self, reader: Reader, object: str, key: str, values: Sequence[str]
    ) -> Iterator[tuple[Mapping[str, Any], Record]]:
        """Up to a hundred records, each as it came and as it is read."""
        deleted = {"include_deleted": "true"} if object == "users" and key == "ids" else {}
        params = {key: ",".join(values), **deleted, **_with(object)}
        answer = self._http.read("GET", f"/{object}/show_many", params=params)
        items = answer.items(object)
        return zip(items, reader.records(items, answer.detail.get("identities") or ()), strict=True)

    def _missing(self, reader: Reader, object: str, id: str) -> Fetched:
        answer = self._http.read("GET", f"/{object}/{id}", allow=(404,))
        if answer.status != 404 or answer.detail.get("error") != NOT_THERE:
            return Fetched(id, "unknown")
        into = self._merged_into(id) if object == "organizations" else ""
        if not into:
            return Fetched(id, "unknown" if into is None else "deleted")
        winner = next((r for _, r in self._show_many(reader, object, "ids", [into])), None)
        return Fetched(id, "merged", winner, into)

    def _merged_into(self, id: str) -> str | None:
        """The organization that took this one in, an empty text for none; None where Zendesk does not tell,
        or is merging it just now."""
        answer = self._http.read("GET", f"/organizations/{id}/merges", allow=(403, 404))
        if answer.status >= 400:
            return "" if answer.detail.get("error") == NOT_THERE else None
        merges = answer.items("organization_merges")
        lost = [item for item in merges if str(item.get("loser_id")) == id and item.get("status") != "error"]
        done = next((item for item in lost if item.get("status") == "complete"), None)
        return str(done["winner_id"]) if done else None if lost else ""

    def _by_email(self, reader: Reader, email: str) -> Iterator[Record]:
        """The search also finds parts and further addresses: what is not the primary one is looked up."""
        for item in self._searched("email", email):
            if str(item.get("email") or "").lower() == email:
                yield reader.record(item)
            else:
                identities = self._identities.of(str(item["id"]))
                if email in further(item, identities).get("email", ()):
                    yield reader.record(item, identities)

    def _by_phone(self, reader: Reader, phone: str) -> Iterator[Record]:
        """Users with this number as a direct line; a shared number says nothing."""
        for item in self._searched("phone", phone):
            identities = self._identities.of(str(item["id"]))
            lines = (one.get("value") for one in identities if one.get("type") == "phone_number")
            if phone in lines:
                yield reader.record(item, identities)

    def _searched(self, name: str, value: str) -> list[dict[str, Any]]:
        return self._http.read("GET", "/users/search", params={"query": f"{name}:{value}"}).items("users")


def _with(object: str) -> dict[str, str]:
    """What to ask for beside the records: users bring their further addresses and numbers."""
    return {"include": "identities"} if object == "users" else {}


def _facts(object: str) -> ObjectFacts:
    if object not in OBJECTS:
        raise UnknownObject("zendesk", object, list(OBJECTS))
    return OBJECTS[object]


def _credential(options: Options, needed: Sequence[str], title: str) -> dict[str, str]:
    """The header of an API token; none where the config gives a login in its place."""
    if options.oauth:
        return {}
    given = require(options, needed, title)
    return basic(f"{given['email']}/token", given["token"])
