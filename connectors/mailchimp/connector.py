"""Mailchimp: the members of one audience. Facts and traps: README.md beside this."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Final

from connectors.authorize import Way
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
from connectors.described import Described
from connectors.lanes import side_by_side
from connectors.mailchimp.connection import MOST, RATES, Connection, listed
from connectors.mailchimp.feed import Feed
from connectors.mailchimp.fields import EMAIL, MEMBERS, MERGE, member_spec, new_field
from connectors.mailchimp.lookup import Lookup
from connectors.mailchimp.place import Place
from connectors.mailchimp.records import Item, Reader
from connectors.mailchimp.tags import Tags
from connectors.mailchimp.webhooks import MailchimpHooks
from connectors.mailchimp.writing import Writer
from connectors.settings import number

BATCH: Final = 500
LAG: Final = 10.0  # seconds; nothing is documented, so a look-up of a lost create waits as long
OVERLAP: Final = timedelta(seconds=60)  # times are whole seconds, and "since" leaves its own second out
# Archived members are asked for by name: whether the list without a status holds them is not documented.
PHASES: Final = (None, "archived")


class MailchimpConnector:
    title = "Mailchimp"
    credentials: tuple[str, ...] = ("token",)
    default_base_url: str | None = None  # the key names the data centre
    rates = RATES

    def __init__(self, options: Options) -> None:
        audience = str(options.settings.get("audience") or "")
        if not re.fullmatch(r"[0-9A-Za-z]+", audience):
            raise AppError(
                f"Mailchimp ({options.name}): settings.audience has to be the id of an audience. It stands in"
                " Mailchimp under Audience, Settings, Audience name and defaults."
            )
        self._http = Connection(options, self.title)
        self._now = options.now
        self._lag = number(options, "lag", LAG)
        self._mails = options.settings.get("opt_in_mail") is True
        self._lookup = Lookup(self._http, f"/lists/{audience}", int(number(options, "page_size", MOST)))
        self._tags = Tags(self._lookup)
        self._audience = audience
        self._described = Described(self._describe)

    @property
    def calls(self) -> int:
        return self._http.calls

    @property
    def login(self) -> Way:
        return self._http.login

    @property
    def hooks(self) -> MailchimpHooks:
        return MailchimpHooks(self._http, self._lookup.audience)

    def check(self) -> Account:
        """The audience stands for the account: its id is the same for ever, and in no other account."""
        return Account(self._audience, f"Mailchimp audience {self._lookup.name()}")

    def describe(self, object: str) -> ObjectSpec:
        return self._described.anew(object)

    def remember(self, spec: ObjectSpec) -> None:
        self._described.keep(spec)

    def _describe(self, object: str) -> ObjectSpec:
        _known(object)
        tags = self._tags.names()
        own = listed(self._http, f"{self._lookup.audience}/merge-fields", "merge_fields")
        return member_spec(own, tags, self._lag, BATCH, self._mails)

    def pull(self, object: str, cursor: str | None, fields: Sequence[str]) -> Iterator[Page]:
        """What changed, oldest first, archived members last. No cursor passes the start of the read less
        the overlap, by the app's clock or by ours, whichever is behind."""
        reader = Reader(self._described.of(object), fields)
        place = Place.of(cursor)
        path = f"{self._lookup.audience}/members"
        feed = Feed(self._http, path, self._lookup.size, reader.listed, self._now)
        began, since, reached = self._now(), place.since, place.reached
        for phase in range(place.phase, len(PHASES)):
            for found in feed.changed(PHASES[phase], reached):
                safe = min(began, feed.ends or began) - OVERLAP
                place = place.at(phase + found.last, since if found.last else found.place, safe)
                last = place.phase == len(PHASES)
                records = reader.records(self._lookup.completed(found.items, reader))
                yield Page(records, place.end() if last else place.text(), last)
            reached = since

    def fetch(self, object: str, ids: Sequence[str], fields: Sequence[str]) -> Sequence[Fetched]:
        reader = Reader(self._described.of(object), fields)
        found = self._lookup.by_contact(ids, reader) if ids else {}
        return [_fetched(id, found.get(id), reader) for id in ids]

    def find(self, object: str, field: str, values: Sequence[str], fields: Sequence[str]) -> Sequence[Record]:
        """Members by address, archived ones included, without lag."""
        if field != EMAIL:
            raise AppError(f"mailchimp: members are found by {EMAIL} only, not by {field}.")
        reader = Reader(self._described.of(object), fields)
        return reader.records(self._lookup.by_address(values, reader).values())

    def write(self, object: str, writes: Sequence[Write]) -> Sequence[Result]:
        return Writer(self._lookup, self._described.of(object), self._tags).write(writes)

    def create_fields(self, object: str, fields: Iterable[FieldSpec]) -> None:
        _known(object)
        for spec in fields:
            if spec.name.startswith(MERGE):
                self._http.write("POST", f"{self._lookup.audience}/merge-fields", body=new_field(spec))
        self._described.forget(object)

    def attached(self, object: str, ids: Sequence[str]) -> Mapping[str, str]:
        """The mails that went out to a member, as far as Mailchimp keeps them (the last 50 events)."""
        _known(object)
        numbers = side_by_side(list(ids), self._http.lanes, self._lookup.mails)
        found = dict(zip(ids, numbers, strict=True))
        return {id: "1 mail" if number == 1 else f"{number} mails" for id, number in found.items() if number}

    @property
    def erasable(self) -> Collection[str]:
        return (MEMBERS,)

    def erase(self, object: str, ids: Sequence[str]) -> Mapping[str, str]:
        """One call each. The address can never be imported again: only the person can come back."""
        _known(object)
        reasons = side_by_side(list(ids), self._http.lanes, self._lookup.erase)
        return {id: why for id, why in zip(ids, reasons, strict=True) if why}

    def close(self) -> None:
        self._http.close()


def _known(object: str) -> None:
    if object != MEMBERS:
        raise UnknownObject("mailchimp", object, [MEMBERS])


def _fetched(id: str, item: Item | None, reader: Reader) -> Fetched:
    if item is None:
        return Fetched(id, "deleted")
    record = reader.record(item)
    if record.id != id:
        return Fetched(id, "unknown")
    return Fetched(id, "archived" if record.archived else "found", record)
