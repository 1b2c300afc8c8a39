"""Members of an audience in the sandbox: lists, single members, their status, their tags."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

from connectors.mailchimp.sandbox.account import Account
from connectors.mailchimp.sandbox.answers import (
    iso,
    mismatch,
    missing,
    none_of,
    page,
    partial,
    problem,
    seconds,
)
from connectors.mailchimp.sandbox.audience import STATUSES, Audience, Member, hashed
from connectors.mailchimp.sandbox.values import address, checked, merged
from connectors.mailchimp.sandbox.webhooks import told
from connectors.sandbox.wire import Answer, Call, Json, Refused, Routes, not_covered

ALL = (*STATUSES, "archived")
SORTS = ("timestamp_opt", "timestamp_signup", "last_changed")
NOT_HERE = ("since_timestamp_opt", "before_timestamp_opt", "unsubscribed_since", "interest_ids", "vip_only")
BY_ADMIN = "N/A (Unsubscribed by an admin)"


# -- reading -----------------------------------------------------------------------------------------


def listing(account: Account, call: Call) -> Answer:
    """Without a status all but the archived ones; with the setting ``list_shows_archived`` all."""
    if beyond := next((name for name in NOT_HERE if name in call.query), None):
        return not_covered(f"the parameter {beyond} of a list of members")
    audience = account.audience(call)
    numbers = _found(account, audience, call)
    return page(call, "members", numbers, lambda n: audience.view(audience.members[n]), list_id=audience.id)


def _found(account: Account, audience: Audience, call: Call) -> list[int]:
    status, unique = call.query.get("status"), call.query.get("unique_email_id")
    sort, way = call.query.get("sort_field"), call.query.get("sort_dir", "ASC")
    for name, given, known in (("status", status, ALL), ("sort_field", sort, SORTS)):
        if given is not None and given not in known:
            raise mismatch((name, none_of(known)))
    since, before = seconds(call, "since_last_changed"), seconds(call, "before_last_changed")
    feeds = [audience.archived if status == "archived" else audience.live]
    if status is None and account.mode.settings.get("list_shows_archived"):
        feeds.append(audience.archived)
    changes = [change for feed in feeds for change in _between(feed.order, since, before)]
    members = audience.members
    numbers = [number for _, number in sorted(changes)]
    if status not in (None, "archived"):
        numbers = [number for number in numbers if members[number].status == status]
    if unique:
        numbers = [number for number in numbers if hashed(members[number].email)[:10] == unique]
    if sort == "timestamp_opt":
        numbers.sort(key=lambda number: members[number].opted or 0)
    elif sort != "last_changed":
        numbers.sort()
    return numbers[::-1] if way == "DESC" else numbers


def _between(order: list[tuple[int, int]], since: int | None, before: int | None) -> list[tuple[int, int]]:
    """Changed after the second `since` and before the second `before`: neither of them is in it."""
    start = 0 if since is None else bisect_left(order, (since + 1, -1))
    end = len(order) if before is None else bisect_left(order, (before, -1))
    return order[start:end]


def one(account: Account, call: Call) -> Answer:
    audience, member = account.member(call)
    return partial(call, audience.view(member))


def search(account: Account, call: Call) -> Answer:
    """Exact addresses, and names and addresses that begin with the words."""
    words = str(call.query.get("query") or "").strip().lower()
    if not words:
        raise mismatch(("query", "This value should not be blank."))
    inside = call.query.get("list_id")
    exact: list[Json] = []
    full: list[Json] = []
    for audience in account.audiences.values():
        if inside in (None, audience.id):
            for member in audience.members.values():
                if member.status == "archived":
                    continue
                if member.email.lower() == words:
                    exact.append(audience.view(member))
                elif member.email.lower().startswith(words):
                    full.append(audience.view(member))
    found = {"exact_matches": exact, "full_search": full}
    body = {key: {"members": items, "total_items": len(items)} for key, items in found.items()}
    return partial(call, {**body, "_links": []})


# -- changing ----------------------------------------------------------------------------------------


def add(account: Account, call: Call) -> Answer:
    audience, body = account.audience(call), checked(call.body, call)
    if "status" not in body:
        raise mismatch(("status", "Required field is missing."))
    if audience.find(str(body.get("email_address") or "@")) is not None:
        raise exists(body["email_address"])
    return partial(call, audience.view(created(account, audience, body, call, body["status"])))


def update(account: Account, call: Call) -> Answer:
    audience, member = account.member(call)
    body = checked(call.body, call)
    _without_tags(body, call)
    return partial(call, audience.view(changed(account, audience, member, body, call)))


def upsert(account: Account, call: Call) -> Answer:
    audience, body = account.audience(call), checked(call.body, call)
    member = audience.find(call.args["key"])
    if member is not None:
        _without_tags(body, call)
        return partial(call, audience.view(changed(account, audience, member, body, call)))
    if audience.find(str(body.get("email_address") or "@")) is not None:
        raise exists(body["email_address"])
    status = body.get("status") or body.get("status_if_new")
    if status is None:
        raise mismatch(("status_if_new", "Required field is missing for a new member."))
    return partial(call, audience.view(created(account, audience, body, call, status)))


def _without_tags(body: Json, call: Call) -> None:
    """Tags of somebody who is there already are changed by a call of their own alone."""
    call.ignored += ["tags"] if "tags" in body else []


def archive(account: Account, call: Call) -> Answer:
    audience, member = account.member(call)
    if member.status in ("cleaned", "pending", "archived"):
        detail = (
            "This list member cannot be removed. "
            "Can not archive a contact that is bounced, pending or archived"
        )
        raise Refused(problem(405, "Method Not Allowed", detail))
    moved(audience, member, status="archived")
    return Answer(204)


def delete(account: Account, call: Call) -> Answer:
    audience, member = account.member(call)
    audience.forget(member)
    told(audience, member, None, "api")
    return Answer(204)


def exists(email: str) -> Refused:
    detail = f"{email} is already a list member. Use PUT to insert or update list members."
    return Refused(problem(400, "Member Exists", detail))


def created(account: Account, audience: Audience, body: Json, call: Call, status: str) -> Member:
    email = address(audience, body.get("email_address"))
    values = merged(audience, body.get("merge_fields") or {}, call, {}, complete=True)
    member = audience.new(email, status, audience.now())
    member.merge = {tag: value for tag, value in values.items() if value != ""}
    member.opted = member.signup if status == "subscribed" else None
    member.reason = BY_ADMIN if status == "unsubscribed" else ""
    member.left = status == "cleaned"
    _others(member, body)
    audience.give(member, tag_names(body.get("tags") or ()))
    _mail(account, status)
    audience.store(member)
    told(audience, None, member, "api")
    return member


def changed(account: Account, audience: Audience, member: Member, body: Json, call: Call) -> Member:
    """Only what is given changes. Who left by themselves is not subscribed again; a new address must be
    free."""
    email = member.email
    if body.get("email_address") and str(body["email_address"]).strip() != email:
        email = address(audience, body["email_address"])
        other = audience.find(email)
        if other is not None and other is not member:
            raise exists(email)
    status = body.get("status") or member.status
    if status == "subscribed" and member.status != "subscribed" and member.left:
        detail = (
            f"{member.email} is in a compliance state due to unsubscribe, bounce, or compliance review "
            "and cannot be subscribed."
        )
        raise Refused(problem(400, "Member In Compliance State", detail))
    values = merged(audience, body.get("merge_fields") or {}, call, member.merge, complete=True)
    merge = {tag: value for tag, value in {**member.merge, **values}.items() if value != ""}
    after = replace(member, email=email, status=status, merge=merge, tags=dict(member.tags))
    _others(after, body)
    if status != member.status:
        _mail(account, status)
        after.left = member.left or status == "cleaned"
        after.reason = BY_ADMIN if status == "unsubscribed" else ""
        after.opted = audience.now() if status == "subscribed" else member.opted
    if after == member:
        return member
    return moved(audience, member, after)


def moved(
    audience: Audience, member: Member, after: Member | None = None, source: str = "api", **parts: Any
) -> Member:
    """The member in its new form; it now changed last."""
    after = replace(after or member, **parts, changed=audience.now())
    audience.take_out(member)
    audience.store(after)
    told(audience, member, after, source)
    return after


def tag_names(given: Iterable[Any]) -> list[str]:
    return [item["name"] if isinstance(item, dict) else str(item) for item in given]


def _others(member: Member, body: Json) -> None:
    member.language = str(body.get("language", member.language) or "")
    member.vip = body.get("vip", member.vip)
    member.email_type = body.get("email_type", member.email_type) or "html"


def _mail(account: Account, status: str) -> None:
    """Who is pending is sent a mail that asks them to confirm."""
    if status == "pending" and not account.mode.muted:
        account.mails += 1


# -- tags: they do not move the time of the last change ------------------------------------------------


def tags(account: Account, call: Call) -> Answer:
    audience, member = account.member(call)
    given = list(member.tags.items())

    def view(item: tuple[int, int]) -> Json:
        return {"id": item[0], "name": audience.tags[item[0]], "date_added": iso(item[1])}

    return page(call, "tags", given, view)


def set_tags(account: Account, call: Call) -> Answer:
    """Without ``is_syncing`` automations that wait for a tag are set off, and send mail."""
    audience, member = account.member(call)
    given = call.body.get("tags")
    if not isinstance(given, list) or not all(isinstance(item, dict) and item.get("name") for item in given):
        raise mismatch(("tags", "Required field is missing."))
    for at, item in enumerate(given):
        if item.get("status") not in ("active", "inactive"):
            raise mismatch((f"tags.item:{at}.status", none_of(("active", "inactive"))))
    if audience.mode.muted:
        return Answer(204)
    audience.give(member, [item["name"] for item in given if item["status"] == "active"])
    for item in given:
        if item["status"] == "inactive":
            member.tags.pop(audience.tag_id(item["name"]), None)
    account.automations += not call.body.get("is_syncing")
    return Answer(204)


# -- activity ------------------------------------------------------------------------------------------

ACTIONS = ("abuse", "bounce", "click", "open", "sent", "unsub", "ecomm")
EVENTS = 50


def activity(account: Account, call: Call) -> Answer:
    """The last 50 events of a member, the latest first. Only mails that went out are simulated."""
    audience, member = account.member(call)
    wanted = (call.query.get("action") or ",".join(ACTIONS)).split(",")
    if not set(wanted) <= set(ACTIONS):
        raise mismatch(("action", none_of(ACTIONS)))
    events = [{"action": "sent", "timestamp": iso(at), "type": "regular"} for at in reversed(member.mails)]
    shown = events[:EVENTS] if "sent" in wanted else []
    body: Json = {"activity": shown, "email_id": hashed(member.email), "list_id": audience.id}
    return partial(call, {**body, "total_items": len(shown), "_links": []})


# -- what people do by themselves: not part of Mailchimp's API -------------------------------------------


def by_themselves(account: Account, call: Call) -> Answer:
    """``unsubscribe``, ``bounce``, ``complain``, ``confirm`` an opt-in mail, or ``receive`` a campaign's."""
    audience, member = account.member(call)
    act = PEOPLE.get(call.args["act"])
    if act is None:
        raise missing()
    return Answer(200, audience.view(act(audience, member)))


