"""A small Freshdesk on loopback for the tests: contacts in memory, real HTTP, Freshdesk's own refusals."""

from __future__ import annotations

import base64
import json
import re
import threading
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

KEY = "fake-key"
LOGIN = "Basic " + base64.b64encode(f"{KEY}:X".encode()).decode()
FIELDS = [
    {"name": "email", "label": "Email", "type": "default_email", "default": True},
    {
        "name": "cf_plan",
        "label": "Plan",
        "type": "custom_dropdown",
        "default": False,
        "choices": ["free", "pro"],
    },
    {"name": "cf_seats", "label": "Seats", "type": "custom_number", "default": False},
]
TEXTS = ("name", "email", "phone", "mobile", "job_title", "address", "description")
CUSTOM = ("cf_plan", "cf_seats")

Json = dict[str, Any]


class Refused(Exception):
    def __init__(self, status: int, body: Any = None) -> None:
        super().__init__(status)
        self.status, self.body = status, body


class FakeFreshdesk:
    """As a context manager; `url` is the base URL, `offset` (seconds) moves the clock, `ignored` holds the
    parameters that had no effect, `faults` what goes wrong (`fault`)."""

    def __init__(self) -> None:
        self.reset()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            wbufsize = -1  # an answer in one piece: in two, each call would wait 40 ms for the second

            def answer(self) -> None:
                outer.answer(self)

            do_GET = do_POST = do_PUT = do_DELETE = answer  # noqa: N815 (http.server looks for these)

            def log_message(self, format: str, *args: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def reset(self) -> None:
        self.contacts: dict[int, Json] = {}
        self.offset = 0.0
        self.calls = 0
        self.ignored: list[str] = []
        self.faults: list[Json] = []

    def __enter__(self) -> FakeFreshdesk:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def now(self) -> datetime:
        return datetime.now(UTC) + timedelta(seconds=self.offset)

    # -- what Freshdesk's users do, and what its API calls --------------------------------------------

    def create(self, given: Json) -> Json:
        stamp = _stamp(self.now())
        made: Json = {
            **dict.fromkeys(TEXTS),
            "id": 9_001 + len(self.contacts),
            "other_emails": [],
            "tags": [],
            "language": "en",
            "active": False,
            "custom_fields": dict.fromkeys(CUSTOM),
            "created_at": stamp,
        }
        self._check(given, None)
        if not any(given.get(name) for name in ("email", "phone", "mobile")):
            raise _invalid("email", "Please fill at least 1 of email, phone, mobile", "missing_field")
        self.contacts[made["id"]] = made
        return self._apply(made, given)

    def update(self, contact: Json, given: Json) -> Json:
        if contact.get("deleted"):
            raise Refused(405)
        self._check(given, contact)
        return self._apply(contact, given)

    def delete(self, contact: Json) -> None:
        contact |= {"deleted": True, "updated_at": _stamp(self.now())}

    def _check(self, given: Json, own: Json | None) -> None:
        for name in given:
            if name not in (*TEXTS, "tags", "language", "other_emails", "custom_fields"):
                raise _invalid(name, "Unexpected/invalid field in request", "invalid_field")
        if "name" in given and not given["name"]:
            raise _invalid("name", "It should not be blank", "missing_field")
        plan = (given.get("custom_fields") or {}).get("cf_plan")
        if plan not in (None, "free", "pro"):
            raise _invalid("cf_plan", "It should be one of these values: 'free,pro'", "invalid_value")
        email = str(given.get("email") or "").strip().lower()
        if email and not re.fullmatch(r"[^@\s]+@[^@\s]+", email):
            raise _invalid("email", "It should be in the 'valid email address' format", "invalid_value")
        for other in self.contacts.values():
            if email and other is not own and email in (other["email"], *other["other_emails"]):
                error = {
                    "field": "email",
                    "message": "It should be a unique value",
                    "code": "duplicate_value",
                }
                body = {"description": "Validation failed"}
                raise Refused(
                    409, {**body, "errors": [{**error, "additional_info": {"user_id": other["id"]}}]}
                )

    def _apply(self, contact: Json, given: Json) -> Json:
        contact["custom_fields"].update(given.get("custom_fields") or {})
        contact.update({name: value for name, value in given.items() if name != "custom_fields"})
        contact["email"] = str(contact["email"]).strip().lower() if contact["email"] else None
        contact["updated_at"] = _stamp(self.now())
        return contact

    # -- what goes wrong -----------------------------------------------------------------------------

    def fault(self, kind: str, on: str = "", count: int = 1, skip: int = 0, **rule: Any) -> None:
        """``status`` (`status`, `body`), ``drop_before``, ``drop_after``, ``expired_token``, or ``ignore``
        (an update has no effect). Strikes the next `count` calls, or those of them that `on` names
        (``read``, ``write``), but lets `skip` calls through before."""
        self.faults.append({"kind": kind, "on": on, "count": count, "skip": skip, **rule})

    def _struck(self, method: str) -> Json:
        """The fault of this call, or nothing."""
        sort = {"GET": "read", "POST": "write", "PUT": "write"}.get(method)
        for rule in self.faults:
            if rule["on"] in ("", sort) and rule["count"]:
                turn = "skip" if rule["skip"] else "count"
                rule[turn] -= 1
                if turn == "count":
                    return rule
        return {"kind": ""}

    def _answered(
        self, call: BaseHTTPRequestHandler, given: Json, headers: dict[str, str]
    ) -> tuple[int, Any]:
        """Status and body; status 0 where the connection is closed in place of an answer."""
        self.calls += 1
        rule = self._struck(call.command)
        kind = rule["kind"]
        if kind == "drop_before":
            return 0, None
        if kind == "status":
            return rule.get("status", 503), rule.get("body")
        if kind == "expired_token":
            raise Refused(401, {"code": "invalid_credentials", "message": "the key has ended"})
        answered = self._routed(call, {} if kind == "ignore" and call.command == "PUT" else given, headers)
        return (0, None) if kind == "drop_after" else answered

    # -- the wire ------------------------------------------------------------------------------------

    def answer(self, call: BaseHTTPRequestHandler) -> None:
        raw = call.rfile.read(int(call.headers.get("content-length") or 0))
        headers: dict[str, str] = {}
        try:
            status, body = self._answered(call, json.loads(raw) if raw else {}, headers)
        except Refused as refused:
            status, body = refused.status, refused.body
        if not status:
            call.close_connection = True
            return
        text = body if isinstance(body, str) else json.dumps(body)
        content = b"" if body is None else text.encode()
        call.send_response_only(status)
        headers |= {"date": format_datetime(self.now(), usegmt=True), "content-length": str(len(content))}
        for name, value in {**headers, "content-type": "application/json"}.items():
            call.send_header(name, value)
        call.end_headers()
        call.wfile.write(content)

    def _routed(self, call: BaseHTTPRequestHandler, given: Json, headers: dict[str, str]) -> tuple[int, Any]:
        if call.headers.get("authorization") != LOGIN:
            text = "You have to be logged in to perform this action."
            raise Refused(401, {"code": "invalid_credentials", "message": text})
        parts = urlsplit(call.path)
        path, query = parts.path.removeprefix("/api/v2"), dict(parse_qsl(parts.query))
        if path == "/contacts":
            return (201, self.create(given)) if call.command == "POST" else (200, self._list(query, headers))
        if match := re.fullmatch(r"/contacts/(\d+)", path):
            contact = self.contacts.get(int(match[1]))
            if contact is None:
                raise Refused(404)
            if call.command == "PUT":
                return 200, self.update(contact, given)
            if call.command == "DELETE":
                self.delete(contact)
                return 204, None
            return 200, contact
        known = {"/agents/me": {"id": 1, "type": "support_agent"}, "/contact_fields": FIELDS}
        return (200, known[path]) if path in known else (501, {"message": f"{path} is not covered"})

    def _list(self, query: dict[str, str], headers: dict[str, str]) -> list[Json]:
        """In order of ids. A parameter with a wrong name has no effect, as with Freshdesk."""
        known = ("page", "per_page", "state", "email", "_updated_since")
        self.ignored += [name for name in query if name not in known]
        size, page = min(int(query.get("per_page", 30)), 100), int(query.get("page", 1))
        found = [
            contact
            for contact in self.contacts.values()
            if bool(contact.get("deleted")) == (query.get("state") == "deleted")
            and contact["updated_at"] >= query.get("_updated_since", "")
            and ("email" not in query or query["email"] in (contact["email"], *contact["other_emails"]))
        ]
        if page * size < len(found):
            headers["link"] = f'<{self.url}/api/v2/contacts?page={page + 1}>; rel="next"'
        return found[(page - 1) * size : page * size]


def _invalid(field: str, message: str, code: str) -> Refused:
    errors = [{"field": field, "message": message, "code": code}]
    return Refused(400, {"description": "Validation failed", "errors": errors})


def _stamp(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")
