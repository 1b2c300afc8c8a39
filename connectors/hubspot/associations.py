"""The primary company of contacts. Other associations are left alone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from connectors.answer import Answer
from connectors.cursors import Trail
from connectors.http import Uncertain
from connectors.hubspot.connection import HubSpotHttp
from connectors.hubspot.paging import following
from connectors.values import chunks

PRIMARY: Final = 1  # HubSpot's own type contact -> primary company
PRIMARY_NAME: Final = "contact_to_company"  # the same type as the object lists spell it
READ: Final = 1000  # contacts a read
LINK: Final = 2000  # pairs a write

Pairs = Sequence[tuple[str, str]]  # (contact id, company id)


def link_body(company: str) -> dict[str, Any]:
    """The association as a create carries it."""
    return {"to": {"id": company}, "types": [_TYPE]}


_TYPE: Final = {"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": PRIMARY}


class PrimaryCompanies:
    def __init__(self, http: HubSpotHttp, path: str) -> None:
        self._http = http
        self._path = path

    def of_listed(self, items: Iterable[Mapping[str, Any]]) -> dict[str, str]:
        """contact id -> company id, from contacts listed with their associations. Only contacts whose
        listed associations leave the primary one open cost a further call."""
        primary: dict[str, str] = {}
        unclear: list[str] = []
        for item in items:
            listed = (item.get("associations") or {}).get("companies")
            if not listed or not listed.get("results"):
                continue
            named = {entry["id"] for entry in listed["results"] if entry.get("type") == PRIMARY_NAME}
            if len(named) == 1:
                primary[item["id"]] = next(iter(named))
            else:
                unclear.append(item["id"])
        return {**primary, **self.of(unclear)} if unclear else primary

    def of(self, contacts: Sequence[str]) -> dict[str, str]:
        """contact id -> id of its primary company; contacts without one are missing."""
        primary: dict[str, str] = {}
        for ids in chunks(contacts, READ):
            inputs: list[dict[str, str]] = [{"id": id} for id in ids]
            trail = Trail("HubSpot's list of associations")
            while inputs:
                answer = self._http.read_batch(f"{self._path}/batch/read", {"inputs": inputs})
                inputs = []
                for result in answer.detail.get("results") or ():
                    contact = str(result["from"]["id"])
                    for to in result.get("to") or ():
                        if any(kind.get("typeId") == PRIMARY for kind in to.get("associationTypes") or ()):
                            primary[contact] = str(to["toObjectId"])
                    after = following(result)
                    if after and contact not in primary:
                        trail.follow((contact, after))
                        inputs.append({"id": contact, "after": after})
        return primary

    def link(self, pairs: Pairs) -> dict[str, str]:
        """Make each company the primary one of its contact; contact id -> reason for those refused."""
        refused: dict[str, str] = {}
        for some in chunks(pairs, LINK):
            inputs = [{"from": {"id": of}, "to": {"id": to}, "types": [_TYPE]} for of, to in some]
            body = {"inputs": inputs}
            answer = self._http.write("POST", f"{self._path}/batch/create", body=body, allow=(400, 404))
            refused |= self._refused(answer, some)
            if {contact for contact, _ in some} - refused.keys() - _done(answer.detail):
                raise Uncertain("HubSpot's answer does not name all contacts that were given a company")
        return refused

    def unlink(self, pairs: Pairs) -> dict[str, str]:
        """Take the companies off their contacts; contact id -> reason for those refused."""
        refused: dict[str, str] = {}
        for some in chunks(pairs, LINK):
            body = {"inputs": [{"from": {"id": of}, "to": [{"id": to}]} for of, to in some]}
            answer = self._http.write("POST", f"{self._path}/batch/archive", body=body, allow=(400, 404))
            refused |= self._refused(answer, some)
        return refused

    def _refused(self, answer: Answer, pairs: Pairs) -> dict[str, str]:
        """An error that names no contact is laid on all that the answer does not confirm."""
        detail = answer.detail
        errors = detail.get("errors") or ([detail] if answer.status >= 400 else [])
        if not errors:
            return {}
        done = _done(detail)
        reason = self._http.redact(errors[0].get("message") or "the association was refused")
        return {contact: reason for contact, _ in pairs if contact not in done}


def _done(detail: Mapping[str, Any]) -> set[str]:
    """The contacts that an answer names as changed."""
    results = detail.get("results") or ()
    return {str((entry.get("from") or {}).get("id", entry.get("fromObjectId"))) for entry in results}
