"""Mailchimp's writes. Creates go by the hundred in a call that refuses who is there already.

Updates go one by one, by contact id. The call that takes 500 of them names people by address and always sets
their status: who changed the address or unsubscribed a moment ago would be made anew, or subscribed again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from connectors.answer import Answer
from connectors.batching import BatchRefused, fillable, in_batches
from connectors.contract import AppError, ObjectSpec, Result, Value, Write
from connectors.http import Uncertain, after_effect
from connectors.lanes import written_singly
from connectors.mailchimp.connection import Connection, whole
from connectors.mailchimp.errors import poisoned, refusal, refused_member
from connectors.mailchimp.fields import EMAIL, MERGE, NEW, STATUS, TAGS
from connectors.mailchimp.lookup import Lookup, hashed
from connectors.mailchimp.records import Item, Reader
from connectors.mailchimp.tags import Tags
from connectors.values import elements

PARAMS: Final = {
    "skip_merge_validation": "true"
}  # a required field that we do not map is no reason to refuse
GONE: Final = "Mailchimp no longer has this member"


class Writer:
    def __init__(self, lookup: Lookup, spec: ObjectSpec, tags: Tags) -> None:
        self._http: Connection = lookup.http
        self._lookup = lookup
        self._spec = spec
        self._tags = tags

    def write(self, writes: Sequence[Write]) -> list[Result]:
        fit, refused = fillable(self._spec, writes)
        impossible = {write.ref: result for write in fit if (result := self._impossible(write))}
        going = [write for write in fit if write.ref not in impossible]
        creates = {_address(write): write for write in reversed(going) if write.kind == "create"}
        first = [write for write in going if write.kind == "create" and creates[_address(write)] is write]
        twice = [write for write in going if write.kind == "create" and creates[_address(write)] is not write]
        others = [write for write in going if write.kind != "create"]
        changes = {write.id: write for write in reversed(others)}
        # Of two changes of a member that go side by side, either might come first.
        now = [write for write in others if changes[write.id] is write]
        later = [write for write in others if changes[write.id] is not write]
        return [
            *refused,
            *impossible.values(),
            *(Result(write.ref, "retry", reason="another new record has this address") for write in twice),
            *(Result(write.ref, "retry", write.id, reason="another change goes first") for write in later),
            *in_batches(first, self._spec.batch, self._create),
            *written_singly(now, self._http.lanes, self._change),
        ]

    def _impossible(self, write: Write) -> Result | None:
        """What Mailchimp cannot do, or does with a mail to the person. Refused here, so the rest goes."""
        status = write.values.get(STATUS)
        if status is not None and status not in (*self._spec.fields[STATUS].consent_set.values(), NEW):
            why = f"the status {status} is not written"
            if status == "pending":
                why += ": Mailchimp would send an opt-in mail. settings.opt_in_mail: true allows it"
            return Result(write.ref, "rejected", write.id, reason=why, fields={STATUS: why})
        if write.kind == "update" and EMAIL in write.values and not write.values[EMAIL]:
            why = "a member cannot be without an address"
            return Result(write.ref, "rejected", write.id, reason=why, fields={EMAIL: why})
        return None

    # -- creates ---------------------------------------------------------------------------------

    def _create(self, writes: Sequence[Write]) -> list[Result]:
        members = [self._member(write) for write in writes]
        body = {"members": members, "update_existing": False}
        answer = self._http.write("POST", self._lookup.audience, params=PARAMS, body=body, allow=(400,))
        if answer.status == 400:
            return self._without_poisoned(writes, answer.detail)
        said = _whole(answer)
        new = {_key(item): item for item in said.get("new_members") or ()}
        errors = {_key(item): item for item in said.get("errors") or ()}
        results: list[Result] = []
        for write in writes:
            if item := new.get(_address(write)):
                results.append(self._applied(write, item))
            elif error := errors.get(_address(write)):
                results.append(refused_member(write, error, self._http.redact))
        return self._named(writes, results)

    def _named(self, writes: Sequence[Write], results: list[Result]) -> list[Result]:
        """Who has a taken address is not said, so it is looked up."""
        taken = {write.ref: _address(write) for write in writes}
        there = [result.ref for result in results if result.outcome == "existed"]
        if not there:
            return results
        with after_effect():
            found = self._lookup.by_address([taken[ref] for ref in there], Reader(self._spec, (EMAIL,)))
        ids = {ref: str(found[key]["contact_id"]) for ref in there if (key := hashed(taken[ref])) in found}
        return [replace(result, id=ids[result.ref]) if result.ref in ids else result for result in results]

    def _without_poisoned(self, writes: Sequence[Write], detail: Any) -> list[Result]:
        """A badly formed member refuses the whole call, and is named by its place. Nothing was done."""
        named = {place: said for place, said in poisoned(detail).items() if place < len(writes)}
        if not named:
            raise BatchRefused(self._http.redact(detail.get("detail") or "the batch was refused"))
        results = [refusal(writes[place], said, self._http.redact) for place, said in named.items()]
        left = [write for place, write in enumerate(writes) if place not in named]
        return [*results, *in_batches(left, self._spec.batch, self._create)]

    def _member(self, write: Write) -> dict[str, Any]:
        """The body of a new member. Nobody is subscribed without being said to be."""
        body = {STATUS: NEW, **self._body(write.values)}
        tags = elements(write.values.get(TAGS))
        return {**body, TAGS: self._tags.spelled(tags)} if tags else body

    # -- updates and archives --------------------------------------------------------------------

    def _change(self, writes: Sequence[Write]) -> list[Result]:
        return [self._archive(write) if write.kind == "archive" else self._update(write) for write in writes]

    def _archive(self, write: Write) -> Result:
        answer = self._http.write("DELETE", self._path(write), allow=(404, 405))
        if answer.status == 404:
            return Result(write.ref, "stale", write.id, reason=GONE)
        if answer.status == 405:
            return refusal(write, answer.detail, self._http.redact)
        return Result(write.ref, "applied", write.id)

    def _update(self, write: Write) -> Result:
        """What is sent singly comes first: only then do tags follow, which are never refused alone."""
        body = self._body(write.values)
        item: Item | None = None
        if body:
            answer = self._http.write("PATCH", self._path(write), params=PARAMS, body=body, allow=(400, 404))
            if answer.status == 404:
                return Result(write.ref, "stale", write.id, reason=GONE)
            if answer.status == 400:
                return refusal(write, answer.detail, self._http.redact)
            item = _whole(answer)
        if TAGS in write.values:
            return self._retag(write, item)
        return self._applied(write, item or {})

    def _retag(self, write: Write, item: Item | None) -> Result:
        """After a PATCH the tags are known; else they are read first. What a person gave meanwhile, and no
        feed shows, stays: only what we know of is taken."""
        reader = Reader(self._spec, (TAGS,))
        id = str(write.id)
        try:
            now = item or self._lookup.by_contact([id], reader).get(id)
            if now is None:
                return Result(write.ref, "stale", write.id, reason=GONE)
            (now,) = self._lookup.completed([now], reader)
            held = [tag["name"] for tag in now.get("tags") or ()]
            wanted = self._tags.spelled(elements(write.values[TAGS]))
            known = self._tags.spelled(elements(write.before[TAGS])) if TAGS in write.before else held
            given = [name for name in wanted if name not in held]
            taken = [name for name in known if name in held and name not in wanted]
            answer = self._tags.change(id, given, taken)
        except AppError as error:
            if item is None:
                raise
            raise Uncertain(str(error)) from error  # the rest of the write has been done
        if answer is not None and answer.status >= 400:
            return self._untagged(write, item, answer.detail)
        tagged = [{"name": name} for name in [*held, *given] if name not in taken]
        return self._applied(write, {**now, "tags": tagged, "tags_count": len(tagged)})

    def _untagged(self, write: Write, item: Item | None, detail: Any) -> Result:
        why = self._http.redact(detail.get("detail") or "the tags were refused")
        if item is None:
            return Result(write.ref, "rejected", write.id, reason=why, fields={TAGS: why})
        rest = {name: value for name, value in write.values.items() if name != TAGS}
        record = Reader(self._spec, tuple(rest)).partial(item, rest)
        return Result(write.ref, "applied", write.id, record, reason=why, fields={TAGS: why})

    # -- both --------------------------------------------------------------------------------------

    def _body(self, values: Mapping[str, Value]) -> dict[str, Any]:
        """Only what is to be written. An empty text clears; flags in merge fields are words."""
        body: dict[str, Any] = {}
        own: dict[str, Any] = {}
        for name, value in values.items():
            if name.startswith(MERGE):
                own[name.removeprefix(MERGE)] = _plain(value)
            elif name != TAGS:
                body[name] = value if isinstance(value, bool) else _plain(value)
        return {**body, "merge_fields": own} if own else body

    def _applied(self, write: Write, item: Item) -> Result:
        if not item.get("contact_id"):
            return Result(write.ref, "unknown", write.id, reason="Mailchimp's answer holds no contact_id")
        record = Reader(self._spec, tuple(write.values)).partial(item, write.values)
        return Result(write.ref, "applied", record.id, record)

    def _path(self, write: Write) -> str:
        return self._lookup.path(str(write.id))


def _whole(answer: Answer) -> dict[str, Any]:
    with after_effect():
        return whole(answer)


def _plain(value: Value) -> Any:
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    return value.strip() if isinstance(value, str) else value


def _address(write: Write) -> str:
    return str(write.values.get(EMAIL) or "").strip().lower()


def _key(item: Item) -> str:
    return str(item.get(EMAIL) or "").strip().lower()
