"""MailerLite: subscribers with their fields, groups and status. Facts and traps: README.md beside this."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

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
    UnknownObject,
    Write,
)
from connectors.cursors import Trail
from connectors.described import Described
from connectors.http import Http
from connectors.mailerlite.batch import SIZE, Batch, Reply
from connectors.mailerlite.fields import CUSTOM, STATUSES, SUBSCRIBERS, new_field, subscriber_spec
from connectors.mailerlite.groups import Groups
from connectors.mailerlite.paging import numbered
from connectors.mailerlite.records import Reader
from connectors.mailerlite.webhooks import MailerLiteHooks
from connectors.mailerlite.writing import CREATES, Writer
from connectors.settings import bearer, number, require

PAGE: Final = 100  # the largest allowed is not documented; the setting page_size raises it
VERSION: Final = "2026-11-01"  # pins the API's behaviour to that day
LIMIT: Final = 120  # calls a minute
SCAN_SHARE: Final = 0.5  # of which a scan may use so many, so that writes need not wait for it
STATED: Final = (RateHeaders("x-ratelimit-limit", "x-ratelimit-remaining"),)


class MailerLiteConnector:
    title = "MailerLite"
    credentials: tuple[str, ...] = ("token",)
    rates = (Rate("general", LIMIT, 60.0),)
    default_base_url: str | None = "https://connect.mailerlite.com"

    def __init__(self, options: Options) -> None:
        given = require(options, self.credentials, self.title)
        headers = {**bearer(given["token"]), "content-type": "application/json", "x-version": VERSION}
        base_url = (options.base_url or self.default_base_url or "").rstrip("/") + "/api"
        self._http = Http(options, self.title, base_url, headers, _rates(options), STATED)
        self._forgets = options.settings.get("archive") == "forget"
        self._size = int(number(options, "page_size", PAGE))
        self._batch = Batch(self._http)
        self._groups = Groups(self._http)
        self._described = Described(self._describe)

    @property
    def calls(self) -> int:
        return self._http.calls

    @property
    def hooks(self) -> MailerLiteHooks:
        return MailerLiteHooks(self._http)

    def check(self) -> Account:
        """MailerLite names no account; its oldest field has an id of its own in each account."""
        fields = self._http.read("GET", "/fields", params={"limit": 100, "page": 1}).items("data")
        oldest = min((str(item["id"]) for item in fields), key=lambda id: (len(id), id), default="none")
        return Account(f"field-{oldest}", f"MailerLite account at {self._http.host}")

    def describe(self, object: str) -> ObjectSpec:
        return self._described.anew(object)

    def remember(self, spec: ObjectSpec) -> None:
        self._described.keep(spec)

    def _describe(self, object: str) -> ObjectSpec:
        _known(object)
        own = list(numbered(self._http, "/fields"))
        return subscriber_spec(own, self._groups.names(), self._size, CREATES, SIZE)

    def pull(self, object: str, cursor: str | None, fields: Sequence[str]) -> Iterator[Page]:
        """Always everything: there is no change feed. ``<status>|<after>`` goes on after a crash."""
        reader = Reader(self._described.of(object), fields)
        first, _, place = (cursor or f"{STATUSES[0]}|").partition("|")
        if first not in STATUSES:
            raise AppError("mailerlite: this cursor is not one of ours; read again with syncer resync.")
        for status, following in zip(STATUSES, (*STATUSES[1:], ""), strict=True):
            if STATUSES.index(status) < STATUSES.index(first):
                continue
            for items, after in self._list(status, place if status == first else "", reader.groups):
                goes_on = f"{status}|{after}" if after else f"{following}|" if following else None
                if items or goes_on is None:
                    yield Page(reader.records(items), goes_on, last=goes_on is None)

    def fetch(self, object: str, ids: Sequence[str], fields: Sequence[str]) -> Sequence[Fetched]:
        reader = Reader(self._described.of(object), fields)
        replies = dict(self._batch.read(list(dict.fromkeys(ids))))
        mixed = any(_is_anothers(id, reply) for id, reply in replies.items())
        found = {id: _fetched(id, reply, reader, mixed) for id, reply in replies.items()}
        return [found[id] for id in ids]

    def find(self, object: str, field: str, values: Sequence[str], fields: Sequence[str]) -> Sequence[Record]:
        """Subscribers by address, without lag."""
        if field != "email":
            raise AppError(f"mailerlite: subscribers are found by email only, not by {field}.")
        reader = Reader(self._described.of(object), fields)
        keys = dict.fromkeys(value.strip().lower() for value in values)
        replies = self._batch.read([key for key in keys if key])
        records = [reader.record(reply.data) for _, reply in replies if reply.status == 200]
        return list({record.id: record for record in records}.values())

    def write(self, object: str, writes: Sequence[Write]) -> Sequence[Result]:
        return Writer(self._http, self._described.of(object), self._groups, self._forgets).write(writes)

    def create_fields(self, object: str, fields: Iterable[FieldSpec]) -> None:
        _known(object)
        for spec in fields:
            if spec.name.startswith(CUSTOM):
                self._http.write("POST", "/fields", body=new_field(spec))
        self._described.forget(object)

    def attached(self, object: str, ids: Sequence[str]) -> Mapping[str, str]:
        """How many mails went out to a subscriber, which the subscriber itself counts."""
        _known(object)
        found = {id: _mails(reply) for id, reply in self._batch.read(ids)}
        return {id: mails for id, mails in found.items() if mails}

    @property
    def erasable(self) -> Collection[str]:
        return (SUBSCRIBERS,)

    def erase(self, object: str, ids: Sequence[str]) -> Mapping[str, str]:
        """MailerLite erases within 30 days."""
        _known(object)
        forgetting = Writer(self._http, self._described.of(object), self._groups, forgets=True)
        results = forgetting.write([Write(id, "archive", id, {}) for id in ids])
        return {r.ref: r.reason or r.outcome for r in results if r.outcome not in ("applied", "stale")}

    def close(self) -> None:
        self._http.close()

    def _list(self, status: str, after: str, groups: bool) -> Iterator[tuple[list[dict[str, Any]], str]]:
        """Pages of one status with the cursor that follows each, empty after the last.

        Each status is asked for by name: whether a list without this filter holds all of them, or the
        active ones only, is told differently in different places.
        """
        params: dict[str, Any] = {"limit": self._size, "filter[status]": status}
        if groups:
            params["include"] = "groups"
        trail = Trail("MailerLite's list", after)
        while True:
            asked = {**params, "cursor": after} if after else params
            answer = self._http.read("GET", "/subscribers", params=asked, rates=("general", "scan"))
            items = answer.items("data")
            following = str((answer.detail.get("meta") or {}).get("next_cursor") or "")
            after = trail.follow(following) if following else ""
            yield items, after
            if not after:
                return


def _rates(options: Options) -> tuple[Rate, ...]:
    """The limit of all calls, and within it that of a scan (the setting `scan_share`)."""
    limit = number(options, "rate_limit", LIMIT)
    share = min(1.0, number(options, "scan_share", SCAN_SHARE))
    general = Rate("general", LIMIT, 60.0)
    return (general, Rate("scan", int(limit * share), 60.0)) if limit * share >= 1 else (general,)


def _known(object: str) -> None:
    if object != SUBSCRIBERS:
        raise UnknownObject("mailerlite", object, [SUBSCRIBERS])


def _mails(reply: Reply) -> str:
    """In words; an empty text for none."""
    if reply.status not in (200, 404):
        return "mails, perhaps: MailerLite does not tell"
    number = int(reply.data.get("sent") or 0)
    return f"{number} mail{'s' if number > 1 else ''}" if number else ""


def _is_anothers(id: str, reply: Reply) -> bool:
    return reply.status == 200 and str(reply.data.get("id")) != id


def _fetched(id: str, reply: Reply, reader: Reader, mixed: bool) -> Fetched:
    """`mixed`: the replies did not come in the order asked, so that one which names nobody is nobody's."""
    if _is_anothers(id, reply) or reply.status not in (200, 404) or (mixed and reply.status == 404):
        return Fetched(id, "unknown")
    if reply.status == 404 or reply.data.get("deleted_at"):
        return Fetched(id, "deleted")
    return Fetched(id, "found", reader.record(reply.data))
