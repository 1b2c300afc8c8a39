"""The three apps as the people who work in them use them: each through its own HTTP API."""

from __future__ import annotations

from collections.abc import Mapping
from types import TracebackType
from typing import Any

import httpx

from connectors.sandbox.server import CREDENTIALS, Sandbox

Value = str | None
ROLES = {"hubspot": "the CRM", "mailerlite": "the mailing tool", "zendesk": "the helpdesk"}
# What the demo looks at, and under which name each app has it.
NAMES: Mapping[str, Mapping[str, str]] = {
    "email": {"hubspot": "email", "mailerlite": "email", "zendesk": "email"},
    "phone": {"hubspot": "phone", "mailerlite": "fields.phone", "zendesk": "phone"},
    "job_title": {
        "hubspot": "jobtitle",
        "mailerlite": "fields.job_title",
        "zendesk": "user_fields.job_title",
    },
    "city": {"hubspot": "city", "mailerlite": "fields.city", "zendesk": "user_fields.city"},
    "marketing_consent": {
        "hubspot": "hs_email_optout",
        "mailerlite": "status",
        "zendesk": "user_fields.marketing_consent",
    },
}


class Apps:
    """One client an app; a context manager. Raises `httpx.HTTPStatusError` where an app refuses."""

    def __init__(self, sandbox: Sandbox) -> None:
        tokens = {app: CREDENTIALS[app]["token"] for app in ROLES}
        agent = (f"{CREDENTIALS['zendesk']['email']}/token", tokens["zendesk"])
        self._hubspot = httpx.Client(
            base_url=sandbox.hubspot, headers={"Authorization": f"Bearer {tokens['hubspot']}"}
        )
        self._mailerlite = httpx.Client(
            base_url=f"{sandbox.mailerlite}/api", headers={"Authorization": f"Bearer {tokens['mailerlite']}"}
        )
        self._zendesk = httpx.Client(base_url=f"{sandbox.zendesk}/api/v2", auth=agent)

    def __enter__(self) -> Apps:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for client in (self._hubspot, self._mailerlite, self._zendesk):
            client.close()

    def read(self, app: str, id: str) -> dict[str, Value]:
        """A person as an app shows them: our field name -> the app's value, blanks as None."""
        if app == "hubspot":
            wanted = ",".join(["firstname", "lastname", *(names[app] for names in NAMES.values())])
            record = _done(self._hubspot.get(f"/crm/v3/objects/contacts/{id}", params={"properties": wanted}))
            record = record["properties"]
            name = f"{record['firstname'] or ''} {record['lastname'] or ''}"
        elif app == "mailerlite":
            record = _done(self._mailerlite.get(f"/subscribers/{id}"))["data"]
            name = f"{record['fields']['name'] or ''} {record['fields']['last_name'] or ''}"
        else:
            record = _done(self._zendesk.get(f"/users/{id}.json"))["user"]
            name = record["name"]
        values = {field: _at(record, names[app]) for field, names in NAMES.items()}
        return {"name": name.strip(), **values}

    def edit(self, app: str, id: str, field: str, value: Value) -> None:
        """Somebody types a value into one field of one app."""
        change: Any = value
        for part in reversed(NAMES[field][app].split(".")):
            change = {part: change}
        if app == "hubspot":
            blank = {name: text or "" for name, text in change.items()}  # HubSpot clears with ""
            _done(self._hubspot.patch(f"/crm/v3/objects/contacts/{id}", json={"properties": blank}))
        elif app == "mailerlite":
            _done(self._mailerlite.put(f"/subscribers/{id}", json=change))
        else:
            _done(self._zendesk.put(f"/users/{id}.json", json={"user": change}))

    def sign_up(self, email: str, fields: Mapping[str, str]) -> str:
        """Somebody subscribes through the mailing tool's form; the new id."""
        made = {"email": email, "status": "active", "fields": fields}
        return str(_done(self._mailerlite.post("/subscribers", json=made))["data"]["id"])

    def find(self, app: str, email: str) -> str | None:
        """The id of the person with this address; None where the app has nobody."""
        if app == "hubspot":
            answer = self._hubspot.get(f"/crm/v3/objects/contacts/{email}", params={"idProperty": "email"})
            return None if answer.status_code == 404 else str(_done(answer)["id"])
        if app == "mailerlite":
            answer = self._mailerlite.get(f"/subscribers/{email}")
            return None if answer.status_code == 404 else str(_done(answer)["data"]["id"])
        found = _done(self._zendesk.get("/users/search.json", params={"query": f"email:{email}"}))["users"]
        return str(found[0]["id"]) if found else None


def _done(answer: httpx.Response) -> Any:
    answer.raise_for_status()
    return answer.json()


def _at(record: Any, path: str) -> Value:
    for part in path.split("."):
        record = record.get(part)
    return None if record in (None, "") else str(record)
