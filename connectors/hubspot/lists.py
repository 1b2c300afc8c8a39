"""Membership in HubSpot's static lists, as a set of the lists' names. Lists that fill themselves (dynamic
ones) cannot be written and are left alone."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence, Set
from typing import Any, Final

from connectors.answer import Answer, is_missing
from connectors.contract import Value
from connectors.cursors import Trail
from connectors.http import Http
from connectors.hubspot.errors import NOT_THERE
from connectors.hubspot.paging import following
from connectors.values import chunks, elements, spelled

FOUND: Final = 500  # lists a search
PAGE: Final = 250  # members a page
CHANGED: Final = 250  # members a write
SINGLY: Final = 10  # up to so many contacts are asked for one by one
STATIC: Final = ("MANUAL", "SNAPSHOT")


class Lists:
    """The static lists of one object type, by name; of lists that share a name, the first counts. `only`
    names those to keep to, all if it is empty."""

    def __init__(self, http: Http, path: str, type_id: str, only: Sequence[str] = ()) -> None:
        self._http = http
        self._path = path
        self._type = type_id
        self._only = only
        self._ids: dict[str, str] | None = None
        self._gone: set[str] = set()  # of lists that are not there, whatever a search still shows
        self._others: set[str] = set()  # of lists that fill themselves, or are not to be kept to

    def of(self, records: Sequence[str]) -> dict[str, Value]:
        """record id -> names of its lists, for those that are in any."""
        in_lists = self._singly(records) if len(records) <= SINGLY else None
        if in_lists is None:
            everybody = self.members()
            return {id: everybody[id] for id in records if id in everybody}
        self._meet(set().union(*in_lists.values()))
        known = {id: name for name, id in self._known().items()}
        mine = {record: sorted(known[id] for id in ids if id in known) for record, ids in in_lists.items()}
        return {record: list(names) for record, names in mine.items() if names}

    def _singly(self, records: Sequence[str]) -> dict[str, set[str]] | None:
        """record id -> ids of its lists; None where HubSpot does not tell them of single records: a 404 that
        does not speak of the record says nothing of its lists."""
        found: dict[str, set[str]] = {}
        for record in records:
            path = f"{self._path}/records/{self._type}/{record}/memberships"
            answer = self._http.read("GET", path, allow=(404,))
            if answer.status != 404:
                found[record] = {str(item["listId"]) for item in answer.items("results")}
            elif answer.detail.get("category") == NOT_THERE:
                found[record] = set()
            else:
                return None
        return found

    def _meet(self, ids: Set[str]) -> None:
        """A list may have been deleted and made again, under another id: whoever is in that has not left."""
        if ids - set(self._known().values()) - self._others:
            self._ids = None
            self._others |= ids - set(self._known().values())

    def members(self) -> dict[str, Value]:
        """record id -> names of its lists, for all members of all lists."""
        found: dict[str, list[str]] = defaultdict(list)
        for name, id in sorted(self._known().items()):
            inside = self._inside(id)
            if inside is None and (now := self._made_again(name, id)):
                inside = self._inside(now)
            for record in inside or ():
                found[record].append(name)
        return dict(found)

    def _inside(self, id: str) -> list[str] | None:
        """The members of a list; None where it is not there any more."""
        inside: list[str] = []
        params: dict[str, Any] = {"limit": PAGE}
        trail = Trail("HubSpot's list of members")
        while True:
            answer = self._page(id, params)
            if answer.status == 404:
                return None
            inside += [str(item["recordId"]) for item in answer.items("results")]
            after = following(answer.json)
            if not after:
                return inside
            params["after"] = trail.follow(after)

    def _page(self, id: str, params: Mapping[str, Any]) -> Answer:
        path = f"{self._path}/{id}/memberships"
        return _told(self._http.read("GET", path, params=params, allow=(404,)))

    def _made_again(self, name: str, id: str) -> str | None:
        """The id that a list has now which was deleted since it was looked up; None where it has none."""
        self._gone.add(id)
        self._ids = None
        return self._known().get(name)

    def put(self, wanted: Mapping[str, Iterable[str]]) -> dict[str, str]:
        """Bring each record to exactly these lists; record id -> reason for those refused. One call for each
        list that changes; what is so already costs none."""
        known = self._known()
        wanted = {record: [spelled(name, known) for name in asked] for record, asked in wanted.items()}
        refused = {
            record: f"HubSpot has no static list named {unknown[0]}"
            for record, asked in wanted.items()
            if (unknown := [name for name in asked if name not in known])
        }
        sure = {record: set(asked) for record, asked in wanted.items() if record not in refused}
        now = self.of(list(sure))
        for name, id in known.items():
            inside = {record for record in sure if name in elements(now.get(record))}
            add = [record for record in sure if name in sure[record] and record not in inside]
            remove = [record for record in inside if name not in sure[record]]
            for record in self._change(name, id, add, remove):
                refused[record] = f"HubSpot did not change the list {name}"
        return refused

    def _change(self, name: str, id: str, add: Sequence[str], remove: Sequence[str]) -> set[str]:
        """The records that the answer does not confirm."""
        left: set[str] = set()
        moves = [(record, True) for record in add] + [(record, False) for record in remove]
        for some in chunks(moves, CHANGED):
            body = {
                "recordIdsToAdd": [record for record, joins in some if joins],
                "recordIdsToRemove": [record for record, joins in some if not joins],
            }
            answer = _told(self._put(id, body))
            if answer.status == 404 and (now := self._made_again(name, id)):
                id = now
                answer = self._put(id, body)
            detail = answer.detail
            confirmed = {
                *(detail.get("recordsIdsAdded") or detail.get("recordIdsAdded") or ()),  # spelled so
                *(detail.get("recordIdsRemoved") or ()),
            }
            left |= {record for record, _ in some} - {str(record) for record in confirmed}
        return left

    def _put(self, id: str, body: Mapping[str, Any]) -> Answer:
        path = f"{self._path}/{id}/memberships/add-and-remove"
        return self._http.write("PUT", path, body=body, allow=(400, 404))

    def names(self) -> tuple[str, ...]:
        """Those that there are now, restored ones too; none for a login without the scope for lists."""
        self._gone = {id for id in self._gone if self._page(id, {"limit": 1}).status == 404}
        self._ids = self._searched(allow=(403,))
        return tuple(self._ids or ())

    def _known(self) -> dict[str, str]:
        """name -> id. A login that has lost the scope for lists is refused: nobody has left them."""
        if self._ids is None:
            self._ids = self._searched()
        return self._ids or {}

    def _searched(self, allow: Sequence[int] = ()) -> dict[str, str] | None:
        """name -> id; None for an answer that is allowed to be an error."""
        found: dict[str, str] = {}
        body: dict[str, Any] = {"count": FOUND, "offset": 0, "processingTypes": list(STATIC)}
        trail = Trail("HubSpot's search of lists")
        while True:
            answer = self._http.read("POST", f"{self._path}/search", body=body, allow=allow)
            if answer.status in allow:
                return None
            for item in answer.items("lists"):
                static = item.get("processingType") in STATIC and item.get("objectTypeId") == self._type
                static = static and str(item["listId"]) not in self._gone
                if static and (not self._only or item["name"] in self._only):
                    found.setdefault(str(item["name"]), str(item["listId"]))
            if not answer.json.get("hasMore"):
                return found
            body["offset"] = trail.follow(answer.json["offset"])


def _told(answer: Answer) -> Answer:
    """The answer, unless it is a 404 that something on the way gave: that says nothing of a list. Raises
    `Unavailable`."""
    is_missing(answer, "HubSpot", bool(answer.detail))
    return answer
