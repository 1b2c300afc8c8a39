"""An audience's merge fields in the sandbox."""

from __future__ import annotations

from typing import Any

from connectors.mailchimp.sandbox.account import Account
from connectors.mailchimp.sandbox.answers import mismatch, missing, none_of, page, partial
from connectors.mailchimp.sandbox.audience import Audience
from connectors.mailchimp.sandbox.values import READ
from connectors.sandbox.wire import Answer, Call, Json, Routes

TYPES = tuple(READ)
MOST = 80


def fields(account: Account, call: Call) -> Answer:
    audience = account.audience(call)
    return page(call, "merge_fields", list(audience.fields.values()), dict, list_id=audience.id)


def field(account: Account, call: Call) -> Answer:
    return partial(call, _field(account.audience(call), call))


def _field(audience: Audience, call: Call) -> Json:
    id = call.args["field"]
    found = audience.fields.get(int(id)) if id.isdecimal() else None
    if found is None:
        raise missing()
    return found


def add_field(account: Account, call: Call) -> Answer:
    audience, body = account.audience(call), call.body
    for name in ("name", "type"):
        if not body.get(name):
            raise mismatch((name, "Required field is missing."))
    kind: Any = body["type"]
    if kind not in TYPES:
        raise mismatch(("type", none_of(TYPES)))
    tag = str(body.get("tag") or f"MMERGE{1 + max(audience.fields, default=0)}").upper()
    if len(tag) > 10:
        raise mismatch(("tag", "This value is too long. It should have 10 characters or less."))
    if audience.field(tag) is not None:
        raise mismatch(("tag", f'A Merge Field with the tag "{tag}" already exists for this list.'))
    if len(audience.fields) >= MOST:
        raise mismatch(("merge_fields", "The maximum number of merge fields for this list is reached."))
    options = body.get("options") or {}
    if kind in ("radio", "dropdown") and not options.get("choices"):
        raise mismatch(("options.choices", "This value should not be blank."))
    made = audience.add_field(tag, str(body["name"]), kind, options, bool(body.get("required")))
    return partial(call, made)


def change_field(account: Account, call: Call) -> Answer:
    found = _field(account.audience(call), call)
    news: Json = {
        name: call.body[name] for name in ("name", "required", "options", "tag") if name in call.body
    }
    if not account.mode.muted:
        found.update(news)
    return partial(call, {**found, **news})


def drop_field(account: Account, call: Call) -> Answer:
    audience = account.audience(call)
    found = _field(audience, call)
    if not account.mode.muted:
        del audience.fields[found["merge_id"]]
        for member in audience.members.values():
            member.merge.pop(found["tag"], None)
    return Answer(204)


FIELDS: Routes[Account] = {
    ("GET", "/lists/{list}/merge-fields"): fields,
    ("POST", "/lists/{list}/merge-fields"): add_field,
    ("GET", "/lists/{list}/merge-fields/{field}"): field,
    ("PATCH", "/lists/{list}/merge-fields/{field}"): change_field,
    ("DELETE", "/lists/{list}/merge-fields/{field}"): drop_field,
}
