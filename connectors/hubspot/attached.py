"""What hangs on a contact or company: deals, tickets, and what was exchanged with the person."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from connectors.hubspot.connection import HubSpotHttp
from connectors.hubspot.paths import Paths
from connectors.values import chunks

ON: Final = ("contacts", "companies")
READ: Final = 1000  # records a read of associations
BATCH: Final = 100
MAILED: Final = "hs_email_last_send_date"  # when the last marketing mail went out
# kind -> (in words, the scope that lets a login read it)
KINDS: Final = {
    "deals": ("deal", "crm.objects.deals.read"),
    "tickets": ("ticket", "tickets"),
    "emails": ("mail", "sales-email-read"),
    "calls": ("call", "crm.objects.contacts.read"),
    "meetings": ("meeting", "crm.objects.contacts.read"),
    "notes": ("note", "crm.objects.contacts.read"),
    "tasks": ("task", "crm.objects.contacts.read"),
}


class Attached:
    """Asks by one call for each kind and 1,000 records, and of contacts one for 100 more."""

    def __init__(self, http: HubSpotHttp, paths: Paths) -> None:
        self._http = http
        self._paths = paths

    def of(self, object: str, ids: Sequence[str]) -> dict[str, str]:
        """Record id -> what hangs on it, in words; without anything it is missing."""
        if object not in ON:
            return {}
        told: dict[str, list[str]] = {}
        for kind, (word, scope) in KINDS.items():
            for some in chunks(ids, READ):
                for id, what in self._associated(object, kind, some, word, scope).items():
                    told.setdefault(id, []).append(what)
        for id in self._mailed(ids) if object == "contacts" else ():
            told.setdefault(id, []).append("a marketing mail")
        return {id: ", ".join(parts) for id, parts in told.items()}

    def _associated(
        self, object: str, kind: str, ids: Sequence[str], word: str, scope: str
    ) -> Mapping[str, str]:
        path = f"{self._paths.associations(object, kind)}/batch/read"
        answer = self._http.read_batch(path, {"inputs": [{"id": id} for id in ids]}, allow=(403,))
        if answer.status == 403:
            return dict.fromkeys(ids, f"perhaps {word}s, which this login may not read (scope {scope})")
        numbers = {
            str(result["from"]["id"]): len(result.get("to") or ())
            for result in answer.detail.get("results") or ()
        }
        return {id: f"{n} {word}" + ("s" if n > 1 else "") for id, n in numbers.items() if n}

    def _mailed(self, ids: Sequence[str]) -> list[str]:
        """Contacts to whom a marketing mail went out."""
        found: list[str] = []
        for some in chunks(ids, BATCH):
            body = {"properties": [MAILED], "inputs": [{"id": id} for id in some]}
            answer = self._http.read_batch(f"{self._paths.objects('contacts')}/batch/read", body)
            items = answer.detail.get("results") or ()
            found += [str(item["id"]) for item in items if (item.get("properties") or {}).get(MAILED)]
        return found
