"""The account and its audiences in the sandbox: who am I, lists, and many members in one call."""

from __future__ import annotations

from connectors.mailchimp.sandbox.account import ACCOUNT_ID, Account
from connectors.mailchimp.sandbox.answers import mismatch, missing, page, partial
from connectors.mailchimp.sandbox.audience import Audience, Member, hashed
from connectors.mailchimp.sandbox.members import changed, created, exists, tag_names
from connectors.mailchimp.sandbox.values import checked, skips
from connectors.sandbox.wire import Answer, Call, Json, Refused, Routes

MAX_MEMBERS = 500
TAKEN = (
    "is already a list member, do you want to update? please provide update_existing:true in the request body"
)


def root(account: Account, call: Call) -> Answer:
    total = sum(len(audience.members) for audience in account.audiences.values())
    body = {
        "account_id": ACCOUNT_ID,
        "login_id": "1001",
        "account_name": "Sandbox",
        "email": "admin@sandbox.test",
        "role": "owner",
        "total_subscribers": total,
        "_links": [],
    }
    return partial(call, body)


def ping(account: Account, call: Call) -> Answer:
    return Answer(200, {"health_status": "Everything's Chimpy!"})


def lists(account: Account, call: Call) -> Answer:
    return page(call, "lists", list(account.audiences.values()), _view)


def one(account: Account, call: Call) -> Answer:
    return partial(call, _view(account.audience(call)))


def _view(audience: Audience) -> Json:
    counted = dict.fromkeys(("subscribed", "unsubscribed", "cleaned", "pending", "transactional"), 0)
    for member in audience.members.values():
        if member.status in counted:
            counted[member.status] += 1
    stats = {
        "member_count": counted["subscribed"],
        "unsubscribe_count": counted["unsubscribed"],
        "cleaned_count": counted["cleaned"],
        "merge_field_count": len(audience.fields),
    }
    return {
        "id": audience.id,
        "web_id": int(audience.id[:4], 16),
        "name": audience.name,
        "double_optin": False,
        "stats": stats,
        "_links": [],
    }


def tag_search(account: Account, call: Call) -> Answer:
    audience = account.audience(call)
    begin = str(call.query.get("name") or "").lower()
    found = [{"id": id, "name": tag} for id, tag in audience.tags.items() if tag.lower().startswith(begin)]
    return partial(call, {"tags": found, "total_items": len(found)})


def rename_tag(account: Account, call: Call) -> Answer:
    audience, id = _tag(account, call)
    if not call.body.get("name"):
        raise mismatch(("name", "This value should not be blank."))
    audience.rename_tag(id, str(call.body["name"]))
    return partial(call, {"id": id, "name": audience.tags.get(id), "type": "static"})


def remove_tag(account: Account, call: Call) -> Answer:
    audience, id = _tag(account, call)
    audience.remove_tag(id)
    return Answer(204)


def _tag(account: Account, call: Call) -> tuple[Audience, int]:
    """A tag is a static segment, by the same id; there are no other segments here."""
    audience, id = account.audience(call), call.args["segment"]
    if not id.isdecimal() or int(id) not in audience.tags:
        raise missing()
    return audience, int(id)


# -- many members in one call ---------------------------------------------------------------------------


def batch(account: Account, call: Call) -> Answer:
    """Up to 500 members. One that is badly formed refuses the call; one that cannot be taken is named in
    ``errors`` of an answer that is a success. There is no ``status_if_new``: a status is always set."""
    audience, given = account.audience(call), call.body.get("members")
    if not isinstance(given, list) or not all(isinstance(item, dict) for item in given):
        raise mismatch(("members", "Required field is missing."))
    if len(given) > MAX_MEMBERS:
        raise mismatch(("members", f"Array contains more items than allowed: {MAX_MEMBERS}."))
    for at, item in enumerate(given):
        checked(item, call, f"members.item:{at}.")
        for name in ("email_address", "status"):
            if not item.get(name):
                raise mismatch((f"members.item:{at}.{name}", "Required field is missing."))
        if "status_if_new" in item:
            call.ignored.append("status_if_new")
    skips(call, "skip_merge_validation")  # asked for each member, or for none
    twice = skips(call, "skip_duplicate_check")
    new: list[Json] = []
    updated: list[Json] = []
    errors: list[Json] = []
    seen: set[str] = set()
    for item in given:
        try:
            known = _unlike(audience, item, seen, call, twice)
            if known is None:
                new.append(audience.view(created(account, audience, item, call, item["status"])))
            else:
                updated.append(audience.view(_updated(account, audience, known, item, call)))
        except Refused as refused:
            errors.append(_error(item, refused.answer.body))
    return partial(
        call,
        {
            "new_members": new,
            "updated_members": updated,
            "errors": errors,
            "total_created": len(new),
            "total_updated": len(updated),
            "error_count": len(errors),
            "_links": [],
        },
    )


def _unlike(audience: Audience, item: Json, seen: set[str], call: Call, twice: bool) -> Member | None:
    """The member that is to be changed, None for a new one. Raises `Refused` for one that may not be."""
    place = hashed(item["email_address"])
    if place in seen and not twice:
        text = f"Duplicate items found in import: {item['email_address']}"
        raise Refused(Answer(400, {"detail": text}))
    seen.add(place)
    known = audience.find(item["email_address"] if "@" in item["email_address"] else "@")
    if known is not None and not call.body.get("update_existing"):
        raise exists(item["email_address"])
    return known


def _updated(account: Account, audience: Audience, known: Member, item: Json, call: Call) -> Member:
    member = changed(account, audience, known, item, call)
    if call.body.get("sync_tags") and not account.mode.muted:
        member.tags.clear()
    audience.give(member, tag_names(item.get("tags") or ()))
    return member


def _error(item: Json, body: Json) -> Json:
    field: Json = next(iter(body.get("errors") or ()), {})
    taken = body.get("title") == "Member Exists"
    email = item["email_address"]
    return {
        "email_address": email,
        "error": f"{email} {TAKEN}" if taken else body["detail"],
        "error_code": "ERROR_CONTACT_EXISTS" if taken else "ERROR_GENERIC",
        "field": field.get("field", ""),
        "field_message": field.get("message", ""),
    }


LISTS: Routes[Account] = {
    ("GET", "/"): root,
    ("GET", "/ping"): ping,
    ("GET", "/lists"): lists,
    ("GET", "/lists/{list}"): one,
    ("POST", "/lists/{list}"): batch,
    ("GET", "/lists/{list}/tag-search"): tag_search,
    ("PATCH", "/lists/{list}/segments/{segment}"): rename_tag,
    ("DELETE", "/lists/{list}/segments/{segment}"): remove_tag,
}
