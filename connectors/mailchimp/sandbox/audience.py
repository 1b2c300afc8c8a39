"""One audience of a simulated Mailchimp account, and the only places that change its members."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from hashlib import md5
from typing import Any

from connectors.mailchimp.sandbox.answers import iso
from connectors.sandbox.clock import Clock
from connectors.sandbox.table import Feed
from connectors.sandbox.webhooks import Delivery
from connectors.sandbox.wire import Json, Mode

STATUSES = ("subscribed", "unsubscribed", "cleaned", "pending", "transactional")
FIRST_WEB_ID = 368_900_000
TAGS_SHOWN = 50
MERGE_FIELDS: tuple[tuple[str, str, str, Json], ...] = (
    ("FNAME", "First Name", "text", {"size": 25}),
    ("LNAME", "Last Name", "text", {"size": 25}),
    ("ADDRESS", "Address", "address", {"default_country": 164}),
    ("PHONE", "Phone Number", "phone", {"phone_format": "none"}),
    ("BIRTHDAY", "Birthday", "birthday", {"date_format": "MM/DD"}),
    ("JOBTITLE", "Job title", "text", {"size": 25}),
    ("COMPANY", "Company", "text", {"size": 25}),
    ("CITY", "City", "text", {"size": 25}),
    ("COUNTRY", "Country", "text", {"size": 25}),
    ("LTV", "Lifetime value", "number", {}),
    ("RENEWAL", "Renewal", "date", {"date_format": "YYYY-MM-DD"}),
    ("TIER", "Tier", "dropdown", {"choices": ["Bronze", "Silver", "Gold"]}),
)


@dataclass(slots=True)
class Member:
    """`left`: they unsubscribed by themselves, bounced or complained; the API cannot subscribe them again.
    `mails`: when mails of campaigns went out to them."""

    number: int
    email: str
    status: str
    signup: int
    changed: int
    opted: int | None = None
    left: bool = False
    reason: str = ""
    merge: dict[str, Any] = field(default_factory=dict)
    tags: dict[int, int] = field(default_factory=dict)
    language: str = ""
    vip: bool = False
    email_type: str = "html"
    source: str = "API - Generic"
    mails: tuple[int, ...] = ()

    @property
    def contact_id(self) -> str:
        """Stable, also when the address changes."""
        return digest(f"contact {self.number}")


def digest(text: str) -> str:
    return md5(text.encode(), usedforsecurity=False).hexdigest()


def hashed(email: str) -> str:
    """A member's place in paths; changes with the address."""
    return digest(email.strip().lower())


