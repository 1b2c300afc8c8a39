"""What belongs to a user without being one of its fields: addresses (identities) and organizations
(memberships). Each changes by calls of its own, so that nothing else of the user is replaced."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from connectors.answer import Answer
from connectors.http import Http
from connectors.zendesk.errors import said
from connectors.zendesk.feeds import listed
from connectors.zendesk.jobs import BulkOff, Jobs, by_position

REFUSED: Final = (400, 403, 404, 409, 422)
KEYS: Final = {"email": "email", "phone_number": "phone"}  # type of an identity -> the user's field
FEW: Final = 3  # so many single calls are no more than a job takes


def by_user(identities: Iterable[Mapping[str, Any]]) -> dict[str, list[Mapping[str, Any]]]:
    """Identities by the id of their user."""
    found: dict[str, list[Mapping[str, Any]]] = {}
    for item in identities:
        found.setdefault(str(item.get("user_id")), []).append(item)
    return found


def further(item: Mapping[str, Any], identities: Iterable[Mapping[str, Any]]) -> dict[str, tuple[str, ...]]:
    """A user's addresses and phone numbers beside the primary ones: what else it may be known by."""
    more: dict[str, tuple[str, ...]] = {}
    for type, name in KEYS.items():
        own = str(item.get(name) or "").lower()
        values = (str(one.get("value") or "").lower() for one in identities if one.get("type") == type)
        if others := tuple(dict.fromkeys(value for value in values if value and value != own)):
            more[name] = others
    return more


class Identities:
    def __init__(self, http: Http) -> None:
        self._http = http

    def of(self, user: str) -> list[dict[str, Any]]:
        return list(listed(self._http, f"/users/{user}/identities", "identities"))

    def make_primary(self, user: str, email: str) -> str | None:
        """Give the user this primary address, and keep the old one as a further one; the reason where
        Zendesk refuses. Setting the user's ``email`` would only add a further address."""
        path = f"/users/{user}/identities"
        body = {"type": "email", "value": email, "verified": True, "skip_verify_email": True}
        answer = self._http.write("POST", path, body={"identity": body}, allow=REFUSED)
        if answer.status < 300:
            identity = (answer.detail.get("identity") or {}).get("id")
        else:
            identity = self._own(user, email)
            if identity is None:
                return _reason(self._http, answer)
        moved = self._http.write("PUT", f"{path}/{identity}/make_primary", allow=REFUSED)
        return None if moved.status < 300 else _reason(self._http, moved)

    def _own(self, user: str, email: str) -> Any:
        for item in self.of(user):
            if item.get("type") == "email" and str(item["value"]).lower() == email.strip().lower():
                return item["id"]
        return None


class Memberships:
    def __init__(self, http: Http, jobs: Jobs) -> None:
        self._http = http
        self._jobs = jobs

    def make_default(self, pairs: Sequence[tuple[str, str]]) -> dict[str, str]:
        """Make each organization the default one of its user, others kept; user -> reason if refused."""
        left = list(pairs)
        if len(pairs) > FEW:
            bodies = [_membership(user, organization) for user, organization in pairs]
            try:
                outcomes = self._jobs.run(
                    "POST", "/organization_memberships/create_many", body={"organization_memberships": bodies}
                )
            except BulkOff:
                outcomes = []
            told = by_position(outcomes, [None] * len(pairs))
            left = [pair for at, pair in enumerate(pairs) if "error" in told.get(at, {"error": "not told"})]
        reasons = {user: self._make_default(user, organization) for user, organization in left}
        return {user: reason for user, reason in reasons.items() if reason}

    def clear_default(self, user: str) -> str | None:
        """Take the only organization off a user; the reason where that cannot be done. Of several, Zendesk
        would make another one the default, so none is touched."""
        found = self._of(user)
        if len(found) > 1:
            return "the user belongs to further organizations, one of which would become the default"
        for item in found:
            answer = self._http.write("DELETE", f"/organization_memberships/{item['id']}", allow=REFUSED)
            return None if answer.status < 300 else _reason(self._http, answer)
        return None

    def _make_default(self, user: str, organization: str) -> str | None:
        body = {"organization_membership": _membership(user, organization)}
        answer = self._http.write("POST", "/organization_memberships", body=body, allow=REFUSED)
        if answer.status == 422:  # also where the user is a member already
            for item in self._of(user):
                if str(item.get("organization_id")) == organization:
                    path = f"/users/{user}/organization_memberships/{item['id']}/make_default"
                    answer = self._http.write("PUT", path, allow=REFUSED)
                    break
        return None if answer.status < 300 else _reason(self._http, answer)

    def _of(self, user: str) -> list[dict[str, Any]]:
        path = f"/users/{user}/organization_memberships"
        return list(listed(self._http, path, "organization_memberships"))


def _membership(user: str, organization: str) -> dict[str, Any]:
    return {"user_id": int(user), "organization_id": int(organization), "default": True}


def _reason(http: Http, answer: Answer) -> str:
    return http.redact(said(answer))
