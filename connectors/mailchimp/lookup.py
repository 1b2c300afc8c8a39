"""Members by id or address. Mailchimp reads them one by one; where many are asked for, its list is faster."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import md5
from math import ceil
from typing import Any, Final
from urllib.parse import quote

from connectors.contract import AppError, Unexpected
from connectors.lanes import side_by_side
from connectors.mailchimp.connection import Connection, absent, listed, whole
from connectors.mailchimp.records import Item, Reader, lacks_tags

SCAN_FROM: Final = 50  # keys; below that nobody looks at the list
PAGE_WORTH: Final = 20  # single reads that take about as long as a page of the list


@dataclass(frozen=True, slots=True)
class Lookup:
    """Reads members of one audience, whose path is `audience`, in lists of `size`."""

    http: Connection
    audience: str
    size: int

    def by_contact(self, ids: Sequence[str], reader: Reader) -> dict[str, Item]:
        """Contact id -> member. Who is missing does not exist any more: the audience itself is there."""
        found = self._by(ids, reader, "contact_id", str)
        if len(found) < len(set(ids)):
            self.name()
        return found

    def by_address(self, addresses: Iterable[str], reader: Reader) -> dict[str, Item]:
        """Hash of the address in lower case -> member, archived ones included."""
        keys = dict.fromkeys(address.strip().lower() for address in addresses)
        return self._by([hashed(key) for key in keys if key], reader, "email_address", hashed)

    def name(self) -> str:
        """The audience's name. Raises `AppError` where there is no such audience."""
        answer = self.http.read("GET", self.audience, params={"fields": "id,name"}, allow=(404,))
        if absent(answer):
            raise AppError(
                "Mailchimp: the account has no audience with the id in settings.audience. It stands in"
                " Mailchimp under Audience, Settings, Audience name and defaults."
            )
        if not answer.detail.get("id"):
            raise Unexpected("mailchimp: the audience comes without its id.")
        return str(answer.detail.get("name") or "")

    def completed(self, items: Sequence[Item], reader: Reader) -> list[Item]:
        """Members with all their tags, where tags are wanted: one call for each that has more than 50."""
        if not reader.tags:
            return list(items)
        full = self.http.lanes
        return side_by_side(items, full if any(map(lacks_tags, items)) else 1, self._with_tags)

    def tags(self, key: str) -> list[str]:
        tags = listed(self.http, f"{self.path(key)}/tags", "tags", fields="tags.name,total_items")
        return [str(tag["name"]) for tag in tags]

    def mails(self, key: str) -> int:
        """How many of a member's last events are mails that went out to it."""
        params = {"action": "sent", "fields": "activity.action"}
        answer = self.http.read("GET", f"{self.path(key)}/activity", params=params, allow=(404,))
        events = () if absent(answer) else answer.items("activity")
        return sum(event.get("action") == "sent" for event in events)

    def erase(self, key: str) -> str:
        """Delete a member for good; why it was not, or nothing."""
        path = f"{self.path(key)}/actions/delete-permanent"
        answer = self.http.write("POST", path, allow=(400, 403, 404, 405))
        if answer.status < 300 or absent(answer):
            return ""
        return self.http.redact(answer.detail.get("detail") or "Mailchimp refused it")

    def path(self, key: str) -> str:
        return f"{self.audience}/members/{quote(key, safe='')}"

    def _with_tags(self, item: Item) -> Item:
        if not lacks_tags(item):
            return item
        names = self.tags(str(item["contact_id"]))
        return {**item, "tags": [{"name": name} for name in names], "tags_count": len(names)}

    def _by(
        self, keys: Sequence[str], reader: Reader, part: str, key_of: Callable[[str], str]
    ) -> dict[str, Item]:
        found: dict[str, Item] = {}
        wanted = dict.fromkeys(keys)
        if len(wanted) >= SCAN_FROM:
            for item in self._scan(len(wanted), reader, part):
                key = key_of(str(item.get(part) or ""))
                if key in wanted:
                    found[key] = item
        left = [key for key in wanted if key not in found]
        singles = side_by_side(left, self.http.lanes, lambda key: self._one(key, reader, part))
        found |= {key: item for key, item in zip(left, singles, strict=True) if item is not None}
        complete = self.completed(list(found.values()), reader)
        return dict(zip(found, complete, strict=True))

    def _one(self, key: str, reader: Reader, part: str) -> Item | None:
        params = {
            "fields": f"{part},{reader.wanted}" if part not in reader.wanted.split(",") else reader.wanted
        }
        answer = self.http.read("GET", self.path(key), params=params, allow=(404,))
        return None if absent(answer) else whole(answer)

    def _scan(self, wanted: int, reader: Reader, part: str) -> Iterable[Item]:
        """The whole list, if that is worth it. What it skips by moving is read singly."""
        listed = f"members.{part},{reader.listed}"
        offset, pages = 0, 1
        while offset < pages * self.size and pages * PAGE_WORTH <= wanted:
            params: Mapping[str, Any] = {"count": self.size, "offset": offset, "fields": listed}
            answer = self.http.read("GET", f"{self.audience}/members", params=params)
            yield from answer.items("members")
            pages = ceil(int(answer.detail.get("total_items") or 0) / self.size)
            offset += self.size


def hashed(address: str) -> str:
    """A member's key in paths: the MD5 of the address in lower case."""
    return md5(address.strip().lower().encode(), usedforsecurity=False).hexdigest()