class Audience:
    """Members by number, and two feeds of them in the order of their last change: those that are archived
    and those that are not. Times are whole seconds."""

    def __init__(self, id: str, name: str, clock: Clock, mode: Mode, first: int) -> None:
        self.id = id
        self.name = name
        self.clock = clock
        self.mode = mode
        self.members: dict[int, Member] = {}
        self.hashes: dict[str, int] = {}
        self.contacts: dict[str, int] = {}
        self.forgotten: set[str] = set()
        self.live, self.archived = Feed(), Feed()
        self.tags: dict[int, str] = {}
        self.fields: dict[int, Json] = {}
        self.webhooks: dict[str, Json] = {}
        self.outbox: list[Delivery] = []
        self._next = first
        for tag, label, kind, options in MERGE_FIELDS:
            self.add_field(tag, label, kind, options)

    def now(self) -> int:
        return self.clock.now() // 1_000_000

    # -- members ---------------------------------------------------------------------------------

    def find(self, key: str) -> Member | None:
        """By contact id, by hash of the address, or by the address itself."""
        number = self.contacts.get(key)
        if number is None:
            number = self.hashes.get(hashed(key) if "@" in key else key.lower())
        return None if number is None else self.members[number]

    def new(self, email: str, status: str, at: int) -> Member:
        """A member that is not stored yet."""
        made = Member(self._next, email, status, at, at)
        if not self.mode.muted:
            self._next += 1
        return made

    def store(self, member: Member) -> None:
        if self.mode.muted:
            return
        self.members[member.number] = member
        self.hashes[hashed(member.email)] = member.number
        self.contacts[member.contact_id] = member.number
        self._feed(member.status).set(member.number, member.changed)

    def take_out(self, member: Member) -> None:
        """Before `store` of its changed form, or for good."""
        if self.mode.muted:
            return
        del self.members[member.number]
        del self.hashes[hashed(member.email)]
        del self.contacts[member.contact_id]
        self.live.drop(member.number)
        self.archived.drop(member.number)

    def forget(self, member: Member) -> None:
        """Deleted for good: no trace is left, and the address cannot be imported again."""
        if not self.mode.muted:
            self.forgotten.add(hashed(member.email))
        self.take_out(member)

    def _feed(self, status: str) -> Feed:
        return self.archived if status == "archived" else self.live

    # -- tags and merge fields -------------------------------------------------------------------

    def tag_id(self, name: str) -> int:
        """The tag of that name in any case; made where there is none."""
        wanted = name.strip().lower()
        known = next((id for id, tag in self.tags.items() if tag.lower() == wanted), None)
        if known is not None:
            return known
        id = 1 + max(self.tags, default=0)
        if not self.mode.muted:
            self.tags[id] = name.strip()
        return id

    def rename_tag(self, id: int, name: str) -> None:
        if not self.mode.muted:
            self.tags[id] = name.strip()

    def remove_tag(self, id: int) -> None:
        """Nobody has it any more, and nobody's time of change moves."""
        if not self.mode.muted:
            del self.tags[id]
            for member in self.members.values():
                member.tags.pop(id, None)

    def give(self, member: Member, names: Iterable[str]) -> None:
        now = self.now()
        for id in [self.tag_id(name) for name in names]:
            if not self.mode.muted:
                member.tags.setdefault(id, now)

    def add_field(self, tag: str, name: str, kind: str, options: Json, required: bool = False) -> Json:
        id = 1 + max(self.fields, default=0)
        made: Json = {
            "merge_id": id,
            "tag": tag,
            "name": name,
            "type": kind,
            "required": required,
            "default_value": "",
            "public": False,
            "display_order": id + 1,
            "options": options,
            "help_text": "",
            "list_id": self.id,
            "_links": [],
        }
        if not self.mode.muted:
            self.fields[id] = made
        return made

    def field(self, tag: str) -> Json | None:
        return next((item for item in self.fields.values() if item["tag"] == tag), None)

    # -- as the API shows it ---------------------------------------------------------------------

    def view(self, member: Member) -> Json:
        """A member with every merge field, blanks as ""; at most 50 tags."""
        merge = {item["tag"]: member.merge.get(item["tag"], "") for item in self.fields.values()}
        tags = [{"id": id, "name": self.tags[id]} for id in list(member.tags)[:TAGS_SHOWN]]
        shown = {
            "id": hashed(member.email),
            "email_address": member.email,
            "unique_email_id": hashed(member.email)[:10],
            "contact_id": member.contact_id,
            "full_name": " ".join(str(merge[tag]) for tag in ("FNAME", "LNAME") if merge.get(tag)),
            "web_id": FIRST_WEB_ID + member.number,
            "email_type": member.email_type,
            "status": member.status,
            "consents_to_one_to_one_messaging": member.status == "subscribed",
            "merge_fields": merge,
            "interests": {},
            "stats": {"avg_open_rate": 0, "avg_click_rate": 0},
            "ip_signup": "",
            "timestamp_signup": iso(member.signup),
            "ip_opt": "",
            "timestamp_opt": iso(member.opted),
            "member_rating": 2,
            "last_changed": iso(member.changed),
            "language": member.language,
            "vip": member.vip,
            "email_client": "",
            "location": {"latitude": 0, "longitude": 0, "gmtoff": 0, "dstoff": 0, "country_code": ""},
            "source": member.source,
            "tags_count": len(member.tags),
            "tags": tags,
            "list_id": self.id,
            "_links": [],
        }
        if member.status == "unsubscribed":
            shown["unsubscribe_reason"] = member.reason
        return shown
