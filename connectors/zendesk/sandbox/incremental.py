"""Zendesk's incremental exports in the sandbox. The newest minute is never in them.

How long that minute lasts follows the pace of the limits: 60 s, 0.6 s (``fast``) or not at all (``off``); the
fault ``lag`` makes it longer.
"""

from __future__ import annotations

from connectors.sandbox.table import Feed, Table
from connectors.sandbox.wire import Answer, Call, Routes
from connectors.zendesk.sandbox.account import Account
from connectors.zendesk.sandbox.answers import bad_value, cursor_of, parts_of
from connectors.zendesk.sandbox.users_api import with_identities

MAX_PAGE = 1000
MINUTE = 60.0
CURSOR_RATE = ("incremental-exports-cursor", 20, 60.0)
TIME_RATE = ("incremental-exports", 10, 60.0)
SECOND = 1_000_000


def _until(account: Account) -> int:
    """Changes from this time on (microseconds) are not given yet."""
    late = max(account.limits.window(MINUTE), account.mode.lag)
    return account.clock.now() - int(late * SECOND) if late else 1 << 62


def _start_time(account: Account, call: Call) -> int:
    start = call.number("start_time", -1)
    if start < 0:
        raise bad_value("start_time must be a time in whole seconds")
    if start * SECOND > _until(account):
        raise bad_value("Too recent start_time. Use a start_time older than 60 seconds")
    return start


def _per_page(call: Call) -> int:
    per_page = call.number("per_page", MAX_PAGE)
    if not 1 <= per_page <= MAX_PAGE:
        raise bad_value(f"per_page must be between 1 and {MAX_PAGE}")
    return per_page


def users(account: Account, call: Call) -> Answer:
    """By cursor, which stays good for later polls. Deleted users come with ``active: false``."""
    room = account.limits.take(*CURSOR_RATE)
    answer = _by_cursor(account, call, "users", account.user_feed, account.users)
    left = f"total={CURSOR_RATE[1]}; remaining={room.remaining}; resets={room.seconds}"
    answer.headers = {f"Zendesk-RateLimit-{CURSOR_RATE[0]}": left}
    return with_identities(account, call, answer)


def tickets(account: Account, call: Call) -> Answer:
    """Deleted tickets come with that status, unless ``exclude_deleted`` is asked for."""
    account.limits.take(*TIME_RATE)
    answer = _by_cursor(account, call, "tickets", account.ticket_feed, account.tickets)
    if call.query.get("exclude_deleted") == "true":
        answer.body["tickets"] = [row for row in answer.body["tickets"] if row["status"] != "deleted"]
    return answer


def _by_cursor(account: Account, call: Call, name: str, feed: Feed, table: Table) -> Answer:
    if cursor := call.query.get("cursor"):
        time, id = (*parts_of(cursor), -1)[:2]
        at = feed.position(time, id + 1)
    else:
        time, id = _start_time(account, call) * SECOND, -1
        at = feed.position(time)
    per_page, end = _per_page(call), feed.position(_until(account))
    found = feed.order[at : min(at + per_page, end)]
    after = cursor_of(*(found[-1] if found else (time, id)))
    return Answer(
        200,
        {
            name: [table.rows[id] for _, id in found],
            "after_url": f"{call.base}/api/v2/incremental/{name}/cursor.json?cursor={after}",
            "after_cursor": after,
            "before_url": None,
            "before_cursor": None,
            "end_of_stream": at + per_page >= end,
        },
    )


def organizations(account: Account, call: Call) -> Answer:
    """By time: a page begins with everything of the second at which the last one ended, and never ends in
    the middle of a second."""
    account.limits.take(*TIME_RATE)
    feed, start, per_page = account.organization_feed, _start_time(account, call), _per_page(call)
    at, end = feed.position(start * SECOND), feed.position(_until(account))
    stop = _whole_second(feed, at + per_page, end)
    found = feed.order[at:stop]
    end_time = found[-1][0] // SECOND if found else start
    path = f"{call.base}/api/v2/incremental/organizations.json"
    return Answer(
        200,
        {
            "organizations": [account.organizations.rows[id] for _, id in found],
            "count": len(found),
            "end_of_stream": stop >= end,
            "end_time": end_time,
            "next_page": f"{path}?start_time={end_time}&per_page={per_page}",
        },
    )


def _whole_second(feed: Feed, stop: int, end: int) -> int:
    while 0 < stop < end and feed.order[stop][0] // SECOND == feed.order[stop - 1][0] // SECOND:
        stop += 1
    return min(stop, end)


INCREMENTAL: Routes[Account] = {
    ("GET", "/incremental/users/cursor"): users,
    ("GET", "/incremental/tickets/cursor"): tickets,
    ("GET", "/incremental/organizations"): organizations,
}
