"""HubSpot: contacts with their company and lists, companies; deals and tickets read. Facts and traps:
README.md beside this."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from connectors.answer import Answer
from connectors.authorize import Way
from connectors.budget import Rate, RateHeaders
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
from connectors.cursors import Trail
from connectors.described import Described
from connectors.hubspot.associations import PrimaryCompanies
from connectors.hubspot.attached import Attached
from connectors.hubspot.connection import HubSpotHttp
from connectors.hubspot.consent import Preferences
from connectors.hubspot.errors import NOT_THERE
from connectors.hubspot.fields import (
    COMPANY,
    LISTS,
    MERGED,
    OBJECTS,
    OPT_OUT,
    ObjectFacts,
    new_property,
    object_spec,
)
from connectors.hubspot.lists import Lists
from connectors.hubspot.paging import following
from connectors.hubspot.paths import Paths
from connectors.hubspot.records import Reader
from connectors.hubspot.search import ChangeSearch, search_values
from connectors.hubspot.webhooks import HubSpotHooks
from connectors.hubspot.writing import Writer
from connectors.settings import number, token_header
from connectors.values import chunks, moment

LIST: Final = 100
BATCH: Final = 100
CONTACTS: Final = "0-1"  # the id of the object type
LAG: Final = 10.0  # seconds until the search index shows a change
# state of a contact that HubSpot did not find to erase -> why it is left
STILL_THERE: Final = {
    "archived": "it is in HubSpot's recycle bin: erase it there, or wait 90 days",
    "merged": "it was merged into another contact: erase that one",
    **dict.fromkeys(("found", "unknown"), "HubSpot did not find it to erase: erase it there"),
}
OVERLAP: Final = timedelta(seconds=30)  # read again at each poll; never less than the lag
RATES: Final = (Rate("general", 100, 10.0), Rate("search", 5, 1.0))
STATED: Final = (
    RateHeaders(
        "x-hubspot-ratelimit-max",
        "x-hubspot-ratelimit-remaining",
        "x-hubspot-ratelimit-interval-milliseconds",
    ),
    # The day ends at midnight where the account is: what is left is looked at again each hour.
    RateHeaders(
        "x-hubspot-ratelimit-daily", "x-hubspot-ratelimit-daily-remaining", pause=3600.0, adopt=False
    ),
)
SCOPES = (
    *(f"crm.objects.{kind}.{right}" for kind in ("contacts", "companies") for right in ("read", "write")),
    *(f"crm.schemas.{kind}.{right}" for kind in ("contacts", "companies") for right in ("read", "write")),
    *("crm.lists.read", "crm.lists.write", "communication_preferences.read_write"),
)


class HubSpotConnector:
    title = "HubSpot"
    credentials: tuple[str, ...] = ("token",)
    default_base_url: str | None = "https://api.hubapi.com"
    rates = RATES

    def __init__(self, options: Options) -> None:
        self._paths = Paths(str(options.settings.get("api_version") or "v3"))
        headers = token_header(options, self.credentials, self.title)
        base_url = self._base_url = (options.base_url or self.default_base_url or "").rstrip("/")
        self._http = HubSpotHttp(options, self.title, base_url, headers, RATES, STATED, self._paths.token)
        self._now = options.now
        self._hook_secret = options.credentials.get("webhook_secret") or options.oauth.get(
            "client_secret", ""
        )
        self._lag = number(options, "lag", LAG)
        self._companies = PrimaryCompanies(self._http, self._paths.associations("contacts", "companies"))
        only = [name.strip() for name in str(options.settings.get("lists") or "").split(";") if name.strip()]
        self._lists = Lists(self._http, self._paths.lists, CONTACTS, only)
        batches = options.settings.get("consent_batches") is not False
        self._preferences = Preferences(self._http, self._paths.preferences, batches)
        self._described = Described(self._describe)

    @property
    def calls(self) -> int:
        return self._http.calls

    @property
    def login(self) -> Way:
        """HubSpot's page for people is at another address than its API."""
        own = self._base_url == self.default_base_url
        return self._http.way(
            f"{'https://app.hubspot.com' if own else self._base_url}/oauth/authorize", SCOPES, False
        )

    @property
    def hooks(self) -> HubSpotHooks:
        return HubSpotHooks(self._hook_secret)

    def check(self) -> Account:
        details = self._http.read("GET", self._paths.account).detail
        if "portalId" not in details:
            raise Unexpected("hubspot: the account details hold no portalId.")
        portal = str(details["portalId"])
        return Account(portal, f"HubSpot account {portal}")

    def describe(self, object: str) -> ObjectSpec:
        return self._described.anew(object)

    def remember(self, spec: ObjectSpec) -> None:
        self._described.keep(spec)

    def _describe(self, object: str) -> ObjectSpec:
        facts = _facts(object)
        properties = self._http.read("GET", self._paths.properties(object)).items("results")
        lists = self._lists.names() if object == "contacts" else ()
        return object_spec(facts, properties, self._lag, lists)

    def pull(self, object: str, cursor: str | None, fields: Sequence[str]) -> Iterator[Page]:
        """Cursors: ``list|<start of the read>|<after>`` in a first read, ``since|<time>`` from then on."""
        reader = self._reader(object, fields)
        kind, _, rest = (cursor or "list||").partition("|")
        if kind == "list":
            start, _, after = rest.partition("|")
            return self._list(object, reader, moment(start), after)
        since = moment(rest) if kind == "since" else None
        if since is None:
            raise AppError(
                "hubspot: this cursor is not one of ours; read the object again with syncer resync."
            )
        return self._changes(object, reader, since)

    def fetch(self, object: str, ids: Sequence[str], fields: Sequence[str]) -> Sequence[Fetched]:
        reader = self._reader(object, fields)
        answers: dict[str, Fetched] = {}
        for some in chunks(list(dict.fromkeys(ids)), BATCH):
            for record in self._batch_read(object, reader, some):
                answers[record.id] = Fetched(record.id, "found", record)
            missing = [id for id in some if id not in answers]
            if missing:
                for record in self._batch_read(object, reader, missing, archived=True):
                    answers[record.id] = Fetched(record.id, "archived", record)
            gone = {id: self._missing(object, reader, id) for id in missing if id not in answers}
            answers |= gone | self._merged(object, reader, [id for id in gone if gone[id].state == "deleted"])
        return [answers[id] for id in ids]

    def find(self, object: str, field: str, values: Sequence[str], fields: Sequence[str]) -> Sequence[Record]:
        """Contacts by e-mail are read without lag, additional addresses included; all else by search."""
        reader = self._reader(object, fields)
        if object == "contacts" and field == "email":
            found = [
                record
                for some in chunks(list(values), BATCH)
                for record in self._batch_read(object, reader, some, id_property="email")
            ]
            return list({record.id: record for record in found}.values())
        path = self._paths.objects(object)
        items = {item["id"]: item for item in search_values(self._http, path, field, values, reader.searched)}
        return self._found(object, reader, list(items.values()))

    def write(self, object: str, writes: Sequence[Write]) -> Sequence[Result]:
        facts, path = _facts(object), self._paths.objects(object)
        spec = self._described.of(object)
        writer = Writer(self._http, path, facts, spec, self._companies, self._lists, self._preferences)
        return writer.write(writes)

    def create_fields(self, object: str, fields: Iterable[FieldSpec]) -> None:
        facts = _facts(object)
        for spec in fields:
            if spec.name not in (COMPANY, LISTS, OPT_OUT):
                self._http.write("POST", self._paths.properties(object), body=new_property(spec, facts.group))
        self._described.forget(object)

    def attached(self, object: str, ids: Sequence[str]) -> Mapping[str, str]:
        """Deals, tickets, mails, calls, meetings, notes and tasks of a contact or company."""
        return Attached(self._http, self._paths).of(object, ids)

    @property
    def erasable(self) -> Collection[str]:
        return ("contacts",)

    def erase(self, object: str, ids: Sequence[str]) -> Mapping[str, str]:
        """By the call for privacy requests, one contact each."""
        left: dict[str, str] = {}
        path = f"{self._paths.objects(object)}/gdpr-delete"
        for id in ids:
            answer = self._http.write("POST", path, body={"objectId": id}, allow=(400, 403, 404))
            if answer.status == 404:
                state = self.fetch(object, [id], ())[0].state
                left |= {id: STILL_THERE[state]} if state in STILL_THERE else {}
            elif answer.status >= 400:
                left[id] = self._why_refused(answer)
        return left

    @property
    def mergeable(self) -> Collection[str]:
        return ("contacts", "companies")

    def merge(self, object: str, survivor: str, other: str) -> Result:
        """The record that lives on may have a new id."""
        body = {"primaryObjectId": survivor, "objectIdToMerge": other}
        path = f"{self._paths.objects(object)}/merge"
        answer = self._http.write("POST", path, body=body, allow=(400, 403, 404, 409, 414))
        if answer.status >= 400:
            return Result(other, "rejected", other, reason=self._why_refused(answer))
        return Result(other, "applied", str(answer.detail.get("id") or survivor))

    def _why_refused(self, answer: Answer) -> str:
        return self._http.redact(answer.detail.get("message") or "HubSpot refused it")

    def close(self) -> None:
        self._http.close()

    def _reader(self, object: str, fields: Sequence[str]) -> Reader:
        return Reader.of(_facts(object), self._described.of(object), fields)

    def _list(self, object: str, reader: Reader, start: datetime | None, after: str) -> Iterator[Page]:
        """Everything, in the order of ids. What changes meanwhile is left to the first poll."""
        params: dict[str, Any] = {"limit": LIST, "properties": ",".join(reader.wanted)}
        if COMPANY in reader.apart:
            params["associations"] = "companies"
        members = self._lists.members() if LISTS in reader.apart else {}
        trail = Trail(f"HubSpot's list of {object}", after)
        while True:
            paged = {**params, "after": after} if after else params
            answer = self._http.read("GET", self._paths.objects(object), params=paged)
            start = start or self._sure(answer.date)
            items = answer.items("results")
            apart: dict[str, Mapping[str, Value]] = {LISTS: members} if LISTS in reader.apart else {}
            if COMPANY in reader.apart:
                apart[COMPANY] = self._companies.of_listed(items)
            records = reader.records(items, apart)
            after = following(answer.json) or ""
            if not after:
                yield Page(records, self._since(start - self._overlap), last=True)
                return
            yield Page(records, f"list|{start.isoformat()}|{trail.follow(after)}")

    def _changes(self, object: str, reader: Reader, since: datetime) -> Iterator[Page]:
        """What changed, oldest first. No cursor passes the start of the read less the overlap: what the
        index shows late lies behind the place already reached."""
        search = ChangeSearch(self._http, self._paths.objects(object), reader.facts.changed, reader.searched)
        safe: datetime | None = None
        for found in search.since(since):
            safe = safe or max(since, self._sure(found.server_time) - self._overlap)
            cursor = self._since(safe if found.last else min(safe, found.reached))
            yield Page(self._found(object, reader, found.items), cursor, last=found.last)

    def _sure(self, at: datetime | None) -> datetime:
        """By HubSpot's clock or ours, whichever is behind: an answer may carry the date of a clock on the
        way, and a cursor that is ahead leaves out all until then."""
        return min(at or self._now(), self._now())

    @property
    def _overlap(self) -> timedelta:
        return max(OVERLAP, timedelta(seconds=self._lag))

    @staticmethod
    def _since(at: datetime) -> str:
        return f"since|{at.isoformat()}"

    def _found(self, object: str, reader: Reader, items: Sequence[Any]) -> list[Record]:
        """Records from a search. Where there are too many properties for its body, they are read by id."""
        if reader.wanted == reader.searched:
            return self._whole(reader, items)
        ids = [str(item["id"]) for item in items]
        return [record for some in chunks(ids, BATCH) for record in self._batch_read(object, reader, some)]

    def _whole(self, reader: Reader, items: Sequence[Any]) -> list[Record]:
        """Searches and batch reads leave out what is no property: companies are one further call for a
        thousand contacts, lists one for each contact, or for each 250 members of all lists."""
        ids = [str(item["id"]) for item in items]
        apart: dict[str, Mapping[str, Value]] = {}
        if COMPANY in reader.apart:
            apart[COMPANY] = self._companies.of(ids)
        if LISTS in reader.apart:
            apart[LISTS] = self._lists.of(ids)
        return reader.records(items, apart)

    def _batch_read(
        self, object: str, reader: Reader, ids: Sequence[str], archived: bool = False, id_property: str = ""
    ) -> list[Record]:
        body: dict[str, Any] = {"properties": reader.wanted, "inputs": [{"id": id} for id in ids]}
        if id_property:
            body["idProperty"] = id_property
        params = {"archived": "true"} if archived else None
        answer = self._http.read_batch(f"{self._paths.objects(object)}/batch/read", body, params)
        items = answer.detail.get("results") or []
        return reader.records(items) if archived else self._whole(reader, items)

    def _missing(self, object: str, reader: Reader, id: str) -> Fetched:
        """An id that no batch knows: merged into another record, gone for good, or not told."""
        params = {"properties": ",".join(reader.wanted)}
        answer = self._http.read("GET", f"{self._paths.objects(object)}/{id}", params=params, allow=(404,))
        if answer.status == 404:
            gone = answer.detail.get("category") == NOT_THERE
            return Fetched(id, "deleted" if gone else "unknown")
        if not isinstance(answer.detail.get("id"), str):
            return Fetched(id, "unknown")
        record = self._whole(reader, [answer.detail])[0]
        if record.id == id:
            return Fetched(id, "archived" if record.archived else "found", record)
        return Fetched(id, "merged", record, into=record.id)

    def _merged(self, object: str, reader: Reader, ids: Sequence[str]) -> dict[str, Fetched]:
        """Of ids that lead nowhere, those that another record names as merged into it. A merge may have made
        that record anew."""
        found: dict[str, Fetched] = {}
        wanted = [*reader.searched, MERGED]
        for item in search_values(self._http, self._paths.objects(object), MERGED, ids, wanted):
            record = self._found(object, reader, [item])[0]
            for id in (item["properties"].get(MERGED) or "").split(";"):
                if id in ids:
                    found[id] = Fetched(id, "merged", record, into=record.id)
        return found


def _facts(object: str) -> ObjectFacts:
    if object not in OBJECTS:
        raise UnknownObject("hubspot", object, list(OBJECTS))
    return OBJECTS[object]