def _confirm(audience: Audience, member: Member) -> Member:
    return moved(audience, member, source="user", status="subscribed", left=False, opted=audience.now())


def _receive(audience: Audience, member: Member) -> Member:
    """A mail that goes out does not move the time of the last change."""
    member.mails += (audience.now(),)
    return member


PEOPLE: dict[str, Callable[[Audience, Member], Member]] = {
    "unsubscribe": lambda a, m: moved(a, m, None, "user", status="unsubscribed", left=True, reason="NORMAL"),
    "bounce": lambda a, m: moved(a, m, None, "user", status="cleaned", left=True),
    "complain": lambda a, m: moved(a, m, None, "user", status="unsubscribed", left=True, reason="SPAM"),
    "confirm": _confirm,
    "receive": _receive,
}

MEMBERS: Routes[Account] = {
    ("GET", "/search-members"): search,
    ("GET", "/lists/{list}/members"): listing,
    ("POST", "/lists/{list}/members"): add,
    ("GET", "/lists/{list}/members/{key}"): one,
    ("PATCH", "/lists/{list}/members/{key}"): update,
    ("PUT", "/lists/{list}/members/{key}"): upsert,
    ("DELETE", "/lists/{list}/members/{key}"): archive,
    ("POST", "/lists/{list}/members/{key}/actions/delete-permanent"): delete,
    ("GET", "/lists/{list}/members/{key}/activity"): activity,
    ("GET", "/lists/{list}/members/{key}/tags"): tags,
    ("POST", "/lists/{list}/members/{key}/tags"): set_tags,
    ("POST", "/lists/{list}/members/{key}/_person/{act}"): by_themselves,
}
