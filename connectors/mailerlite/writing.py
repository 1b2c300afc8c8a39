"""MailerLite's writes. Its create is an upsert by address, so addresses are looked up first; what remains
is the time between the two calls, told by the status: 201 created, 200 existed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from connectors.batching import fillable, in_batches
from connectors.contract import ObjectSpec, Result, Value, Write
from connectors.http import Http, after_effect
from connectors.mailerlite.batch import NOT_AN_IMPORT, SIZE, Batch, Reply
from connectors.mailerlite.fields import CUSTOM, GROUPS, STATUS
from connectors.mailerlite.groups import Groups
from connectors.mailerlite.records import Reader
from connectors.values import elements

CREATES: Final = SIZE - 1


class Writer:
    """Writes subscribers. `forgets`: who is archived is erased within 30 days, not only deleted."""

    def __init__(self, http: Http, spec: ObjectSpec, groups: Groups, forgets: bool = False) -> None:
        self._forgets = forgets
        self._http = http
        self._spec = spec
        self._groups = groups
        self._batch = Batch(http)

    def write(self, writes: Sequence[Write]) -> list[Result]:
        fit, refused = fillable(self._spec, writes)
        creates = [write for write in fit if write.kind == "create"]
        others = [write for write in fit if write.kind != "create"]
        return [
            *refused,
            *in_batches(creates, CREATES, self._create),
            *in_batches(others, SIZE, self._change),
        ]

    def _create(self, writes: Sequence[Write]) -> list[Result]:
        results: list[Result] = []
        replies = self._batch.read([_email(write) for write in writes])
        held = {key: reply.data.get("id") for key, reply in replies if reply.status == 200}
        new = [write for write in writes if _email(write) not in held]
        for write in writes:
            if _email(write) in held:
                id = str(held[_email(write)] or "") or None
                results.append(Result(write.ref, "existed", id, reason="the address is taken"))
        return results + self._send(new, [NOT_AN_IMPORT])

    def _change(self, writes: Sequence[Write]) -> list[Result]:
        refused = {write.ref: result for write in writes if (result := _impossible(write))}
        return [*refused.values(), *self._send([write for write in writes if write.ref not in refused])]

    def _send(self, writes: Sequence[Write], further: Sequence[dict[str, Any]] = ()) -> list[Result]:
        """A write with a group that MailerLite does not make is refused here, so that the rest may go."""
        unmade = self._groups.make(dict.fromkeys(name for write in writes for name in _groups(write)))
        refused = [
            _rejected(write, GROUPS, why)
            for write in writes
            if (why := next((unmade[name] for name in _groups(write) if name in unmade), ""))
        ]
        left = {result.ref for result in refused}
        going = [write for write in writes if write.ref not in left]
        requests = [self._request(write) for write in going]
        replies = self._batch.write([*requests, *further]) if requests else []
        results = list(map(self._result, going, replies))
        if any(GROUPS in result.fields for result in results):
            with after_effect():
                self._groups.names()
        return [*refused, *map(self._or_later, going, requests, results)]

    def _or_later(self, write: Write, request: Mapping[str, Any], result: Result) -> Result:
        """Groups are refused by their ids: where one was deleted or made again since those were read, the
        write is no other, but it is to be sent by what they are now."""
        if GROUPS not in result.fields or request["body"][GROUPS] == self._groups.ids(_groups(write)):
            return result
        return Result(write.ref, "retry", write.id, reason="a group was deleted or made again meanwhile")

    def _request(self, write: Write) -> dict[str, Any]:
        if write.kind == "create":
            return {"method": "POST", "path": "api/subscribers", "body": self._body(write)}
        path = f"api/subscribers/{write.id}"
        if write.kind == "archive" and self._forgets:
            return {"method": "POST", "path": f"{path}/forget"}
        if write.kind == "archive":
            return {"method": "DELETE", "path": path}
        return {"method": "PUT", "path": path, "body": self._body(write)}

    def _body(self, write: Write) -> dict[str, Any]:
        """Only what is to be written: a status sent along would move people; ``null`` clears a field."""
        body: dict[str, Any] = {}
        own: dict[str, Value] = {}
        for name, value in write.values.items():
            if name.startswith(CUSTOM):
                own[name.removeprefix(CUSTOM)] = None if value == "" else value
            elif name == GROUPS:
                body[GROUPS] = self._groups.ids(_groups(write))
            else:
                body[name] = value
        if own:
            body["fields"] = own
        return body

    def _result(self, write: Write, reply: Reply | None) -> Result:
        if reply is None or reply.status == 408 or reply.status >= 500 or reply.status == 0:
            return Result(
                write.ref, "unknown", write.id, reason="MailerLite did not answer for this subscriber"
            )
        if reply.status == 429:
            return Result(write.ref, "retry", write.id, reason="MailerLite asked for a pause")
        if reply.status == 404:
            return Result(write.ref, "stale", write.id, reason="MailerLite no longer has this subscriber")
        if write.kind == "create" and reply.status == 200:
            id = str(reply.data.get("id") or "") or None
            return Result(write.ref, "existed", id, reason="the address was taken while it was being created")
        if 200 <= reply.status < 300:
            return self._applied(write, reply)
        return self._refused(write, reply)

    def _applied(self, write: Write, reply: Reply) -> Result:
        said = str(reply.data.get("id") or "")
        id = write.id or said
        if not id or (said and said != id):
            return Result(write.ref, "unknown", write.id, reason="MailerLite's answer does not hold its id")
        sent = write.values
        shown = write.kind != "archive" and reply.data.get("id")
        record = Reader(self._spec, list(sent)).partial(reply.data, sent) if shown else None
        return Result(write.ref, "applied", id, record)

    def _refused(self, write: Write, reply: Reply) -> Result:
        """A 422 names fields by their path in the body: ``email``, ``fields.city``, ``groups.0``."""
        reason = self._http.redact(reply.body.get("message") or f"refused with status {reply.status}")
        fields: dict[str, str] = {}
        errors = reply.body.get("errors")
        for path, texts in errors.items() if isinstance(errors, dict) else ():
            name = next((name for name in write.values if path == name or path.startswith(f"{name}.")), None)
            if name:
                fields[name] = self._http.redact("; ".join(texts) if isinstance(texts, list) else texts)
        return Result(write.ref, "rejected", write.id, reason=reason, fields=fields)


def _impossible(write: Write) -> Result | None:
    """What MailerLite cannot do to an existing subscriber, refused here so that the rest may go."""
    if "email" in write.values:
        return _rejected(write, "email", "MailerLite does not let an address be changed")
    if write.values.get(STATUS) not in (None, "unsubscribed"):
        return _rejected(write, STATUS, "only an opt-out can be written; MailerLite takes opt-ins itself")
    return None


def _rejected(write: Write, name: str, why: str) -> Result:
    return Result(write.ref, "rejected", write.id, reason=why, fields={name: why})


def _groups(write: Write) -> list[str]:
    return elements(write.values.get(GROUPS))


def _email(write: Write) -> str:
    return str(write.values.get("email") or "").strip().lower()
